//! Machines that crash and come back with their logs.

use std::fs::OpenOptions;
use std::io::Write;
use std::sync::Arc;

use crate::lab::{
    Held, Lab, Line, PATIENCE, assert_warnings, ended_unreached, open, send, start, timestamps,
    until,
};
use lamport::drive::real::listen::Listening;
use lamport::drive::real::machine::{Config, Machine};
use lamport::drive::real::poll_thread::PollThread;

/// Machine `id` at this socket, back from its log.
fn back(lab: &Lab, id: u64, port: u16, config: impl FnOnce(&Lab) -> Config) -> Arc<Machine> {
    open(Config {
        machine_id: id,
        resume: true,
        listening: Listening::On {
            host: Some("127.0.0.1".into()),
            port,
        },
        ..config(lab)
    })
}

fn refusal(config: Config) -> String {
    Machine::open(config, &PollThread::of_process().unwrap())
        .unwrap_err()
        .to_string()
}

#[test]
fn a_crash_of_the_receiver_loses_nothing_and_doubles_nothing() {
    let lab = Lab::new();
    let address = Held::new().address();
    let sender = open(lab.config(1, vec![address.clone()]));
    let config = |lab: &Lab| lab.config(2, vec![]);
    let on = Listening::On {
        host: Some("127.0.0.1".into()),
        port: address.port,
    };
    let mut receiver = open(Config {
        listening: on,
        ..config(&lab)
    });
    let mut sent = Vec::new();
    for round in 0..5 {
        sent.extend(send(&sender, 20));
        until("some arrive", || receiver.queue_len() >= 10);
        // Some are logged, some only accepted.
        for _ in 0..7 {
            receiver
                .step(true, lamport::model::node::Node::receive)
                .unwrap();
        }
        if round % 2 == 0 {
            until("acknowledgements", || receiver.queue_len() > 0);
        }
        receiver.abandon();
        receiver = back(&lab, 2, address.port, config);
    }
    until("all arrive", || receiver.queue_len() as usize == 100 - 35);
    for machine in [&sender, &receiver] {
        assert!(start(machine, 0.1).join(Some(PATIENCE)).unwrap());
    }
    let lines = lab.lines(2);
    let mut got = timestamps(&lines, "RECEIVE");
    got.extend(timestamps(&lines, "UNREAD"));
    assert_eq!(got, sent);
    let starts: Vec<_> = lines
        .iter()
        .filter(|line| line["event"] == "STARTUP")
        .collect();
    assert_eq!(starts.len(), 6);
    for start in &starts {
        assert_eq!(start["history"], starts[0]["history"]);
    }
    let end = lab.lines(1).pop().unwrap();
    assert_eq!(end["undelivered"].as_array().unwrap().len(), 0);
}

