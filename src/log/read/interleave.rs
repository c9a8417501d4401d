//! Parts of one log whose events alternate: times put them in order, or the clock, which never goes back.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::error::Result;
use crate::log::columns::Micros;
use crate::log::history::{Beginning, Mark, Note, Piece, Skipped};
use crate::log::read::bad_line::BadLine;
use crate::log::read::block::{BlockContents, address, finest};
use crate::log::read::joined::{JoinedLog, twice};
use crate::log::read::parts::FilePart;
use crate::log::read::reclaim::lines_of_rows;
use crate::log::read::rows::RowCursor;

/// One line of a part.
enum LineKind {
    /// An event, and the clock after it.
    Event(u64),
    Mark(Mark),
    Gap(Skipped, BadLine),
}

/// A line of a part: the time up to it and the clock, where it stands, and what it is.
struct PartLine {
    reached: (Micros, u64),
    number: u32,
    kind: LineKind,
}

/// The log of parts of which none ends before the next begins.
pub(super) fn interleave(mut parts: Vec<FilePart>) -> Result<JoinedLog> {
    let mut log = JoinedLog::of(&parts);
    let lines: Vec<Vec<PartLine>> = parts.iter_mut().map(lines).collect();
    let by_time = turns(&lines, |line| line.reached);
    let turns = match doubled(&lines, &by_time) {
        None => by_time,
        Some(_) => turns(&lines, |line| {
            (line.reached.1 as Micros, line.reached.0 as u64)
        }),
    };
    if let Some((one, other, clock)) = doubled(&lines, &turns)
        && one != other
    {
        let why = format!("both have an event after which the clock is {clock}");
        return Err(twice(&parts[one], &parts[other], &why));
    }
    let mut writer = Writer::new(&parts);
    let mut lines: Vec<_> = lines.into_iter().map(Vec::into_iter).collect();
    for number in turns {
        if let Some(line) = lines[number].next() {
            writer.put(number, line, &parts, &mut log);
        }
    }
    let Writer {
        mut all, becomes, ..
    } = writer;
    for (part, becomes) in parts.iter_mut().zip(&becomes) {
        all.take_beside(part, becomes);
    }
    all.beginnings.sort_by_key(|beginning| beginning.line);
    log.blocks.push(all);
    Ok(log)
}

/// From which part each line is: always the least next one.
fn turns(lines: &[Vec<PartLine>], key: fn(&PartLine) -> (Micros, u64)) -> Vec<usize> {
    let mut next = vec![0; lines.len()];
    let head = |part: usize, at: usize| Some(Reverse((key(lines[part].get(at)?), part)));
    let mut heap: BinaryHeap<_> = (0..lines.len()).filter_map(|part| head(part, 0)).collect();
    let mut turns = Vec::with_capacity(lines.iter().map(Vec::len).sum());
    while let Some(Reverse((_, part))) = heap.pop() {
        turns.push(part);
        next[part] += 1;
        heap.extend(head(part, next[part]));
    }
    turns
}

/// The first event that does not raise the clock: its part, that of the event before, and its clock.
fn doubled(lines: &[Vec<PartLine>], turns: &[usize]) -> Option<(usize, usize, u64)> {
    let mut next = vec![0; lines.len()];
    let mut before: Option<(usize, u64)> = None;
    for &part in turns {
        let line = &lines[part][next[part]];
        next[part] += 1;
        let LineKind::Event(clock) = line.kind else {
            continue;
        };
        if let Some((other, last)) = before
            && clock <= last
        {
            return Some((other, part, clock));
        }
        before = Some((part, clock));
    }
    None
}

/// The log that is made.
struct Writer<'a> {
    all: BlockContents,
    cursors: Vec<PartRows<'a>>,
    /// By part, the line that each of its lines becomes.
    becomes: Vec<Vec<u32>>,
    /// The part and the line in its file of the line before.
    before: Option<(usize, u64)>,
    /// The parts of which something may be missing up to their next event.
    open: Vec<bool>,
}

impl<'a> Writer<'a> {
    fn new(parts: &'a [FilePart]) -> Self {
        Self {
            all: BlockContents {
                owner: parts.first().map(|part| part.id),
                ..BlockContents::default()
            },
            cursors: parts.iter().map(PartRows::new).collect(),
            becomes: parts
                .iter()
                .map(|part| vec![0; part.lines as usize + 1])
                .collect(),
            before: None,
            open: vec![false; parts.len()],
        }
    }

    /// Takes the next line of a part.
    fn put(&mut self, number: usize, line: PartLine, parts: &[FilePart], log: &mut JoinedLog) {
        let count = match &line.kind {
            LineKind::Gap(lines, _) => lines.count,
            _ => 1,
        };
        for number_there in line.number..line.number + count {
            self.place(number, number_there, parts, log);
        }
        let all = &mut self.all;
        let (new, row) = (all.lines as u32, all.rows.len());
        match line.kind {
            LineKind::Event(_) => {
                self.cursors[number].copy(all);
                self.open[number] = false;
                if self.open.contains(&true) {
                    all.gaps
                        .push((nothing_after(new, row + 1), BadLine::Elsewhere));
                }
            }
            LineKind::Mark(mark) => all.marks.push(Mark {
                line: new,
                row,
                ..mark
            }),
            LineKind::Gap(lines, why) => {
                let line = new - count.saturating_sub(1);
                all.gaps.push((Skipped { line, row, ..lines }, why));
                self.open[number] = true;
            }
        }
    }

