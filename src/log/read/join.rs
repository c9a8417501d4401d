//! The parts of each machine's log, put together: what they say tells their order, never their names.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::log::columns::Micros;
use crate::log::history::{Note, Piece};
use crate::log::read::interleave::interleave;
use crate::log::read::joined::{JoinedLog, twice};
use crate::log::read::parts::FilePart;

/// The logs of all machines, in the order in which they are first named.
pub(super) fn join(parts: Vec<FilePart>) -> Result<Vec<JoinedLog>> {
    let mut places = BTreeMap::new();
    let mut logs: Vec<Vec<FilePart>> = Vec::new();
    for part in parts {
        let place = *places.entry(part.id).or_insert(logs.len());
        if place == logs.len() {
            logs.push(Vec::new());
        }
        logs[place].push(part);
    }
    logs.into_iter().map(log).collect()
}

/// The log of a machine from its parts.
fn log(parts: Vec<FilePart>) -> Result<JoinedLog> {
    let (parts, is_apart) = in_order(parts)?;
    if !is_apart {
        return interleave(parts);
    }
    let is_whole = |part: &FilePart| matches!(part.stretches[..], [] | [(1, 1)]);
    let is_plain = parts.len() == 1 && parts.iter().all(is_whole);
    let mut log = JoinedLog::of(&parts);
    let mut lines = 0;
    for (number, part) in parts.into_iter().enumerate() {
        let pieces = part.stretches.iter().map(|&(line, at)| Piece {
            line: (lines + line) as u32,
            file: log.files[number].clone(),
            at: at as u32,
        });
        if !is_plain {
            log.pieces.extend(pieces);
        }
        lines += part.lines;
        log.blocks.extend(part.blocks);
    }
    Ok(log)
}

/// How far a part goes.
#[derive(Debug, Clone, Copy)]
struct Reach {
    /// The clock of a STARTUP before all events.
    start: Option<u64>,
    /// The clock before the first event.
    event: Option<u64>,
    clocks: Option<(u64, u64)>,
    times: (Micros, Micros),
}

impl Reach {
    fn of(part: &FilePart) -> Self {
        let spans = || part.blocks.iter().filter_map(|block| block.span);
        let first = spans().map(|span| span.0).min();
        let last = spans().map(|span| span.1).max();
        let events = || part.blocks.iter().flat_map(|block| &block.rows.events);
        let event = events().next().and_then(|event| event.old_clock());
        let notes = part.blocks.iter().flat_map(|block| &block.marks);
        let started = notes.filter_map(|mark| match &mark.note {
            Note::Startup(startup) => Some((mark.row, startup.local_clock?)),
            _ => None,
        });
        let started: Vec<_> = started.collect();
        let start = started
            .first()
            .filter(|(row, _)| *row == 0)
            .map(|start| start.1);
        let last_event = part
            .blocks
            .iter()
            .rev()
            .find_map(|block| block.rows.events.last());
        let begin = start.or(event);
        let end = last_event.map(|event| event.new_clock);
        Self {
            start,
            event,
            clocks: begin.map(|begin| (begin, end.unwrap_or(begin))),
            times: (first.unwrap_or_default(), last.unwrap_or_default()),
        }
    }
}

/// The parts of one machine in the order in which they were written, and whether one ends before the next begins.
fn in_order(parts: Vec<FilePart>) -> Result<(Vec<FilePart>, bool)> {
    if parts.len() < 2 {
        return Ok((parts, true));
    }
    let reach = |part| (Reach::of(&part), part);
    let mut known: Vec<(Reach, FilePart)> = parts.into_iter().map(reach).collect();
    let begins: [fn(&Reach) -> Option<u64>; 2] = [|reach| reach.start, |reach| reach.event];
    for begins in begins {
        let mut beginnings = known.iter().filter(|(reach, _)| begins(reach) == Some(0));
        if let (Some((_, one)), Some((_, other))) = (beginnings.next(), beginnings.next()) {
            let why = "each begins with the clock at 0, so they are two runs or copies";
            return Err(twice(one, other, why));
        }
    }
    let is_apart = |known: &[(Reach, FilePart)], before: fn(Reach, Reach) -> bool| {
        known.windows(2).all(|pair| before(pair[0].0, pair[1].0))
    };
    if known.iter().all(|(reach, _)| reach.clocks.is_some()) {
        known.sort_by_key(|(reach, _)| (reach.clocks, reach.times));
    }
    let by_clock = |one: Reach, other: Reach| {
        let clocks = one.clocks.zip(other.clocks);
        clocks.is_some_and(|(one, other)| one.1 <= other.0)
    };
    let mut is_done = is_apart(&known, by_clock);
    if !is_done {
        known.sort_by_key(|(reach, _)| reach.times);
        is_done = is_apart(&known, |one, other| one.times.1 <= other.times.0);
    }
    Ok((known.into_iter().map(|(_, part)| part).collect(), is_done))
}
