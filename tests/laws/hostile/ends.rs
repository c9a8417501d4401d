//! Beginnings and ends that do not fit together.

use std::thread;
use std::time::Duration;

use crate::lab::{
    Held, Lab, Line, PATIENCE, arrived, assert_warnings, ended_unreached, loopback, open, send,
    start, timestamps, undelivered, until,
};
use lamport::drive::real::listen::Listening;
use lamport::drive::real::machine::Config;
use lamport::drive::real::machine_list::MachineList;
use lamport::drive::real::supervisor::{self, FaultPlan};
use lamport::model::behavior::Behavior;
use lamport::model::event::Recipients;
use lamport::model::fault::Fault;
use lamport::model::fault_schedule::FaultSchedule;
use serde_json::json;

#[test]
fn a_peer_that_appears_late_gets_every_message_in_order() {
    let lab = Lab::new();
    let held = Held::new();
    let early = open(lab.config(1, vec![held.address()]));
    let running = start(&early, 2.0);
    send(&early, 10);
    assert!(!running.join(Some(Duration::from_millis(400))).unwrap());
    let late = open(Config {
        listening: Listening::Bound(held.listen()),
        ..lab.config(2, vec![loopback(early.port())])
    });
    let late_running = start(&late, 3.0);
    send(&early, 10);
    send(&late, 10);
    assert!(running.join(Some(PATIENCE)).unwrap());
    assert!(late_running.join(Some(PATIENCE)).unwrap());
    let (one, two) = (lab.lines(1), lab.lines(2));
    assert_eq!(arrived(&two), timestamps(&one, "SEND"));
    assert_eq!(arrived(&one), timestamps(&two, "SEND"));
    assert_eq!(
        (undelivered(&one, Some(2)), undelivered(&two, Some(1))),
        (0, 0)
    );
    assert_warnings(early.take_warnings(), &["did not connect within"]);
}

#[test]
fn what_was_for_a_peer_that_never_came_is_counted() {
    let lab = Lab::new();
    let held = Held::new();
    let machine = open(lab.config(1, vec![held.address()]));
    send(&machine, 7);
    let running = start(&machine, 0.5);
    let link = format!("machine 1: no connection to {} ever worked", held.address());
    ended_unreached(&running, &(link + ": nobody answered there"));
    let lines = lab.lines(1);
    assert_eq!(undelivered(&lines, None), 7);
    assert!(lines[1]["recipient_ids"][0].is_null());
    assert_warnings(machine.take_warnings(), &["did not connect within"]);
}

/// The connection whose loss ends the machine is cut by a fault, and other peers come after it.
#[test]
fn a_link_fault_may_end_a_machine_that_waits_for_its_last_peer() {
    let lab = Lab::new();
    let (silent, absent) = (Held::new(), Held::new());
    let machine = open(Config {
        duration: 0.2,
        ..lab.config(1, vec![silent.address(), absent.address()])
    });
    let silent = silent.listen();
    let mut line = Line::from(&silent);
    line.hear().unwrap();
    line.say("ok 2 0000000000000007 0 0\n");
    until("it is connected", || machine.missing_peers().len() == 1);
    let faults = r#"[{"fault": "disconnect", "sender": 1, "recipient": 2, "at": 0.7}]"#;
    let faults = FaultSchedule::new(&Fault::list(faults).unwrap(), None, 1).unwrap();
    let plan = FaultPlan {
        faults: faults.into(),
        ..FaultPlan::default()
    };
    // It ends at 0.2 s; the silent peer never closes, so that it waits a second more.
    let machine_list = MachineList::new(vec![machine.clone()]);
    let running = supervisor::start(machine_list, 0.2, 0.0, plan).unwrap();
    assert!(running.join(Some(PATIENCE)).unwrap());
    assert_eq!(lab.lines(1).last().unwrap()["undelivered"], json!([]));
    // The poll thread is still there.
    let other = open(lab.config(2, vec![]));
    assert!(start(&other, 0.1).join(Some(PATIENCE)).unwrap());
}

