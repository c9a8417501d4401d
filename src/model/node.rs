//! The machine itself: a clock, a queue of incoming messages and a source of chance.
//!
//! Both drivers own one of these for each machine: [`Node::deliver`] is called
//! when a message enters the queue, [`Node::tick`] when a tick is due.

use std::collections::VecDeque;

use crate::model::behavior::{Action, Draw};
use crate::model::clock::Clock;
use crate::model::event::{Event, Recipients};
use crate::model::message::{Message, Nanos};
use crate::model::random::Generator;
use crate::model::rules::Receive;

/// A machine without bytes, threads or time of its own; `B` is what its messages say beside their timestamps.
#[derive(Debug, Clone)]
pub struct Node<B = ()> {
    clock: Clock,
    /// Messages in the order of their arrival; some may still be on their way.
    queue: VecDeque<Message<B>>,
    /// No message of `queue` arrives later.
    newest: Nanos,
    generator: Generator,
}

impl<B> Node<B> {
    /// A machine at clock 0.
    pub fn new(generator: Generator) -> Self {
        Self {
            clock: Clock::default(),
            queue: VecDeque::new(),
            newest: 0,
            generator,
        }
    }

    /// The same machine, come back with the clock that its log tells.
    #[must_use]
    pub fn resumed(mut self, clock: u64) -> Self {
        self.clock = Clock::at(clock);
        self
    }

    /// The draws of its next life, of a machine that comes back.
    pub fn reseed(&mut self, generator: Generator) {
        self.generator = generator;
    }

    /// Back to clock 0 and an empty queue; the queue's memory is kept.
    pub fn restart(&mut self, generator: Generator) {
        self.clock = Clock::default();
        self.queue.clear();
        self.newest = 0;
        self.generator = generator;
    }

    /// Puts a message into the queue, by its arrival and after those that arrive with it.
    ///
    /// Channels are FIFO: a message that would overtake an earlier one of its
    /// sender arrives with that one, right after it.
    #[inline]
    pub fn deliver(&mut self, message: Message<B>) {
        if self.queue.len() == self.queue.capacity() {
            self.grow();
        }
        if self.newest <= message.arrival {
            self.newest = message.arrival;
            self.queue.push_back(message);
        } else {
            self.insert(message);
        }
    }

    /// Doubles the room, from one message on: most queues of many machines stay short.
    #[cold]
    fn grow(&mut self) {
        self.queue.reserve_exact(self.queue.len().max(1));
    }

    /// Puts a message before those that arrive after it.
    #[cold]
    fn insert(&mut self, mut message: Message<B>) {
        let mut place = self.queue.len();
        while let Some(before) = place.checked_sub(1).and_then(|place| self.queue.get(place)) {
            if before.arrival <= message.arrival {
                break;
            }
            if before.has_sender_of(&message) {
                message.arrival = before.arrival;
                break;
            }
            place -= 1;
        }
        self.queue.insert(place, message);
    }

    /// The one event of a tick at `now`: a receipt if a message has arrived,
    /// else what is drawn with these odds.
    #[inline]
    pub fn tick(&mut self, now: Nanos, odds: &impl Draw) -> Event<B> {
        match self.receive(now) {
            Some(event) => event,
            None => self.act(odds),
        }
    }

    /// What is drawn with these odds, whatever waits.
    #[inline]
    pub fn act(&mut self, odds: &impl Draw) -> Event<B> {
        match odds.draw(&mut self.generator) {
            Action::Internal => self.internal(),
            Action::Send(recipients) => self.send(recipients),
        }
    }

    /// Takes the message that arrived first, if one has by `now`.
    #[inline]
    pub fn receive(&mut self, now: Nanos) -> Option<Event<B>> {
        self.take(now, Clock::receive)
    }

    /// As [`Node::receive`], by a program that does `rule` to its clock.
    pub fn receive_by(&mut self, rule: Receive, now: Nanos) -> Option<Event<B>> {
        self.take(now, |clock, timestamp| clock.receive_by(rule, timestamp))
    }

    #[inline]
    fn take(
        &mut self,
        now: Nanos,
        receive: impl FnOnce(&mut Clock, u64) -> u64,
    ) -> Option<Event<B>> {
        let waiting = self.queue_len(now);
        let message = if waiting == 0 {
            None
        } else {
            self.queue.pop_front()
        }?;
        let old_clock = self.clock.value();
        Some(Event::Receive {
            old_clock,
            new_clock: receive(&mut self.clock, message.timestamp),
            queue_len: waiting - 1,
            message,
        })
    }

