//! Algorithms written in Python: their handlers, what they are handed, and what their messages say.

mod big_whole;
pub(super) mod body;
mod body_text;
mod body_value;
#[allow(dead_code, reason = "the drivers that call it are on their way")]
pub(super) mod handler;
pub(super) mod me;
mod open_call;
mod recipient_ids;
mod state_text;
