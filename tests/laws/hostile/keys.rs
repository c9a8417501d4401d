//! Machines with a key, among those who have another, none, or a recording.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::lab::{
    Held, Lab, Line, PATIENCE, arrived, assert_warnings, attacked_as, ended_unreached, hello,
    loopback, open, resident, send, start, timestamps, undelivered, until,
};
use lamport::channel::key::Key;
use lamport::channel::noise::{Secret, Session};
use lamport::drive::real::clock::ProcessClock;
use lamport::drive::real::machine::{Config, Machine};
use lamport::log::read::open_files;
use serde_json::Value;

fn key(byte: u8) -> Key {
    Key::new(&[byte; 32]).unwrap()
}

/// As `attacked`, with a key and no address that may connect without one.
fn attacked(least: f64, attack: impl FnOnce(&Machine)) -> (Vec<String>, Vec<Value>) {
    let kind = |config| Config {
        key: Some(key(1)),
        allowed: vec![],
        ..config
    };
    attacked_as(kind, least, attack)
}

/// Frames by hand: what a sender with a key says, byte by byte.
struct Keyed {
    stream: TcpStream,
    session: Session,
    heard: Vec<u8>,
    /// All that was said so far.
    said: Vec<u8>,
}

impl Keyed {
    /// After the handshake, before the hello.
    fn to(machine: &Machine, key: Key, run_id: &str, entropy: u8) -> Self {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, machine.port())).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut first = Vec::new();
        let session = Secret::new(key, run_id).sender([entropy; 32], &mut first);
        let mut keyed = Self {
            stream,
            session,
            heard: Vec::new(),
            said: Vec::new(),
        };
        keyed.bytes(&first);
        keyed
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.said.extend_from_slice(bytes);
        let _ = self.stream.write_all(bytes);
    }

    fn say(&mut self, text: &str) {
        until("the handshake", || self.session.is_open() || self.hear());
        let mut out = Vec::new();
        self.session.write(text.as_bytes(), &mut out);
        self.bytes(&out);
    }

    /// Reads once. Whether the session is open now.
    fn hear(&mut self) -> bool {
        let mut buffer = [0; 4096];
        let count = self.stream.read(&mut buffer).unwrap();
        assert!(count > 0, "the other end closed");
        let mut out = Vec::new();
        let read = self
            .session
            .read(&buffer[..count], &mut self.heard, &mut out);
        read.unwrap();
        self.session.is_open()
    }

    fn until_heard(&mut self, words: &str) {
        until(words, || {
            String::from_utf8_lossy(&self.heard).contains(words) || {
                self.hear();
                false
            }
        });
    }

    fn welcomed(machine: &Machine) -> Self {
        let mut keyed = Self::to(machine, key(1), "lab", 9);
        keyed.say(&hello("lab", 2, 7, 7));
        keyed.until_heard("ok 1 ");
        keyed
    }

    fn closed(mut self) -> String {
        let mut rest = Vec::new();
        // A reset is an end as well.
        let _ = self.stream.read_to_end(&mut rest);
        String::from_utf8_lossy(&rest).into_owned()
    }
}

#[test]
fn machines_with_one_key_talk_and_the_wire_shows_nothing() {
    let lab = Lab::new();
    let held = Held::new();
    // A man in the middle who only listens.
    let address = held.address();
    let listener = held.listen();
    let receiver = open(Config {
        key: Some(key(1)),
        allowed: vec![],
        ..lab.config(2, vec![])
    });
    let sender = open(Config {
        key: Some(key(1)),
        ..lab.config(1, vec![address])
    });
    let tap = tap(listener, &receiver);
    until("it is connected", || sender.missing_peers().is_empty());
    let sent = send(&sender, 500);
    until("all arrive", || receiver.queue_len() == 500);
    let running = [&sender, &receiver].map(|machine| start(machine, 0.3));
    for running in running {
        assert!(running.join(Some(PATIENCE)).unwrap());
    }
    assert_eq!(arrived(&lab.lines(2)), sent);
    assert_eq!(undelivered(&lab.lines(1), Some(2)), 0);
    for machine in [&sender, &receiver] {
        assert_warnings(machine.take_warnings(), &[]);
    }
    let bytes = tap.join().unwrap();
    assert!(bytes.len() > 500 * 4);
    for words in [&b"lamport/1"[..], b"ok 2", b"ack ", b":1\n"] {
        let shows = bytes.windows(words.len()).any(|window| window == words);
        assert!(!shows, "{words:?}");
    }
}

