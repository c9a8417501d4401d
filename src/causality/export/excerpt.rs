//! The events and messages of a window, as pictures draw them.

use std::collections::BTreeMap;
use std::ops::Range;

use super::label::label;
use crate::causality::checkpoint::Checkpoint;
use crate::causality::messages::Messages;
use crate::error::{Error, Result};
use crate::log::columns::{Columns, UNKNOWN};
use crate::log::schema::EventKind;

/// What there is to draw.
#[derive(Debug, Clone, Copy)]
pub struct Picture<'a> {
    /// The events of the run.
    pub columns: &'a Columns,
    /// Its messages.
    pub messages: &'a Messages,
    /// The names of machines that have one.
    pub names: &'a BTreeMap<u64, String>,
}

/// What of it is in a window.
pub(super) struct Excerpt<'a> {
    pub(super) drawn: &'a Picture<'a>,
    /// The rows in the order of drawing: by time, then by clock, so that a SEND comes before its RECEIVE at one time.
    pub(super) rows: Vec<u32>,
    /// The messages of which an event is in the window, in the order of the table of messages.
    pub(super) arrows: Vec<Arrow>,
}

/// A message: its place in the table of messages, and the rows of its events.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrow {
    pub(super) message: usize,
    pub(super) send: Option<u32>,
    pub(super) receipt: Option<u32>,
}

impl<'a> Excerpt<'a> {
    /// What is in `window`, in seconds; an error if no event is.
    pub(super) fn new(
        drawn: &'a Picture<'a>,
        window: Range<f64>,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<Self> {
        let columns = drawn.columns;
        let time = &columns.time;
        let is_in = |row: &u32| window.contains(&time[*row as usize]);
        let mut rows: Vec<u32> = (0..columns.len() as u32).filter(is_in).collect();
        if rows.is_empty() && !columns.is_empty() {
            return Err(Error::invalid(format!(
                "no event is between start={} and stop={} (s)",
                window.start, window.end
            )));
        }
        let by_clock = |&a: &u32, &b: &u32| {
            let (a, b) = (a as usize, b as usize);
            let by_time = time[a].total_cmp(&time[b]);
            by_time.then(columns.new_clock[a].cmp(&columns.new_clock[b]))
        };
        rows.sort_by(by_clock);
        checkpoint.after(8 * columns.len())?;
        let mut excerpt = Self {
            drawn,
            rows,
            arrows: Vec::new(),
        };
        excerpt.arrows = excerpt.arrows_of(drawn.messages, checkpoint)?;
        Ok(excerpt)
    }

    fn arrows_of(
        &self,
        messages: &Messages,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<Vec<Arrow>> {
        let sends = RowsOfKind::new(self, EventKind::Send);
        let receipts = RowsOfKind::new(self, EventKind::Receive);
        let mut arrows = Vec::new();
        for message in 0..messages.sender.len() {
            checkpoint.row()?;
            let send = (
                messages.sender[message],
                messages.sent_clock[message],
                messages.sent[message],
            );
            let receipt = (
                messages.recipient[message],
                messages.received_clock[message],
                messages.received[message],
            );
            let (send, receipt) = (sends.row(send), receipts.row(receipt));
            if send.is_some() || receipt.is_some() {
                arrows.push(Arrow {
                    message,
                    send,
                    receipt,
                });
            }
        }
        Ok(arrows)
    }

    /// What a machine is called.
    pub(super) fn label(&self, id: i64) -> String {
        label(self.drawn.names, id as u64)
    }
}

/// The rows of the events of one kind, by machine, clock and time.
struct RowsOfKind<'a> {
    columns: &'a Columns,
    rows: Vec<u32>,
}

impl<'a> RowsOfKind<'a> {
    fn new(excerpt: &Excerpt<'a>, kind: EventKind) -> Self {
        let columns = excerpt.drawn.columns;
        let rows = excerpt.rows.iter().copied();
        let mut rows: Vec<u32> = rows
            .filter(|&row| columns.event[row as usize] == kind)
            .collect();
        rows.sort_by(|&a, &b| order(columns, a, key(columns, b)));
        Self { columns, rows }
    }

    /// The row of an event, by its machine, its clock and its time.
    fn row(&self, event: (i64, i64, f64)) -> Option<u32> {
        if event.0 == UNKNOWN || event.1 == UNKNOWN {
            return None;
        }
        let found = self
            .rows
            .binary_search_by(|&row| order(self.columns, row, event));
        found.ok().map(|place| self.rows[place])
    }
}

fn key(columns: &Columns, row: u32) -> (i64, i64, f64) {
    let row = row as usize;
    (
        columns.machine_id[row],
        columns.new_clock[row],
        columns.time[row],
    )
}

fn order(columns: &Columns, row: u32, other: (i64, i64, f64)) -> std::cmp::Ordering {
    let (machine, clock, time) = key(columns, row);
    let by_clock = (machine, clock).cmp(&(other.0, other.1));
    by_clock.then(time.total_cmp(&other.2))
}
