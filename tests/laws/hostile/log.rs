//! Logs that take no more: what they do not hold must not leave.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::lab::{Held, Lab, Line, PATIENCE, open, send, start, until};
use lamport::drive::real::machine::{Config, Machine};
use lamport::drive::real::poll_thread::PollThread;
use lamport::model::behavior::Behavior;
use lamport::model::event::Recipients;
use lamport::model::node::Node;
use rustix::io::ioctl_fionread;
use serde_json::Value;

/// How long nothing must be heard from a machine whose log has stopped taking lines.
const SILENCE: Duration = Duration::from_millis(500);

fn fifo(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
}

/// A machine whose log is a pipe that no one reads: it takes some hundred lines, then no more.
fn clogged(config: Config) -> (Arc<Machine>, File) {
    fifo(&config.log);
    let path = config.log.clone();
    let reader = thread::spawn(move || File::open(path).unwrap());
    let machine = open(Config {
        overwrite: true,
        ..config
    });
    (machine, reader.join().unwrap())
}

/// The whole lines that the pipe holds now. What is taken from it makes room for more, so only once.
fn held(pipe: &mut File) -> Vec<Value> {
    let mut bytes = vec![0; ioctl_fionread(&*pipe).unwrap() as usize];
    pipe.read_exact(&mut bytes).unwrap();
    let whole = bytes.split_inclusive(|&byte| byte == b'\n');
    let whole = whole.filter(|line| line.ends_with(b"\n"));
    whole
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

/// What the newest of these lines has in this field.
fn newest(lines: &[Value], field: &str) -> u64 {
    let mut values = lines.iter().rev().filter_map(|line| line[field].as_u64());
    values.next().unwrap()
}

#[test]
fn no_message_leaves_before_its_line_is_written() {
    let lab = Lab::new();
    let own = Held::new();
    let (machine, mut pipe) = clogged(lab.config(1, vec![own.address()]));
    let peer = own.listen();
    let mut line = Line::from(&peer);
    line.hear().unwrap();
    line.say("ok 2 0000000000000007 0 0\n");
    until("the handshake", || machine.missing_peers().is_empty());
    let sender = {
        let machine = machine.clone();
        let step = move || machine.step(true, |node, _| Some(node.send(Recipients::All)));
        thread::spawn(move || while step().is_ok() {})
    };
    // The pipe holds some 300 lines.
    until("most are sent", || machine.local_clock() > 200);
    line.stream.set_read_timeout(Some(SILENCE)).unwrap();
    let mut heard = 0;
    while let Some(message) = line.hear_in_time() {
        heard = message.split_once(':').unwrap().0.parse().unwrap();
    }
    let lines = held(&mut pipe);
    assert!(heard > 100, "{heard}");
    let written = newest(&lines, "new_clock");
    assert!(heard <= written, "{heard} left, {written} is written");
    drop(pipe);
    sender.join().unwrap();
    machine.abandon();
}

#[test]
fn no_receipt_is_acknowledged_before_its_line_is_written() {
    let lab = Lab::new();
    let (machine, mut pipe) = clogged(lab.config(1, vec![]));
    let (mut line, _) = Line::sender(&machine, 2, 7, 7);
    for timestamp in 1..=2000 {
        line.say(&format!("{timestamp}:2\n"));
    }
    until("all arrive", || machine.queue_len() == 2000);
    let receiver = {
        let machine = machine.clone();
        thread::spawn(move || while machine.step(true, Node::receive).is_ok() {})
    };
    until("most are received", || machine.queue_len() < 1800);
    line.stream.set_read_timeout(Some(SILENCE)).unwrap();
    let mut logged = 0;
    while let Some(ack) = line.hear_in_time() {
        logged = ack.split(' ').nth(1).unwrap().parse().unwrap();
    }
    let lines = held(&mut pipe);
    assert!((100..2000).contains(&logged), "{logged}");
    let written = newest(&lines, "sent_clock");
    assert!(
        logged <= written,
        "{logged} is acknowledged, {written} is written"
    );
    drop(pipe);
    receiver.join().unwrap();
    machine.abandon();
}

#[test]
fn a_log_that_takes_nothing_is_an_error_at_once() {
    let lab = Lab::new();
    let held = Held::new();
    let error = Machine::open(
        Config {
            log: "/dev/full".into(),
            overwrite: true,
            ..lab.config(1, vec![held.address()])
        },
        &PollThread::of_process().unwrap(),
    )
    .unwrap_err();
    assert!(error.to_string().contains("/dev/full"), "{error}");
    let peer = held.listen();
    peer.set_nonblocking(true).unwrap();
    thread::park_timeout(Duration::from_millis(100));
    assert!(peer.accept().is_err(), "nothing leaves");
}

/// The log is a pipe whose reader goes away: what no line tells of must not leave.
#[test]
fn a_log_that_breaks_stops_the_machine_and_what_is_not_logged_stays() {
    let lab = Lab::new();
    let pipe = lab.log(1);
    fifo(&pipe);
    let held = Held::new();
    let path = pipe.clone();
    let log = thread::spawn(move || {
        let reader = BufReader::new(File::open(path).unwrap());
        let lines: Vec<String> = reader.lines().take(40).map(Result::unwrap).collect();
        lines
    });
    let machine = open(Config {
        overwrite: true,
        duration: 60.0,
        clock_rate: Some(100.0),
        behavior: Behavior::new(0.0, 1.0).unwrap(),
        ..lab.config(1, vec![held.address()])
    });
    let peer = held.listen();
    let mut line = Line::from(&peer);
    line.hear().unwrap();
    line.say("ok 2 0000000000000007 0 0\n");
    let running = start(&machine, 60.0);
    let mut got = Vec::new();
    while let Some(message) = line.hear() {
        got.push(message.split_once(':').unwrap().0.parse::<u64>().unwrap());
    }
    let error = running.join(Some(PATIENCE)).unwrap_err();
    assert!(error.to_string().contains("machine_1.log"), "{error}");
    let logged: Vec<u64> = log
        .join()
        .unwrap()
        .iter()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter_map(|line| line["new_clock"].as_u64())
        .collect();
    assert!(!got.is_empty());
    // The pipe holds a few lines more than its reader took.
    assert!(
        got.len() <= logged.len() + 5,
        "{} {}",
        got.len(),
        logged.len()
    );
}

/// Whoever drives a machine by hand finds out at the step, and can bring it back at once.
#[cfg(target_os = "linux")]
#[test]
fn a_machine_by_hand_whose_log_fails_leaves_and_can_come_back() {
    let lab = Lab::new();
    let own = Held::new();
    let peers = vec![own.address()];
    let (machine, pipe) = clogged(lab.config(1, peers.clone()));
    let sent = send(&machine, 5);
    assert_eq!(machine.local_clock(), 5);
    drop(pipe);
    let fails = || {
        let step = machine.step(true, |node, _| Some(node.internal()));
        step.unwrap_err().to_string()
    };
    let error = fails();
    assert!(error.contains("machine_1.log"), "{error}");
    assert_eq!(fails(), error);
    assert_eq!(
        machine.deliver_by_hand(None, 3).unwrap_err().to_string(),
        error
    );
    for _ in 0..2 {
        assert_eq!(machine.finish().unwrap_err().to_string(), error);
    }
    // No step is counted that no line tells of.
    assert_eq!(machine.local_clock(), sent[4]);
    // Its port is free.
    let port = machine.port();
    std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
}

#[test]
fn a_log_that_fails_at_the_end_says_so_each_time_and_is_let_go() {
    let lab = Lab::new();
    let (machine, pipe) = clogged(lab.config(1, vec![]));
    drop(pipe);
    let error = machine.finish().unwrap_err().to_string();
    assert!(error.contains("machine_1.log"), "{error}");
    assert_eq!(machine.finish().unwrap_err().to_string(), error);
    // Another may write it.
    let path = lab.log(1);
    let reader = thread::spawn(move || File::open(path).unwrap());
    let again = open(Config {
        overwrite: true,
        ..lab.config(1, vec![])
    });
    let _pipe = reader.join().unwrap();
    again.abandon();
}
