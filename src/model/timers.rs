//! The timers of a machine with an algorithm: one per name, due in whole microseconds.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::message::Micros;

/// The most timers of a machine: those that are set, and those that a step sets.
pub const MAX_TIMERS: usize = 1 << 16;

/// What a handler does to the timers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimerChange {
    /// It is due so many microseconds after the step, in place of what it was.
    Set(Arc<str>, Micros),
    /// It is not due any more.
    Cancel(Arc<str>),
}

/// A timer that is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetTimer {
    /// Its name.
    pub name: Arc<str>,
    /// When it is due.
    pub due: Micros,
    /// How many were set before it: of those due together, the first one set comes first.
    pub order: u64,
}

/// The timers that are set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timers {
    due: BTreeMap<(Micros, u64), Arc<str>>,
    named: BTreeMap<Arc<str>, (Micros, u64)>,
    /// How many were ever set.
    count: u64,
}

impl Timers {
    /// Does what the handler of a step at `time` did.
    pub fn change(&mut self, time: Micros, change: TimerChange) {
        match change {
            TimerChange::Set(name, after) => {
                self.take(&name);
                let key = (time.saturating_add(after), self.count);
                self.count += 1;
                self.named.insert(name.clone(), key);
                self.due.insert(key, name);
            }
            TimerChange::Cancel(name) => drop(self.take(&name)),
        }
    }

    /// When the first one is due.
    #[inline]
    pub fn first_due(&self) -> Option<Micros> {
        self.due.first_key_value().map(|(&(due, _), _)| due)
    }

    /// The first one.
    pub fn first(&self) -> Option<SetTimer> {
        let (&(due, order), name) = self.due.first_key_value()?;
        let name = name.clone();
        Some(SetTimer { name, due, order })
    }

    /// Whether one of this name is set for this time.
    pub fn has(&self, timer: &SetTimer) -> bool {
        let set = self.named.get(&timer.name);
        set.is_some_and(|&(due, _)| due == timer.due)
    }

    /// Takes the first one.
    pub fn take_first(&mut self) -> Option<SetTimer> {
        let ((due, order), name) = self.due.pop_first()?;
        self.named.remove(&name);
        Some(SetTimer { name, due, order })
    }

    /// Takes the one of this name.
    pub fn take(&mut self, name: &str) -> Option<SetTimer> {
        let (name, (due, order)) = self.named.remove_entry(name)?;
        self.due.remove(&(due, order));
        Some(SetTimer { name, due, order })
    }

    /// Puts back one that was taken.
    pub fn put_back(&mut self, timer: SetTimer) {
        let SetTimer { name, due, order } = timer;
        self.named.insert(name.clone(), (due, order));
        self.due.insert((due, order), name);
    }

    /// How many are set.
    pub fn len(&self) -> usize {
        self.due.len()
    }

    /// Whether none is set.
    pub fn is_empty(&self) -> bool {
        self.due.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(name: &str, after: Micros) -> TimerChange {
        TimerChange::Set(name.into(), after)
    }

    #[test]
    fn of_those_due_together_the_first_set_comes_first() {
        let mut timers = Timers::default();
        for (time, change) in [
            (0, set("b", 10)),
            (5, set("a", 5)),
            (5, set("c", 4)),
            (6, TimerChange::Cancel("none".into())),
        ] {
            timers.change(time, change);
        }
        let mut names = Vec::new();
        while let Some(timer) = timers.take_first() {
            names.push((timer.due, timer.name.to_string()));
        }
        let expected = [(9, "c"), (10, "b"), (10, "a")];
        assert_eq!(names, expected.map(|(due, name)| (due, name.to_owned())));
    }

    proptest! {
        /// Against a plain list.
        #[test]
        fn timers_are_a_list_of_which_the_least_is_taken(
            steps in prop::collection::vec((0_usize..4, 0_i64..6, 0_u8..4), 0..60),
        ) {
            let (mut timers, mut plain, mut order) = (Timers::default(), Vec::new(), 0);
            for (time, (name, after, what)) in (0_i64..).zip(steps) {
                let name = ["a", "b", "c", "d"][name];
                let is_of_name = |timer: &SetTimer| &*timer.name == name;
                match what {
                    0 => {
                        timers.change(time, TimerChange::Cancel(name.into()));
                        plain.retain(|timer| !is_of_name(timer));
                    }
                    1 => {
                        plain.sort_by_key(|timer: &SetTimer| (timer.due, timer.order));
                        let first = (!plain.is_empty()).then(|| plain.remove(0));
                        let taken = timers.take_first();
                        prop_assert_eq!(&taken, &first);
                        if let Some(timer) = taken.filter(|_| after % 2 == 0) {
                            timers.put_back(timer.clone());
                            plain.push(timer);
                        }
                    }
                    _ => {
                        timers.change(time, set(name, after));
                        plain.retain(|timer| !is_of_name(timer));
                        plain.push(SetTimer { name: name.into(), due: time + after, order });
                        order += 1;
                    }
                }
                prop_assert_eq!(timers.len(), plain.len());
                prop_assert_eq!(timers.first_due(), plain.iter().map(|timer| timer.due).min());
            }
        }
    }
}
