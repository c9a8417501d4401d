//! The lines that `log/write/writer.rs` writes, read byte for byte.
//!
//! [`Scanner::scan`] knows UNREAD lines, and SEND, RECEIVE and INTERNAL lines (with all their fields, or the
//! base fields alone) in the very order, spacing and spelling of numbers of the writer. Of anything else,
//! even if it differs by a space, it says that it is of another shape: [`parse`] decides.
//! What it does read is what `parse` reads.
//!
//! It exists because nearly all lines are ours, and a general parser spends its time on what ours cannot have:
//! escapes, other orders, other spellings. So the names of fields are compared as whole words, numbers are taken eight
//! digits at a time, and recipients, half of the bytes of a SEND, are read once and then compared with what was read.
//! It never says what is wrong: a line that it does not know costs a second look, not a second opinion.
//!
//! [`parse`]: crate::log::read::parse::parse

#![expect(
    clippy::inline_always,
    reason = "a call for each number takes a tenth of the time"
)]

use std::ops::Range;

use crate::log::columns::Micros;
use crate::log::line::Delivery;
use crate::log::read::seconds::MAX_TIME;
use crate::log::schema::EventKind;
use crate::model::clock::MAX_CLOCK;

/// How many recipient lists are remembered: more than machines have peers in most runs, and all in the first cache.
const SLOTS: usize = 64;
/// How many of its bytes tell where a list is looked for: those of two recipients.
const KEY: usize = 48;

/// One SEND, RECEIVE, INTERNAL or UNREAD; the recipients are the scanner's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scanned {
    /// `system_time`, in microseconds.
    pub time: Micros,
    /// The machine that wrote it.
    pub machine_id: u64,
    /// Whether the event was made by hand.
    pub is_manual: bool,
    /// What happened; nothing in an UNREAD line, which is no event.
    pub event: Option<EventKind>,
    /// The clocks before and after; 0 of an UNREAD.
    pub clocks: (u64, u64),
    /// The messages that wait after a RECEIVE.
    pub queue_len: Option<u64>,
    /// What is known of the message received or left.
    pub message: Delivery,
    /// The bytes of the line with its newline.
    pub length: usize,
}

/// Reads lines; what it remembers of one serves the others.
#[derive(Debug, Default)]
pub struct Scanner {
    /// Recipient lists, each where its first bytes lead: machines name the same ones again and again.
    slots: Vec<RecipientList>,
    /// The list of the last SEND.
    slot: usize,
    /// Where it begins in that line.
    start: usize,
    /// How many blocks of lines were begun.
    block: u64,
    /// Whether the last SEND is the first of its block with these recipients, as far as remembered.
    is_fresh: bool,
}

/// The recipients of a SEND.
#[derive(Debug, Default)]
pub struct RecipientList {
    /// The fields as they are written, with the brace behind them; empty where another end may follow.
    text: Vec<u8>,
    /// Where in the text the host of each stands, and its port.
    places: Vec<(Range<usize>, u64)>,
    /// Who they are; as long as `places`, or empty.
    ids: Vec<Option<u64>>,
    /// How many they are, then who; empty if one is not known.
    list: Vec<i64>,
    /// The block of lines in which they stood last.
    block: u64,
}

