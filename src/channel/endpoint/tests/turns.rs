//! First connections are made in turns.

use std::collections::BTreeMap;

use super::*;

const PEERS: usize = 50;
const UNDER_WAY: usize = 8;

/// A machine of which the peers are at as many addresses.
fn crowd(peers: usize) -> Endpoint {
    let peers: Vec<_> = (2..2 + peers)
        .map(|number| format!("10.0.0.{number}:1"))
        .collect();
    endpoint(&peers.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The connections that it wants made, each with the number of the machine there.
fn begun(endpoint: &mut Endpoint) -> Vec<(ConnectionId, u8)> {
    let number = |remote: SocketAddr| match remote.ip() {
        IpAddr::V4(ip) => ip.octets()[3],
        IpAddr::V6(_) => panic!("{remote}"),
    };
    outputs(endpoint)
        .into_iter()
        .filter_map(|output| match output {
            Output::Connect { connection, remote } => Some((connection, number(remote))),
            _ => None,
        })
        .collect()
}

fn answer(endpoint: &mut Endpoint, id: ConnectionId, machine: u8) {
    endpoint.connected(0, id, &mut no_key);
    said(endpoint, 0, id);
    let ok = format!("ok {machine} {machine:016x} 0 0\n");
    hear(endpoint, 0, id, ok.as_bytes());
    endpoint.recorded(0, id, Ok(()));
}

#[test]
fn few_are_under_way_until_everyone_is_reached() {
    let mut endpoint = crowd(PEERS);
    let mut under_way: BTreeMap<_, _> = begun(&mut endpoint).into_iter().collect();
    assert_eq!(under_way.len(), UNDER_WAY);
    let mut reached = Vec::new();
    while let Some((id, machine)) = under_way.pop_last() {
        answer(&mut endpoint, id, machine);
        reached.push(machine);
        under_way.extend(begun(&mut endpoint));
        let left = PEERS - reached.len();
        assert_eq!(under_way.len(), left.min(UNDER_WAY));
    }
    reached.sort_unstable();
    assert!(reached.into_iter().eq(2..2 + PEERS as u8));
    assert!((0..PEERS).all(|peer| endpoint.is_sending_to(peer)));
    assert_eq!(endpoint.wake_at(), None);
}

#[test]
fn one_that_fails_makes_room() {
    let mut endpoint = crowd(PEERS);
    let first = begun(&mut endpoint);
    for (count, &(id, _)) in first.iter().enumerate() {
        endpoint.broken(0, id);
        assert_eq!(begun(&mut endpoint).len(), 1, "{count}");
    }
    // Those come again in their own time, beside the others.
    endpoint.wake(Waits::default().shortest_backoff);
    let again = begun(&mut endpoint).into_iter().map(|(_, machine)| machine);
    let mut again: Vec<_> = again.collect();
    again.sort_unstable();
    assert_eq!(
        again,
        first
            .iter()
            .map(|&(_, machine)| machine)
            .collect::<Vec<_>>()
    );
}

#[test]
fn what_does_not_answer_does_not_hold_up_the_others_for_long() {
    let mut endpoint = crowd(PEERS);
    let mut tried = begun(&mut endpoint).len();
    for second in 1..=4 {
        endpoint.wake(1000 * MS * second - 1);
        assert_eq!(begun(&mut endpoint), []);
        endpoint.wake(1000 * MS * second);
        tried += begun(&mut endpoint).len();
        assert_eq!(tried, UNDER_WAY * (second as usize + 1));
    }
}

#[test]
fn a_few_begin_at_once_and_in_their_order() {
    let mut endpoint = crowd(UNDER_WAY);
    let machines = begun(&mut endpoint).into_iter().map(|(_, machine)| machine);
    assert!(machines.eq(2..2 + UNDER_WAY as u8));
}

#[test]
fn each_machine_begins_elsewhere() {
    // Machine 1 begins after its first peer.
    let begun = begun(&mut crowd(PEERS));
    let machines = begun.into_iter().map(|(_, machine)| machine);
    assert!(machines.eq(3..3 + UNDER_WAY as u8));
}

#[test]
fn at_the_end_nobody_else_is_tried() {
    let mut endpoint = crowd(PEERS);
    begun(&mut endpoint);
    endpoint.finish(0);
    let outputs = outputs(&mut endpoint);
    assert!(
        !outputs
            .iter()
            .any(|output| matches!(output, Output::Connect { .. }))
    );
    assert!(matches!(outputs.last(), Some(Output::Finished(_))));
}