/// A machine with nothing to say to peers of whom one does not answer, one is
/// not there, and one cannot be reached.
#[test]
fn peers_in_any_state_do_not_disturb_the_end() {
    for count in [0, 3] {
        let lab = Lab::new();
        let (silent, absent) = (Held::new(), Held::new());
        let peers = vec![
            silent.address(),
            absent.address(),
            "255.255.255.255:9".parse().unwrap(),
            loopback(1),
        ];
        let _silent = silent.listen();
        let machine = open(lab.config(1, peers));
        send(&machine, count);
        let running = start(&machine, 0.5);
        ended_unreached(&running, "no connection to 255.255.255.255:9 ever worked");
        let lines = lab.lines(1);
        let list = lines[lines.len() - 1]["undelivered"]
            .as_array()
            .unwrap()
            .clone();
        assert_eq!(list.len(), if count > 0 { 4 } else { 0 });
        // The poll thread is still there.
        let other = open(lab.config(2, vec![]));
        assert!(start(&other, 0.1).join(Some(PATIENCE)).unwrap());
    }
}

#[test]
fn machines_that_end_at_once_leave_nothing_undelivered() {
    for round in 0..5 {
        let lab = Lab::new();
        let held = Held::new();
        let busy = |id, peers| Config {
            duration: 0.2,
            clock_rate: Some(3000.0 + f64::from(round)),
            behavior: Behavior::new(0.2, 0.5).unwrap(),
            ..lab.config(id, peers)
        };
        let one = open(busy(1, vec![held.address()]));
        let two = open(Config {
            listening: Listening::Bound(held.listen()),
            ..busy(2, vec![loopback(one.port())])
        });
        until("both connect", || {
            one.missing_peers().is_empty() && two.missing_peers().is_empty()
        });
        // Each with a conductor of its own, as in processes of their own.
        for running in [&one, &two].map(|machine| start(machine, 0.2)) {
            assert!(running.join(Some(PATIENCE)).unwrap());
        }
        let (first, second) = (lab.lines(1), lab.lines(2));
        assert_eq!(
            (undelivered(&first, Some(2)), undelivered(&second, Some(1))),
            (0, 0)
        );
        assert_eq!(arrived(&second), timestamps(&first, "SEND"));
        assert_eq!(arrived(&first), timestamps(&second, "SEND"));
    }
}

#[test]
fn each_message_to_a_peer_that_ends_early_arrived_or_is_undelivered() {
    let lab = Lab::new();
    let held = Held::new();
    let long = open(Config {
        duration: 3.0,
        clock_rate: Some(20_000.0),
        behavior: Behavior::new(0.0, 1.0).unwrap(),
        ..lab.config(1, vec![held.address()])
    });
    let short = open(Config {
        listening: Listening::Bound(held.listen()),
        ..lab.config(2, vec![loopback(long.port())])
    });
    let running = [start(&long, 3.0), start(&short, 0.5)];
    for running in running {
        assert!(running.join(Some(PATIENCE)).unwrap());
    }
    let (long, short) = (lab.lines(1), lab.lines(2));
    let (sent, got) = (timestamps(&long, "SEND"), arrived(&short));
    assert!(sent.starts_with(&got) && got.len() > 100);
    assert_eq!(undelivered(&long, Some(2)) as usize, sent.len() - got.len());
}

#[test]
fn no_step_by_hand_slips_in_behind_the_end() {
    let lab = Lab::new();
    let held = Held::new();
    let machine = open(lab.config(1, vec![held.address()]));
    let _silent = held.listen();
    let by_hand = machine.clone();
    let steps = thread::spawn(move || {
        let step = || by_hand.step(true, |node, _| Some(node.send(Recipients::All)));
        while step().is_ok() {
            thread::park_timeout(Duration::from_millis(1));
        }
    });
    until("it sends", || machine.local_clock() > 10);
    machine.finish().unwrap();
    steps.join().unwrap();
    let lines = lab.lines(1);
    let sent = timestamps(&lines, "SEND").len() as u64;
    assert_eq!(undelivered(&lines, None), sent);
}

#[test]
fn a_machine_that_cannot_keep_up_stops_when_told() {
    let lab = Lab::new();
    let machine = open(Config {
        duration: 1000.0,
        clock_rate: Some(1e9),
        ..lab.config(1, vec![])
    });
    let running = start(&machine, 1000.0);
    until("it ticks", || machine.ticks() > 1000);
    running.stop();
    assert!(running.join(Some(Duration::from_secs(5))).unwrap());
    assert_eq!(lab.lines(1).last().unwrap()["ticks"], machine.ticks());
}
