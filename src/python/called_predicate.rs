//! A callable of Python that is asked about cuts.

use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyList, PyTuple};

use crate::causality::cuts::CutRange;

/// So many states of a machine are made at once.
const AT_ONCE: u32 = 1024;
/// Calls between two looks for Ctrl-C, where the callable is none of Python's own.
const LOOK: u32 = 1024;

/// A callable of the states of all machines.
pub(super) struct CalledPredicate<'py> {
    holds: Bound<'py, PyAny>,
    make: Bound<'py, PyAny>,
    last: Vec<u32>,
    /// By machine, the number of the first event that is made.
    from: Vec<u32>,
    states: Vec<Vec<Bound<'py, PyAny>>>,
    calls: u32,
}

/// What went wrong with a cut.
pub(super) enum CallError {
    /// The callable raised this, or Ctrl-C came.
    Raised(PyErr),
    /// It returned something else than a truth value.
    NoTruth(String, Option<PyErr>),
}

impl From<PyErr> for CallError {
    fn from(error: PyErr) -> Self {
        Self::Raised(error)
    }
}

impl CallError {
    /// The error, which tells the cut.
    pub(super) fn at<'a>(
        self,
        py: Python<'_>,
        clocks: impl Iterator<Item = (&'a u64, i64)>,
    ) -> PyErr {
        let clocks: Vec<String> = clocks.map(|(id, clock)| format!("{id}: {clock}")).collect();
        let cut = format!("{{{}}}", clocks.join(", "));
        match self {
            Self::Raised(error) => {
                if error.is_instance_of::<PyException>(py) {
                    let note = format!("the predicate was asked about the consistent cut {cut}");
                    // An error that takes no notes is told without.
                    let _ = error.value(py).call_method1("add_note", (note,));
                }
                error
            }
            Self::NoTruth(returned, cause) => {
                let error = PyValueError::new_err(format!(
                    "the predicate returned {returned} for the consistent cut {cut}: it must return True or False; the state of a machine is None before its first event"
                ));
                error.set_cause(py, cause);
                error
            }
        }
    }
}

impl<'py> CalledPredicate<'py> {
    pub(super) fn new(holds: Bound<'py, PyAny>, make: Bound<'py, PyAny>, range: &CutRange) -> Self {
        Self {
            holds,
            make,
            last: range.last.clone(),
            from: range.first.iter().map(|&first| first.max(1)).collect(),
            states: vec![Vec::new(); range.first.len()],
            calls: 0,
        }
    }

    /// Whether it is true of a cut.
    pub(super) fn holds(&mut self, cut: &[u32]) -> Result<bool, CallError> {
        let py = self.holds.py();
        self.calls += 1;
        if self.calls == LOOK {
            self.calls = 0;
            py.check_signals()?;
        }
        for (place, &count) in cut.iter().enumerate() {
            if count >= self.from[place] + self.states[place].len() as u32 {
                self.make_up_to(place, count)?;
            }
        }
        let none = py.None().into_bound(py);
        let states = cut.iter().enumerate().map(|(place, &count)| match count {
            0 => &none,
            _ => &self.states[place][(count - self.from[place]) as usize],
        });
        let found = self.holds.call1(PyTuple::new(py, states)?)?;
        if let Ok(truth) = found.cast::<PyBool>() {
            return Ok(truth.is_true());
        }
        let is_nan = || found.extract::<f64>().is_ok_and(f64::is_nan);
        if found.is_none() || is_nan() {
            return Err(CallError::NoTruth(shown(&found), None));
        }
        found
            .is_truthy()
            .map_err(|error| CallError::NoTruth(shown(&found), Some(error)))
    }

    /// Makes the states of a machine up to an event.
    #[cold]
    fn make_up_to(&mut self, place: usize, count: u32) -> PyResult<()> {
        let states = &mut self.states[place];
        loop {
            let next = self.from[place] + states.len() as u32;
            if count < next {
                return Ok(());
            }
            let most = AT_ONCE.min(self.last[place] + 1 - next);
            let made = self.make.call1((place, next, most))?;
            let made = made.cast_into::<PyList>()?;
            if made.len() != most as usize {
                return Err(PyValueError::new_err(format!(
                    "{} states were made instead of {most}",
                    made.len()
                )));
            }
            states.extend(made.iter());
        }
    }
}

/// What was returned, in few words.
fn shown(found: &Bound<'_, PyAny>) -> String {
    let text = found
        .repr()
        .map(|text| text.to_string())
        .unwrap_or_default();
    let kind = found.get_type().name();
    let kind = kind.map(|name| name.to_string()).unwrap_or_default();
    let is_short = text.len() <= 60 && !text.contains('\n');
    if is_short { text } else { format!("a {kind}") }
}
