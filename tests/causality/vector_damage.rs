//! Vector clocks that cannot be are found, at random places.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use crate::common::Scratch;
use crate::simulated_logs::{paths, runs, simulate};
use lamport::causality::verify::report::{Report, Rule};
use lamport::causality::verify::{Options, verify};
use lamport::log::columns::Columns;
use lamport::log::history::History;
use lamport::log::logs::Logs;
use lamport::log::read::reader::read_logs;
use lamport::log::vector_column::VectorColumn;
use lamport::model::random::Generator;

/// A vector clock of the three machines.
type Vector = [i64; 3];

/// The vector clock of each event, row by row.
fn vectors(columns: &Columns) -> Vec<Vector> {
    let mut rows: Vec<usize> = (0..columns.machine_id.len()).collect();
    // By their clocks events come after all they follow from; those of a machine have different ones.
    rows.sort_by_key(|&row| columns.new_clock[row]);
    let mut all = vec![[0; 3]; rows.len()];
    let mut now = [[0; 3]; 3];
    let mut sent = BTreeMap::new();
    for row in rows {
        let machine = columns.machine_id[row] as usize - 1;
        if columns.event[row].receives() {
            let known: Vector = sent[&(columns.sender[row], columns.sent_clock[row])];
            for (mine, theirs) in now[machine].iter_mut().zip(known) {
                *mine = theirs.max(*mine);
            }
        }
        now[machine][machine] += 1;
        all[row] = now[machine];
        sent.insert((columns.machine_id[row], columns.new_clock[row]), all[row]);
    }
    all
}

/// A run with vector clocks.
struct Run {
    columns: Columns,
    beside: Logs,
    vectors: Vec<Vector>,
    chance: Generator,
}

impl Run {
    fn report(&mut self) -> Report {
        self.beside.vectors = Some(VectorColumn {
            starts: (0..=self.vectors.len()).map(|row| 3 * row).collect(),
            machines: self.vectors.iter().flat_map(|_| 1..=3).collect(),
            counts: self.vectors.iter().flatten().copied().collect(),
        });
        let history = History::of_table(self.columns.clone(), &self.beside);
        verify(&history, &Options::default(), &mut || true).unwrap()
    }

    fn machine(&self, row: usize) -> usize {
        self.columns.machine_id[row] as usize - 1
    }

    /// A random row that fits.
    fn find(&mut self, fits: impl Fn(&Self, usize) -> bool) -> Option<usize> {
        let all: Vec<usize> = (0..self.vectors.len())
            .filter(|&row| fits(self, row))
            .collect();
        let place = self.chance.below(all.len().max(1) as u64) as usize;
        all.get(place).copied()
    }

    /// The row of the same machine before one.
    fn before(&self, row: usize) -> Option<usize> {
        let mut rows = (0..self.vectors.len()).filter(|&other| {
            self.machine(other) == self.machine(row)
                && self.columns.new_clock[other] == self.columns.old_clock[row]
        });
        rows.next()
    }

    /// Another machine's entry that is more than before, with what it was.
    fn growth(&self, row: usize) -> Option<(usize, i64)> {
        let before = self.before(row).map_or([0; 3], |row| self.vectors[row]);
        let mut others = (0..3).filter(|&other| other != self.machine(row));
        let grown = others.find(|&other| self.vectors[row][other] > before[other]);
        grown.map(|other| (other, before[other]))
    }
}

type Damage = fn(&mut Run) -> Option<()>;

