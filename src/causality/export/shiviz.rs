//! The events as text for `ShiViz` and `TSViz`, viewers of vector clocks.
//!
//! The first line is the regular expression of an entry, the second, which could part several runs, is empty.
//! An entry is a line with the host and its vector clock as JSON and a line on the event. The
//! viewers ask that each host's own entries are 1, 2, 3, ... and that clocks name only hosts with events.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::causality::checkpoint::{Checkpoint, GoOn};
use crate::causality::cuts::cut;
use crate::causality::graph::{Graph, Trace};
use crate::causality::vectors::{ClockRows, EventClock, traverse, whole};
use crate::error::{Error, Result};
use crate::log::schema::known;

/// Which viewer the text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// Orders events by their vector clocks.
    ShiViz,
    /// Puts them at their times too, in whole ns of equally many digits.
    TsViz,
}

impl Viewer {
    /// The one of this name.
    pub fn named(name: &str) -> Result<Self> {
        match name {
            "shiviz" => Ok(Self::ShiViz),
            "tsviz" => Ok(Self::TsViz),
            _ => Err(Error::invalid(format!(
                "there is no viewer {name:?}: they are shiviz and tsviz"
            ))),
        }
    }

    fn regex(self) -> &'static str {
        match self {
            Self::ShiViz => r"(?<host>\S*) (?<clock>{.*})\n(?<event>.*)",
            Self::TsViz => r"(?<host>\S*) (?<clock>{.*})\n(?<timestamp>\d*) (?<event>.*)",
        }
    }
}

/// The columns that are shown.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// What the graph was made of.
    pub trace: Trace<'a>,
    /// Seconds since the start, which windows go by.
    pub time: &'a [f64],
    /// Seconds, as logged.
    pub system_time: &'a [f64],
    /// The messages that wait after a RECEIVE, or [`UNKNOWN`].
    ///
    /// [`UNKNOWN`]: crate::log::schema::UNKNOWN
    pub queue_len: &'a [i64],
    /// The names of machines that have one.
    pub names: &'a BTreeMap<u64, String>,
}

/// Writes the events of a window to a file and returns how many there are.
///
/// Events are in causal order, and in that of their times as far as it is one. A window goes from the largest
/// consistent cut before `start` to that before `stop`; the clock of the first is subtracted from all.
pub fn write(
    graph: &Graph,
    shown: &Shown<'_>,
    viewer: Viewer,
    window: (Option<f64>, Option<f64>),
    path: &Path,
    go_on: &mut GoOn<'_>,
) -> Result<u64> {
    if [window.0, window.1]
        .iter()
        .flatten()
        .any(|time| time.is_nan())
    {
        return Err(Error::invalid(
            "a window from or to NaN s: give a number of seconds",
        ));
    }
    let mut checkpoint = Checkpoint::of_query(go_on);
    let (mut from, mut to) = whole(graph);
    if let Some(start) = window.0 {
        from = cut::before(graph, shown.time, start, &mut checkpoint)?;
    }
    if let Some(stop) = window.1 {
        to = cut::before(graph, shown.time, stop, &mut checkpoint)?;
    }
    let failed = |source| Error::io(path.display().to_string(), source);
    let mut out = BufWriter::with_capacity(1 << 18, File::create(path).map_err(failed)?);
    write!(out, "{}\n\n", viewer.regex()).map_err(failed)?;
    let stamps = (viewer == Viewer::TsViz).then(|| StampText::new(shown.system_time));
    let mut rows = ClockRows::new(graph.machines().len(), None);
    let mut entry = EventText {
        graph,
        shown,
        hosts: hosts(shown.names),
        stamps,
        text: Vec::new(),
    };
    let mut count = 0;
    traverse(graph, &from, &to, &mut rows, &mut checkpoint, |step| {
        count += 1;
        entry.fill(step);
        out.write_all(&entry.text).map_err(failed)?;
        Ok(step.row.len() + entry.text.len())
    })?;
    out.flush().map_err(failed)?;
    Ok(count)
}

/// The two lines of an event.
struct EventText<'a> {
    graph: &'a Graph,
    shown: &'a Shown<'a>,
    hosts: BTreeMap<u64, String>,
    stamps: Option<StampText>,
    text: Vec<u8>,
}

