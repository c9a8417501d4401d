//! One block of a log, read into rows of its own.

use std::collections::BTreeMap;

use crate::log::columns::Micros;
use crate::log::history::{Beginning, Link, Mark, Note, Skipped};
use crate::log::line::Place;
use crate::log::read::blocks::Stop;
use crate::log::read::lines::is_blank;
use crate::log::read::parse::{Body, EventLine, Line, parse};
use crate::log::read::rows::{BlockRows, Head};
use crate::log::read::scan::{Scanned, Scanner};

/// What one block says. Times are as logged; lines are counted from 1 at its beginning.
#[derive(Default)]
pub(crate) struct BlockContents {
    pub(crate) rows: BlockRows,
    /// The addresses that stand among the recipients, by [`address`].
    pub(crate) addresses: Vec<Place<'static>>,
    /// The recipients of SENDs.
    pub(crate) recipients: NamedRecipients,
    /// Whose the lines are: from which one on, and who.
    pub(crate) owners: Vec<(u64, u64)>,
    /// The whole lines before one at which reading ended.
    pub(crate) lines: u64,
    /// Those of them that are blank.
    pub(crate) blanks: Vec<Skipped>,
    /// Those of them that cannot be read, and what is wrong with the first of each.
    pub(crate) gaps: Vec<(Skipped, BadLine)>,
    /// The first and the last time.
    pub(crate) span: Option<(Micros, Micros)>,
    /// Whether a RECEIVE lacks what it received.
    pub(crate) has_base_receives: bool,
    /// The lines that are no events; lines, rows and times are those of the block.
    pub(crate) marks: Vec<Mark>,
    /// With how many decimals times are written at most: those of lines, and those of arrivals.
    pub(crate) decimals: Option<[u8; 2]>,
    /// How many lines are of another shape than the writer's.
    others: u64,
    /// The lines that say when ticking began.
    pub(crate) beginnings: Vec<Beginning>,
    /// What is wrong with the line after the last.
    pub(crate) bad_line: Option<BadLine>,
}

/// The recipients that stand in SENDs: each address with each machine behind it once, where it first stands.
#[derive(Default)]
pub(crate) struct NamedRecipients {
    /// By port, as most addresses have one of their own.
    by_port: BTreeMap<u64, Vec<Link>>,
}

impl NamedRecipients {
    fn add(&mut self, host: &str, port: u64, id: Option<u64>, line: u64) {
        let there = self.by_port.entry(port).or_default();
        if !there.iter().any(|known| known.is(host, id)) {
            there.push(Link {
                line: line as u32,
                address: Place(host.to_owned().into(), port),
                id,
            });
        }
    }

    /// Takes those of the next block, before which there are so many lines.
    pub(crate) fn append(&mut self, later: Self, lines: u64) {
        for (port, later) in later.by_port {
            let there = self.by_port.entry(port).or_default();
            for mut link in later {
                if !there.iter().any(|known| known.is(&link.address.0, link.id)) {
                    link.line += lines as u32;
                    there.push(link);
                }
            }
        }
    }

    /// All, in order of lines.
    pub(crate) fn into_sorted(self) -> Vec<Link> {
        let mut all: Vec<Link> = self.by_port.into_values().flatten().collect();
        all.sort_by_key(|link| link.line);
        all
    }
}

impl Link {
    /// Whether it has this host and this machine behind it; the port is the same.
    fn is(&self, host: &str, id: Option<u64>) -> bool {
        self.address.0 == host && self.id == id
    }
}

/// What becomes of a line that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadLines {
    /// It is an error, and nothing after it is read.
    Refuse,
    /// It is skipped; the log has a gap.
    Skip,
}

/// What is wrong with a line.
#[derive(Debug)]
pub(crate) enum BadLine {
    Stop(Stop),
    /// No UTF-8 from this byte on, counted from 1.
    Binary(usize),
    Wrong(String),
}

