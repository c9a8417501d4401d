//! The lines of a run that is in memory: those that its machines would have written, as far as it tells.
//!
//! A run in virtual time has the very lines of its logs. Events of a table have no STARTUP and no END; where a line
//! must have an address, it is that of a host called `machine` or, for a recipient that is not known, `unknown`.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::Path;

use crate::VERSION;
use crate::error::{Error, Result};
use crate::log::columns::{Columns, Micros};
use crate::log::history::{History, LogHistory, Mark, Note};
use crate::log::line::{Delivery, Place, Startup};
use crate::log::logs::Logs;
use crate::log::prompt::Prompt;
use crate::log::schema::known;
use crate::log::texts::Texts;
use crate::log::write::fields::{self, list, number, number_or_null};
use crate::log::write::style::{append, signed_seconds};
use crate::log::write::writer::MANUAL;
use crate::model::behavior::Probabilities;

/// What lines of our own say by these names.
pub const OWN: [&str; 30] = [
    "arrival_time",
    "began",
    "by_hand",
    "clock_rate",
    "event",
    "final_clock",
    "heard",
    "history",
    "lateness",
    "listen",
    "local_clock",
    "machine_id",
    "new_clock",
    "old_clock",
    "peer",
    "peer_history",
    "peer_id",
    "peers",
    "queue_len",
    "recipient_ids",
    "recipients",
    "run_id",
    "seed",
    "sender",
    "sent_clock",
    "system_time",
    "ticks",
    "time",
    "undelivered",
    "version",
];

/// A run in memory, as lines are made of it.
#[derive(Debug)]
pub struct InMemory<'a> {
    history: History,
    /// What is added to its times.
    zero: Micros,
    is_virtual: bool,
    beside: &'a Logs,
    /// More columns that mean nothing to us, by row of the table that it was made of.
    extra: Vec<(String, Texts)>,
}

impl<'a> InMemory<'a> {
    /// These events, and what is known beside them.
    pub fn new(columns: Columns, beside: &'a Logs, extra: Vec<(String, Texts)>) -> Self {
        let zero = zero(&columns);
        let history = History::of_table(columns, beside);
        Self {
            is_virtual: history.logs.iter().any(LogHistory::is_virtual),
            history,
            zero,
            beside,
            extra,
        }
    }

