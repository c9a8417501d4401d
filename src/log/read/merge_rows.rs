//! The rows of many blocks into the columns of all.
//!
//! Where a row goes is known only when all logs are read, so events wait as small rows (`rows.rs`) and are put in
//! place once: the columns are made in their final length and cut into stretches, which threads fill in without a
//! lock. A log is in order of time but for damage, so tables are a merge of sorted lists, not a sort.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::log::columns::{Columns, Micros};
use crate::log::handled_row::HandledRow;
use crate::log::read::block::address;
use crate::log::read::rows::{BlockRows, Packed, Received, RowCursor};
use crate::log::schema::{EventKind, Row, Stretch};

/// Rows filled in between two questions whether to go on.
const ROWS_PER_CHECK: usize = 1 << 14;

/// The events of a log.
pub(crate) struct LogEvents {
    pub(crate) machine_id: u64,
    /// What is added to its times.
    pub(crate) offset: Micros,
    pub(crate) blocks: Vec<BlockEvents>,
}

/// The events of a block, and who is behind the addresses among them.
pub(crate) struct BlockEvents {
    pub(crate) rows: BlockRows,
    pub(crate) names: Vec<i64>,
}

/// The events of all logs in columns, sorted, with times in seconds since `start`, which is in microseconds.
///
/// `None` if `go_on` said no.
pub(crate) fn merge_by_time(
    logs: &[LogEvents],
    start: Micros,
    threads: usize,
    go_on: &mut dyn FnMut() -> bool,
) -> Option<Columns> {
    let mut columns = Columns::of_length(total(logs));
    let cuts = by_time(logs, threads);
    let fill: Fill = if has_steps(logs) {
        |filler, share, go_on| filler.merge::<true>(share, go_on)
    } else {
        |filler, share, go_on| filler.merge::<false>(share, go_on)
    };
    fill_in(
        &mut columns,
        shares(logs, &cuts),
        Unit::Seconds(start as f64),
        fill,
        go_on,
    )?;
    // Nothing to do, unless the times of a log go back.
    columns.sort();
    Some(columns)
}

/// The events of one log after the other, with times in microseconds, and whether they were made by hand.
///
/// `None` if `go_on` said no.
pub(crate) fn append_logs(
    logs: &[LogEvents],
    threads: usize,
    go_on: &mut dyn FnMut() -> bool,
) -> Option<Columns> {
    let mut columns = Columns::of_length(total(logs));
    columns.time = Vec::new();
    let cuts = by_row(logs, threads);
    let fill: Fill = if has_steps(logs) {
        |filler, share, go_on| filler.append::<true>(share, go_on)
    } else {
        |filler, share, go_on| filler.append::<false>(share, go_on)
    };
    fill_in(&mut columns, shares(logs, &cuts), Unit::Micros, fill, go_on)?;
    Some(columns)
}

/// Whether a log is of a machine with an algorithm, as far as its events tell.
fn has_steps(logs: &[LogEvents]) -> bool {
    let mut blocks = logs.iter().flat_map(|log| &log.blocks);
    blocks.any(|block| block.rows.has_steps())
}

fn total(logs: &[LogEvents]) -> usize {
    logs.iter().map(LogEvents::len).sum()
}

impl LogEvents {
    pub(crate) fn len(&self) -> usize {
        self.blocks.iter().map(|block| block.rows.len()).sum()
    }

    /// The earliest time of an event, in microseconds.
    pub(crate) fn earliest(&self) -> Option<f64> {
        let events = self.blocks.iter().flat_map(|block| &block.rows.events);
        let time = events.map(|event| event.time).min()?;
        Some((time + self.offset) as f64)
    }

    /// The event before a row, for rows that never go back: all of them take one walk through the log.
    pub(crate) fn before(&self) -> impl FnMut(usize) -> Option<Packed> + '_ {
        let mut blocks = self.blocks.iter().peekable();
        let mut first = 0;
        move |row| {
            let row = row.checked_sub(1)?;
            while let Some(block) = blocks.next_if(|block| row - first >= block.rows.len()) {
                first += block.rows.len();
            }
            blocks.peek()?.rows.events.get(row - first).copied()
        }
    }

    /// The row at which the log reaches a time; of a log whose times go back, any such row.
    fn reach(&self, time: Micros) -> usize {
        let is_before = |event: &Packed| event.time + self.offset < time;
        let begins_before = |block: &BlockEvents| block.rows.events.first().is_none_or(is_before);
        let later = self.blocks.partition_point(begins_before);
        let Some(last) = later.checked_sub(1) else {
            return 0;
        };
        let before = self.blocks[..last].iter().map(|block| block.rows.len());
        before.sum::<usize>() + self.blocks[last].rows.events.partition_point(is_before)
    }
}

