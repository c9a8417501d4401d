//! An endpoint alone: what it says to what it hears, at the time it is told.

use std::net::IpAddr;

use super::*;
use crate::channel::identity::{Identity, Nonce};
use crate::channel::key::Key;
use crate::error::Error;
use crate::model::event::Recipients;
use crate::model::fault::Fault;
use crate::model::fault_schedule::FaultSchedule;

const MS: Nanos = 1_000_000;
const OK: &[u8] = b"ok 2 0000000000000002 0 0\n";

/// A machine 1 that sends to these peers, and has entered.
fn endpoint(peers: &[&str]) -> Endpoint {
    let me = Identity {
        id: 1,
        run_id: "lab".into(),
        history: Nonce(1),
        instance: Nonce(1),
    };
    let channels = Channels::new(me, peers.len());
    let peers = peers.iter().map(|peer| (peer.parse().unwrap(), Vec::new()));
    let mut endpoint = Endpoint::new(channels, peers.collect(), None, Waits::default());
    endpoint.enter(0);
    endpoint
}

fn no_key() -> Result<[u8; 32]> {
    panic!("there is no key")
}

fn outputs(endpoint: &mut Endpoint) -> Vec<Output> {
    std::iter::from_fn(|| endpoint.next_output()).collect()
}

/// The connection that it wants made, and nothing else.
fn wanted(endpoint: &mut Endpoint) -> ConnectionId {
    let outputs = outputs(endpoint);
    let [Output::Connect { connection, .. }] = outputs[..] else {
        panic!("{outputs:?}");
    };
    connection
}

/// All that it says on a connection now.
fn said(endpoint: &mut Endpoint, now: Nanos, id: ConnectionId) -> String {
    let mut all = Vec::new();
    loop {
        let bytes = endpoint.outgoing(now, id, 1000).to_vec();
        if bytes.is_empty() {
            return String::from_utf8(all).unwrap();
        }
        // The system may take a part.
        let count = bytes.len().div_ceil(2);
        endpoint.written(id, count);
        all.extend_from_slice(&bytes[..count]);
    }
}

fn hear(endpoint: &mut Endpoint, now: Nanos, id: ConnectionId, bytes: &[u8]) -> Vec<u64> {
    let mut space = Workspace::default();
    endpoint.read(now, id, bytes, &mut space);
    space.messages().1.to_vec()
}

/// A connection to its first peer, over which messages go out.
fn sending(endpoint: &mut Endpoint, now: Nanos) -> ConnectionId {
    let id = wanted(endpoint);
    endpoint.connected(now, id, &mut no_key);
    let hello = "lamport/1 lab 1 0000000000000001 0000000000000001\n";
    assert_eq!(said(endpoint, now, id), hello);
    hear(endpoint, now, id, OK);
    let recorded = outputs(endpoint);
    assert!(
        matches!(recorded[..], [Output::Record { connection, peer: 0, peer_id: 2, .. }] if connection == id)
    );
    endpoint.recorded(now, id, Ok(()));
    id
}

fn taken(endpoint: &mut Endpoint, now: Nanos, ip: [u8; 4]) -> ConnectionId {
    let remote = SocketAddr::from((ip, 1));
    endpoint
        .accepted(now, remote, Standing::Allowed, &mut no_key)
        .expect("it is taken")
}

fn hello(sender: u64, instance: u64) -> String {
    format!("lamport/1 lab {sender} {sender:016x} {instance:016x}\n")
}

fn finished(undelivered: crate::channel::channels::Undelivered) -> Output {
    let unreached = Vec::new();
    Output::Finished(Farewell {
        undelivered,
        heard: Vec::new(),
        unreached,
    })
}

fn send(endpoint: &mut Endpoint, timestamp: u64) {
    endpoint.logged([(timestamp, Recipients::All)], []);
}

mod added;
mod impostors;
mod letters;
mod turns;

