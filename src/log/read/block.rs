//! One block of a log, read into rows of its own.
//!
//! Nearly every file is the log of one machine. Where one has the lines of several, a block is several, one for each:
//! the one at hand takes lines until another machine is named, and then waits among those set aside.

use std::collections::BTreeMap;

use crate::log::columns::Micros;
use crate::log::history::{Beginning, Mark, Note, Skipped};
use crate::log::line::Place;
use crate::log::read::bad_line::{BadLine, BadLines};
use crate::log::read::blocks::Stop;
use crate::log::read::lines::is_blank;
use crate::log::read::named_recipients::NamedRecipients;
use crate::log::read::parse::{EventLine, Line, LineBody, parse};
use crate::log::read::rows::{BlockRows, Head, UNTOLD};
use crate::log::read::scan::{Scanned, Scanner};

/// What one block says of one machine. Times are as logged; its lines are counted from 1 at its beginning.
#[derive(Default)]
pub(crate) struct BlockContents {
    pub(crate) rows: BlockRows,
    /// The addresses that stand among the recipients, by [`address`].
    pub(crate) addresses: Vec<Place<'static>>,
    /// The recipients of SENDs.
    pub(crate) recipients: NamedRecipients,
    /// Whose the lines are, if one tells.
    pub(crate) owner: Option<u64>,
    /// Where the lines stand in the block: from which line on, and where that one is; empty where they are the same.
    pub(crate) stretches: Vec<(u64, u64)>,
    /// What it says of the other machines, if there are any.
    pub(crate) others: Vec<BlockContents>,
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
    /// Whether an event lacks the clock before.
    pub(crate) lacks_old_clocks: bool,
    /// The lines that are no events; lines, rows and times are those of the block.
    pub(crate) marks: Vec<Mark>,
    /// With how many decimals times are written at most: those of lines, and those of arrivals.
    pub(crate) decimals: Option<[u8; 2]>,
    /// How many lines are of another shape than the writer's.
    pub(crate) unusual: u64,
    /// The lines that say when ticking began.
    pub(crate) beginnings: Vec<Beginning>,
    /// What is wrong with the line after the last of all, and its number in the block.
    pub(crate) bad_line: Option<(u64, BadLine)>,
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
            bad_line: Some((1, BadLine::Stop(stop))),
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
        let mut aside = Aside::default();
        while !text.is_empty() {
            let time = if let Some(line) = scanner.scan(text) {
                if owner != Some(line.machine_id) {
                    aside.take_up(&mut block, &mut span, line.machine_id, scanner);
                    owner = Some(line.machine_id);
                }
                block.scanned(scanner, &line, text);
                text = &text[line.length..];
                line.time
            } else {
                let end = memchr::memchr(b'\n', text).unwrap_or(text.len());
                let line = &text[..end];
                text = text.get(end + 1..).unwrap_or_default();
                if is_blank(line) {
                    block.skip(None);
                    continue;
                }
                match read_line(line) {
                    Ok(line) => {
                        let (id, time) = (line.machine_id, line.time);
                        if owner != Some(id) {
                            aside.take_up(&mut block, &mut span, id, scanner);
                            owner = Some(id);
                        }
                        block.other(line);
                        time
                    }
                    Err(bad_line) if bad_lines == BadLines::Skip => {
                        block.skip(Some(bad_line));
                        continue;
                    }
                    Err(bad_line) => {
                        block.bad_line = Some((block.lines + aside.lines + 1, bad_line));
                        break;
                    }
                }
            };
            block.lines += 1;
            span = (span.0.min(time), span.1.max(time));
        }
        block.span = owner.map(|_| span);
        block.others = aside.blocks;
        block.find_decimals();
        for other in &mut block.others {
            other.find_decimals();
        }
        block
    }

    /// Lines of the writer's shape have all six decimals.
    fn find_decimals(&mut self) {
        let skipped = self.gaps.iter().map(|(lines, _)| lines);
        let skipped = skipped.chain(&self.blanks);
        let skipped = skipped.map(|lines| u64::from(lines.count));
        if self.lines > self.unusual + skipped.sum::<u64>() {
            self.decimals = Some([6; 2]);
        }
    }

    /// What it says of each machine.
    pub(crate) fn each(&self) -> impl Iterator<Item = &Self> {
        self.others.iter().chain([self])
    }

    /// The line of the block that is the first to tell whose it is.
    pub(crate) fn first_told(&self) -> u32 {
        let mut line = 1;
        let skipped = self
            .blanks
            .iter()
            .chain(self.gaps.iter().map(|(lines, _)| lines));
        let mut skipped: Vec<_> = skipped.map(|lines| (lines.line, lines.count)).collect();
        skipped.sort_unstable();
        for (first, count) in skipped {
            if first == line {
                line += count;
            }
        }
        line
    }

    /// The line of the block at which one of its lines stands.
    pub(crate) fn line_in_block(&self, line: u64) -> u64 {
        let after = self.stretches.partition_point(|&(first, _)| first <= line);
        match after.checked_sub(1).map(|at| self.stretches[at]) {
            Some((first, there)) => there + line - first,
            None => line,
        }
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
            is_caused: false,
            says_more: false,
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

    /// Takes a line of another shape.
    ///
    /// Like the other seldom ways it is a call, so that the loop over lines of the known shape keeps its registers.
    #[inline(never)]
    fn other(&mut self, line: Line<'_>) {
        let Line {
            time,
            machine_id: _,
            is_manual,
            is_caused,
            is_by_hand,
            began,
            decimals,
            body,
        } = line;
        self.unusual += 1;
        self.decimals = finest(self.decimals, Some(decimals));
        self.beginnings.extend(began.map(|time| Beginning {
            line: self.lines as u32 + 1,
            time: time as f64,
        }));
        match body {
            LineBody::Event(event) => {
                let head = Head {
                    time,
                    clocks: event.clocks,
                    is_manual,
                    is_by_hand,
                    is_caused,
                    says_more: !event.handled.is_empty(),
                };
                self.event(event, head);
            }
            LineBody::Unread(mut message) => {
                // Delivered by hand in a machine's name, it is no message of that machine.
                message.sender = message.sender.filter(|_| !is_by_hand);
                self.mark(time, Note::unread(message));
            }
            LineBody::Connect(connect) => {
                self.mark(time, Note::Connect(Box::new(connect.into_owned())));
            }
            LineBody::End(end) => self.mark(time, Note::End(Box::new(end))),
            LineBody::Startup(startup) => {
                self.mark(time, Note::Startup(Box::new(startup.into_owned())));
            }
        }
    }

    fn event(&mut self, event: EventLine<'_>, head: Head) {
        self.lacks_old_clocks |= head.clocks.0 == UNTOLD;
        self.rows.push(event.kind, head);
        if head.says_more {
            self.rows.say(event.handled);
        }
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
    pub(crate) fn code(&mut self, peer: Place<'_>) -> i64 {
        let place = self.addresses.iter().position(|known| *known == peer);
        let place = place.unwrap_or_else(|| {
            self.addresses.push(peer.into_owned());
            self.addresses.len() - 1
        });
        -2 - place as i64
    }
}

/// Reads a line of another shape than the scanner knows.
#[inline(never)]
fn read_line(line: &[u8]) -> Result<Line<'_>, BadLine> {
    let text = std::str::from_utf8(line);
    let text = text.map_err(|error| BadLine::Binary(error.valid_up_to() + 1))?;
    parse(text).map_err(BadLine::Wrong)
}

