//! The messages that are not received yet: how many there are, and what their bodies take.

use std::collections::VecDeque;

use crate::model::body::{Letter, length};
use crate::model::handler::SendRoom;

/// What is under way or waits, of all machines. A body counts once for all messages of its SEND.
#[derive(Debug)]
pub(super) struct Load {
    messages: u64,
    bytes: u64,
    /// Messages for machines that take no further step: nobody waits for them, and they take their room.
    stranded: u64,
    /// Of each sender the SENDs with a body and several recipients, in order, until all have received it.
    shared: Vec<VecDeque<SharedBody>>,
}

/// A body that several recipients are still to receive.
#[derive(Debug)]
struct SharedBody {
    timestamp: u64,
    bytes: u64,
    recipients: u32,
}

impl Load {
    /// Nothing, among this many machines.
    pub(super) fn new(machines: u32) -> Self {
        Self {
            messages: 0,
            bytes: 0,
            stranded: 0,
            shared: (0..machines).map(|_| VecDeque::new()).collect(),
        }
    }

    /// What may still be sent.
    pub(super) fn room(&self) -> SendRoom {
        SendRoom {
            messages: SendRoom::WHOLE.messages.saturating_sub(self.messages),
            bytes: SendRoom::WHOLE.bytes.saturating_sub(self.bytes),
        }
    }

    /// Whether a machine that takes steps is still to receive any.
    pub(super) fn is_any_under_way(&self) -> bool {
        self.messages > self.stranded
    }

    /// A message was given from outside.
    pub(super) fn given(&mut self, message: &Letter) {
        self.messages += 1;
        self.bytes += length(&message.body) as u64;
    }

    /// A machine (counted from 0) sent a message with a body of so many bytes.
    pub(super) fn sent(&mut self, machine: u32, timestamp: u64, bytes: u64, recipients: u32) {
        self.messages += u64::from(recipients);
        self.bytes += bytes;
        if bytes > 0 && recipients > 1 {
            self.shared[machine as usize].push_back(SharedBody {
                timestamp,
                bytes,
                recipients,
            });
        }
    }

    /// One of its messages is for a machine that takes no further step.
    pub(super) fn strand(&mut self, messages: u64) {
        self.stranded += messages;
    }

    /// A message was received.
    pub(super) fn received(&mut self, message: &Letter) {
        self.messages -= 1;
        let bytes = length(&message.body) as u64;
        if bytes == 0 {
            return;
        }
        let shared = message
            .channel()
            .map(|sender| &mut self.shared[sender as usize - 1])
            .filter(|shared| !shared.is_empty());
        let Some(shared) = shared else {
            self.bytes -= bytes;
            return;
        };
        let place = shared.binary_search_by_key(&message.timestamp, |body| body.timestamp);
        let Ok(place) = place else {
            self.bytes -= bytes;
            return;
        };
        shared[place].recipients -= 1;
        if shared[place].recipients == 0 {
            self.bytes -= shared[place].bytes;
            while shared.front().is_some_and(|body| body.recipients == 0) {
                shared.pop_front();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::message::Message;
    use proptest::prelude::*;

    const BODY: &str = "\"a body\"";

    fn letter(sender: u64, timestamp: u64) -> Letter {
        Message::saying(Some(BODY.into()), sender, timestamp, 0)
    }

    #[test]
    fn a_body_takes_its_room_once_until_its_last_recipient_has_it() {
        let (mut load, length) = (Load::new(3), BODY.len() as u64);
        let taken = |load: &Load| {
            let room = load.room();
            let whole = SendRoom::WHOLE;
            (whole.messages - room.messages, whole.bytes - room.bytes)
        };
        load.sent(0, 4, length, 2);
        load.sent(0, 5, length, 1);
        load.sent(0, 6, length, 2);
        assert_eq!(taken(&load), (5, 3 * length));
        for (timestamp, messages, bodies) in [(4, 4, 3), (6, 3, 3), (5, 2, 2), (6, 1, 1), (4, 0, 0)]
        {
            assert!(load.is_any_under_way());
            load.received(&letter(1, timestamp));
            assert_eq!(taken(&load), (messages, bodies * length));
        }
        assert!(!load.is_any_under_way());
        assert!(load.shared.iter().all(VecDeque::is_empty));
    }

    #[test]
    fn what_nobody_will_receive_takes_room_and_is_not_waited_for() {
        let mut load = Load::new(2);
        load.given(&Message::by_hand_saying(Some(BODY.into()), None, 0, 0));
        load.sent(0, 1, 0, 1);
        load.strand(1);
        assert!(load.is_any_under_way());
        load.received(&Message::by_hand_saying(Some(BODY.into()), None, 0, 0));
        assert!(!load.is_any_under_way());
        let room = SendRoom {
            messages: SendRoom::WHOLE.messages - 1,
            ..SendRoom::WHOLE
        };
        assert_eq!(load.room(), room);
    }

    proptest! {
        /// Against bodies that are counted by hand.
        #[test]
        fn bodies_are_counted_as_those_that_someone_still_waits_for(
            sends in prop::collection::vec((0_u32..3, 1_u32..4), 1..20),
            order in prop::collection::vec(any::<prop::sample::Index>(), 60),
        ) {
            let (mut load, mut waiting) = (Load::new(3), Vec::new());
            for (timestamp, &(machine, recipients)) in (1..).zip(&sends) {
                load.sent(machine, timestamp, BODY.len() as u64, recipients);
                let sent = (u64::from(machine) + 1, timestamp);
                waiting.extend(std::iter::repeat_n(sent, recipients as usize));
            }
            for place in order {
                if waiting.is_empty() {
                    break;
                }
                let (sender, timestamp) = waiting.swap_remove(place.index(waiting.len()));
                load.received(&letter(sender, timestamp));
                let mut left = waiting.clone();
                left.sort_unstable();
                left.dedup();
                let bytes = (left.len() * BODY.len()) as u64;
                prop_assert_eq!(load.room().bytes, SendRoom::WHOLE.bytes - bytes);
            }
        }
    }
}
