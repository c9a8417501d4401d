//! The matcher against one that looks at everything for each receipt.

use super::*;
use crate::causality::checkpoint::Checkpoint;
use proptest::prelude::*;

/// Logs of a few machines with ids 10, 20, ...: SENDs and receipts as drawn, possible or not.
#[derive(Debug)]
struct DrawnLogs {
    ids: Ids,
    clocks: Vec<i64>,
    /// By log, the recipient and the number of each message.
    sends: Vec<Vec<(Option<u64>, u32)>>,
    receipts: Vec<Vec<(u64, LoggedReceipt)>>,
    covered: Vec<i64>,
}

impl MessageLog for DrawnLogs {
    fn ids(&self) -> &Ids {
        &self.ids
    }

    fn clocks(&self) -> &[i64] {
        &self.clocks
    }

    fn cover(&self, log: usize) -> Cover {
        Cover {
            begins: true,
            to: self.covered[log],
            ..Cover::default()
        }
    }

    fn sends(
        &self,
        log: usize,
        _: &mut Checkpoint<'_>,
        mut each: impl FnMut(Option<u64>, u32),
    ) -> Result<()> {
        for &(recipient, send) in &self.sends[log] {
            each(recipient, send);
        }
        Ok(())
    }

    fn receipts(
        &self,
        log: usize,
        _: &mut Checkpoint<'_>,
        mut each: impl FnMut(u64, LoggedReceipt),
    ) -> Result<()> {
        for &(sender, receipt) in &self.receipts[log] {
            each(sender, receipt);
        }
        Ok(())
    }
}

/// By log: SENDs with the step of the clock and the recipients, receipts with sender and timestamp, and what is covered.
type DrawnLog = (Vec<(i64, Vec<u64>)>, Vec<(u64, i64)>, i64);

/// With `forward`, clocks go up on each machine.
fn logs(forward: bool) -> impl Strategy<Value = DrawnLogs> {
    let steps = if forward { 1_i64..3 } else { -1_i64..3 };
    let sends = prop::collection::vec((steps, prop::collection::vec(0_u64..6, 0..3)), 0..8);
    let receipts = prop::collection::vec((1_u64..6, 0_i64..9), 0..12);
    prop::collection::vec((sends, receipts, 0_i64..12), 1..5).prop_map(drawn)
}

fn drawn(moves: Vec<DrawnLog>) -> DrawnLogs {
    let mut logs = DrawnLogs {
        ids: Ids::new((1..=moves.len() as u64).map(|number| 10 * number).collect()),
        clocks: Vec::new(),
        sends: Vec::new(),
        receipts: Vec::new(),
        covered: Vec::new(),
    };
    let mut at = 0;
    for (sends, receipts, covered) in moves {
        let mut clock = 0;
        let mut messages = Vec::new();
        for (step, recipients) in sends {
            clock += step;
            let number = logs.clocks.len() as u32;
            logs.clocks.push(clock);
            for recipient in recipients {
                messages.push(((recipient > 0).then_some(10 * recipient), number));
            }
        }
        logs.sends.push(messages);
        let receipts = receipts.into_iter().map(|(sender, clock)| {
            at += 1;
            (10 * sender, LoggedReceipt { clock, at })
        });
        logs.receipts.push(receipts.collect());
        logs.covered.push(covered);
    }
    logs
}

/// A channel, a receipt of it and what that is matched with.
type FoundMatch = ((usize, usize), LoggedReceipt, Match);

fn found(logs: &DrawnLogs) -> Vec<FoundMatch> {
    let mut go_on = || true;
    let mut checkpoint = Checkpoint::of_query(&mut go_on);
    let matching = Matching::new(logs, &mut checkpoint).unwrap();
    let mut found = Vec::new();
    let each = |channel: &mut Channel<'_>, _: &mut Checkpoint<'_>| {
        for &receipt in channel.receipts {
            let pair = (channel.sender, channel.recipient);
            found.push((pair, receipt, channel.match_next()));
        }
        Ok(())
    };
    matching
        .each(&mut checkpoint, |_| Vec::new(), each)
        .unwrap();
    found
}

