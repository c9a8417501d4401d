//! Logs as they stand: what verification reads.

use std::ops::Range;

use crate::log::columns::{Columns, Micros};
use crate::log::facts::Facts;
use crate::log::read::parse::{End, Peer};
use crate::log::read::part::Told;

/// The logs of one run in their own order.
#[derive(Debug, Default)]
pub struct History {
    /// The events, log by log and line by line; times are in microseconds and `time` is empty.
    pub columns: Columns,
    /// The logs, sorted by machine.
    pub logs: Vec<Diary>,
    /// Whether the events come from a table, which has rows in the place of lines.
    pub is_table: bool,
}

/// One log.
#[derive(Debug, Default)]
pub struct Diary {
    /// The machine, as the first line tells.
    pub machine_id: u64,
    /// The file as it was named; empty for a table.
    pub file: String,
    /// Its events among the columns.
    pub rows: Range<usize>,
    /// The lines that are no events.
    pub marks: Vec<Mark>,
    /// The lines that name another machine, and which.
    pub strays: Vec<(u32, u64)>,
    /// The recipients that stand in SENDs: each address with each machine behind it once, in order of lines.
    pub links: Vec<Link>,
    /// The number of a torn last line.
    pub torn: Option<u64>,
    /// How many lines there are.
    pub lines: u64,
}

/// A host and a port, as a log writes them.
pub type Address = (String, u64);

/// A recipient as it first stands in a SEND.
#[derive(Debug)]
pub struct Link {
    /// The line.
    pub line: u32,
    /// Where the message goes.
    pub address: Address,
    /// Who that is, if the line says.
    pub id: Option<u64>,
}

/// A line that is no event.
#[derive(Debug)]
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
#[derive(Debug)]
pub enum Note {
    /// The machine started or came back.
    Startup(Box<Start>),
    /// A handshake with a peer succeeded.
    Connect(Box<Handshake>),
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

/// What verification needs of a STARTUP.
#[derive(Debug)]
pub struct Start {
    /// The clock it starts from.
    pub local_clock: u64,
    /// The machine's past.
    pub history: Option<String>,
    /// The run.
    pub run_id: Option<String>,
    /// Where it listens.
    pub listen: Option<Address>,
    /// The machines it sends to.
    pub peers: Vec<Address>,
    /// Whether its time is virtual.
    pub is_virtual: bool,
}

/// What verification needs of a CONNECT.
#[derive(Debug)]
pub struct Handshake {
    /// The peer's address.
    pub address: Address,
    /// Its number.
    pub peer_id: u64,
    /// Its history.
    pub history: Option<String>,
}

impl Note {
    /// What a line says that is not an event.
    pub(crate) fn of(told: Told, shifted: impl Fn(Micros) -> f64) -> Self {
        match told {
            Told::Startup(startup, history) => Self::Startup(Box::new(Start {
                local_clock: startup.local_clock,
                history: history.map(Into::into),
                run_id: startup.run_id.map(Into::into),
                listen: startup.listen.map(address),
                peers: startup.peers.into_iter().map(address).collect(),
                is_virtual: startup.is_virtual,
            })),
            Told::Connect(connect) => Self::Connect(Box::new(Handshake {
                address: address(connect.peer),
                peer_id: connect.peer_id,
                history: connect.history,
            })),
            Told::Unread(message) => Self::Unread {
                sender: message.sender,
                sent_clock: message.sent_clock.unwrap_or_default(),
                arrived: message.arrival.map_or(f64::NAN, shifted),
            },
            Told::End(end) => Self::End(end),
        }
    }
}

pub(crate) fn address(Peer(host, port): Peer<'_>) -> Address {
    (host.into(), port)
}

impl History {
    /// A table, or a run in memory: each machine's events in the order of the table.
    ///
    /// The lines are the rows of the table, counted from 0.
    pub fn of_table(columns: Columns, machines: &[Facts]) -> Self {
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
        let logs = machines.iter().map(|facts| diary(facts, &columns));
        Self {
            logs: logs.collect(),
            columns,
            is_table: true,
        }
    }
}

fn diary(facts: &Facts, columns: &Columns) -> Diary {
    let id = facts.id as i64;
    let first = columns.machine_id.partition_point(|&machine| machine < id);
    let last = columns.machine_id.partition_point(|&machine| machine <= id);
    let mark = |row, seconds: f64, note| Mark {
        line: 0,
        row,
        time: (seconds * 1e6).round(),
        note,
    };
    let mut marks = Vec::new();
    let start = |local_clock| {
        Note::Startup(Box::new(Start {
            local_clock,
            history: None,
            run_id: facts.run_id.clone(),
            listen: None,
            peers: Vec::new(),
            is_virtual: facts.file.is_empty(),
        }))
    };
    if facts.run_id.is_some() {
        marks.push(mark(first, facts.span.0, start(facts.local_clock)));
    }
    for &(seconds, clock) in &facts.restarts {
        let known = &columns.new_clock[first..last];
        let row = first + known.partition_point(|&new_clock| new_clock <= clock as i64);
        marks.push(mark(row, seconds, start(clock)));
    }
    for message in &facts.unread {
        let note = Note::Unread {
            sender: message.sender,
            sent_clock: message.sent_clock,
            arrived: (message.arrived * 1e6).round(),
        };
        marks.push(mark(last, facts.span.1, note));
    }
    if let Some(end) = &facts.end {
        let note = Note::End(Box::new(end.clone()));
        marks.push(mark(last, facts.span.1, note));
    }
    Diary {
        machine_id: facts.id,
        file: facts.file.clone(),
        rows: first..last,
        lines: (last - first + marks.len()) as u64,
        marks,
        ..Diary::default()
    }
}
