//! Receivers that lie, forget, or do not read.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use crate::lab::{
    Held, Lab, Line, PATIENCE, assert_no_stall, assert_warnings, loopback, open, send, start,
    timestamps, undelivered, until,
};
use lamport::drive::real::machine::{Config, Machine};
use lamport::model::behavior::Behavior;

/// A listening socket that plays machine 2.
struct Fake(TcpListener);

impl Fake {
    fn new() -> Self {
        Self(Held::new().listen())
    }

    /// Machine 1, whose only peer this is.
    fn peer(&self, lab: &Lab) -> Arc<Machine> {
        open(lab.config(1, vec![loopback(self.0.local_addr().unwrap().port())]))
    }

    /// The next connection, after its hello.
    fn greeted(&self) -> Line {
        let mut line = Line::from(&self.0);
        let hello = line.hear().expect("a hello");
        assert!(hello.starts_with("lamport/1 lab 1 "), "{hello}");
        line
    }

    /// The next connection, answered with these marks.
    fn session(&self, logged: u64, accepted: u64) -> Line {
        let mut line = self.greeted();
        line.say(&ok(2, 7, logged, accepted));
        line
    }

    /// How many connections come within `time`; each is answered with `answer`.
    fn count(&self, time: Duration, mut answer: impl FnMut(Line)) -> usize {
        let end = std::thread::spawn(move || std::thread::park_timeout(time));
        self.0.set_nonblocking(true).unwrap();
        let mut count = 0;
        while !end.is_finished() {
            if let Ok((stream, _)) = self.0.accept() {
                count += 1;
                answer(Line::new(stream));
            }
            std::thread::park_timeout(Duration::from_millis(1));
        }
        count
    }
}

fn ok(id: u64, history: u64, logged: u64, accepted: u64) -> String {
    format!("ok {id} {history:016x} {logged} {accepted}\n")
}

fn message(line: &mut Line) -> Option<u64> {
    let text = line.hear()?;
    let (timestamp, sender) = text.split_once(':').unwrap();
    assert_eq!(sender, "1");
    Some(timestamp.parse().unwrap())
}

/// Reads and acknowledges until the sender shuts down.
fn take_all(line: &mut Line) -> Vec<u64> {
    let mut all = Vec::new();
    while let Some(timestamp) = message(line) {
        all.push(timestamp);
        line.say(&format!("ack {timestamp} {timestamp}\n"));
    }
    all
}

#[test]
fn a_receiver_that_answers_nonsense_is_named_and_not_pestered() {
    for (answer, words) in [
        (
            ok(2, 7, 0, 9),
            "it acknowledges message 9, which was never sent to it",
        ),
        (ok(2, 7, 1, 0), "it claims 1 logged but only 0 accepted"),
        (ok(1, 7, 0, 0), "duplicate id: it is machine 1, as this one"),
        (
            "no nothing personal\n".into(),
            "it refused this machine: nothing personal",
        ),
        (
            // A warning that stops before it says what to do helps no one.
            format!(
                "no {} start it with --resume\n",
                "machine 1 came back \x1b[2J".repeat(8)
            ),
            "machine 1 came back .[2J start it with --resume",
        ),
        ("no\n".into(), "is not an answer to a hello"),
        (
            "HTTP/1.1 400 Bad Request\r\n\r\n".into(),
            "is not an answer to a hello",
        ),
        ("x".repeat(300), "a line of more than 256 bytes"),
        (
            ok(2, 7, 0, 0) + "ack 9 9\n",
            "it acknowledges message 9, which was never sent to it",
        ),
        (
            ok(2, 7, 0, 0) + "ack 1 0\n",
            "it claims 1 logged but only 0 accepted",
        ),
        (
            ok(2, 7, 0, 0) + "ack 0 0\nack 1\n",
            "is not an acknowledgement",
        ),
    ] {
        let lab = Lab::new();
        let fake = Fake::new();
        let machine = fake.peer(&lab);
        send(&machine, 1);
        let running = start(&machine, 0.5);
        let count = fake.count(Duration::from_millis(500), |mut line| line.say(&answer));
        assert!(count <= 10, "{count} connections in half a second: {words}");
        drop(fake);
        let ended = running.join(Some(PATIENCE));
        let mut warnings = machine.take_warnings();
        warnings.retain(|text| !text.contains("did not connect within"));
        assert_warnings(warnings, &[words]);
        let lines = lab.lines(1);
        // A link that never worked is an error, at the end.
        let has_worked = lines.iter().any(|line| line["event"] == "CONNECT");
        assert_eq!(ended.is_ok(), has_worked, "{ended:?}");
        assert_eq!(lines[lines.len() - 1]["ticks"], 25);
        assert_eq!(lines[lines.len() - 1]["undelivered"][0][1], 1, "{words}");
    }
}