#[test]
fn nothing_leaves_before_the_line_of_its_peer_is_written() {
    let mut endpoint = endpoint(&["10.0.0.2:1"]);
    let id = wanted(&mut endpoint);
    endpoint.connected(0, id, &mut no_key);
    send(&mut endpoint, 5);
    said(&mut endpoint, 0, id);
    hear(&mut endpoint, 0, id, OK);
    assert_eq!(said(&mut endpoint, 0, id), "");
    assert!(!endpoint.is_sending_to(0));
    endpoint.recorded(0, id, Ok(()));
    assert!(endpoint.is_sending_to(0));
    assert!(endpoint.take_ready().any(|ready| ready == id));
    assert_eq!(said(&mut endpoint, 0, id), "5:1\n");
}

#[test]
fn a_line_that_cannot_be_written_ends_the_connection() {
    let mut endpoint = endpoint(&["10.0.0.2:1"]);
    let id = wanted(&mut endpoint);
    endpoint.connected(0, id, &mut no_key);
    hear(&mut endpoint, 0, id, OK);
    outputs(&mut endpoint);
    endpoint.recorded(0, id, Err(Error::state("full".to_owned())));
    let outputs = outputs(&mut endpoint);
    let [Output::Warn(warning), Output::Close { .. }] = &outputs[..] else {
        panic!("{outputs:?}");
    };
    assert_eq!((warning.kind, &*warning.source), ("log", "10.0.0.2:1"));
    assert_eq!(
        warning.text,
        "no connection to 10.0.0.2:1 at 10.0.0.2:1: full"
    );
}

#[test]
fn attempts_are_twice_as_far_apart_each_time_until_one_works() {
    let mut endpoint = endpoint(&["10.0.0.2:1"]);
    let mut now = 0;
    for wait in [10, 20, 40, 80, 160, 320, 640, 1000, 1000] {
        let id = wanted(&mut endpoint);
        endpoint.broken(now, id);
        assert_eq!(outputs(&mut endpoint), [Output::Close { connection: id }]);
        assert_eq!(endpoint.wake_at(), Some(now + wait * MS));
        endpoint.wake(now + wait * MS - 1);
        assert_eq!(endpoint.next_output(), None);
        now += wait * MS;
        endpoint.wake(now);
    }
    let id = sending(&mut endpoint, now);
    hear(&mut endpoint, now, id, b"ack 0 0\n");
    endpoint.broken(now, id);
    assert_eq!(endpoint.wake_at(), Some(now + 10 * MS));
}

#[test]
fn all_addresses_of_a_name_are_tried_at_once_and_then_it_is_looked_up_again() {
    let mut endpoint = endpoint(&["peer:1"]);
    let look_up = [Output::LookUp(Lookup::Peer(0))];
    assert_eq!(outputs(&mut endpoint), look_up);
    let found = [[10, 0, 0, 2], [10, 0, 0, 3]].map(|ip| SocketAddr::from((ip, 1)));
    endpoint.found(0, 0, &found);
    for _ in found {
        let id = wanted(&mut endpoint);
        endpoint.broken(0, id);
        assert_eq!(
            endpoint.next_output(),
            Some(Output::Close { connection: id })
        );
    }
    assert_eq!(endpoint.next_output(), None);
    endpoint.wake(10 * MS);
    assert_eq!(outputs(&mut endpoint), look_up);
    endpoint.found(10 * MS, 0, &[]);
    assert_eq!(endpoint.wake_at(), Some(30 * MS));
}

