//! What machines are set to, and what of their ticks that does not bind.

#![allow(clippy::unwrap_used)]

use crate::written_logs::{Log, address, breaks, clean};
use lamport::causality::verify::report::Rule;

/// The log of a machine with other settings.
fn with(log: Log, settings: &[(&str, &str)]) -> Log {
    let mut log = log;
    for (was, is) in settings {
        assert!(log.text.contains(was), "{was}");
        log.text = log.text.replace(was, is);
    }
    log
}

const SHARE: &str = "\"broadcast_share\": 0.25";
const INTERNAL: &str = "\"internal_probability\": 0.7";

fn to_both(log: Log, time: f64) -> Log {
    log.send_to(time, &[&address(2), &address(3)], &[Some(2), Some(3)])
}

#[test]
fn only_what_a_tick_does_is_bound() {
    let no_broadcasts = [(SHARE, "\"broadcast_share\": 0.0")];
    let log = || Log::new(1, &[2, 3]);
    breaks(
        Rule::Settings,
        1,
        &[with(to_both(log(), 2.0), &no_broadcasts)],
    );
    // By hand anything may be done.
    let ids = "\"recipient_ids\": [2, 3]";
    let by_hand = (ids, "\"recipient_ids\": [2, 3], \"manual\": true");
    clean(&[with(to_both(log(), 2.0), &[no_broadcasts[0], by_hand])]);
    // A machine may come back with another share, be it in lines that are missing.
    let mut back = to_both(log().step_by(2.0, 1).startup(&address(1), &[2, 3]), 6.0);
    let last = back.text.rfind("\"broadcast_share\": 0.25").unwrap();
    back.text = back.text[..last].replace(SHARE, no_broadcasts[0].1) + &back.text[last..];
    clean(&[back]);
    let mut gap = to_both(log().step_by(2.0, 1).line("REC", 2.0, "\"a\": 1"), 6.0);
    gap.text = gap.text.replace(SHARE, no_broadcasts[0].1);
    let report = crate::written_logs::report(&[gap]);
    assert_eq!(report.counts[Rule::Settings as usize], 0);
    let mut hole = log().step_by(2.0, 1);
    hole.clock += 3;
    let hole = with(to_both(hole, 6.0), &no_broadcasts);
    let report = crate::written_logs::report(&[hole]);
    assert_eq!(report.counts[Rule::Settings as usize], 0);
}

#[test]
fn who_has_nobody_to_send_to_does_what_it_can() {
    let always_sends = [(INTERNAL, "\"internal_probability\": 0.0")];
    clean(&[with(Log::new(1, &[]).step_by(2.0, 1), &always_sends)]);
    breaks(
        Rule::Settings,
        1,
        &[with(Log::new(1, &[2]).step_by(2.0, 1), &always_sends)],
    );
    // To all is to the one there is.
    let all = [(SHARE, "\"broadcast_share\": 1.0")];
    clean(&[with(Log::new(1, &[2]).send(2.0, 2), &all)]);
    breaks(
        Rule::Settings,
        1,
        &[with(Log::new(1, &[2, 3]).send(2.0, 2), &all)],
    );
}
