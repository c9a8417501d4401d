//! Clocks of more or fewer numbers than a vector.

use lamport::causality::graph::Trace;
use lamport::causality::happened::EventId;
use lamport::causality::stamps::bloom::BloomStamps;
use lamport::causality::stamps::plausible::PlausibleStamps;
use lamport::causality::stamps::vector::VectorStamps;
use lamport::causality::stamps::wanted::Wanted;
use lamport::causality::stamps::{Stamps, direct, itc, matrix, vector_diff};
use proptest::prelude::*;

use super::{EventOf, events, graph, rows};
use crate::random_histories::{go_on, histories, pasts};

type Table<'a> = Box<dyn Fn(&Wanted) -> Vec<i64> + 'a>;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn counters_miss_no_order(columns in histories(), entries in 1_usize..7, size in 1_usize..40, hashes in 1_u32..4) {
        let (graph, rows, pasts) = (graph(&columns), rows(&columns), pasts(&columns));
        let plausible = PlausibleStamps::new(&graph, entries, &mut go_on).unwrap();
        let bloom = BloomStamps::new(&graph, size, hashes, &mut go_on).unwrap();
        let is_whole = entries >= graph.machines().len();
        for (b, &row) in rows.iter().enumerate() {
            for (a, &other) in rows.iter().enumerate() {
                let is_before = pasts[row][other];
                prop_assert!(!is_before || plausible.precedes(a, b) && bloom.precedes(a, b));
                prop_assert!(!is_whole || plausible.precedes(a, b) == is_before);
            }
        }
    }

    /// The least that all are known to know, and that they do know it.
    #[test]
    fn matrices_tell_what_all_know(columns in histories()) {
        let (graph, rows, pasts) = (graph(&columns), rows(&columns), pasts(&columns));
        let machines = graph.machines().to_vec();
        let width = machines.len();
        let all: Vec<u32> = (0..columns.len() as u32).collect();
        let wanted = Wanted::new(&graph, &all);
        let table = matrix::table(&graph, &wanted, &mut go_on).unwrap();
        let vectors = VectorStamps::table(&graph, &wanted, &mut go_on).unwrap();
        let is_of = |row: usize, place: usize| columns.machine_id[row] as u64 == machines[place];
        for &row in &rows {
            let matrix = &table[row * width * width..][..width * width];
            let own = machines.iter().position(|&id| id == columns.machine_id[row] as u64).unwrap();
            prop_assert_eq!(&matrix[own * width..][..width], &vectors[row * width..][..width]);
            for place in 0..width {
                let least = (0..width).map(|knower| matrix[knower * width + place]).min().unwrap();
                // Of each machine that is known of, the last event that is known of knows of so many.
                for knower in 0..width {
                    let past = |&other: &usize| other == row || pasts[row][other];
                    let last = (0..columns.len()).filter(past).filter(|&other| is_of(other, knower)).max_by_key(|&other| columns.new_clock[other]);
                    let knows = last.map_or(0, |last| {
                        (0..columns.len()).filter(|&other| (other == last || pasts[last][other]) && is_of(other, place)).count()
                    });
                    prop_assert!(knows as i64 >= least);
                    prop_assert_eq!(knows as i64, matrix[knower * width + place]);
                }
            }
        }
    }

    /// Only the rows that are asked for, as they are among all.
    #[test]
    fn some_rows_are_those_of_all(columns in histories(), from in 0_usize..70, count in 0_usize..70) {
        let graph = graph(&columns);
        let all: Vec<u32> = (0..columns.len() as u32).collect();
        let some: Vec<u32> = all.iter().copied().skip(from).take(count).collect();
        let few = Wanted::new(&graph, &some);
        let wanted = Wanted::new(&graph, &all);
        let tables: [Table<'_>; 5] = [
            Box::new(|rows| VectorStamps::table(&graph, rows, &mut go_on).unwrap()),
            Box::new(|rows| matrix::table(&graph, rows, &mut go_on).unwrap()),
            Box::new(|rows| direct::table(&graph, rows, &mut go_on).unwrap()),
            Box::new(|rows| PlausibleStamps::table(&graph, 3, rows, &mut go_on).unwrap()),
            Box::new(|rows| BloomStamps::table(&graph, (7, 2), rows, &mut go_on).unwrap()),
        ];
        for table in tables {
            let (all, some) = (table(&wanted), table(&few));
            let width = all.len() / columns.len().max(1);
            let start = from.min(columns.len()) * width;
            prop_assert_eq!(&all[start..start + some.len()], &some[..]);
        }
        let trees = itc::table(&graph, &wanted, &mut go_on).unwrap();
        let some = itc::table(&graph, &few, &mut go_on).unwrap();
        prop_assert_eq!(&trees[from.min(trees.len())..][..some.len()], &some[..]);
    }
}