#[test]
fn a_handshake_has_its_time() {
    let mut endpoint = endpoint(&["10.0.0.2:1"]);
    let id = wanted(&mut endpoint);
    endpoint.connected(0, id, &mut no_key);
    let silent = taken(&mut endpoint, MS, [10, 0, 0, 9]);
    endpoint.wake(5000 * MS);
    assert_eq!(
        endpoint.next_output(),
        Some(Output::Close { connection: id })
    );
    endpoint.wake(5001 * MS);
    let outputs = outputs(&mut endpoint);
    let [
        Output::Warn(Warning { kind, .. }),
        Output::Close { connection },
    ] = &outputs[..]
    else {
        panic!("{outputs:?}");
    };
    assert_eq!((*kind, *connection), ("silent", silent));
    // Who has said hello in time may be silent for good.
    let id = taken(&mut endpoint, 5002 * MS, [10, 0, 0, 9]);
    hear(&mut endpoint, 5002 * MS, id, hello(3, 1).as_bytes());
    endpoint.wake(5009 * MS);
    let ended = Output::Close { connection: id };
    endpoint.wake(11_000 * MS);
    assert!(!self::outputs(&mut endpoint).contains(&ended));
}

#[test]
fn of_those_that_say_nothing_the_oldest_goes() {
    let mut endpoint = endpoint(&[]);
    let all: Vec<_> = (0..=UNIDENTIFIED)
        .map(|_| taken(&mut endpoint, 0, [10, 0, 0, 9]))
        .collect();
    let outputs = outputs(&mut endpoint);
    let [
        Output::Warn(Warning { kind, .. }),
        Output::Close { connection },
    ] = &outputs[..]
    else {
        panic!("{outputs:?}");
    };
    assert_eq!((*kind, *connection), ("crowd", all[0]));
}

#[test]
fn the_same_process_replaces_its_connection_and_another_does_not() {
    let mut endpoint = endpoint(&[]);
    let [first, other, again] = [1, 2, 1].map(|instance| {
        let id = taken(&mut endpoint, 0, [10, 0, 0, 9]);
        let heard = hear(&mut endpoint, 0, id, hello(3, instance).as_bytes());
        assert!(heard.is_empty());
        let answer = said(&mut endpoint, 0, id);
        if instance == 1 {
            hear(&mut endpoint, 0, id, b"3:3\n");
            said(&mut endpoint, 0, id);
        }
        (id, answer)
    });
    assert_eq!(first.1, "ok 1 0000000000000001 0 0\n");
    assert!(other.1.starts_with("no duplicate id"), "{}", other.1);
    assert_eq!(again.1, "ok 1 0000000000000001 0 3\n");
    let outputs = outputs(&mut endpoint);
    assert!(
        matches!(&outputs[..], [Output::Warn(Warning { kind, .. }), Output::ShutDown { .. }, Output::Close { connection }]
            if *kind == "duplicate id" && *connection == first.0),
        "{outputs:?}"
    );
    assert_eq!(hear(&mut endpoint, 0, again.0, b"4:3\n7:3\n"), [4, 7]);
    assert!(hear(&mut endpoint, 0, first.0, b"9:3\n").is_empty());
    assert_eq!(said(&mut endpoint, 0, again.0), "ack 0 7\n");
    endpoint.logged([], [(3, 4)]);
    assert_eq!(said(&mut endpoint, 0, again.0), "ack 4 7\n");
}

#[test]
fn what_came_before_an_offence_counts_and_nothing_after_it() {
    let mut endpoint = endpoint(&[]);
    let id = taken(&mut endpoint, 0, [10, 0, 0, 9]);
    let all = hello(3, 1) + "2:3\n5:3\n5:3\n6:3\n";
    assert_eq!(hear(&mut endpoint, 0, id, all.as_bytes()), [2, 5]);
    let outputs = outputs(&mut endpoint);
    assert!(
        matches!(&outputs[..], [Output::Warn(Warning { text, .. }), Output::Close { .. }]
            if text.contains("they must rise")),
        "{outputs:?}"
    );
    assert_eq!(endpoint.channels().marks(3).accepted, 5);
}

