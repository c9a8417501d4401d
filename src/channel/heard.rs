//! How soon messages were heard of: of each peer and minute the one with the shortest time to its acknowledgement.
//!
//! A message was at its recipient before its acknowledgement was here: that bounds how far the clocks of two hosts are apart.
//! Of each peer one message at a time is timed, the next as soon as that is heard of.

use std::hash::{Hash, Hasher};

use crate::model::message::{MachineId, Nanos};

/// A minute, until there are too many of them.
const MINUTE: Nanos = 60_000_000_000;
/// So many messages are kept for all peers; beyond, a minute lasts twice as long.
const MOST: usize = 4096;

/// A message and how long it took to hear that it was accepted: peer, timestamp, nanoseconds.
pub type HeardMessage = (MachineId, u64, Nanos);

/// What a machine has heard of its messages. Nothing it does depends on this.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    peers: Vec<HeardOfPeer>,
    /// How many peers have no message that is being timed.
    idle: usize,
    /// How often the length of a minute was doubled.
    doublings: u32,
    /// How many messages are kept.
    kept: usize,
}

#[derive(Debug, Clone, Default)]
struct HeardOfPeer {
    /// The message that is being timed, and when it was made.
    timed: Option<(u64, Nanos)>,
    soonest: Vec<Soonest>,
}

/// The message of a minute that was heard of soonest.
#[derive(Debug, Clone, Copy)]
struct Soonest {
    minute: u64,
    timestamp: u64,
    took: Nanos,
}

impl Heard {
    /// With so many peers.
    pub fn new(peers: usize) -> Self {
        Self {
            peers: vec![HeardOfPeer::default(); peers],
            idle: peers,
            ..Self::default()
        }
    }

    /// One more peer.
    pub fn add_peer(&mut self) {
        self.peers.push(HeardOfPeer::default());
        self.idle += 1;
    }

    /// Whether every peer has a message that is being timed.
    pub fn is_busy(&self) -> bool {
        self.idle == 0
    }

    /// A message for a peer was made at this time.
    pub fn sent(&mut self, peer: usize, timestamp: u64, time: Nanos) {
        let timed = &mut self.peers[peer].timed;
        if timed.is_none() {
            *timed = Some((timestamp, time));
            self.idle -= 1;
        }
    }

    /// A peer has accepted all messages up to this one.
    pub fn accepted(&mut self, peer: usize, mark: u64, now: Nanos) {
        let of_peer = &mut self.peers[peer];
        let Some((timestamp, time)) = of_peer.timed.filter(|timed| timed.0 <= mark) else {
            return;
        };
        of_peer.timed = None;
        self.idle += 1;
        let heard = Soonest {
            minute: (time / MINUTE) >> self.doublings,
            timestamp,
            took: now.saturating_sub(time),
        };
        self.kept += usize::from(join(&mut of_peer.soonest, heard));
        while self.kept > MOST.max(self.peers.len()) {
            self.double();
        }
    }

    /// A connection to a peer is made anew, and it has accepted all messages up to this one: what it had accepted beyond and lost
    /// will arrive again, later.
    pub fn connected(&mut self, peer: usize, mark: u64, now: Nanos) {
        let soonest = &mut self.peers[peer].soonest;
        let before = soonest.len();
        soonest.retain(|heard| heard.timestamp <= mark);
        self.kept -= before - soonest.len();
        self.accepted(peer, mark, now);
    }

    /// What was heard of the peers that these are, in their order and that of time.
    pub fn all(&self, id: impl Fn(usize) -> Option<MachineId>) -> Vec<HeardMessage> {
        let mut all = Vec::with_capacity(self.kept);
        for (peer, of_peer) in self.peers.iter().enumerate() {
            let Some(id) = id(peer) else { continue };
            let heard = of_peer.soonest.iter();
            all.extend(heard.map(|heard| (id, heard.timestamp, heard.took)));
        }
        all
    }

    /// Minutes last twice as long.
    fn double(&mut self) {
        self.doublings += 1;
        self.kept = 0;
        for of_peer in &mut self.peers {
            let before = std::mem::take(&mut of_peer.soonest);
            for heard in before {
                let minute = heard.minute >> 1;
                join(&mut of_peer.soonest, Soonest { minute, ..heard });
            }
            self.kept += of_peer.soonest.len();
        }
    }
}

/// Adds a message, unless one of its minute was heard of sooner. Whether there is one more.
fn join(soonest: &mut Vec<Soonest>, heard: Soonest) -> bool {
    match soonest.last_mut() {
        Some(last) if last.minute == heard.minute => {
            if heard.took < last.took {
                *last = heard;
            }
            false
        }
        _ => {
            soonest.push(heard);
            true
        }
    }
}

/// Two machines that have only heard sooner or later go on alike, which is what tests that visit all states ask.
impl PartialEq for Heard {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Heard {}

impl Hash for Heard {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Nanos = 1_000_000_000;

    #[test]
    fn of_each_minute_the_soonest_stays() {
        let mut heard = Heard::new(2);
        for (timestamp, time, took) in [(1, 1, 5), (2, 2, 3), (3, 59, 4), (4, 61, 9), (5, 119, 10)]
        {
            heard.sent(0, timestamp, time * SECOND);
            // It is timed already, and this one is not.
            heard.sent(0, timestamp + 100, time * SECOND + 1);
            heard.accepted(0, timestamp - 1, time * SECOND + 2);
            heard.accepted(0, timestamp + 100, time * SECOND + took);
            assert!(!heard.is_busy());
        }
        heard.sent(1, 7, 0);
        let all = heard.all(|peer| Some([20, 30][peer]));
        assert_eq!(all, [(20, 2, 3), (20, 4, 9)]);
        assert_eq!(heard.all(|peer| (peer == 1).then_some(30)), []);
    }

    #[test]
    fn what_a_peer_lost_was_not_heard_of() {
        let mut heard = Heard::new(1);
        for timestamp in 1..=3 {
            heard.sent(0, timestamp, timestamp * MINUTE);
            heard.accepted(0, timestamp, timestamp * MINUTE + 1);
        }
        heard.sent(0, 4, 4 * MINUTE);
        heard.connected(0, 2, 5 * MINUTE);
        assert_eq!(heard.all(|_| Some(7)), [(7, 1, 1), (7, 2, 1)]);
        heard.accepted(0, 4, 5 * MINUTE);
        assert_eq!(
            heard.all(|_| Some(7)),
            [(7, 1, 1), (7, 2, 1), (7, 4, MINUTE)]
        );
        assert_eq!(heard.kept, 3);
    }

    proptest! {
        #[test]
        fn however_long_it_lasts_it_is_bounded_and_what_stays_is_the_soonest_of_its_time(
            peers in 1_usize..4,
            moves in prop::collection::vec((0_usize..4, 1_u64..200, 0_u64..1000), 1..200),
        ) {
            let mut heard = Heard::new(peers);
            let mut now = 0;
            let mut most = 0;
            for (timestamp, (peer, seconds, took)) in moves.into_iter().cycle().take(20_000).enumerate() {
                now += seconds * SECOND;
                heard.sent(peer % peers, timestamp as u64 + 1, now);
                heard.accepted(peer % peers, timestamp as u64 + 1, now + took);
                most = most.max(heard.kept);
            }
            prop_assert!(most <= MOST);
            let kept: usize = heard.peers.iter().map(|peer| peer.soonest.len()).sum();
            prop_assert_eq!(kept, heard.kept);
            for peer in &heard.peers {
                prop_assert!(peer.soonest.is_sorted_by_key(|heard| heard.minute));
            }
        }
    }
}
