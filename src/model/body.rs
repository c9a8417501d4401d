//! What messages of machines with an algorithm say beside their timestamps.

use std::sync::Arc;

use crate::model::message::Message;

/// A value as JSON, its text as it was when the message was sent; `None` stands for null.
///
/// All messages of a SEND share one text.
pub type Body = Option<Arc<str>>;

/// A message that may say something.
pub type Letter = Message<Body>;

/// The most bytes of a body.
pub const MAX_BODY: usize = 65_536;

/// The bytes of a body; null has none.
pub fn length(body: &Body) -> usize {
    body.as_deref().map_or(0, str::len)
}
