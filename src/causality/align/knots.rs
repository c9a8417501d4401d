//! The moments at which offsets are numbers: one every 30 s of a log, and at least one for each start of a process.

use std::ops::Range;

use crate::causality::checkpoint::Checkpoint;
use crate::error::Result;
use crate::log::columns::Columns;
use crate::log::history::{History, LogHistory, Note};

/// How long the offset at one knot stands for, in microseconds.
const SPACING: f64 = 30e6;
/// Of one process at most; knots of a longer one are farther apart.
const MOST: f64 = 4096.0;

/// The knots of all logs.
pub(super) struct Knots {
    /// Those of the log at k are `starts[k]..starts[k + 1]` among the segments.
    starts: Vec<usize>,
    segments: Vec<ClockSegment>,
    /// How far a clock may go wrong in a microsecond, seen from the machine that is the measure.
    drift: f64,
    measure: usize,
    count: usize,
}

/// What one process wrote.
#[derive(Debug, Clone)]
struct ClockSegment {
    /// Its first row.
    row: usize,
    /// The number of its first line that is no event, among those of its log.
    mark: usize,
    /// The times of its first and its last moment, in microseconds.
    first: f64,
    last: f64,
    /// Its first knot.
    node: usize,
    nodes: usize,
}

/// A knot, and by how much an offset may differ there from what it is at another moment, in microseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Near {
    pub(super) node: usize,
    pub(super) slack: f64,
}

impl Knots {
    pub(super) fn new(
        history: &History,
        max_drift: f64,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<Self> {
        let mut knots = Self {
            starts: vec![0],
            segments: Vec::new(),
            // Both clocks may go wrong, and the seconds of one are not those of the other.
            drift: 2.0 * max_drift / (1.0 - max_drift),
            measure: 0,
            count: 0,
        };
        for log in &history.logs {
            let segments = segments(&history.columns, log, checkpoint)?;
            for mut segment in segments {
                let length = (segment.last - segment.first).max(0.0);
                segment.nodes = (length / SPACING).ceil().clamp(1.0, MOST) as usize;
                segment.node = knots.count;
                knots.count += segment.nodes;
                knots.segments.push(segment);
            }
            knots.starts.push(knots.segments.len());
        }
        // The clock of one that started once was set once.
        let starts = |log: &usize| knots.starts[log + 1] - knots.starts[*log];
        knots.measure = (0..history.logs.len()).min_by_key(starts).unwrap_or(0);
        Ok(knots)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// The knot whose offset is 0.
    pub(super) fn reference(&self) -> usize {
        self.segments[self.starts[self.measure]].node
    }

    /// The knots of a log.
    pub(super) fn of_log(&self, log: usize) -> Range<usize> {
        let [first, last] = [self.starts[log], self.starts[log + 1] - 1];
        let last = &self.segments[last];
        self.segments[first].node..last.node + last.nodes
    }

    /// The knot nearest to a moment of the process that wrote a row.
    pub(super) fn at_row(&self, log: usize, row: usize, time: f64) -> Near {
        let segments = &self.segments[self.starts[log]..self.starts[log + 1]];
        let after = segments.partition_point(|segment| segment.row <= row);
        self.near(log, &segments[after.max(1) - 1], time)
    }

    /// The knot nearest to a moment of the process that wrote a line that is no event.
    pub(super) fn at_mark(&self, log: usize, mark: usize, time: f64) -> Near {
        let segments = &self.segments[self.starts[log]..self.starts[log + 1]];
        let after = segments.partition_point(|segment| segment.mark <= mark);
        self.near(log, &segments[after.max(1) - 1], time)
    }

    /// The knots that follow each other in one process, and by how much an offset may differ between them.
    pub(super) fn chains(&self) -> impl Iterator<Item = (usize, f64)> {
        self.segments.iter().enumerate().flat_map(|(at, segment)| {
            let log = self.starts.partition_point(|&start| start <= at) - 1;
            let slack = segment.spacing() * self.drift_of(log);
            (segment.node..segment.node + segment.nodes - 1).map(move |node| (node, slack))
        })
    }

    fn drift_of(&self, log: usize) -> f64 {
        if log == self.measure { 0.0 } else { self.drift }
    }

    fn near(&self, log: usize, segment: &ClockSegment, time: f64) -> Near {
        let spacing = segment.spacing();
        let place = if spacing > 0.0 {
            ((time - segment.first) / spacing).floor()
        } else {
            0.0
        };
        let place = place.clamp(0.0, (segment.nodes - 1) as f64);
        let knot = segment.first + (place + 0.5) * spacing;
        Near {
            node: segment.node + place as usize,
            slack: (time - knot).abs() * self.drift_of(log),
        }
    }
}

/// What each process of a log wrote.
fn segments(
    columns: &Columns,
    log: &LogHistory,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<Vec<ClockSegment>> {
    let mut segments: Vec<ClockSegment> = Vec::new();
    let new = |row, mark| ClockSegment {
        row,
        mark,
        first: f64::INFINITY,
        last: f64::NEG_INFINITY,
        node: 0,
        nodes: 0,
    };
    for (number, mark) in log.marks.iter().enumerate() {
        let is_start = matches!(mark.note, Note::Startup(_));
        if is_start && (number > 0 || mark.row > log.rows.start) || segments.is_empty() {
            let is_later = is_start && mark.row > log.rows.start;
            if segments.is_empty() && is_later {
                segments.push(new(log.rows.start, 0));
            }
            segments.push(new(mark.row, number));
        }
        if let Some(segment) = segments.last_mut() {
            segment.see(mark.time);
        }
    }
    if segments.is_empty() || segments[0].row > log.rows.start {
        segments.insert(0, new(log.rows.start, 0));
    }
    let mut at = 0;
    for row in log.rows.clone() {
        checkpoint.row()?;
        while segments.get(at + 1).is_some_and(|next| next.row <= row) {
            at += 1;
        }
        segments[at].see(columns.system_time[row]);
    }
    for segment in &mut segments {
        if segment.first > segment.last {
            (segment.first, segment.last) = (0.0, 0.0);
        }
    }
    Ok(segments)
}

impl ClockSegment {
    /// How far its knots are apart.
    fn spacing(&self) -> f64 {
        (self.last - self.first).max(0.0) / self.nodes as f64
    }

    fn see(&mut self, time: f64) {
        self.first = self.first.min(time);
        self.last = self.last.max(time);
    }
}
