//! A plan, carried out by clocks.

use pyo3::exceptions::{PyAttributeError, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::pyclass::CompareOp;

use super::clock_stamp::{ClockStamp, Pickle};
use super::maker::{ClockMaker, MadeClocks};
use super::raised::{ClockRaised, ClockStop};
use crate::causality::clock_check::plan::{ClockPlan, Deed, PlanStep};

/// What clocks said of a plan, up to where one raised something.
pub(super) struct CarriedOut<'py> {
    pub(super) stamps: Vec<ClockStamp<'py>>,
    /// A copy of each, which is compared with others.
    pub(super) copies: Vec<Bound<'py, PyAny>>,
    pub(super) raised: Option<ClockRaised>,
    /// Whether a clock asked what time it is.
    pub(super) reads_time: bool,
    before: Option<Bound<'py, PyAny>>,
}

/// Carries out a plan with new clocks.
pub(super) fn carry_out<'py>(
    py: Python<'py>,
    plan: &ClockPlan,
    maker: &ClockMaker<'py>,
    pickle: &Pickle<'py>,
) -> PyResult<CarriedOut<'py>> {
    let mut done = CarriedOut {
        stamps: Vec::with_capacity(plan.steps.len()),
        copies: Vec::with_capacity(plan.steps.len()),
        raised: None,
        reads_time: false,
        before: None,
    };
    match maker.make(py, plan) {
        Ok(made) => {
            if let Err(stop) = done.take_steps(py, plan, &made, pickle) {
                done.raised = Some(stop.raised()?);
            }
            done.reads_time = made.now.iter().any(|now| now.get().was_asked());
        }
        Err(stop) => done.raised = Some(stop.raised()?),
    }
    Ok(done)
}

impl<'py> CarriedOut<'py> {
    fn take_steps(
        &mut self,
        py: Python<'py>,
        plan: &ClockPlan,
        made: &MadeClocks<'py>,
        pickle: &Pickle<'py>,
    ) -> Result<(), ClockStop> {
        if let Some(clock) = made.clocks.first() {
            let before = clock.getattr_opt(intern!(py, "before"));
            self.before = before.map_err(|error| ClockStop::at(py, "before", error, None, None))?;
        }
        for (place, step) in plan.steps.iter().enumerate() {
            let machine = step.machine as usize;
            made.now[machine].get().set(step.now);
            let raised =
                |doing, error| ClockStop::at(py, doing, error, Some(place), Some(step.machine));
            let returned = self.take_step(&made.clocks[machine], step, pickle, &raised)?;
            let stamp = if returned.is_none() {
                own_stamp(&made.clocks[machine]).map_err(|error| raised("stamp", error))?
            } else {
                returned
            };
            let stamp = ClockStamp::new(stamp, pickle).map_err(|error| raised("pickle", error))?;
            let copy = stamp.copy(pickle);
            self.copies
                .push(copy.map_err(|error| raised("unpickle", error))?);
            self.stamps.push(stamp);
        }
        Ok(())
    }

    fn take_step(
        &self,
        clock: &Bound<'py, PyAny>,
        step: &PlanStep,
        pickle: &Pickle<'py>,
        raised: &dyn Fn(&'static str, PyErr) -> ClockStop,
    ) -> Result<Bound<'py, PyAny>, ClockStop> {
        let py = clock.py();
        match step.deed {
            Deed::Tick => {
                let returned = clock.call_method0(intern!(py, "tick"));
                returned.map_err(|error| raised("tick", error))
            }
            Deed::Send => {
                let returned = clock.call_method0(intern!(py, "send"));
                returned.map_err(|error| raised("send", error))
            }
            Deed::Receive(sent) => {
                let copy = self.stamps[sent].copy(pickle);
                let copy = copy.map_err(|error| raised("unpickle", error))?;
                let returned = clock.call_method1(intern!(py, "receive"), (copy,));
                returned.map_err(|error| raised("receive", error))
            }
        }
    }

    /// Whether the clock says that the stamp of one step is before that of another.
    pub(super) fn before(&self, a: usize, b: usize) -> Result<bool, ClockStop> {
        self.says_before(&self.copies[a], &self.copies[b], b)
    }

    /// Whether the clock says that one stamp is before another; what it raises is of this step.
    pub(super) fn says_before(
        &self,
        a: &Bound<'py, PyAny>,
        b: &Bound<'py, PyAny>,
        step: usize,
    ) -> Result<bool, ClockStop> {
        let py = a.py();
        let said = match &self.before {
            Some(before) => before.call1((a, b)),
            None => a.rich_compare(b, CompareOp::Lt),
        };
        let read = said.and_then(|said| {
            said.extract::<bool>().map_err(|_| {
                let name = if self.before.is_some() {
                    "before(a, b)"
                } else {
                    "a < b"
                };
                let class = said
                    .get_type()
                    .name()
                    .map_or_else(|_| "?".to_owned(), |name| name.to_string());
                PyTypeError::new_err(format!(
                    "{name} of two stamps gave an object of class {class}: it must be True or False"
                ))
            })
        });
        read.map_err(|error| ClockStop::at(py, "before", error, Some(step), None))
    }
}

/// What the clock has as its stamp.
fn own_stamp<'py>(clock: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = clock.py();
    let wrong = |why: &str| {
        PyTypeError::new_err(format!(
            "it returned None, and {why}: return the stamp of the event, or have it as the property stamp"
        ))
    };
    let stamp = match clock.getattr(intern!(py, "stamp")) {
        Err(error) if error.is_instance_of::<PyAttributeError>(py) => {
            let told = wrong("the clock has no stamp");
            told.set_cause(py, Some(error));
            return Err(told);
        }
        other => other?,
    };
    if stamp.is_none() {
        return Err(wrong("the stamp of the clock is None"));
    }
    if stamp.is_callable() {
        return Err(wrong("stamp is a method and no property"));
    }
    Ok(stamp)
}
