//! One block of a log, read into rows of its own.

use std::collections::BTreeMap;

use crate::log::columns::Micros;
use crate::log::read::blocks::Stop;
use crate::log::read::parse::{Body, Delivery, End, Line, Peer, Startup, parse};
use crate::log::read::rows::{Head, Rows};
use crate::log::read::scan::{Scanned, Scanner};
use crate::log::schema::EventKind;

/// What one block says. Times are as logged; lines are counted from 1 at its beginning.
#[derive(Default)]
pub(crate) struct Part {
    pub(crate) rows: Rows,
    /// The addresses that stand among the recipients, by [`place`].
    pub(crate) addresses: Vec<Peer<'static>>,
    /// The recipients of SENDs, if they are asked for.
    pub(crate) links: Option<Links>,
    /// Whose the lines are: from which one on, and who.
    pub(crate) owners: Vec<(u64, u64)>,
    /// The whole lines before any fault.
    pub(crate) lines: u64,
    /// The first and the last time.
    pub(crate) span: Option<(Micros, Micros)>,
    /// Whether a RECEIVE lacks what it received.
    pub(crate) base_receives: bool,
    /// The lines that are no events.
    pub(crate) asides: Vec<Aside>,
    /// What is wrong with the line after the last.
    pub(crate) fault: Option<Fault>,
}

/// The recipients that stand in SENDs: each address with each machine behind it, and the first line.
#[derive(Default)]
pub(crate) struct Links {
    /// By port, as most addresses have one of their own.
    by_port: BTreeMap<u64, Vec<(String, Option<u64>, u64)>>,
}

impl Links {
    pub(crate) fn add(&mut self, host: &str, port: u64, id: Option<u64>, line: u64) {
        let there = self.by_port.entry(port).or_default();
        if !there.iter().any(|known| known.0 == host && known.1 == id) {
            there.push((host.to_owned(), id, line));
        }
    }

    /// Each as (address, machine, line).
    pub(crate) fn into_iter(self) -> impl Iterator<Item = (String, u64, Option<u64>, u64)> {
        let ports = self.by_port.into_iter();
        ports.flat_map(|(port, there)| {
            let link = move |(host, id, line)| (host, port, id, line);
            there.into_iter().map(link)
        })
    }
}

/// A line that is no event.
pub(crate) struct Aside {
    pub(crate) line: u64,
    /// How many events of the block come before it.
    pub(crate) row: usize,
    pub(crate) time: Micros,
    pub(crate) told: Told,
}

