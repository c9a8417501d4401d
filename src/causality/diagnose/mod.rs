//! What a program does whose logs are no possible history: the usual mistakes, told by the traces that they leave.
//!
//! An explanation is what such a program may do. Each of its habits is found by counters of its own: what of the logs
//! it would explain, and what would speak against it. Then the logs are judged as if it were so, and an
//! explanation counts if that leaves nothing, or next to nothing, of what was wrong. Logs that break no rule have none.

mod chain;
mod clocks;
pub mod explanation;
mod habit;
mod moves;
mod queues;
mod rewritten;
mod sends;

use std::borrow::Cow;

use super::checkpoint::Checkpoint;
use super::verify::report::{Report, Rule};
use super::verify::{Options, verify};
use crate::error::Result;
use crate::log::history::History;
use crate::model::rules::{Receive, Rules, Stamp};
use clocks::Clocks;
use explanation::Explanation;
use habit::{Habit, is_next_to_nothing};
use moves::Moves;
use queues::Queues;

/// What judges found, and what a program may do that has such logs.
#[derive(Debug)]
pub struct Judged {
    /// What breaks which rule.
    pub report: Report,
    /// What the program may do, the simplest first; none if no rule is broken or nothing usual explains it.
    pub explanations: Vec<Explanation>,
}

/// Checks every rule, and says what the program may do if one is broken.
///
/// `go_on` is asked every few milliseconds; when it says no, it ends with an error.
pub fn judge(
    history: &History,
    options: &Options,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Judged> {
    let report = verify(history, options, go_on)?;
    let explanations = if report.is_ok() {
        Vec::new()
    } else {
        diagnose(history, options, &report, go_on)?
    };
    Ok(Judged {
        report,
        explanations,
    })
}

fn diagnose(
    history: &History,
    options: &Options,
    report: &Report,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Vec<Explanation>> {
    let rules = options.rules.as_ref().unwrap_or(&history.rules);
    let total = report.total();
    let lists = candidates(history, rules, go_on)?;
    let mut explained = |lists: &[Vec<Habit>]| {
        let mut explanations = Vec::new();
        for habits in lists {
            let rules = habit::rules(habits, rules);
            let options = Options {
                rules: Some(rules.clone()),
                ..options.clone()
            };
            let seen = rewritten::rewritten(history, habits, &rules);
            let rest = verify(&seen, &options, go_on)?;
            if is_next_to_nothing(rest.total(), total) {
                explanations.push(Explanation::new(habits, rules, total, rest));
            }
        }
        Ok(explanations)
    };
    let explanations = explained(&lists)?;
    let has_counts = report.counts[Rule::Count as usize] > 0;
    if explanations.is_empty() && has_counts {
        return explained(&without_jumps(&lists));
    }
    Ok(explanations)
}

/// Ways that no jump tells, as of machines that are as fast as each other: they only bring messages too early.
fn without_jumps(lists: &[Vec<Habit>]) -> Vec<Vec<Habit>> {
    let ways = [
        Habit::Stamp(Stamp::Before),
        Habit::Receive(Receive::MaxOfNext),
    ];
    let is_way = |habit: &Habit| matches!(habit, Habit::Stamp(_) | Habit::Receive(_));
    let others: Vec<&[Habit]> = if lists.is_empty() {
        vec![&[]]
    } else {
        let others = lists.iter().filter(|list| !list.iter().any(is_way));
        others.map(Vec::as_slice).collect()
    };
    others
        .iter()
        .flat_map(|list| ways.iter().map(|way| [list, &[*way][..]].concat()))
        .collect()
}

/// The habits that the logs show, each list an explanation; at least one that is not a rule already.
fn candidates(
    history: &History,
    rules: &Rules,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Vec<Vec<Habit>>> {
    let mut checkpoint = Checkpoint::of_verification(go_on);
    let checkpoint = &mut checkpoint;
    // What stands in the rows comes first: everything else is read from rows.
    let mut habits: Vec<Habit> = chain::multicast_rows(history, checkpoint)?
        .into_iter()
        .collect();
    let mut seen: Cow<'_, History> = rewritten::rewritten(history, &habits, rules);
    let moves = Moves::count(&seen, rules, checkpoint)?;
    if let Some(shift) = moves.shift() {
        habits.push(shift);
        seen = Cow::Owned(rewritten::rewritten(history, &habits, rules).into_owned());
    }
    let moves = Moves::count(&seen, rules, checkpoint)?;
    habits.extend(moves.start());
    habits.extend(moves.step());
    let rules = &habit::rules(&habits, rules);
    let mut lists = Vec::new();
    for clock in Clocks::count(&seen, rules, checkpoint)?.habits(rules) {
        let mut list = habits.clone();
        list.extend(clock);
        lists.push(list);
    }
    let queues = Queues::count(&seen, rules, checkpoint)?.habits();
    if !queues.is_empty() {
        let with = |queue: &Habit| {
            lists
                .iter()
                .map(|list| [&list[..], &[*queue]].concat())
                .collect::<Vec<_>>()
        };
        lists = queues.iter().flat_map(with).collect();
    }
    lists.retain(|list| !list.is_empty());
    Ok(lists)
}
