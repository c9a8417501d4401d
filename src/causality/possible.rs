//! What events may follow from, where the logs leave it open.
//!
//! A receipt that is not matched may be of the latest SEND that each machine may have sent it, and so of all before it. If the
//! sender may be unlogged, everything may have led to the message that has a clock below its timestamp. The same
//! goes for an event before which others are missing: there may have been receipts among them.

use super::checkpoint::Checkpoint;
use super::graph::{EventId, Graph, MoreCauses, NONE};
use super::matching::{Clue, Evidence, UNLOGGED, UNTOLD};
use crate::error::Result;

/// What the events of a graph of certain causes may follow from beside these; `None` if nothing is ruled out.
pub(super) fn causes(
    graph: &Graph,
    evidence: &Evidence<'_>,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<Option<MoreCauses>> {
    let machines = graph.machines().len();
    // Nothing is ruled out.
    if evidence.is_vast() {
        return Ok(None);
    }
    let mut search = OpenCauses {
        graph,
        evidence,
        more: MoreCauses {
            starts: Vec::with_capacity(graph.len() + 1),
            events: Vec::new(),
        },
        log: 0,
        given: vec![0; machines],
        next: [0; 2],
        latest: vec![0; machines],
        news: Vec::new(),
        limit: i64::MIN,
    };
    // A vector at each event tells all that came before.
    let open = if evidence.tells_vectors() {
        0
    } else {
        machines
    };
    for log in 0..open {
        if search.machine(log, checkpoint)?.is_none() {
            return Ok(None);
        }
    }
    search.reach(graph.len() + 1);
    Ok(Some(search.more))
}

struct OpenCauses<'a, 'e> {
    graph: &'a Graph,
    evidence: &'a Evidence<'e>,
    more: MoreCauses,
    /// The machine at hand.
    log: usize,
    /// By machine, up to which event those of the machine at hand have a cause here.
    given: Vec<u32>,
    /// How many of the SENDs that name the machine at hand were looked at, and of those that tell not all recipients.
    next: [usize; 2],
    /// By machine, the latest of these SENDs, as its number.
    latest: Vec<u32>,
    /// The machines of which that is larger than what was given.
    news: Vec<u32>,
    /// Up to which clock all events have been given.
    limit: i64,
}

impl OpenCauses<'_, '_> {
    /// Gives the events up to a position their causes, which are those of the graph where they have none yet.
    fn reach(&mut self, position: usize) {
        if self.graph.more.starts.is_empty() {
            self.more
                .starts
                .resize(position, self.more.events.len() as u32);
        }
        while self.more.starts.len() < position {
            let at = self.more.starts.len();
            self.more.starts.push(self.more.events.len() as u32);
            if at < self.graph.len() {
                self.more.events.extend(self.graph.more.of(at));
            }
        }
    }

    /// Adds the causes of the events of a machine; `None` if nothing is ruled out.
    fn machine(&mut self, log: usize, checkpoint: &mut Checkpoint<'_>) -> Result<Option<()>> {
        let evidence = self.evidence;
        self.log = log;
        self.given.fill(0);
        self.latest.fill(0);
        self.news.clear();
        self.next = [0; 2];
        self.limit = i64::MIN;
        let first = self.graph.starts[log] as usize;
        let mut breaks = evidence.breaks[log].iter().copied().peekable();
        let is_open = |&receipt: &usize| {
            let position = first + evidence.receipts.indices[receipt] as usize;
            self.graph.sender[position] == NONE
        };
        let receipts = evidence.receipts.of(log).filter(is_open);
        let mut receipts = receipts.collect::<Vec<_>>().into_iter().peekable();
        loop {
            let receipt = receipts.peek().map(|&at| evidence.receipts.indices[at]);
            let Some(index) = breaks.peek().copied().into_iter().chain(receipt).min() else {
                return Ok(Some(()));
            };
            let (is_break, is_open) = (breaks.next_if_eq(&index).is_some(), receipt == Some(index));
            let receipt = if is_open { receipts.next() } else { None };
            checkpoint.after(8)?;
            self.reach(first + index as usize + 1);
            if is_break && self.after_break(index as usize, checkpoint)?.is_none() {
                return Ok(None);
            }
            if let Some(receipt) = receipt
                && self.receipt(receipt, checkpoint)?.is_none()
            {
                return Ok(None);
            }
        }
    }

