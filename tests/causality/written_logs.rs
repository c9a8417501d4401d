//! Small logs written by hand, and what verification says of them.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;

use crate::common::Scratch;
use lamport::causality::verify::Options;
use lamport::causality::verify::report::Report;
use lamport::causality::verify::report::Rule;
use lamport::causality::verify::verify;
use lamport::log::read::reader::read_history;

/// The log of one machine, line by line.
#[derive(Clone)]
pub(crate) struct Log {
    pub(crate) id: u64,
    pub(crate) clock: u64,
    pub(crate) ticks: u64,
    pub(crate) text: String,
}

/// Where machine `id` is in the words of these logs.
pub(crate) fn address(id: u64) -> String {
    format!("[\"host\", {}]", 5000 + id)
}

impl Log {
    /// A log without a line.
    pub(crate) fn bare(id: u64) -> Self {
        Self {
            id,
            clock: 0,
            ticks: 0,
            text: String::new(),
        }
    }

    /// A log that begins with a STARTUP, listening at `listen`.
    pub(crate) fn at(id: u64, listen: &str, peers: &[u64]) -> Self {
        Self::bare(id).startup(listen, peers)
    }

    pub(crate) fn new(id: u64, peers: &[u64]) -> Self {
        Self::at(id, &address(id), peers)
    }

    pub(crate) fn line(mut self, event: &str, time: f64, rest: &str) -> Self {
        let id = self.id;
        let head =
            format!("\"event\": \"{event}\", \"system_time\": {time:.6}, \"machine_id\": {id}");
        self.text += &["{", &head, ", ", rest, "}\n"].concat();
        self
    }

    pub(crate) fn startup(self, listen: &str, peers: &[u64]) -> Self {
        let peers: Vec<_> = peers.iter().map(|&peer| address(peer)).collect();
        let (id, clock) = (self.id, self.clock);
        let time = if self.text.is_empty() { 1.0 } else { 5.0 };
        self.line("STARTUP", time, &format!(
            "\"clock_rate\": 1, \"local_clock\": {clock}, \"history\": \"{id:016x}\", \"listen\": {listen}, \"peers\": [{}], \"run_id\": \"lab\", \"seed\": 1, \"internal_probability\": 0.7, \"broadcast_share\": 0.25, \"time\": \"real\", \"version\": \"0.1.0\"",
            peers.join(", ")
        ))
    }

    pub(crate) fn connect(self, peer: &str, id: u64, history: u64) -> Self {
        self.line(
            "CONNECT",
            1.0,
            &format!("\"peer\": {peer}, \"peer_id\": {id}, \"peer_history\": \"{history:016x}\""),
        )
    }

    pub(crate) fn step(mut self, event: &str, time: f64, new_clock: u64, rest: &str) -> Self {
        let old = std::mem::replace(&mut self.clock, new_clock);
        self.ticks += 1;
        let clocks = format!("\"old_clock\": {old}, \"new_clock\": {new_clock}");
        self.line(event, time, &(clocks + rest))
    }

    /// A SEND to addresses, of machines of which some may not be known.
    pub(crate) fn send_to(self, time: f64, addresses: &[&str], ids: &[Option<u64>]) -> Self {
        let ids: Vec<_> = ids
            .iter()
            .map(|id| id.map_or("null".to_owned(), |id| id.to_string()))
            .collect();
        let clock = self.clock + 1;
        let rest = format!(
            ", \"recipients\": [{}], \"recipient_ids\": [{}]",
            addresses.join(", "),
            ids.join(", ")
        );
        self.step("SEND", time, clock, &rest)
    }

    /// An INTERNAL event that moves the clock by so much.
    pub(crate) fn step_by(self, time: f64, jump: u64) -> Self {
        let clock = self.clock + jump;
        self.step("INTERNAL", time, clock, "")
    }

    pub(crate) fn send(self, time: f64, to: u64) -> Self {
        self.send_to(time, &[&address(to)], &[Some(to)])
    }

