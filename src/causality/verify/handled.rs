//! What only machines with an algorithm log: sends follow from the event of their step, a timer is due, and the first
//! step is the start. Rules `structure` and `time`; that messages wait for no timer is in `queue.rs`.

use super::case::Case;
use super::report::{Report, Rule};
use crate::causality::checkpoint::Checkpoint;
use crate::error::Result;
use crate::log::history::{LogHistory, Mark};
use crate::log::prompt::Prompt;
use crate::model::rules::Receive;

pub(super) fn check(
    case: &Case<'_>,
    report: &mut Report,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<()> {
    let columns = case.columns;
    for (place, log) in case.logs().iter().enumerate() {
        let has_algorithm = log.has_algorithm();
        let has_prompts = || log.rows.clone().any(|row| columns.prompt(row).is_some());
        if has_algorithm
            || columns.caused[log.rows.clone()].contains(&true)
            || !columns.prompts.is_empty() && has_prompts()
        {
            let steps = StepRows {
                case,
                place,
                log,
                has_algorithm,
            };
            steps.check(report, checkpoint)?;
        }
    }
    Ok(())
}

/// The log of a machine with an algorithm.
struct StepRows<'a> {
    case: &'a Case<'a>,
    place: usize,
    log: &'a LogHistory,
    /// Whether a STARTUP says so.
    has_algorithm: bool,
}

impl StepRows<'_> {
    fn check(&self, report: &mut Report, checkpoint: &mut Checkpoint<'_>) -> Result<()> {
        let (case, log, columns) = (self.case, self.log, self.case.columns);
        let mut marks = log.marks.iter().peekable();
        let mut gaps = log.gaps.iter().peekable();
        // The first tick so far, and whether all before is there.
        let (mut first_tick, mut is_whole) = (None, case.covers[self.place].begins);
        for row in log.rows.clone() {
            checkpoint.row()?;
            let mut between = None;
            while let Some(mark) = marks.next_if(|mark| mark.row <= row) {
                between = Some(mark);
            }
            let mut follows = if row == log.rows.start {
                case.old(self.place, row) == Some(0)
            } else {
                self.follows(row)
            };
            while gaps.next_if(|lines| lines.row <= row).is_some() {
                follows = false;
            }
            is_whole &= follows;
            if columns.caused[row] {
                if row > log.rows.start && follows {
                    self.caused(row, between, report);
                } else if row == log.rows.start && is_whole {
                    self.add(
                        row,
                        "the event of its step before it",
                        "a caused SEND",
                        report,
                    );
                }
                continue;
            }
            if columns.is_manual(row) {
                continue;
            }
            if columns.event[row].sends() && self.has_algorithm {
                let expected = "\"caused\": true, or a SEND by hand: an algorithm sends in steps of other events";
                self.add(row, expected, "SEND", report);
            }
            match columns.prompt(row) {
                Some(Prompt::Start) => {
                    if let Some(first) = first_tick {
                        let first = case.at_row(self.place, first);
                        let expected = format!("no step before the start: one is at {first}");
                        self.add(row, &expected, "the start of the algorithm", report);
                    }
                }
                prompt => {
                    if first_tick.is_none() && is_whole && self.has_algorithm {
                        let found = case.kind(row);
                        self.add(row, "\"start\": true at the first step", found, report);
                    }
                    if let Some(Prompt::Timer { name, due }) = prompt {
                        self.timer(row, name, *due as f64, report);
                    }
                }
            }
            first_tick = first_tick.or(Some(row));
        }
        Ok(())
    }

    /// Whether the row before is that of the event before, as far as clocks tell.
    fn follows(&self, row: usize) -> bool {
        let before = self.case.columns.new_clock[row - 1];
        self.case.rules.receive != Receive::Max && self.case.old(self.place, row) == Some(before)
    }

    /// Checks a caused SEND, whose event before is there.
    fn caused(&self, row: usize, between: Option<&Mark>, report: &mut Report) {
        let (case, columns) = (self.case, self.case.columns);
        let before = row - 1;
        let at = case.at_row(self.place, before);
        if let Some(mark) = between {
            let expected = format!("no line between a caused SEND and its step at {at}");
            let found = format!("one at {}", case.at(self.place, mark.line));
            self.add(row, &expected, &found, report);
        }
        let kind = columns.event[before];
        let is_of_step = columns.caused[before]
            || kind.receives()
            || !kind.sends() && !columns.is_manual(before);
        let times = &columns.system_time;
        if !is_of_step {
            let expected = "the event of its step before it, or another SEND of that step";
            let by_hand = if columns.is_manual(before) {
                " by hand"
            } else {
                ""
            };
            let found = format!("a caused SEND after {}{by_hand} at {at}", case.kind(before));
            self.add(row, expected, &found, report);
        } else if case.history.has_times && times[row].to_bits() != times[before].to_bits() {
            let expected = format!(
                "system_time {:.6}, that of its step at {at}",
                times[before] / 1e6
            );
            let found = format!("system_time {:.6}", times[row] / 1e6);
            self.add(row, &expected, &found, report);
        }
    }

    /// Checks that a timer is due.
    fn timer(&self, row: usize, name: &str, due: f64, report: &mut Report) {
        let (case, place) = (self.case, self.place);
        if !case.history.has_times {
            return;
        }
        report.checked(Rule::Time, 1);
        let time = case.columns.system_time[row];
        if due > time + case.resolutions[place].any() {
            report.add(Rule::Time, || {
                let due = due / 1e6;
                let expected = format!("a time from {due:.6} on, when timer {name:?} is due");
                let found = format!("{:.6}", time / 1e6);
                case.event(Rule::Time, place, row, expected, found)
            });
        }
    }

    fn add(&self, row: usize, expected: &str, found: &str, report: &mut Report) {
        let rule = Rule::Structure;
        report.add(rule, || {
            let case = self.case;
            case.event(rule, self.place, row, expected.to_owned(), found.to_owned())
        });
    }
}
