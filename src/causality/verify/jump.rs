//! Rule `jump`: a receipt whose timestamp is known, be it by how far the clock jumped, has a SEND with it.
//!
//! It is broken where every machine that may be the sender covers the clock of that SEND and has none that may
//! name the receiver. A receipt that tells sender and timestamp is judged by `match`.

use super::all_machines::AllMachines;
use super::case::Case;
use super::report::{Report, Rule};
use crate::causality::checkpoint::Checkpoint;
use crate::causality::matching::{Clue, Evidence};
use crate::error::Result;
use crate::log::columns::UNKNOWN;

const RULE: Rule = Rule::Jump;

pub(super) fn check(
    case: &Case<'_>,
    machines: &AllMachines,
    report: &mut Report,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<()> {
    let Some(evidence) = case.evidence else {
        return Ok(());
    };
    let trace = &evidence.trace;
    // Timestamp and recipient of all messages, made for whoever needs them.
    let mut messages: Option<Vec<(i64, i64)>> = None;
    let mut uncovered = 0;
    for (place, log) in case.logs().iter().enumerate() {
        for row in log.rows.clone() {
            checkpoint.row()?;
            let is_told = trace.sender[row] != UNKNOWN && trace.sent_clock[row] != UNKNOWN;
            if !trace.event[row].receives() || trace.by_hand[row] || is_told {
                continue;
            }
            let Clue::Is(stamp) = evidence.clue(place, row - log.rows.start) else {
                continue;
            };
            let clock = case.rules.clock_of(stamp);
            let (is_covered, has_send) = match evidence.sender(row) {
                Some(None) => (false, false),
                Some(Some(sender)) => {
                    let mut sends = evidence.sends.with(sender, stamp);
                    let has_send = sends.any(|send| evidence.may_be(send, log.machine_id));
                    (case.covers[sender].has(clock), has_send)
                }
                None => {
                    let messages = messages.get_or_insert_with(|| all(evidence));
                    let id = log.machine_id as i64;
                    let has = |id| messages.binary_search(&(stamp, id)).is_ok();
                    let is_covered = machines.is_closed && evidence.all_logs_cover(clock);
                    (is_covered, has(id) || has(UNKNOWN))
                }
            };
            if !has_send && !is_covered {
                uncovered += 1;
                continue;
            }
            report.checked(RULE, 1);
            if !has_send {
                report.add(RULE, || {
                    let (who, if_all) = match trace.sender[row] {
                        UNKNOWN => ("some machine".to_owned(), machines.words()),
                        sender => (format!("machine {sender}"), String::new()),
                    };
                    let expected = format!(
                        "a SEND of {who} with timestamp {stamp} to machine {}{if_all}",
                        log.machine_id
                    );
                    let found = if trace.sent_clock[row] == UNKNOWN {
                        format!(
                            "a jump to {}, which tells that timestamp, and no such SEND",
                            trace.new_clock[row]
                        )
                    } else {
                        format!("sent_clock {stamp}, and no such SEND")
                    };
                    case.event(RULE, place, row, expected, found)
                });
            }
        }
    }
    if uncovered > 0 {
        report.unchecked(format!(
            "{uncovered} timestamps that receipts tell have no SEND here, which may be in no log"
        ));
    }
    Ok(())
}

/// Timestamp and recipient of each message, in order; the recipient may be unknown.
fn all(evidence: &Evidence<'_>) -> Vec<(i64, i64)> {
    let sends = evidence.sends.stamps.iter().zip(&evidence.sends.rows);
    let mut messages: Vec<_> = sends
        .flat_map(|(&stamp, &row)| {
            let recipients = evidence.trace.recipients(row as usize).iter();
            recipients.map(move |&recipient| (stamp, recipient))
        })
        .collect();
    messages.sort_unstable();
    messages
}
