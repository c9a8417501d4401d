//! What is taken for true of a program whose log is read: each value is proved by the log, or given.

use crate::error::{Error, Result};

/// The assumptions under which a log is matched, drawn and judged; the default is what this module's machines do.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rules {
    /// By how much an event moves the clock.
    pub step: Step,
    /// Where clocks begin.
    pub start: Start,
    /// Which clock a message carries.
    pub stamp: Stamp,
    /// What a receipt makes of the clock.
    pub receive: Receive,
    /// What a channel may do to messages.
    pub channel: Transport,
    /// Which machines there are.
    pub machines: Membership,
    /// Whether events come at the pace that the log tells.
    pub pace: Paced,
}

/// By how much an event moves the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// By this much, at least 1.
    By(i64),
    /// Only forward: holes, hybrid clocks.
    Any,
}

impl Default for Step {
    fn default() -> Self {
        Self::By(1)
    }
}

/// Where the clock of a machine stands before its first event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Start {
    /// Where the log proves it.
    #[default]
    Proved,
    /// Here.
    At(i64),
    /// Anywhere.
    Any,
}

/// Which clock a message carries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Stamp {
    /// That after the SEND.
    #[default]
    After,
    /// That before it.
    Before,
}

/// What a receipt of timestamp T makes of the clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Receive {
    /// `max(clock, T) + 1`.
    #[default]
    MaxPlusOne,
    /// `max(clock + 1, T)`.
    MaxOfNext,
    /// `max(clock, T)`.
    Max,
}

/// What a channel may do to messages; by default none of this.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Transport {
    /// Deliver them in another order.
    pub unordered: bool,
    /// Lose them.
    pub lossy: bool,
    /// Deliver one more than once.
    pub duplicating: bool,
}

/// Which machines there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Membership {
    /// Those that the logs name, where nothing names another.
    #[default]
    These,
    /// There may be more.
    More,
}

/// Whether events come at the pace that the log tells: a queue is emptied before anything else, ticks are periodic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Paced {
    /// Where a STARTUP says so.
    #[default]
    Log,
    /// Yes.
    Kept,
    /// No.
    Free,
}

impl Transport {
    /// Whether messages arrive once, in their order, and none is lost.
    pub fn is_fifo(self) -> bool {
        self == Self::default()
    }
}

impl Stamp {
    /// The values, by the words that settings have for them.
    pub const WORDS: [(&'static str, Self); 2] = [("after", Self::After), ("before", Self::Before)];

    /// The stamp that a word names.
    pub fn from_word(word: &str) -> Result<Self> {
        named("stamp", word, &Self::WORDS)
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        word_of(&self, &Self::WORDS)
    }
}

impl Receive {
    /// The values, by the words that settings have for them.
    pub const WORDS: [(&'static str, Self); 3] = [
        ("max + 1", Self::MaxPlusOne),
        ("max(clock + 1, T)", Self::MaxOfNext),
        ("max(clock, T)", Self::Max),
    ];

    /// What a word names.
    pub fn from_word(word: &str) -> Result<Self> {
        named("receive", word, &Self::WORDS)
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        word_of(&self, &Self::WORDS)
    }

    /// The clock after the receipt of `timestamp`, where an event moves it by `step`.
    #[inline]
    pub fn of(self, clock: i64, timestamp: i64, step: i64) -> i64 {
        match self {
            Self::MaxPlusOne => clock.max(timestamp) + step,
            Self::MaxOfNext => (clock + step).max(timestamp),
            Self::Max => clock.max(timestamp),
        }
    }
}

impl Membership {
    /// The values, by the words that settings have for them.
    pub const WORDS: [(&'static str, Self); 2] = [("these", Self::These), ("more", Self::More)];

    /// What a word names.
    pub fn from_word(word: &str) -> Result<Self> {
        named("machines", word, &Self::WORDS)
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        word_of(&self, &Self::WORDS)
    }
}

/// The value of a setting that a word names.
fn named<T: Copy>(setting: &str, word: &str, words: &[(&str, T)]) -> Result<T> {
    let found = words.iter().find(|(name, _)| *name == word);
    found.map(|&(_, value)| value).ok_or_else(|| {
        let known: Vec<String> = words.iter().map(|(name, _)| format!("{name:?}")).collect();
        let known = known.join(", ");
        Error::invalid(format!(
            "{setting} is {word:?}, which is not known: give one of {known}"
        ))
    })
}

fn word_of<T: PartialEq>(value: &T, words: &[(&'static str, T)]) -> &'static str {
    let found = words.iter().find(|(_, named)| named == value);
    found.map_or("", |(word, _)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_every_value_and_no_other() {
        for (word, stamp) in Stamp::WORDS {
            assert_eq!(Stamp::from_word(word).unwrap(), stamp);
            assert_eq!(stamp.word(), word);
        }
        for (word, receive) in Receive::WORDS {
            assert_eq!(Receive::from_word(word).unwrap(), receive);
            assert_eq!(receive.word(), word);
        }
        let error = Stamp::from_word("later").unwrap_err().to_string();
        assert!(error.contains(r#""after", "before""#), "{error}");
        assert!(Receive::from_word("max+1").is_err());
    }

    #[test]
    fn receipts_differ_where_the_timestamp_is_ahead() {
        let of = |receive: Receive| (receive.of(1, 5, 1), receive.of(5, 1, 1));
        assert_eq!(of(Receive::MaxPlusOne), (6, 6));
        assert_eq!(of(Receive::MaxOfNext), (5, 6));
        assert_eq!(of(Receive::Max), (5, 5));
    }
}