/// Passes one connection on, both ways, and keeps what went through.
fn tap(listener: TcpListener, to: &Arc<Machine>) -> std::thread::JoinHandle<Vec<u8>> {
    let port = to.port();
    std::thread::spawn(move || {
        let (near, _) = listener.accept().unwrap();
        let far = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        let pass = |mut from: TcpStream, mut to: TcpStream| {
            std::thread::spawn(move || {
                let (mut all, mut buffer) = (Vec::new(), [0; 8192]);
                while let Ok(count) = from.read(&mut buffer)
                    && count > 0
                    && to.write_all(&buffer[..count]).is_ok()
                {
                    all.extend_from_slice(&buffer[..count]);
                }
                let _ = to.shutdown(Shutdown::Write);
                all
            })
        };
        let back = pass(far.try_clone().unwrap(), near.try_clone().unwrap());
        let mut all = pass(near, far).join().unwrap();
        all.extend(back.join().unwrap());
        all
    })
}

#[test]
fn another_key_another_run_or_none_is_told_why_with_one_warning() {
    let other_key = "it has another key, or belongs to another run";
    for (byte, run_id) in [(2, "lab"), (1, "lob")] {
        let (warnings, lines) = attacked(0.3, |machine| {
            for entropy in 0..3 {
                let stranger = Keyed::to(machine, key(byte), run_id, entropy);
                assert_eq!(stranger.closed(), format!("no {other_key}\n"));
            }
        });
        assert_warnings(warnings, &[other_key]);
        assert!(arrived(&lines).is_empty());
    }
    let (warnings, _) = attacked(0.3, |machine| {
        for _ in 0..3 {
            let mut line = Line::to(machine);
            line.say(&hello("lab", 2, 7, 7));
            let answer = line.hear().unwrap();
            assert!(answer.starts_with("no this machine has a key"), "{answer}");
            assert_eq!(line.hear(), None);
        }
    });
    assert_warnings(warnings, &["it has no key, this machine has one"]);
    let (warnings, lines) = crate::lab::attacked(0.3, |machine| {
        for entropy in 0..3 {
            let answer = Keyed::to(machine, key(1), "lab", entropy).closed();
            assert!(answer.starts_with("no this machine has no key"), "{answer}");
        }
    });
    assert_warnings(warnings, &["it has a key, this machine has none"]);
    assert!(arrived(&lines).is_empty());
}

/// Machine 1 with one key sends to machine 2 with another: what each warns of.
fn strangers(one: Option<Key>, two: Option<Key>) -> [Vec<String>; 2] {
    let lab = Lab::new();
    let receiver = open(Config {
        key: two,
        ..lab.config(2, vec![])
    });
    let sender = open(Config {
        key: one,
        ..lab.config(1, vec![loopback(receiver.port())])
    });
    send(&sender, 3);
    let [sends, receives] = [&sender, &receiver].map(|machine| start(machine, 0.5));
    ended_unreached(&sends, "key");
    assert!(receives.join(Some(PATIENCE)).unwrap());
    assert!(arrived(&lab.lines(2)).is_empty());
    assert_eq!(undelivered(&lab.lines(1), None), 3);
    assert!(lab.lines(1).iter().all(|line| line["event"] != "CONNECT"));
    [&sender, &receiver].map(|machine| {
        let mut warnings = machine.take_warnings();
        warnings.retain(|text| !text.contains("did not connect within"));
        warnings
    })
}

#[test]
fn machines_whose_keys_differ_refuse_each_other_and_both_say_so() {
    let [sender, receiver] = strangers(Some(key(1)), Some(key(2)));
    assert_warnings(sender, &["in plain text: it has another key"]);
    assert_warnings(receiver, &["it has another key, or belongs to another run"]);
    let [sender, receiver] = strangers(None, Some(key(2)));
    assert_warnings(sender, &["refused this machine: this machine has a key"]);
    assert_warnings(receiver, &["it has no key, this machine has one"]);
    let [sender, receiver] = strangers(Some(key(1)), None);
    assert_warnings(sender, &["in plain text: this machine has no key"]);
    assert_warnings(receiver, &["it has a key, this machine has none"]);
}

