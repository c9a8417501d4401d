//! Every state that two machines and their channels can get into, with few messages and few faults.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "a test that cannot go on has failed"
)]

#[path = "../links/broken.rs"]
mod broken;
mod impostor;
mod model;
mod promises;
mod state;
mod talk;

use broken::{Broken, Host, Twist};
use impostor::Careless;
use model::Bounds;
use stateright::{Checker, HasDiscoveries, Model};

const BOUNDS: [Bounds; 4] = [
    bounds([3, 0], 1, 1, 0, 0),
    bounds([2, 0], 2, 1, 1, 0),
    bounds([1, 1], 1, 1, 0, 0),
    bounds([2, 0], 2, 0, 0, 2),
];

const fn bounds(messages: [usize; 2], crashes: u8, resets: u8, attempts: u8, losses: u8) -> Bounds {
    Bounds {
        messages,
        crashes,
        resets,
        attempts,
        losses,
        twist: Twist {
            broken: None,
            is_careful: false,
            has_alias: false,
            host: Host::Stands,
        },
        impostor: (0, false),
        is_two_way: false,
        careless: None,
    }
}

/// With an impostor, whose victim knows the address of the machine it poses as, or does not.
const fn deceived(impostor: (u8, bool), is_two_way: bool) -> Bounds {
    Bounds {
        impostor,
        is_two_way,
        ..bounds([1, 0], 1, 0, 0, 0)
    }
}

/// `LAMPORT_BOUNDS="2 1 1 1 0 0"` explores others: messages of either, crashes, resets, attempts, lines lost.
fn asked() -> Option<Bounds> {
    let text = std::env::var("LAMPORT_BOUNDS").ok()?;
    let numbers: Vec<u8> = text.split(' ').map(|word| word.parse().unwrap()).collect();
    let [first, second, crashes, resets, attempts, losses] = numbers[..] else {
        panic!("LAMPORT_BOUNDS is {text:?}: it has six numbers");
    };
    Some(bounds(
        [first.into(), second.into()],
        crashes,
        resets,
        attempts,
        losses,
    ))
}

#[test]
fn no_state_breaks_a_promise() {
    for bounds in asked().map_or(BOUNDS.to_vec(), |bounds| vec![bounds]) {
        keeps_all_promises(bounds);
    }
}

/// No state within these bounds breaks a promise.
fn keeps_all_promises(bounds: Bounds) {
    let checker = bounds.checker().threads(2).spawn_bfs().join();
    println!(
        "{} states, depth {}: {bounds:?}",
        checker.unique_state_count(),
        checker.max_depth()
    );
    checker.assert_properties();
}

#[test]
fn an_impostor_breaks_no_promise() {
    for (impostor, is_two_way) in [
        ((2, false), false),
        ((1, true), false),
        ((1, false), true),
        ((1, true), true),
    ] {
        keeps_all_promises(deceived(impostor, is_two_way));
    }
}

#[test]
fn every_broken_rule_of_who_may_speak_has_a_state_that_shows_it() {
    for (careless, impostor, is_two_way) in [
        (Careless::HelloPins, (1, false), false),
        (Careless::HelloHolds, (1, false), false),
        (Careless::ReadEarly, (1, true), true),
        (Careless::StaysOn, (1, true), true),
    ] {
        let mut bounds = deceived(impostor, is_two_way);
        bounds.careless = Some(careless);
        let checker = bounds.checker().finish_when(HasDiscoveries::AnyFailures);
        let checker = checker.spawn_bfs().join();
        let found = checker.discoveries();
        let broken_promises = found.keys().filter(|name| !name.starts_with("all faults"));
        let name = broken_promises.min();
        let name = name.unwrap_or_else(|| panic!("{careless:?} is not found"));
        println!("{careless:?}: {name:?} breaks");
    }
}

#[test]
fn every_broken_rule_has_a_state_that_shows_it() {
    let rules = [
        Broken::AcknowledgeOnAccept,
        Broken::SendBeforeLog,
        Broken::MarkBeforeFlush,
        Broken::OwnPosition,
        Broken::DuplicatesByLogged,
        Broken::DuplicatesByConnection,
        Broken::ForgetOnAccepted,
        Broken::EmptyLog,
        Broken::AnyOfOutbox,
    ];
    for broken in rules {
        let mut bounds = match broken {
            Broken::AnyOfOutbox => bounds([2, 0], 1, 0, 0, 2),
            _ => bounds([2, 0], 1, 1, 1, 0),
        };
        bounds.twist = Twist::with(broken);
        let checker = bounds.checker().finish_when(HasDiscoveries::AnyFailures);
        let checker = checker.spawn_bfs().join();
        let found = checker.discoveries();
        let broken_promises = found.keys().filter(|name| !name.starts_with("all faults"));
        let name = broken_promises.min();
        let name = name.unwrap_or_else(|| panic!("{broken:?} is not found"));
        println!(
            "{broken:?}: {name:?} breaks after {} steps, among {} states",
            found[name].clone().into_actions().len(),
            checker.unique_state_count()
        );
        bounds.twist = Twist::around(broken);
        bounds.checker().spawn_bfs().join().assert_properties();
    }
}
