//! Who says hello as a machine that it is not, before that machine or after it.

use super::*;

/// A connection from an address of a peer, on which this hello was said, and what it was answered.
fn called(endpoint: &mut Endpoint, hello: &str) -> (ConnectionId, String) {
    called_from(endpoint, Standing::Peer, hello)
}

fn called_from(endpoint: &mut Endpoint, standing: Standing, hello: &str) -> (ConnectionId, String) {
    let remote = SocketAddr::from(([10, 0, 0, 2], 9));
    let id = endpoint.accepted(0, remote, standing, &mut no_key).unwrap();
    assert!(hear(endpoint, 0, id, hello.as_bytes()).is_empty());
    (id, said(endpoint, 0, id))
}

/// A hello of machine 2 with this history; its own is 2.
fn as_two(history: u64) -> String {
    format!("lamport/1 lab 2 {history:016x} {history:016x}\n")
}

fn is_welcome(answer: &str) -> bool {
    answer.starts_with("ok ")
}

fn closed(outputs: &[Output]) -> Vec<ConnectionId> {
    let closed = |output: &Output| match output {
        Output::Close { connection } => Some(*connection),
        _ => None,
    };
    outputs.iter().filter_map(closed).collect()
}

fn kinds(outputs: &[Output]) -> Vec<&str> {
    let kind = |output: &Output| match output {
        Output::Warn(warning) => Some(warning.kind),
        _ => None,
    };
    outputs.iter().filter_map(kind).collect()
}

/// The first attempt to reach the only peer ends in nothing.
fn unreachable(endpoint: &mut Endpoint) {
    let id = wanted(endpoint);
    endpoint.broken(0, id);
    outputs(endpoint);
}

#[test]
fn a_hello_alone_neither_holds_an_id_nor_pins_a_history() {
    let mut endpoint = endpoint(&["10.0.0.2:1"]);
    unreachable(&mut endpoint);
    let (silent, answer) = called(&mut endpoint, &as_two(8));
    assert!(is_welcome(&answer));
    let (real, answer) = called(&mut endpoint, &as_two(2));
    assert!(is_welcome(&answer));
    let outputs = outputs(&mut endpoint);
    assert_eq!(closed(&outputs), [silent]);
    assert_eq!(kinds(&outputs), ["two histories"]);
    assert_eq!(hear(&mut endpoint, 0, real, b"5:2\n"), [5]);
    // Nor does one that has gone.
    let mut endpoint = self::endpoint(&["10.0.0.2:1"]);
    unreachable(&mut endpoint);
    let (gone, _) = called(&mut endpoint, &as_two(8));
    endpoint.broken(0, gone);
    self::outputs(&mut endpoint);
    assert_eq!(endpoint.channels().senders(), 0);
    let (real, answer) = called(&mut endpoint, &as_two(2));
    assert!(is_welcome(&answer));
    assert_eq!(kinds(&self::outputs(&mut endpoint)), [""; 0]);
    assert_eq!(hear(&mut endpoint, 0, real, b"5:2\n"), [5]);
}

#[test]
fn an_accepted_message_pins_where_the_address_cannot_be_reached() {
    let mut endpoint = endpoint(&["10.0.0.2:1"]);
    unreachable(&mut endpoint);
    let (first, _) = called(&mut endpoint, &as_two(8));
    assert_eq!(hear(&mut endpoint, 0, first, b"5:2\n"), [5]);
    for is_connected in [true, false] {
        if !is_connected {
            endpoint.broken(0, first);
        }
        let (_, answer) = called(&mut endpoint, &as_two(2));
        assert!(answer.starts_with("no "), "{answer}");
        assert!(!answer.contains("0000000000000008"), "{answer}");
        assert_eq!(kinds(&outputs(&mut endpoint)).len(), 1);
    }
    // Nor does its own address change that: what is in the log stays, and the link never works.
    endpoint.wake(10 * MS);
    let id = wanted(&mut endpoint);
    endpoint.connected(10 * MS, id, &mut no_key);
    hear(&mut endpoint, 10 * MS, id, OK);
    assert_eq!(kinds(&outputs(&mut endpoint)), ["history"]);
    endpoint.finish(20 * MS);
    let Some(Output::Finished(farewell)) = outputs(&mut endpoint).pop() else {
        panic!("nothing is left to do");
    };
    let [(0, why)] = &farewell.unreached[..] else {
        panic!("{farewell:?}");
    };
    assert!(why.contains("came back without its history"), "{why}");
}

