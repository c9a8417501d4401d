//! The conductor of faults: what happens to the machines of a run, and when, whatever they run in.

use std::collections::VecDeque;

use crate::model::fault_schedule::{FaultSchedule, Transition};
use crate::model::message::{MachineId, Nanos};

/// How it is with a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// It runs, stands still, or is about to die.
    Alive,
    /// It has died, and can come back.
    Down,
    /// It has ended in order.
    Ended,
}

/// What the machines of a run live in: threads, processes, or places in virtual time.
///
/// Machines are named by their positions; times count from the start of ticking.
pub trait Bodies {
    /// Why something cannot be done.
    type Error;

    /// How it is with a machine.
    fn condition(&self, machine: usize) -> Result<Condition, Self::Error>;

    /// A machine that is alive dies, now or soon.
    fn crash(&mut self, machine: usize, time: Nanos) -> Result<(), Self::Error>;

    /// A machine that is down comes back from its log, to tick for `rest`.
    fn restart(&mut self, machine: usize, time: Nanos, rest: Nanos) -> Result<(), Self::Error>;

    /// A machine stands still; `until` is when it will be told to go on.
    fn pause(&mut self, machine: usize, until: Nanos) -> Result<(), Self::Error>;

    /// A machine that stands still goes on.
    fn go_on(&mut self, machine: usize) -> Result<(), Self::Error>;
}

/// The crashes and pauses of a run that are still to come.
#[derive(Debug, Default)]
pub struct Conductor {
    /// Next first.
    due: VecDeque<(Nanos, usize, Transition)>,
    end: Nanos,
}

impl Conductor {
    /// For the machines with these ids, until the end of a run.
    ///
    /// What comes at the end or later does not happen, but who stands still then goes on.
    pub fn new(
        faults: &FaultSchedule,
        ids: impl IntoIterator<Item = MachineId>,
        end: Nanos,
    ) -> Self {
        let mut due = Vec::new();
        for (machine, id) in ids.into_iter().enumerate() {
            let transitions = faults.transitions(id).into_iter();
            due.extend(
                transitions.filter_map(|(time, transition)| match transition {
                    Transition::Continue => Some((time.min(end), machine, transition)),
                    _ => (time < end).then_some((time, machine, transition)),
                }),
            );
        }
        // Of one time, as the schedule has them: what ends at a time ends before another begins.
        due.sort_by_key(|&(time, ..)| time);
        Self {
            due: due.into(),
            end,
        }
    }

    /// When the next thing is to happen, if nobody holds it up.
    #[inline]
    pub fn first(&self) -> Option<Nanos> {
        self.due.front().map(|&(time, ..)| time)
    }

    /// When the next thing is to happen; `None` while that is for a machine which is still about to die.
    pub fn next<B: Bodies>(&self, bodies: &B) -> Result<Option<Nanos>, B::Error> {
        let Some(&(time, machine, transition)) = self.due.front() else {
            return Ok(None);
        };
        let is_dying =
            transition == Transition::Restart && bodies.condition(machine)? == Condition::Alive;
        Ok((!is_dying).then_some(time))
    }

    /// Whether a machine is to come back.
    pub fn has_restart(&self) -> bool {
        self.due
            .iter()
            .any(|&(.., transition)| transition == Transition::Restart)
    }

    /// Whether a machine that is struck down is to come back.
    pub fn has_machine_down(&self) -> bool {
        let mut alive = Vec::new();
        self.due.iter().any(|&(_, machine, transition)| {
            if transition == Transition::Crash {
                alive.push(machine);
            }
            transition == Transition::Restart && !alive.contains(&machine)
        })
    }

    /// Nothing is to happen any more.
    pub fn cancel(&mut self) {
        self.due.clear();
    }

