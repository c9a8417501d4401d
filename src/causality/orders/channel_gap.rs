//! Messages that later ones of the same channel were received without: what had changed before is never heard of.

use std::collections::BTreeMap;
use std::fmt;

use super::super::checkpoint::Checkpoint;
use super::cost::SentMessages;
use crate::error::Result;

/// A message received though an earlier one of its channel was not, as far as is certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelGap {
    /// Who sent both.
    pub sender: u64,
    /// To whom.
    pub recipient: u64,
    /// The sender's clock at the one that was not received, or later.
    pub missed: i64,
    /// Its clock at the one that was.
    pub received: i64,
}

impl fmt::Display for ChannelGap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            sender,
            recipient,
            missed,
            received,
        } = self;
        write!(
            formatter,
            "machine {recipient} received what machine {sender} sent at clock {received}, and not before it what that sent at clock {missed}: differences are for channels that lose nothing and keep the order"
        )
    }
}

/// The first one, by recipient. Of recipients that are not known nobody knows what they had heard: they are sent all.
pub(super) fn find(
    messages: SentMessages<'_>,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<Option<ChannelGap>> {
    let graph = messages.graph;
    let machines = graph.machines();
    // By recipient and sender, the positions of what was sent.
    let mut sent: Vec<(u32, u32, u32)> = Vec::new();
    for position in 0..graph.len() {
        let recipients = messages.recipients(position);
        if !recipients.is_empty() {
            let sender = graph.event_at(position as u32).place;
            let known = recipients.iter().filter_map(|&id| u64::try_from(id).ok());
            let places = known.filter_map(|id| machines.binary_search(&id).ok());
            sent.extend(places.map(|place| (place as u32, sender, position as u32)));
        }
        checkpoint.after(8 + recipients.len())?;
    }
    sent.sort_unstable();
    sent.dedup();
    for place in 0..machines.len() {
        // By sender, the place in `sent` of what it has not received yet.
        let mut next: BTreeMap<u32, usize> = BTreeMap::new();
        for position in graph.starts[place] as usize..graph.starts[place + 1] as usize {
            checkpoint.after(16)?;
            let Some(send) = graph.cause(position) else {
                continue;
            };
            let message = (place as u32, send.place, graph.position(send) as u32);
            let Ok(found) = sent.binary_search(&message) else {
                continue;
            };
            let first = || sent.partition_point(|&sent| sent < (place as u32, send.place, 0));
            let next = next.entry(send.place).or_insert_with(first);
            if found > *next {
                let clock = |found: usize| graph.clocks[sent[found].2 as usize];
                return Ok(Some(ChannelGap {
                    sender: machines[send.place as usize],
                    recipient: machines[place],
                    missed: clock(*next),
                    received: clock(found),
                }));
            }
            // A copy of an earlier one tells nothing new.
            *next = (*next).max(found + 1);
        }
    }
    Ok(None)
}
