//! What a message says where it is received, against what its SEND says. Part of rule `match`.

use serde_json::Value;

use super::case::{Case, NONE};
use super::report::{Report, Rule};
use crate::causality::checkpoint::Checkpoint;
use crate::error::{Result, clipped};
use crate::log::history::LogHistory;
use crate::model::body::Body;

/// Compares messages between machines that both have an algorithm: others may log what they like.
pub(super) fn check(
    case: &Case<'_>,
    matched: &[u32],
    report: &mut Report,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<()> {
    let bodies = &case.columns.bodies;
    if bodies.is_empty() {
        return Ok(());
    }
    let logs = case.logs();
    let has_algorithm: Vec<bool> = logs.iter().map(LogHistory::has_algorithm).collect();
    for (place, log) in logs
        .iter()
        .enumerate()
        .filter(|&(place, _)| has_algorithm[place])
    {
        for row in log.rows.clone() {
            checkpoint.row()?;
            let send = matched[row];
            if send == NONE || says_the_same(&bodies[row], &bodies[send as usize]) {
                continue;
            }
            let send = send as usize;
            let sender = logs.partition_point(|log| log.rows.end <= send);
            if has_algorithm[sender] {
                report.add(Rule::Match, || {
                    let at = case.at_row(sender, send);
                    let expected = format!("the body {}, as sent at {at}", shown(&bodies[send]));
                    let found = format!("the body {}", shown(&bodies[row]));
                    case.event(Rule::Match, place, row, expected, found)
                });
            }
        }
    }
    Ok(())
}

/// Whether two texts mean one value; that of another program may have other spaces.
fn says_the_same(one: &Body, other: &Body) -> bool {
    let value = |body: &Body| -> Option<Value> {
        body.as_deref()
            .map_or(Some(Value::Null), |text| serde_json::from_str(text).ok())
    };
    one == other || value(one).is_some_and(|one| Some(one) == value(other))
}

fn shown(body: &Body) -> String {
    clipped(body.as_deref().unwrap_or("null"))
}
