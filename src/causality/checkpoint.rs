//! Long passes that can be interrupted.

use std::ops::Range;

use crate::error::{Error, Result};

/// Asked every few milliseconds; when it says no, the pass ends with an error.
pub(super) type GoOn<'a> = dyn FnMut() -> bool + 'a;

/// So much work goes by between two questions: a millisecond or so.
const WORK: usize = 1 << 20;
/// The work that a row of a log is for a rule of verification.
const ROW: usize = 64;
/// Rows that are looked at without a question.
pub(super) const CHUNK: usize = 1 << 13;

/// Asks now and then whether to go on.
pub(super) struct Checkpoint<'a> {
    go_on: &'a mut GoOn<'a>,
    done: usize,
    /// What ends if it shall not go on.
    what: &'static str,
}

impl<'a> Checkpoint<'a> {
    /// For a question about happened-before.
    pub(super) fn of_query(go_on: &'a mut GoOn<'_>) -> Self {
        Self::new(go_on, "the causality query")
    }

    /// For a verification.
    pub(super) fn of_verification(go_on: &'a mut GoOn<'_>) -> Self {
        Self::new(go_on, "verification")
    }

    fn new(go_on: &'a mut GoOn<'_>, what: &'static str) -> Self {
        Self {
            go_on,
            done: 0,
            what,
        }
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
            Err(Error::state(format!("{} was interrupted", self.what)))
        }
    }

    /// Hands over rows that a rule looks at, so many at a time.
    #[inline]
    pub(super) fn rows(
        &mut self,
        rows: Range<usize>,
        mut each: impl FnMut(Range<usize>),
    ) -> Result<()> {
        let mut start = rows.start;
        while start < rows.end {
            let end = rows.end.min(start + CHUNK);
            self.after(ROW * (end - start))?;
            each(start..end);
            start = end;
        }
        Ok(())
    }

    /// Counts a row that a rule looks at.
    #[inline]
    pub(super) fn row(&mut self) -> Result<()> {
        self.after(ROW)
    }
}
