//! Receipts and SENDs that belong together in every way to give each receipt a SEND of its own.

use super::clue::Clue;

/// The pairs of receipts, in their order, and SENDs, in that of their timestamps, of which there are none but these below `limit`.
///
/// Bounds go up, so that what is possible for a receipt is possible for all that follow; where as many SENDs as receipts
/// are below a bound, these receipts take them all. Receipts that tell the timestamp take one of the SENDs
/// with it, whichever.
pub(super) fn forced(clues: &[Clue], stamps: &[i64], limit: i64) -> Vec<(usize, usize)> {
    let mut wants: Vec<i64> = clues
        .iter()
        .filter_map(|&clue| match clue {
            Clue::Is(stamp) => Some(stamp),
            Clue::AtMost(_) => None,
        })
        .collect();
    wants.sort_unstable();
    let mut wants = wants.into_iter().peekable();
    let mut pairs = Vec::new();
    let (mut next, mut pool, mut last) = (0, 0_usize, i64::MIN);
    for (receipt, &clue) in clues.iter().enumerate() {
        let Clue::AtMost(most) = clue else {
            continue;
        };
        if most < last || most >= limit {
            break;
        }
        last = most;
        let is_tight = pool == 0;
        let mut only = None;
        while next < stamps.len() && stamps[next] <= most {
            let (first, here) = (next, stamps[next]);
            while stamps.get(next) == Some(&here) {
                next += 1;
            }
            let mut wanted = 0;
            while wants.next_if_eq(&here).is_some() {
                wanted += 1;
            }
            // Receipts without a SEND: no history has this record.
            let is_short = wants.peek().is_some_and(|&want| want < here);
            let Some(left) = (next - first).checked_sub(wanted).filter(|_| !is_short) else {
                return pairs;
            };
            pool += left;
            only = (wanted == 0 && left == 1).then_some(first).or(only);
        }
        if pool == 0 {
            break;
        }
        if is_tight && pool == 1 {
            pairs.extend(only.map(|send| (receipt, send)));
        }
        pool -= 1;
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Whether each receipt can have a SEND of its own, of those that are allowed.
    fn all_find_one(
        clues: &[Clue],
        stamps: &[i64],
        allowed: &dyn Fn(usize, usize) -> bool,
    ) -> bool {
        fn give(
            receipt: usize,
            seen: &mut [bool],
            of: &mut [Option<usize>],
            fits: &dyn Fn(usize, usize) -> bool,
        ) -> bool {
            (0..of.len()).any(|send| {
                if seen[send] || !fits(receipt, send) {
                    return false;
                }
                seen[send] = true;
                let is_free = of[send].is_none_or(|other| give(other, seen, of, fits));
                if is_free {
                    of[send] = Some(receipt);
                }
                is_free
            })
        }
        let fits = |receipt: usize, send: usize| {
            clues[receipt].allows(stamps[send]) && allowed(receipt, send)
        };
        let mut of = vec![None; stamps.len()];
        (0..clues.len())
            .all(|receipt| give(receipt, &mut vec![false; stamps.len()], &mut of, &fits))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn they_are_those_of_every_full_matching(
            sends in prop::collection::vec(0_i64..12, 0..9),
            taken in prop::collection::vec((0_usize..9, 0_i64..4, prop::bool::weighted(0.2)), 0..8),
        ) {
            let mut stamps = sends;
            stamps.sort_unstable();
            // Each receipt is of one of the SENDs, so that there is a way; each SEND has one at most.
            let mut places: Vec<usize> = (0..stamps.len()).collect();
            let mut clues: Vec<Clue> = Vec::new();
            for (place, later, is_stamped) in taken {
                if !places.is_empty() {
                    let send = places.swap_remove(place % places.len());
                    clues.push(if is_stamped { Clue::Is(stamps[send]) } else { Clue::AtMost(stamps[send] + later) });
                }
            }
            clues.sort_by_key(|clue| clue.most());
            let mut expected = Vec::new();
            for (receipt, clue) in clues.iter().enumerate() {
                for send in 0..stamps.len() {
                    let is_forced = clue.allows(stamps[send])
                        && !all_find_one(&clues, &stamps, &|a, b| (a, b) != (receipt, send));
                    if is_forced && matches!(clue, Clue::AtMost(_)) {
                        expected.push((receipt, send));
                    }
                }
            }
            let found = forced(&clues, &stamps, i64::MAX);
            prop_assert_eq!(&found, &expected);
            // What is cut off takes away, and adds nothing.
            for limit in 0..14 {
                let known: Vec<i64> = stamps.iter().copied().filter(|&stamp| stamp < limit).collect();
                prop_assert!(forced(&clues, &known, limit).iter().all(|pair| found.contains(pair)));
            }
        }
    }
}
