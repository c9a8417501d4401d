//! Which machine ticks next: by time, machines of one time in their order.

use crate::message::Nanos;

/// No further tick.
pub(super) const NEVER: Nanos = Nanos::MAX;

/// The next tick of each machine.
pub(super) trait Agenda {
    /// The agenda of machines whose first ticks are due then.
    fn new(due: &[Nanos], total_rate: f64) -> Self;

    /// The machine whose tick is due first, and when. `None` if no tick is left.
    fn first(&mut self) -> Option<(Nanos, u32)>;

    /// The machine that was first is due again at `due`, or [`NEVER`].
    fn put_off(&mut self, machine: u32, due: Nanos);
}

/// For few machines: a look at each.
#[derive(Debug)]
pub(super) struct Scan {
    due: Vec<Nanos>,
}

impl Agenda for Scan {
    fn new(due: &[Nanos], _total_rate: f64) -> Self {
        Self { due: due.to_vec() }
    }

    #[inline]
    fn first(&mut self) -> Option<(Nanos, u32)> {
        let mut first = (NEVER, 0);
        for (machine, &due) in self.due.iter().enumerate() {
            if due < first.0 {
                first = (due, machine as u32);
            }
        }
        (first.0 != NEVER).then_some(first)
    }

    #[inline]
    fn put_off(&mut self, machine: u32, due: Nanos) {
        self.due[machine as usize] = due;
    }
}

/// For many machines: a ring of buckets, each as wide as there is about one tick in it.
///
/// R. Brown, "Calendar queues", CACM 31(10), 1988. A machine stands in the
/// bucket of its next tick, in a list; ticks of a later turn of the ring wait
/// in the bucket for theirs.
#[derive(Debug)]
pub(super) struct Calendar {
    due: Vec<Nanos>,
    /// The next machine of the same bucket.
    next: Vec<u32>,
    /// The first machine of each bucket; a power of two of them.
    buckets: Vec<u32>,
    /// The width of a bucket is 2^shift ns.
    shift: u32,
    /// The bucket at hand, not yet reduced to the ring.
    present: u64,
    left: usize,
}

/// The end of a list.
const NOBODY: u32 = u32::MAX;

impl Calendar {
    fn insert(&mut self, machine: u32) {
        let bucket = self.bucket(self.due[machine as usize] >> self.shift);
        self.next[machine as usize] = self.buckets[bucket];
        self.buckets[bucket] = machine;
    }

    #[inline]
    fn bucket(&self, number: u64) -> usize {
        number as usize & (self.buckets.len() - 1)
    }

    /// The first machine of the bucket at hand, and the one before it in the list.
    #[inline]
    fn first_here(&self) -> Option<(Nanos, u32)> {
        let mut machine = self.buckets[self.bucket(self.present)];
        let mut first = (NEVER, NOBODY);
        while machine != NOBODY {
            let due = self.due[machine as usize];
            if due >> self.shift == self.present {
                first = first.min((due, machine));
            }
            machine = self.next[machine as usize];
        }
        (first.1 != NOBODY).then_some(first)
    }

    fn remove(&mut self, machine: u32) {
        let bucket = self.bucket(self.due[machine as usize] >> self.shift);
        let after = self.next[machine as usize];
        if self.buckets[bucket] == machine {
            self.buckets[bucket] = after;
            return;
        }
        let mut before = self.buckets[bucket];
        while self.next[before as usize] != machine {
            before = self.next[before as usize];
        }
        self.next[before as usize] = after;
    }

    /// Goes to the bucket of the earliest tick, after a whole turn without any.
    fn jump(&mut self) {
        let earliest = self.due.iter().copied().min().unwrap_or(NEVER);
        self.present = earliest >> self.shift;
    }
}

impl Agenda for Calendar {
    fn new(due: &[Nanos], total_rate: f64) -> Self {
        let shift = (1e9 / total_rate).max(1.0).log2().round() as u32;
        let mut calendar = Self {
            due: due.to_vec(),
            next: vec![NOBODY; due.len()],
            buckets: vec![NOBODY; (due.len() * 2).next_power_of_two()],
            shift,
            present: 0,
            left: 0,
        };
        for machine in 0..due.len() as u32 {
            if due[machine as usize] != NEVER {
                calendar.insert(machine);
                calendar.left += 1;
            }
        }
        calendar
    }

    #[inline]
    fn first(&mut self) -> Option<(Nanos, u32)> {
        if self.left == 0 {
            return None;
        }
        let mut empty = 0;
        loop {
            if let Some(first) = self.first_here() {
                return Some(first);
            }
            self.present += 1;
            empty += 1;
            if empty > self.buckets.len() {
                self.jump();
                empty = 0;
            }
        }
    }

    #[inline]
    fn put_off(&mut self, machine: u32, due: Nanos) {
        self.remove(machine);
        self.due[machine as usize] = due;
        if due == NEVER {
            self.left -= 1;
        } else {
            self.insert(machine);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn order<A: Agenda>(first: &[Nanos], periods: &[Nanos], count: usize) -> Vec<(Nanos, u32)> {
        let rate = periods.iter().map(|&period| 1e9 / period as f64).sum();
        let mut agenda = A::new(first, rate);
        let mut left = vec![count; first.len()];
        let mut order = Vec::new();
        while let Some((time, machine)) = agenda.first() {
            order.push((time, machine));
            left[machine as usize] -= 1;
            let is_last = left[machine as usize] == 0;
            agenda.put_off(
                machine,
                if is_last {
                    NEVER
                } else {
                    time + periods[machine as usize]
                },
            );
        }
        order
    }

    proptest! {
        #[test]
        fn both_give_the_order_of_time_and_machine(
            machines in prop::collection::vec((0_u64..5000, 1_u64..3000, any::<bool>()), 1..40),
            count in 1_usize..20,
        ) {
            // Some machines are a million times slower than others.
            let scale = |slow: bool| if slow { 1_000_000 } else { 1 };
            let first: Vec<_> = machines.iter().map(|&(due, _, slow)| due * scale(slow)).collect();
            let periods: Vec<_> = machines.iter().map(|&(_, period, slow)| period * scale(slow)).collect();
            let mut expected: Vec<_> = (0..machines.len())
                .flat_map(|i| (0..count).map(move |k| (i, k)))
                .map(|(i, k)| (first[i] + k as u64 * periods[i], i as u32))
                .collect();
            expected.sort_unstable();
            prop_assert_eq!(order::<Scan>(&first, &periods, count), &expected[..]);
            prop_assert_eq!(order::<Calendar>(&first, &periods, count), &expected[..]);
        }
    }
}
