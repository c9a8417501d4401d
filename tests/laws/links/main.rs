//! The resumable links under attack: crashes between any two steps, torn logs, broken connections.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed, and figures are printed"
)]

#[path = "mod.rs"]
mod links;

use lamport::channel::channels::{Channels, Past, PeerPast};
use lamport::channel::identity::{Identity, Nonce};
use lamport::channel::link::Marks;
use lamport::log::read::recover::recover;
use lamport::model::event::Recipients;
use links::broken::{Broken, Host, Twist};
use links::figures::Figures;
use links::schedule::attack;
use links::world::run;

/// A number that the environment may ask for.
fn asked(name: &str, default: u64) -> u64 {
    let value = std::env::var(name).ok();
    value.map_or(default, |value| value.parse().unwrap())
}

/// The figures of schedules, none of which fails, and how many the environment asked for.
fn unbroken(twist: Twist, schedules: u64, every: u64) -> (Figures, u64) {
    let first = asked("LAMPORT_SEED", 1);
    let count = asked("LAMPORT_SCHEDULES", schedules);
    let (figures, found) = attack(first, count, twist, every, 2, &|_| {});
    if let Some(found) = found {
        panic!("{found}");
    }
    println!("{figures:#?}");
    (figures, count)
}

/// `LAMPORT_SEED=161 LAMPORT_SCHEDULES=1` runs the schedule of one seed again.
#[test]
fn nothing_is_lost_or_doubled() {
    let (figures, count) = unbroken(Twist::default(), 100_000, 20);
    assert_eq!(figures.schedules, count);
    assert_eq!(figures.messages, figures.received + figures.unread);
    // A sender that begins right after *accepted* sends nothing twice that arrived.
    assert_eq!(figures.dropped, 0);
    assert!(figures.impostors > 0 || count < 100);
}

/// The machines do not sync: what a peer knows and the log does not is found out, and what is missing is said.
#[test]
fn a_log_that_lost_its_end_loses_no_message_unsaid() {
    let (figures, count) = unbroken(Twist::on(Host::Forgets), 30_000, 10);
    assert_eq!(figures.schedules, count);
    assert!(count < 1000 || figures.alarms > 100);
}

/// The same hosts, and nothing is lost, doubled or refused.
#[test]
fn a_machine_that_syncs_loses_nothing_with_its_host() {
    let (figures, count) = unbroken(Twist::on(Host::Syncs), 30_000, 10);
    assert_eq!(figures.messages, figures.received + figures.unread);
    assert_eq!((figures.dropped, figures.alarms), (0, 0));
    assert!(count < 1000 || figures.lost_tails > 1000);
}

/// Within so many schedules each broken rule is found; the same schedules pass where it is kept.
const ENOUGH: u64 = 1_000;

#[test]
fn each_broken_rule_is_caught() {
    for broken in Broken::ALL {
        let (_, found) = attack(1, ENOUGH, Twist::with(broken), 10, 1, &|_| {});
        let found = found.unwrap_or_else(|| panic!("{broken:?}: no schedule finds it"));
        assert!(run(&found.smallest, Twist::with(broken), true).is_err());
        let (schedule, steps) = (found.seed, found.smallest.steps.len());
        println!(
            "{broken:?}: schedule {schedule}, {steps} steps are enough: {}",
            found.first
        );
    }
    let [careful, alias] = [Broken::DuplicatesByLogged, Broken::TwoEntries].map(Twist::around);
    let hosts = [Host::Forgets, Host::Syncs].map(Twist::on);
    for twist in [Twist::default(), careful, alias].into_iter().chain(hosts) {
        let (figures, found) = attack(1, ENOUGH, twist, 10, 1, &|_| {});
        if let Some(found) = found {
            panic!("all rules are kept, and still: {found}");
        }
        // Only a sender that begins again too early makes the receiver drop anything.
        assert_eq!(figures.dropped > 0, twist.is_careful);
    }
}

fn identity(id: u64, history: u64, instance: u64) -> Identity {
    Identity {
        id,
        run_id: "lab".into(),
        history: Nonce(history),
        instance: Nonce(instance),
    }
}

/// Were the history not checked, `Broken::EmptyLog` shows what would be lost.
#[test]
fn a_machine_without_its_log_is_refused_on_both_sides() {
    assert_eq!(recover(&b""[..], "machine_1.log").unwrap(), None);
    let mut known = Channels::new(identity(2, 20, 1), 1);
    let first = Channels::new(identity(1, 10, 1), 1);
    known.welcome(&first.greeting(), false).unwrap();
    known.accept(1, 5).unwrap();
    known.answered(0, 1, Nonce(10), Marks::default()).unwrap();
    known.sender_left(1);
    known.peer_left(0);
    let back = Channels::new(identity(1, 11, 2), 1);
    let refusals = [
        known.welcome(&back.greeting(), false).unwrap_err(),
        known
            .answered(0, 1, Nonce(11), Marks::default())
            .unwrap_err(),
    ];
    for refusal in refusals {
        assert_eq!(refusal.kind, "history");
        assert!(refusal.reason.contains("--resume"), "{refusal}");
    }
}

#[test]
fn a_machine_whose_log_lost_lines_is_refused_until_it_has_them_again() {
    let mut sender = Channels::new(identity(1, 10, 1), 1);
    (1..=6).for_each(|timestamp| sender.sent(timestamp, &Recipients::All));
    let marks = |newest| Marks {
        logged: newest,
        accepted: newest,
    };
    sender.answered(0, 2, Nonce(20), marks(0)).unwrap();
    sender.acknowledged(0, marks(6)).unwrap();
    sender.peer_left(0);
    let refusal = sender.answered(0, 2, Nonce(20), marks(4)).unwrap_err();
    let words = "its log has lost messages 5 to 6, which it had acknowledged as logged";
    assert!(refusal.reason.contains(words), "{refusal}");
    assert_eq!(refusal.kind, "lost");
    sender.answered(0, 2, Nonce(20), marks(6)).unwrap();
}

/// Were it not, `Broken::TwoEntries` shows what would be lost.
#[test]
fn the_second_entry_of_a_machine_is_refused_also_after_a_crash() {
    let mut channels = Channels::new(identity(1, 10, 1), 2);
    channels
        .answered(0, 2, Nonce(20), Marks::default())
        .unwrap();
    let past = Past {
        peers: vec![
            PeerPast {
                known: Some((2, Nonce(20))),
                ..PeerPast::default()
            },
            PeerPast::default(),
        ],
        ..Past::default()
    };
    for mut channels in [channels, Channels::resumed(identity(1, 10, 2), past)] {
        let refusal = channels.answered(1, 2, Nonce(20), Marks::default());
        assert_eq!(refusal.unwrap_err().kind, "twice");
        assert_eq!(channels.peer_id(1), None);
    }
}
