//! The bounds that ARCHITECTURE.md lists, each at its value: what is allowed, and one beyond it.
//!
//! A file of its own: at the largest ones a process holds half a gigabyte for a moment.

#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;

use common::Scratch;
use lamport::channel::channels::{Channels, Past, PeerPast};
use lamport::channel::identity::{Identity, Nonce};
use lamport::channel::lines::Partial;
use lamport::channel::link::Marks;
use lamport::channel::protocol::Protocol;
use lamport::channel::wire::{Hello, Reply, WireError};
use lamport::drive::real::algorithm::{AlgorithmConfig, BoxedHandler, HandlerFailure};
use lamport::drive::real::listen::Listening;
use lamport::drive::real::machine::{Config, Machine};
use lamport::drive::real::poll_thread::PollThread;
use lamport::model::address::Address;
use lamport::model::behavior::Behavior;
use lamport::model::body::Body;
use lamport::model::event::Recipients;
use lamport::model::handler::{Call, Effects, Handler, Moment};
use lamport::model::node::Node;

fn me() -> Identity {
    Identity {
        id: 1,
        run_id: "lab".into(),
        history: Nonce(1),
        instance: Nonce(1),
    }
}

#[test]
fn as_many_machines_may_send_as_are_told() {
    const MOST: u64 = 65_536;
    let mut channels = Channels::new(me(), 0);
    let welcome = |channels: &mut Channels, hello: &Hello| channels.welcome(hello, true);
    let hello = |sender| Hello {
        protocol: Protocol::Classic,
        run_id: "lab".into(),
        sender,
        history: Nonce(sender),
        instance: Nonce(sender),
    };
    for sender in 2..2 + MOST {
        welcome(&mut channels, &hello(sender)).unwrap();
        channels.accept(sender, 1).unwrap();
        channels.sender_left(sender);
    }
    assert_eq!(channels.senders() as u64, MOST);
    let refused = welcome(&mut channels, &hello(2 + MOST)).unwrap_err();
    assert_eq!(refused.kind, "senders");
    assert_eq!(refused.reason, "65536 machines have sent already");
    assert_eq!(channels.senders() as u64, MOST);
    // Those that are known may come again.
    for sender in [2, 1 + MOST] {
        welcome(&mut channels, &hello(sender)).unwrap();
    }
    // Those that a log tells of count.
    let received = (2..2 + MOST).map(|sender| (sender, 1)).collect();
    let past = Past {
        received,
        ..Past::default()
    };
    let mut channels = Channels::resumed(me(), past);
    assert_eq!(
        welcome(&mut channels, &hello(2 + MOST)).unwrap_err(),
        refused
    );
    welcome(&mut channels, &hello(1 + MOST)).unwrap();
}

#[test]
fn as_many_messages_are_kept_for_a_peer_as_are_told() {
    const MOST: u64 = 16_777_216;
    let past = Past {
        peers: vec![
            PeerPast::default(),
            PeerPast {
                sent: (1..MOST).collect(),
                left: 1,
                known: None,
            },
        ],
        ..Past::default()
    };
    let mut channels = Channels::resumed(me(), past);
    channels.sent(MOST, &Recipients::All);
    assert_eq!([channels.kept(0), channels.kept(1)], [1, MOST as usize]);
    assert_eq!(channels.overfull(), None);
    channels.sent(MOST + 1, &Recipients::One(0));
    assert_eq!(channels.overfull(), None);
    channels.sent(MOST + 2, &Recipients::All);
    let overfull = channels.overfull().unwrap();
    assert_eq!(overfull.position, 1);
    assert_eq!(
        overfull.reason("localhost:5003"),
        "16777217 messages wait for localhost:5003, more than the 16777216 that are kept"
    );
    // One that is logged makes room.
    let marks = Marks {
        logged: 1,
        accepted: 1,
    };
    channels.answered(1, 3, Nonce(3), marks).unwrap();
    assert_eq!(channels.overfull(), None);
}

/// A machine that is never started.
fn machine(scratch: &Scratch) -> Arc<Machine> {
    open(scratch, None)
}

fn open(scratch: &Scratch, algorithm: Option<AlgorithmConfig>) -> Arc<Machine> {
    let config = Config {
        machine_id: 1,
        listening: Listening::On {
            host: Some("127.0.0.1".into()),
            port: 0,
        },
        peers: vec![],
        log: scratch.0.join("machine_1.log"),
        overwrite: false,
        resume: false,
        moved: Vec::new(),
        is_synced: false,
        duration: 1.0,
        clock_rate: Some(1.0),
        max_rate: 6,
        behavior: Behavior::new(1.0, 1.0).unwrap(),
        latency: lamport::model::latency::Latency::Constant(0.0),
        seed: Some(1),
        run_id: "lab".into(),
        senders: None,
        allowed: vec![],
        key: None,
        is_precise: false,
        manner: lamport::model::manner::Manner::default(),
        unix_origin: None,
        peer_ids: None,
        algorithm,
        began: None,
    };
    Machine::open(config, &PollThread::of_process().unwrap()).unwrap()
}