/// Three machines: 1 sends to 2 twice, 2 to 3, and that back to 1.
const ROUND: [EventOf; 7] = [
    (1, 1, None),
    (2, 2, Some((1, 1))),
    (2, 3, None),
    (1, 2, None),
    (2, 4, Some((1, 2))),
    (3, 4, Some((2, 3))),
    (3, 5, None),
];

#[test]
fn a_message_carries_what_has_changed() {
    let columns = events(&ROUND);
    let graph = graph(&columns);
    let all: Vec<u32> = (0..ROUND.len() as u32).collect();
    let sent = vector_diff::table(
        &graph,
        &Trace::of(&columns),
        &Wanted::new(&graph, &all),
        &mut go_on,
    );
    let sent = sent.unwrap();
    // Machines 1, 2 and 3 are the first three of 1, 2, 3, 7, 200.
    assert_eq!(sent[0], [(2, vec![(0, 1)])]);
    assert_eq!(sent[2], [(3, vec![(0, 1), (1, 2)])]);
    assert_eq!(sent[3], [(2, vec![(0, 2)])]);
    assert!(sent[1].is_empty() && sent[6].is_empty());
    let mut overtaken = ROUND;
    (overtaken[1], overtaken[4]) = ((2, 3, Some((1, 2))), (2, 5, Some((1, 1))));
    overtaken[2] = (2, 4, None);
    overtaken[5] = (3, 5, Some((2, 4)));
    overtaken[6] = (3, 6, None);
    let columns = events(&overtaken);
    let graph = super::graph(&columns);
    let wanted = Wanted::new(&graph, &all);
    let error = vector_diff::table(&graph, &Trace::of(&columns), &wanted, &mut go_on).unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains(
            "machine 2 received what machine 1 sent at clock 1 after what it sent at clock 2"
        ),
        "{error}"
    );
}

#[test]
fn direct_dependencies_are_those_of_messages_alone() {
    let columns = events(&ROUND);
    let graph = graph(&columns);
    let wanted = Wanted::new(&graph, &[5]);
    let row = direct::table(&graph, &wanted, &mut go_on).unwrap();
    assert_eq!(row, [0, 2, 1, 0, 0]);
    assert_eq!(
        VectorStamps::table(&graph, &wanted, &mut go_on).unwrap(),
        [1, 2, 1, 0, 0]
    );
}

#[test]
fn intervals_are_halved() {
    let ids: Vec<String> = itc::ways(3).iter().map(|way| itc::id(way)).collect();
    assert_eq!(ids, ["((1, 0), 0)", "((0, 1), 0)", "(0, 1)"]);
    assert_eq!(itc::ways(0).len(), 0);
    assert_eq!(itc::id(&itc::ways(1)[0]), "1");
}

#[test]
fn too_much_is_refused() {
    let columns = events(&ROUND);
    let graph = graph(&columns);
    let wanted = Wanted::new(&graph, &[0, 1, 2, 3, 4, 5, 6]);
    let error = PlausibleStamps::table(&graph, 20_000_000, &wanted, &mut go_on)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("140000000 numbers") && error.contains("start and stop"),
        "{error}"
    );
    assert_eq!(graph.event(1, 1).unwrap(), EventId { place: 0, index: 1 });
}