    /// The clock of a machine whose events are told, or taken back.
    pub fn set_clock(&mut self, clock: u64) {
        self.clock = Clock::at(clock);
    }

    /// Undoes the receipt of a message: it is the first again, and the clock what it was.
    pub fn give_back(&mut self, message: Message<B>, old_clock: u64) {
        self.newest = self.newest.max(message.arrival);
        self.queue.push_front(message);
        self.set_clock(old_clock);
    }

    /// A send to `recipients`, who each get the new clock value.
    #[inline]
    pub fn send(&mut self, recipients: Recipients) -> Event<B> {
        let old_clock = self.clock.value();
        Event::Send {
            old_clock,
            new_clock: self.clock.advance(),
            recipients,
        }
    }

    /// A step of the clock and nothing else.
    #[inline]
    pub fn internal(&mut self) -> Event<B> {
        let old_clock = self.clock.value();
        Event::Internal {
            old_clock,
            new_clock: self.clock.advance(),
        }
    }

    /// The clock's value.
    #[inline]
    pub fn clock(&self) -> u64 {
        self.clock.value()
    }

    /// How many messages have arrived by `now` and wait.
    #[inline]
    pub fn queue_len(&self, now: Nanos) -> u64 {
        let arrived = if self.newest <= now {
            self.queue.len()
        } else {
            self.arrived(now)
        };
        arrived as u64
    }

    /// How many have arrived by `now` where some have not.
    #[cold]
    fn arrived(&self, now: Nanos) -> usize {
        self.queue.partition_point(|message| message.arrival <= now)
    }

    /// When the first message of the queue arrives, or has.
    #[inline]
    pub fn first_arrival(&self) -> Option<Nanos> {
        self.queue.front().map(|message| message.arrival)
    }

    /// What is in the queue, arrived or on its way, in its order.
    pub fn waiting(&self) -> impl ExactSizeIterator<Item = &Message<B>> + DoubleEndedIterator {
        self.queue.iter()
    }

    /// Takes what is left in the queue, in its order.
    pub fn drain(&mut self) -> impl Iterator<Item = Message<B>> + '_ {
        self.newest = 0;
        self.queue.drain(..)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::behavior::{Behavior, Odds};
    use proptest::prelude::*;

    fn node() -> Node {
        Node::new(Generator::new(1, 1, 0))
    }

    fn odds(internal_probability: f64, peers: u32) -> Odds {
        Behavior::new(internal_probability, 0.5)
            .unwrap()
            .odds(peers)
    }

    fn message(timestamp: u64, arrival: Nanos) -> Message {
        Message::new(2, timestamp, arrival)
    }

    #[test]
    fn a_waiting_message_comes_before_anything_else() {
        let (mut node, odds) = (node(), odds(0.0, 2));
        node.deliver(message(10, 5));
        node.deliver(message(3, 6));
        let Event::Receive {
            old_clock: 0,
            new_clock: 11,
            queue_len: 1,
            message,
        } = node.tick(7, &odds)
        else {
            panic!("the first message waits")
        };
        assert_eq!(message.timestamp, 10);
        assert!(matches!(
            node.tick(7, &odds),
            Event::Receive {
                old_clock: 11,
                new_clock: 12,
                queue_len: 0,
                ..
            }
        ));
        assert!(matches!(
            node.tick(7, &odds),
            Event::Send { new_clock: 13, .. }
        ));
    }

    #[test]
    fn a_message_on_its_way_is_not_seen() {
        let (mut node, odds) = (node(), odds(1.0, 2));
        node.deliver(message(10, 5));
        assert_eq!(
            node.tick(4, &odds),
            Event::Internal {
                old_clock: 0,
                new_clock: 1
            }
        );
        assert_eq!(node.queue_len(4), 0);
        assert_eq!(node.queue_len(5), 1);
    }

    #[test]
    fn a_machine_without_peers_only_has_internal_events() {
        let (mut node, odds) = (node(), odds(0.0, 0));
        for old_clock in 0..100 {
            assert_eq!(
                node.tick(0, &odds),
                Event::Internal {
                    old_clock,
                    new_clock: old_clock + 1
                }
            );
        }
    }

    /// The plain rule: before the first that arrives later, or right after the last of its sender.
    fn put(
        queue: &mut Vec<(Nanos, u64, u64)>,
        (mut arrival, sender, timestamp): (Nanos, u64, u64),
    ) {
        let last = queue.iter().rposition(|entry| entry.1 == sender);
        let mut place = queue.partition_point(|entry| entry.0 <= arrival);
        if let Some(last) = last.filter(|&last| queue[last].0 > arrival) {
            (place, arrival) = (last + 1, queue[last].0);
        }
        queue.insert(place, (arrival, sender, timestamp));
    }

