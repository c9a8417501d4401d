//! In which threads handlers are at work, so that those that do not return can be interrupted.

use std::cell::{Cell, OnceCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::prelude::*;

thread_local! {
    /// What Python calls this thread.
    static NAME: OnceCell<u64> = const { OnceCell::new() };
    /// Whether the steps that this thread makes are made by hand.
    static BY_HAND: Cell<bool> = const { Cell::new(false) };
}

/// The thread in which a handler of a machine is at work, in whichever of its lives; 0 if none is.
#[derive(Clone, Default)]
pub(in crate::python) struct HandlerThread(Arc<AtomicU64>);

/// A handler at work in this thread.
pub(super) struct InHandler<'a>(&'a AtomicU64);

impl HandlerThread {
    /// A handler begins in this thread.
    ///
    /// One that is called by hand is in a thread of Python's own, where an interrupt would reach what comes after it.
    pub(super) fn enter(&self) -> Option<InHandler<'_>> {
        if BY_HAND.get() {
            return None;
        }
        let name = NAME.with(|name| name.get().copied()).or_else(|| {
            let told = Python::try_attach(name_of_thread)?.ok()?;
            NAME.with(|name| name.set(told)).ok()?;
            Some(told)
        })?;
        self.0.store(name, Ordering::Release);
        Some(InHandler(&self.0))
    }
}

impl Drop for InHandler<'_> {
    fn drop(&mut self) {
        self.0.store(0, Ordering::Release);
    }
}

fn name_of_thread(py: Python<'_>) -> PyResult<u64> {
    py.import("threading")?.call_method0("get_ident")?.extract()
}

/// Makes a step by hand.
pub(in crate::python) fn by_hand<T>(make: impl FnOnce() -> T) -> T {
    let before = BY_HAND.replace(true);
    let made = make();
    BY_HAND.set(before);
    made
}

/// Raises KeyboardInterrupt in the handlers that are at work. Whether there were any.
pub(in crate::python) fn interrupt(py: Python<'_>, threads: &[HandlerThread]) -> PyResult<bool> {
    // What is at work is looked at last: to import gives other threads time.
    let raise = py.import("lamport._model.raise_in")?.getattr("raise_in")?;
    let names = threads
        .iter()
        .map(|thread| thread.0.load(Ordering::Acquire));
    let names: Vec<u64> = names.filter(|name| *name > 0).collect();
    raise.call1((&names,))?;
    Ok(!names.is_empty())
}
