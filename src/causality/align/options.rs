//! What is known of clocks and channels.

use crate::error::{Error, Result};

/// What is known of clocks and channels.
#[derive(Debug, Clone)]
pub struct AlignOptions {
    /// How long every message takes at least, in seconds.
    pub minimum_delay: f64,
    /// By how much of a second a clock may go wrong in a second.
    pub max_drift: f64,
    /// By how much later than it left a SEND may be logged by other programs, in seconds.
    pub clock_uncertainty: f64,
}

impl Default for AlignOptions {
    fn default() -> Self {
        Self {
            minimum_delay: 0.0,
            max_drift: 1e-4,
            clock_uncertainty: 0.0,
        }
    }
}

impl AlignOptions {
    pub(super) fn check(&self) -> Result<()> {
        for (name, value, most) in [
            ("minimum_delay", self.minimum_delay, 1e9),
            ("max_drift", self.max_drift, 0.5),
            ("clock_uncertainty", self.clock_uncertainty, 1e9),
        ] {
            if !(0.0..=most).contains(&value) {
                return Err(Error::invalid(format!(
                    "{name} is {value}: it lies between 0 and {most:e}"
                )));
            }
        }
        Ok(())
    }
}
