//! Consistent cuts and predicates over them, against every cut and every path.

#![allow(clippy::unwrap_used)]
#![allow(
    clippy::needless_range_loop,
    reason = "a matrix is read by row and column"
)]

use std::collections::{BTreeMap, BTreeSet};

use crate::random_histories::{causality, go_on, history, pasts};
use lamport::causality::cuts::{CutRange, Cuts, States, Unanswered, Verdict};
use lamport::causality::happened::{Causality, Limits};
use lamport::log::columns::{Columns, UNKNOWN};
use lamport::log::import::table::{Declared, Table};
use lamport::log::schema::EventKind;
use proptest::prelude::*;

/// A cut: by machine, how many of its events are in it.
type Cut = Vec<u32>;

/// A history, and which cuts are consistent in it.
struct Reference {
    /// By machine, its rows.
    rows: Vec<Vec<usize>>,
    pasts: Vec<Vec<bool>>,
}

impl Reference {
    fn new(causality: &Causality, columns: &Columns) -> Self {
        let of = |&id: &u64| {
            let rows = 0..columns.len();
            rows.filter(|&row| columns.machine_id[row] as u64 == id)
                .collect()
        };
        Self {
            rows: causality.graph().machines().iter().map(of).collect(),
            pasts: pasts(columns),
        }
    }

    fn is_consistent(&self, cut: &Cut) -> bool {
        let inside = |place: usize| &self.rows[place][..cut[place] as usize];
        (0..cut.len()).all(|place| {
            // What the last follows from, those before it follow from or not.
            let Some(&last) = inside(place).last() else {
                return true;
            };
            (0..cut.len()).all(|other| {
                let outside = &self.rows[other][cut[other] as usize..];
                !outside.iter().any(|&row| self.pasts[last][row])
            })
        })
    }

    /// The largest consistent cut of rows before a time.
    fn before(&self, columns: &Columns, time: f64) -> Cut {
        let is_in = |row: usize| {
            columns.time[row] < time
                && (0..columns.len())
                    .all(|other| !self.pasts[row][other] || columns.time[other] < time)
        };
        let count = |rows: &Vec<usize>| rows.iter().take_while(|&&row| is_in(row)).count() as u32;
        self.rows.iter().map(count).collect()
    }

    /// All consistent cuts of a range, by how many events are in them.
    fn all(&self, range: &CutRange) -> Vec<BTreeSet<Cut>> {
        let mut levels = vec![BTreeSet::from([range.first.clone()])];
        loop {
            let mut next = BTreeSet::new();
            for cut in levels.last().unwrap() {
                next.extend(self.after(cut, range));
            }
            if next.is_empty() {
                return levels;
            }
            levels.push(next);
        }
    }

    /// The consistent cuts with one event more.
    fn after(&self, cut: &Cut, range: &CutRange) -> Vec<Cut> {
        let places = (0..cut.len()).filter(|&place| cut[place] < range.last[place]);
        let more = places.map(|place| {
            let mut more = cut.clone();
            more[place] += 1;
            more
        });
        more.filter(|cut| self.is_consistent(cut)).collect()
    }

    /// Whether something holds in some cut, and on every path.
    fn verdicts(
        &self,
        levels: &[BTreeSet<Cut>],
        range: &CutRange,
        holds: impl Fn(&Cut) -> bool,
    ) -> (bool, bool) {
        let possibly = levels.iter().flatten().any(&holds);
        let mut avoiding: BTreeSet<Cut> = levels[0].clone();
        avoiding.retain(|cut| !holds(cut));
        for _ in 1..levels.len() {
            let after = avoiding.iter().flat_map(|cut| self.after(cut, range));
            avoiding = after.filter(|cut| !holds(cut)).collect();
        }
        (possibly, avoiding.is_empty())
    }
}

/// Small histories: their cuts can be tried.
fn small() -> impl Strategy<Value = Columns> {
    let moves = prop::collection::vec((0_usize..4, 0_u8..12, 0_usize..100), 0..15);
    let skews = prop::collection::vec(0_i32..4, 5);
    (moves, skews, 1_usize..4).prop_map(|(moves, skews, coarse)| history(&moves, &skews, coarse))
}

/// What is asked: by row whether it holds, and by machine whether it has a condition that holds at first.
#[derive(Debug, Clone)]
struct Question {
    truth: Vec<bool>,
    initial: Vec<Option<bool>>,
    window: (Option<f64>, Option<f64>),
}