/// By thread, the rows of each log up to which it works: about equal shares of time.
///
/// All rows of one time go to one thread, as their order is by machine. The first rows of the blocks stand for
/// all: blocks are of one size, so between two of them there is about as much to do.
fn by_time(logs: &[LogEvents], threads: usize) -> Vec<Vec<usize>> {
    let mut times: Vec<Micros> = logs
        .iter()
        .flat_map(|log| {
            let firsts = log
                .blocks
                .iter()
                .filter_map(|block| block.rows.events.first());
            firsts.map(|event| event.time + log.offset)
        })
        .collect();
    times.sort_unstable();
    let inner = (1..threads).filter_map(|share| times.get(share * times.len() / threads));
    let mut cuts: Vec<Vec<usize>> = inner
        .map(|&time| logs.iter().map(|log| log.reach(time)).collect())
        .collect();
    cuts.push(logs.iter().map(LogEvents::len).collect());
    cuts
}

/// The same with equal shares of rows, one log after the other.
fn by_row(logs: &[LogEvents], threads: usize) -> Vec<Vec<usize>> {
    let all = total(logs);
    let cut = |share: usize| {
        let mut left = share * all / threads;
        let up_to = |log: &LogEvents| {
            let rows = log.len().min(left);
            left -= rows;
            rows
        };
        logs.iter().map(up_to).collect()
    };
    (1..=threads).map(cut).collect()
}

/// What one thread fills in: of each log, from which row on, and how many.
struct ThreadShare<'a> {
    logs: Vec<(&'a LogEvents, usize, usize)>,
    rows: usize,
    /// About how many recipients they have, more rather than fewer.
    recipients: usize,
}

fn shares<'a>(logs: &'a [LogEvents], cuts: &[Vec<usize>]) -> Vec<ThreadShare<'a>> {
    let blocks = logs.iter().flat_map(|log| &log.blocks);
    let recipients: usize = blocks.map(|block| block.rows.most_recipients()).sum();
    let all = total(logs).max(1);
    let mut from = vec![0; logs.len()];
    let mut shares = Vec::new();
    for cut in cuts {
        let spans = logs.iter().zip(from.iter().zip(cut));
        let logs: Vec<_> = spans
            .map(|(log, (&first, &end))| (log, first, end - first))
            .collect();
        let rows = logs.iter().map(|&(_, _, count)| count).sum();
        shares.push(ThreadShare {
            recipients: (recipients as f64 * rows as f64 / all as f64) as usize,
            logs,
            rows,
        });
        from.clone_from(cut);
    }
    shares
}

/// How times are written.
#[derive(Clone, Copy)]
enum Unit {
    Micros,
    /// In seconds since this time, in microseconds; `system_time` since its own origin.
    Seconds(f64),
}

type Fill = fn(&mut Filler<'_>, &ThreadShare<'_>, &mut dyn FnMut() -> bool) -> Option<()>;

/// Fills in every share on a thread of its own, the last on this one.
fn fill_in(
    columns: &mut Columns,
    mut shares: Vec<ThreadShare<'_>>,
    unit: Unit,
    fill: Fill,
    go_on: &mut dyn FnMut() -> bool,
) -> Option<()> {
    let rows: Vec<usize> = shares.iter().map(|share| share.rows).collect();
    let last = shares.pop()?;
    let stop = &AtomicBool::new(false);
    let mut all = Stretch::of(columns);
    let work = move |rows, share: &ThreadShare<'_>, go_on: &mut dyn FnMut() -> bool| {
        let mut filler = Filler {
            rows,
            at: 0,
            recipients: Vec::with_capacity(share.recipients),
            said: Vec::new(),
            unit,
        };
        fill(&mut filler, share, go_on).map(|()| (filler.recipients, filler.said))
    };
    let lists = thread::scope(|scope| {
        let mut others = Vec::new();
        for share in shares {
            let (first, rest) = std::mem::take(&mut all).split(share.rows);
            all = rest;
            others.push(
                scope.spawn(move || work(first, &share, &mut || !stop.load(Ordering::Relaxed))),
            );
        }
        let mine = work(all, &last, go_on);
        stop.store(mine.is_none(), Ordering::Relaxed);
        let others = others.into_iter();
        let lists = others.map(|other| other.join().expect("copying does not panic"));
        let mut lists: Vec<_> = lists.collect();
        lists.push(mine);
        lists
    });
    // The starts of a share count from its own beginning.
    let mut row = 0;
    for (list, rows) in lists.into_iter().zip(rows) {
        let (list, said) = list?;
        for (at, said) in said {
            columns.say(row + at, said);
        }
        let shift = columns.recipients.len();
        if shift == 0 {
            columns.recipients = list;
        } else {
            for start in &mut columns.starts[row..row + rows] {
                *start += shift;
            }
            columns.recipients.extend_from_slice(&list);
        }
        row += rows;
    }
    columns.starts[row] = columns.recipients.len();
    columns.end_said();
    Some(())
}

/// Fills rows in, one after the other; with `STEPS` what they say beside their columns, too.
struct Filler<'a> {
    rows: Stretch<'a>,
    at: usize,
    recipients: Vec<i64>,
    /// What rows say beside their columns.
    said: Vec<(usize, HandledRow)>,
    unit: Unit,
}

