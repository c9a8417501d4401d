//! Warnings, each at most once in a while, and not too many of one kind from one source.

use std::collections::BTreeMap;

use crate::channel::endpoint::Warning;
use crate::model::message::{MachineId, Nanos};

/// The same warning is not given again before this.
const PAUSE: Nanos = 60_000_000_000;
/// How many of one kind from one source are given within that time. The others are counted.
const BUDGET: usize = 10;
/// Sources of one kind with a budget of their own; all others share one.
const SOURCES: usize = 20;
/// Texts of one kind that are kept for a caller who does not take them.
const MOST_KEPT: usize = 100;

/// The warnings of a machine that no one has taken yet.
#[derive(Debug)]
pub(super) struct Warnings {
    machine: MachineId,
    texts: Vec<(&'static str, String)>,
    /// By kind and source: no flood of one silences another.
    budgets: BTreeMap<(&'static str, String), Budget>,
}

/// What was given of one kind from one source.
#[derive(Debug, Default)]
struct Budget {
    begun: Nanos,
    spent: usize,
    /// When each machine was named last.
    given: BTreeMap<Option<MachineId>, Nanos>,
    /// How many were not given since, and the last of them.
    more: u64,
    last: String,
}

impl Warnings {
    /// None so far, of this machine.
    pub(super) fn new(machine: MachineId) -> Self {
        Self {
            machine,
            texts: Vec::new(),
            budgets: BTreeMap::new(),
        }
    }

    /// Keeps the warning, unless it was given lately or its budget is spent.
    pub(super) fn give(&mut self, now: Nanos, warning: Warning) {
        let Warning {
            kind,
            source,
            about,
            text,
        } = warning;
        let source = self.source(now, kind, source);
        let key = (kind, source);
        if let Some(budget) = self.budgets.get(&key)
            && now.saturating_sub(budget.begun) >= PAUSE
        {
            self.sum_up(&key, now);
        }
        let is_full = self.kept(kind) >= MOST_KEPT;
        let budget = self.budgets.entry(key).or_insert_with(|| Budget {
            begun: now,
            ..Budget::default()
        });
        let is_fresh = |given: &Nanos| now.saturating_sub(*given) < PAUSE;
        if budget.given.get(&about).is_some_and(is_fresh) {
            return;
        }
        if budget.spent >= BUDGET || is_full {
            budget.more += 1;
            budget.last = text;
            return;
        }
        budget.spent += 1;
        budget.given.insert(about, now);
        self.texts
            .push((kind, format!("machine {}: {text}", self.machine)));
    }

    /// The source whose budget counts: its own, or that of all for whom there is no room.
    fn source(&mut self, now: Nanos, kind: &'static str, source: String) -> String {
        let is_of_kind = |key: &&(&'static str, String)| key.0 == kind;
        let known = self.budgets.keys().filter(is_of_kind).count();
        if known < SOURCES || self.budgets.contains_key(&(kind, source.clone())) {
            return source;
        }
        self.sum_up_old(now);
        if self.budgets.keys().filter(is_of_kind).count() < SOURCES {
            source
        } else {
            "other addresses".to_owned()
        }
    }

    fn kept(&self, kind: &'static str) -> usize {
        self.texts.iter().filter(|text| text.0 == kind).count()
    }

    /// Says how many were not given, and begins again.
    fn sum_up(&mut self, key: &(&'static str, String), now: Nanos) {
        let is_kept = self.kept(key.0) < MOST_KEPT + SOURCES;
        let Some(budget) = self.budgets.get_mut(key) else {
            return;
        };
        if budget.more > 0 && is_kept {
            let Budget { more, last, .. } = budget;
            let plural = if *more == 1 { "" } else { "s" };
            let source = if key.1.is_empty() {
                String::new()
            } else {
                format!(" from {}", key.1)
            };
            let text = format!(
                "machine {}: {more} more warning{plural} of this kind{source}, the last: {last}",
                self.machine
            );
            self.texts.push((key.0, text));
        }
        budget
            .given
            .retain(|_, given| now.saturating_sub(*given) < PAUSE);
        let given = std::mem::take(&mut budget.given);
        *budget = Budget {
            begun: now,
            given,
            ..Budget::default()
        };
    }

    /// Sums up what is over, and forgets it.
    fn sum_up_old(&mut self, now: Nanos) {
        let is_old = |budget: &Budget| now.saturating_sub(budget.begun) >= PAUSE;
        let old = self.budgets.iter().filter(|(_, budget)| is_old(budget));
        for key in old.map(|(key, _)| key.clone()).collect::<Vec<_>>() {
            self.sum_up(&key, now);
            if self.budgets[&key].given.is_empty() {
                self.budgets.remove(&key);
            }
        }
    }

    /// Nothing more will come: says what was not given so far.
    pub(super) fn end(&mut self, now: Nanos) {
        for key in self.budgets.keys().cloned().collect::<Vec<_>>() {
            self.sum_up(&key, now);
        }
    }

    /// Takes what was given since the last call.
    pub(super) fn take(&mut self, now: Nanos) -> Vec<String> {
        self.sum_up_old(now);
        let texts = std::mem::take(&mut self.texts);
        texts.into_iter().map(|(_, text)| text).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warning(kind: &'static str, source: &str, about: u64) -> Warning {
        let text = format!("{kind} of {about} at {source}");
        Warning::of(kind, text).from(&source).about(about)
    }

    fn given(warnings: &mut Warnings, now: Nanos) -> Vec<String> {
        let taken = warnings.take(now);
        let plain = |text: String| text.replace("machine 1: ", "");
        taken.into_iter().map(plain).collect()
    }

    #[test]
    fn a_warning_is_given_once_in_a_while() {
        let mut warnings = Warnings::new(1);
        for (now, kind) in [(0, "a"), (1, "a"), (2, "b"), (PAUSE, "a"), (PAUSE + 1, "b")] {
            warnings.give(now, warning(kind, "x", 7));
        }
        assert_eq!(
            given(&mut warnings, PAUSE + 1),
            ["a of 7 at x", "b of 7 at x", "a of 7 at x"]
        );
        assert!(warnings.take(PAUSE + 1).is_empty());
    }

    #[test]
    fn a_flood_from_one_source_silences_neither_another_source_nor_another_kind() {
        let mut warnings = Warnings::new(1);
        for id in 0..1_000_000 {
            warnings.give(0, warning("run", "x", id));
        }
        warnings.give(1, warning("run", "y", 1));
        warnings.give(1, warning("lost", "x", 1));
        let first = given(&mut warnings, 1);
        assert_eq!(first.len(), BUDGET + 2);
        assert_eq!(first[BUDGET..], ["run of 1 at y", "lost of 1 at x"]);
        // When it is over, it is summed up once.
        assert!(given(&mut warnings, PAUSE - 1).is_empty());
        let sum = "999990 more warnings of this kind from x, the last: run of 999999 at x";
        assert_eq!(given(&mut warnings, PAUSE), [sum]);
        assert!(given(&mut warnings, 3 * PAUSE).is_empty());
        // One that goes on is summed up as well, and begins with a new budget.
        for second in 0..=60 {
            (0..10).for_each(|id| {
                warnings.give(
                    3 * PAUSE + second * 1_000_000_000,
                    warning("run", "x", second * 10 + id),
                );
            });
        }
        let more = given(&mut warnings, 4 * PAUSE);
        assert_eq!(more.len(), BUDGET + 1 + BUDGET);
        assert!(more[BUDGET].starts_with("590 more"), "{more:?}");
        warnings.give(4 * PAUSE, warning("run", "x", 9999));
        assert!(given(&mut warnings, 4 * PAUSE).is_empty());
        warnings.end(4 * PAUSE);
        let sum = "1 more warning of this kind from x, the last: run of 9999 at x";
        assert_eq!(given(&mut warnings, 4 * PAUSE), [sum]);
    }

    #[test]
    fn a_flood_from_everywhere_is_bounded() {
        let mut warnings = Warnings::new(1);
        for source in 0..100_000 {
            warnings.give(0, warning("run", &source.to_string(), source));
        }
        assert!(warnings.budgets.len() <= SOURCES + 1);
        let first = given(&mut warnings, 0);
        assert_eq!(first.len(), SOURCES + BUDGET);
        let sum = given(&mut warnings, PAUSE);
        assert_eq!(sum.len(), 1);
        assert!(sum[0].starts_with("99970 more warnings of this kind from other addresses"));
        assert!(warnings.budgets.is_empty());
        warnings.give(PAUSE, warning("run", "x", 1));
        assert_eq!(given(&mut warnings, PAUSE), ["run of 1 at x"]);
    }

    #[test]
    fn who_takes_nothing_gets_a_bounded_number_of_each_kind() {
        let mut warnings = Warnings::new(1);
        for minute in 0..1000 {
            for id in 0..20 {
                warnings.give(minute * PAUSE, warning("run", "x", id));
            }
        }
        warnings.give(0, warning("lost", "x", 1));
        let taken = given(&mut warnings, 1000 * PAUSE);
        assert!(taken.len() <= MOST_KEPT + SOURCES + 2, "{}", taken.len());
        assert!(taken.contains(&"lost of 1 at x".to_owned()));
    }
}