    fn queued(node: &Node) -> Vec<(Nanos, u64, u64)> {
        let told = |m: &Message| (m.arrival, m.sender().unwrap(), m.timestamp);
        node.waiting().map(told).collect()
    }

    #[test]
    fn those_that_arrive_together_stay_as_they_were_delivered() {
        let mut node = node();
        // With one that arrives later in the queue, and without.
        for (sender, timestamp, arrival) in [(3, 1, 5), (1, 2, 5), (2, 3, 9), (4, 4, 5), (1, 5, 9)]
        {
            node.deliver(Message::new(sender, timestamp, arrival));
        }
        let expected = [(5, 3, 1), (5, 1, 2), (5, 4, 4), (9, 2, 3), (9, 1, 5)];
        assert_eq!(queued(&node), expected);
        for (_, _, timestamp) in expected {
            let Some(Event::Receive { message, .. }) = node.receive(9) else {
                panic!("all have arrived")
            };
            assert_eq!(message.timestamp, timestamp);
        }
    }

    proptest! {
        /// Few times and few senders: many arrive together, in any order of delivery.
        #[test]
        fn the_place_of_a_message_is_that_of_the_plain_rule(
            sent in prop::collection::vec((0_u64..4, 0_u64..6, any::<bool>()), 0..60),
        ) {
            let (mut node, mut expected) = (node(), Vec::new());
            for (timestamp, (sender, arrival, receives)) in (1..).zip(sent) {
                put(&mut expected, (arrival, sender, timestamp));
                node.deliver(Message::new(sender, timestamp, arrival));
                if receives {
                    // The newest arrival may be gone by now.
                    let first = node.receive(3).map(|_| expected.remove(0));
                    prop_assert!(first.is_none_or(|first| first.0 <= 3));
                }
                prop_assert_eq!(queued(&node), expected.clone());
            }
        }

        /// Against a plain model: each channel keeps its order, and arrivals order the queue.
        #[test]
        fn deliveries_are_ordered_and_fifo(sent in prop::collection::vec((0_u64..3, 0_u64..20), 0..60)) {
            let mut node = node();
            let mut expected: Vec<(u64, u64, u64)> = Vec::new();
            for (timestamp, &(sender, arrival)) in sent.iter().enumerate() {
                let of_sender = expected.iter().filter(|entry| entry.1 == sender);
                let arrival = of_sender.map(|entry| entry.0).max().unwrap_or(0).max(arrival);
                expected.push((arrival, sender, timestamp as u64));
                node.deliver(Message::new(sender, timestamp as u64, sent[timestamp].1));
            }
            expected.sort_unstable();
            let mut got: Vec<_> = node.drain().map(|m| (m.arrival, m.sender().unwrap(), m.timestamp)).collect();
            prop_assert!(got.is_sorted_by_key(|entry| entry.0));
            for sender in 0..3 {
                prop_assert!(got.iter().filter(|entry| entry.1 == sender).is_sorted_by_key(|entry| entry.2));
            }
            got.sort_unstable();
            prop_assert_eq!(got, expected);
        }

        /// Against a plain model: the queue as a list of arrivals, the clock as two rules.
        #[test]
        fn ticks_follow_the_model(steps in prop::collection::vec((any::<bool>(), 1_u64..1000, 0_u64..4), 0..200)) {
            let (mut node, odds) = (node(), odds(0.5, 3));
            let (mut queue, mut clock, mut now, mut arrival) = (Vec::new(), 0_u64, 0, 0);
            for (delivers, timestamp, wait) in steps {
                now += wait;
                if delivers {
                    arrival = arrival.max(now + timestamp % 3);
                    queue.push(message(timestamp, arrival));
                    node.deliver(message(timestamp, arrival));
                    continue;
                }
                let event = node.tick(now, &odds);
                let waiting = queue.iter().filter(|message| message.arrival <= now).count();
                if waiting > 0 {
                    let first = queue.remove(0);
                    let new_clock = clock.max(first.timestamp) + 1;
                    let queue_len = waiting as u64 - 1;
                    prop_assert_eq!(event, Event::Receive { old_clock: clock, new_clock, queue_len, message: first });
                    clock = new_clock;
                } else {
                    prop_assert_eq!(event.new_clock(), clock + 1);
                    let received = matches!(event, Event::Receive { .. });
                    prop_assert!(!received);
                    clock += 1;
                }
            }
            prop_assert_eq!(node.drain().collect::<Vec<_>>(), queue);
        }
    }
}
