//! A run as it was: every line of every log, and which SEND each receipt is of.

use std::collections::BTreeMap;

use lamport::model::rules::Rules;
use lamport::model::topology::Topology;
use serde_json::{Map, Value};

/// The field of a vector clock, which tables have.
pub(crate) const VECTOR: &str = "vector_clock";

/// The fields of a line.
pub(crate) type Fields = Map<String, Value>;

/// A line of a log.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) fields: Fields,
    /// Of a RECEIVE or an UNREAD: the log and the line of its SEND.
    pub(crate) cause: Option<(usize, usize)>,
}

/// A whole run. The log at k is of machine k + 1.
#[derive(Debug, Clone)]
pub(crate) struct Whole {
    pub(crate) logs: Vec<Vec<Line>>,
    /// What describes it.
    pub(crate) rules: Rules,
    /// Who sends to whom.
    pub(crate) topology: Topology,
    /// By how much the clocks of two machines differ at most, in seconds.
    pub(crate) skew: f64,
}

impl Line {
    pub(crate) fn new(fields: Value) -> Self {
        match fields {
            Value::Object(fields) => Self {
                fields,
                cause: None,
            },
            other => panic!("{other} is no line"),
        }
    }

    pub(crate) fn event(&self) -> &str {
        self.fields["event"].as_str().unwrap()
    }

    pub(crate) fn is(&self, event: &str) -> bool {
        self.event() == event
    }

    /// Whether it moves the clock.
    pub(crate) fn is_event(&self) -> bool {
        self.fields.contains_key("new_clock")
    }

    pub(crate) fn number(&self, field: &str) -> Option<i64> {
        self.fields.get(field).and_then(Value::as_i64)
    }

    pub(crate) fn time(&self) -> f64 {
        self.fields["system_time"].as_f64().unwrap()
    }
}

impl Whole {
    /// The run with the vector clock of each event.
    pub(crate) fn with_vectors(mut self) -> Self {
        let mut order = Vec::new();
        self.in_causal_order(|log, line| order.push((log, line)));
        let mut known = vec![vec![0_u64; self.logs.len()]; self.logs.len()];
        let mut sent: BTreeMap<(usize, usize), Vec<u64>> = BTreeMap::new();
        for (log, at) in order {
            let line = &mut self.logs[log][at];
            if !line.is_event() {
                continue;
            }
            if let Some(cause) = line.cause {
                for (mine, &theirs) in known[log].iter_mut().zip(&sent[&cause]) {
                    *mine = (*mine).max(theirs);
                }
            }
            known[log][log] += 1;
            let entries = known[log]
                .iter()
                .enumerate()
                .filter(|&(_, &count)| count > 0);
            let entries =
                entries.map(|(machine, &count)| ((machine + 1).to_string(), count.into()));
            line.fields
                .insert(VECTOR.into(), Value::Object(entries.collect()));
            if line.is("SEND") {
                sent.insert((log, at), known[log].clone());
            }
        }
        self
    }

    /// Calls `each` with the log and the line of every line, none before what it follows from; CONNECT and the like stand in their places.
    pub(crate) fn in_causal_order(&self, mut each: impl FnMut(usize, usize)) {
        let mut next = vec![0; self.logs.len()];
        loop {
            let mut is_over = true;
            for log in 0..self.logs.len() {
                while let Some(line) = self.logs[log].get(next[log]) {
                    if line.cause.is_some_and(|(from, at)| next[from] <= at) {
                        break;
                    }
                    each(log, next[log]);
                    next[log] += 1;
                    is_over = false;
                }
            }
            if is_over {
                break;
            }
        }
        let lines: usize = self.logs.iter().map(Vec::len).sum();
        assert_eq!(next.iter().sum::<usize>(), lines, "the run goes in circles");
    }
}
