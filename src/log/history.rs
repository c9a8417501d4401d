//! Logs as they stand: what verification reads.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use crate::log::bad_row::BadRow;
use crate::log::columns::{Columns, Micros};
use crate::log::line::{Connect, Delivery, End, Place, Startup};
use crate::log::logs::{Logs, MachineSummary, StampOrigin};
use crate::log::origins::Origins;
use crate::log::vector_column::VectorColumn;
use crate::model::rules::Rules;

/// The logs of one run in their own order.
#[derive(Debug, Clone)]
pub struct History {
    /// The events, log by log and line by line; times are in microseconds and `time` is empty.
    pub columns: Columns,
    /// The logs, sorted by machine.
    pub logs: Vec<LogHistory>,
    /// Whether the events come from a table, which has rows in the place of lines.
    pub is_table: bool,
    /// The names of machines, by the number that stands for each; empty if they have ids.
    pub names: BTreeMap<u64, String>,
    /// What is taken for true of the program.
    pub rules: Rules,
    /// By row of the columns, the vector clock after each event, as it was logged.
    pub vectors: Option<VectorColumn>,
    /// By row of the columns, where each event stands in files, if that is not the file and the line of its log.
    pub origins: Option<Origins>,
    /// Of a table, the rows that could not be read.
    pub bad_rows: Vec<BadRow>,
    /// Whether the clocks were computed: nobody logged any.
    pub is_computed: bool,
    /// Where the timestamps of receipts are from.
    pub stamps: StampOrigin,
    /// Whether times were told; else they only keep the order of events.
    pub has_times: bool,
    /// In what steps times were given, in seconds; 0 if that is not known.
    pub resolution: f64,
}

impl Default for History {
    fn default() -> Self {
        Self {
            columns: Columns::default(),
            logs: Vec::new(),
            is_table: false,
            names: BTreeMap::new(),
            rules: Rules::default(),
            vectors: None,
            origins: None,
            bad_rows: Vec::new(),
            is_computed: false,
            stamps: StampOrigin::Logged,
            has_times: true,
            resolution: 0.0,
        }
    }
}

/// One log.
#[derive(Debug, Clone, Default)]
pub struct LogHistory {
    /// The machine, as the first line tells.
    pub machine_id: u64,
    /// The file as it was named, or the files; empty for a table.
    pub file: String,
    /// Where its lines stand, if not one after the other in one file.
    pub pieces: Vec<Piece>,
    /// Its events among the columns.
    pub rows: Range<usize>,
    /// The lines that are no events.
    pub marks: Vec<Mark>,
    /// The lines that say when ticking began.
    pub beginnings: Vec<Beginning>,
    /// The blank lines.
    pub blanks: Vec<Skipped>,
    /// The lines that cannot be read, whatever they told.
    pub gaps: Vec<Skipped>,
    /// The recipients that stand in SENDs: each address with each machine behind it once, in order of lines.
    pub links: Vec<Link>,
    /// With how many decimals times are written at most: those of lines, and those of arrivals; `None` if no line tells.
    pub decimals: Option<[u8; 2]>,
    /// The number of a torn last line.
    pub torn: Option<u64>,
    /// How many lines there are.
    pub lines: u64,
}

/// Consecutive lines of a log in one of its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The first of them.
    pub line: u32,
    /// The file as it was named.
    pub file: Arc<str>,
    /// Where in the file the first is, from 1.
    pub at: u32,
}

/// Lines in a row that tell nothing: blank ones, or such as cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The first of them.
    pub line: u32,
    /// How many there are.
    pub count: u32,
    /// The row that follows them.
    pub row: usize,
    /// Why the first cannot be read; empty if it is blank, or told in the log of another machine in the same file.
    pub why: String,
}

/// A recipient as it first stands in a SEND.
#[derive(Debug, Clone)]
pub struct Link {
    /// The line.
    pub line: u32,
    /// Where the message goes.
    pub address: Place<'static>,
    /// Who that is, if the line says.
    pub id: Option<u64>,
}

