//! What whoever runs a machine is warned of.

use crate::model::message::MachineId;

/// A warning. What is alike in all but its text is said once in a while.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Warning {
    /// What it is of.
    pub kind: &'static str,
    /// Whose doing it is: an address, or nothing where it is no one's.
    pub source: String,
    /// The machine that is named.
    pub about: Option<MachineId>,
    /// The warning in full.
    pub text: String,
}

impl Warning {
    /// A warning of something that is no one's doing.
    pub fn of(kind: &'static str, text: impl Into<String>) -> Self {
        Self {
            kind,
            source: String::new(),
            about: None,
            text: text.into(),
        }
    }

    /// It is the doing of whoever is at this address.
    #[must_use]
    pub fn from(self, source: &(impl ToString + ?Sized)) -> Self {
        Self {
            source: source.to_string(),
            ..self
        }
    }

    /// It names this machine.
    #[must_use]
    pub fn about(self, machine: MachineId) -> Self {
        Self {
            about: Some(machine),
            ..self
        }
    }
}
