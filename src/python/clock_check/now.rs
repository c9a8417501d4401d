//! The physical clock of a machine, as its logical clock asks it.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use pyo3::prelude::*;

/// A machine's physical clock: called, it reads it, in whole ns.
#[pyclass(frozen, name = "Now", module = "lamport")]
pub(super) struct Now {
    reading: AtomicI64,
    was_asked: AtomicBool,
}

impl Now {
    pub(super) fn new(reading: i64) -> Self {
        Self {
            reading: AtomicI64::new(reading),
            was_asked: AtomicBool::new(false),
        }
    }

    pub(super) fn set(&self, reading: i64) {
        self.reading.store(reading, Ordering::Relaxed);
    }

    /// Whether anybody wanted to know.
    pub(super) fn was_asked(&self) -> bool {
        self.was_asked.load(Ordering::Relaxed)
    }
}

#[pymethods]
impl Now {
    fn __call__(&self) -> i64 {
        self.was_asked.store(true, Ordering::Relaxed);
        self.reading.load(Ordering::Relaxed)
    }
}