/// The larger of each number of decimals.
pub(crate) fn finest(a: Option<[u8; 2]>, b: Option<[u8; 2]>) -> Option<[u8; 2]> {
    match (a, b) {
        (Some(a), Some(b)) => Some([a[0].max(b[0]), a[1].max(b[1])]),
        (a, b) => a.or(b),
    }
}

/// Which of the block's addresses a recipient stands for, if it is one.
pub(crate) fn address(recipient: i64) -> Option<usize> {
    usize::try_from(-2 - recipient).ok()
}

impl BlockContents {
    /// A block that could not be read.
    pub(crate) fn stopped(stop: Stop) -> Self {
        Self {
            bad_line: Some(BadLine::Stop(stop)),
            ..Self::default()
        }
    }

    /// Reads a block of whole lines; `events` is a guess how many there are.
    #[inline(never)]
    pub(crate) fn read(
        scanner: &mut Scanner,
        mut text: &[u8],
        events: usize,
        bad_lines: BadLines,
    ) -> Self {
        scanner.begin_block();
        let mut block = Self {
            rows: BlockRows::with_room(events),
            ..Self::default()
        };
        let mut owner = None;
        let mut span = (Micros::MAX, Micros::MIN);
        while !text.is_empty() {
            let (id, time) = if let Some(line) = scanner.scan(text) {
                block.scanned(scanner, &line, text);
                text = &text[line.length..];
                (line.machine_id, line.time)
            } else {
                let end = memchr::memchr(b'\n', text).unwrap_or(text.len());
                let line = &text[..end];
                let stated = if is_blank(line) {
                    block.skip(None);
                    None
                } else {
                    match block.other(line) {
                        Ok(stated) => Some(stated),
                        Err(bad_line) if bad_lines == BadLines::Skip => {
                            block.skip(Some(bad_line));
                            None
                        }
                        Err(bad_line) => {
                            block.bad_line = Some(bad_line);
                            break;
                        }
                    }
                };
                text = text.get(end + 1..).unwrap_or_default();
                let Some(stated) = stated else { continue };
                stated
            };
            block.lines += 1;
            span = (span.0.min(time), span.1.max(time));
            if owner != Some(id) {
                owner = Some(id);
                block.owners.push((block.lines, id));
            }
        }
        block.span = owner.map(|_| span);
        let skipped = block.gaps.iter().map(|(lines, _)| lines);
        let skipped = skipped
            .chain(&block.blanks)
            .map(|lines| u64::from(lines.count));
        if block.lines > block.others + skipped.sum::<u64>() {
            block.decimals = Some([6; 2]);
        }
        block
    }

    /// Leaves a line aside.
    #[inline(never)]
    fn skip(&mut self, bad_line: Option<BadLine>) {
        self.lines += 1;
        let line = self.lines as u32;
        let last = match bad_line {
            None => self.blanks.last_mut(),
            Some(_) => self.gaps.last_mut().map(|(lines, _)| lines),
        };
        if let Some(last) = last
            && last.line + last.count == line
        {
            last.count += 1;
            return;
        }
        let lines = Skipped {
            line,
            count: 1,
            row: self.rows.len(),
            why: String::new(),
        };
        match bad_line {
            None => self.blanks.push(lines),
            Some(bad_line) => self.gaps.push((lines, bad_line)),
        }
    }

    #[inline]
    fn scanned(&mut self, scanner: &Scanner, line: &Scanned, text: &[u8]) {
        let Some(kind) = line.event else {
            self.mark(line.time, Note::unread(line.message));
            return;
        };
        let head = Head {
            time: line.time,
            clocks: line.clocks,
            is_manual: line.is_manual,
            is_by_hand: false,
        };
        self.rows.push(kind, head);
        if kind.receives() {
            self.rows.received(line.queue_len, line.message);
            self.has_base_receives |= line.message.sent_clock.is_none();
        }
        if kind.sends() {
            self.sent(scanner, text);
        }
    }

