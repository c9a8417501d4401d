//! Long passes that can be interrupted.

use crate::error::{Error, Result};

/// So much work goes by between two questions: a millisecond or so.
const WORK: usize = 1 << 20;

/// Asks now and then whether to go on.
pub(super) struct Pause<'a> {
    go_on: &'a mut dyn FnMut() -> bool,
    done: usize,
}

impl<'a> Pause<'a> {
    pub(super) fn new(go_on: &'a mut dyn FnMut() -> bool) -> Self {
        Self { go_on, done: 0 }
    }

    /// Counts work done, in memory accesses or so; an error if it shall not go on.
    #[inline]
    pub(super) fn after(&mut self, work: usize) -> Result<()> {
        self.done += work;
        if self.done < WORK {
            return Ok(());
        }
        self.done = 0;
        if (self.go_on)() {
            Ok(())
        } else {
            Err(Error::state("the look at causality was interrupted"))
        }
    }
}