fn questions() -> impl Strategy<Value = Question> {
    let truth = prop::collection::vec(prop::bool::weighted(0.6), 70);
    let initial = prop::collection::vec(prop::option::weighted(0.7, any::<bool>()), 8);
    let window = prop::option::weighted(0.3, (0.0..12.0_f64, 0.0..12.0_f64));
    (truth, initial, window).prop_map(|(truth, initial, window)| Question {
        truth,
        initial,
        window: window.map_or((None, None), |(start, length)| {
            (Some(start), Some(start + length))
        }),
    })
}

/// The path whose steps these machines take, if it is one: each cut consistent, the last at the end.
fn path(reference: &Reference, range: &CutRange, steps: &[u32]) -> Vec<Cut> {
    let mut cuts = vec![range.first.clone()];
    for &place in steps {
        let mut cut = cuts.last().unwrap().clone();
        cut[place as usize] += 1;
        assert!(reference.is_consistent(&cut), "{cut:?}");
        cuts.push(cut);
    }
    assert_eq!(cuts.last().unwrap(), &range.last);
    cuts
}

fn check_verdicts(
    reference: &Reference,
    levels: &[BTreeSet<Cut>],
    range: &CutRange,
    holds: impl Fn(&Cut) -> bool,
    (possibly, definitely): (&Verdict, &Verdict),
) -> std::result::Result<(), TestCaseError> {
    let expected = reference.verdicts(levels, range, &holds);
    prop_assert_eq!(
        (possibly.value, definitely.value),
        (Ok(expected.0), Ok(expected.1))
    );
    let cuts = [
        possibly.cut.as_ref().filter(|_| expected.0),
        definitely.cut.as_ref().filter(|_| expected.1),
    ];
    prop_assert_eq!(cuts[0].is_some(), expected.0);
    prop_assert_eq!(cuts[1].is_some(), expected.1);
    for cut in cuts.into_iter().flatten() {
        prop_assert!(holds(cut) && reference.is_consistent(cut));
        // None has fewer events.
        let level = levels.iter().position(|level| level.contains(cut)).unwrap();
        prop_assert!(!levels[..level].iter().flatten().any(&holds));
    }
    prop_assert_eq!(definitely.path.is_some(), !expected.1);
    if let Some(steps) = &definitely.path {
        prop_assert!(path(reference, range, steps).iter().all(|cut| !holds(cut)));
    }
    Ok(())
}

/// Machines with an event each, which is nobody else's business.
fn many(machines: i64) -> Columns {
    let mut columns = Columns::default();
    for id in 1..=machines {
        columns.machine_id.push(id);
        columns.event.push(EventKind::Internal);
        columns.new_clock.push(1);
        columns.time.push(id as f64);
        columns.sender.push(UNKNOWN);
        columns.sent_clock.push(UNKNOWN);
        columns.by_hand.push(false);
    }
    let table = Table {
        columns,
        ..Table::default()
    };
    table.into_logs(&Declared::default()).unwrap().columns
}