#[test]
fn a_crash_of_the_sender_sends_what_its_log_holds_and_no_more() {
    let lab = Lab::new();
    let held = Held::new();
    let peers = vec![held.address()];
    let listener = held.listen();
    let machine = open(lab.config(1, peers.clone()));
    let mut line = Line::from(&listener);
    line.hear().unwrap();
    line.say("ok 2 0000000000000007 0 0\n");
    let mut sent = send(&machine, 10);
    for &timestamp in &sent {
        assert_eq!(line.hear().unwrap(), format!("{timestamp}:1"));
    }
    machine.abandon();
    assert_eq!(line.hear(), None);
    drop(machine);
    OpenOptions::new()
        .append(true)
        .open(lab.log(1))
        .unwrap()
        .write_all(br#"{"event": "SEND", "system_time": 99"#)
        .unwrap();

    let machine = back(&lab, 1, 0, |lab| lab.config(1, peers.clone()));
    assert_eq!(machine.local_clock(), 10);
    let mut line = Line::from(&listener);
    line.hear().unwrap();
    // Four are logged, six accepted: it goes on after those.
    line.say("ok 2 0000000000000007 4 6\n");
    sent.extend(send(&machine, 2));
    assert_eq!(sent, (1..=12).collect::<Vec<u64>>());
    for timestamp in 7..=12 {
        assert_eq!(line.hear().unwrap(), format!("{timestamp}:1"));
    }
    // The peer crashes and has lost what it had not logged.
    drop(line);
    let mut line = Line::from(&listener);
    line.hear().unwrap();
    line.say("ok 2 0000000000000007 4 4\n");
    for timestamp in 5..=12 {
        assert_eq!(line.hear().unwrap(), format!("{timestamp}:1"));
    }
    line.say("ack 12 12\n");
    assert!(start(&machine, 0.1).join(Some(PATIENCE)).unwrap());
    assert_eq!(timestamps(&lab.lines(1), "SEND"), sent);
}

#[test]
fn a_peer_without_its_history_is_refused_even_after_a_crash_of_ones_own() {
    let lab = Lab::new();
    let held = Held::new();
    let peers = vec![held.address()];
    let listener = held.listen();
    let machine = open(lab.config(1, peers.clone()));
    let mut line = Line::from(&listener);
    line.hear().unwrap();
    line.say("ok 2 0000000000000007 0 0\n");
    until("the peer is known", || machine.missing_peers().is_empty());
    machine.abandon();
    drop((line, machine));
    let machine = back(&lab, 1, 0, |lab| lab.config(1, peers.clone()));
    // Known from its CONNECT line.
    assert!(machine.missing_peers().is_empty());
    let mut line = Line::from(&listener);
    line.hear().unwrap();
    line.say("ok 2 0000000000000008 0 0\n");
    assert_eq!(line.hear(), None);
    let mut line = Line::to(&machine);
    line.say(&crate::lab::hello("lab", 2, 8, 8));
    let answer = line.hear().unwrap();
    assert!(
        answer.starts_with("no machine 2 came back without its history: start it with --resume")
    );
    until("both warnings", || {
        static SEEN: std::sync::Mutex<Vec<String>> = std::sync::Mutex::new(Vec::new());
        let mut seen = SEEN.lock().unwrap();
        seen.extend(machine.take_warnings());
        seen.len() == 2 && {
            assert_warnings(seen.clone(), &["refused machine 2", "no connection to"]);
            true
        }
    });
    machine.abandon();
}

#[test]
fn what_is_not_this_machines_unfinished_log_is_not_resumed() {
    let lab = Lab::new();
    let peer = Held::new().address();
    let config = || Config {
        resume: true,
        ..lab.config(1, vec![peer.clone()])
    };
    let missing = refusal(config());
    assert!(missing.contains("no log to resume"), "{missing}");
    let machine = open(Config {
        resume: false,
        ..config()
    });
    let held = refusal(config());
    assert!(held.contains("a running machine writes it"), "{held}");
    machine.abandon();
    let before = std::fs::read(lab.log(1)).unwrap();
    let refused = [
        (
            Config {
                machine_id: 2,
                ..config()
            },
            "machine 1, not of machine 2",
        ),
        (
            Config {
                run_id: "other".into(),
                ..config()
            },
            "run lab, not of run other",
        ),
        (
            Config {
                peers: vec![],
                ..config()
            },
            "not of the peers",
        ),
        (
            Config {
                seed: Some(2),
                ..config()
            },
            "seed 1, not of seed 2",
        ),
        (
            Config {
                clock_rate: Some(51.0),
                ..config()
            },
            "clock rate 50, not of clock rate 51",
        ),
    ];
    for (config, words) in refused {
        let error = refusal(config);
        assert!(error.contains(words), "{error}");
    }
    assert_eq!(std::fs::read(lab.log(1)).unwrap(), before);
    // What is left out is taken from the log.
    let machine = open(Config {
        seed: None,
        clock_rate: None,
        ..config()
    });
    assert_eq!(machine.seed(), 1);
    assert!((machine.schedule().rate() - 50.0).abs() < 1e-12);
    ended_unreached(&start(&machine, 0.1), "nobody answered there");
    let ended = refusal(config());
    assert!(ended.contains("ended in order"), "{ended}");
}

#[test]
fn a_log_without_a_whole_line_is_a_first_start() {
    let lab = Lab::new();
    std::fs::write(lab.log(1), br#"{"event": "STARTUP", "sys"#).unwrap();
    let machine = open(Config {
        resume: true,
        ..lab.config(1, vec![])
    });
    assert!(start(&machine, 0.1).join(Some(PATIENCE)).unwrap());
    lab.lines(1);
}

#[test]
fn a_machine_that_comes_back_ticks_for_the_seconds_it_is_given() {
    let lab = Lab::new();
    let machine = open(Config {
        duration: 3600.0,
        ..lab.config(1, vec![])
    });
    let running = start(&machine, 3600.0);
    until("some ticks", || machine.ticks() >= 7);
    // It dies in the middle of its ticks.
    machine.abandon();
    let _ = running.join(Some(PATIENCE)).unwrap_err();
    let logged = |kind: &str| {
        let text = std::fs::read_to_string(lab.log(1)).unwrap();
        text.lines().filter(|line| line.contains(kind)).count() as u64
    };
    let before = logged("new_clock");
    assert!(before >= 7);
    // Its seconds count anew, whatever it had ticked before: 50 of them a second.
    for (seconds, ticks) in [(0.3, 15), (0.02, 1)] {
        let machine = back(&lab, 1, 0, |lab| Config {
            duration: seconds,
            ..lab.config(1, vec![])
        });
        let so_far = logged("new_clock");
        assert_eq!(machine.schedule().ticks(), ticks);
        assert_eq!(machine.ticks(), so_far);
        if ticks == 1 {
            assert!(start(&machine, seconds).join(Some(PATIENCE)).unwrap());
        } else {
            let running = start(&machine, 3600.0);
            until("all ticks", || machine.ticks() == so_far + ticks);
            machine.abandon();
            running.stop();
            assert!(running.join(Some(PATIENCE)).unwrap());
        }
        assert_eq!(logged("new_clock"), so_far + ticks);
    }
    let end = lab.lines(1).pop().unwrap();
    assert_eq!(end["ticks"], before + 16);
}
