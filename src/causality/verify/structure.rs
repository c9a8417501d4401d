//! Rule `structure`: the lines of each log, and what logs say of each other.

use std::collections::BTreeMap;

use super::report::{Report, Rule};
use super::{Case, Pause, rest};
use crate::error::Result;
use crate::log::history::{Diary, Note};

const RULE: Rule = Rule::Structure;

pub(super) fn check(case: &Case<'_>, report: &mut Report, pause: &mut Pause<'_>) -> Result<()> {
    // By machine, its history and the line that tells it.
    let mut histories: BTreeMap<u64, (&str, String)> = BTreeMap::new();
    for (place, log) in case.logs().iter().enumerate() {
        report.checked(RULE, log.lines);
        for &(line, id) in &log.strays {
            report.add(RULE, || {
                let expected = format!("machine_id {}, as in the lines before", log.machine_id);
                case.line(RULE, place, line, expected, format!("machine_id {id}"))
            });
        }
        times(case, place, log, report, pause)?;
        if !case.history.is_table && !log.is_base(case.columns) {
            startups(case, place, log, report);
        }
        ends(case, place, log, report);
        if let Some((mark, start)) = log.startups().next()
            && let Some(history) = &start.history
        {
            histories.insert(log.machine_id, (history, case.at(place, mark.line)));
        }
        pause()?;
    }
    for (place, log) in case.logs().iter().enumerate() {
        let mut answered: BTreeMap<&(String, u64), (u64, u32)> = BTreeMap::new();
        for mark in &log.marks {
            let Note::Connect(hand) = &mark.note else {
                continue;
            };
            let (id, line) = *answered
                .entry(&hand.address)
                .or_insert((hand.peer_id, mark.line));
            if id != hand.peer_id || hand.peer_id == log.machine_id {
                report.add(RULE, || {
                    let (host, port) = &hand.address;
                    let expected = if hand.peer_id == log.machine_id {
                        format!("another machine than {id} itself at {host}:{port}")
                    } else {
                        format!(
                            "peer_id {id} at {host}:{port}, as at {}",
                            case.at(place, line)
                        )
                    };
                    case.line(
                        RULE,
                        place,
                        mark.line,
                        expected,
                        format!("peer_id {}", hand.peer_id),
                    )
                });
            }
            let Some(history) = &hand.history else {
                continue;
            };
            let known = histories
                .entry(hand.peer_id)
                .or_insert_with(|| (history, case.at(place, mark.line)));
            if known.0 != history {
                report.add(RULE, || {
                    let expected = format!(
                        "history {} of machine {}, as at {}",
                        known.0, hand.peer_id, known.1
                    );
                    case.line(
                        RULE,
                        place,
                        mark.line,
                        expected,
                        format!("history {history}"),
                    )
                });
            }
        }
    }
    Ok(())
}

/// Times never go back.
fn times(
    case: &Case<'_>,
    place: usize,
    log: &Diary,
    report: &mut Report,
    pause: &mut Pause<'_>,
) -> Result<()> {
    let mut last = (f64::NEG_INFINITY, 0);
    let mut marks = log.marks.iter().peekable();
    for row in log.rows.start..=log.rows.end {
        rest(row, pause)?;
        while let Some(mark) = marks.next_if(|mark| mark.row <= row) {
            if mark.time < last.0 {
                report.add(RULE, || {
                    let expected = format!(
                        "a time from {:.6} on, that of {}",
                        last.0 / 1e6,
                        case.at(place, last.1)
                    );
                    case.line(
                        RULE,
                        place,
                        mark.line,
                        expected,
                        format!("{:.6}", mark.time / 1e6),
                    )
                });
            }
            last = (mark.time, mark.line);
        }
        if row == log.rows.end {
            break;
        }
        let time = case.columns.system_time[row];
        if time < last.0 {
            report.add(RULE, || {
                let expected = format!(
                    "a time from {:.6} on, that of {}",
                    last.0 / 1e6,
                    case.at(place, last.1)
                );
                case.event(RULE, place, row, expected, format!("{:.6}", time / 1e6))
            });
        }
        last = (time, case.columns.line[row]);
    }
    Ok(())
}

/// One STARTUP first, and again only as the same machine going on.
fn startups(case: &Case<'_>, place: usize, log: &Diary, report: &mut Report) {
    let mut first = None;
    for (mark, start) in log.startups() {
        let mut add = |expected: String, found: String| {
            report.add(RULE, || case.line(RULE, place, mark.line, expected, found));
        };
        let Some((line, before)) = first else {
            first = Some((mark.line, start));
            if mark.line != 1 {
                add(
                    "STARTUP as the first line".into(),
                    format!("STARTUP in line {}", mark.line),
                );
            }
            if start.local_clock != 0 {
                add(
                    "local_clock 0 at the first STARTUP".into(),
                    format!("local_clock {}", start.local_clock),
                );
            }
            continue;
        };
        if start.history != before.history || start.run_id != before.run_id {
            let shown = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".into());
            add(
                format!(
                    "history {} of run {}, as at {}",
                    shown(&before.history),
                    shown(&before.run_id),
                    case.at(place, line)
                ),
                format!(
                    "history {} of run {}",
                    shown(&start.history),
                    shown(&start.run_id)
                ),
            );
        }
        let clock = if mark.row > log.rows.start {
            case.columns.new_clock[mark.row - 1] as u64
        } else {
            before.local_clock
        };
        if start.local_clock != clock {
            add(
                format!("local_clock {clock}, the last clock before"),
                format!("local_clock {}", start.local_clock),
            );
        }
    }
    if first.is_none() {
        report.add(RULE, || {
            case.line(
                RULE,
                place,
                1,
                "STARTUP as the first line".into(),
                "no STARTUP".into(),
            )
        });
    }
}

/// At most one END, nothing after it, and UNREAD lines right before it.
fn ends(case: &Case<'_>, place: usize, log: &Diary, report: &mut Report) {
    let first = log
        .marks
        .iter()
        .position(|mark| matches!(mark.note, Note::End(_)));
    let Some(first) = first else { return };
    let end = &log.marks[first];
    let expected = || format!("nothing after END at {}", case.at(place, end.line));
    for mark in &log.marks[first + 1..] {
        let found = match mark.note {
            Note::Startup(_) => "STARTUP",
            Note::Connect(_) => "CONNECT",
            Note::Unread { .. } => "UNREAD",
            Note::End(_) => "END",
        };
        report.add(RULE, || {
            case.line(RULE, place, mark.line, expected(), found.into())
        });
    }
    for row in end.row..log.rows.end {
        report.add(RULE, || {
            case.event(RULE, place, row, expected(), case.kind(row).into())
        });
    }
}
