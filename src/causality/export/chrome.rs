//! The events as a trace for Perfetto and `chrome://tracing`: a track for each machine, messages as flows, queues as counters.
//!
//! An event has no length. So that it can be seen, and a flow has something to begin and to end at, it is drawn up to
//! half of the mean time between the events of the busiest machine, and never into the next one. Both ends of a
//! flow are there, or none: what was not received, or not in the window, stands in what the SEND says of itself. The
//! viewers draw flows forwards only; a message that was received before it was sent, by clocks that do not agree,
//! goes from its RECEIVE to its SEND, and is called so.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::ops::Range;
use std::path::Path;

use super::excerpt::{Excerpt, Picture};

use crate::causality::checkpoint::{Checkpoint, GoOn};
use crate::causality::matching::How;
use crate::error::{Error, Result, shortened};
use crate::log::columns::Columns;
use crate::log::schema::known;

/// What a flow is called whose times contradict each other.
const BACKWARDS: &str = "message, by the clocks received before it was sent";
/// What one is called whose receipt does not itself tell of which message it is.
const INFERRED: &str = "message, inferred";
/// Characters of a machine's name.
const LONGEST_LABEL: usize = 120;

/// Writes the events of a window to a file and returns how many there are.
pub fn write(
    drawn: &Picture<'_>,
    window: Range<f64>,
    path: &Path,
    go_on: &mut GoOn<'_>,
) -> Result<u64> {
    let mut checkpoint = Checkpoint::of_query(go_on);
    let excerpt = Excerpt::new(drawn, window, &mut checkpoint)?;
    let tracks = Tracks::new(&excerpt);
    let flows = flows(&excerpt);
    let failed = |source| Error::io(path.display().to_string(), source);
    let mut out = BufWriter::with_capacity(1 << 18, File::create(path).map_err(failed)?);
    let mut text = tracks.heads();
    let mut next = flows.iter().peekable();
    for (place, &row) in excerpt.rows.iter().enumerate() {
        checkpoint.row()?;
        tracks.append_event(&excerpt, row as usize, &mut text);
        while let Some(end) = next.next_if(|end| end.place == place) {
            tracks.append_flow(drawn.columns, row as usize, end, &mut text);
        }
        out.write_all(text.as_bytes()).map_err(failed)?;
        text.clear();
    }
    text.push_str("\n]}\n");
    out.write_all(text.as_bytes()).map_err(failed)?;
    out.flush().map_err(failed)?;
    Ok(excerpt.rows.len() as u64)
}

/// Where each machine is drawn, and for how long its events.
struct Tracks {
    /// By machine, the number of its track, from 1.
    numbers: BTreeMap<i64, usize>,
    labels: BTreeMap<i64, String>,
    /// What is taken off all times, in ns, so that none is negative.
    origin: i64,
    /// By row, how long it is drawn, in ns.
    lengths: Vec<i64>,
}

impl Tracks {
    fn new(excerpt: &Excerpt<'_>) -> Self {
        let columns = excerpt.drawn.columns;
        let machines = excerpt
            .rows
            .iter()
            .map(|&row| columns.machine_id[row as usize]);
        let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
        for id in machines {
            *counts.entry(id).or_default() += 1;
        }
        let time = |row: u32| nanos(columns.time[row as usize]);
        let first = excerpt.rows.first().map_or(0, |&row| time(row));
        let last = excerpt.rows.last().map_or(0, |&row| time(row));
        let most = counts.values().max().copied().unwrap_or(1) as i64;
        let longest = ((last - first) / (2 * most)).clamp(1_000, 1_000_000_000);
        // By machine, when its next event is, and how long the one before it can be.
        let mut next: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
        let mut lengths = vec![0; columns.len()];
        for &row in excerpt.rows.iter().rev() {
            let at = time(row);
            let id = columns.machine_id[row as usize];
            let length = match next.get(&id) {
                Some(&(later, _)) if later > at => longest.min(later - at),
                // One time: one inside the other.
                Some(&(_, length)) => length,
                None => longest,
            };
            next.insert(id, (at, length));
            lengths[row as usize] = length;
        }
        let label = |&id: &i64| (id, shortened(&excerpt.label(id), LONGEST_LABEL));
        Self {
            labels: counts.keys().map(label).collect(),
            numbers: counts.keys().copied().zip(1..).collect(),
            origin: first.min(0),
            lengths,
        }
    }

    /// The beginning of the file, and what the tracks are called.
    fn heads(&self) -> String {
        let mut text = String::from("{\"displayTimeUnit\": \"ms\", \"traceEvents\": [\n");
        text.push_str(
            "{\"ph\": \"M\", \"name\": \"process_name\", \"pid\": 1, \"args\": {\"name\": \"machines\"}}",
        );
        for (id, track) in &self.numbers {
            let name = quoted(&self.labels[id]);
            for (what, key, value) in [
                ("thread_name", "name", name.as_str()),
                ("thread_sort_index", "sort_index", &track.to_string()),
            ] {
                let _ = write!(
                    text,
                    ",\n{{\"ph\": \"M\", \"name\": \"{what}\", \"pid\": 1, \"tid\": {track}, \"args\": {{\"{key}\": {value}}}}}"
                );
            }
        }
        text
    }

