//! What a schedule of faults does to ticks and messages, and what it may not say.

use super::*;
use proptest::prelude::*;

const S: Nanos = 1_000_000_000;

fn faults(json: &str) -> Result<FaultSchedule> {
    FaultSchedule::new(&Fault::list(json)?, Some(&[1, 2, 3]), 7)
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
        format!(r#"[{{"fault": "pause", "machine_id": {machine}, "at": 1, "duration": 2}}]"#)
    };
    let crash = |machine| {
        format!(r#"[{{"fault": "crash", "machine_id": {machine}, "at": 1, "down_for": 2}}]"#)
    };
    let groups = r#"[{"fault": "partition", "groups": [[1, 3]], "at": 1, "duration": 2}]"#;
    let pairs = r#"[{"fault": "partition", "pairs": [[1, 2]], "at": 1, "duration": 2}]"#;
    let back = r#"[{"fault": "partition", "pairs": [[2, 1]], "at": 1, "duration": 2}]"#;
    let never = r#"[{"fault": "crash", "machine_id": 2, "at": 1, "down_for": null}]"#;
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
    let json = r#"[{"fault": "disconnect", "sender": 1, "recipient": 2, "at": 1}]"#;
    assert_eq!(arrival(json, S - 2, 5), S + 5);
    assert_eq!(arrival(json, S, 5), S + 5);
    assert_eq!(arrival(json, S - 6, 5), S - 1);
}

#[test]
fn delays_are_added_while_they_hold() {
    let json = r#"[{"fault": "delay", "sender": 1, "recipient": 2, "at": 1, "duration": 1, "latency": 0.5}]"#;
    assert_eq!(arrival(json, S, 5), S + S / 2 + 5);
    assert_eq!(arrival(json, 2 * S, 5), 2 * S + 5);
}

#[test]
fn transitions_come_in_order() {
    let json = r#"[{"fault": "pause", "machine_id": 1, "at": 3, "duration": 1},
                   {"fault": "crash", "machine_id": 1, "at": 1, "down_for": 2},
                   {"fault": "crash", "machine_id": 1, "at": 5, "down_for": null}]"#;
    let expected = [
        (S, Transition::Crash),
        (3 * S, Transition::Restart),
        (3 * S, Transition::Pause),
        (4 * S, Transition::Continue),
        (5 * S, Transition::Crash),
    ];
    assert_eq!(faults(json).unwrap().transitions(1), expected);
    assert_eq!(faults(json).unwrap().transitions(2), []);
}

#[test]
fn json_is_read_as_it_is_written_and_as_it_was() {
    let written = [
        r#"{"fault":"crash","machine_id":1,"at":10.0,"down_for":5.5}"#,
        r#"{"fault":"crash","machine_id":1,"at":10.0,"down_for":null}"#,
        r#"{"fault":"pause","machine_id":3,"at":0.1,"duration":2.0}"#,
        r#"{"fault":"partition","groups":[[1],[2,3]],"at":20.0,"duration":10.0}"#,
        r#"{"fault":"partition","pairs":[[1,2]],"at":20.0,"duration":10.0}"#,
        r#"{"fault":"delay","sender":1,"recipient":2,"latency":0.25,"at":3.0,"duration":1.0}"#,
        r#"{"fault":"delay","sender":1,"recipient":2,"latency":{"kind":"exponential","mean":0.1},"at":3.0,"duration":1.0}"#,
        r#"{"fault":"disconnect","sender":1,"recipient":2,"at":7.0}"#,
    ];
    for json in written {
        let list = Fault::list(&format!("[{json}]")).unwrap();
        assert_eq!(serde_json::to_string(&list[0]).unwrap(), json);
        let old = json
            .replace("machine_id", "machine")
            .replace("sender", "src")
            .replace("recipient", "dst");
        assert_eq!(Fault::list(&format!("[{old}]")).unwrap(), list);
    }
}

#[test]
fn impossible_faults_are_named() {
    for (json, words) in [
        ("{}", "not a list of crash"),
        (r#"[{"fault": "flood", "at": 1}]"#, "flood"),
        (
            r#"[{"fault": "pause", "machine_id": 1, "at": 1}]"#,
            "duration",
        ),
        (
            r#"[{"fault": "pause", "machine_id": 4, "at": 1, "duration": 1}]"#,
            "there is no machine 4",
        ),
        (
            r#"[{"fault": "pause", "machine_id": 1, "at": -1, "duration": 1}]"#,
            "at is -1",
        ),
        (
            r#"[{"fault": "pause", "machine_id": 1, "at": 1, "duration": 0}]"#,
            "no length",
        ),
        (
            r#"[{"fault": "partition", "groups": [[1], [1]], "at": 1, "duration": 1}]"#,
            "two groups",
        ),
        (
            r#"[{"fault": "delay", "sender": 1, "recipient": 2, "at": 1, "duration": 1, "latency": "slow"}]"#,
            "a latency is a number of seconds",
        ),
        (
            r#"[{"fault": "pause", "machine_id": 1, "at": 1, "duration": 3},
                {"fault": "crash", "machine_id": 1, "at": 2, "down_for": 1}]"#,
            "overlap at 2 s",
        ),
        (
            r#"[{"fault": "pause", "machine_id": 1, "at": 1, "duration": 3},
                {"fault": "pause", "machine_id": 1, "at": 2, "duration": 1}]"#,
            "overlap",
        ),
        (
            r#"[{"fault": "crash", "machine_id": 1, "at": 1, "down_for": null},
                {"fault": "pause", "machine_id": 1, "at": 2, "duration": 1}]"#,
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
                0 => Fault::Crash { machine_id: 2, at, down_for: Some(length) },
                1 => Fault::Pause { machine_id: 2, at, duration: length },
                2 => Fault::Partition { sides: Sides::Pairs(vec![(1, 2)]), at, duration: length },
                _ => Fault::Disconnect { sender: 1, recipient: 2, at },
            }
        };
        let list: Vec<Fault> = spans.into_iter().map(fault).collect();
        let Ok(faults) = FaultSchedule::new(&list, None, 1) else { return Ok(()); };
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