#[test]
fn with_a_key_the_address_does_not_matter_and_what_it_says_is_heard() {
    let (warnings, lines) = attacked(0.5, |machine| {
        let mut sender = Keyed::welcomed(machine);
        sender.say("5:2\n6");
        sender.say(":2\n");
        sender.until_heard("ack 6 6");
        sender.stream.shutdown(Shutdown::Write).unwrap();
        sender.closed();
    });
    assert_warnings(warnings, &[]);
    assert_eq!(timestamps(&lines, "RECEIVE"), [5, 6]);
}

#[test]
fn a_replay_of_a_session_gets_nothing_in_and_replaces_nothing() {
    let (warnings, lines) = attacked(0.5, |machine| {
        let mut honest = Keyed::welcomed(machine);
        honest.say("5:2\n");
        honest.until_heard("ack 5 5");
        for _ in 0..3 {
            let mut replay = TcpStream::connect((Ipv4Addr::LOCALHOST, machine.port())).unwrap();
            replay.set_read_timeout(Some(PATIENCE)).unwrap();
            replay.write_all(&honest.said).unwrap();
            let mut answer = Vec::new();
            let _ = replay.read_to_end(&mut answer);
            // The machine's part of the handshake at most, no word of the lines.
            assert!(answer.len() <= 50);
        }
        // The connection that was recorded stands.
        honest.say("6:2\n");
        honest.until_heard("ack 6 6");
        honest.stream.shutdown(Shutdown::Write).unwrap();
        honest.closed();
    });
    assert_warnings(
        warnings,
        &["a frame was altered, or belongs to another connection"],
    );
    assert_eq!(arrived(&lines), [5, 6]);
}

#[test]
fn a_handshake_cut_at_any_byte_is_warned_of_once() {
    let (warnings, lines) = attacked(0.5, |machine| {
        let mut first = Vec::new();
        Secret::new(key(1), "lab").sender([9; 32], &mut first);
        assert_eq!(first.len(), 50);
        for count in 1..=first.len() {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, machine.port())).unwrap();
            stream.write_all(&first[..count]).unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
            assert!(answer.is_empty() || count == first.len());
        }
    });
    assert_warnings(warnings, &["the connection ended within a frame"]);
    assert!(arrived(&lines).is_empty());
}

#[test]
fn every_flipped_byte_ends_the_connection_and_gets_nothing_in() {
    let mut at = 0;
    let mut length = 1;
    let (warnings, lines) = attacked(2.0, |machine| {
        while at < length {
            let mut sender = Keyed::to(machine, key(1), "lab", 9);
            sender.say(&hello("lab", 2, 7, 7));
            sender.until_heard("ok 1 ");
            let mut frame = Vec::new();
            sender.session.write(b"9:2\n", &mut frame);
            length = frame.len();
            frame[at] ^= 1 << (at % 8);
            sender.bytes(&frame);
            sender.stream.shutdown(Shutdown::Write).unwrap();
            let rest = sender.closed();
            assert!(rest.is_empty(), "byte {at}");
            at += 1;
        }
    });
    assert_eq!(length, 2 + 4 + 16);
    let words = "machine 2 at 127.0.0.1: ";
    assert_warnings(warnings, &[words]);
    assert!(arrived(&lines).is_empty());
}

#[test]
fn lines_keep_their_bounds_within_frames() {
    for (text, words) in [
        (
            "5:2\nnonsense\n".to_owned(),
            "\"nonsense\" is not a message",
        ),
        (format!("5:2\n{}", "7".repeat(300)), "more than 256 bytes"),
    ] {
        let (warnings, lines) = attacked(0.3, |machine| {
            let mut sender = Keyed::welcomed(machine);
            sender.say(&text);
            sender.closed();
        });
        assert_warnings(warnings, &[words]);
        assert_eq!(arrived(&lines), [5]);
    }
}