/// The same by looking through all SENDs for each receipt.
fn plain(logs: &DrawnLogs) -> Vec<FoundMatch> {
    let mut all = Vec::new();
    let ids = logs.ids.all();
    for sender in 0..ids.len() {
        let mut open: Vec<(u32, bool)> = logs.sends[sender]
            .iter()
            .filter(|message| message.0.is_none())
            .map(|message| (message.1, false))
            .collect();
        for (recipient, &id) in ids.iter().enumerate() {
            let named = logs.sends[sender].iter();
            let named = named.filter(|message| message.0 == Some(id));
            let mut named: Vec<(u32, Option<LoggedReceipt>)> =
                named.map(|message| (message.1, None)).collect();
            for &(from, receipt) in &logs.receipts[recipient] {
                if from != ids[sender] {
                    continue;
                }
                let clock = |send: u32| logs.clocks[send as usize];
                let mut take_open = || {
                    let mut fitting = open
                        .iter_mut()
                        .filter(|(send, _)| clock(*send) == receipt.clock)
                        .peekable();
                    let first = fitting.peek().map(|(send, _)| *send)?;
                    let free = fitting.find(|(_, is_taken)| !is_taken);
                    Some((
                        first,
                        free.map(|(send, is_taken)| {
                            *is_taken = true;
                            *send
                        }),
                    ))
                };
                let fitting: Vec<usize> = (0..named.len())
                    .filter(|&place| clock(named[place].0) == receipt.clock)
                    .collect();
                let free = fitting.iter().find(|&&place| named[place].1.is_none());
                let matched = if let Some(&place) = free {
                    named[place].1 = Some(receipt);
                    Match::Certain(place)
                } else if let Some(&first) = fitting.first() {
                    Match::Taken {
                        before: named[first].1.unwrap(),
                        open: take_open().and_then(|(_, free)| free),
                    }
                } else if let Some((send, free)) = take_open() {
                    Match::Open { send, free }
                } else if logs.covered[sender] < receipt.clock {
                    Match::MayBeUnlogged
                } else {
                    Match::None
                };
                all.push(((sender, recipient), receipt, matched));
            }
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn it_is_what_a_plain_search_finds(logs in logs(false)) {
        prop_assert_eq!(found(&logs), plain(&logs));
    }

    #[test]
    fn no_message_is_taken_twice(logs in logs(false)) {
        let mut named = Vec::new();
        let mut open = Vec::new();
        for (pair, _, matched) in found(&logs) {
            match matched {
                Match::Certain(place) => named.push((pair, place)),
                Match::Taken { open: Some(send), .. } | Match::Open { free: Some(send), .. } => open.push(send),
                _ => {}
            }
        }
        let count = named.len();
        named.sort_unstable();
        named.dedup();
        prop_assert_eq!(named.len(), count);
        for send in 0..logs.clocks.len() as u32 {
            let is_open = |message: &&(Option<u64>, u32)| **message == (None, send);
            let room = logs.sends.iter().flatten().filter(is_open).count();
            prop_assert!(open.iter().filter(|&&taken| taken == send).count() <= room);
        }
    }

    #[test]
    fn where_clocks_go_up_the_event_of_a_clock_is_the_send_that_is_taken(logs in logs(true)) {
        let mut starts = vec![0_u32];
        let mut clocks = Vec::new();
        for sends in &logs.sends {
            let mut sends: Vec<u32> = sends.iter().map(|message| message.1).collect();
            sends.dedup();
            clocks.extend(sends.iter().map(|&send| logs.clocks[send as usize]));
            starts.push(clocks.len() as u32);
        }
        let mut by_clock = ByClock::new(&starts, &clocks);
        for ((sender, _), receipt, matched) in found(&logs) {
            let is_here = by_clock.find(sender, receipt.clock).is_some();
            match matched {
                Match::Certain(_) | Match::Taken { .. } | Match::Open { .. } => prop_assert!(is_here),
                // A SEND that names others only is none of the machine's.
                Match::MayBeUnlogged | Match::None => {}
            }
        }
    }
}
