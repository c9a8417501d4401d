//! Every event of a run whose blocks of machines were recorded apart, and the columns of all.
//!
//! Columns are made in their final length and cut at whole microseconds into stretches of about as many events,
//! which threads fill in without a lock. Rows are in the order of (time, machine), and a machine's in its own:
//! blocks are in the order of time, so that only events of one microsecond are sorted.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::drive::simulated::id;
use crate::drive::simulated::record_list::{Pieces, Record};
use crate::drive::simulated::recorder::Recorder;
use crate::log::columns::Columns;
use crate::log::schema::Stretch;
use crate::model::event::Event;
use crate::model::message::Nanos;
use crate::model::topology::Topology;

/// Events between two questions whether to go on.
const EVENTS_PER_CHECK: usize = 1 << 14;

/// The events of one block of machines in order, each with the clock before it.
#[derive(Debug, Default)]
pub struct RecordShare(Pieces<(Record, u64)>);

impl Recorder for RecordShare {
    #[inline]
    fn event(&mut self, time: Nanos, machine: u32, event: &Event) {
        let record = Record::new(time, machine, event);
        self.0.push((record, event.old_clock()));
    }
}

impl RecordShare {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// How many of its events are before a time, in microseconds.
    fn before(&self, time: u64) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if micros(&self.0.get(middle).0) < time {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

fn micros(record: &Record) -> u64 {
    record.time / 1000
}

/// The columns of these events on as many threads as there are shares, or `None` if `go_on` said no.
pub(super) fn columns_of_shares(
    shares: &[RecordShare],
    topology: &Topology,
    go_on: &mut dyn FnMut() -> bool,
) -> Option<Columns> {
    let total = shares.iter().map(RecordShare::len).sum();
    let mut stretches = stretches(shares, total, topology);
    let stop = AtomicBool::new(false);
    // How many recipients there are, which says where those of the next stretch begin.
    let counts: Vec<usize> = thread::scope(|scope| {
        let count = |stretch: &Sources<'_>| stretch.recipients();
        let others: Vec<_> = stretches
            .iter()
            .skip(1)
            .map(|stretch| scope.spawn(move || count(stretch)))
            .collect();
        let first = stretches.first().map(count);
        let others = others
            .into_iter()
            .map(|other| other.join().expect("counting does not panic"));
        first.into_iter().chain(others).collect()
    });
    let mut columns = Columns::of_length(total);
    let mut recipients = vec![0; counts.iter().sum()];
    columns.starts[total] = recipients.len();
    let (mut rows, mut left, mut start) = (Stretch::of(&mut columns), &mut recipients[..], 0);
    thread::scope(|scope| {
        let mut first = None;
        for (number, (sources, count)) in stretches.drain(..).zip(counts).enumerate() {
            let (own_rows, other_rows) = std::mem::take(&mut rows).split(sources.len());
            let (own, others) = std::mem::take(&mut left).split_at_mut(count);
            (rows, left) = (other_rows, others);
            let filler = StretchFiller {
                rows: own_rows,
                recipients: own,
                start,
            };
            start += count;
            let stop = &stop;
            if number == 0 {
                first = Some((sources, filler));
            } else {
                scope.spawn(move || filler.fill(sources, &mut || !stop.load(Ordering::Relaxed)));
            }
        }
        if let Some((sources, filler)) = first {
            filler.fill(sources, &mut || {
                let goes_on = go_on();
                stop.fetch_or(!goes_on, Ordering::Relaxed);
                goes_on
            });
        }
    });
    if stop.load(Ordering::Relaxed) {
        return None;
    }
    columns.recipients = recipients;
    Some(columns)
}

/// As many stretches of time as there are shares, of about as many events each.
fn stretches<'a>(
    shares: &'a [RecordShare],
    total: usize,
    topology: &'a Topology,
) -> Vec<Sources<'a>> {
    let last = shares.iter().filter_map(|share| {
        share
            .len()
            .checked_sub(1)
            .map(|last| micros(&share.0.get(last).0))
    });
    let end = last.max().map_or(0, |last| last + 1);
    let mut from = vec![0; shares.len()];
    let mut stretch = |number: usize| {
        let wanted = total * number / shares.len();
        // The first microsecond before which there are as many events.
        let (mut low, mut high) = (0, end);
        while low < high {
            let middle = u64::midpoint(low, high);
            if shares
                .iter()
                .map(|share| share.before(middle))
                .sum::<usize>()
                < wanted
            {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let ranges = shares.iter().zip(&mut from).map(|(share, from)| {
            let start = *from;
            *from = share.before(low);
            (share, start..*from)
        });
        Sources {
            ranges: ranges.collect(),
            topology,
        }
    };
    (1..=shares.len()).map(&mut stretch).collect()
}

/// The events of one stretch of time, by the blocks they are of.
struct Sources<'a> {
    ranges: Vec<(&'a RecordShare, Range<usize>)>,
    topology: &'a Topology,
}

impl<'a> Sources<'a> {
    fn len(&self) -> usize {
        self.ranges.iter().map(|(_, range)| range.len()).sum()
    }

    fn recipients(&self) -> usize {
        let records = self
            .ranges
            .iter()
            .flat_map(|(share, range)| range.clone().map(|place| &share.0.get(place).0));
        records
            .map(|record| record.positions(self.topology).len())
            .sum()
    }

    /// Puts the events of the next microsecond into `events`, in order; none after the last.
    fn next(&mut self, events: &mut Vec<&'a (Record, u64)>) {
        events.clear();
        let first = |(share, range): &(&RecordShare, Range<usize>)| {
            (!range.is_empty()).then(|| micros(&share.0.get(range.start).0))
        };
        let Some(time) = self.ranges.iter().filter_map(first).min() else {
            return;
        };
        for (share, range) in &mut self.ranges {
            let share: &'a RecordShare = share;
            let start = events.len();
            while let Some(place) = range.clone().next() {
                let event = share.0.get(place);
                if micros(&event.0) != time {
                    break;
                }
                events.push(event);
                range.start += 1;
            }
            // Machines of a block come before those of the next.
            if !events[start..].is_sorted_by_key(|event| event.0.machine) {
                events[start..].sort_by_key(|event| event.0.machine);
            }
        }
    }
}

/// The rows of a stretch, and the recipients, of which `start` come before it.
struct StretchFiller<'a> {
    rows: Stretch<'a>,
    recipients: &'a mut [i64],
    start: usize,
}

impl StretchFiller<'_> {
    fn fill(mut self, mut sources: Sources<'_>, go_on: &mut dyn FnMut() -> bool) {
        let (mut row, mut sent, mut asked) = (0, 0, 0);
        let (mut events, topology) = (Vec::new(), sources.topology);
        loop {
            sources.next(&mut events);
            if events.is_empty() {
                return;
            }
            if row >= asked {
                if !go_on() {
                    return;
                }
                asked = row + EVENTS_PER_CHECK;
            }
            for (record, old_clock) in &events {
                self.rows
                    .put(row, &record.row(*old_clock), self.start + sent);
                row += 1;
                for position in record.positions(topology) {
                    self.recipients[sent] = id(topology.peer(record.machine, position)) as i64;
                    sent += 1;
                }
            }
        }
    }
}
