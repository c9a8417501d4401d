//! The bounds that logs tell.

use std::collections::BTreeMap;

use super::knots::{Knots, Near};
use super::options::AlignOptions;
use super::paths::Bound;
use super::witness::{Receipt, Witness};
use crate::causality::checkpoint::Checkpoint;
use crate::causality::matching::{Completed, Evidence};
use crate::causality::resolution::Resolution;
use crate::error::Result;
use crate::log::columns::UNKNOWN;
use crate::log::history::{History, LogHistory, Note};
use crate::log::line::End;

/// The tightest bounds between each two knots.
pub(super) struct LoggedBounds {
    pub(super) bounds: Vec<Bound>,
    /// How many messages gave some.
    pub(super) messages: u64,
}

/// A message: the logs and the row of its SEND, its receipt and when it arrived by the clock of its recipient.
#[derive(Debug, Clone, Copy)]
struct Arrival {
    logs: (usize, usize),
    send: usize,
    receipt: Receipt,
    time: f64,
    /// Whether that is known: else it is when the message was received.
    is_told: bool,
    near: Near,
}

struct TightestBounds<'a> {
    history: &'a History,
    knots: &'a Knots,
    options: &'a AlignOptions,
    /// By log, in what steps its times are told, in microseconds.
    steps: Vec<f64>,
    /// By the knots above and below.
    tightest: BTreeMap<(usize, usize), (i64, Witness)>,
}

impl LoggedBounds {
    pub(super) fn new(
        history: &History,
        evidence: &Evidence<'_>,
        completed: &Completed<'_>,
        (knots, options): (&Knots, &AlignOptions),
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<Self> {
        let least = (history.resolution * 1e6).max(1.0);
        let steps = history.logs.iter();
        let steps = steps.map(|log| Resolution::of(log, &history.columns, least).any().max(1.0));
        let mut tightest_bounds = TightestBounds {
            history,
            knots,
            options,
            steps: steps.collect(),
            tightest: BTreeMap::new(),
        };
        for (node, slack) in knots.chains() {
            tightest_bounds.add((node, node + 1), slack, Witness::Drift);
            tightest_bounds.add((node + 1, node), slack, Witness::Drift);
        }
        let mut messages = 0;
        for log in 0..history.logs.len() {
            let arrivals = arrivals(history, evidence, completed, (log, knots), checkpoint)?;
            messages += arrivals.len() as u64;
            // By sender, in the order of the SENDs.
            for channel in arrivals.chunk_by(|a, b| a.logs == b.logs) {
                tightest_bounds.channel(channel, evidence, checkpoint)?;
            }
            tightest_bounds.handshakes(log, evidence);
        }
        let bounds = tightest_bounds.tightest.into_iter();
        let bound = |((above, below), (most, witness))| Bound {
            above,
            below,
            most,
            witness,
        };
        Ok(Self {
            bounds: bounds.map(bound).collect(),
            messages,
        })
    }
}

impl TightestBounds<'_> {
    /// The offset at the first of two knots less that at the second is at most so many microseconds.
    fn add(&mut self, nodes: (usize, usize), micros: f64, witness: Witness) {
        if nodes.0 == nodes.1 && micros >= 0.0 || !micros.is_finite() {
            return;
        }
        let most = (micros * 1000.0).ceil() as i64;
        let entry = self.tightest.entry(nodes).or_insert((i64::MAX, witness));
        if most < entry.0 {
            *entry = (most, witness);
        }
    }

    /// What was at `first`, by the clock of one log, was not after `second`, by that of the other.
    fn order(
        &mut self,
        first: (usize, f64, Near),
        second: (usize, f64, Near),
        more: f64,
        witness: Witness,
    ) {
        let between = second.1 - first.1;
        // A time that is told in steps is wrong by up to one.
        let steps = self.steps[first.0].max(self.steps[second.0]);
        let slack = steps + first.2.slack + second.2.slack + more;
        self.add((first.2.node, second.2.node), between + slack, witness);
    }

