//! The lines that `log/writer.rs` writes, read byte for byte.
//!
//! [`Scanner::scan`] knows SEND, RECEIVE and INTERNAL lines (with all their fields, or the base fields
//! alone) in the very order, spacing and spelling of numbers of the writer. Of anything else,
//! even if it differs by a space, it says that it is of another shape: [`parse`] decides.
//! What it does read is what `parse` reads.
//!
//! [`parse`]: crate::log::parse::parse

use std::ops::Range;

use crate::clock::MAX_CLOCK;
use crate::log::columns::{INTERNAL, Micros, RECEIVE, SEND};
use crate::log::parse::{Delivery, MAX_TIME};

/// One SEND, RECEIVE or INTERNAL; the recipients are the scanner's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scanned {
    /// `system_time`, in microseconds.
    pub time: Micros,
    /// The machine that wrote it.
    pub machine_id: u64,
    /// Whether the event was made by hand.
    pub is_manual: bool,
    /// [`SEND`], [`RECEIVE`] or [`INTERNAL`].
    pub event: i8,
    /// The clocks before and after.
    pub clocks: (u64, u64),
    /// The messages that wait after a RECEIVE.
    pub queue_len: Option<u64>,
    /// What is known of the message received.
    pub message: Delivery,
    /// The bytes of the line with its newline.
    pub length: usize,
}

/// Reads lines; its buffers serve one after the other.
#[derive(Debug, Default)]
pub struct Scanner {
    /// Where the hosts of the last SEND's recipients stand in its text, and their ports.
    pub recipients: Vec<(Range<usize>, u64)>,
    /// Who they are; as long as `recipients`, or empty.
    pub recipient_ids: Vec<Option<u64>>,
}

impl Scanner {
    /// The line at the start of `text`, or `None` if it is of another shape.
    ///
    /// A number within eight bytes of the end of `text` counts as another shape.
    #[inline]
    pub fn scan(&mut self, text: &[u8]) -> Option<Scanned> {
        let mut rest = Rest(text);
        let event = match text.get(11)? {
            b'I' => rest
                .eat(b"{\"event\": \"INTERNAL\", \"system_time\": ")
                .map(|()| INTERNAL),
            b'R' => rest
                .eat(b"{\"event\": \"RECEIVE\", \"system_time\": ")
                .map(|()| RECEIVE),
            _ => rest
                .eat(b"{\"event\": \"SEND\", \"system_time\": ")
                .map(|()| SEND),
        }?;
        let time = rest.time()?;
        rest.eat(b", \"machine_id\": ")?;
        let machine_id = rest.number()?;
        rest.eat(b", \"old_clock\": ")?;
        let old = rest.number()?;
        rest.eat(b", \"new_clock\": ")?;
        let new = rest.number()?;
        let mut line = Scanned {
            time,
            machine_id,
            is_manual: false,
            event,
            clocks: (old, new),
            queue_len: None,
            message: Delivery {
                sender: None,
                sent_clock: None,
                arrival: None,
            },
            length: 0,
        };
        if event == SEND {
            self.recipients(&mut rest, text.len())?;
        } else if event == RECEIVE && rest.eat(b", \"queue_len\": ").is_some() {
            line.queue_len = Some(rest.number()?);
            rest.eat(b", \"sender\": ")?;
            line.message.sender = rest.number_or_null()?;
            rest.eat(b", \"sent_clock\": ")?;
            line.message.sent_clock = Some(rest.number()?);
            rest.eat(b", \"arrival_time\": ")?;
            line.message.arrival = Some(rest.time()?);
        }
        if rest.eat(b"}\n").is_none() {
            rest.eat(b", \"manual\": true}\n")?;
            line.is_manual = true;
        }
        line.length = text.len() - rest.0.len();
        Some(line)
    }

