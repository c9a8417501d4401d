//! The fields of lines, as text.

use serde::Serialize;

use crate::log::columns::Micros;
use crate::log::write::style::append;

pub(super) const EVENT: &[u8] = b"{\"event\": \"";
/// After the name of the event.
pub(super) const SYSTEM_TIME: &[u8] = b"\", \"system_time\": ";
pub(super) const MACHINE_ID: &[u8] = b", \"machine_id\": ";
pub(super) const OLD_CLOCK: &[u8] = b", \"old_clock\": ";
pub(super) const NEW_CLOCK: &[u8] = b", \"new_clock\": ";
pub(super) const QUEUE_LEN: &[u8] = b", \"queue_len\": ";
pub(super) const SENDER: &[u8] = b", \"sender\": ";
pub(super) const SENT_CLOCK: &[u8] = b", \"sent_clock\": ";
pub(super) const ARRIVAL_TIME: &[u8] = b", \"arrival_time\": ";
pub(super) const BY_HAND: &[u8] = b", \"by_hand\": true";
pub(super) const RECIPIENTS: &[u8] = b", \"recipients\": ";
pub(super) const RECIPIENT_IDS: &[u8] = b", \"recipient_ids\": ";
pub(super) const VECTOR_CLOCK: &[u8] = b", \"vector_clock\": {";
pub(super) const CAUSED: &[u8] = b", \"caused\": true";
pub(super) const START: &[u8] = b", \"start\": true";
pub(super) const TIMER: &[u8] = b", \"timer\": ";
pub(super) const DUE: &[u8] = b", \"due\": ";
pub(super) const BODY: &[u8] = b", \"body\": ";
pub(super) const STATE: &[u8] = b", \"state\": ";
pub(super) const BEGAN: &[u8] = b", \"began\": ";

/// A line that is seldom.
#[derive(Serialize)]
struct WrittenLine<'a, Said> {
    event: &'a str,
    /// In microseconds.
    system_time: i128,
    machine_id: u64,
    #[serde(flatten)]
    said: &'a Said,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    by_hand: bool,
}

/// Appends a line that is seldom, without its newline: its time and its machine, and what it says.
pub(super) fn line(
    event: &str,
    (time, machine_id): (Micros, u64),
    said: &impl Serialize,
    by_hand: bool,
    out: &mut Vec<u8>,
) {
    let system_time = time.into();
    let line = WrittenLine {
        event,
        system_time,
        machine_id,
        said,
        by_hand,
    };
    append(out, &line);
}

pub(super) fn number(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

pub(super) fn number_or_null(out: &mut Vec<u8>, value: Option<u64>) {
    match value {
        Some(value) => number(out, value),
        None => out.extend_from_slice(b"null"),
    }
}

/// A field whose value is JSON, if there is one.
pub(super) fn json(out: &mut Vec<u8>, name: &[u8], json: Option<&str>) {
    if let Some(json) = json {
        out.extend_from_slice(name);
        out.extend_from_slice(json.as_bytes());
    }
}

pub(super) fn list<T>(
    out: &mut Vec<u8>,
    items: impl Iterator<Item = T>,
    mut item: impl FnMut(&mut Vec<u8>, T),
) {
    out.push(b'[');
    for (index, value) in items.enumerate() {
        if index > 0 {
            out.extend_from_slice(b", ");
        }
        item(out, value);
    }
    out.push(b']');
}