    /// A RECEIVE; without `queue_len` or `arrival` the fields are not there.
    pub(crate) fn take(
        self,
        time: f64,
        (sender, sent): (u64, u64),
        queue_len: Option<u64>,
        arrival: Option<f64>,
    ) -> Self {
        let clock = self.clock.max(sent) + 1;
        let length = queue_len.map_or(String::new(), |length| format!(", \"queue_len\": {length}"));
        let arrival = arrival.map_or(String::new(), |time| {
            format!(", \"arrival_time\": {time:.6}")
        });
        let rest = format!("{length}, \"sender\": {sender}, \"sent_clock\": {sent}{arrival}");
        self.step("RECEIVE", time, clock, &rest)
    }

    pub(crate) fn receive(self, time: f64, message: (u64, u64)) -> Self {
        self.take(time, message, Some(0), Some(time))
    }

    pub(crate) fn unread(self, (sender, sent): (u64, u64), arrival: Option<f64>) -> Self {
        let arrival = arrival.map_or(String::new(), |time| {
            format!(", \"arrival_time\": {time:.6}")
        });
        self.line(
            "UNREAD",
            9.0,
            &format!("\"sender\": {sender}, \"sent_clock\": {sent}{arrival}"),
        )
    }

    pub(crate) fn end_with(self, waiting: u64, ticks: u64, undelivered: &str) -> Self {
        let clock = self.clock;
        self.line("END", 9.0, &format!(
            "\"final_clock\": {clock}, \"queue_len\": {waiting}, \"ticks\": {ticks}, \"lateness\": {{\"p50\": 0.0, \"p99\": 0.0, \"max\": 0.0}}, \"undelivered\": [{undelivered}]"
        ))
    }

    pub(crate) fn end(self, waiting: u64) -> Self {
        let ticks = self.ticks;
        self.end_with(waiting, ticks, "")
    }

    /// The same in virtual time.
    pub(crate) fn into_virtual(mut self) -> Self {
        self.text = self.text.replace("\"real\"", "\"virtual\"");
        // Its ticks come when they are said to.
        self.text = self.text.replace("\"max\": 0.0", "\"max\": 99.0");
        for id in 1..=2 {
            let there = format!("[\"virtual\", {id}]");
            self.text = self.text.replace(&address(id), &there);
        }
        self
    }
}

pub(crate) fn report(logs: &[Log]) -> Report {
    report_with(logs, None)
}

pub(crate) fn report_with(logs: &[Log], clock_uncertainty: Option<f64>) -> Report {
    let scratch = Scratch::new();
    let paths: Vec<_> = logs
        .iter()
        .map(|log| {
            let path = scratch.0.join(format!("machine_{}.log", log.id));
            fs::write(&path, &log.text).unwrap();
            path
        })
        .collect();
    let history = read_history(&paths, &BTreeMap::new(), &mut || true).unwrap();
    let options = Options {
        clock_uncertainty,
        ..Options::default()
    };
    let report = verify(&history, &options, &mut || true).unwrap();
    for rule in Rule::ALL {
        let (count, checked) = (report.counts[rule as usize], report.checked[rule as usize]);
        assert!(count <= checked, "{rule:?}: {count} of {checked}");
    }
    report
}

/// How many violations of which rules there are.
pub(crate) fn counts(report: &Report) -> Vec<(Rule, u64)> {
    let count = |&rule: &Rule| (rule, report.counts[rule as usize]);
    Rule::ALL
        .iter()
        .map(count)
        .filter(|(_, count)| *count > 0)
        .collect()
}

pub(crate) fn clean(logs: &[Log]) -> Report {
    let report = report(logs);
    assert!(report.is_ok(), "{:?}", report.violations);
    report
}

/// The logs break this rule alone.
pub(crate) fn breaks(rule: Rule, times: u64, logs: &[Log]) -> Report {
    let report = report(logs);
    assert_eq!(counts(&report), [(rule, times)], "{:?}", report.violations);
    report
}

pub(crate) fn says(report: &Report, text: &str) {
    let said = report.unchecked.iter().any(|line| line.contains(text));
    assert!(said, "{text:?} is not in {:#?}", report.unchecked);
}
