//! What is found of the messages of a run, once for all who ask.

use std::sync::{Arc, Mutex, PoisonError};

use super::completed::{Completed, KeptCompleted};
use super::evidence::Evidence;
use super::log_contents::LogContents;
use crate::causality::by_machine::ByMachine;
use crate::causality::checkpoint::Checkpoint;

use crate::causality::trace::Trace;
use crate::error::Result;
use crate::log::logs::Logs;

/// What is found of the receipts of one run, where they do not tell all of their messages; found when it is first asked for.
#[derive(Debug, Default)]
pub struct Inference(Mutex<Option<Arc<Inferred>>>);

/// What the logs of a run tell of its messages, and what follows.
#[derive(Debug)]
pub(in crate::causality) struct Inferred {
    contents: Arc<LogContents>,
    completed: KeptCompleted,
}

impl Inference {
    /// Of the events of a run, which are the same each time; `by_machine` tells whose each is.
    pub(in crate::causality) fn of(
        &self,
        trace: &Trace<'_>,
        beside: &Logs,
        by_machine: impl FnOnce() -> ByMachine,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<Arc<Inferred>> {
        let mut found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = &*found {
            return Ok(Arc::clone(found));
        }
        let evidence = Evidence::of_table(*trace, beside, by_machine());
        let completed = Completed::new(trace, &evidence, checkpoint)?.kept();
        let inferred = Arc::new(Inferred {
            contents: Arc::clone(evidence.contents()),
            completed,
        });
        Ok(Arc::clone(found.insert(inferred)))
    }
}

impl Inferred {
    /// What the logs tell.
    pub(in crate::causality) fn evidence<'a>(
        &self,
        trace: Trace<'a>,
        beside: &'a Logs,
    ) -> Evidence<'a> {
        Evidence::again(trace, beside, Arc::clone(&self.contents))
    }

    /// What follows for receipts.
    pub(in crate::causality) fn completed<'a>(&'a self, trace: &Trace<'a>) -> Completed<'a> {
        Completed::of_kept(&self.completed, trace)
    }
}