impl EventText<'_> {
    fn fill(&mut self, step: &EventClock<'_>) {
        let machines = self.graph.machines();
        let text = &mut self.text;
        text.clear();
        host(text, &self.hosts, machines[step.place]);
        text.extend_from_slice(b" {");
        for (place, &count) in step.row.iter().enumerate() {
            let count = if place == step.place {
                step.index
            } else {
                count
            };
            if count == 0 {
                continue;
            }
            if !text.ends_with(b"{") {
                text.push(b',');
            }
            text.push(b'"');
            host(text, &self.hosts, machines[place]);
            text.extend_from_slice(b"\":");
            number(text, u64::from(count));
        }
        text.extend_from_slice(b"}\n");
        let row = self.graph.rows[step.position] as usize;
        if let Some(stamps) = &self.stamps {
            stamps.write(text, self.shown.system_time[row]);
            text.push(b' ');
        }
        self.describe(row);
        self.text.push(b'\n');
    }

    /// What happened, as far as the columns tell.
    fn describe(&mut self, row: usize) {
        let (trace, text) = (&self.shown.trace, &mut self.text);
        text.extend_from_slice(trace.event[row].name().as_bytes());
        text.push(b' ');
        number(text, trace.new_clock[row] as u64);
        if !trace.event[row].receives() {
            return;
        }
        if let Some(clock) = known(trace.sent_clock[row]) {
            text.extend_from_slice(b", sent at ");
            number(text, clock);
        }
        if let Some(sender) = known(trace.sender[row]) {
            text.extend_from_slice(b" by ");
            host(text, &self.hosts, sender);
        }
        if let Some(length) = known(self.shown.queue_len[row]) {
            text.extend_from_slice(b", queue ");
            number(text, length);
        }
    }
}

fn host(text: &mut Vec<u8>, hosts: &BTreeMap<u64, String>, id: u64) {
    if let Some(name) = hosts.get(&id) {
        text.extend_from_slice(name.as_bytes());
        return;
    }
    text.extend_from_slice(b"machine_");
    number(text, id);
}

/// The names of machines as hosts: without blanks, which end a host, and without what means something in JSON or in
/// a page. Where two are one then, the later ones get a number.
fn hosts(names: &BTreeMap<u64, String>) -> BTreeMap<u64, String> {
    let mut taken = BTreeSet::new();
    let mut host = |(&id, name): (&u64, &String)| {
        let is_plain = |sign: char| sign.is_alphanumeric() || "_-.:+@#/()[]".contains(sign);
        let plain: String = name
            .chars()
            .map(|sign| if is_plain(sign) { sign } else { '_' })
            .collect();
        let mut host = plain.clone();
        let mut copies = 1;
        while !taken.insert(host.clone()) {
            copies += 1;
            host = format!("{plain}_{copies}");
        }
        (id, host)
    };
    names.iter().map(&mut host).collect()
}

fn number(text: &mut Vec<u8>, number: u64) {
    text.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Times as `TSViz` compares them: as text.
struct StampText {
    /// What is taken off, in microseconds, so that none is negative.
    origin: i64,
    digits: usize,
}

impl StampText {
    fn new(times: &[f64]) -> Self {
        let all = times.iter().map(|&time| micros(time));
        let (least, most) = all.fold((0, 0), |(least, most): (i64, i64), time| {
            (least.min(time), most.max(time))
        });
        let longest = most.saturating_sub(least).to_string().len();
        Self {
            origin: least,
            digits: longest.max(16),
        }
    }

    fn write(&self, text: &mut Vec<u8>, time: f64) {
        let micros = micros(time).saturating_sub(self.origin);
        let stamp = format!("{micros:0digits$}000", digits = self.digits);
        text.extend_from_slice(stamp.as_bytes());
    }
}

fn micros(seconds: f64) -> i64 {
    (seconds * 1e6).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_no_blanks_and_stay_apart() {
        let names = ["a b", "a_b", "a<b", "Ünal", "\"\\"];
        let names = (1..).zip(names.map(str::to_owned)).collect();
        let hosts: Vec<String> = hosts(&names).into_values().collect();
        assert_eq!(hosts, ["a_b", "a_b_2", "a_b_3", "Ünal", "__"]);
    }
}
