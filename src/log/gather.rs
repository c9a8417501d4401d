//! Columns of many blocks into columns of all.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::thread;

use crate::log::columns::Columns;

/// The columns of the blocks of each log.
pub(crate) type Runs = Vec<Vec<Columns>>;

/// One column of them.
type Pieces<T> = Vec<Vec<Vec<T>>>;

/// All events, the logs merged by (time, machine), each log in its own order.
///
/// Each column is freed as soon as it is copied. `is_parallel` lets two threads copy.
pub(crate) fn gather(mut runs: Runs, is_parallel: bool) -> Columns {
    let turns = turns(&runs);
    let turns = turns.as_slice();
    let event = take(&mut runs, |columns| &mut columns.event);
    let system_time = take(&mut runs, |columns| &mut columns.system_time);
    let machine_id = take(&mut runs, |columns| &mut columns.machine_id);
    let old_clock = take(&mut runs, |columns| &mut columns.old_clock);
    let new_clock = take(&mut runs, |columns| &mut columns.new_clock);
    let queue_len = take(&mut runs, |columns| &mut columns.queue_len);
    let sender = take(&mut runs, |columns| &mut columns.sender);
    let sent_clock = take(&mut runs, |columns| &mut columns.sent_clock);
    let arrived = take(&mut runs, |columns| &mut columns.arrived);
    let one = move || Columns {
        event: merge(event, turns),
        machine_id: merge(machine_id, turns),
        old_clock: merge(old_clock, turns),
        new_clock: merge(new_clock, turns),
        system_time: merge(system_time, turns),
        ..Columns::default()
    };
    let two = move || {
        let (starts, recipients) = recipients(runs, turns);
        Columns {
            starts,
            recipients,
            queue_len: merge(queue_len, turns),
            sender: merge(sender, turns),
            sent_clock: merge(sent_clock, turns),
            arrived: merge(arrived, turns),
            ..Columns::default()
        }
    };
    let (one, two) = if is_parallel {
        thread::scope(|scope| {
            let one = scope.spawn(one);
            let two = two();
            (one.join().expect("copying does not panic"), two)
        })
    } else {
        (one(), two())
    };
    Columns {
        queue_len: two.queue_len,
        sender: two.sender,
        sent_clock: two.sent_clock,
        arrived: two.arrived,
        starts: two.starts,
        recipients: two.recipients,
        ..one
    }
}

/// Which log each row of the merged columns is of.
fn turns(runs: &Runs) -> Vec<u32> {
    let rows = runs.iter().flatten().map(Columns::len).sum();
    if runs.len() == 1 {
        return vec![0; rows];
    }
    let mut cursors: Vec<_> = runs
        .iter()
        .map(|parts| {
            // Microseconds, whole.
            parts
                .iter()
                .flat_map(|part| &part.system_time)
                .map(|&time| time as i64)
        })
        .collect();
    let mut heap = BinaryHeap::with_capacity(runs.len());
    for (place, parts) in runs.iter().enumerate() {
        if let Some(time) = cursors[place].next() {
            let id = parts.iter().find_map(|part| part.machine_id.first());
            heap.push(Reverse((time, id.copied(), place as u32)));
        }
    }
    let mut turns = Vec::with_capacity(rows);
    while let Some(mut first) = heap.peek_mut() {
        let place = first.0.2;
        turns.push(place);
        match cursors[place as usize].next() {
            Some(time) => first.0.0 = time,
            None => drop(PeekMut::pop(first)),
        }
    }
    turns
}

fn take<T>(runs: &mut Runs, field: fn(&mut Columns) -> &mut Vec<T>) -> Pieces<T> {
    runs.iter_mut()
        .map(|parts| {
            parts
                .iter_mut()
                .map(|part| std::mem::take(field(part)))
                .collect()
        })
        .collect()
}

fn merge<T: Copy>(pieces: Pieces<T>, turns: &[u32]) -> Vec<T> {
    let mut merged = Vec::with_capacity(turns.len());
    if pieces.len() == 1 {
        for piece in pieces.into_iter().flatten() {
            merged.extend_from_slice(&piece);
        }
        return merged;
    }
    let mut cursors: Vec<_> = pieces
        .into_iter()
        .map(|parts| {
            let mut parts = parts.into_iter();
            (parts.next().unwrap_or_default().into_iter(), parts)
        })
        .collect();
    merged.extend(turns.iter().map(|&place| {
        let (values, parts) = &mut cursors[place as usize];
        loop {
            if let Some(value) = values.next() {
                return value;
            }
            *values = parts
                .next()
                .expect("a log has a value for each of its turns")
                .into_iter();
        }
    }));
    merged
}

/// The merged recipients, and where those of each row begin.
fn recipients(runs: Runs, turns: &[u32]) -> (Vec<usize>, Vec<i64>) {
    let mut starts = Vec::with_capacity(turns.len() + 1);
    let all = runs
        .iter()
        .flatten()
        .map(|part| part.recipients.len())
        .sum();
    let mut recipients = Vec::with_capacity(all);
    let mut cursors: Vec<_> = runs
        .into_iter()
        .map(|parts| (Columns::default(), 0, parts.into_iter()))
        .collect();
    for &place in turns {
        let (part, row, parts) = &mut cursors[place as usize];
        while *row == part.starts.len() {
            *part = parts
                .next()
                .expect("a log has a start for each of its turns");
            *row = 0;
        }
        let start = part.starts[*row];
        *row += 1;
        let end = part
            .starts
            .get(*row)
            .copied()
            .unwrap_or(part.recipients.len());
        starts.push(recipients.len());
        recipients.extend_from_slice(&part.recipients[start..end]);
    }
    (starts, recipients)
}