    fn stamp(&self, columns: &Columns, row: usize) -> String {
        micros(nanos(columns.time[row]) - self.origin)
    }

    fn append_event(&self, excerpt: &Excerpt<'_>, row: usize, text: &mut String) {
        let columns = excerpt.drawn.columns;
        let (id, kind) = (columns.machine_id[row], columns.event[row]);
        let track = self.numbers[&id];
        let stamp = self.stamp(columns, row);
        let _ = write!(
            text,
            ",\n{{\"ph\": \"X\", \"name\": \"{}\", \"cat\": \"event\", \"pid\": 1, \"tid\": {track}, \"ts\": {stamp}, \"dur\": {}, \"args\": {{\"machine_id\": {id}",
            kind.name(),
            micros(self.lengths[row])
        );
        let mut field = |name: &str, value: i64| {
            if let Some(value) = known(value) {
                let _ = write!(text, ", \"{name}\": {value}");
            }
        };
        field("old_clock", columns.old_clock[row]);
        field("new_clock", columns.new_clock[row]);
        if kind.receives() {
            field("sent_clock", columns.sent_clock[row]);
            field("queue_len", columns.queue_len[row]);
            if known(columns.sender[row]).is_some() {
                let sender = quoted(&excerpt.label(columns.sender[row]));
                let _ = write!(text, ", \"sender\": {sender}");
            }
        }
        if kind.sends() {
            let recipients = columns.recipients(row).iter().map(|&id| match known(id) {
                Some(_) => quoted(&excerpt.label(id)),
                None => "null".to_owned(),
            });
            let recipients = recipients.collect::<Vec<_>>().join(", ");
            let _ = write!(text, ", \"recipients\": [{recipients}]");
        }
        text.push_str("}}");
        if let Some(waiting) = known(columns.queue_len[row]).filter(|_| kind.receives()) {
            let name = quoted(&format!("queue of {}", self.labels[&id]));
            let _ = write!(
                text,
                ",\n{{\"ph\": \"C\", \"name\": {name}, \"pid\": 1, \"tid\": {track}, \"ts\": {stamp}, \"args\": {{\"waiting\": {waiting}}}}}"
            );
        }
    }

    fn append_flow(&self, columns: &Columns, row: usize, end: &FlowEnd, text: &mut String) {
        let track = self.numbers[&columns.machine_id[row]];
        let stamp = self.stamp(columns, row);
        let phase = if end.is_first {
            "\"s\""
        } else {
            "\"f\", \"bp\": \"e\""
        };
        let name = end.name;
        let _ = write!(
            text,
            ",\n{{\"ph\": {phase}, \"name\": \"{name}\", \"cat\": \"message\", \"id\": {}, \"pid\": 1, \"tid\": {track}, \"ts\": {stamp}}}",
            end.number
        );
    }
}

/// One end of a flow.
struct FlowEnd {
    /// The place of its event among those that are drawn.
    place: usize,
    number: usize,
    is_first: bool,
    name: &'static str,
}

/// Both ends of each message that was sent and received in the window, in the order of their events.
fn flows(excerpt: &Excerpt<'_>) -> Vec<FlowEnd> {
    let mut places = vec![0; excerpt.drawn.columns.len()];
    for (place, &row) in excerpt.rows.iter().enumerate() {
        places[row as usize] = place;
    }
    let whole = excerpt
        .arrows
        .iter()
        .filter_map(|arrow| Some((arrow.message, arrow.send?, arrow.receipt?)));
    let mut ends = Vec::new();
    for (number, (message, send, receipt)) in whole.enumerate() {
        let (send, receipt) = (places[send as usize], places[receipt as usize]);
        let name = if receipt < send {
            BACKWARDS
        } else if excerpt.drawn.messages.matched[message] == How::Exact as i8 {
            "message"
        } else {
            INFERRED
        };
        for (place, is_first) in [(send.min(receipt), true), (send.max(receipt), false)] {
            ends.push(FlowEnd {
                place,
                number: number + 1,
                is_first,
                name,
            });
        }
    }
    ends.sort_by_key(|end| (end.place, end.number));
    ends
}

/// Seconds in whole ns.
fn nanos(seconds: f64) -> i64 {
    (seconds * 1e9).round() as i64
}

/// Nanoseconds in microseconds, which need not be whole.
fn micros(nanos: i64) -> String {
    match nanos % 1_000 {
        0 => (nanos / 1_000).to_string(),
        rest => format!("{}.{rest:03}", nanos / 1_000),
    }
}

/// A text in JSON that means nothing in a page either.
fn quoted(text: &str) -> String {
    let json = serde_json::to_string(text).unwrap_or_default();
    let mut safe = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' | '>' | '&' => {
                let _ = write!(safe, "\\u{:04x}", character as u32);
            }
            other => safe.push(other),
        }
    }
    safe
}
