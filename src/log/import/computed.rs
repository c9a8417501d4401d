//! The Lamport clock of events that were logged without one.

use std::collections::BTreeMap;

use super::clocks::{first_clock, step};
use super::machine_index::MachineIndex;
use super::received::ReceivedMessage;
use super::rows::Rows;
use crate::error::{Error, Result};
use crate::log::columns::UNKNOWN;
use crate::model::rules::{Rules, Stamp};

/// Gives every event the clock that the rules make of the messages received; a message of an unknown SEND moves it by a step.
///
/// Each machine goes on as long as the SENDs that it received from have their clocks.
pub(super) fn clocks(
    rows: &mut Rows,
    index: &MachineIndex,
    received: &[ReceivedMessage],
    rules: &Rules,
) -> Result<()> {
    let (starts, mine) = index.rows();
    let start = first_clock(rules).unwrap_or(0);
    let step = step(rules);
    let mut next = starts.clone();
    let mut clock = vec![start; index.ids.len()];
    // By SEND, the machines that wait for its clock.
    let mut waiting: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    let mut ready: Vec<usize> = (0..index.ids.len()).collect();
    let mut left = rows.len();
    let send_of = |row: u32| {
        let at = received.partition_point(|message| message.row < row);
        received
            .get(at)
            .filter(|message| message.row == row)
            .and_then(|message| message.send)
    };
    while let Some(place) = ready.pop() {
        while next[place] < starts[place + 1] {
            let row = mine[next[place]];
            let send = send_of(row);
            let columns = &mut rows.columns;
            if let Some(send) = send
                && columns.new_clock[send as usize] == UNKNOWN
            {
                waiting.entry(send).or_default().push(place);
                break;
            }
            let old = clock[place];
            let stamp = send.map(|send| match rules.stamp {
                Stamp::After => columns.new_clock[send as usize],
                Stamp::Before => columns.old_clock[send as usize],
            });
            let new = stamp.map_or(old + step, |stamp| rules.receive.of(old, stamp, step));
            (
                columns.old_clock[row as usize],
                columns.new_clock[row as usize],
            ) = (old, new);
            clock[place] = new;
            ready.extend(waiting.remove(&row).into_iter().flatten());
            next[place] += 1;
            left -= 1;
        }
    }
    if left > 0 {
        let stuck = (0..index.ids.len()).find(|&place| next[place] < starts[place + 1]);
        let row = stuck.map_or(0, |place| mine[next[place]] as usize);
        return Err(Error::invalid(format!(
            "{}: there is no clock to be computed, as the event received what was sent only after it",
            rows.place(row)
        )));
    }
    Ok(())
}
