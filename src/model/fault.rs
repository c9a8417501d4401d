//! Faults as data: what is done to machines and links, and when.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::model::latency::Latency;
use crate::model::message::{MachineId, Nanos};
use crate::setting::MAX_DURATION;

/// One fault. All times are seconds; `at` counts from the start of ticking.
///
/// As JSON each is an object with the fault's name in `fault`:
/// `{"fault": "crash", "machine_id": 1, "at": 10, "down_for": 5}`. The names that `machine_id`, `sender` and
/// `recipient` had before are read too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// The machine dies, and comes back with its log.
    Crash {
        /// Which.
        #[serde(alias = "machine")]
        machine_id: MachineId,
        /// When.
        at: f64,
        /// Until it comes back; for good if `None`.
        down_for: Option<f64>,
    },
    /// The machine stands still: it neither ticks nor sends nor takes messages.
    Pause {
        /// Which.
        #[serde(alias = "machine")]
        machine_id: MachineId,
        /// When.
        at: f64,
        /// For how long.
        duration: f64,
    },
    /// Messages between some machines do not get through, and wait.
    Partition {
        /// Who is cut off from whom.
        #[serde(flatten)]
        sides: Sides,
        /// When.
        at: f64,
        /// For how long.
        duration: f64,
    },
    /// Messages take longer.
    Delay {
        /// Who sends them.
        #[serde(alias = "src")]
        sender: MachineId,
        /// Who gets them.
        #[serde(alias = "dst")]
        recipient: MachineId,
        /// What is added to their delay.
        latency: Latency,
        /// When.
        at: f64,
        /// For how long.
        duration: f64,
    },
    /// A connection breaks; it is made again at once.
    Disconnect {
        /// Who sends on it.
        #[serde(alias = "src")]
        sender: MachineId,
        /// Who receives on it.
        #[serde(alias = "dst")]
        recipient: MachineId,
        /// When.
        at: f64,
    },
}

/// Who is cut off from whom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sides {
    /// Machines of different groups; those in none form one more.
    Groups(Vec<Vec<MachineId>>),
    /// Messages from the first of each pair to the second.
    Pairs(Vec<(MachineId, MachineId)>),
}

/// From a time on, up to but not at another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Its first moment.
    pub from: Nanos,
    /// The moment after its last; [`Nanos::MAX`] if it never ends.
    pub until: Nanos,
}

impl Span {
    /// Whether `time` is in it.
    pub fn contains(self, time: Nanos) -> bool {
        self.from <= time && time < self.until
    }
}

impl Fault {
    /// Reads a JSON array of faults.
    pub fn list(json: &str) -> Result<Vec<Self>> {
        serde_json::from_str(json).map_err(|error| {
            Error::invalid(format!(
                "the faults are not a list of crash, pause, partition, delay and disconnect: {error}"
            ))
        })
    }

    /// When it holds, if its times are possible ones.
    pub fn span(&self) -> Result<Span> {
        let (at, length) = match *self {
            Self::Crash { at, down_for, .. } => (at, down_for),
            Self::Pause { at, duration, .. }
            | Self::Partition { at, duration, .. }
            | Self::Delay { at, duration, .. } => (at, Some(duration)),
            Self::Disconnect { at, .. } => (at, Some(0.0)),
        };
        let from = self.nanos("at", at)?;
        let until = match length {
            Some(length) => from + self.nanos("its length", length)?,
            None => Nanos::MAX,
        };
        if from == until && !matches!(self, Self::Disconnect { .. }) {
            return Err(Error::invalid(format!("{self}: it has no length")));
        }
        Ok(Span { from, until })
    }

    fn nanos(&self, name: &str, seconds: f64) -> Result<Nanos> {
        if seconds.is_finite() && (0.0..=MAX_DURATION).contains(&seconds) {
            return Ok((seconds * 1e9).round() as Nanos);
        }
        Err(Error::invalid(format!(
            "{self}: {name} is {seconds}, it must be a number of seconds from 0 to {MAX_DURATION:e}"
        )))
    }

    /// The machines that it names.
    pub fn machines(&self) -> Vec<MachineId> {
        match self {
            Self::Crash { machine_id, .. } | Self::Pause { machine_id, .. } => vec![*machine_id],
            Self::Partition { sides, .. } => match sides {
                Sides::Groups(groups) => groups.concat(),
                Sides::Pairs(pairs) => pairs.iter().flat_map(|&(a, b)| [a, b]).collect(),
            },
            Self::Delay {
                sender, recipient, ..
            }
            | Self::Disconnect {
                sender, recipient, ..
            } => vec![*sender, *recipient],
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Crash { machine_id, at, .. } => {
                write!(f, "the crash of machine {machine_id} at {at} s")
            }
            Self::Pause { machine_id, at, .. } => {
                write!(f, "the pause of machine {machine_id} at {at} s")
            }
            Self::Partition { at, .. } => write!(f, "the partition at {at} s"),
            Self::Delay {
                sender,
                recipient,
                at,
                ..
            } => {
                write!(f, "the delay from {sender} to {recipient} at {at} s")
            }
            Self::Disconnect {
                sender,
                recipient,
                at,
            } => {
                write!(f, "the disconnect from {sender} to {recipient} at {at} s")
            }
        }
    }
}
