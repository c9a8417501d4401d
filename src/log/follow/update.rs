//! What is told of logs that are followed, as JSON: one object a line, each of bounded length.

use std::fmt::Write;

use crate::error::shortened;
use crate::log::columns::Micros;
use crate::log::follow::kept_events::FollowedEvent;
use crate::log::follow::known_machines::{KnownMachine, KnownMachines, StruckMachine};

/// No text is longer, in bytes.
pub(crate) const LONGEST_UPDATE: usize = 200_000;
/// What may still be added to a text: an event with as many recipients as are told, and the brackets.
const ROOM: usize = 90_000;
/// The characters of a warning that are told.
const WARNING: usize = 400;
const COLUMNS: [&str; 9] = [
    "machine",
    "kind",
    "time",
    "clock",
    "queue",
    "from",
    "sent_clock",
    "arrived",
    "to",
];

/// A text in quotes.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The text that says whose logs these are. `head` is a fragment of JSON, fields with a comma behind each.
pub(crate) fn begin(known: &KnownMachines, head: &str, limit: usize, is_again: bool) -> String {
    let ids: Vec<String> = known.machines.keys().map(u64::to_string).collect();
    let rates = known.machines.values().map(|machine| {
        // As JSON, the largest and smallest too.
        machine.rate.map_or_else(
            || "null".into(),
            |rate| serde_json::Value::from(rate).to_string(),
        )
    });
    let rates: Vec<String> = rates.collect();
    let algorithm = known.algorithm.as_deref().map_or("null".into(), quoted);
    format!(
        "{{\"type\":\"begin\",\"version\":1,{head}\"machines\":[{}],\"names\":[],\"rates\":[{}],\"algorithm\":{algorithm},\"limit\":{limit},\"again\":{is_again}}}",
        ids.join(","),
        rates.join(","),
    )
}

/// The text that says that no more will come.
pub(crate) fn end(words: &str) -> String {
    format!("{{\"type\":\"end\",\"told\":{}}}", quoted(words))
}

/// Texts of what is new, one after the other.
pub(crate) struct Updates {
    /// Where times count from.
    zero: Micros,
    now: Micros,
    every: u64,
    done: Vec<String>,
    columns: [String; COLUMNS.len()],
    last: [String; 4],
    struck: String,
    warnings: String,
    /// The bytes of all of these.
    size: usize,
}

impl Updates {
    pub(crate) fn new(zero: Micros, now: Micros, every: u64) -> Self {
        Self {
            zero,
            now,
            every,
            done: Vec::new(),
            columns: Default::default(),
            last: Default::default(),
            struck: String::new(),
            warnings: String::new(),
            size: 0,
        }
    }

    pub(crate) fn event(&mut self, event: &FollowedEvent) {
        let (from, sent_clock) = event.received.unwrap_or_default();
        let queue = event
            .queue
            .map_or_else(|| "-1".into(), |queue| queue.to_string());
        let to = if event.to.is_empty() {
            "0".into()
        } else {
            let ids: Vec<String> = event.to.iter().map(u64::to_string).collect();
            format!("[{}]", ids.join(","))
        };
        let values = [
            event.machine.to_string(),
            (event.kind as u8).to_string(),
            self.seconds(event.time),
            event.clock.to_string(),
            queue,
            from.to_string(),
            sent_clock.to_string(),
            event
                .arrived
                .map_or_else(|| "null".into(), |time| self.seconds(time)),
            to,
        ];
        for (column, value) in self.columns.iter_mut().zip(values) {
            self.size += add(column, &value);
        }
        self.turn_page();
    }

    pub(crate) fn last(&mut self, id: u64, machine: &KnownMachine) {
        let queue = machine
            .queue
            .map_or_else(|| "-1".into(), |queue| queue.to_string());
        let values = [
            id.to_string(),
            machine.clock.to_string(),
            queue,
            machine.events.to_string(),
        ];
        for (column, value) in self.last.iter_mut().zip(values) {
            self.size += add(column, &value);
        }
        self.turn_page();
    }

    pub(crate) fn struck(&mut self, struck: &StruckMachine) {
        let value = format!(
            "{{\"kind\":{},\"at\":{},\"machine\":{},\"told\":{}}}",
            quoted(struck.kind),
            self.seconds(struck.at),
            struck.machine,
            quoted(&struck.words)
        );
        self.size += add(&mut self.struck, &value);
        self.turn_page();
    }

    pub(crate) fn warning(&mut self, words: &str) {
        self.size += add(&mut self.warnings, &quoted(&shortened(words, WARNING)));
        self.turn_page();
    }

    /// The texts, in their order.
    pub(crate) fn finish(mut self) -> Vec<String> {
        self.close();
        self.done
    }

    fn turn_page(&mut self) {
        if self.size > LONGEST_UPDATE - ROOM {
            self.close();
        }
    }

    fn close(&mut self) {
        if self.size == 0 {
            return;
        }
        let mut text = format!(
            "{{\"type\":\"more\",\"now\":{},\"every\":{}",
            seconds(self.now - self.zero),
            self.every
        );
        let take = std::mem::take::<String>;
        for (name, column) in COLUMNS.iter().zip(&mut self.columns) {
            let _ = write!(text, ",\"{name}\":[{}]", take(column));
        }
        let [ids, clocks, queues, events] = &mut self.last;
        let _ = write!(
            text,
            ",\"last\":{{\"machine\":[{}],\"clock\":[{}],\"queue\":[{}],\"events\":[{}]}}",
            take(ids),
            take(clocks),
            take(queues),
            take(events)
        );
        let _ = write!(
            text,
            ",\"struck\":[{}],\"warnings\":[{}]}}",
            take(&mut self.struck),
            take(&mut self.warnings)
        );
        self.size = 0;
        self.done.push(text);
    }

    fn seconds(&self, time: Micros) -> String {
        seconds(time - self.zero)
    }
}

/// Adds a value to a list; how many bytes that takes.
fn add(list: &mut String, value: &str) -> usize {
    let before = list.len();
    if before > 0 {
        list.push(',');
    }
    list.push_str(value);
    list.len() - before
}

/// Microseconds as seconds, without zeros at the end.
fn seconds(micros: Micros) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let micros = micros.unsigned_abs();
    let text = format!("{sign}{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_exact_and_short() {
        let cases = [
            (0, "0"),
            (1, "0.000001"),
            (-1_500_000, "-1.5"),
            (10_000_000, "10"),
            (1_677_782_102_954_512, "1677782102.954512"),
        ];
        for (micros, text) in cases {
            assert_eq!(seconds(micros), text);
        }
    }
}
