//! Whether logs are a possible history, and if not, which line breaks which rule.
//!
//! Every rule is a pass over the logs in their own order, linear in their length. A table is checked
//! as far as its columns go; what could not be checked is said.

mod addresses;
mod all_machines;
mod bodies;
mod bounds;
mod case;
mod clock_condition;
mod conservation;
mod count;
mod exactness;
mod fifo;
mod handled;
mod hosts;
mod jump;
mod limits;
mod matches;
pub mod membership;
mod offsets;
mod queue;
mod receipts;
pub mod report;
mod restamp;
mod schedule;
mod settings;
mod step;
mod structure;
mod survey;
mod time;
mod unlogged;
mod vague;
mod vector;

use super::checkpoint::Checkpoint;
use super::matching::{Completed, Matching};
use crate::error::{Error, Result};
use crate::log::history::History;
use crate::model::rules::Rules;
use all_machines::AllMachines;
use bounds::Bounds;
use case::{Case, NONE};
use hosts::Hosts;
use membership::Members;
use report::Report;
use survey::Survey;

/// What a caller decides.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// How far the clocks of two hosts may differ, in seconds, if that is known.
    pub clock_uncertainty: Option<f64>,
    /// Which machines take part, if that is known.
    pub members: Option<Members>,
    /// By what the logs are judged, if not by what they were read by.
    pub rules: Option<Rules>,
    /// Whether hosts' clocks are compared by whether any offsets have all messages in order.
    pub align: bool,
}

/// Checks every rule.
///
/// `go_on` is asked every few milliseconds; when it says no, it ends with an error.
pub fn verify(
    history: &History,
    options: &Options,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Report> {
    if let Some(seconds) = options.clock_uncertainty
        && !(0.0..=1e9).contains(&seconds)
    {
        return Err(Error::invalid(format!(
            "clock_uncertainty is {seconds} s: it lies between 0 and 1e9"
        )));
    }
    if history.columns.len() >= NONE as usize {
        return Err(Error::invalid(format!(
            "{} events are too many to verify at once: at most {} are",
            history.columns.len(),
            NONE - 1
        )));
    }
    let rules = options.rules.as_ref().unwrap_or(&history.rules);
    let restamped = restamp::restamped(history, rules);
    let history = restamped.as_ref().unwrap_or(history);
    let uncertainty = options.clock_uncertainty;
    let aligned = options
        .align
        .then(|| offsets::aligned(history, rules, uncertainty, go_on))
        .transpose()?;
    let mut report = Report::default();
    let mut checkpoint = Checkpoint::of_verification(go_on);
    let checkpoint = &mut checkpoint;
    let survey = Survey::new(history, rules, checkpoint)?;
    let named = survey::named(history);
    let evidence = survey.evidence(&history.columns, rules, named);
    let trace = survey.trace(&history.columns);
    let completed = match &evidence {
        Some(evidence) if !Completed::is_complete(&trace, rules) => {
            Completed::new(&trace, evidence, checkpoint)?
        }
        _ => Completed::as_logged(&trace),
    };
    let case = Case::new((history, rules), &survey, evidence.as_ref(), &completed);
    let hosts = match aligned {
        Some(_) => Hosts::new(&case, None).aligned(),
        None => Hosts::new(&case, options.clock_uncertainty),
    };
    report.received = case.received.iter().sum();
    limits::check(&case, &mut report, checkpoint)?;
    structure::check(&case, &mut report, checkpoint)?;
    addresses::check(&case, &mut report, checkpoint)?;
    if !history.is_computed {
        step::check(&case, &mut report, checkpoint)?;
    }
    let matching = Matching::new(&case, checkpoint)?;
    let matched = receipts::check(&case, &hosts, &matching, &mut report, checkpoint)?;
    let is_whole = unlogged::check(&case, &matching, &mut report, checkpoint)?;
    // Receipts are not needed from here on.
    let sends = matching.into_sends();
    let all = AllMachines::new(&case, membership::of_run(&case, options.members.as_ref()));
    if !history.is_computed {
        jump::check(&case, &all, &mut report, checkpoint)?;
        count::check(&case, &all, &sends, &mut report, checkpoint)?;
    }
    bodies::check(&case, &matched, &mut report, checkpoint)?;
    exactness::check(&case, &matched, &mut report, checkpoint)?;
    let bounds = is_whole.then(|| Bounds::new(&case, &hosts, &sends));
    queue::check(&case, bounds.as_ref(), &mut report, checkpoint)?;
    time::check(&case, &mut report, checkpoint)?;
    offsets::check(&case, aligned.as_ref(), &mut report);
    handled::check(&case, &mut report, checkpoint)?;
    schedule::check(&case, &mut report, checkpoint)?;
    settings::check(&case, &mut report, checkpoint)?;
    vector::check(&case, &matched, &mut report, checkpoint)?;
    membership::check(&case, options.members.as_ref(), &mut report, checkpoint)?;
    report.finish();
    Ok(report)
}
