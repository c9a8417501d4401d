//! Algorithms written in Python: their handlers, what they are handed, and what their messages say.

mod big_whole;
pub(super) mod body;
mod body_text;
mod body_value;
pub(super) mod handed_run;
pub(super) mod handler;
pub(super) mod handler_threads;
mod invariant;
pub(super) mod me;
mod open_call;
pub(super) mod real;
mod recipient_ids;
pub(super) mod replay;
pub(super) mod role;
pub(super) mod simulate;
mod state_text;