#[test]
fn who_comes_from_elsewhere_waits_until_names_are_looked_up() {
    let mut endpoint = endpoint(&["peer:1"]);
    outputs(&mut endpoint);
    let [known, unknown] = [[10, 0, 0, 2], [10, 0, 0, 9]].map(|ip| {
        let remote = SocketAddr::from((ip, 1));
        endpoint
            .accepted(0, remote, Standing::Unknown, &mut no_key)
            .unwrap()
    });
    assert_eq!(
        outputs(&mut endpoint),
        [Output::LookUp(Lookup::Senders)],
        "once"
    );
    assert!(!endpoint.is_reading(known));
    endpoint.vetted(MS, |ip| {
        if ip == IpAddr::from([10, 0, 0, 2]) {
            Standing::Peer
        } else {
            Standing::Unknown
        }
    });
    assert!(endpoint.is_reading(known));
    assert_eq!(
        said(&mut endpoint, MS, unknown),
        "no its address is not one of a peer\n"
    );
    // For a second that answer is good.
    let remote = SocketAddr::from(([10, 0, 0, 8], 1));
    endpoint.accepted(1000 * MS - 1, remote, Standing::Unknown, &mut no_key);
    let look_up = Output::LookUp(Lookup::Senders);
    assert!(!outputs(&mut endpoint).contains(&look_up));
    endpoint.accepted(1000 * MS, remote, Standing::Unknown, &mut no_key);
    assert!(outputs(&mut endpoint).contains(&look_up));
}

#[test]
fn the_end_sends_what_is_left_and_waits_for_its_acknowledgement() {
    let mut endpoint = endpoint(&["10.0.0.2:1"]);
    let id = sending(&mut endpoint, 0);
    send(&mut endpoint, 5);
    endpoint.finish(0);
    assert_eq!(said(&mut endpoint, 0, id), "5:1\n");
    let shut = Output::ShutDown { connection: id };
    assert_eq!(outputs(&mut endpoint), [shut]);
    hear(&mut endpoint, MS, id, b"ack 5 5\n");
    endpoint.ended(MS, id);
    let close = Output::Close { connection: id };
    let undelivered = Vec::new();
    assert_eq!(outputs(&mut endpoint), [close, finished(undelivered)]);
}

#[test]
fn the_end_waits_for_the_answer_of_a_peer_that_may_have_forgotten() {
    let mut endpoint = endpoint(&["10.0.0.2:1"]);
    let id = sending(&mut endpoint, 0);
    send(&mut endpoint, 5);
    said(&mut endpoint, 0, id);
    // It has accepted the message, and crashes before it is logged.
    hear(&mut endpoint, 0, id, b"ack 0 5\n");
    endpoint.broken(0, id);
    outputs(&mut endpoint);
    endpoint.wake(10 * MS);
    let id = wanted(&mut endpoint);
    endpoint.connected(10 * MS, id, &mut no_key);
    endpoint.finish(10 * MS);
    assert_eq!(outputs(&mut endpoint), []);
    said(&mut endpoint, 11 * MS, id);
    hear(&mut endpoint, 11 * MS, id, OK);
    outputs(&mut endpoint);
    endpoint.recorded(11 * MS, id, Ok(()));
    assert_eq!(said(&mut endpoint, 11 * MS, id), "5:1\n");
}

#[test]
fn the_end_of_who_hears_waits_a_second_and_then_parts() {
    let mut endpoint = endpoint(&[]);
    let id = taken(&mut endpoint, 0, [10, 0, 0, 9]);
    hear(&mut endpoint, 0, id, (hello(3, 1) + "2:3\n").as_bytes());
    said(&mut endpoint, 0, id);
    endpoint.finish(0);
    assert_eq!(outputs(&mut endpoint), []);
    assert!(endpoint.is_accepting());
    endpoint.wake(1000 * MS);
    assert!(!endpoint.is_accepting());
    assert_eq!(said(&mut endpoint, 1000 * MS, id), "ack 0 2\n");
    assert_eq!(
        outputs(&mut endpoint),
        [Output::ShutDown { connection: id }]
    );
    endpoint.wake(1300 * MS);
    let undelivered = Vec::new();
    assert_eq!(outputs(&mut endpoint), [finished(undelivered)]);
}