/// What a line says of the beginning of ticking.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beginning {
    /// The line.
    pub line: u32,
    /// When it was, in microseconds.
    pub time: f64,
}

/// A line that is not an event.
#[derive(Debug, Clone)]
pub struct Mark {
    /// Its number.
    pub line: u32,
    /// The row that follows it.
    pub row: usize,
    /// Its time, in microseconds.
    pub time: f64,
    /// What it says.
    pub note: Note,
}

/// What a line says that is not an event.
#[derive(Debug, Clone)]
pub enum Note {
    /// The machine started or came back.
    Startup(Box<Startup<'static>>),
    /// A handshake with a peer succeeded.
    Connect(Box<Connect<'static>>),
    /// A message was left in the queue.
    Unread {
        /// Who sent it, unless it was delivered by hand.
        sender: Option<u64>,
        /// Its timestamp.
        sent_clock: u64,
        /// When it entered the queue, in microseconds; NaN if unknown.
        arrived: f64,
    },
    /// The machine ended.
    End(Box<End>),
}

impl Note {
    /// What is known of a message that was left.
    pub(crate) fn unread(message: Delivery) -> Self {
        Self::Unread {
            sender: message.sender,
            sent_clock: message.sent_clock.unwrap_or_default(),
            arrived: message.arrival.map_or(f64::NAN, |time| time as f64),
        }
    }
}

impl Mark {
    /// Whether the machine started or came back.
    pub fn is_startup(&self) -> bool {
        matches!(self.note, Note::Startup(_))
    }

    /// Puts a line of a block where it stands in the log, whose clock is corrected by `offset`.
    pub(crate) fn shift(&mut self, lines: u64, rows: usize, offset: Micros) {
        self.line += lines as u32;
        self.row += rows;
        self.time += offset as f64;
        if let Note::Unread { arrived, .. } = &mut self.note {
            *arrived += offset as f64;
        }
    }
}

impl Skipped {
    /// Puts lines of a block where they stand in the log.
    pub(crate) fn shift(&mut self, lines: u64, rows: usize) {
        self.line += lines as u32;
        self.row += rows;
    }
}

impl Beginning {
    /// The same, once it is known where the lines of its block stand, and by how much the clock is corrected.
    pub(crate) fn shifted(mut self, lines: u64, offset: Micros) -> Self {
        self.line += lines as u32;
        self.time += offset as f64;
        self
    }
}

impl LogHistory {
    /// Where a line stands: its file, and its number there.
    pub fn place(&self, line: u32) -> (&str, u32) {
        let after = self.pieces.partition_point(|piece| piece.line <= line);
        match after.checked_sub(1).map(|at| &self.pieces[at]) {
            Some(piece) => (&piece.file, piece.at + (line - piece.line)),
            None => (&self.file, line),
        }
    }

    /// Whether what some line told is missing.
    pub fn has_gap(&self) -> bool {
        !self.gaps.is_empty()
    }

    /// When the machine began to tick, in microseconds, if its log says so.
    pub fn began(&self) -> Option<f64> {
        self.beginnings.first().map(|beginning| beginning.time)
    }

    /// How many addresses it names as those of other machines.
    pub fn addresses(&self) -> usize {
        let listed = self.startups().flat_map(|(_, startup)| &startup.peers);
        let sent_to = self.links.iter().map(|link| &link.address);
        listed.chain(sent_to).collect::<BTreeSet<_>>().len()
    }

    /// Whether its time is virtual, which begins at 0.
    pub fn is_virtual(&self) -> bool {
        self.startups().any(|(_, startup)| startup.is_virtual)
    }

    /// Its STARTUPs.
    pub fn startups(&self) -> impl Iterator<Item = (&Mark, &Startup<'static>)> {
        self.marks.iter().filter_map(|mark| match &mark.note {
            Note::Startup(startup) => Some((mark, startup.as_ref())),
            _ => None,
        })
    }

    /// Whether a STARTUP says that its machine has an algorithm.
    pub fn has_algorithm(&self) -> bool {
        self.startups().any(|(_, start)| start.algorithm.is_some())
    }
}

impl History {
    /// A table, or a run in memory: each machine's events in the order of the table.
    ///
    /// The lines are the rows of the table, counted from 0. `beside` is what there is beside its columns.
    pub fn of_table(columns: Columns, beside: &Logs) -> Self {
        let mut columns = columns;
        let mut order: Vec<usize> = (0..columns.len()).collect();
        order.sort_by_key(|&row| columns.machine_id[row]);
        let micros = |seconds: &f64| (seconds * 1e6).round();
        columns.system_time = columns.time.iter().map(micros).collect();
        columns.time = Vec::new();
        for time in &mut columns.arrived {
            *time = micros(time);
        }
        columns.line = (0..order.len() as u32).collect();
        columns.reorder(&order);
        let machines = beside.machines.iter();
        let logs = machines.map(|summary| log_history(summary, &columns));
        let origins = beside.origins.as_ref().map(|origins| Origins {
            files: origins.files.clone(),
            file: order.iter().map(|&row| origins.file[row]).collect(),
            line: order.iter().map(|&row| origins.line[row]).collect(),
        });
        Self {
            logs: logs.collect(),
            columns,
            is_table: true,
            names: beside.names.clone(),
            rules: beside.rules.clone(),
            vectors: beside
                .vectors
                .as_ref()
                .map(|vectors| vectors.reordered(&order)),
            origins,
            bad_rows: beside.bad_rows.clone(),
            is_computed: beside.is_computed,
            stamps: beside.stamps,
            has_times: beside.has_times,
            resolution: beside.resolution,
        }
    }
}

fn log_history(summary: &MachineSummary, columns: &Columns) -> LogHistory {
    let id = summary.id as i64;
    let first = columns.machine_id.partition_point(|&machine| machine < id);
    let last = columns.machine_id.partition_point(|&machine| machine <= id);
    let mark = |row, seconds: f64, note| Mark {
        line: 0,
        row,
        time: (seconds * 1e6).round(),
        note,
    };
    // What is wrong there is told of the table.
    let gap = |first, event| Skipped {
        line: 0,
        count: 1,
        row: first + event as usize,
        why: String::new(),
    };
    let mut marks = Vec::new();
    let start = |startup: &Startup<'static>| Note::Startup(Box::new(startup.clone()));
    if let Some(startup) = &summary.startup {
        marks.push(mark(first, summary.span.0, start(startup)));
        for &(seconds, local_clock) in &summary.restarts {
            let known = &columns.new_clock[first..last];
            let row = first + known.partition_point(|&clock| clock <= local_clock as i64);
            let mut again = Startup {
                local_clock: Some(local_clock),
                ..startup.clone()
            };
            if again.manner.steps.is_some() {
                again.manner.since = (seconds * 1e9).round() as u64;
            }
            marks.push(mark(row, seconds, start(&again)));
        }
    }
    for message in &summary.unread {
        let note = Note::Unread {
            sender: message.sender,
            sent_clock: message.sent_clock,
            arrived: (message.arrived * 1e6).round(),
        };
        marks.push(mark(last, summary.span.1, note));
    }
    if let Some(end) = &summary.end {
        let note = Note::End(Box::new(end.clone()));
        marks.push(mark(last, summary.span.1, note));
    }
    LogHistory {
        machine_id: summary.id,
        file: summary.file.clone(),
        rows: first..last,
        gaps: summary
            .gaps
            .iter()
            .map(|&event| gap(first, event))
            .collect(),
        lines: (last - first + marks.len()) as u64,
        marks,
        ..LogHistory::default()
    }
}
