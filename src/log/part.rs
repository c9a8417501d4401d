//! One block of a log, read into columns of its own.

use crate::log::blocks::Stop;
use crate::log::columns::{Columns, INTERNAL, Micros, RECEIVE, Row, SEND};
use crate::log::facts::Unread;
use crate::log::parse::{Body, End, Line, Peer, Startup, parse};
use crate::log::scan::{Scanned, Scanner};

/// What one block says. Times are as logged; lines are counted from 1 at its beginning.
#[derive(Default)]
pub(crate) struct Part {
    /// The events. A recipient below -1 is the address at place -2 minus it.
    pub(crate) columns: Columns,
    /// Whose lines they are.
    pub(crate) machine_id: Option<u64>,
    /// The whole lines before any fault.
    pub(crate) lines: u64,
    /// The first and the last time.
    pub(crate) span: Option<(Micros, Micros)>,
    /// Whether a RECEIVE lacks what it received.
    pub(crate) base_receives: bool,
    pub(crate) addresses: Vec<Peer<'static>>,
    /// The lines that are few.
    pub(crate) told: Vec<(u64, Told)>,
    pub(crate) unread: Vec<Unread>,
    /// What is wrong with the line after the last.
    pub(crate) fault: Option<Fault>,
}

/// A line about a machine.
pub(crate) enum Told {
    Connect(Peer<'static>, u64),
    Startup(Box<Startup<'static>>),
    End(End),
}

/// What is wrong with a line.
#[derive(Debug)]
pub(crate) enum Fault {
    Stop(Stop),
    /// No UTF-8 from this byte on, counted from 1.
    Binary(usize),
    Wrong(String),
}

impl Part {
    /// A block that could not be read.
    pub(crate) fn stopped(stop: Stop) -> Self {
        Self {
            fault: Some(Fault::Stop(stop)),
            ..Self::default()
        }
    }

    /// Reads a block of whole lines; `events` is a guess how many there are.
    pub(crate) fn read(scanner: &mut Scanner, mut text: &[u8], events: usize) -> Self {
        let mut part = Self::default();
        part.columns.reserve(events);
        while !text.is_empty() {
            if let Some(line) = scanner.scan(text) {
                if let Err(fault) = part.belongs(line.machine_id) {
                    part.fault = Some(fault);
                    break;
                }
                part.scanned(scanner, &line, text);
                text = &text[line.length..];
            } else {
                let end = memchr::memchr(b'\n', text).unwrap_or(text.len());
                if let Err(fault) = part.other(&text[..end]) {
                    part.fault = Some(fault);
                    break;
                }
                text = text.get(end + 1..).unwrap_or_default();
            }
            part.lines += 1;
        }
        part
    }

    /// Whether a line of this machine may stand here.
    #[inline]
    fn belongs(&mut self, machine_id: u64) -> Result<(), Fault> {
        let own = *self.machine_id.get_or_insert(machine_id);
        if own == machine_id {
            return Ok(());
        }
        Err(Fault::Wrong(of_another(machine_id, own)))
    }

    #[inline]
    fn at(&mut self, time: Micros) {
        let (first, last) = self.span.unwrap_or((time, time));
        self.span = Some((first.min(time), last.max(time)));
    }

    #[inline]
    fn scanned(&mut self, scanner: &Scanner, line: &Scanned, text: &[u8]) {
        self.at(line.time);
        self.base_receives |= line.event == RECEIVE && line.message.sent_clock.is_none();
        self.columns.push(&Row {
            time: line.time as f64,
            machine_id: line.machine_id,
            event: line.event,
            clocks: line.clocks,
            queue_len: line.queue_len,
            sender: line.message.sender,
            sent_clock: line.message.sent_clock,
            arrived: line.message.arrival.map(|time| time as f64),
            line: 0,
            is_manual: line.is_manual,
        });
        if line.event != SEND {
            return;
        }
        for (place, (host, port)) in scanner.recipients.iter().enumerate() {
            if let Some(id) = scanner.recipient_ids.get(place).copied().flatten() {
                self.columns.recipient(id as i64);
            } else {
                let host = String::from_utf8_lossy(&text[host.clone()]);
                let code = self.code(Peer(host, *port));
                self.columns.recipient(code);
            }
        }
    }

    /// Takes a line of another shape.
    fn other(&mut self, line: &[u8]) -> Result<(), Fault> {
        let text =
            std::str::from_utf8(line).map_err(|error| Fault::Binary(error.valid_up_to() + 1))?;
        let Line {
            time,
            machine_id,
            is_manual,
            body,
        } = parse(text).map_err(Fault::Wrong)?;
        self.belongs(machine_id)?;
        self.at(time);
        let mut row = Row {
            time: time as f64,
            machine_id,
            event: INTERNAL,
            clocks: (0, 0),
            queue_len: None,
            sender: None,
            sent_clock: None,
            arrived: None,
            line: 0,
            is_manual,
        };
        if row.fill(&body, |time| time as f64) {
            self.columns.push(&row);
        }
        let number = self.lines + 1;
        match body {
            Body::Internal { .. } => {}
            Body::Receive { message, .. } => self.base_receives |= message.sent_clock.is_none(),
            Body::Send {
                recipients,
                recipient_ids,
                ..
            } => {
                for (place, peer) in recipients.into_iter().enumerate() {
                    let id = recipient_ids.get(place).copied().flatten();
                    let code = id.map_or_else(|| self.code(peer), |id| id as i64);
                    self.columns.recipient(code);
                }
            }
            Body::Unread(message) => self.unread.push(Unread {
                sender: message.sender,
                sent_clock: message.sent_clock.unwrap_or_default(),
                arrived: message.arrival.map_or(f64::NAN, |time| time as f64),
            }),
            Body::Connect { peer, peer_id, .. } => {
                self.told
                    .push((number, Told::Connect(peer.into_owned(), peer_id)));
            }
            Body::End(end) => self.told.push((number, Told::End(end))),
            Body::Startup(startup) => {
                self.told
                    .push((number, Told::Startup(Box::new(startup.into_owned()))));
            }
        }
        Ok(())
    }

    /// What stands for an address among recipients.
    fn code(&mut self, peer: Peer<'_>) -> i64 {
        let place = self.addresses.iter().position(|known| *known == peer);
        let place = place.unwrap_or_else(|| {
            self.addresses.push(peer.into_owned());
            self.addresses.len() - 1
        });
        -2 - place as i64
    }
}

/// What to say of a line of machine `id` in the log of `own`.
pub(crate) fn of_another(id: u64, own: u64) -> String {
    format!(
        "machine_id is {id}, but the lines before are of machine {own}: a log belongs to one machine"
    )
}
