//! Machines with an algorithm: what they say to each other, and that they speak to no others.

use proptest::prelude::*;

use super::*;
use crate::channel::kept_bodies::{KeptBodies, KeptSize};
use crate::channel::letter::MAX_LETTER;
use crate::channel::protocol::Protocol;
use crate::model::body::Body;

/// A machine with this id, this many peers and an algorithm.
fn lettered(id: MachineId, peers: &[&str]) -> Endpoint {
    let mut endpoint = endpoint(peers);
    let me = Identity {
        id,
        history: Nonce(id),
        ..endpoint.channels.me().clone()
    };
    endpoint.channels = Channels::new(me, peers.len()).lettered(KeptBodies::default());
    endpoint
}

fn body(text: impl Into<std::sync::Arc<str>>) -> Body {
    text.into().into()
}

/// What a machine with an algorithm makes of bytes.
fn letters(endpoint: &mut Endpoint, id: ConnectionId, bytes: &[u8]) -> Vec<(u64, Body)> {
    let mut space = Workspace::default();
    endpoint.read(0, id, bytes, &mut space);
    let (_, messages) = space.messages();
    assert_eq!(messages.len(), space.bodies().len());
    let bodies = space.bodies().iter().cloned();
    messages.iter().copied().zip(bodies).collect()
}

/// A connection to a peer at this place of the list, over which messages go out.
fn met(endpoint: &mut Endpoint, peer: usize) -> ConnectionId {
    let id = endpoint.routes[peer].connection.unwrap();
    endpoint.connected(0, id, &mut no_key);
    let hello = "lamport/2 lab 1 0000000000000001 0000000000000001\n";
    assert_eq!(said(endpoint, 0, id), hello);
    let name = peer + 2;
    hear(
        endpoint,
        0,
        id,
        format!("ok {name} {name:016x} 0 0\n").as_bytes(),
    );
    while endpoint.next_output().is_some() {}
    endpoint.recorded(0, id, Ok(()));
    id
}

#[test]
fn a_body_is_kept_once_and_as_long_as_someone_needs_it() {
    let mut endpoint = lettered(1, &["10.0.0.2:1", "10.0.0.3:1"]);
    let peers = [0, 1].map(|peer| met(&mut endpoint, peer));
    let shared = body("{\"a\": 1}");
    let sends = [
        (5, Recipients::All, shared.clone()),
        (6, Recipients::One(1), body("\"only\"")),
        (7, Recipients::All, None),
    ];
    endpoint.logged_letters(sends, []);
    // One here, one there: not one for each recipient.
    let text = shared.unwrap();
    assert_eq!(std::sync::Arc::strong_count(&text), 2);
    let lines = [
        "5:1 {\"a\": 1}\n7:1\n",
        "5:1 {\"a\": 1}\n6:1 \"only\"\n7:1\n",
    ];
    assert_eq!(peers.map(|id| said(&mut endpoint, 0, id)), lines);
    let held = |messages, bytes| Some(KeptSize { messages, bytes });
    assert_eq!(endpoint.channels.forgotten(), held(0, 0));
    hear(&mut endpoint, 0, peers[0], b"ack 7 7\n");
    assert_eq!(endpoint.channels.forgotten(), held(2, 0));
    hear(&mut endpoint, 0, peers[1], b"ack 5 7\n");
    assert_eq!(endpoint.channels.forgotten(), held(3, 8));
    assert_eq!(std::sync::Arc::strong_count(&text), 1);
    hear(&mut endpoint, 0, peers[1], b"ack 7 7\n");
    assert_eq!(endpoint.channels.forgotten(), held(5, 14));
}

#[test]
fn what_was_not_accepted_is_said_again_with_its_body() {
    let mut endpoint = lettered(1, &["10.0.0.2:1"]);
    let id = met(&mut endpoint, 0);
    let sends = [5, 6].map(|timestamp| (timestamp, Recipients::All, body("[1]")));
    endpoint.logged_letters(sends, []);
    assert_eq!(said(&mut endpoint, 0, id), "5:1 [1]\n6:1 [1]\n");
    hear(&mut endpoint, 0, id, b"ack 5 6\n");
    endpoint.broken(0, id);
    endpoint.wake(MS * 1000);
    let id = endpoint.routes[0].connection.unwrap();
    endpoint.connected(0, id, &mut no_key);
    said(&mut endpoint, 0, id);
    hear(&mut endpoint, 0, id, b"ok 2 0000000000000002 5 5\n");
    while endpoint.next_output().is_some() {}
    endpoint.recorded(0, id, Ok(()));
    assert_eq!(said(&mut endpoint, 0, id), "6:1 [1]\n");
}