    /// Takes the recipients of a SEND.
    #[inline]
    fn sent(&mut self, scanner: &Scanner, text: &[u8]) {
        if scanner.is_fresh() {
            self.name(scanner, text);
        }
        if let Some(list) = scanner.list() {
            self.rows.list(list);
        } else {
            self.addressed(scanner, text);
        }
    }

    /// Takes the names of recipients that may not have stood in this block before.
    #[inline(never)]
    fn name(&mut self, scanner: &Scanner, text: &[u8]) {
        for (host, port, id) in scanner.recipients() {
            let host = String::from_utf8_lossy(&text[host]);
            self.recipients.add(&host, port, id, self.lines + 1);
        }
    }

    /// Takes the recipients of a SEND of which some are known by address only.
    #[inline(never)]
    fn addressed(&mut self, scanner: &Scanner, text: &[u8]) {
        let recipients = scanner.recipients();
        self.rows.list(&[recipients.len() as i64]);
        for (host, port, id) in recipients {
            let code = match id {
                Some(id) => id as i64,
                None => self.code(Place(String::from_utf8_lossy(&text[host]), port)),
            };
            self.rows.list(&[code]);
        }
    }

    /// Takes a line of another shape: whose it is, and when it was written.
    ///
    /// Like the other seldom ways it is a call, so that the loop over lines of the known shape keeps its registers.
    #[inline(never)]
    fn other(&mut self, line: &[u8]) -> Result<(u64, Micros), BadLine> {
        let text =
            std::str::from_utf8(line).map_err(|error| BadLine::Binary(error.valid_up_to() + 1))?;
        let Line {
            time,
            machine_id,
            is_manual,
            is_by_hand,
            began,
            decimals,
            body,
        } = parse(text).map_err(BadLine::Wrong)?;
        self.others += 1;
        self.decimals = finest(self.decimals, Some(decimals));
        self.beginnings.extend(began.map(|time| Beginning {
            line: self.lines as u32 + 1,
            time: time as f64,
        }));
        match body {
            Body::Event(event) => {
                let head = Head {
                    time,
                    clocks: event.clocks,
                    is_manual,
                    is_by_hand,
                };
                self.event(event, head);
            }
            Body::Unread(mut message) => {
                // Delivered by hand in a machine's name, it is no message of that machine.
                message.sender = message.sender.filter(|_| !is_by_hand);
                self.mark(time, Note::unread(message));
            }
            Body::Connect(connect) => {
                self.mark(time, Note::Connect(Box::new(connect.into_owned())));
            }
            Body::End(end) => self.mark(time, Note::End(Box::new(end))),
            Body::Startup(startup) => {
                self.mark(time, Note::Startup(Box::new(startup.into_owned())));
            }
        }
        Ok((machine_id, time))
    }

    fn event(&mut self, event: EventLine<'_>, head: Head) {
        self.rows.push(event.kind, head);
        if event.kind.receives() {
            self.rows.received(event.queue_len, event.message);
            self.has_base_receives |= event.message.sent_clock.is_none();
        }
        if event.kind.sends() {
            self.rows.list(&[event.recipients.len() as i64]);
            for (number, place) in event.recipients.into_iter().enumerate() {
                let id = event.recipient_ids.get(number).copied().flatten();
                self.recipients.add(&place.0, place.1, id, self.lines + 1);
                let code = id.map_or_else(|| self.code(place), |id| id as i64);
                self.rows.list(&[code]);
            }
        }
    }

    #[inline(never)]
    fn mark(&mut self, time: Micros, note: Note) {
        self.marks.push(Mark {
            line: self.lines as u32 + 1,
            row: self.rows.len(),
            time: time as f64,
            note,
        });
    }

    /// What stands for an address among recipients.
    fn code(&mut self, peer: Place<'_>) -> i64 {
        let place = self.addresses.iter().position(|known| *known == peer);
        let place = place.unwrap_or_else(|| {
            self.addresses.push(peer.into_owned());
            self.addresses.len() - 1
        });
        -2 - place as i64
    }
}
