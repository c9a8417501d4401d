//! A table of events as if it were read from logs.

use std::collections::{BTreeMap, BTreeSet};

use super::machine_index::MachineIndex;
use super::received::ReceivedMessage;
use super::rows::Rows;
use super::table::{Declared, Table};
use super::{
    check, clocks, computed, gaps, growth, kinds, multicast, names, order, queue, received,
    recipients, split, times, unlogged_recipients, vector_places,
};
use crate::error::{Error, Result};
use crate::log::columns::{Columns, UNKNOWN};
use crate::log::logs::{Logs, MachineSummary, StampOrigin};

impl Table {
    /// The table as logs, if every value is one an event can have.
    pub fn into_logs(mut self, declared: &Declared) -> Result<Logs> {
        check::check(&self)?;
        let names = names::resolve(&mut self)?;
        vector_places::resolve(&mut self, &names)?;
        let mut notes = std::mem::take(&mut self.notes);
        let mut bad_rows = std::mem::take(&mut self.bad_rows);
        for bad_row in &mut bad_rows {
            bad_row.machine_id = gaps::guess(&self.columns.machine_id, bad_row);
        }
        let (resolution, extra) = (self.resolution, std::mem::take(&mut self.extra));
        let mut rows = Rows::of(&mut self);
        let has_times = !rows.columns.time.is_empty() || !rows.columns.system_time.is_empty();
        let has_clocks = [&rows.columns.new_clock, &rows.columns.old_clock]
            .iter()
            .any(|clocks| clocks.iter().any(|&clock| clock != UNKNOWN));
        let has_kinds = !rows.columns.event.is_empty();
        let has_recipients = rows.recipients.is_some();
        if has_times {
            times::both(&mut rows.columns);
        }
        let count = rows.len();
        let events = std::mem::take(&mut rows.columns.event);
        rows.columns.fill(count);
        if has_kinds {
            rows.columns.event = events;
        }
        let mut index = MachineIndex::new(&rows.columns.machine_id);
        if has_times {
            times::offset(&mut rows, &index, &names, &declared.offsets)?;
            times::since_start(&mut rows.columns);
        }
        recipients::expand(&mut rows, &index, &names)?;
        order::by_time(&mut rows, &mut index, has_times);
        let merged = multicast::merge(&mut rows, &mut index, declared.multicast_rows);
        if merged > 0 {
            notes.push(format!("{merged} rows are of a multicast that the row before began: they are one event with it"));
        }
        notes.extend(unlogged_recipients::judge(&mut rows, &index, &names));
        let mut received = messages(&mut rows, &index, has_kinds, &mut notes)?;
        let splits = split::events(
            &mut rows,
            &mut index,
            &mut received,
            clocks::step(&declared.rules),
        )?;
        if splits > 0 {
            notes.push(format!(
                "{splits} events receive and send, or receive several messages: each is a RECEIVE for each message and a SEND"
            ));
        }
        let is_computed = !has_clocks && rows.len() > 0;
        if is_computed {
            let all = all_received(&rows, &index, received, declared)?;
            computed::clocks(&mut rows, &index, &all, &declared.rules)?;
            notes.push("no clock was logged: the Lamport clock is computed, so nothing of it can be checked".into());
            received = all;
        } else {
            let is_behind = gaps::behind(&rows, &index, &bad_rows);
            let gone = clocks::fill(&mut rows, &index, &is_behind, &declared.rules)?;
            if !gone.is_empty() {
                notes.push(format!("{} events are left aside, the last of their machines: no row tells the clock after them", gone.len()));
                leave(&mut rows, &mut index, &gone, &mut received);
            }
        }
        let are_unknown = rows
            .columns
            .sent_clock
            .iter()
            .all(|&clock| clock == UNKNOWN);
        let stamps = if are_unknown && !received.is_empty() {
            StampOrigin::OfSends
        } else {
            StampOrigin::Logged
        };
        name(&mut rows, &received, declared);
        if !has_times {
            order::by_cause(&mut rows, &mut index, &declared.rules);
            times::by_row(&mut rows.columns);
        }
        if declared.queue_len_before {
            queue::after(&mut rows)?;
        }
        recipients::fill(&mut rows, &declared.rules);
        let gaps = gaps::places(&rows, &index, &bad_rows);
        Ok(Logs {
            names,
            bad_rows,
            notes,
            rules: declared.rules.clone(),
            vectors: rows.vectors,
            origins: rows.origin,
            source_rows: rows.source,
            extra,
            is_computed,
            stamps,
            has_times,
            has_recipients,
            resolution,
            ..logs(rows.columns, &index, gaps)
        })
    }
}

