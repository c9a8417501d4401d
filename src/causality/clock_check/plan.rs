//! What machines do in one run: the steps of all of them in one order.

/// What a machine does in a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// Something of its own.
    Tick,
    /// It sends a message, to whoever receives it.
    Send,
    /// It receives the message that an earlier step sent.
    Receive(usize),
}

/// A step, which is an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlanStep {
    /// The place of the machine, from 0.
    pub machine: u32,
    /// What it does.
    pub deed: Deed,
    /// What its physical clock reads meanwhile, in ns.
    pub now: i64,
}

/// The steps of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockPlan {
    /// How many machines there are, with steps or without.
    pub machines: u32,
    /// An order in which each message is sent before it is received.
    pub steps: Vec<PlanStep>,
}

impl ClockPlan {
    /// What the physical clock of a machine reads before its first step.
    pub fn first_reading(&self, machine: u32) -> i64 {
        let mut own = self.steps.iter().filter(|step| step.machine == machine);
        own.next().map_or(0, |step| step.now)
    }

    /// By step, what Lamport's clock would say.
    pub fn lamport_clocks(&self) -> Vec<u64> {
        let mut newest = vec![0; self.machines as usize];
        let mut clocks: Vec<u64> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let own: &mut u64 = &mut newest[step.machine as usize];
            if let Deed::Receive(sent) = step.deed {
                *own = (*own).max(clocks[sent]);
            }
            *own += 1;
            clocks.push(*own);
        }
        clocks
    }

    /// The plan of these steps only; without its send a receipt goes too.
    pub(super) fn only(&self, is_kept: impl Fn(usize) -> bool) -> Self {
        let mut places = vec![None; self.steps.len()];
        let mut steps = Vec::new();
        for (place, step) in self.steps.iter().enumerate().filter(|(at, _)| is_kept(*at)) {
            let deed = match step.deed {
                Deed::Receive(sent) => match places[sent] {
                    Some(sent) => Deed::Receive(sent),
                    None => continue,
                },
                other => other,
            };
            places[place] = Some(steps.len());
            steps.push(PlanStep { deed, ..*step });
        }
        Self {
            machines: self.machines,
            steps,
        }
    }

    /// Whether each receipt is of a message of another machine that this one has not received, with `fifo` in the order
    /// in which they were sent.
    pub fn is_possible(&self, fifo: bool) -> bool {
        self.steps.iter().enumerate().all(|(place, step)| {
            let Deed::Receive(sent) = step.deed else {
                return step.machine < self.machines;
            };
            let Some(send) = self.steps[..place].get(sent) else {
                return false;
            };
            let is_other = send.deed == Deed::Send && send.machine != step.machine;
            let own = self.steps[..place].iter();
            let before = own.filter_map(|other| match other.deed {
                Deed::Receive(sent) if other.machine == step.machine => Some(sent),
                _ => None,
            });
            let mut on_channel = before.filter(|&other| self.steps[other].machine == send.machine);
            is_other
                && step.machine < self.machines
                && on_channel.all(|other| if fifo { other < sent } else { other != sent })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(steps: &[(u32, Deed)]) -> ClockPlan {
        let step = |&(machine, deed)| PlanStep {
            machine,
            deed,
            now: 0,
        };
        ClockPlan {
            machines: 2,
            steps: steps.iter().map(step).collect(),
        }
    }

    #[test]
    fn channels_keep_their_order_or_do_not() {
        use Deed::{Receive, Send};
        let overtaking = plan(&[(0, Send), (0, Send), (1, Receive(1)), (1, Receive(0))]);
        assert!(overtaking.is_possible(false));
        assert!(!overtaking.is_possible(true));
        let twice = plan(&[(0, Send), (1, Receive(0)), (1, Receive(0))]);
        assert!(!twice.is_possible(false));
        let own = plan(&[(0, Send), (0, Receive(0))]);
        assert!(!own.is_possible(false));
    }

    #[test]
    fn a_receipt_goes_with_its_send() {
        use Deed::{Receive, Send, Tick};
        let whole = plan(&[
            (0, Send),
            (0, Send),
            (1, Receive(0)),
            (1, Receive(1)),
            (1, Tick),
        ]);
        let rest = whole.only(|place| place != 0);
        assert_eq!(rest, plan(&[(0, Send), (1, Receive(0)), (1, Tick)]));
    }
}