    fn recipients(&mut self, rest: &mut Rest<'_>, length: usize) -> Option<()> {
        self.recipients.clear();
        self.recipient_ids.clear();
        rest.eat(b", \"recipients\": [")?;
        if rest.eat(b"]").is_none() {
            loop {
                rest.eat(b"[\"")?;
                let start = length - rest.0.len();
                let end = start + rest.plain()?;
                rest.eat(b"\", ")?;
                self.recipients.push((start..end, rest.number()?));
                rest.eat(b"]")?;
                if rest.eat(b", ").is_none() {
                    break;
                }
            }
            rest.eat(b"]")?;
        }
        if rest.eat(b", \"recipient_ids\": [").is_none() {
            return Some(());
        }
        if rest.eat(b"]").is_none() {
            loop {
                self.recipient_ids.push(rest.number_or_null()?);
                if rest.eat(b", ").is_none() {
                    break;
                }
            }
            rest.eat(b"]")?;
        }
        // As `parse` has it, an empty list says as little as none.
        let ids = self.recipient_ids.len();
        (ids == 0 || ids == self.recipients.len()).then_some(())
    }
}

/// What is left of the text.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    /// Goes past these bytes, if they come next.
    #[inline]
    fn eat<const N: usize>(&mut self, word: &[u8; N]) -> Option<()> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        (head == word).then(|| self.0 = rest)
    }

    /// Up to eight digits: how many there are, and the number.
    #[inline]
    fn digits(&self) -> Option<(usize, u64)> {
        let word = u64::from_le_bytes(*self.0.first_chunk()?) ^ 0x3030_3030_3030_3030;
        // The highest bit of each byte that is no digit; a carry only reaches bytes after such a one.
        let others = (word.wrapping_add(0x7676_7676_7676_7676) | word) & 0x8080_8080_8080_8080;
        let count = others.trailing_zeros() as usize / 8;
        if count == 0 {
            return None;
        }
        Some((count, value(word << (64 - 8 * count))))
    }

    /// A whole number from 0 to [`MAX_CLOCK`] without leading zeros.
    #[inline]
    fn number(&mut self) -> Option<u64> {
        let (count, mut number) = self.digits()?;
        if count > 1 && self.0[0] == b'0' {
            return None;
        }
        self.0 = &self.0[count..];
        if count == 8
            && let Some((more, low)) = self.digits()
        {
            // Sixteen digits reach beyond the limit; a seventeenth is in the way of what must follow.
            self.0 = &self.0[more..];
            number = number * 10_u64.pow(more as u32) + low;
        }
        (number <= MAX_CLOCK).then_some(number)
    }

    #[inline]
    #[expect(clippy::option_option, reason = "another shape, null, a number")]
    fn number_or_null(&mut self) -> Option<Option<u64>> {
        if self.0.first() == Some(&b'n') {
            return self.eat(b"null").map(|()| None);
        }
        self.number().map(Some)
    }

    /// Seconds with exactly six decimals, in microseconds.
    #[inline]
    fn time(&mut self) -> Option<Micros> {
        let seconds = self.number()?;
        self.eat(b".")?;
        let word = u64::from_le_bytes(*self.0.first_chunk()?) ^ 0x3030_3030_3030_3030;
        let others = (word.wrapping_add(0x7676_7676_7676_7676) | word) & 0x8080_8080_8080_8080;
        if others.trailing_zeros() < 48 || seconds > MAX_TIME as u64 / 1_000_000 {
            return None;
        }
        self.0 = &self.0[6..];
        let micros = seconds * 1_000_000 + value(word << 16);
        (micros <= MAX_TIME as u64).then_some(micros as Micros)
    }

    /// Goes past the bytes of a text without escapes, all of them ASCII: how many they are.
    fn plain(&mut self) -> Option<usize> {
        let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
        let count = self.0.iter().position(|byte| !is_plain(byte))?;
        self.0 = &self.0[count..];
        Some(count)
    }
}

/// The number of eight digits, the first in the lowest byte.
#[inline]
fn value(digits: u64) -> u64 {
    let pairs = (digits & 0x0f0f_0f0f_0f0f_0f0f).wrapping_mul(2561) >> 8;
    let fours = (pairs & 0x00ff_00ff_00ff_00ff).wrapping_mul(6_553_601) >> 16;
    (fours & 0x0000_ffff_0000_ffff).wrapping_mul(42_949_672_960_001) >> 32
}