#[test]
fn machines_that_speak_otherwise_are_refused_by_name() {
    for is_lettered in [false, true] {
        let mut receiver = if is_lettered {
            lettered(1, &[])
        } else {
            endpoint(&[])
        };
        let id = taken(&mut receiver, 0, [10, 0, 0, 9]);
        let (own, its) = (
            receiver.channels.protocol(),
            receiver.channels.protocol().other(),
        );
        let hello = hello(9, 9).replace(Protocol::Classic.name(), its.name());
        hear(&mut receiver, 0, id, hello.as_bytes());
        let outputs = outputs(&mut receiver);
        let [Output::Warn(warning)] = &outputs[..] else {
            panic!("{outputs:?}");
        };
        let (mine, its) = (own.trait_of(), its.trait_of());
        let rest = "give all machines of a run an algorithm (algorithm=, --algorithm), or none";
        assert_eq!(
            warning.text,
            format!(
                "refused machine 9 at 10.0.0.9: machine 9 {its}, and this machine, 1, {mine}: {rest}"
            )
        );
        let answer = said(&mut receiver, 0, id);
        assert_eq!(
            answer,
            format!("no this machine, 9, {its}, and machine 1 {mine}: {rest}\n")
        );
        // Who is refused shows that.
        let mut sender = lettered(1, &["10.0.0.2:1"]);
        let id = wanted(&mut sender);
        sender.connected(0, id, &mut no_key);
        hear(&mut sender, 0, id, answer.as_bytes());
        let outputs = super::outputs(&mut sender);
        assert!(
            outputs
                .iter()
                .any(|output| matches!(output, Output::Warn(warning)
                if warning.text.contains("it refused this machine: this machine, 9, has"))),
            "{outputs:?}"
        );
    }
}

#[test]
fn with_a_key_too() {
    let secret = Secret::new(Key::new(&[7; 32]).unwrap(), "lab");
    for is_lettered in [false, true] {
        let mut receiver = if is_lettered {
            lettered(1, &[])
        } else {
            endpoint(&[])
        };
        let own = receiver.channels.protocol();
        receiver.secret = Some(secret.clone().speaking(own));
        let mut first = Vec::new();
        let other = secret.clone().speaking(own.other());
        let mut session = other.sender([1; 32], &mut first);
        let remote = SocketAddr::from(([10, 0, 0, 9], 1));
        let id = receiver
            .accepted(0, remote, Standing::Unknown, &mut || Ok([2; 32]))
            .unwrap();
        hear(&mut receiver, 0, id, &first);
        let outputs = outputs(&mut receiver);
        let [Output::Warn(warning)] = &outputs[..] else {
            panic!("{outputs:?}");
        };
        let words = format!(
            "it {}, and this machine {}",
            own.other().trait_of(),
            own.trait_of()
        );
        assert!(warning.text.contains(&words), "{}", warning.text);
        let answer = said(&mut receiver, 0, id);
        let error = session.read(answer.as_bytes(), &mut Vec::new(), &mut Vec::new());
        let error = error.unwrap_err().to_string();
        let has = if is_lettered {
            "it has an"
        } else {
            "it has no"
        };
        assert!(error.contains(has) && error.ends_with("or none"), "{error}");
        // Of another key it is not known what it speaks.
        let stranger = Secret::new(Key::new(&[8; 32]).unwrap(), "lab").speaking(own.other());
        let mut first = Vec::new();
        stranger.sender([1; 32], &mut first);
        let id = receiver
            .accepted(0, remote, Standing::Unknown, &mut || Ok([2; 32]))
            .unwrap();
        hear(&mut receiver, 0, id, &first);
        assert!(said(&mut receiver, 0, id).contains("another key"));
    }
}