#[test]
fn a_receiver_that_never_reads_costs_neither_ticks_nor_messages() {
    let lab = Lab::new();
    let fake = Fake::new();
    let config = lab.config(1, vec![loopback(fake.0.local_addr().unwrap().port())]);
    let machine = open(Config {
        duration: 1.0,
        clock_rate: Some(200_000.0),
        behavior: Behavior::new(0.0, 1.0).unwrap(),
        ..config
    });
    let line = fake.session(0, 0);
    let running = start(&machine, 1.0);
    assert!(running.join(Some(PATIENCE)).unwrap());
    drop(line);
    let lines = lab.lines(1);
    assert_eq!(lines[lines.len() - 1]["ticks"], 200_000);
    assert_eq!(undelivered(&lines, Some(2)), 200_000);
    assert_no_stall(&lines);
    let mut warnings = machine.take_warnings();
    warnings.retain(|text| !text.contains("did not connect within"));
    assert_warnings(warnings, &[]);
}

#[test]
fn a_receiver_that_closes_after_every_message_gets_each_once_in_order() {
    let lab = Lab::new();
    let fake = Fake::new();
    let machine = fake.peer(&lab);
    let sent = send(&machine, 60);
    let mut got = Vec::new();
    while got.len() < sent.len() {
        let mark = got.last().copied().unwrap_or(0);
        let mut line = fake.session(mark, mark);
        let timestamp = message(&mut line).unwrap();
        got.push(timestamp);
        // A word that may or may not arrive; the next `ok` tells anyway.
        line.say(&format!("ack {timestamp} {timestamp}\n"));
    }
    assert_eq!(got, sent);
    let last = got[got.len() - 1];
    let mut line = fake.session(last, last);
    until("the machine has heard", || {
        machine.missing_peers().is_empty()
    });
    let running = start(&machine, 0.5);
    assert_eq!(take_all(&mut line), [] as [u64; 0]);
    drop(line);
    assert!(running.join(Some(PATIENCE)).unwrap());
    assert_eq!(undelivered(&lab.lines(1), Some(2)), 0);
    assert_warnings(machine.take_warnings(), &[]);
}

#[test]
fn a_receiver_that_forgets_what_it_had_not_logged_gets_it_again() {
    let lab = Lab::new();
    let fake = Fake::new();
    let machine = fake.peer(&lab);
    let sent = send(&machine, 100);
    // What it has logged, and how far it gets in each life: a fixed sequence of odd numbers.
    let (mut logged, mut random): (Vec<u64>, u64) = (Vec::new(), 12345);
    while logged.len() < sent.len() {
        let mark = logged.last().copied().unwrap_or(0);
        let mut line = fake.session(mark, mark);
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let (takes, logs) = (1 + ((random >> 33) & 7), (random >> 40) & 7);
        let mut life = Vec::new();
        for _ in 0..=takes.min((sent.len() - logged.len()) as u64 - 1) {
            let timestamp = message(&mut line).unwrap();
            // Right after what was told, in order, without a gap.
            assert_eq!(timestamp, sent[logged.len() + life.len()]);
            life.push(timestamp);
            line.say(&format!("ack {mark} {timestamp}\n"));
        }
        // Some of what it accepted gets into its log, the rest dies with it.
        life.truncate(logs as usize);
        logged.extend(life);
        let mark = logged.last().copied().unwrap_or(0);
        line.say(&format!("ack {mark} {mark}\n"));
    }
    assert_eq!(logged, sent);
    let running = start(&machine, 0.5);
    let last = sent[sent.len() - 1];
    let mut line = fake.session(last, last);
    assert!(take_all(&mut line).is_empty());
    drop(line);
    assert!(running.join(Some(PATIENCE)).unwrap());
    assert_eq!(undelivered(&lab.lines(1), Some(2)), 0);
    assert_warnings(machine.take_warnings(), &[]);
}