const TABLE: [(&str, Damage); 7] = [
    ("an own entry that stays", |run| {
        let row = run.find(|run, row| run.before(row).is_some())?;
        let machine = run.machine(row);
        run.vectors[row][machine] -= 1;
        Some(())
    }),
    ("an own entry that goes up by two", |run| {
        let row = run.find(|_, _| true)?;
        let machine = run.machine(row);
        run.vectors[row][machine] += 1;
        Some(())
    }),
    ("another's entry that goes back", |run| {
        let row = run.find(|run, row| {
            let machine = (run.machine(row) + 1) % 3;
            run.before(row)
                .is_some_and(|before| run.vectors[before][machine] > 0)
        })?;
        let (machine, before) = ((run.machine(row) + 1) % 3, run.before(row)?);
        run.vectors[row][machine] = run.vectors[before][machine] - 1;
        Some(())
    }),
    ("an entry ahead of a log with END", |run| {
        let row = run.find(|_, _| true)?;
        let other = (run.machine(row) + 1) % 3;
        let logs = run.vectors.iter().enumerate();
        let events = logs
            .filter(|&(event, _)| run.machine(event) == other)
            .count();
        run.vectors[row][other] = events as i64 + 1;
        Some(())
    }),
    ("a receipt that does not know of its SEND", |run| {
        let row =
            run.find(|run, row| run.columns.event[row].receives() && run.growth(row).is_some())?;
        let before = run.before(row).map_or([0; 3], |row| run.vectors[row]);
        let machine = run.machine(row);
        run.vectors[row] = before;
        run.vectors[row][machine] += 1;
        Some(())
    }),
    ("a receipt that does not know what its SEND knew", |run| {
        let fits = |run: &Run, row: usize| {
            let sender = run.columns.sender[row] as usize - 1;
            let third = 3 - run.machine(row) - sender.min(2);
            let before = run.before(row).map_or([0; 3], |row| run.vectors[row]);
            run.vectors[row][third] > before[third]
        };
        let row = run.find(|run, row| run.columns.event[row].receives() && fits(run, row))?;
        let third = 3 - run.machine(row) - (run.columns.sender[row] as usize - 1);
        let before = run.before(row).map_or(0, |row| run.vectors[row][third]);
        run.vectors[row][third] = before;
        Some(())
    }),
    ("knowledge of an event without what that knew", |run| {
        // No receipt at all, of which the message would tell.
        let fits = |run: &Run, row: usize| {
            let other = (run.machine(row) + 1) % 3;
            let known = run.vectors.iter().enumerate().any(|(event, vector)| {
                run.machine(event) == other
                    && vector[other] > run.vectors[row][other]
                    && vector[3 - run.machine(row) - other]
                        > run.vectors[row][3 - run.machine(row) - other]
            });
            !run.columns.event[row].receives() && known
        };
        let row = run.find(fits)?;
        let other = (run.machine(row) + 1) % 3;
        let third = 3 - run.machine(row) - other;
        let had = run.vectors[row];
        let events = run.vectors.iter().enumerate();
        let ahead = events.filter(|&(event, vector)| {
            run.machine(event) == other && vector[other] > had[other] && vector[third] > had[third]
        });
        let count = ahead.map(|(_, vector)| vector[other]).min()?;
        run.vectors[row][other] = count;
        Some(())
    }),
];

#[test]
fn vectors_that_cannot_be_are_found() {
    let mut times = [0; TABLE.len()];
    for setup in runs() {
        let scratch = Scratch::new();
        let seed_of_run = setup.seed;
        simulate(setup, &scratch.0);
        let mut logs = read_logs(&paths(&scratch.0, 3), &BTreeMap::new(), &mut || true).unwrap();
        let columns = std::mem::take(&mut logs.columns);
        for machine in &mut logs.machines {
            (machine.startup, machine.restarts) = (None, Vec::new());
        }
        let whole = vectors(&columns);
        let mut run = Run {
            columns,
            beside: logs,
            vectors: whole.clone(),
            chance: Generator::new(0, seed_of_run, 0),
        };
        let clean = run.report();
        assert!(clean.is_ok(), "{:?}", clean.violations);
        assert_eq!(clean.checked[Rule::Vector as usize], whole.len() as u64);
        for (place, (name, damage)) in TABLE.into_iter().enumerate() {
            for seed in 0..15 {
                run.vectors.clone_from(&whole);
                run.chance = Generator::new(seed, seed_of_run, 0);
                if damage(&mut run).is_none() {
                    continue;
                }
                let report = run.report();
                assert!(
                    report.counts[Rule::Vector as usize] > 0,
                    "{name}, run {seed_of_run}, seed {seed}: {:?}",
                    report.violations
                );
                times[place] += 1;
            }
        }
    }
    for (times, (name, _)) in times.into_iter().zip(TABLE) {
        assert!(times >= 20, "{name}: only {times} places");
    }
}
