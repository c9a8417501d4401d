//! What cannot be checked of whole logs.

use super::case::Case;
use super::report::Report;
use crate::causality::checkpoint::Checkpoint;
use crate::causality::ids::few;
use crate::error::Result;

/// Says once what cannot be checked of whole logs.
pub(super) fn check(
    case: &Case<'_>,
    report: &mut Report,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<()> {
    // Machines of a table are told together.
    let mut blind = (0, Vec::new());
    for (place, log) in case.logs().iter().enumerate() {
        let name = if log.file.is_empty() {
            format!("machine {}", log.machine_id)
        } else {
            log.file.clone()
        };
        if let Some(line) = log.torn {
            report.unchecked(format!(
                "{name}:{line}: the last line has no newline and is not counted"
            ));
        }
        if case.history.is_table {
            // Said once for all.
        } else if log.is_base(case.columns) {
            report.unchecked(format!(
                "{name}: base fields only, no STARTUP and no END: final clock and conservation are not checked"
            ));
        } else if case.ends[place].is_none() {
            report.unchecked(format!(
                "{name}: no END: the machine was killed or still runs, or its last lines are missing; final clock and conservation are not checked"
            ));
        }
        checkpoint.row()?;
        let unstamped = case.vague[place].blind;
        if case.history.is_table {
            if unstamped > 0 {
                blind.0 += unstamped;
                blind.1.push(log.machine_id);
            }
        } else if unstamped > 0 {
            report.unchecked(format!(
                "{name}: {unstamped} RECEIVE events do not say which message was received: match, clock condition, exactness, fifo and time are not checked for them"
            ));
        }
    }
    if blind.0 > 0 {
        report.unchecked(format!(
            "{} RECEIVE events of machines {} do not say which message was received: match, clock condition, exactness, fifo and time are not checked for them",
            blind.0,
            few(&blind.1)
        ));
    }
    let unknown: u64 = case.unknown.iter().sum();
    if unknown > 0 {
        let logs = case.logs().iter().zip(&case.unknown);
        let ids = logs.filter(|(_, count)| **count > 0);
        let ids: Vec<u64> = ids.map(|(log, _)| log.machine_id).collect();
        report.unchecked(format!(
            "{unknown} SENDs of machines {} do not tell all their recipients: that none of those messages was skipped is not checked",
            few(&ids)
        ));
    }
    if case.history.is_computed {
        report.unchecked("nobody logged a clock: step, jump, count, clock condition and exactness are computed, not checked".into());
    }
    if !case.history.has_times {
        report.unchecked(
            "no times are told: fifo is checked by clocks only, time and queue are not checked"
                .into(),
        );
    }
    if case.history.is_table {
        let ends = case.ends.iter().flatten().count();
        let more = if ends < case.ends.len() {
            ", nor final clocks and conservation, which need END"
        } else {
            ""
        };
        report.unchecked(format!(
            "a table has no lines: STARTUP, CONNECT and the order of lines are not checked{more}"
        ));
    }
    Ok(())
}
