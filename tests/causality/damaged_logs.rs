//! Lines of logs, to be damaged at random places.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use lamport::model::random::Generator;
use serde_json::Value;

/// The lines of all logs, and chance.
pub(crate) struct Logs {
    pub(crate) lines: Vec<Vec<Value>>,
    pub(crate) chance: Generator,
}

impl Logs {
    pub(crate) fn pick(&mut self, many: usize) -> usize {
        self.chance.below(many as u64) as usize
    }

    /// A random line that fits, as (log, line).
    pub(crate) fn find(
        &mut self,
        fits: impl Fn(&Self, usize, usize) -> bool,
    ) -> Option<(usize, usize)> {
        let all: Vec<_> = (0..self.lines.len())
            .flat_map(|log| (0..self.lines[log].len()).map(move |line| (log, line)))
            .filter(|&(log, line)| fits(self, log, line))
            .collect();
        if all.is_empty() {
            return None;
        }
        let place = self.pick(all.len());
        Some(all[place])
    }

    pub(crate) fn is(&self, log: usize, line: usize, event: &str) -> bool {
        self.lines[log]
            .get(line)
            .is_some_and(|line| line["event"] == event)
    }

    pub(crate) fn any(&mut self, event: &str) -> Option<(usize, usize)> {
        self.find(|logs, log, line| logs.is(log, line, event))
    }

    /// The last STARTUP of a log.
    pub(crate) fn last_start(&self, log: usize) -> usize {
        let lines = 0..self.lines[log].len();
        lines
            .rev()
            .find(|&line| self.is(log, line, "STARTUP"))
            .unwrap()
    }

    /// Whether the ticks of the last start of a log are some, and never late.
    pub(crate) fn is_periodic(&self, log: usize) -> bool {
        let last = self.lines[log].last().unwrap();
        let ticks = self.lines[log].len() - self.last_start(log);
        ticks > 9 && last["lateness"]["max"].as_f64() == Some(0.0)
    }

    /// A tick of such a start, neither the first nor the last.
    pub(crate) fn any_tick(&mut self) -> Option<(usize, usize)> {
        self.find(|logs, log, line| {
            logs.is_periodic(log)
                && line > logs.last_start(log) + 3
                && line + 3 < logs.lines[log].len()
                && logs.lines[log][line].get("new_clock").is_some()
        })
    }

    /// Every STARTUP of a log tells this.
    pub(crate) fn started_with(&mut self, log: usize, field: &str, value: f64) {
        for line in &mut self.lines[log] {
            if line["event"] == "STARTUP" {
                line[field] = value.into();
            }
        }
    }

    pub(crate) fn add(&mut self, (log, line): (usize, usize), field: &str, more: i64) {
        let value = self.lines[log][line][field].as_i64().unwrap() + more;
        self.lines[log][line][field] = value.into();
    }
}

pub(crate) fn number(line: &Value, field: &str) -> u64 {
    line[field].as_u64().unwrap_or(u64::MAX)
}

/// One clock goes up by more than one, and all that follows from it on any machine goes on from there.
pub(crate) fn bump(logs: &mut Logs) -> Option<()> {
    let bumped =
        logs.find(|logs, log, line| logs.is(log, line, "INTERNAL") || logs.is(log, line, "SEND"))?;
    follow(
        logs,
        &|log, line| if (log, line) == bumped { 4 } else { 1 },
        0,
    );
    Some(())
}

/// All clocks anew: each event moves its clock by its step, and messages carry the clock of their SEND less `early`.
pub(crate) fn follow(logs: &mut Logs, step: &dyn Fn(usize, usize) -> u64, early: u64) {
    let mut events: Vec<_> = (0..logs.lines.len())
        .flat_map(|log| (0..logs.lines[log].len()).map(move |line| (log, line)))
        .filter(|&(log, line)| logs.lines[log][line].get("new_clock").is_some())
        .collect();
    // By the old clocks each event comes after all it follows from.
    events.sort_by_key(|&(log, line)| number(&logs.lines[log][line], "new_clock"));
    let mut clocks = vec![0; logs.lines.len()];
    let mut renamed = BTreeMap::new();
    for (log, line) in events {
        let name = (log as u64 + 1, number(&logs.lines[log][line], "new_clock"));
        let event = &mut logs.lines[log][line];
        let mut clock = clocks[log];
        event["old_clock"] = clock.into();
        if event["event"] == "RECEIVE" {
            let sent: u64 = renamed[&(number(event, "sender"), number(event, "sent_clock"))];
            event["sent_clock"] = sent.into();
            clock = clock.max(sent - early);
        }
        clock += step(log, line);
        event["new_clock"] = clock.into();
        clocks[log] = clock;
        renamed.insert(name, clock);
    }
    for (log, lines) in logs.lines.iter_mut().enumerate() {
        for line in lines {
            if line["event"] == "UNREAD" {
                let sent = renamed[&(number(line, "sender"), number(line, "sent_clock"))];
                line["sent_clock"] = sent.into();
            } else if line["event"] == "STARTUP" || line["event"] == "END" {
                let field = if line["event"] == "END" {
                    "final_clock"
                } else {
                    "local_clock"
                };
                let name = (log as u64 + 1, number(line, field));
                line[field] = renamed.get(&name).copied().unwrap_or(0).into();
            }
        }
    }
}
