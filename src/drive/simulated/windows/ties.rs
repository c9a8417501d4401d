//! Ticks of one time, counted over the blocks of a run.

use std::ops::{Deref, Range};

use crate::model::message::Nanos;

/// How many of these ticks, of blocks whose times are in order, are within `range` and fall on the time of one
/// before.
///
/// `together` is memory that is used again.
pub(super) fn ties(
    blocks: &[impl Deref<Target = Vec<Nanos>>],
    range: &Range<Nanos>,
    together: &mut Vec<Nanos>,
) -> u64 {
    together.clear();
    for times in blocks {
        let start = times.partition_point(|&time| time < range.start);
        let end = times.partition_point(|&time| time < range.end);
        together.extend_from_slice(&times[start..end]);
    }
    merge(together);
    let pairs = together.windows(2);
    pairs.map(|pair| u64::from(pair[0] == pair[1])).sum()
}

#[expect(
    clippy::stable_sort_primitive,
    reason = "it finds that there are stretches in order, and merges them"
)]
fn merge(times: &mut [Nanos]) {
    times.sort();
}

/// Of a window, the stretch that one of so many threads counts.
pub(super) fn stretch(window: &Range<Nanos>, thread: usize, threads: usize) -> Range<Nanos> {
    let length = u128::from(window.end - window.start);
    let at = |thread: usize| window.start + (length * thread as u128 / threads as u128) as Nanos;
    at(thread)..at(thread + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn all_threads_together_count_each_tie_once(
            mut blocks in prop::collection::vec(prop::collection::vec(5_u64..30, 0..20), 1..5),
            threads in 1_usize..9,
        ) {
            let mut all = blocks.concat();
            all.sort_unstable();
            let expected = all.windows(2).filter(|pair| pair[0] == pair[1]).count();
            for times in &mut blocks {
                times.sort_unstable();
            }
            let blocks: Vec<&Vec<Nanos>> = blocks.iter().collect();
            let of = |thread| ties(&blocks, &stretch(&(5..30), thread, threads), &mut Vec::new());
            prop_assert_eq!((0..threads).map(of).sum::<u64>(), expected as u64);
        }
    }
}