    /// Gives a line of a part its number.
    fn place(&mut self, number: usize, line: u32, parts: &[FilePart], log: &mut JoinedLog) {
        self.all.lines += 1;
        let new = self.all.lines as u32;
        let at = parts[number].line_in_file(line.into());
        if self
            .before
            .is_none_or(|(part, before)| (part, before + 1) != (number, at))
        {
            log.pieces.push(Piece {
                line: new,
                file: log.files[number].clone(),
                at: at as u32,
            });
        }
        self.before = Some((number, at));
        self.becomes[number][line as usize] = new;
    }
}

/// A place after a line where something may be missing.
fn nothing_after(line: u32, row: usize) -> Skipped {
    Skipped {
        line,
        count: 0,
        row,
        why: String::new(),
    }
}

/// Takes the lines of a part but for the rows of its events out of it.
fn lines(part: &mut FilePart) -> Vec<PartLine> {
    let mut all = Vec::new();
    let (mut before, mut clock, mut time) = (0, None, Micros::MIN);
    for block in &mut part.blocks {
        let rows = lines_of_rows(block);
        let events = rows.into_iter().zip(&block.rows.events);
        let mut found: Vec<(u32, Option<Micros>, Option<u64>, LineKind)> = events
            .map(|(line, event)| {
                let clock = event.new_clock;
                (line, Some(event.time), Some(clock), LineKind::Event(clock))
            })
            .collect();
        for mark in std::mem::take(&mut block.marks) {
            let clock = match &mark.note {
                Note::Startup(startup) => startup.local_clock,
                Note::End(end) => Some(end.final_clock),
                _ => None,
            };
            found.push((
                mark.line,
                Some(mark.time as Micros),
                clock,
                LineKind::Mark(mark),
            ));
        }
        for (lines, why) in std::mem::take(&mut block.gaps) {
            found.push((lines.line, None, None, LineKind::Gap(lines, why)));
        }
        found.sort_by_key(|(line, ..)| *line);
        let first = block
            .rows
            .events
            .first()
            .and_then(|event| event.old_clock())
            .unwrap_or(0);
        for (line, at, own, kind) in found {
            // Neither goes back: what stands in a part keeps its order.
            let reached = clock.unwrap_or(first).max(own.unwrap_or(0));
            clock = Some(reached);
            time = time.max(at.unwrap_or(time));
            all.push(PartLine {
                reached: (time, reached),
                number: before + line,
                kind,
            });
        }
        before += block.lines as u32;
    }
    all
}

/// The rows of a part, one after the other.
struct PartRows<'a> {
    blocks: std::slice::Iter<'a, BlockContents>,
    at: Option<(&'a BlockContents, RowCursor<'a>)>,
}

impl<'a> PartRows<'a> {
    fn new(part: &'a FilePart) -> Self {
        Self {
            blocks: part.blocks.iter(),
            at: None,
        }
    }

    /// Copies the next row.
    fn copy(&mut self, all: &mut BlockContents) {
        loop {
            if let Some((block, cursor)) = &mut self.at
                && let Some((event, kind, received, list)) = cursor.take()
            {
                all.rows.copy_event(event);
                if event.says_more() {
                    all.rows.say(cursor.take_said().clone());
                }
                if kind.receives() {
                    all.rows.copy_received(received);
                }
                if kind.sends() {
                    all.rows.list(&[list.len() as i64]);
                    for &code in list {
                        let code = match address(code) {
                            Some(place) => all.code(block.addresses[place].clone()),
                            None => code,
                        };
                        all.rows.list(&[code]);
                    }
                }
                return;
            }
            match self.blocks.next() {
                Some(block) => self.at = Some((block, block.rows.cursor(0))),
                None => return,
            }
        }
    }
}

impl BlockContents {
    /// Takes what a part says beside its lines, `becomes` being what these have become.
    fn take_beside(&mut self, part: &mut FilePart, becomes: &[u32]) {
        let mut before = 0;
        for block in &mut part.blocks {
            let there = |line: u32| becomes[(before + line) as usize];
            self.has_base_receives |= block.has_base_receives;
            self.lacks_old_clocks |= block.lacks_old_clocks;
            self.decimals = finest(self.decimals, block.decimals);
            let (first, last) = self.span.unwrap_or((Micros::MAX, Micros::MIN));
            if let Some(span) = block.span {
                self.span = Some((first.min(span.0), last.max(span.1)));
            }
            let beginnings = block.beginnings.iter().map(|beginning| Beginning {
                line: there(beginning.line),
                ..*beginning
            });
            self.beginnings.extend(beginnings);
            block.recipients.place(there);
            self.recipients
                .append(std::mem::take(&mut block.recipients), 0);
            before += block.lines as u32;
        }
    }
}