impl Filler<'_> {
    /// The events of several logs in order of (time, machine), each log in its own order.
    fn merge<const STEPS: bool>(
        &mut self,
        share: &ThreadShare<'_>,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Option<()> {
        let mut cursors: Vec<LogCursor> = share
            .logs
            .iter()
            .filter(|(_, _, count)| *count > 0)
            .map(|&(log, first, count)| LogCursor::new(log, first, count))
            .collect();
        let mut heap: BinaryHeap<_> = cursors
            .iter()
            .enumerate()
            .filter_map(|(place, cursor)| Some(Reverse((cursor.time()?, cursor.id, place))))
            .collect();
        // The log that is first often stays first: changing the top of the heap in place costs less than pop and push.
        while let Some(mut first) = heap.peek_mut() {
            let cursor = &mut cursors[first.0.2];
            self.put::<STEPS>(cursor);
            match cursor.time() {
                Some(time) => first.0.0 = time,
                None => drop(PeekMut::pop(first)),
            }
            if self.at.is_multiple_of(ROWS_PER_CHECK) && !go_on() {
                return None;
            }
        }
        Some(())
    }

    /// The events of one log after the other.
    fn append<const STEPS: bool>(
        &mut self,
        share: &ThreadShare<'_>,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Option<()> {
        for &(log, first, count) in &share.logs {
            let mut cursor = LogCursor::new(log, first, count);
            while cursor.left > 0 {
                self.put::<STEPS>(&mut cursor);
                if self.at.is_multiple_of(ROWS_PER_CHECK) && !go_on() {
                    return None;
                }
            }
        }
        Some(())
    }

    /// Takes the next event of a log.
    #[inline]
    fn put<const STEPS: bool>(&mut self, cursor: &mut LogCursor<'_>) {
        let names = cursor.names;
        let Some(((event, kind, received, list), said)) = cursor.take::<STEPS>() else {
            return;
        };
        if STEPS && let Some(said) = said {
            self.say(said, cursor.offset);
        }
        let logged = (event.time + cursor.offset) as f64;
        let arrived = received.arrived + cursor.offset as f64;
        let (time, system_time, arrived) = match self.unit {
            Unit::Micros => (logged, logged, arrived),
            // Microseconds below 2^53 are whole in a float, so each quotient is the nearest one.
            Unit::Seconds(start) => (
                (logged - start) / 1e6,
                logged / 1e6,
                (arrived - start) / 1e6,
            ),
        };
        let Received {
            queue_len,
            sender,
            sent_clock,
            ..
        } = received;
        let row = Row {
            time,
            system_time,
            machine_id: cursor.id as i64,
            event: kind,
            old_clock: event.old_clock_or_unknown(),
            new_clock: event.new_clock as i64,
            queue_len,
            sender,
            sent_clock,
            arrived,
            manual: event.is_manual(),
            by_hand: event.is_by_hand(),
            caused: STEPS && event.is_caused(),
        };
        self.rows.put(self.at, &row, self.recipients.len());
        let named = |&code: &i64| address(code).map_or(code, |place| names[place]);
        match list {
            [] => {}
            [one] => self.recipients.push(named(one)),
            all => self.recipients.extend(all.iter().map(named)),
        }
        self.at += 1;
    }

    #[inline(never)]
    fn say(&mut self, said: &HandledRow, offset: Micros) {
        let start = match self.unit {
            Unit::Micros => 0,
            Unit::Seconds(start) => start as Micros,
        };
        self.said.push((self.at, said.shifted(offset - start)));
    }
}

/// The next event, what it is, what it received and to whom it sent, and what it says beside its columns.
type TakenRow<'a> = (
    (Packed, EventKind, Received, &'a [i64]),
    Option<&'a HandledRow>,
);

/// A place in a log.
struct LogCursor<'a> {
    id: u64,
    offset: Micros,
    row: RowCursor<'a>,
    names: &'a [i64],
    later: std::slice::Iter<'a, BlockEvents>,
    /// How many rows are still to come.
    left: usize,
}

impl<'a> LogCursor<'a> {
    fn new(log: &'a LogEvents, mut first: usize, left: usize) -> Self {
        static NOTHING: BlockRows = BlockRows::new();
        let mut cursor = Self {
            id: log.machine_id,
            offset: log.offset,
            row: NOTHING.cursor(0),
            names: &[],
            later: log.blocks.iter(),
            left,
        };
        for block in cursor.later.by_ref() {
            if first < block.rows.len() {
                (cursor.row, cursor.names) = (block.rows.cursor(first), &block.names);
                break;
            }
            first -= block.rows.len();
        }
        cursor
    }

    /// The time of the next row, as far as there is one.
    #[inline]
    fn time(&self) -> Option<Micros> {
        let event = self.row.peek().filter(|_| self.left > 0)?;
        Some(event.time + self.offset)
    }

    #[inline]
    fn take<const STEPS: bool>(&mut self) -> Option<TakenRow<'a>> {
        self.left -= 1;
        let taken = self.row.take()?;
        let said = (STEPS && taken.0.says_more()).then(|| self.row.take_said());
        while self.row.peek().is_none()
            && let Some(block) = self.later.next()
        {
            (self.row, self.names) = (block.rows.cursor(0), &block.names);
        }
        Some((taken, said))
    }
}
