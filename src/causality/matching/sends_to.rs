//! The SENDs that each machine may have received, in the order of their timestamps.

use super::near::first_from;
use super::send_list::SendList;
use crate::causality::ids::Ids;
use crate::causality::trace::Trace;
use crate::log::columns::UNKNOWN;

/// The SENDs by recipient, as places in the list of all, by their timestamps.
#[derive(Debug)]
pub(in crate::causality) struct SendsTo {
    /// Those to the machine of the log at k stand from `starts[k]` to `starts[k + 1]`.
    starts: Vec<u32>,
    sends: Vec<u32>,
    /// Those of which not all recipients are known: any machine may be one.
    open: Vec<u32>,
    /// By log, whether its SENDs tell all their recipients.
    pub(super) is_known: Vec<bool>,
    /// Whether a SEND names a machine twice.
    pub(super) is_any_doubled: bool,
}

impl SendsTo {
    pub(super) fn new(sends: &SendList, trace: &Trace<'_>, ids: &Ids) -> Self {
        let logs = ids.all().len();
        let mut lists = Self {
            starts: vec![0; logs + 1],
            sends: Vec::new(),
            open: Vec::new(),
            is_known: vec![true; logs],
            is_any_doubled: false,
        };
        for &row in &sends.rows {
            for &id in trace.recipients(row as usize) {
                if let Some(place) = ids.place(id as u64) {
                    lists.starts[place + 1] += 1;
                }
            }
        }
        for place in 0..logs {
            lists.starts[place + 1] += lists.starts[place];
        }
        lists.sends = vec![0; lists.starts[logs] as usize];
        let mut next = lists.starts.clone();
        for send in sends.order() {
            for &id in trace.recipients(sends.rows[send as usize] as usize) {
                if id == UNKNOWN {
                    lists.is_known[sends.logs[send as usize] as usize] = false;
                    if lists.open.last() != Some(&send) {
                        lists.open.push(send);
                    }
                } else if let Some(place) = ids.place(id as u64) {
                    let at = next[place] as usize;
                    lists.is_any_doubled |=
                        next[place] > lists.starts[place] && lists.sends[at - 1] == send;
                    lists.sends[at] = send;
                    next[place] += 1;
                }
            }
        }
        lists
    }

    /// Those that name the machine of a log.
    pub(in crate::causality) fn to(&self, log: usize) -> &[u32] {
        &self.sends[self.starts[log] as usize..self.starts[log + 1] as usize]
    }

    /// Those of which not all recipients are known.
    pub(in crate::causality) fn open(&self) -> &[u32] {
        &self.open
    }
}

/// What one machine may have received, looked for by timestamps that mostly go up.
pub(super) struct Candidates<'a> {
    all: &'a SendList,
    /// Those that name it, and those of which not all recipients are known.
    lists: [&'a [u32]; 2],
    hints: [usize; 2],
    /// The log whose own SENDs are none of them.
    own: u32,
}

impl<'a> Candidates<'a> {
    /// Of the machine of a log, which may have sent to itself or not.
    pub(super) fn new(all: &'a SendList, to: &'a SendsTo, log: usize, from_itself: bool) -> Self {
        Self {
            all,
            lists: [to.to(log), to.open()],
            hints: [0; 2],
            own: if from_itself { u32::MAX } else { log as u32 },
        }
    }

    /// The SENDs with a timestamp: none, one, or several, of which it gives two.
    pub(super) fn with(&mut self, stamp: i64) -> (Option<u32>, Option<u32>) {
        let mut first = None;
        for (list, hint) in self.lists.iter().zip(&mut self.hints) {
            let key = |place: usize| self.all.stamps[list[place] as usize];
            *hint = first_from(list.len(), key, *hint, stamp);
            for &send in &list[*hint..] {
                if self.all.stamps[send as usize] != stamp {
                    break;
                }
                if self.all.logs[send as usize] == self.own || first == Some(send) {
                    continue;
                }
                if first.is_some() {
                    return (first, Some(send));
                }
                first = Some(send);
            }
        }
        (first, None)
    }

    /// The smallest timestamp of all.
    pub(super) fn earliest(&self) -> Option<i64> {
        let firsts = self.lists.iter().filter_map(|list| {
            let mut sends = list.iter().map(|&send| send as usize);
            let first = sends.find(|&send| self.all.logs[send] != self.own)?;
            Some(self.all.stamps[first])
        });
        firsts.min()
    }
}