impl Scanner {
    /// The line at the start of `text`, or `None` if it is of another shape.
    ///
    /// A number within eight bytes of the end of `text` counts as another shape.
    #[inline(always)]
    pub fn scan(&mut self, text: &[u8]) -> Option<Scanned> {
        let mut rest = Rest(text);
        let event = match text.get(11)? {
            b'I' => rest
                .eat(b"{\"event\": \"INTERNAL\", \"system_time\": ")
                .map(|()| Some(EventKind::Internal)),
            b'R' => rest
                .eat(b"{\"event\": \"RECEIVE\", \"system_time\": ")
                .map(|()| Some(EventKind::Receive)),
            b'S' => rest
                .eat(b"{\"event\": \"SEND\", \"system_time\": ")
                .map(|()| Some(EventKind::Send)),
            _ => rest
                .eat(b"{\"event\": \"UNREAD\", \"system_time\": ")
                .map(|()| None),
        }?;
        let time = rest.time()?;
        rest.eat(b", \"machine_id\": ")?;
        let machine_id = rest.number()?;
        let mut line = Scanned {
            time,
            machine_id,
            is_manual: false,
            event,
            clocks: (0, 0),
            queue_len: None,
            message: Delivery {
                sender: None,
                sent_clock: None,
                arrival: None,
            },
            length: 0,
        };
        if event.is_some() {
            rest.eat(b", \"old_clock\": ")?;
            line.clocks.0 = rest.number()?;
            rest.eat(b", \"new_clock\": ")?;
            line.clocks.1 = rest.number()?;
        }
        match event {
            Some(EventKind::Internal) => {}
            Some(EventKind::Send) => rest = self.find(rest, text.len())?,
            Some(EventKind::Receive) => {
                if rest.eat(b", \"queue_len\": ").is_some() {
                    line.queue_len = Some(rest.number()?);
                    rest.message(&mut line.message)?;
                }
            }
            None => rest.message(&mut line.message)?,
        }
        if rest.eat(b"}\n").is_none() {
            rest.eat(b", \"manual\": true}\n")?;
            line.is_manual = true;
        }
        line.length = text.len() - rest.0.len();
        Some(line)
    }

    /// Begins a block of lines.
    ///
    /// Blocks are read by whatever thread is free, each of which has a scanner: what a block tells must not depend
    /// on those that its scanner saw before.
    pub fn begin_block(&mut self) {
        self.block += 1;
    }

    /// Whether the recipients of the last SEND that was read may not have stood in this block before.
    pub fn is_fresh(&self) -> bool {
        self.is_fresh
    }

    /// Of the last SEND that was read: how many recipients, then who they are; `None` if one is not known.
    #[inline]
    pub fn list(&self) -> Option<&[i64]> {
        let list = self.slots.get(self.slot)?.list.as_slice();
        (!list.is_empty()).then_some(list)
    }

    /// Of the last SEND that was read, each recipient: where in the line its host stands, its port, and who it is.
    pub fn recipients(&self) -> impl ExactSizeIterator<Item = (Range<usize>, u64, Option<u64>)> {
        let (places, ids) = match self.slots.get(self.slot) {
            Some(slot) => (slot.places.as_slice(), slot.ids.as_slice()),
            None => (&[][..], &[][..]),
        };
        places.iter().enumerate().map(|(place, (host, port))| {
            let host = self.start + host.start..self.start + host.end;
            (host, *port, ids.get(place).copied().flatten())
        })
    }

    /// Whether the last SEND that was read says who the recipients are.
    pub fn has_ids(&self) -> bool {
        self.slots
            .get(self.slot)
            .is_some_and(|slot| !slot.ids.is_empty())
    }

    /// Finds or reads the recipients that come next; what is left after them.
    ///
    /// The rest goes in and out by value: one that is lent to a call lives in memory, and each step of `scan` writes it.
    fn find<'a>(&mut self, mut rest: Rest<'a>, length: usize) -> Option<Rest<'a>> {
        rest.eat(b", \"recipients\": ")?;
        if self.slots.is_empty() {
            self.slots.resize_with(SLOTS, RecipientList::default);
        }
        self.start = length - rest.0.len();
        self.slot = slot(rest.0);
        let slot = &mut self.slots[self.slot];
        self.is_fresh = true;
        if !slot.text.is_empty() && rest.0.starts_with(&slot.text) {
            self.is_fresh = slot.block != self.block;
            slot.block = self.block;
            rest.0 = &rest.0[slot.text.len() - 1..];
            return Some(rest);
        }
        slot.block = self.block;
        slot.read(&mut rest)?;
        Some(rest)
    }
}