    /// The messages of one channel, in the order of their SENDs.
    fn channel(
        &mut self,
        arrivals: &[Arrival],
        evidence: &Evidence<'_>,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<()> {
        let Some(&Arrival { logs, .. }) = arrivals.first() else {
            return Ok(());
        };
        let (from, to) = logs;
        let columns = &self.history.columns;
        // Others may say that they sent after they did.
        let is_own = is_own(&self.history.logs[from]);
        let late = if is_own {
            0.0
        } else {
            self.options.clock_uncertainty * 1e6
        };
        let delay = self.options.minimum_delay * 1e6;
        for arrival in arrivals {
            checkpoint.row()?;
            let sent = columns.system_time[arrival.send];
            let near = self.knots.at_row(from, arrival.send, sent);
            let witness = Witness::Message(logs, arrival.send, arrival.receipt);
            self.order(
                (from, sent, near),
                (to, arrival.time, arrival.near),
                late - delay,
                witness,
            );
        }
        // Where delays are added, a message is heard of before it arrives; END says whether they are.
        let [sender, recipient] = [from, to].map(|log| end(&self.history.logs[log]));
        let (Some((mark, ended)), Some((_, recipient))) = (sender, recipient) else {
            return Ok(());
        };
        if recipient.heard.is_none() || ended.heard.is_none() {
            return Ok(());
        }
        let id = self.history.logs[to].machine_id;
        let time = self.history.logs[from].marks[mark].time;
        let near = self.knots.at_mark(from, mark, time);
        let accepted = accepted(self.history, evidence, ended, arrivals);
        for arrival in accepted.iter().filter(|arrival| arrival.is_told) {
            let witness = Witness::Ended(logs, mark, arrival.receipt);
            self.order(
                (to, arrival.time, arrival.near),
                (from, time, near),
                0.0,
                witness,
            );
        }
        for heard in ended
            .heard
            .iter()
            .flatten()
            .filter(|heard| heard.peer_id == id)
        {
            let clock = heard.sent_clock as i64;
            let found =
                arrivals.binary_search_by_key(&clock, |arrival| columns.new_clock[arrival.send]);
            let found = found.ok().map(|at| arrivals[at]);
            let Some(arrival) = found.filter(|arrival| arrival.is_told) else {
                continue;
            };
            let time = columns.system_time[arrival.send] + heard.took as f64;
            let near = self.knots.at_row(from, arrival.send, time);
            let witness = Witness::Heard(logs, arrival.send, arrival.receipt);
            self.order(
                (to, arrival.time, arrival.near),
                (from, time, near),
                -delay,
                witness,
            );
        }
        Ok(())
    }

    /// A machine had started before a handshake with it succeeded.
    fn handshakes(&mut self, from: usize, evidence: &Evidence<'_>) {
        let history = self.history;
        for (number, mark) in history.logs[from].marks.iter().enumerate() {
            let Note::Connect(hand) = &mark.note else {
                continue;
            };
            let Some(to) = evidence.ids.place(hand.peer_id).filter(|&to| to != from) else {
                continue;
            };
            let other = &history.logs[to];
            let Some((first, started)) =
                other
                    .marks
                    .iter()
                    .enumerate()
                    .find_map(|(place, mark)| match &mark.note {
                        Note::Startup(start) => Some((place, start)),
                        _ => None,
                    })
            else {
                continue;
            };
            // It is the first start if the log begins at the beginning.
            let is_first =
                first == 0 && other.marks[first].row == other.rows.start && !other.has_gap();
            let is_same = started.history.is_some() && started.history == hand.peer_history;
            if !is_first || !is_same || !evidence.covers[to].begins {
                continue;
            }
            let (start, met) = (other.marks[first].time, mark.time);
            let nodes = (
                self.knots.at_mark(to, first, start),
                self.knots.at_mark(from, number, met),
            );
            let witness = Witness::Connected((from, to), number);
            self.order((to, start, nodes.0), (from, met, nodes.1), 0.0, witness);
        }
    }
}