    /// Adds the causes of an event before which others are missing.
    fn after_break(&mut self, index: usize, checkpoint: &mut Checkpoint<'_>) -> Result<Option<()>> {
        let evidence = self.evidence;
        if evidence.is_computed {
            return Ok(None);
        }
        let found = evidence.old(self.log, index);
        let clock = found.unwrap_or_else(|| evidence.most_before(self.log, index));
        let Some(limit) = evidence.rules.before_receipt(clock) else {
            return Ok(None);
        };
        self.all_up_to(limit, checkpoint)?;
        Ok(Some(()))
    }

    /// Adds the causes of a receipt that is not matched.
    fn receipt(&mut self, receipt: usize, checkpoint: &mut Checkpoint<'_>) -> Result<Option<()>> {
        let evidence = self.evidence;
        // Computed clocks know nothing of a message that is not known.
        if evidence.is_computed {
            return Ok(None);
        }
        let clue = evidence.receipts.clues[receipt];
        let clock = evidence.rules.clock_of(clue.most());
        let may_be_unlogged = match (evidence.receipts.senders[receipt], clue) {
            (UNLOGGED, _) => true,
            (UNTOLD, Clue::Is(stamp)) => {
                self.sends_with(stamp);
                !evidence.is_closed || !evidence.all_cover(self.log, clock)
            }
            (UNTOLD, Clue::AtMost(most)) => {
                self.look_up_to(most, checkpoint)?;
                let mut news = std::mem::take(&mut self.news);
                for sender in news.drain(..) {
                    self.give(sender as usize, self.latest[sender as usize]);
                }
                self.news = news;
                !evidence.is_closed || !evidence.all_cover_to(self.log, clock)
            }
            (sender, Clue::Is(stamp)) => {
                let sender = sender as usize;
                let id = self.graph.machines()[self.log];
                for send in evidence.sends.with(sender, stamp) {
                    if evidence.may_be(send, id) {
                        self.give(sender, evidence.sends.indices[send] + 1);
                    }
                }
                !evidence.covers[sender].has(clock)
            }
            (sender, Clue::AtMost(most)) => {
                let sender = sender as usize;
                self.look_up_to(most, checkpoint)?;
                self.give(sender, self.latest[sender]);
                !evidence.covers[sender].has_all_to(clock)
            }
        };
        if may_be_unlogged {
            let Some(limit) = evidence.rules.before_message(clue.most()) else {
                return Ok(None);
            };
            self.all_up_to(limit, checkpoint)?;
        }
        Ok(Some(()))
    }

    /// Adds every SEND with a timestamp that the machine can have received.
    fn sends_with(&mut self, stamp: i64) {
        let evidence = self.evidence;
        let (all, lists) = (&evidence.sends, evidence.sends_to());
        for list in [lists.to(self.log), lists.open()] {
            let first = list.partition_point(|&send| all.stamps[send as usize] < stamp);
            let same = list[first..].iter().map(|&send| send as usize);
            for send in same.take_while(|&send| all.stamps[send] == stamp) {
                self.give(all.logs[send] as usize, all.indices[send] + 1);
            }
        }
    }

    /// Looks at the SENDs up to a timestamp that the machine can have received.
    fn look_up_to(&mut self, most: i64, checkpoint: &mut Checkpoint<'_>) -> Result<()> {
        let evidence = self.evidence;
        let (all, lists) = (&evidence.sends, evidence.sends_to());
        for (list, next) in [lists.to(self.log), lists.open()]
            .into_iter()
            .zip(&mut self.next)
        {
            let first = *next;
            for &send in &list[first..] {
                let send = send as usize;
                if all.stamps[send] > most {
                    break;
                }
                *next += 1;
                let (sender, number) = (all.logs[send] as usize, all.indices[send] + 1);
                let latest = &mut self.latest[sender];
                if number > *latest {
                    if *latest <= self.given[sender] {
                        self.news.push(sender as u32);
                    }
                    *latest = number;
                }
            }
            checkpoint.after(2 * (*next - first))?;
        }
        Ok(())
    }

    /// Adds the last event of each other machine with at most this clock.
    fn all_up_to(&mut self, limit: i64, checkpoint: &mut Checkpoint<'_>) -> Result<()> {
        if limit <= self.limit {
            return Ok(());
        }
        self.limit = limit;
        for place in 0..self.given.len() {
            let span = self.graph.starts[place] as usize..self.graph.starts[place + 1] as usize;
            let clocks = &self.graph.clocks[span];
            self.give(
                place,
                clocks.partition_point(|&clock| clock <= limit) as u32,
            );
        }
        checkpoint.after(16 * self.given.len())
    }

    /// Adds an event of another machine as a cause, if it is news.
    fn give(&mut self, place: usize, index: u32) {
        if place != self.log && index > self.given[place] {
            self.given[place] = index;
            self.more.events.push(EventId {
                place: place as u32,
                index,
            });
        }
    }
}