#[test]
fn no_one_speaks_for_a_peer_that_is_just_being_reached() {
    let mut endpoint = endpoint(&["10.0.0.2:1"]);
    let mine = wanted(&mut endpoint);
    let (impostor, answer) = called(&mut endpoint, &as_two(8));
    // The answer does not wait: the other machine may do the same.
    assert!(is_welcome(&answer));
    assert!(!endpoint.is_reading(impostor));
    endpoint.connected(0, mine, &mut no_key);
    hear(&mut endpoint, 0, mine, OK);
    let outputs = outputs(&mut endpoint);
    assert_eq!(closed(&outputs), [impostor]);
    assert_eq!(kinds(&outputs), ["impostor"]);
    let (real, answer) = called(&mut endpoint, &as_two(2));
    assert!(is_welcome(&answer));
    assert!(endpoint.is_reading(real));
    assert_eq!(hear(&mut endpoint, 0, real, b"5:2\n"), [5]);
    let (_, answer) = called(&mut endpoint, &as_two(8));
    assert!(answer.starts_with("no duplicate id"), "{answer}");
}

#[test]
fn who_is_held_is_read_once_its_address_has_answered_or_cannot_be_reached() {
    let held = |endpoint: &mut Endpoint| {
        let mine = wanted(endpoint);
        let (real, _) = called(endpoint, &as_two(2));
        assert!(!endpoint.is_reading(real));
        (mine, real)
    };
    let is_read = |endpoint: &mut Endpoint, real| {
        let read = Output::Read { connection: real };
        assert!(outputs(endpoint).contains(&read));
        assert!(endpoint.is_reading(real));
    };
    let mut answered = endpoint(&["10.0.0.2:1"]);
    let (mine, real) = held(&mut answered);
    answered.connected(0, mine, &mut no_key);
    hear(&mut answered, 0, mine, OK);
    is_read(&mut answered, real);
    let mut refused = endpoint(&["10.0.0.2:1"]);
    let (mine, real) = held(&mut refused);
    refused.broken(0, mine);
    is_read(&mut refused, real);
    // An address that swallows everything holds it no longer than a hello may take.
    let mut silent = endpoint(&["10.0.0.2:1"]);
    let (_, real) = held(&mut silent);
    silent.wake(5000 * MS - 1);
    assert!(!silent.is_reading(real));
    silent.wake(5000 * MS);
    is_read(&mut silent, real);
    let mut ending = endpoint(&["10.0.0.2:1"]);
    let (_, real) = held(&mut ending);
    ending.finish(0);
    is_read(&mut ending, real);
    // One that is known, here from its log, is not held at all.
    let mut known = endpoint(&["10.0.0.2:1", "10.0.0.3:1"]);
    outputs(&mut known);
    known
        .channels
        .answered(1, 3, Nonce(3), crate::channel::link::Marks::default())
        .unwrap();
    let (real, _) = called(&mut known, &hello(3, 3));
    assert!(known.is_reading(real));
}

#[test]
fn what_comes_with_a_hello_that_is_held_ends_the_connection() {
    let mut endpoint = endpoint(&["10.0.0.2:1"]);
    wanted(&mut endpoint);
    let (hasty, _) = called(&mut endpoint, &(as_two(2) + "5:2\n"));
    let outputs = outputs(&mut endpoint);
    assert_eq!(
        (kinds(&outputs), closed(&outputs)),
        (vec!["fault"], vec![hasty])
    );
    assert_eq!(endpoint.channels().senders(), 0);
    assert!(endpoint.held.is_empty());
}

#[test]
fn once_all_peers_are_known_no_one_else_may_send_unless_allowed() {
    let mut endpoint = endpoint(&["10.0.0.2:1"]);
    let mine = wanted(&mut endpoint);
    let (guest, answer) = called(&mut endpoint, &hello(9, 9));
    assert!(is_welcome(&answer), "it may be that peer");
    endpoint.connected(0, mine, &mut no_key);
    hear(&mut endpoint, 0, mine, OK);
    let outputs = outputs(&mut endpoint);
    assert_eq!(
        (kinds(&outputs), closed(&outputs)),
        (vec!["stranger"], vec![guest])
    );
    let (_, answer) = called(&mut endpoint, &hello(9, 9));
    assert_eq!(answer, "no machine 9 is not a peer\n");
    let (allowed, answer) = called_from(&mut endpoint, Standing::Allowed, &hello(9, 9));
    assert!(is_welcome(&answer));
    assert_eq!(hear(&mut endpoint, 0, allowed, b"5:9\n"), [5]);
    endpoint.broken(0, allowed);
    // It has sent before.
    let (_, answer) = called(&mut endpoint, &hello(9, 9));
    assert!(is_welcome(&answer));
}