/// Where recipients that begin like this are remembered.
#[inline]
fn slot(text: &[u8]) -> usize {
    let Some(key) = text.first_chunk::<KEY>() else {
        return 0;
    };
    let (words, _) = key.as_chunks::<8>();
    let mut mixed = 0_u64;
    let mut odd = 0x9e37_79b9_7f4a_7c15_u64;
    for word in words {
        mixed ^= u64::from_le_bytes(*word).wrapping_mul(odd);
        odd = odd.wrapping_add(0x3c6e_f372_fe94_f82a);
    }
    (mixed >> 32) as usize % SLOTS
}

impl RecipientList {
    fn read(&mut self, rest: &mut Rest<'_>) -> Option<()> {
        self.text.clear();
        self.places.clear();
        self.ids.clear();
        self.list.clear();
        let whole = rest.0;
        rest.eat(b"[")?;
        if rest.eat(b"]").is_none() {
            loop {
                rest.eat(b"[\"")?;
                let start = whole.len() - rest.0.len();
                let end = start + rest.plain()?;
                rest.eat(b"\", ")?;
                self.places.push((start..end, rest.number()?));
                rest.eat(b"]")?;
                if rest.eat(b", ").is_none() {
                    break;
                }
            }
            rest.eat(b"]")?;
        }
        if rest.eat(b", \"recipient_ids\": [").is_some() && rest.eat(b"]").is_none() {
            loop {
                self.ids.push(rest.number_or_null()?);
                if rest.eat(b", ").is_none() {
                    break;
                }
            }
            rest.eat(b"]")?;
        }
        // As `parse` has it, an empty list says as little as none.
        if !self.ids.is_empty() && self.ids.len() != self.places.len() {
            return None;
        }
        if self.ids.len() == self.places.len() && !self.ids.contains(&None) {
            self.list.push(self.ids.len() as i64);
            self.list
                .extend(self.ids.iter().flatten().map(|&id| id as i64));
        }
        // Only with the brace is it sure that no other field follows.
        if rest.0.first() == Some(&b'}') {
            let length = whole.len() - rest.0.len();
            self.text.extend_from_slice(&whole[..=length]);
        }
        Some(())
    }
}

/// What is left of the text.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    /// Goes past these bytes, if they come next.
    #[inline(always)]
    fn eat<const N: usize>(&mut self, word: &[u8; N]) -> Option<()> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        (head == word).then(|| self.0 = rest)
    }

    /// Up to eight digits: how many there are, and the number.
    ///
    /// A digit has the bits 0011 and then a value up to 9: with those four taken away, a byte is a digit if adding 118
    /// (0x76) does not reach its highest bit.
    #[inline(always)]
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
    #[inline(always)]
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

    #[inline(always)]
    #[expect(clippy::option_option, reason = "another shape, null, a number")]
    fn number_or_null(&mut self) -> Option<Option<u64>> {
        if self.0.first() == Some(&b'n') {
            return self.eat(b"null").map(|()| None);
        }
        self.number().map(Some)
    }

    /// The fields of a message at its recipient.
    #[inline(always)]
    fn message(&mut self, message: &mut Delivery) -> Option<()> {
        self.eat(b", \"sender\": ")?;
        message.sender = self.number_or_null()?;
        self.eat(b", \"sent_clock\": ")?;
        message.sent_clock = Some(self.number()?);
        self.eat(b", \"arrival_time\": ")?;
        message.arrival = Some(self.time()?);
        Some(())
    }

    /// Seconds with exactly six decimals, in microseconds.
    #[inline(always)]
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
///
/// Neighbours are joined into pairs, pairs into fours and fours into eights, each by one multiplication that adds the
/// upper part to 10, 100 or 10,000 times the lower: 2561 is 10 * 256 + 1, and so on.
#[inline]
fn value(digits: u64) -> u64 {
    let pairs = (digits & 0x0f0f_0f0f_0f0f_0f0f).wrapping_mul(2561) >> 8;
    let fours = (pairs & 0x00ff_00ff_00ff_00ff).wrapping_mul(6_553_601) >> 16;
    (fours & 0x0000_ffff_0000_ffff).wrapping_mul(42_949_672_960_001) >> 32
}
