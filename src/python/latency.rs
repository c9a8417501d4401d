//! How long messages take, from Python.

use pyo3::prelude::*;

use crate::error::Result;
use crate::model::latency::Latency;

/// A latency: its kind and its parameters in seconds.
#[derive(FromPyObject)]
pub(super) struct Delay(String, Vec<f64>);

impl Delay {
    pub(super) fn build(self) -> Result<Latency> {
        Latency::named(&self.0, &self.1)
    }

    /// The latency, or no delay at all.
    pub(super) fn build_or_none(delay: Option<Self>) -> Result<Latency> {
        delay.map_or(Ok(Latency::Constant(0.0)), Self::build)
    }
}
