//! What can go wrong in the world outside the program.

use std::io;

/// The one error of this crate.
///
/// Messages are lower-case, name the value and the place, and say what would
/// be right. Bugs panic instead.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An argument is outside what the model allows.
    #[error("{0}")]
    Invalid(String),
    /// The operating system refused something.
    #[error("{context}: {source}")]
    Io {
        /// What was tried, and on what.
        context: String,
        /// The system's own words.
        source: io::Error,
    },
    /// A file is not the log it should be.
    #[error("{file}:{line}: {message}")]
    Log {
        /// The file as it was named by the caller.
        file: String,
        /// The line, counted from 1.
        line: u64,
        /// What is wrong with the line and what would be right.
        message: String,
    },
    /// A machine cannot do what was asked of it in its present state.
    #[error("{0}")]
    State(String),
    /// A machine cannot do what its algorithm needs, or its algorithm failed.
    #[error("{0}")]
    Algorithm(#[from] Box<AlgorithmFault>),
    /// A handler was interrupted from outside; by what, if that is known.
    #[error("a handler was interrupted")]
    Interrupted(Option<ForeignError>),
}

/// An error of others.
pub type ForeignError = Box<dyn std::error::Error + Send + Sync>;

/// What is wrong with the algorithm of a machine.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct AlgorithmFault {
    /// All of it, in words.
    pub message: String,
    /// The machine.
    pub machine_id: u64,
    /// The seed of its draws.
    pub seed: u64,
    /// In which step a handler failed, if one did.
    pub step: Option<FailedStep>,
    /// The algorithm's own error, if there is one.
    pub cause: Option<ForeignError>,
}

/// The step in which a handler failed.
#[derive(Debug, Clone)]
pub struct FailedStep {
    /// When, in microseconds since the machine began to tick, if that is known.
    pub now: Option<i64>,
    /// The line of the machine's log that tells its event: file and number.
    pub place: String,
}

/// So much of a text of others that a message can show it.
pub(crate) fn clipped(text: &str) -> String {
    shortened(text, 60)
}

/// At most so many characters of a text, of which the last then says that there were more.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept = text.chars().take(most - 1);
    kept.chain(['…']).collect()
}

/// A result with this crate's error.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An argument outside what the model allows.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid(message.into())
    }

    /// A refusal of the operating system, with what was tried.
    pub fn io(context: impl Into<String>, source: io::Error) -> Self {
        Self::Io {
            context: context.into(),
            source,
        }
    }

    /// A line, counted from 1, that is not what the log `file` should hold there.
    pub fn log(file: impl Into<String>, line: u64, message: impl Into<String>) -> Self {
        Self::Log {
            file: file.into(),
            line,
            message: message.into(),
        }
    }

    /// Something is wrong with the algorithm of a machine with this seed.
    pub fn algorithm(
        (machine_id, seed): (u64, u64),
        words: &str,
        step: Option<FailedStep>,
        cause: Option<ForeignError>,
    ) -> Self {
        Self::Algorithm(Box::new(AlgorithmFault {
            message: format!("machine {machine_id}: {words}"),
            machine_id,
            seed,
            step,
            cause,
        }))
    }

    /// A request that does not fit the present state.
    pub fn state(message: impl Into<String>) -> Self {
        Self::State(message.into())
    }
}
