//! Which of several executions of a program is read.

/// Which of several executions is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Execution {
    /// The one of this number, from 1.
    Number(usize),
    /// The one of this name.
    Name(String),
}
