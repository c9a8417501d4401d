//! What a schedule of faults does to ticks and messages, and what it may not say.

use super::*;
use proptest::prelude::*;

const S: Nanos = 1_000_000_000;

fn faults(json: &str) -> Result<Faults> {
    Faults::new(&Fault::list(json)?, Some(&[1, 2, 3]), 7)
}

fn arrival(json: &str, ready: Nanos, flight: Nanos) -> Nanos {
    faults(json).unwrap().arrival(1, 2, 5, ready, flight)
}

#[test]
fn without_faults_a_message_takes_its_flight() {
    assert_eq!(arrival("[]", 3, 4), 7);
    assert!(faults("[]").unwrap().is_empty());
}

#[test]
fn a_message_waits_for_what_stands_in_its_way() {
    let pause = |machine| {
        format!(r#"[{{"fault": "pause", "machine": {machine}, "at": 1, "duration": 2}}]"#)
    };
    let crash = |machine| {
        format!(r#"[{{"fault": "crash", "machine": {machine}, "at": 1, "down_for": 2}}]"#)
    };
    let groups = r#"[{"fault": "partition", "groups": [[1, 3]], "at": 1, "duration": 2}]"#;
    let pairs = r#"[{"fault": "partition", "pairs": [[1, 2]], "at": 1, "duration": 2}]"#;
    let back = r#"[{"fault": "partition", "pairs": [[2, 1]], "at": 1, "duration": 2}]"#;
    let never = r#"[{"fault": "crash", "machine": 2, "at": 1, "down_for": null}]"#;
    for (json, ready, flight, expected) in [
        (groups, S, 5, 3 * S + 5),
        (groups, S - 1, 5, S + 4),
        (groups, 3 * S, 5, 3 * S + 5),
        (pairs, 2 * S, 5, 3 * S + 5),
        (back, 2 * S, 5, 2 * S + 5),
        // The recipient stands still: it arrives when that is over; the sender: it leaves then.
        (&pause(2), 2 * S, 5, 3 * S),
        (&pause(2), S - 5, 5, 3 * S),
        (&pause(1), 2 * S, 5, 3 * S + 5),
        (&crash(1), 2 * S, 5, 3 * S + 5),
        (&crash(1), S - 1, 5, S + 4),
        (&crash(2), 2 * S, 5, 3 * S + 5),
        // On its way when the recipient crashes: again.
        (&crash(2), S - 2, 5, 3 * S + 5),
        (&crash(2), S - 6, 5, S - 1),
        (never, S - 2, 5, Nanos::MAX),
    ] {
        assert_eq!(arrival(json, ready, flight), expected, "{json} {ready}");
    }
}

#[test]
fn a_broken_connection_takes_what_is_on_its_way() {
    let json = r#"[{"fault": "disconnect", "src": 1, "dst": 2, "at": 1}]"#;
    assert_eq!(arrival(json, S - 2, 5), S + 5);
    assert_eq!(arrival(json, S, 5), S + 5);
    assert_eq!(arrival(json, S - 6, 5), S - 1);
}

#[test]
fn delays_are_added_while_they_hold() {
    let json = r#"[{"fault": "delay", "src": 1, "dst": 2, "at": 1, "duration": 1, "latency": ["constant", [0.5]]}]"#;
    assert_eq!(arrival(json, S, 5), S + S / 2 + 5);
    assert_eq!(arrival(json, 2 * S, 5), 2 * S + 5);
}

#[test]
fn turns_come_in_order() {
    let json = r#"[{"fault": "pause", "machine": 1, "at": 3, "duration": 1},
                   {"fault": "crash", "machine": 1, "at": 1, "down_for": 2},
                   {"fault": "crash", "machine": 1, "at": 5, "down_for": null}]"#;
    let expected = [
        (S, Turn::Crash),
        (3 * S, Turn::Restart),
        (3 * S, Turn::Pause),
        (4 * S, Turn::Continue),
        (5 * S, Turn::Crash),
    ];
    assert_eq!(faults(json).unwrap().turns(1), expected);
    assert_eq!(faults(json).unwrap().turns(2), []);
}

#[test]
fn impossible_faults_are_named() {
    for (json, words) in [
        ("{}", "no list of crash"),
        (r#"[{"fault": "flood", "at": 1}]"#, "flood"),
        (r#"[{"fault": "pause", "machine": 1, "at": 1}]"#, "duration"),
        (
            r#"[{"fault": "pause", "machine": 4, "at": 1, "duration": 1}]"#,
            "there is no machine 4",
        ),
        (
            r#"[{"fault": "pause", "machine": 1, "at": -1, "duration": 1}]"#,
            "at is -1",
        ),
        (
            r#"[{"fault": "pause", "machine": 1, "at": 1, "duration": 0}]"#,
            "no length",
        ),
        (
            r#"[{"fault": "partition", "groups": [[1], [1]], "at": 1, "duration": 1}]"#,
            "two groups",
        ),
        (
            r#"[{"fault": "delay", "src": 1, "dst": 2, "at": 1, "duration": 1, "latency": ["slow", []]}]"#,
            "slow",
        ),
        (
            r#"[{"fault": "pause", "machine": 1, "at": 1, "duration": 3},
                {"fault": "crash", "machine": 1, "at": 2, "down_for": 1}]"#,
            "overlap at 2 s",
        ),
        (
            r#"[{"fault": "pause", "machine": 1, "at": 1, "duration": 3},
                {"fault": "pause", "machine": 1, "at": 2, "duration": 1}]"#,
            "overlap",
        ),
        (
            r#"[{"fault": "crash", "machine": 1, "at": 1, "down_for": null},
                {"fault": "pause", "machine": 1, "at": 2, "duration": 1}]"#,
            "overlap",
        ),
    ] {
        let error = faults(json).unwrap_err().to_string();
        assert!(error.contains(words), "{json}: {error}");
    }
}

proptest! {
    /// Later messages of a link never arrive before it lets them, and never before they are ready.
    #[test]
    fn nothing_arrives_where_or_when_it_cannot(
        spans in prop::collection::vec((0_u64..4, 0_u64..50, 1_u64..10), 0..6),
        ready in 0_u64..60, flight in 0_u64..10,
    ) {
        let fault = |(kind, at, length): (u64, u64, u64)| {
            let (at, length) = (at as f64 / 1e9, length as f64 / 1e9);
            match kind {
                0 => Fault::Crash { machine: 2, at, down_for: Some(length) },
                1 => Fault::Pause { machine: 2, at, duration: length },
                2 => Fault::Partition { cut: Cut::Pairs(vec![(1, 2)]), at, duration: length },
                _ => Fault::Disconnect { src: 1, dst: 2, at },
            }
        };
        let list: Vec<Fault> = spans.into_iter().map(fault).collect();
        let Ok(faults) = Faults::new(&list, None, 1) else { return Ok(()); };
        let arrival = faults.arrival(1, 2, 9, ready, flight);
        prop_assert!(arrival >= ready + flight);
        for fault in &list {
            let span = fault.span().unwrap();
            let stops = matches!(fault, Fault::Crash { .. } | Fault::Pause { .. });
            prop_assert!(!(stops && span.contains(arrival)), "{fault} {arrival}");
        }
        if list.is_empty() {
            prop_assert_eq!(arrival, ready + flight);
        }
    }
}