/// What a block says of the machines that are not at hand.
#[derive(Default)]
struct Aside {
    blocks: Vec<BlockContents>,
    /// Where that of each machine is, or was before it was taken up.
    places: BTreeMap<u64, usize>,
    /// How many lines they have.
    lines: u64,
}

impl Aside {
    /// Takes up the machine of the next line in the place of the one at hand.
    #[inline(never)]
    fn take_up(
        &mut self,
        block: &mut BlockContents,
        span: &mut (Micros, Micros),
        id: u64,
        scanner: &mut Scanner,
    ) {
        let Some(owner) = block.owner else {
            // What came before told nothing.
            block.owner = Some(id);
            return;
        };
        if block.stretches.is_empty() {
            block.stretches.push((1, 1));
        }
        block.span = Some(*span);
        let place = *self.places.entry(id).or_insert_with(|| {
            self.blocks.push(BlockContents {
                owner: Some(id),
                span: Some((Micros::MAX, Micros::MIN)),
                ..BlockContents::default()
            });
            self.blocks.len() - 1
        });
        // The places of both are exchanged.
        std::mem::swap(block, &mut self.blocks[place]);
        self.places.remove(&id);
        self.places.insert(owner, place);
        self.lines = self.lines + self.blocks[place].lines - block.lines;
        *span = block.span.unwrap_or((Micros::MAX, Micros::MIN));
        let line = block.lines + 1;
        block.stretches.push((line, line + self.lines));
        // What it sends to is new to it.
        scanner.begin_block();
    }
}
