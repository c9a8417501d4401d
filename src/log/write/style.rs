//! The style of the JSON in logs: `", "`, `": "`, numbers as short as they can be, times with six decimals.

use std::io::{Result, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

/// Appends a value.
pub(super) fn append(out: &mut Vec<u8>, value: &impl Serialize) {
    let mut serializer = Serializer::with_formatter(out, Style);
    let written = value.serialize(&mut serializer);
    written.expect("a Vec takes every byte, and lines hold nothing but JSON");
}

/// Microseconds as seconds with exactly six decimals.
pub(super) fn seconds(out: &mut Vec<u8>, micros: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(micros / 1_000_000).as_bytes());
    let mut digits = *b".000000";
    let mut rest = micros % 1_000_000;
    for digit in digits[1..].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend_from_slice(&digits);
}

/// The same, of a time that may be before the clock's zero.
pub(super) fn signed_seconds(out: &mut Vec<u8>, micros: i64) {
    if micros < 0 {
        out.push(b'-');
    }
    seconds(out, micros.unsigned_abs());
}

struct Style;

impl Formatter for Style {
    /// 2.0 is `2`.
    fn write_f64<W: Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> Result<()> {
        write!(writer, "{value}")
    }

    /// A time in microseconds: no other number has this type.
    fn write_i128<W: Write + ?Sized>(&mut self, writer: &mut W, micros: i128) -> Result<()> {
        let mut text = Vec::with_capacity(24);
        seconds(&mut text, u64::try_from(micros).unwrap_or_default());
        writer.write_all(&text)
    }

    fn begin_array_value<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> Result<()> {
        writer.write_all(b": ")
    }
}
