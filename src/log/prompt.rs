//! Why a machine with an algorithm steps, where no message says so.

use std::sync::Arc;

use crate::model::message::Micros;

/// Why there was a step, if for no message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prompt {
    /// It is the first of the machine's life.
    Start,
    /// A timer was due.
    Timer {
        /// Its name.
        name: Arc<str>,
        /// When it was due.
        due: Micros,
    },
}