#[test]
fn memory_is_not_machines_times_machines() {
    let machines = 100_000;
    let columns = many(machines);
    let causality = causality(&columns, Limits::default());
    let range = Cuts::of_time(&causality, &columns.time, (None, None), &mut go_on).unwrap();
    let cuts = Cuts::new(&causality, &range);
    assert!(cuts.levels(false, 2_000, &mut go_on).unwrap().is_none());
    let verdict = cuts
        .definitely_somewhere(&mut |_| Ok(false), 3, &mut go_on)
        .unwrap();
    assert_eq!(
        (verdict.value, verdict.visited),
        (Err(Unanswered::Limit), 3)
    );
    // A conjunction needs that much: it is refused if it needs more than there may be, and there is no short answer.
    let truth = vec![true; columns.len()];
    let mut initial = vec![Some(false); columns.len()];
    let states = States {
        truth: &truth,
        initial: &initial,
    };
    let error = cuts.definitely(&states, &mut go_on).unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("names 100000 machines of 100000")
            && message.ends_with("name 2684 or fewer"),
        "{message}"
    );
    let mut never = truth.clone();
    never[7] = false;
    let states = States {
        truth: &never,
        initial: &initial,
    };
    let verdict = cuts.definitely(&states, &mut go_on).unwrap();
    assert_eq!(verdict.value, Ok(false));
    initial[20..].fill(None);
    let states = States {
        truth: &truth,
        initial: &initial,
    };
    let verdict = cuts.definitely(&states, &mut go_on).unwrap();
    assert_eq!(verdict.value, Ok(true));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn verdicts_are_those_of_every_cut_and_path(columns in small(), question in questions()) {
        let causality = causality(&columns, Limits::default());
        let reference = Reference::new(&causality, &columns);
        let machines = causality.graph().machines().len();
        let range = Cuts::of_time(&causality, &columns.time, question.window, &mut go_on).unwrap();
        let ends = question.window;
        if let (Some(start), Some(stop)) = ends {
            prop_assert_eq!(&range.first, &reference.before(&columns, start));
            prop_assert_eq!(&range.last, &reference.before(&columns, stop));
        }
        let cuts = Cuts::new(&causality, &range);
        let levels = reference.all(&range);
        let states = States {
            truth: &question.truth[..columns.len()],
            initial: &question.initial[..machines],
        };
        let holds = |cut: &Cut| {
            (0..machines).all(|place| match (states.initial[place], cut[place]) {
                (None, _) => true,
                (Some(initial), 0) => initial,
                (_, count) => states.truth[reference.rows[place][count as usize - 1]],
            })
        };
        let possibly = cuts.possibly(&states, &mut go_on).unwrap();
        let definitely = cuts.definitely(&states, &mut go_on).unwrap();
        check_verdicts(&reference, &levels, &range, holds, (&possibly, &definitely))?;
        // The least of them is in all others.
        if let Some(least) = &possibly.cut {
            for cut in levels.iter().flatten().filter(|cut| holds(cut)) {
                prop_assert!(least.iter().zip(cut).all(|(least, count)| least <= count));
            }
        }
        // The same as anything else that is asked of cuts, each of which is visited once.
        let mut seen = BTreeSet::new();
        let mut asked = |cut: &[u32]| {
            assert!(seen.insert(cut.to_vec()), "{cut:?} twice");
            Ok(holds(&cut.to_vec()))
        };
        let possibly = cuts.possibly_somewhere(&mut asked, 1 << 20, &mut go_on).unwrap();
        seen.clear();
        let mut asked = |cut: &[u32]| {
            assert!(seen.insert(cut.to_vec()), "{cut:?} twice");
            Ok(holds(&cut.to_vec()))
        };
        let definitely = cuts.definitely_somewhere(&mut asked, 1 << 20, &mut go_on).unwrap();
        check_verdicts(&reference, &levels, &range, holds, (&possibly, &definitely))?;
    }

    #[test]
    fn all_cuts_are_there_once(columns in small(), question in questions(), limit in 0_u64..40) {
        let causality = causality(&columns, Limits::default());
        let reference = Reference::new(&causality, &columns);
        let range = Cuts::of_time(&causality, &columns.time, question.window, &mut go_on).unwrap();
        let cuts = Cuts::new(&causality, &range);
        let levels = reference.all(&range);
        let all: u64 = levels.iter().map(|level| level.len() as u64).sum();
        let count = cuts.count(1 << 40, &mut go_on).unwrap();
        prop_assert_eq!((count.low, count.high, count.visited), (all, Some(all), all));
        let few = cuts.count(limit, &mut go_on).unwrap();
        if all <= limit {
            prop_assert_eq!(few, count);
        } else {
            prop_assert_eq!((few.low, few.high, few.visited), (limit, None, limit));
        }
        // Asked of anything, there is an answer within the limit and none beyond.
        let nowhere = cuts.possibly_somewhere(&mut |_| Ok(false), limit, &mut go_on).unwrap();
        let around = cuts.definitely_somewhere(&mut |_| Ok(false), limit, &mut go_on).unwrap();
        for verdict in [nowhere, around] {
            let expected = if all <= limit { Ok(false) } else { Err(Unanswered::Limit) };
            prop_assert_eq!((verdict.value, verdict.visited), (expected, all.min(limit)));
        }
        let found = cuts.levels(false, all, &mut go_on).unwrap().unwrap();
        prop_assert!(cuts.levels(false, all - 1, &mut go_on).unwrap().is_none());
        let found_cuts: Vec<Cut> = found.counts.chunks(found.machines.max(1)).map(<[u32]>::to_vec).collect();
        prop_assert_eq!(found.starts.len(), levels.len() + 1);
        let mut steps: BTreeMap<u32, BTreeSet<Cut>> = BTreeMap::new();
        for &(from, to) in &found.steps {
            prop_assert!(steps.entry(from).or_default().insert(found_cuts[to as usize].clone()));
        }
        for (level, ends) in levels.iter().zip(found.starts.windows(2)) {
            let places = ends[0] as u32..ends[1] as u32;
            let of_level: BTreeSet<Cut> = places.clone().map(|at| found_cuts[at as usize].clone()).collect();
            prop_assert_eq!(places.len(), level.len());
            prop_assert_eq!(&of_level, level);
            for at in places {
                let after: BTreeSet<Cut> = reference.after(&found_cuts[at as usize], &range).into_iter().collect();
                prop_assert_eq!(steps.get(&at).cloned().unwrap_or_default(), after);
            }
        }
    }
}
