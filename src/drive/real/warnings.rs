//! Warnings, each kind at most once in a while.

use std::collections::BTreeMap;
use std::fmt;

use crate::model::message::Nanos;

/// The same warning is not given again before this.
const PAUSE: Nanos = 60_000_000_000;
/// Kinds of warnings remembered, and texts kept for a caller that does not take them.
const MOST: usize = 1000;

/// The warnings that no one has taken yet.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    texts: Vec<String>,
    /// When each kind was given last.
    given: BTreeMap<String, Nanos>,
}

impl Warnings {
    /// Keeps the warning, unless its kind was given lately or there are too many.
    pub(super) fn give(&mut self, now: Nanos, kind: &str, text: fmt::Arguments<'_>) {
        let is_known = self.given.contains_key(kind);
        let is_due = self
            .given
            .get(kind)
            .is_none_or(|&given| now.saturating_sub(given) >= PAUSE);
        if !is_known && self.given.len() >= MOST {
            self.given
                .retain(|_, &mut given| now.saturating_sub(given) < PAUSE);
        }
        let has_room = (is_known || self.given.len() < MOST) && self.texts.len() < MOST;
        if is_due && has_room {
            self.given.insert(kind.to_owned(), now);
            self.texts.push(text.to_string());
        }
    }

    /// Takes what was given since the last call.
    pub(super) fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_given_once_in_a_while() {
        let mut warnings = Warnings::default();
        for (now, kind) in [(0, "a"), (1, "a"), (2, "b"), (PAUSE, "a")] {
            warnings.give(now, kind, format_args!("{kind} at {now}"));
        }
        assert_eq!(
            warnings.take(),
            [
                "a at 0".to_owned(),
                "b at 2".to_owned(),
                format!("a at {PAUSE}")
            ]
        );
        assert!(warnings.take().is_empty());
    }

    #[test]
    fn a_flood_of_kinds_is_bounded() {
        let mut warnings = Warnings::default();
        for kind in 0..3 * MOST {
            warnings.give(0, &kind.to_string(), format_args!("x"));
        }
        assert_eq!(warnings.take().len(), MOST);
        warnings.give(1, "new", format_args!("x"));
        assert!(warnings.take().is_empty());
        // Not forever: what a flood has washed away comes back.
        warnings.give(PAUSE, "new", format_args!("x"));
        assert_eq!(warnings.take().len(), 1);
    }
}
