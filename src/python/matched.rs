//! The messages of a run, matched when someone first asks for them.

use super::held::Held;
use crate::causality::messages::Messages;

/// Messages are matched when someone first asks for them.
pub(super) enum Matched {
    NotYet,
    /// The table, and what was received without a known send.
    Done(Box<Held<Messages>>, Unmatched),
}

/// How many messages were received without a known send.
#[derive(Clone, Default)]
pub(super) struct Unmatched {
    all: usize,
    /// The rows of those that may be of several.
    pub(super) ambiguous: Vec<u32>,
}

impl Matched {
    /// These messages; those that may be of a receipt that is in doubt are left out unless the logs say who they went to.
    pub(super) fn done(mut messages: Messages, has_recipients: bool) -> Self {
        if !has_recipients {
            messages.leave_out_doubtful();
        }
        let unmatched = Unmatched {
            all: messages.unmatched,
            ambiguous: std::mem::take(&mut messages.ambiguous),
        };
        Self::Done(Box::new(Held::Native(messages)), unmatched)
    }

    /// No messages, and why.
    pub(super) fn nothing(why: &'static str) -> Self {
        Self::Done(Box::new(Held::Nothing(why)), Unmatched::default())
    }
}

impl Unmatched {
    /// What a reader should know of them.
    pub(super) fn notes(&self) -> Vec<String> {
        let ambiguous = self.ambiguous.len();
        let unknown = self.all - ambiguous;
        let mut notes = Vec::new();
        if unknown > 0 {
            notes.push(format!(
                "{unknown} messages were received without a known send: by hand, or of a machine whose log is not here"
            ));
        }
        if ambiguous > 0 {
            notes.push(format!(
                "{ambiguous} receipts could not be matched: each may be of several messages, or of one that is in no log, and what follows from them is not decided"
            ));
        }
        notes
    }
}
