//! Random plans, of growing size.

use std::collections::VecDeque;

use super::plan::{ClockPlan, Deed, PlanStep};
use super::readings::{DrawnClock, draw_gap, draw_long_gap};
use crate::model::random::Generator;

/// The steps of a long run.
pub const LONG: usize = 1024;
/// Among so many runs is a long one.
const LONG_EVERY: u64 = 64;
/// The most steps of the others.
const MOST_STEPS: u64 = 40;
const MOST_MACHINES: u64 = 6;

/// Whether the run of this number is a long one, in which physical clocks go on between any two steps.
pub fn is_long(number: u64) -> bool {
    number % LONG_EVERY == LONG_EVERY / 2
}

/// Draws the plan of the run of this number, from 0; with `fifo` no message overtakes another of its channel.
pub fn draw_plan(number: u64, fifo: bool, generator: &mut Generator) -> ClockPlan {
    let is_long = is_long(number);
    let machines = if is_long {
        2 + generator.below(3)
    } else if generator.below(8) == 0 {
        1
    } else {
        2 + generator.below((1 + number / 16).min(MOST_MACHINES - 1))
    };
    let steps = if is_long {
        LONG
    } else {
        1 + generator.below((3 + number / 2).min(MOST_STEPS)) as usize
    };
    let mut drawing = Drawing::new(machines as usize, is_long, generator);
    let mut time = 0;
    let steps = (0..steps)
        .map(|place| {
            let gap = if is_long { draw_long_gap } else { draw_gap };
            time += gap(generator);
            drawing.step(place, time, fifo, generator)
        })
        .collect();
    ClockPlan {
        machines: machines as u32,
        steps,
    }
}

/// What is under way while a plan is drawn, and how its machines are.
struct Drawing {
    clocks: Vec<DrawnClock>,
    /// By sender, then recipient, the steps that sent what is under way.
    channels: Vec<Vec<VecDeque<usize>>>,
    /// How often a machine does nothing but tick, sends, and receives what is there, and sends to all rather than one.
    weights: [u64; 3],
    multicast: u64,
}

impl Drawing {
    fn new(machines: usize, is_long: bool, generator: &mut Generator) -> Self {
        let draw = if is_long {
            DrawnClock::draw_good
        } else {
            DrawnClock::draw
        };
        let mut clocks: Vec<DrawnClock> = (0..machines).map(|_| draw(generator)).collect();
        if generator.below(4) == 0 {
            clocks = vec![clocks[0]; machines];
        }
        Self {
            clocks,
            channels: vec![vec![VecDeque::new(); machines]; machines],
            weights: std::array::from_fn(|_| 1 + generator.below(4)),
            multicast: generator.below(3),
        }
    }

    fn step(&mut self, place: usize, time: i64, fifo: bool, generator: &mut Generator) -> PlanStep {
        let machines = self.channels.len();
        let machine = generator.below(machines as u64) as usize;
        let waiting: Vec<usize> = (0..machines)
            .filter(|&sender| !self.channels[sender][machine].is_empty())
            .collect();
        let [tick, send, mut receive] = self.weights;
        if waiting.is_empty() {
            receive = 0;
        }
        let drawn = generator.below(tick + send + receive);
        let deed = if drawn < tick {
            Deed::Tick
        } else if drawn < tick + send {
            self.send(place, machine, generator);
            Deed::Send
        } else {
            let sender = waiting[generator.below(waiting.len() as u64) as usize];
            let channel = &mut self.channels[sender][machine];
            let at = if fifo {
                0
            } else {
                generator.below(channel.len() as u64) as usize
            };
            // The channel is not empty.
            channel.remove(at).map_or(Deed::Tick, Deed::Receive)
        };
        PlanStep {
            machine: machine as u32,
            deed,
            now: self.clocks[machine].read(time),
        }
    }

    fn send(&mut self, place: usize, sender: usize, generator: &mut Generator) {
        let machines = self.channels.len();
        let is_to_all = generator.below(6) < self.multicast;
        let one = generator.below(machines as u64) as usize;
        for (recipient, channel) in self.channels[sender].iter_mut().enumerate() {
            if recipient != sender && (is_to_all || recipient == one) {
                channel.push_back(place);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plans(fifo: bool) -> impl Iterator<Item = ClockPlan> {
        (0..2000).map(move |number| draw_plan(number, fifo, &mut Generator::new(7, number, 0)))
    }

    #[test]
    fn plans_are_possible_and_grow() {
        for (number, plan) in plans(true).enumerate() {
            let most = if is_long(number as u64) {
                LONG
            } else {
                3 + number / 2
            };
            assert!((1..=most).contains(&plan.steps.len()));
            assert!(plan.is_possible(true), "run {number}");
        }
        assert!(plans(false).all(|plan| plan.is_possible(false)));
        assert!(plans(false).any(|plan| !plan.is_possible(true)));
    }

    #[test]
    fn physical_clocks_are_as_bad_as_they_get() {
        let (mut back, mut still, mut equal) = (0, 0, 0);
        for (number, plan) in plans(true).enumerate() {
            for pair in plan.steps.windows(2) {
                let is_one = pair[0].machine == pair[1].machine;
                back += u64::from(is_one && pair[1].now < pair[0].now);
                still += u64::from(is_one && pair[1].now == pair[0].now);
                equal += u64::from(!is_one && pair[1].now == pair[0].now);
                assert!(!is_long(number as u64) || !is_one || pair[1].now > pair[0].now);
            }
        }
        assert!(
            back > 100 && still > 100 && equal > 100,
            "{back} {still} {equal}"
        );
    }
}