    /// Writes the general log, as [`write_lines`](super::merge::write_lines) does of log files.
    ///
    /// Where no other line says when ticking began, the first one does, in virtual time that of each machine.
    pub fn write_lines(
        &self,
        path: &Path,
        window: Range<f64>,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<u64> {
        self.check_peers()?;
        let name = path.display().to_string();
        let failed = |source| Error::io(name.clone(), source);
        let mut logs: Vec<LogLines<'_>> = self.history.logs.iter().map(LogLines::new).collect();
        let mut heap = BinaryHeap::with_capacity(logs.len());
        for (place, log) in logs.iter_mut().enumerate() {
            if log.advance(&self.history.columns) {
                heap.push(Reverse((log.time, log.log.machine_id, place)));
            }
        }
        let mut out = BufWriter::with_capacity(1 << 18, File::create(path).map_err(failed)?);
        let mut text = Vec::new();
        let (mut count, mut seen): (u64, u64) = (0, 0);
        while let Some(Reverse((time, machine_id, place))) = heap.pop() {
            let seconds = time as f64 / 1e6;
            if seconds >= window.end {
                break;
            }
            let log = &mut logs[place];
            if seconds >= window.start {
                text.clear();
                self.append_line(log, count == 0, &mut text)?;
                out.write_all(&text).map_err(failed)?;
                count += 1;
            }
            if log.advance(&self.history.columns) {
                heap.push(Reverse((log.time, machine_id, place)));
            }
            seen += 1;
            if seen.is_multiple_of(1 << 14) && !go_on() {
                return Err(Error::state(format!("writing {name} was interrupted")));
            }
        }
        out.flush().map_err(failed)?;
        Ok(count)
    }

    /// Writes the log of each machine, `machine_<id>.log`, into a directory; none may exist.
    pub fn write_logs(&self, directory: &Path, go_on: &mut dyn FnMut() -> bool) -> Result<()> {
        self.check_peers()?;
        for log in &self.history.logs {
            let path = directory.join(format!("machine_{}.log", log.machine_id));
            let failed = |source| Error::io(path.display().to_string(), source);
            let mut out =
                BufWriter::with_capacity(1 << 18, File::create_new(&path).map_err(failed)?);
            let (mut log, mut text, mut count) = (LogLines::new(log), Vec::new(), 0_u64);
            while log.advance(&self.history.columns) {
                text.clear();
                self.append_line(&mut log, count == 0, &mut text)?;
                out.write_all(&text).map_err(failed)?;
                count += 1;
                if count.is_multiple_of(1 << 14) && !go_on() {
                    return Err(Error::state("writing logs was interrupted"));
                }
            }
            out.flush().map_err(failed)?;
        }
        Ok(())
    }

    /// A STARTUP lists the peers, which nobody has counted where they are too many.
    fn check_peers(&self) -> Result<()> {
        let is_known = |log: &LogHistory| self.beside.peers.contains_key(&log.machine_id);
        if !self.is_virtual || self.history.logs.iter().all(is_known) {
            return Ok(());
        }
        Err(Error::state(
            "there are too many links between machines to keep them all in memory: \
             simulate with log_dir= to have the lines of this run",
        ))
    }

    fn append_line(
        &self,
        log: &mut LogLines<'_>,
        is_first: bool,
        text: &mut Vec<u8>,
    ) -> Result<()> {
        let (machine_id, at) = (log.log.machine_id, self.zero + log.time);
        match log.present {
            Present::Event(row) => self.append_event(machine_id, row, at, text),
            Present::Mark(mark) => self.append_mark(machine_id, mark, at, text)?,
        }
        let is_startup = matches!(log.present, Present::Mark(mark) if mark.is_startup());
        let is_untold = if self.is_virtual {
            !is_startup && !log.is_written
        } else {
            is_first && log.time > 0
        };
        log.is_written = true;
        if is_untold {
            text.extend_from_slice(fields::BEGAN);
            signed_seconds(text, self.zero);
        }
        text.extend_from_slice(b"}\n");
        Ok(())
    }

    fn append_event(&self, machine_id: u64, row: usize, time: Micros, text: &mut Vec<u8>) {
        let columns = &self.history.columns;
        let event = columns.event[row];
        text.extend_from_slice(fields::EVENT);
        text.extend_from_slice(event.name().as_bytes());
        text.extend_from_slice(fields::SYSTEM_TIME);
        signed_seconds(text, time);
        text.extend_from_slice(fields::MACHINE_ID);
        self.machine(text, machine_id);
        field(text, fields::OLD_CLOCK, columns.old_clock[row]);
        field(text, fields::NEW_CLOCK, columns.new_clock[row]);
        if event.sends() {
            self.append_recipients(columns.recipients(row), text);
        }
        if event.receives() {
            field(text, fields::QUEUE_LEN, columns.queue_len[row]);
            self.append_message(row, text);
        }
        self.append_step(row, text);
        if columns.is_manual(row) {
            text.extend_from_slice(MANUAL);
        }
        self.append_beside(columns.line[row] as usize, text);
    }

    /// What only machines with an algorithm say of an event.
    fn append_step(&self, row: usize, text: &mut Vec<u8>) {
        let columns = &self.history.columns;
        if columns.caused[row] {
            text.extend_from_slice(fields::CAUSED);
        }
        match columns.prompt(row) {
            Some(Prompt::Start) => text.extend_from_slice(fields::START),
            Some(Prompt::Timer { name, due }) => {
                text.extend_from_slice(fields::TIMER);
                append(text, &name.as_ref());
                text.extend_from_slice(fields::DUE);
                signed_seconds(text, self.zero + due);
            }
            None => {}
        }
        fields::json(text, fields::BODY, columns.body(row));
        fields::json(text, fields::STATE, columns.state(row));
    }

    /// What is known of an event beside its columns: its vector clock, and what means nothing to us.
    fn append_beside(&self, row: usize, text: &mut Vec<u8>) {
        let beside = self.beside;
        if let Some((machines, counts)) = beside.vectors.as_ref().map(|vectors| vectors.of(row))
            && !machines.is_empty()
        {
            text.extend_from_slice(fields::VECTOR_CLOCK);
            for (place, (&machine, &count)) in machines.iter().zip(counts).enumerate() {
                if place > 0 {
                    text.extend_from_slice(b", ");
                }
                let id = machine.unsigned_abs();
                match beside.names.get(&id) {
                    Some(name) => append(text, name),
                    None => append(text, &id.to_string()),
                }
                text.extend_from_slice(b": ");
                number(text, count.unsigned_abs());
            }
            text.push(b'}');
        }
        let source = beside.source_rows.get(row).map_or(row, |&row| row as usize);
        for (name, values) in beside.extra.iter().chain(&self.extra) {
            let name = name.as_str();
            if !OWN.contains(&name) && !Probabilities::NAMES.contains(&name) {
                text.extend_from_slice(b", ");
                append(text, &name);
                text.extend_from_slice(b": ");
                append(text, &values.of(source));
            }
        }
    }

    fn append_recipients(&self, recipients: &[i64], text: &mut Vec<u8>) {
        let host = if self.is_virtual {
            "virtual"
        } else {
            "machine"
        };
        let is_own = self.beside.names.is_empty()
            && self.beside.vectors.is_none()
            && self.beside.extra.iter().chain(&self.extra).next().is_none();
        if !self.beside.has_recipients && !is_own {
            return; // They are what follows from the receipts, and does so again.
        }
        if self.beside.names.is_empty() {
            text.extend_from_slice(fields::RECIPIENTS);
            list(text, recipients.iter(), |text, &id| {
                let place =
                    known(id).map_or(Place("unknown".into(), 0), |id| Place(host.into(), id));
                append(text, &place);
            });
            text.extend_from_slice(fields::RECIPIENT_IDS);
            list(text, recipients.iter(), |text, &id| {
                number_or_null(text, known(id));
            });
        } else {
            text.extend_from_slice(fields::RECIPIENTS);
            list(text, recipients.iter(), |text, &id| {
                self.machine_or_null(text, id);
            });
        }
    }

    /// What a RECEIVE says of its message, where anything is known.
    fn append_message(&self, row: usize, text: &mut Vec<u8>) {
        let columns = &self.history.columns;
        let (sender, arrived) = (columns.sender[row], columns.arrived[row]);
        let is_known = !arrived.is_nan();
        if known(sender).is_some() || known(columns.sent_clock[row]).is_some() || is_known {
            text.extend_from_slice(fields::SENDER);
            self.machine_or_null(text, sender);
        }
        field(text, fields::SENT_CLOCK, columns.sent_clock[row]);
        if is_known {
            text.extend_from_slice(fields::ARRIVAL_TIME);
            signed_seconds(text, self.zero + arrived as Micros);
        }
        if columns.by_hand[row] {
            text.extend_from_slice(fields::BY_HAND);
        }
    }

    /// A line that is no event, without its brace.
    fn append_mark(
        &self,
        machine_id: u64,
        mark: &Mark,
        time: Micros,
        text: &mut Vec<u8>,
    ) -> Result<()> {
        let at = (time, machine_id);
        match &mark.note {
            Note::Startup(startup) => {
                let startup = self.whole_startup(machine_id, startup);
                fields::line("STARTUP", at, &startup, false, text);
            }
            Note::Unread {
                sender,
                sent_clock,
                arrived,
            } => {
                let arrival = (!arrived.is_nan()).then(|| self.zero + *arrived as Micros);
                let delivery = Delivery {
                    sender: *sender,
                    sent_clock: Some(*sent_clock),
                    arrival,
                };
                fields::line("UNREAD", at, &delivery, false, text);
            }
            Note::End(end) => fields::line("END", at, end.as_ref(), false, text),
            Note::Connect(_) => {
                return Err(Error::state("a run in memory has no handshakes"));
            }
        }
        text.pop();
        Ok(())
    }

    /// What a STARTUP says, with the addresses of virtual time.
    fn whole_startup(&self, machine_id: u64, startup: &Startup<'static>) -> Startup<'static> {
        let peers = self.beside.peers.get(&machine_id).into_iter().flatten();
        Startup {
            listen: Some(Place::in_virtual_time(machine_id)),
            peers: peers.map(|&id| Place::in_virtual_time(id)).collect(),
            version: Some(Cow::Borrowed(VERSION)),
            ..startup.clone()
        }
    }

    fn machine_or_null(&self, text: &mut Vec<u8>, id: i64) {
        match known(id) {
            Some(id) => self.machine(text, id),
            None => text.extend_from_slice(b"null"),
        }
    }

    /// A machine, by its name if it has one.
    fn machine(&self, text: &mut Vec<u8>, id: u64) {
        match self.beside.names.get(&id) {
            Some(name) => append(text, name),
            None => number(text, id),
        }
    }
}

/// Where times of the events count from, on the clock that they were logged by: 0 if that is not one clock.
fn zero(columns: &Columns) -> Micros {
    let both = || columns.system_time.iter().zip(&columns.time);
    let Some((logged, time)) = both().next() else {
        return 0;
    };
    let zero = ((logged - time) * 1e6).round();
    let is_one = |(logged, time): (&f64, &f64)| ((logged - time) * 1e6 - zero).abs() <= 1.0;
    if both().all(is_one) {
        zero as Micros
    } else {
        0
    }
}

fn field(text: &mut Vec<u8>, name: &[u8], value: i64) {
    if let Some(value) = known(value) {
        text.extend_from_slice(name);
        number(text, value);
    }
}

/// What is on a line.
#[derive(Clone, Copy)]
enum Present<'a> {
    /// The event in this row.
    Event(usize),
    /// Something else.
    Mark(&'a Mark),
}

/// A log from its next line on.
struct LogLines<'a> {
    log: &'a LogHistory,
    /// The next event.
    row: usize,
    /// The next line that is none.
    mark: usize,
    present: Present<'a>,
    /// That of the present line, or of one before it that is later.
    time: Micros,
    /// Whether a line was written.
    is_written: bool,
}

impl<'a> LogLines<'a> {
    fn new(log: &'a LogHistory) -> Self {
        Self {
            log,
            row: log.rows.start,
            mark: 0,
            present: Present::Event(log.rows.start),
            time: Micros::MIN,
            is_written: false,
        }
    }

    /// Goes to the next line; false at the end.
    fn advance(&mut self, columns: &Columns) -> bool {
        let next = self
            .log
            .marks
            .get(self.mark)
            .filter(|mark| mark.row <= self.row);
        let time = if let Some(mark) = next {
            self.mark += 1;
            self.present = Present::Mark(mark);
            mark.time
        } else if self.row < self.log.rows.end {
            self.present = Present::Event(self.row);
            self.row += 1;
            columns.system_time[self.row - 1]
        } else {
            return false;
        };
        self.time = self.time.max(time as Micros);
        true
    }
}