#[test]
fn who_claims_long_frames_before_a_hello_is_closed_at_once() {
    let before = resident();
    let (warnings, _) = attacked(0.5, |machine| {
        for head in [[0xff, 0xff], [0, 49], [0, 47], [0, 0]] {
            let mut line = Line::to(machine);
            line.bytes(&head);
            line.closed();
        }
        // After the handshake, a hello's length is the most.
        let mut sender = Keyed::to(machine, key(1), "lab", 9);
        until("the handshake", || sender.hear());
        sender.bytes(&[0xff, 0xff]);
        sender.closed();
    });
    assert_warnings(warnings, &["as the length of a frame"]);
    assert!(resident().saturating_sub(before) < 200_000);
}

#[test]
fn a_flood_of_half_handshakes_is_bounded_and_costs_no_tick() {
    open_files::ensure(3000, "or leave this test out").unwrap();
    let before = resident();
    let mut took = 0;
    let (warnings, lines) = attacked(1.5, |machine| {
        let before = ProcessClock::of_process().now();
        let crowd: Vec<TcpStream> = (0..1000_u32)
            .map(|number| {
                let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, machine.port())).unwrap();
                let mut first = Vec::new();
                let own = key(if number % 3 == 0 { 2 } else { 1 });
                Secret::new(own, "lab").sender([9; 32], &mut first);
                if number % 3 == 1 {
                    first.truncate(20);
                }
                let _ = stream.write_all(&first);
                stream
            })
            .collect();
        let mut sender = Keyed::welcomed(machine);
        sender.say("5:2\n");
        sender.until_heard("ack 5 5");
        drop(crowd);
        took = ProcessClock::of_process().now() - before;
    });
    // On a host so busy that it takes longer than a hello may, those that stayed are silent too.
    let is_slow = took > 4_000_000_000;
    assert_warnings(
        warnings
            .into_iter()
            .filter(|text| !text.contains("closed the connection with 127.0.0.1"))
            .filter(|text| !is_slow || !text.contains("said no hello in time"))
            .collect(),
        &["connections said nothing; the oldest was closed"],
    );
    assert_eq!(timestamps(&lines, "RECEIVE"), [5]);
    assert!(resident().saturating_sub(before) < 200_000);
}

#[test]
fn a_connection_that_breaks_again_and_again_loses_nothing() {
    let lab = Lab::new();
    let held = Held::new();
    let address = held.address();
    let listener = held.listen();
    let receiver = open(Config {
        key: Some(key(1)),
        ..lab.config(2, vec![])
    });
    let sender = open(Config {
        key: Some(key(1)),
        ..lab.config(1, vec![address])
    });
    let port = receiver.port();
    // Connections that live for a few hundred bytes, then for good.
    let lives = Arc::new(AtomicU64::new(0));
    let present = lives.clone();
    let middle = std::thread::spawn(move || {
        for life in 1..=12 {
            let near = listener.accept().unwrap().0;
            present.store(life, Ordering::Relaxed);
            let far = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
            let limit = if life == 12 { u64::MAX } else { life * 97 };
            let (mut a, mut b) = (far.try_clone().unwrap(), near.try_clone().unwrap());
            let back = std::thread::spawn(move || std::io::copy(&mut a, &mut b));
            let (mut from, mut to) = (near.try_clone().unwrap().take(limit), &far);
            let _ = std::io::copy(&mut from, &mut to);
            let how = if life == 12 {
                Shutdown::Write
            } else {
                Shutdown::Both
            };
            let _ = far.shutdown(how);
            if life == 12 {
                let _ = back.join().unwrap();
            }
            let _ = near.shutdown(Shutdown::Both);
        }
    });
    let mut sent = Vec::new();
    // How much a connection takes before it breaks depends on who is slow.
    until("the last life, and messages before and in it", || {
        sent.extend(send(&sender, 5));
        sent.len() >= 200 && lives.load(Ordering::Relaxed) == 12
    });
    until("all arrive", || receiver.queue_len() == sent.len() as u64);
    for running in [&sender, &receiver].map(|machine| start(machine, 0.2)) {
        assert!(running.join(Some(PATIENCE)).unwrap());
    }
    middle.join().unwrap();
    assert_eq!(arrived(&lab.lines(2)), sent);
    assert_eq!(undelivered(&lab.lines(1), Some(2)), 0);
    assert_warnings(sender.take_warnings(), &[]);
}
