//! A text of a date, taken piece by piece.

use crate::log::import::number::fraction;

/// What is left of a text.
pub(super) struct DateText<'a>(pub(super) &'a [u8]);

impl DateText<'_> {
    /// From `least` to `most` digits.
    pub(super) fn number(&mut self, least: usize, most: usize) -> Option<i64> {
        let mut value = 0;
        let mut count = 0;
        while count < most
            && let Some(digit) = self.0.get(count).map(|byte| byte.wrapping_sub(b'0'))
            && digit < 10
        {
            value = 10 * value + i64::from(digit);
            count += 1;
        }
        (count >= least).then(|| {
            self.0 = &self.0[count..];
            value
        })
    }

    /// One of these bytes.
    pub(super) fn one(&mut self, of: &[u8]) -> Option<u8> {
        let first = *self.0.first().filter(|first| of.contains(first))?;
        self.0 = &self.0[1..];
        Some(first)
    }

    /// All digits there are, as decimals: nanoseconds, and how many digits.
    pub(super) fn decimals(&mut self) -> Option<(i64, u32)> {
        let count = self
            .0
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let (digits, rest) = self.0.split_at(count);
        self.0 = rest;
        // A ninth decimal that rounds up must not become another second.
        let nanos = fraction(&digits[..count.min(9)], 9);
        (count > 0).then_some((nanos, count.min(9) as u32))
    }

    /// `Z`, `UTC`, `GMT`, `+02:00`, `+0200` or `+02`, in seconds.
    pub(super) fn zone(&mut self) -> Option<i64> {
        for name in ["UTC", "GMT", "Z", "z"] {
            if let Some(rest) = self.0.strip_prefix(name.as_bytes()) {
                self.0 = rest;
                return Some(0);
            }
        }
        let sign = if self.one(b"+-")? == b'-' { -1 } else { 1 };
        let hours = self.number(2, 2)?;
        let has_colon = self.one(b":").is_some();
        let minutes = match self.number(2, 2) {
            Some(minutes) => minutes,
            None if has_colon => return None,
            None => 0,
        };
        let seconds = if has_colon && self.one(b":").is_some() {
            self.number(2, 2)?
        } else {
            0
        };
        (hours < 24 && minutes < 60 && seconds < 60)
            .then_some(sign * (hours * 3600 + minutes * 60 + seconds))
    }

    /// One of these words in any case, at least its first three letters: which of them.
    pub(super) fn word(&mut self, words: &[&str]) -> Option<usize> {
        let starts = |word: &str| {
            let head = self.0.get(..word.len());
            head.is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()))
        };
        let whole = words.iter().position(|word| starts(word));
        let (place, length) = match whole {
            Some(place) => (place, words[place].len()),
            None => (words.iter().position(|word| starts(&word[..3]))?, 3),
        };
        self.0 = &self.0[length..];
        Some(place)
    }

    pub(super) fn skip_blanks(&mut self) {
        self.0 = self.0.trim_ascii_start();
    }
}