#[test]
fn a_line_is_short_until_a_hello_was_answered() {
    let long = format!("1:9 \"{}\"\n", "x".repeat(65_534));
    let hello = hello(9, 9).replace("lamport/1", "lamport/2");
    let mut receiver = lettered(1, &[]);
    let id = taken(&mut receiver, 0, [10, 0, 0, 9]);
    // Even with the hello before it.
    letters(&mut receiver, id, [&hello[..], &long].concat().as_bytes());
    let told = |receiver: &mut Endpoint, words: &str| {
        let outputs = outputs(receiver);
        let warned = outputs
            .iter()
            .any(|output| matches!(output, Output::Warn(warning) if warning.text.contains(words)));
        assert!(warned, "{outputs:?}");
    };
    told(&mut receiver, "a line of more than 256 bytes");
    let id = taken(&mut receiver, 0, [10, 0, 0, 9]);
    letters(&mut receiver, id, hello.as_bytes());
    let heard = letters(&mut receiver, id, long.as_bytes());
    assert_eq!(heard, [(1, body(&long[4..long.len() - 1]))]);
    letters(
        &mut receiver,
        id,
        format!("2:9 \"{}", "x".repeat(MAX_LETTER)).as_bytes(),
    );
    told(&mut receiver, "a line of more than 65792 bytes");
    assert!(!receiver.connections.contains_key(&id));
}

#[test]
fn what_is_no_body_closes_the_connection_and_what_came_before_counts() {
    let mut receiver = lettered(1, &[]);
    let id = taken(&mut receiver, 0, [10, 0, 0, 9]);
    letters(
        &mut receiver,
        id,
        b"lamport/2 lab 9 0000000000000009 0000000000000009\n",
    );
    let heard = letters(&mut receiver, id, b"1:9 [1, 2]\n2:9 [1, \x1b]\n3:9 1\n");
    assert_eq!(heard, [(1, body("[1, 2]"))]);
    let outputs = outputs(&mut receiver);
    assert!(
        matches!(&outputs[..], [Output::Warn(warning), Output::Close { .. }]
            if warning.text.contains("machine 9 at 10.0.0.9") && warning.text.contains("byte 4 is a control character")),
        "{outputs:?}"
    );
}

proptest! {
    /// However the bytes are cut, each message comes once, with its body.
    #[test]
    fn cuts_do_not_matter(
        bodies in prop::collection::vec(prop_oneof![Just(None), "[a-z]{0,300}".prop_map(Some)], 1..8),
        cuts in prop::collection::vec(1_usize..400, 1..20),
    ) {
        let mut receiver = lettered(1, &[]);
        let id = taken(&mut receiver, 0, [10, 0, 0, 9]);
        let mut rest = b"lamport/2 lab 9 0000000000000009 0000000000000009\n".to_vec();
        letters(&mut receiver, id, &rest);
        rest.clear();
        let expected: Vec<(u64, Body)> = (1..).zip(bodies.into_iter().map(|text| {
            text.map(|text| format!("\"{text}\"").into())
        })).collect();
        for (timestamp, body) in &expected {
            crate::channel::letter::write(&mut rest, *timestamp, 9, body);
        }
        let mut heard = Vec::new();
        for cut in cuts.into_iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let later = rest.split_off(cut.min(rest.len()));
            heard.extend(letters(&mut receiver, id, &rest));
            rest = later;
        }
        prop_assert_eq!(heard, expected);
    }
}

#[test]
fn what_is_no_hello_is_told_what_this_machine_speaks() {
    for (mut receiver, wanted) in [
        (lettered(1, &[]), "\"lamport/2 <run id> "),
        (endpoint(&[]), "\"lamport/1 <run id> "),
    ] {
        let id = taken(&mut receiver, 0, [10, 0, 0, 9]);
        hear(&mut receiver, 0, id, b"hello\n");
        let outputs = outputs(&mut receiver);
        let warned = outputs
            .iter()
            .any(|output| matches!(output, Output::Warn(warning) if warning.text.contains(wanted)));
        assert!(warned, "{outputs:?}");
    }
}