#[test]
fn what_is_not_known_to_be_accepted_is_counted_at_the_end() {
    let mut endpoint = endpoint(&["10.0.0.2:1"]);
    let id = sending(&mut endpoint, 0);
    (1..=4).for_each(|timestamp| send(&mut endpoint, timestamp));
    said(&mut endpoint, 0, id);
    hear(&mut endpoint, 0, id, b"ack 0 1\n");
    endpoint.finish(0);
    endpoint.broken(0, id);
    let undelivered = vec![(Some(2), 3)];
    assert_eq!(outputs(&mut endpoint).pop(), Some(finished(undelivered)));
}

#[test]
fn a_partition_closes_and_its_end_connects_again() {
    let json = r#"[{"fault": "partition", "groups": [[1], [2]], "at": 1, "duration": 2}]"#;
    let faults = FaultSchedule::new(&Fault::list(json).unwrap(), None, 1).unwrap();
    let mut endpoint = endpoint(&["10.0.0.2:1"]);
    let id = sending(&mut endpoint, 0);
    endpoint.begin_faults(0, LinkFaults::new(faults.into(), 0));
    assert_eq!(endpoint.wake_at(), Some(1000 * MS));
    endpoint.wake(1000 * MS);
    assert_eq!(outputs(&mut endpoint), [Output::Close { connection: id }]);
    while let Some(time) = endpoint.wake_at().filter(|&time| time < 3000 * MS) {
        endpoint.wake(time);
        assert_eq!(endpoint.next_output(), None);
    }
    endpoint.wake(3000 * MS);
    sending(&mut endpoint, 3000 * MS);
}

#[test]
fn a_pause_stops_bytes_and_what_follows_looks_at_all() {
    let mut endpoint = endpoint(&["10.0.0.2:1"]);
    let id = sending(&mut endpoint, 0);
    endpoint.take_ready();
    endpoint.pause();
    assert!(!endpoint.is_reading(id) && !endpoint.is_accepting() && endpoint.is_paused());
    endpoint.go_on(MS);
    assert_eq!(outputs(&mut endpoint), [Output::Read { connection: id }]);
    assert!(endpoint.take_ready().eq([id]));
}

#[test]
fn with_a_key_two_endpoints_talk_and_without_random_bytes_none() {
    let secret = || Some(Secret::new(Key::new(&[7; 32]).unwrap(), "lab"));
    let [mut sender, mut receiver] = [&["10.0.0.2:1"][..], &[]].map(endpoint);
    (sender.secret, receiver.secret) = (secret(), secret());
    receiver.channels = Channels::new(
        Identity {
            id: 2,
            history: Nonce(2),
            ..receiver.channels.me().clone()
        },
        0,
    );
    let mut dry = || Err(Error::state("none left".to_owned()));
    let remote = SocketAddr::from(([10, 0, 0, 1], 1));
    assert_eq!(
        receiver.accepted(0, remote, Standing::Unknown, &mut dry),
        None
    );
    assert!(
        matches!(receiver.next_output(), Some(Output::Warn(Warning { text, .. }))
        if text.contains("cannot take a connection: none left"))
    );
    let here = wanted(&mut sender);
    sender.connected(0, here, &mut || Ok([1; 32]));
    let there = receiver.accepted(0, remote, Standing::Unknown, &mut || Ok([2; 32]));
    let there = there.unwrap();
    send(&mut sender, 5);
    let mut heard = Vec::new();
    for _ in 0..4 {
        for (from, to, out, into) in [(true, false, here, there), (false, true, there, here)] {
            let ends = [&mut receiver, &mut sender];
            let bytes = ends[usize::from(from)].outgoing(0, out, 1000).to_vec();
            ends[usize::from(from)].written(out, bytes.len());
            assert!(!bytes.windows(7).any(|part| part == b"lamport"));
            heard.extend(hear(ends[usize::from(to)], 0, into, &bytes));
        }
        while let Some(output) = sender.next_output() {
            assert!(matches!(output, Output::Record { .. }), "{output:?}");
            sender.recorded(0, here, Ok(()));
        }
    }
    assert_eq!(heard, [5]);
}
