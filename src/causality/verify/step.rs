//! Rule `step`: how each event moves the clock.

use super::case::Case;
use super::report::{Report, Rule};
use crate::causality::checkpoint::Checkpoint;
use crate::error::Result;
use crate::log::columns::UNKNOWN;
use crate::log::history::{LogHistory, Note};

const RULE: Rule = Rule::Step;

pub(super) fn check(
    case: &Case<'_>,
    report: &mut Report,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<()> {
    for (place, log) in case.logs().iter().enumerate() {
        report.checked(RULE, log.rows.len() as u64);
        events(case, place, log, report, checkpoint)?;
    }
    Ok(())
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
                Note::Startup(start) => clock = Some((start.local_clock as i64, mark.line)),
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
        let (old, new) = (columns.old_clock[row], columns.new_clock[row]);
        if let Some((clock, line)) = clock
            && old != clock
        {
            report.add(RULE, || {
                let expected = format!("old_clock {clock}, the clock at {}", case.at(place, line));
                case.event(RULE, place, row, expected, format!("old_clock {old}"))
            });
        }
        clock = Some((new, columns.line[row]));
        let sent = columns.sent_clock[row];
        let is_receive = columns.event[row].receives();
        if is_receive && sent == UNKNOWN {
            if new <= old {
                report.add(RULE, || {
                    case.event(
                        RULE,
                        place,
                        row,
                        format!("new_clock above {old}"),
                        format!("new_clock {new}"),
                    )
                });
            }
            continue;
        }
        let right = if is_receive {
            old.max(sent) + 1
        } else {
            old + 1
        };
        if new != right {
            report.add(RULE, || {
                let expected = if is_receive {
                    format!("new_clock {right}, max({old}, {sent}) + 1")
                } else {
                    format!("new_clock {right}, {old} + 1")
                };
                case.event(RULE, place, row, expected, format!("new_clock {new}"))
            });
        }
    }
    Ok(())
}