#[test]
fn no_more_addresses_are_added_by_hand_than_are_told() {
    let scratch = Scratch::new();
    let machine = machine(&scratch);
    let address = |number: u32| {
        let [_, high, middle, low] = (number + 1).to_be_bytes();
        Address::new(format!("127.{high}.{middle}.{low}"), 1).unwrap()
    };
    let many: Vec<_> = (0..=65_536).map(address).collect();
    let refused = machine.send_by_hand(Some(&many)).unwrap_err().to_string();
    assert!(
        refused.contains(
            "at most 65536 addresses can be sent to that are no peers; it has sent to 0 so far"
        ),
        "{refused}"
    );
    machine.send_by_hand(Some(&many[..1])).unwrap();
    let refused = machine
        .send_by_hand(Some(&many[1..]))
        .unwrap_err()
        .to_string();
    assert!(refused.contains("it has sent to 1 so far"), "{refused}");
    machine.abandon();
}

#[test]
fn as_many_messages_wait_in_a_queue_as_are_told() {
    let scratch = Scratch::new();
    let machine = machine(&scratch);
    for _ in 0..16_777_216 {
        machine.deliver_by_hand(None, 1).unwrap();
    }
    assert!(machine.failure().is_none());
    assert!(machine.step(true, Node::receive).unwrap().is_some());
    machine.deliver_by_hand(None, 1).unwrap();
    assert!(machine.failure().is_none());
    machine.deliver_by_hand(None, 1).unwrap();
    let told = "machine 1: 16777217 messages wait in its queue, more than the 16777216 it can hold";
    assert_eq!(machine.failure().unwrap().to_string(), told);
    // It takes no step any more.
    let error = machine.step(true, Node::receive).unwrap_err();
    assert_eq!(error.to_string(), told);
    machine.abandon();
}

/// An algorithm that does nothing.
struct Deaf;

impl Handler for Deaf {
    type Error = HandlerFailure;

    fn has_idle(&self) -> bool {
        false
    }

    fn handle(&mut self, _: &Moment, _: Call<'_>, _: &mut Effects) -> Result<(), HandlerFailure> {
        Ok(())
    }
}

#[test]
fn as_many_bytes_wait_in_a_queue_as_are_told() {
    let scratch = Scratch::new();
    let algorithm = AlgorithmConfig {
        maker: Box::new(|_, _| Ok(Box::new(Deaf) as BoxedHandler)),
        name: None,
        arguments: None,
        python: None,
        inputs: Vec::new(),
    };
    let machine = open(&scratch, Some(algorithm));
    machine.tick_by_hand().unwrap().unwrap();
    // They share one text, which counts for each.
    let body: Body = Some(format!("\"{}\"", "x".repeat(65_534)).into());
    let deliver = || {
        machine.deliver_body_by_hand(None, 1, body.clone()).unwrap();
    };
    for _ in 0..4096 {
        deliver();
    }
    assert!(machine.failure().is_none());
    assert!(machine.tick_by_hand().unwrap().is_some());
    deliver();
    assert!(machine.failure().is_none());
    deliver();
    let told = "machine 1: 4097 messages with 268500992 bytes wait in its queue, more than the 16777216 messages or \
                268435456 bytes it can hold";
    assert_eq!(machine.failure().unwrap().to_string(), told);
    assert_eq!(machine.tick_by_hand().unwrap_err().to_string(), told);
    machine.abandon();
}

/// What comes of bytes that are read at once.
fn cut(bytes: &[u8]) -> Result<Vec<Vec<u8>>, WireError> {
    let mut lines = Vec::new();
    let mut partial = Partial::default();
    partial.read::<WireError>(bytes, |line| {
        lines.push(line.to_vec());
        Ok(())
    })?;
    assert!(partial.kept().len() <= 255);
    Ok(lines)
}

#[test]
fn a_line_has_as_many_bytes_as_are_told() {
    let text = |length: usize| vec![b'x'; length];
    let line = |length: usize| [&text(length - 1)[..], b"\n"].concat();
    // With its newline; the same where more stands before it or after it.
    for before in [&b""[..], b"a\n"] {
        for after in [&b""[..], b"b\n", b"c"] {
            let lines = cut(&[before, &line(256), after].concat()).unwrap();
            assert!(lines.contains(&text(255)));
            assert_eq!(
                cut(&[before, &line(257), after].concat()),
                Err(WireError::TooLong(256))
            );
        }
        // An end that has not come could come as the 256th byte at the latest.
        cut(&[before, &text(255)].concat()).unwrap();
        assert_eq!(
            cut(&[before, &text(256)].concat()),
            Err(WireError::TooLong(256))
        );
    }
    // Byte by byte it is the same.
    for (length, is_whole) in [(256, true), (257, false)] {
        let (mut partial, mut got) = (Partial::default(), Vec::new());
        let mut outcome = Ok(());
        for byte in line(length) {
            outcome = partial.read::<WireError>(&[byte], |line| {
                got.push(line.len());
                Ok(())
            });
            if outcome.is_err() {
                break;
            }
        }
        assert_eq!(outcome.is_ok(), is_whole, "{length}");
        assert_eq!(got, if is_whole { vec![255] } else { vec![] });
    }
    assert_eq!(
        WireError::TooLong(256).to_string(),
        "a line of more than 256 bytes"
    );
}

#[test]
fn a_reason_fills_a_line_and_no_more() {
    for (length, said) in [(1, 1), (251, 251), (252, 252), (253, 252), (1000, 252)] {
        let mut line = Vec::new();
        Reply::No("x".repeat(length)).write(&mut line);
        assert_eq!(line, [&b"no "[..], &vec![b'x'; said], b"\n"].concat());
        assert!(line.len() <= 256);
        assert_eq!(cut(&line).unwrap().len(), 1);
    }
}
