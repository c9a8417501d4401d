//! Rates and ticks of machines, as people pass them.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyString};

use crate::error::Result;
use crate::model::rate_steps::RateSteps;
use crate::model::ticking::Ticking;
use crate::setting::check_rate;

/// A rate, or rates that change: `lamport.Steps`, or its pairs.
pub(super) enum RateArgument {
    One(f64),
    Steps(Vec<(f64, f64)>),
}

impl<'py> FromPyObject<'_, 'py> for RateArgument {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(rate) = object.extract::<f64>() {
            return Ok(Self::One(rate));
        }
        let pairs = match object.getattr_opt("steps")? {
            Some(steps) => steps,
            None => object.to_owned(),
        };
        let pairs: Vec<[f64; 2]> = pairs.extract().map_err(|_| {
            PyValueError::new_err(format!(
                "{} is no rate: give ticks per second, or lamport.Steps([(0, 2), (30, 6)])",
                object.as_any()
            ))
        })?;
        let pairs = pairs.into_iter().map(|[time, rate]| (time, rate));
        Ok(Self::Steps(pairs.collect()))
    }
}

impl RateArgument {
    /// Checks that a machine can have it.
    pub(super) fn check(&self) -> Result<()> {
        match self {
            Self::One(rate) => check_rate(*rate).map(drop),
            Self::Steps(pairs) => RateSteps::new(pairs).map(drop),
        }
    }
}

/// How ticks lie in time: a word, `lamport.Jitter`, or what `run.json` has for it.
#[derive(Default)]
pub(super) struct TicksArgument(pub(super) Ticking);

impl<'py> FromPyObject<'_, 'py> for TicksArgument {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(word) = object.cast::<PyString>() {
            return Ok(Self(Ticking::from_word(&word.to_cow()?)?));
        }
        let jitter = match object.getattr_opt("jitter")? {
            Some(jitter) => Ok(jitter),
            None => object.get_item("jitter"),
        };
        let jitter = jitter.and_then(|jitter| jitter.cast_into::<PyFloat>()?.extract());
        let jitter: f64 = jitter.map_err(|_: PyErr| {
            PyValueError::new_err(format!(
                "ticks={}: give \"periodic\", \"poisson\" or lamport.Jitter(0.2)",
                object.as_any()
            ))
        })?;
        Ok(Self(Ticking::Jitter(jitter).checked()?))
    }
}