/// The messages that vectors or numbers tell; the kinds of the events too, if the table does not.
fn messages(
    rows: &mut Rows,
    index: &MachineIndex,
    has_kinds: bool,
    notes: &mut Vec<String>,
) -> Result<Vec<ReceivedMessage>> {
    let grown = growth::received(rows, index)?;
    if !has_kinds && rows.len() > 0 {
        kinds::infer(rows, &grown)?;
        return Ok(grown);
    }
    let (numbered, doubtful) = received::by_number(rows);
    if doubtful > 0 {
        notes.push(format!(
            "{doubtful} numbers of messages are of several SENDs: they match nothing"
        ));
    }
    // What a message is called says more than what it brought.
    let is_numbered = |row: u32| {
        numbered
            .binary_search_by_key(&row, |message| message.row)
            .is_ok()
    };
    let may_receive = |row: u32| {
        let row = row as usize;
        rows.columns.event[row].receives() && !rows.columns.by_hand[row]
            || rows.both.get(row) == Some(&true)
    };
    let mut all: Vec<ReceivedMessage> = grown
        .into_iter()
        .filter(|message| may_receive(message.row) && !is_numbered(message.row))
        .collect();
    all.extend(&numbered);
    all.sort_unstable();
    Ok(all)
}

/// The message of each receipt, for the clock to be computed from.
fn all_received(
    rows: &Rows,
    index: &MachineIndex,
    known: Vec<ReceivedMessage>,
    declared: &Declared,
) -> Result<Vec<ReceivedMessage>> {
    let is_known = |row: usize| {
        known
            .binary_search_by_key(&(row as u32), |message| message.row)
            .is_ok()
    };
    let open = (0..rows.len()).find(|&row| {
        rows.columns.event[row].receives() && !rows.columns.by_hand[row] && !is_known(row)
    });
    // With vectors, what brought nothing new needs no edge.
    let Some(open) = open.filter(|_| rows.vectors.is_none()) else {
        return Ok(known);
    };
    let in_order = if declared.rules.channel.is_fifo() && known.is_empty() {
        received::in_order(rows, index)
    } else {
        None
    };
    in_order.ok_or_else(|| {
        Error::invalid(format!(
            "there is no column new_clock, and no clock can be computed: {} may have received one of several messages; \
             give new_clock, old_clock, vector_clock or message, or sender and recipients of all messages",
            rows.place(open)
        ))
    })
}

/// Takes rows out.
fn leave(
    rows: &mut Rows,
    index: &mut MachineIndex,
    gone: &[usize],
    received: &mut Vec<ReceivedMessage>,
) {
    let is_gone = |row: u32| gone.binary_search(&(row as usize)).is_ok();
    let moved = |row: u32| row - gone.partition_point(|&other| other < row as usize) as u32;
    received.retain(|message| !is_gone(message.row));
    for message in received.iter_mut() {
        message.row = moved(message.row);
        message.send = message.send.filter(|&send| !is_gone(send)).map(moved);
    }
    let order: Vec<usize> = (0..rows.len())
        .filter(|&row| !is_gone(row as u32))
        .collect();
    rows.take(&order);
    *index = MachineIndex::new(&rows.columns.machine_id);
}

/// Lets receipts name the messages that were found for them, where they do not say otherwise.
fn name(rows: &mut Rows, received: &[ReceivedMessage], declared: &Declared) {
    for message in received {
        let row = message.row as usize;
        let stamp = message.send.map_or(UNKNOWN, |send| {
            order::stamp(rows, send as usize, &declared.rules)
        });
        let columns = &mut rows.columns;
        let agrees =
            |given: i64, found: i64| given == UNKNOWN || found == UNKNOWN || given == found;
        if agrees(columns.sender[row], message.sender) && agrees(columns.sent_clock[row], stamp) {
            if message.sender != UNKNOWN {
                columns.sender[row] = message.sender;
            }
            if stamp != UNKNOWN {
                columns.sent_clock[row] = stamp;
            }
        }
    }
}

/// What the columns say of their machines.
fn logs(columns: Columns, index: &MachineIndex, gaps: Vec<Vec<u32>>) -> Logs {
    let mut spans = vec![(f64::INFINITY, f64::NEG_INFINITY); index.ids.len()];
    for (&place, &time) in index.places.iter().zip(&columns.time) {
        let span: &mut (f64, f64) = &mut spans[place as usize];
        *span = (span.0.min(time), time.max(span.1));
    }
    let mut sets: BTreeMap<u64, BTreeSet<u64>> = index
        .ids
        .iter()
        .map(|&id| (id as u64, BTreeSet::new()))
        .collect();
    columns.each_link(|sender, recipient, _| {
        sets.entry(sender).or_default().insert(recipient);
    });
    let machine = |((&id, span), gaps): ((&i64, (f64, f64)), Vec<u32>)| MachineSummary {
        id: id as u64,
        gaps,
        span,
        up: (span.1 - span.0, 0.0),
        ..MachineSummary::default()
    };
    Logs {
        columns,
        machines: index.ids.iter().zip(spans).zip(gaps).map(machine).collect(),
        peers: sets
            .into_iter()
            .map(|(id, set)| (id, set.into_iter().collect()))
            .collect(),
        ..Logs::default()
    }
}
