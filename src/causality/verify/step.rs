//! Rule `step`: how each event moves the clock.

use super::case::Case;
use super::report::{Report, Rule};
use crate::causality::checkpoint::Checkpoint;
use crate::error::Result;
use crate::log::columns::{Columns, UNKNOWN};
use crate::log::history::{LogHistory, Note};
use crate::model::rules::{Receive, Rules, Start, Step};

const RULE: Rule = Rule::Step;

pub(super) fn check(
    case: &Case<'_>,
    report: &mut Report,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<()> {
    for (place, log) in case.logs().iter().enumerate() {
        report.checked(RULE, log.rows.len() as u64);
        if !is_right(case, log, checkpoint)? {
            events(case, place, log, report, checkpoint)?;
        }
    }
    Ok(())
}

/// Whether a log keeps the rule at a glance, as nearly all do; where it does not, [`events`] tells.
fn is_right(case: &Case<'_>, log: &LogHistory, checkpoint: &mut Checkpoint<'_>) -> Result<bool> {
    let (columns, rules) = (case.columns, case.rules);
    let Step::By(step) = rules.step else {
        return Ok(false);
    };
    let is_usual = rules.receive == Receive::MaxPlusOne && !matches!(rules.start, Start::At(_));
    if !is_usual || !case.is_plain() || !notes_agree(columns, log) {
        return Ok(false);
    }
    let mut off = 0;
    checkpoint.rows(log.rows.clone(), |rows| {
        let clocks = columns.old_clock[rows.clone()].iter();
        let clocks = clocks.zip(&columns.new_clock[rows.clone()]);
        for ((&old, &new), &sent) in clocks.zip(&columns.sent_clock[rows]) {
            // An event that received nothing has a timestamp below all clocks.
            off |= new ^ (old.max(sent) + step);
        }
    })?;
    Ok(off == 0)
}

/// Whether the lines that are no events tell the clocks that events of a plain log do.
fn notes_agree(columns: &Columns, log: &LogHistory) -> bool {
    let rows = &log.rows;
    // What a STARTUP tells, and the row before which it stands.
    let mut started = None;
    log.marks.iter().all(|mark| match &mark.note {
        Note::Startup(startup) => startup.local_clock.is_some_and(|told| {
            let told = told as i64;
            started = Some((mark.row, told));
            mark.row == rows.end || columns.old_clock[mark.row] == told
        }),
        Note::End(end) => {
            let clock = match started {
                Some((row, told)) if row == mark.row => Some(told),
                _ if mark.row > rows.start => Some(columns.new_clock[mark.row - 1]),
                _ => None,
            };
            clock.is_none_or(|clock| end.final_clock as i64 == clock)
        }
        Note::Connect(_) | Note::Unread { .. } => true,
    })
}

fn events(
    case: &Case<'_>,
    place: usize,
    log: &LogHistory,
    report: &mut Report,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<()> {
    let columns = case.columns;
    // The clock before the next event, and the line that tells it.
    let mut clock: Option<(i64, u32)> = None;
    let mut marks = log.marks.iter().peekable();
    let mut gaps = log.gaps.iter().peekable();
    for row in log.rows.start..=log.rows.end {
        checkpoint.row()?;
        while let Some(mark) = marks.next_if(|mark| mark.row <= row) {
            while gaps.next_if(|lines| lines.line < mark.line).is_some() {
                // What is missing may have moved it.
                clock = None;
            }
            match &mark.note {
                Note::Startup(startup) => {
                    let begun = match (case.rules.start, startup.local_clock) {
                        // Of a clock that has not begun, 0 says nothing.
                        (Start::At(first), Some(0)) => Some(first),
                        (_, told) => told.map(|told| told as i64),
                    };
                    // Where it says nothing the clock is what it was before.
                    clock = begun.map(|begun| (begun, mark.line)).or(clock);
                }
                Note::End(end) => {
                    if let Some((clock, line)) = clock
                        && end.final_clock as i64 != clock
                    {
                        report.add(RULE, || {
                            let expected = format!(
                                "final_clock {clock}, the clock at {}",
                                case.at(place, line)
                            );
                            case.line(
                                RULE,
                                place,
                                mark.line,
                                expected,
                                format!("final_clock {}", end.final_clock),
                            )
                        });
                    }
                }
                Note::Connect(_) | Note::Unread { .. } => {}
            }
        }
        if row == log.rows.end {
            break;
        }
        while gaps.next_if(|lines| lines.row <= row).is_some() {
            clock = None;
        }
        let new = columns.new_clock[row];
        let Some(old) = case.old(place, row) else {
            clock = Some((new, columns.line[row]));
            continue;
        };
        if let Some((clock, line)) = clock
            && old != clock
        {
            report.add(RULE, || {
                let expected = format!("old_clock {clock}, the clock at {}", case.at(place, line));
                case.event(
                    RULE,
                    place,
                    row,
                    expected,
                    format!("old_clock {old}{}", tied(case, log, row)),
                )
            });
        } else if let Start::At(start) = case.rules.start
            && old < start
        {
            report.add(RULE, || {
                let expected = format!("old_clock {start} or more, as clocks begin there");
                case.event(RULE, place, row, expected, format!("old_clock {old}"))
            });
        }
        clock = Some((new, columns.line[row]));
        let step = Move {
            old,
            received: columns.event[row]
                .receives()
                .then(|| columns.sent_clock[row]),
        };
        if !step.allows(case.rules, new) {
            report.add(RULE, || {
                let found = format!("new_clock {new}{}", tied(case, log, row));
                case.event(RULE, place, row, step.expected(case.rules), found)
            });
        }
    }
    Ok(())
}

/// Says where rows may stand in another order than they were made in.
fn tied(case: &Case<'_>, log: &LogHistory, row: usize) -> &'static str {
    let times = &case.columns.system_time;
    let has_time_of =
        |other: usize| log.rows.contains(&other) && times[other].to_bits() == times[row].to_bits();
    if case.history.is_table
        && case.history.has_times
        && (has_time_of(row + 1) || row > 0 && has_time_of(row - 1))
    {
        "; rows beside it have the same time, their order may be another"
    } else {
        ""
    }
}

/// What an event finds: the clock, and the timestamp if it is a receipt, or [`UNKNOWN`].
struct Move {
    old: i64,
    received: Option<i64>,
}

impl Move {
    /// Whether the clock may be `new` after it.
    #[inline]
    fn allows(&self, rules: &Rules, new: i64) -> bool {
        let old = self.old;
        match (self.received, rules.step) {
            (None, Step::By(step)) => new == old + step,
            (None, Step::Any) => new > old,
            (Some(UNKNOWN), _) => new >= self.least(rules),
            (Some(timestamp), Step::By(step)) => new == rules.receive.of(old, timestamp, step),
            (Some(timestamp), Step::Any) => match rules.receive {
                Receive::MaxPlusOne => new > old.max(timestamp),
                Receive::MaxOfNext => new > old && new >= timestamp,
                Receive::Max => new >= old.max(timestamp),
            },
        }
    }

    /// The least that a receipt makes of the clock, whatever it received.
    fn least(&self, rules: &Rules) -> i64 {
        match (rules.receive, rules.step) {
            (Receive::Max, _) => self.old,
            (_, Step::By(step)) => self.old + step,
            (_, Step::Any) => self.old + 1,
        }
    }

    /// What would be right, in words.
    fn expected(&self, rules: &Rules) -> String {
        let old = self.old;
        match (self.received, rules.step) {
            (None, Step::By(step)) => format!("new_clock {}, {old} + {step}", old + step),
            (None, Step::Any) => format!("new_clock above {old}"),
            (Some(UNKNOWN), _) => format!("new_clock {} or more", self.least(rules)),
            (Some(timestamp), Step::By(step)) => {
                let right = rules.receive.of(old, timestamp, step);
                let how = match rules.receive {
                    Receive::MaxPlusOne => format!("max({old}, {timestamp}) + {step}"),
                    Receive::MaxOfNext => format!("max({old} + {step}, {timestamp})"),
                    Receive::Max => format!("max({old}, {timestamp})"),
                };
                format!("new_clock {right}, {how}")
            }
            (Some(timestamp), Step::Any) => {
                let of = old.max(timestamp);
                match rules.receive {
                    Receive::MaxPlusOne => format!("new_clock above {of}"),
                    Receive::MaxOfNext => format!("new_clock above {old}, and {timestamp} or more"),
                    Receive::Max => format!("new_clock {of} or more"),
                }
            }
        }
    }
}