/// The arrivals that a sender knew of at its END: all but the newest that it counts as undelivered.
fn accepted<'a>(
    history: &History,
    evidence: &Evidence<'_>,
    end: &End,
    arrivals: &'a [Arrival],
) -> &'a [Arrival] {
    let (from, to) = arrivals[0].logs;
    let id = history.logs[to].machine_id;
    let Some(undelivered) = &end.undelivered else {
        return &[];
    };
    // Of a peer that it does not name it counts messages whose recipients are not known here.
    if undelivered.iter().any(|(peer, _)| peer.is_none()) {
        return &[];
    }
    let counts = undelivered.iter().filter(|(peer, _)| *peer == Some(id));
    let left: u64 = counts.map(|(_, count)| count).sum();
    let columns = &history.columns;
    let sends = evidence
        .sends
        .of(from)
        .rev()
        .map(|place| evidence.sends.rows[place] as usize);
    let mut to_it = sends.filter(|&row| columns.recipients(row).contains(&(id as i64)));
    if left == 0 {
        return arrivals;
    }
    // The oldest of those that it counts.
    match to_it.nth(left as usize - 1) {
        Some(row) => &arrivals[..arrivals.partition_point(|arrival| arrival.send < row)],
        None => &[],
    }
}

/// The messages that arrived at a machine, by sender and in the order of their SENDs.
fn arrivals(
    history: &History,
    evidence: &Evidence<'_>,
    completed: &Completed<'_>,
    (to, knots): (usize, &Knots),
    checkpoint: &mut Checkpoint<'_>,
) -> Result<Vec<Arrival>> {
    let (columns, log) = (&history.columns, &history.logs[to]);
    let mut all = Vec::new();
    let mut add = |stamp: (i64, i64), receipt, (time, is_told): (f64, bool), near: Near| {
        if let Some((from, send)) = send(evidence, stamp, to) {
            all.push(Arrival {
                logs: (from, to),
                send,
                receipt,
                time,
                is_told,
                near,
            });
        }
    };
    for row in log.rows.clone() {
        checkpoint.row()?;
        if columns.event[row].receives() && !columns.by_hand[row] {
            let stamp = (completed.sender[row], completed.sent_clock[row]);
            let arrived = columns.arrived[row];
            let time = if arrived.is_nan() {
                columns.system_time[row]
            } else {
                arrived
            };
            let told = (time, !arrived.is_nan());
            add(stamp, row, told, knots.at_row(to, row, time));
        }
    }
    for (number, mark) in log.marks.iter().enumerate() {
        if let Note::Unread {
            sender: Some(sender),
            sent_clock,
            arrived,
        } = mark.note
        {
            let time = if arrived.is_nan() { mark.time } else { arrived };
            let stamp = (sender as i64, sent_clock as i64);
            add(
                stamp,
                columns.len() + number,
                (time, !arrived.is_nan()),
                knots.at_mark(to, number, time),
            );
        }
    }
    all.sort_by_key(|arrival| (arrival.logs, arrival.send));
    Ok(all)
}

/// The SEND of a message to a machine, if there is one and no other.
fn send(evidence: &Evidence<'_>, (sender, stamp): (i64, i64), to: usize) -> Option<(usize, usize)> {
    if sender == UNKNOWN || stamp == UNKNOWN {
        return None;
    }
    let from = evidence
        .ids
        .place(sender as u64)
        .filter(|&from| from != to)?;
    let id = evidence.ids.all()[to];
    let rows = evidence
        .sends
        .with(from, stamp)
        .map(|place| evidence.sends.rows[place] as usize);
    let mut rows = rows.filter(|&row| evidence.trace.may_name(row, id));
    let row = rows.next()?;
    rows.next().is_none().then_some((from, row))
}

/// The END of a log, and the number of its mark.
fn end(log: &LogHistory) -> Option<(usize, &End)> {
    log.marks
        .iter()
        .enumerate()
        .rev()
        .find_map(|(number, mark)| match &mark.note {
            Note::End(end) => Some((number, end.as_ref())),
            _ => None,
        })
}

/// Whether a log is one of this module's machines, which log before they send.
fn is_own(log: &LogHistory) -> bool {
    log.startups().any(|(_, startup)| startup.version.is_some())
}