    /// Does what is due by `now`.
    pub fn carry_out<B: Bodies>(&mut self, now: Nanos, bodies: &mut B) -> Result<(), B::Error> {
        while self.next(bodies)?.is_some_and(|time| time <= now)
            && let Some((time, machine, transition)) = self.due.pop_front()
        {
            match (transition, bodies.condition(machine)?) {
                (Transition::Crash, Condition::Alive) => bodies.crash(machine, time)?,
                (Transition::Pause, Condition::Alive) => {
                    let mut later = self.due.iter();
                    // What follows a pause is its end: a machine that stands still can do nothing else.
                    let next = later.find(|&&(_, other, _)| other == machine);
                    bodies.pause(machine, next.map_or(self.end, |&(until, ..)| until))?;
                }
                (Transition::Continue, Condition::Alive) => bodies.go_on(machine)?,
                (Transition::Restart, Condition::Down) => {
                    bodies.restart(machine, time, self.end - time)?;
                }
                // One that ended before it could crash need not come back.
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fault::Fault;

    /// Machines 1 and 2, which say what happens to them; a crash takes effect when it is asked for.
    struct Recorded {
        conditions: [Condition; 2],
        dies_later: bool,
        seen: Vec<String>,
    }

    impl Bodies for Recorded {
        type Error = ();

        fn condition(&self, machine: usize) -> Result<Condition, ()> {
            Ok(self.conditions[machine])
        }

        fn crash(&mut self, machine: usize, time: Nanos) -> Result<(), ()> {
            if !self.dies_later {
                self.conditions[machine] = Condition::Down;
            }
            self.seen.push(format!("{machine} crashes at {time}"));
            Ok(())
        }

        fn restart(&mut self, machine: usize, time: Nanos, rest: Nanos) -> Result<(), ()> {
            self.conditions[machine] = Condition::Alive;
            self.seen
                .push(format!("{machine} is back at {time} for {rest}"));
            Ok(())
        }

        fn pause(&mut self, machine: usize, until: Nanos) -> Result<(), ()> {
            self.seen
                .push(format!("{machine} stands still until {until}"));
            Ok(())
        }

        fn go_on(&mut self, machine: usize) -> Result<(), ()> {
            self.seen.push(format!("{machine} goes on"));
            Ok(())
        }
    }

    fn conducted(faults: &str, condition: Condition) -> Vec<String> {
        let faults = Fault::list(faults).unwrap_or_else(|error| panic!("{error}"));
        let faults =
            FaultSchedule::new(&faults, Some(&[1, 2]), 0).unwrap_or_else(|error| panic!("{error}"));
        let mut conductor = Conductor::new(&faults, [1, 2], 10_000_000_000);
        let mut bodies = Recorded {
            conditions: [condition, Condition::Alive],
            dies_later: false,
            seen: Vec::new(),
        };
        assert_eq!(conductor.carry_out(Nanos::MAX, &mut bodies), Ok(()));
        assert_eq!(conductor.next(&bodies), Ok(None));
        bodies.seen
    }

    #[test]
    fn what_ends_at_a_time_ends_before_another_begins() {
        let faults = r#"[{"fault": "crash", "machine_id": 1, "at": 4, "down_for": 1},
                         {"fault": "crash", "machine_id": 1, "at": 2, "down_for": 2},
                         {"fault": "pause", "machine_id": 1, "at": 5, "duration": 20}]"#;
        let expected = [
            "0 crashes at 2000000000",
            "0 is back at 4000000000 for 6000000000",
            "0 crashes at 4000000000",
            "0 is back at 5000000000 for 5000000000",
            "0 stands still until 10000000000",
            "0 goes on",
        ];
        assert_eq!(conducted(faults, Condition::Alive), expected);
        assert_eq!(conducted(faults, Condition::Ended), [""; 0]);
    }

    #[test]
    fn who_is_about_to_die_holds_up_the_others() {
        let faults = r#"[{"fault": "crash", "machine_id": 1, "at": 1, "down_for": 1},
                         {"fault": "pause", "machine_id": 2, "at": 3, "duration": 1}]"#;
        let faults = Fault::list(faults).unwrap_or_else(|error| panic!("{error}"));
        let faults = FaultSchedule::new(&faults, None, 0).unwrap_or_else(|error| panic!("{error}"));
        let mut conductor = Conductor::new(&faults, [1, 2], 10_000_000_000);
        let mut bodies = Recorded {
            conditions: [Condition::Alive; 2],
            dies_later: true,
            seen: Vec::new(),
        };
        assert_eq!(conductor.next(&bodies), Ok(Some(1_000_000_000)));
        assert_eq!(conductor.carry_out(Nanos::MAX, &mut bodies), Ok(()));
        assert_eq!(bodies.seen.len(), 1);
        assert_eq!(conductor.next(&bodies), Ok(None));
        assert!(conductor.has_restart());
        assert!(conductor.has_machine_down());
        bodies.conditions[0] = Condition::Down;
        assert_eq!(conductor.carry_out(2_000_000_000, &mut bodies), Ok(()));
        assert_eq!(bodies.seen.len(), 2);
        conductor.cancel();
        assert!(!conductor.has_restart());
        assert_eq!(conductor.next(&bodies), Ok(None));
    }
}