/// What it tells.
pub(crate) enum Told {
    Connect(Box<Connect>),
    /// With the history, as JSON.
    Startup(Box<Startup<'static>>, Option<Box<str>>),
    Unread(Delivery),
    End(Box<End>),
}

/// A handshake.
pub(crate) struct Connect {
    pub(crate) peer: Peer<'static>,
    pub(crate) peer_id: u64,
    /// As JSON.
    pub(crate) history: Option<String>,
}

/// What is wrong with a line.
#[derive(Debug)]
pub(crate) enum Fault {
    Stop(Stop),
    /// No UTF-8 from this byte on, counted from 1.
    Binary(usize),
    Wrong(String),
}

/// Which of the part's addresses a recipient stands for, if it is one.
pub(crate) fn place(recipient: i64) -> Option<usize> {
    usize::try_from(-2 - recipient).ok()
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
    ///
    /// With `has_links`, the recipients of SENDs are told.
    pub(crate) fn read(
        scanner: &mut Scanner,
        mut text: &[u8],
        events: usize,
        has_links: bool,
    ) -> Self {
        scanner.begin();
        let mut part = Self {
            rows: Rows::with_room(events),
            links: has_links.then(Links::default),
            ..Self::default()
        };
        let mut owner = None;
        let mut span = (Micros::MAX, Micros::MIN);
        while !text.is_empty() {
            let (id, time) = if let Some(line) = scanner.scan(text) {
                part.scanned(scanner, &line, text);
                text = &text[line.length..];
                (line.machine_id, line.time)
            } else {
                let end = memchr::memchr(b'\n', text).unwrap_or(text.len());
                match part.other(&text[..end]) {
                    Ok(told) => {
                        text = text.get(end + 1..).unwrap_or_default();
                        told
                    }
                    Err(fault) => {
                        part.fault = Some(fault);
                        break;
                    }
                }
            };
            part.lines += 1;
            span = (span.0.min(time), span.1.max(time));
            if owner != Some(id) {
                owner = Some(id);
                part.owners.push((part.lines, id));
            }
        }
        part.span = (part.lines > 0).then_some(span);
        part
    }

    #[inline]
    fn scanned(&mut self, scanner: &Scanner, line: &Scanned, text: &[u8]) {
        let Some(kind) = line.event else {
            self.aside(line.time, Told::Unread(line.message));
            return;
        };
        let head = Head {
            time: line.time,
            clocks: line.clocks,
            is_manual: line.is_manual,
            is_by_hand: false,
        };
        self.rows.push(kind, head);
        match kind {
            EventKind::Internal => {}
            EventKind::Receive => {
                self.rows.received(line.queue_len, line.message);
                self.base_receives |= line.message.sent_clock.is_none();
            }
            EventKind::Send => self.sent(scanner, text),
        }
    }

    /// Takes the recipients of a SEND.
    #[inline]
    fn sent(&mut self, scanner: &Scanner, text: &[u8]) {
        if let Some(links) = &mut self.links
            && scanner.is_fresh()
        {
            for (host, port, id) in scanner.recipients() {
                let host = String::from_utf8_lossy(&text[host]);
                links.add(&host, port, id, self.lines + 1);
            }
        }
        if let Some(list) = scanner.list() {
            self.rows.list(list);
        } else {
            self.addressed(scanner, text);
        }
    }

    /// Takes the recipients of a SEND of which some are known by address only.
    fn addressed(&mut self, scanner: &Scanner, text: &[u8]) {
        let recipients = scanner.recipients();
        self.rows.list(&[recipients.len() as i64]);
        for (host, port, id) in recipients {
            let code = match id {
                Some(id) => id as i64,
                None => self.code(Peer(String::from_utf8_lossy(&text[host]), port)),
            };
            self.rows.list(&[code]);
        }
    }

    /// Takes a line of another shape: whose it is, and when it was written.
    fn other(&mut self, line: &[u8]) -> Result<(u64, Micros), Fault> {
        let text =
            std::str::from_utf8(line).map_err(|error| Fault::Binary(error.valid_up_to() + 1))?;
        let Line {
            time,
            machine_id,
            is_manual,
            is_by_hand,
            body,
        } = parse(text).map_err(Fault::Wrong)?;
        let head = |clocks| Head {
            time,
            clocks,
            is_manual,
            is_by_hand,
        };
        match body {
            Body::Internal { clocks } => self.rows.push(EventKind::Internal, head(clocks)),
            Body::Receive {
                clocks,
                message,
                queue_len,
            } => {
                self.rows.push(EventKind::Receive, head(clocks));
                self.rows.received(queue_len, message);
                self.base_receives |= message.sent_clock.is_none();
            }
            Body::Send {
                clocks,
                recipients,
                recipient_ids,
            } => {
                self.rows.push(EventKind::Send, head(clocks));
                self.rows.list(&[recipients.len() as i64]);
                for (place, peer) in recipients.into_iter().enumerate() {
                    let id = recipient_ids.get(place).copied().flatten();
                    if let Some(links) = &mut self.links {
                        links.add(&peer.0, peer.1, id, self.lines + 1);
                    }
                    let code = id.map_or_else(|| self.code(peer), |id| id as i64);
                    self.rows.list(&[code]);
                }
            }
            Body::Unread(mut message) => {
                // Delivered by hand in a machine's name, it is no message of that machine.
                message.sender = message.sender.filter(|_| !is_by_hand);
                self.aside(time, Told::Unread(message));
            }
            Body::Connect {
                peer,
                peer_id,
                peer_history,
            } => {
                let connect = Connect {
                    peer: peer.into_owned(),
                    peer_id,
                    history: peer_history.map(Into::into),
                };
                self.aside(time, Told::Connect(Box::new(connect)));
            }
            Body::End(end) => self.aside(time, Told::End(Box::new(end))),
            Body::Startup(startup) => {
                let history = startup.history.map(Into::into);
                self.aside(time, Told::Startup(Box::new(startup.into_owned()), history));
            }
        }
        Ok((machine_id, time))
    }

    fn aside(&mut self, time: Micros, told: Told) {
        self.asides.push(Aside {
            line: self.lines + 1,
            row: self.rows.len(),
            time,
            told,
        });
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
