//! What can be missing of a record, or be told less exactly.

use crate::chance::Chance;
use crate::whole::{Line, VECTOR, Whole};

/// The fields that a line may lack, by whoever writes such lines. `manual` and `by_hand` are no such: an exemption that is not recorded does not exist.
const FIELDS: [(&str, &[&str]); 9] = [
    (
        "STARTUP",
        &[
            "clock_rate",
            "local_clock",
            "history",
            "listen",
            "peers",
            "run_id",
            "seed",
            "internal_probability",
            "broadcast_share",
            "time",
            "version",
        ],
    ),
    (
        "END",
        &["queue_len", "ticks", "lateness", "undelivered", "heard"],
    ),
    ("CONNECT", &["peer_history"]),
    ("UNREAD", &["sender", "arrival_time"]),
    ("SEND", &["recipient_ids", "recipients"]),
    (
        "RECEIVE",
        &["queue_len", "sender", "sent_clock", "arrival_time"],
    ),
    ("SEND", &["old_clock", VECTOR]),
    ("RECEIVE", &["sender", "sent_clock", VECTOR]),
    ("INTERNAL", &[VECTOR]),
];

/// One thing that is taken away. Lines are counted as they were in the whole log.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Removal {
    /// A whole log.
    Log(usize),
    /// The lines of a log before this one.
    Head(usize, usize),
    /// The lines of a log from this one on.
    Tail(usize, usize),
    /// Lines of a log that cannot be read any more: where, and how many.
    Unreadable(usize, usize, usize),
    /// Lines of a log that are not there any more: where, and how many.
    Hole(usize, usize, usize),
    /// All lines of a kind, of one log or of all.
    Kind(Option<usize>, &'static str),
    /// A field of all lines of a kind, of one log or of all.
    Field(Option<usize>, &'static str, &'static str),
    /// A field of one line.
    Value(usize, usize, &'static str),
    /// All old clocks, of one log or of all.
    OldClocks(Option<usize>),
    /// What is below this many microseconds of all times, of one log or of all.
    Decimals(Option<usize>, i64),
    /// All times.
    Times,
}

/// Some removals.
pub(crate) fn removals(whole: &Whole, chance: &mut Chance) -> Vec<Removal> {
    let mut all = Vec::new();
    if chance.percent(15) {
        window(whole, chance, &mut all);
    }
    for _ in 0..chance.below(7) {
        let log = chance.below(whole.logs.len());
        let lines = whole.logs[log].len();
        let some = chance.percent(40).then_some(log);
        all.push(match chance.below(16) {
            0 => Removal::Log(log),
            1 => Removal::Head(log, chance.below(lines + 1)),
            2 => Removal::Tail(log, chance.below(lines + 1)),
            3 => Removal::Unreadable(log, chance.below(lines), chance.within(1, 3)),
            4 => Removal::Hole(log, chance.below(lines), 1),
            5 => Removal::Hole(log, chance.below(lines), chance.within(1, 8)),
            6 => Removal::Kind(some, chance.pick(&["CONNECT", "UNREAD", "STARTUP", "END"])),
            7..12 => {
                let (event, fields) = chance.pick(&FIELDS);
                let field = chance.pick(fields);
                Removal::Field(some, event, field)
            }
            12 => {
                let at = chance.below(lines);
                let event = whole.logs[log][at].event();
                let kinds: Vec<_> = FIELDS.iter().filter(|kind| kind.0 == event).collect();
                if kinds.is_empty() {
                    continue;
                }
                let fields = chance.pick(&kinds).1;
                Removal::Value(log, at, chance.pick(fields))
            }
            13 => Removal::OldClocks(some),
            14 => Removal::Decimals(some, chance.pick(&[10, 1000, 1000, 1_000_000])),
            _ => Removal::Times,
        });
    }
    all
}

/// What is before one time and after another, in all logs.
fn window(whole: &Whole, chance: &mut Chance, all: &mut Vec<Removal>) {
    let times = whole.logs.iter().flatten().map(Line::time);
    let (first, last) = times.fold((f64::MAX, f64::MIN), |(low, high), time| {
        (low.min(time), high.max(time))
    });
    let mut bounds = [chance.fraction(), chance.fraction()];
    bounds.sort_by(f64::total_cmp);
    let [start, stop] = bounds.map(|fraction| first + fraction * (last - first));
    for (log, lines) in whole.logs.iter().enumerate() {
        all.push(Removal::Head(
            log,
            lines.partition_point(|line| line.time() < start),
        ));
        all.push(Removal::Tail(
            log,
            lines.partition_point(|line| line.time() <= stop),
        ));
    }
}