#[test]
fn a_receiver_whose_log_lost_lines_gets_nothing_until_it_has_them_again() {
    let lab = Lab::new();
    let fake = Fake::new();
    let machine = fake.peer(&lab);
    let sent = send(&machine, 8);
    let mut line = fake.session(0, 0);
    while message(&mut line).unwrap() < sent[7] {}
    line.say(&format!("ack {} {}\n", sent[5], sent[7]));
    drop(line);
    let mut cut = fake.session(sent[3], sent[3]);
    cut.closed();
    let mut line = fake.session(sent[5], sent[5]);
    assert_eq!(message(&mut line), Some(sent[6]));
    assert_eq!(message(&mut line), Some(sent[7]));
    line.say(&format!("ack {0} {0}\n", sent[7]));
    let running = start(&machine, 0.5);
    assert!(take_all(&mut line).is_empty());
    drop(line);
    assert!(running.join(Some(PATIENCE)).unwrap());
    let words = "its log has lost messages 5 to 6, which it had acknowledged as logged: \
                 start it with the log it had, or use a new run id";
    assert_warnings(machine.take_warnings(), &[words]);
}

#[test]
fn what_a_receiver_forgot_and_never_got_again_is_undelivered() {
    let lab = Lab::new();
    let fake = Fake::new();
    let machine = fake.peer(&lab);
    let sent = send(&machine, 5);
    let mut line = fake.session(0, 0);
    while message(&mut line).unwrap() < sent[4] {}
    line.say(&format!("ack {} {}\n", sent[1], sent[4]));
    drop(line);
    // It comes back knowing what it had logged, and dies before it reads.
    let line = fake.session(sent[1], sent[1]);
    until("it is connected again", || {
        let text = std::fs::read_to_string(lab.log(1)).unwrap();
        text.matches("\"CONNECT\"").count() == 2
    });
    drop(fake);
    drop(line);
    let running = start(&machine, 0.5);
    assert!(running.join(Some(PATIENCE)).unwrap());
    assert_eq!(undelivered(&lab.lines(1), Some(2)), 3);
}

#[test]
fn a_peer_that_is_someone_else_now_is_refused_until_it_is_itself_again() {
    let lab = Lab::new();
    let fake = Fake::new();
    let machine = fake.peer(&lab);
    let sent = send(&machine, 2);
    let mut line = fake.session(0, 0);
    assert_eq!(message(&mut line), Some(sent[0]));
    line.say(&format!("ack {0} {0}\n", sent[0]));
    drop(line);
    for (id, history) in [(2, 8), (3, 7), (2, 8)] {
        let mut line = fake.greeted();
        line.say(&ok(id, history, 0, 0));
        line.closed();
    }
    let mut line = fake.session(sent[0], sent[0]);
    assert_eq!(message(&mut line), Some(sent[1]));
    line.say(&format!("ack {0} {0}\n", sent[1]));
    let running = start(&machine, 0.5);
    assert!(take_all(&mut line).is_empty());
    drop(line);
    assert!(running.join(Some(PATIENCE)).unwrap());
    assert_warnings(
        machine.take_warnings(),
        &[
            "machine 2 came back without its history",
            "it was machine 2 and now is machine 3",
        ],
    );
    assert_eq!(timestamps(&lab.lines(1), "SEND"), sent);
    assert_eq!(undelivered(&lab.lines(1), Some(2)), 0);
}

#[test]
fn one_id_has_one_history_in_both_directions() {
    let lab = Lab::new();
    let fake = Fake::new();
    let machine = fake.peer(&lab);
    let line = fake.session(0, 0);
    until("it is connected", || machine.missing_peers().is_empty());
    let mut impostor = Line::to(&machine);
    impostor.say(&crate::lab::hello("lab", 2, 8, 8));
    assert_eq!(
        impostor.hear().unwrap(),
        "no duplicate id: another machine 2 is connected"
    );
    let (honest, _) = Line::sender(&machine, 2, 7, 8);
    let running = start(&machine, 0.5);
    drop((line, honest));
    assert!(running.join(Some(PATIENCE)).unwrap());
    assert_warnings(
        machine.take_warnings(),
        &["refused machine 2 at 127.0.0.1: duplicate id"],
    );
}
