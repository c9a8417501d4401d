//! How long messages take, from Python.

use pyo3::prelude::*;

use crate::error::{Error, Result};
use crate::latency::Latency;

/// A latency: its kind and its parameters in seconds.
#[derive(FromPyObject)]
pub(super) struct Delay(String, Vec<f64>);

impl Delay {
    pub(super) fn build(self) -> Result<Latency> {
        let Self(kind, values) = self;
        let latency = match (kind.as_str(), values.as_slice()) {
            ("constant", &[seconds]) => Latency::Constant(seconds),
            ("uniform", &[low, high]) => Latency::Uniform(low, high),
            ("exponential", &[mean]) => Latency::Exponential(mean),
            ("log_normal", &[median, sigma]) => Latency::LogNormal { median, sigma },
            ("empirical", delays) => Latency::Empirical(delays.into()),
            _ => {
                return Err(Error::invalid(format!(
                    "a latency of kind {kind:?} with {} parameters is not known",
                    values.len()
                )));
            }
        };
        latency.checked()
    }

    /// The latency, or no delay at all.
    pub(super) fn build_or_none(delay: Option<Self>) -> Result<Latency> {
        delay.map_or(Ok(Latency::Constant(0.0)), Self::build)
    }
}
