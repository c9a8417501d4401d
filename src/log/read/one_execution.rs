//! The lines of one execution among those of several.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read};

use serde::Deserialize;

/// The event that begins an execution, or goes on with it.
pub(super) const STARTUP: &str = "STARTUP";

/// What a line says of its execution.
#[derive(Deserialize)]
pub(super) struct LineExecution {
    machine_id: u64,
    event: String,
    run_id: Option<String>,
}

impl LineExecution {
    pub(super) fn of(line: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(line)
    }

    /// The machine and the run of a STARTUP that names one.
    pub(super) fn begun(self) -> Option<(u64, String)> {
        let run_id = self.run_id.filter(|_| self.event == STARTUP)?;
        Some((self.machine_id, run_id))
    }
}

/// The lines of one execution; the others are blank, so that lines keep their numbers.
pub(super) struct OneExecution<R> {
    reader: R,
    run_id: String,
    /// By machine, whether it is in that execution.
    is_in: BTreeMap<u64, bool>,
    /// Whether the line before counts: one that cannot be read goes with it.
    counts: bool,
    line: Vec<u8>,
    at: usize,
}

impl<R: BufRead> OneExecution<R> {
    pub(super) fn new(reader: R, run_id: &str) -> Self {
        Self {
            reader,
            run_id: run_id.to_owned(),
            is_in: BTreeMap::new(),
            counts: false,
            line: Vec::new(),
            at: 0,
        }
    }

    fn judge(&mut self) {
        if let Ok(told) = LineExecution::of(&self.line) {
            if told.event == STARTUP {
                let is_it = told.run_id.as_ref() == Some(&self.run_id);
                self.is_in.insert(told.machine_id, is_it);
            }
            self.counts = self.is_in.get(&told.machine_id) == Some(&true);
        }
        if !self.counts {
            let has_end = self.line.ends_with(b"\n");
            self.line.clear();
            self.line.extend(has_end.then_some(b'\n'));
        }
    }
}

impl<R: BufRead> Read for OneExecution<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.line.len() {
            self.line.clear();
            self.at = 0;
            if self.reader.read_until(b'\n', &mut self.line)? == 0 {
                return Ok(0);
            }
            self.judge();
        }
        let count = buffer.len().min(self.line.len() - self.at);
        buffer[..count].copy_from_slice(&self.line[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}
