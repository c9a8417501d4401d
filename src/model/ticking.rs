//! How the ticks of a machine lie in time.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// How the ticks of a machine lie in time, at whatever rate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ticking {
    /// As far from one to the next, always.
    #[default]
    Periodic,
    /// As a Poisson process: gaps are exponential, whatever came before.
    Poisson,
    /// Each later than a periodic one by up to this part of the time between two.
    Jitter(f64),
}

impl Ticking {
    /// The one called by a word.
    pub fn from_word(word: &str) -> Result<Self> {
        match word {
            "periodic" => Ok(Self::Periodic),
            "poisson" => Ok(Self::Poisson),
            _ => Err(Error::invalid(format!(
                "ticks is {word:?}: it is \"periodic\", \"poisson\" or lamport.Jitter(0.2)"
            ))),
        }
    }

    /// This one, if its number is one that it can have.
    pub fn checked(self) -> Result<Self> {
        match self {
            Self::Jitter(jitter) if !(0.0..1.0).contains(&jitter) => Err(Error::invalid(format!(
                "ticks: a jitter of {jitter}: it is a part of the time between two ticks, 0 to below 1"
            ))),
            // Nothing is added to any.
            Self::Jitter(0.0) => Ok(Self::Periodic),
            kept => Ok(kept),
        }
    }

    /// Whether it is the usual one.
    pub fn is_periodic(&self) -> bool {
        *self == Self::Periodic
    }

    /// In a word or two.
    pub fn in_words(self) -> String {
        match self {
            Self::Periodic => "periodic".into(),
            Self::Poisson => "poisson".into(),
            Self::Jitter(jitter) => format!("jitter {jitter}"),
        }
    }
}
