//! Peers that are added because something is sent there by hand.

use super::*;

const ADDED: &str = "10.0.0.3:1";
const OK_3: &[u8] = b"ok 3 0000000000000003 0 0\n";

fn some(positions: &[u32]) -> Recipients {
    Recipients::Some(positions.into())
}

fn add(endpoint: &mut Endpoint) {
    endpoint.add_peer(0, ADDED.parse().unwrap(), Vec::new());
}

/// The added peer answers, as machine 3.
fn answer(endpoint: &mut Endpoint, id: ConnectionId, peer: usize) {
    endpoint.connected(0, id, &mut no_key);
    said(endpoint, 0, id);
    hear(endpoint, 0, id, OK_3);
    let recorded = outputs(endpoint)
        .into_iter()
        .find_map(|output| match output {
            Output::Record { peer, peer_id, .. } => Some((peer, peer_id)),
            _ => None,
        });
    assert_eq!(recorded, Some((peer, 3)));
    endpoint.recorded(0, id, Ok(()));
}

#[test]
fn it_gets_what_is_sent_to_it_and_a_send_to_all_is_to_the_list() {
    let mut endpoint = endpoint(&["10.0.0.2:1"]);
    let first = sending(&mut endpoint, 0);
    add(&mut endpoint);
    let second = wanted(&mut endpoint);
    let sends = [
        (5, some(&[1])),
        (6, Recipients::All),
        (7, some(&[1, 0])),
        (8, Recipients::One(0)),
    ];
    endpoint.logged(sends, []);
    assert_eq!(said(&mut endpoint, 0, first), "6:1\n7:1\n8:1\n");
    answer(&mut endpoint, second, 1);
    assert_eq!(said(&mut endpoint, 0, second), "5:1\n7:1\n");
    let addresses: Vec<_> = endpoint.addresses().map(ToString::to_string).collect();
    assert_eq!(addresses, ["10.0.0.2:1", ADDED]);
    endpoint.finish(0);
    for id in [first, second] {
        endpoint.broken(2, id);
    }
    assert_eq!(
        endpoint.channels().all_undelivered(),
        [(Some(2), 3), (Some(3), 2)]
    );
}

#[test]
fn who_may_be_it_is_not_heard_before_it_has_answered() {
    let mut endpoint = endpoint(&[]);
    let early = taken(&mut endpoint, 0, [10, 0, 0, 9]);
    hear(&mut endpoint, 0, early, hello(9, 9).as_bytes());
    assert!(
        endpoint.is_reading(early),
        "there is no peer that it could be"
    );
    add(&mut endpoint);
    let added = outputs(&mut endpoint)
        .into_iter()
        .find_map(|output| match output {
            Output::Connect { connection, .. } => Some(connection),
            _ => None,
        });
    let late = taken(&mut endpoint, 0, [10, 0, 0, 8]);
    hear(&mut endpoint, 0, late, hello(8, 8).as_bytes());
    assert!(!endpoint.is_reading(late));
    answer(&mut endpoint, added.expect("it connects"), 0);
    assert!(endpoint.is_reading(late));
}

#[test]
fn what_is_added_in_a_pause_is_connected_to_after_it() {
    let mut endpoint = endpoint(&[]);
    endpoint.pause();
    add(&mut endpoint);
    assert_eq!(outputs(&mut endpoint), []);
    endpoint.go_on(5);
    wanted(&mut endpoint);
}