#[test]
fn a_peer_that_was_added_lets_no_one_in_before_it_has_answered() {
    let mut endpoint = endpoint(&["10.0.0.2:1"]);
    sending(&mut endpoint, 0);
    let dead = "10.0.0.3:1".parse().unwrap();
    endpoint.add_peer(0, dead, Vec::new());
    let refused = |endpoint: &mut Endpoint, id| {
        let (_, answer) = called(endpoint, &hello(id, id));
        assert_eq!(answer, format!("no machine {id} is not a peer\n"));
    };
    // It is tried, then it cannot be reached.
    let tried = wanted(&mut endpoint);
    refused(&mut endpoint, 9);
    endpoint.broken(0, tried);
    assert!(kinds(&outputs(&mut endpoint)).contains(&"stranger"));
    refused(&mut endpoint, 9);
    refused(&mut endpoint, 3);
    outputs(&mut endpoint);
    endpoint.wake(10 * MS);
    let tried = wanted(&mut endpoint);
    endpoint.connected(10 * MS, tried, &mut no_key);
    hear(
        &mut endpoint,
        10 * MS,
        tried,
        b"ok 3 0000000000000003 0 0\n",
    );
    let (_, answer) = called(&mut endpoint, &hello(3, 3));
    assert!(is_welcome(&answer));
    refused(&mut endpoint, 9);
}

#[test]
fn where_the_senders_are_known_no_one_else_may_send() {
    let mut endpoint = endpoint(&[]);
    endpoint.channels = endpoint.channels.clone().expecting(vec![5, 3]);
    for (id, is_expected) in [(2, false), (3, true), (4, false), (5, true), (6, false)] {
        let (_, answer) = called_from(&mut endpoint, Standing::Allowed, &hello(id, 1));
        assert_eq!(is_welcome(&answer), is_expected, "{id}");
    }
}

#[test]
fn no_refusal_tells_what_it_was_not_told() {
    let mut endpoint = endpoint(&["10.0.0.2:1"]);
    let mine = wanted(&mut endpoint);
    endpoint.connected(0, mine, &mut no_key);
    hear(&mut endpoint, 0, mine, b"ok 2 00000000000000ff 0 0\n");
    let mut answers = Vec::new();
    for run in ["lab", "lob"] {
        for id in [1, 2, 9] {
            let hello = format!("lamport/1 {run} {id} 00000000000000aa 00000000000000bb\n");
            let (_, answer) = called(&mut endpoint, &hello);
            assert!(answer.starts_with("no "), "{answer}");
            let rest = answer.replace(&format!("machine {id}"), "");
            for secret in ["lab", "10.0.0", "00ff", "00aa", "1", "2", "9"] {
                assert!(!rest.contains(secret), "{hello}{answer}");
            }
            answers.push((run, answer.replace(&id.to_string(), "ID")));
        }
    }
    // My own id is not told from another that is taken, and of a run that is not mine nothing is.
    assert_eq!(answers[0], answers[1]);
    assert!(answers[3] == answers[4] && answers[4] == answers[5]);
}

#[test]
fn a_flood_of_silent_connections_from_one_address_drives_out_none_of_another() {
    let mut endpoint = endpoint(&["10.0.0.2:1"]);
    let slow = |endpoint: &mut Endpoint, ip: [u8; 4], standing| {
        let remote = SocketAddr::from((ip, 1));
        endpoint.accepted(0, remote, standing, &mut no_key).unwrap()
    };
    let peers = [Standing::Peer, Standing::AllowedPeer];
    let peers = peers.map(|standing| slow(&mut endpoint, [10, 0, 0, 2], standing));
    let keyed = slow(&mut endpoint, [10, 0, 0, 3], Standing::Allowed);
    for _ in 0..10 * UNIDENTIFIED {
        slow(&mut endpoint, [10, 0, 0, 9], Standing::Allowed);
    }
    let gone = closed(&outputs(&mut endpoint));
    assert_eq!(gone.len(), 9 * UNIDENTIFIED + 2);
    assert!(!peers.iter().any(|peer| gone.contains(peer)) && !gone.contains(&keyed));
    // From everywhere, a peer's address is the last to lose its place.
    for at in 0..10 * UNIDENTIFIED as u32 {
        slow(
            &mut endpoint,
            (at + (11 << 24)).to_be_bytes(),
            Standing::Allowed,
        );
    }
    let gone = closed(&outputs(&mut endpoint));
    assert!(!peers.iter().any(|peer| gone.contains(peer)) && gone.contains(&keyed));
}

#[test]
fn who_goes_before_its_first_words_is_warned_of_only_within_a_frame() {
    let secret = Secret::new(Key::new(&[7; 32]).unwrap(), "lab");
    let mut first = Vec::new();
    secret.sender([1; 32], &mut first);
    for (count, expected) in [(0, &[][..]), (20, &["fault"]), (first.len(), &[])] {
        let mut receiver = endpoint(&[]);
        receiver.secret = Some(secret.clone());
        let remote = SocketAddr::from(([10, 0, 0, 1], 1));
        let id = receiver
            .accepted(0, remote, Standing::Unknown, &mut || Ok([2; 32]))
            .unwrap();
        hear(&mut receiver, 0, id, &first[..count]);
        receiver.ended(0, id);
        let outputs = outputs(&mut receiver);
        assert_eq!(
            (kinds(&outputs), closed(&outputs)),
            (expected.to_vec(), vec![id])
        );
    }
}
