//! A part of a clean run is judged: nothing that shipped code says of it may be wrong.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::answers;
use crate::chance::Chance;
use crate::common::Scratch;
use crate::part::{Left, Part, PartLog};
use crate::trial::Figures;
use crate::truth::Truth;
use crate::whole::{VECTOR, Whole};
use lamport::causality::verify::membership::Members;
use lamport::causality::verify::report::{Report, Rule, Violation};
use lamport::causality::verify::{Options, verify};
use lamport::log::history::History;
use lamport::log::logs::Logs;
use lamport::log::read::reader::{read_history, read_logs};

/// What is wrong with a part, if anything is.
pub(crate) fn judge(
    whole: &Whole,
    truth: &Truth,
    part: &Part,
    seed: u64,
    figures: &mut Figures,
) -> Result<(), String> {
    verdict(whole, part, seed, figures)?;
    let mut chance = Chance::new(seed, 3);
    if part.has_times && part.is_readable() && !part.logs.is_empty() {
        let scratch = Scratch::new();
        let paths = write(part, &scratch);
        // Tables refuse lines that cannot be read.
        if let Ok(mut logs) = read_logs(&paths, &BTreeMap::new(), &mut || true) {
            logs.rules = part.rules(whole);
            answers(whole, truth, part, &logs, (&mut chance, figures))
                .map_err(|text| format!("logs: {text}"))?;
        }
    }
    match part.table(&part.rules(whole)) {
        Ok(logs) if part.is_table() => answers(whole, truth, part, &logs, (&mut chance, figures))
            .map_err(|text| format!("table: {text}")),
        _ => Ok(()),
    }
}

/// What tables say of a part.
fn answers(
    whole: &Whole,
    truth: &Truth,
    part: &Part,
    logs: &Logs,
    (chance, figures): (&mut Chance, &mut Figures),
) -> Result<(), String> {
    answers::matches(logs, part, whole, figures)?;
    answers::causality(logs, part, truth, chance, figures)
}

/// What a part is accused of, if it is of anything: as logs, and as a table.
pub(crate) fn verdict(
    whole: &Whole,
    part: &Part,
    seed: u64,
    figures: &mut Figures,
) -> Result<(), String> {
    if part.logs.is_empty() {
        return Ok(());
    }
    let mut chance = Chance::new(seed, 5);
    let options = Options {
        clock_uncertainty: chance.percent(50).then_some(whole.skew),
        members: chance.percent(50).then(|| Members {
            topology: whole.topology.clone(),
            run_id: None,
        }),
        rules: Some(part.rules(whole)),
        align: chance.percent(40),
    };
    if part.has_times && part.is_readable() {
        let scratch = Scratch::new();
        match read_history(&write(part, &scratch), &BTreeMap::new(), &mut || true) {
            Ok(history) => {
                let report = verify(&history, &options, &mut || true).unwrap();
                clean(&report, part, figures).map_err(|text| format!("logs: {text}"))?;
            }
            Err(error) => figures.refuse(&error.to_string()),
        }
    }
    if !part.is_table() {
        return Ok(());
    }
    match part.table(&part.rules(whole)) {
        Ok(mut logs) => {
            let columns = std::mem::take(&mut logs.columns);
            let history = History::of_table(columns, &logs);
            let report = verify(&history, &options, &mut || true).unwrap();
            clean(&report, part, figures).map_err(|text| format!("table: {text}"))
        }
        Err(error) => {
            figures.refuse(&error.to_string());
            Ok(())
        }
    }
}

pub(crate) fn write(part: &Part, scratch: &Scratch) -> Vec<PathBuf> {
    let file = |log: &PartLog| {
        let path = scratch.0.join(format!("machine_{}.log", log.log + 1));
        let mut text = String::new();
        for line in &log.lines {
            match line {
                Left::Line(_, fields) => {
                    let mut fields = fields.clone();
                    fields.remove(VECTOR);
                    text += &serde_json::to_string(&fields).unwrap();
                }
                Left::Unreadable => text += "{\"event\": \"REC",
            }
            text.push('\n');
        }
        fs::write(&path, text).unwrap();
        path
    };
    part.logs.iter().map(file).collect()
}

/// Nothing is accused but what shows that lines are missing: a line that cannot be read, and the first after a hole.
fn clean(report: &Report, part: &Part, figures: &mut Figures) -> Result<(), String> {
    figures.verified += 1;
    for (total, &checked) in figures.checked.iter_mut().zip(&report.checked) {
        *total += checked;
    }
    for violation in &report.violations {
        let log = part
            .logs
            .iter()
            .find(|log| log.log + 1 == violation.machine_id as usize);
        if log.is_some_and(|log| log.shows_what_is_missing(violation)) {
            continue;
        }
        return Err(format!(
            "{} at {}:{} of machine {}: {} expected, {} found",
            violation.rule.name(),
            violation.file.rsplit('/').next().unwrap_or_default(),
            violation.line,
            violation.machine_id,
            violation.expected,
            violation.found
        ));
    }
    Ok(())
}

impl PartLog {
    /// Whether a violation is only that lines are missing, where they are.
    fn shows_what_is_missing(&self, violation: &Violation) -> bool {
        let is_table = violation.file.is_empty();
        let place = if is_table {
            // Rows are found by their clocks.
            let clock = violation.clock.map(|clock| clock as i64);
            self.lines
                .iter()
                .position(|line| line.clock().is_some() && line.clock() == clock)
        } else {
            Some(violation.line as usize - 1)
        };
        let Some(at) = place else { return false };
        // The first line after what is missing that tells a clock.
        let is_first = |hole: usize| {
            hole <= at
                && self.lines[hole..at]
                    .iter()
                    .all(|line| line.clock().is_none())
        };
        let unreadable = |at: usize| matches!(self.lines[at], Left::Unreadable);
        match violation.rule {
            Rule::Structure => {
                !is_table && (self.holes.iter().copied().any(is_first) || unreadable(at))
            }
            Rule::Step => {
                let missing = (0..at).filter(|&before| is_table && unreadable(before));
                self.holes.iter().copied().chain(missing).any(is_first)
            }
            _ => false,
        }
    }
}

impl Left {
    fn clock(&self) -> Option<i64> {
        match self {
            Self::Line(_, fields) => fields.get("new_clock").and_then(serde_json::Value::as_i64),
            Self::Unreadable => None,
        }
    }
}
