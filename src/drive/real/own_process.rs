//! What belongs to the process that made it.

use std::process;

use crate::error::{Error, Result};

/// A value of the process that made it.
///
/// A forked child has its memory, but neither its threads nor its log and ports for itself: what it
/// did there would wait for ever, or write into its parent's log. So it cannot get at the value, and
/// dropping it does nothing there: the memory goes with the child.
#[derive(Debug)]
pub struct OwnProcess<T> {
    process: u32,
    /// What it is, for errors.
    name: String,
    /// None only while it is dropped.
    value: Option<T>,
}

impl<T> OwnProcess<T> {
    /// A value of this process; `name` is what errors call it.
    pub fn new(name: String, value: T) -> Self {
        Self {
            process: process::id(),
            name,
            value: Some(value),
        }
    }

    /// Whether this is the process that made it.
    pub fn is_here(&self) -> bool {
        self.process == process::id()
    }

    /// The value, in the process that made it.
    pub fn get(&self) -> Result<&T> {
        if self.is_here() {
            return Ok(self.anywhere());
        }
        Err(Error::state(format!(
            "{} belongs to process {}, which made it, and this is process {}, forked from it: \
             make one where it is to be used",
            self.name,
            self.process,
            process::id()
        )))
    }

    /// The value, for what never changes of it.
    pub fn anywhere(&self) -> &T {
        self.value.as_ref().expect("only drop takes it")
    }
}

impl<T> Drop for OwnProcess<T> {
    fn drop(&mut self) {
        if !self.is_here() {
            std::mem::forget(self.value.take());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn elsewhere_it_is_neither_given_nor_dropped() {
        let value = Arc::new(5);
        let mut owned = OwnProcess::new("machine 1".into(), value.clone());
        assert_eq!(**owned.get().unwrap(), 5);
        drop(OwnProcess::new("machine 1".into(), value.clone()));
        assert_eq!(Arc::strong_count(&value), 2);
        owned.process += 1;
        let error = owned.get().unwrap_err().to_string();
        let words = format!(
            "machine 1 belongs to process {}, which made it",
            owned.process
        );
        assert!(error.starts_with(&words), "{error}");
        drop(owned);
        assert_eq!(Arc::strong_count(&value), 2);
    }
}
