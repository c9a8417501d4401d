//! What is wrong with clocks on one plan.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use super::carry_out::{CarriedOut, carry_out};
use super::clock_stamp::Pickle;
use super::found::{ClockVerdict, Finding};
use super::maker::ClockMaker;
use super::raised::ClockStop;
use crate::causality::clock_check::growth::keeps_growing;
use crate::causality::clock_check::judge::Judgement;
use crate::causality::clock_check::plan::ClockPlan;

/// Holds clocks against plans.
pub(super) struct Examiner<'py> {
    pub(super) maker: ClockMaker<'py>,
    pub(super) pickle: Pickle<'py>,
    /// What is taken for the size of a stamp; None for its pickled length.
    pub(super) size: Option<Bound<'py, PyAny>>,
    pub(super) looked_at: LookedAt,
    /// Whether any clock asked what time it is.
    pub(super) reads_time: bool,
}

/// How much was looked at.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LookedAt {
    /// Stamps.
    pub(super) events: u64,
    /// Pairs of stamps.
    pub(super) pairs: u64,
    /// Runs in which sizes were looked at.
    pub(super) long_runs: u64,
    /// Runs that were made twice.
    pub(super) made_again: u64,
}

/// What is looked at beside the pairs of stamps.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Looking {
    /// Whether the sizes of stamps keep growing.
    pub(super) at_growth: bool,
    /// Whether the same plan makes the same stamps again.
    pub(super) again: bool,
}

impl<'py> Examiner<'py> {
    /// Everything that is wrong on this plan, one of each kind.
    pub(super) fn examine(
        &mut self,
        py: Python<'py>,
        plan: &ClockPlan,
        looking: Looking,
    ) -> PyResult<Vec<Finding<'py>>> {
        py.check_signals()?;
        let done = carry_out(py, plan, &self.maker, &self.pickle)?;
        self.reads_time |= done.reads_time;
        self.looked_at.events += done.stamps.len() as u64;
        let mut findings = Vec::new();
        let mut judgement = Judgement::default();
        let asked = judgement.ask(plan, done.stamps.len(), |a, b| done.before(a, b));
        self.looked_at.pairs += judgement.pairs;
        let by_pair = [
            (ClockVerdict::Sound, judgement.unsound),
            (ClockVerdict::Irreflexive, judgement.circular),
            (ClockVerdict::Complete, judgement.incomplete),
        ];
        for (verdict, pair) in by_pair {
            findings.extend(pair.map(|pair| Finding::of_pair(verdict, pair, &done)));
        }
        let mut stopped = vec![asked];
        stopped.push(self.changes(py, &done, &mut findings));
        // Stamps that comparing changes are not compared with those of another time.
        let is_mutated = |finding: &Finding<'_>| finding.verdict == ClockVerdict::Mutated;
        if looking.again && done.raised.is_none() && !findings.iter().any(is_mutated) {
            self.looked_at.made_again += 1;
            stopped.push(self.again(py, plan, &done, &mut findings)?);
        }
        if looking.at_growth && done.raised.is_none() {
            self.looked_at.long_runs += 1;
            stopped.push(self.growth(py, &done, &mut findings));
        }
        let CarriedOut {
            mut raised, copies, ..
        } = done;
        for stop in stopped.into_iter().filter_map(Result::err) {
            let more = stop.raised()?;
            raised.get_or_insert(more);
        }
        findings.extend(raised.map(|raised| Finding::of_raised(raised, copies)));
        Ok(findings)
    }

    /// The first stamp that is no longer what it was, or whose copy is not since it was compared.
    fn changes(
        &self,
        py: Python<'py>,
        done: &CarriedOut<'py>,
        findings: &mut Vec<Finding<'py>>,
    ) -> Result<(), ClockStop> {
        for (step, stamp) in done.stamps.iter().enumerate() {
            let changed = stamp
                .changed(&self.pickle)
                .map_err(|error| ClockStop::at(py, "pickle", error, Some(step), None))?;
            if let Some(now) = changed {
                findings.push(Finding::of_one(ClockVerdict::Mutated, step, done, now));
                return Ok(());
            }
        }
        for (step, stamp) in done.stamps.iter().enumerate() {
            let compared = stamp.became(&done.copies[step], &self.pickle);
            let pickled = |error| ClockStop::at(py, "pickle", error, Some(step), None);
            if let Some(now) = compared.map_err(pickled)? {
                let was = stamp.copy(&self.pickle).map_err(pickled)?;
                findings.push(Finding::of_compared(step, done, was, now));
                break;
            }
        }
        Ok(())
    }

    /// The first stamp that comes before that of the same step of the same plan made again, or after it.
    fn again(
        &self,
        py: Python<'py>,
        plan: &ClockPlan,
        done: &CarriedOut<'py>,
        findings: &mut Vec<Finding<'py>>,
    ) -> PyResult<Result<(), ClockStop>> {
        let again = carry_out(py, plan, &self.maker, &self.pickle)?;
        let differs = |step: usize| {
            let (one, other) = (&done.copies[step], &again.copies[step]);
            Ok(
                (done.says_before(one, other, step)? || done.says_before(other, one, step)?)
                    && !done.before(step, step)?,
            )
        };
        for step in 0..again.copies.len() {
            match differs(step) {
                Ok(false) => {}
                Ok(true) => {
                    let other = again.copies[step].clone();
                    findings.push(Finding::of_one(ClockVerdict::Repeatable, step, done, other));
                    break;
                }
                Err(stop) => return Ok(Err(stop)),
            }
        }
        Ok(again
            .raised
            .map_or(Ok(()), |raised| Err(ClockStop::Raised(raised))))
    }

    fn growth(
        &self,
        py: Python<'py>,
        done: &CarriedOut<'py>,
        findings: &mut Vec<Finding<'py>>,
    ) -> Result<(), ClockStop> {
        let mut sizes = Vec::with_capacity(done.stamps.len());
        for step in 0..done.stamps.len() {
            let size = self.size(done, step);
            sizes.push(size.map_err(|error| ClockStop::at(py, "size", error, Some(step), None))?);
        }
        if keeps_growing(&sizes) {
            findings.push(Finding::of_sizes(done, sizes));
        }
        Ok(())
    }

    fn size(&self, done: &CarriedOut<'py>, step: usize) -> PyResult<f64> {
        let Some(size) = &self.size else {
            return Ok(done.stamps[step].pickled_len(&self.pickle)? as f64);
        };
        let given = size.call1((&done.copies[step],))?;
        match given.extract::<f64>() {
            Ok(size) if size.is_finite() => Ok(size),
            _ => Err(PyTypeError::new_err(format!(
                "size(stamp) returned {}: it must be a finite number",
                given.repr()?
            ))),
        }
    }
}
