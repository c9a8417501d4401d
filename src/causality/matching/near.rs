//! Looking for a number in a sorted list, from where the last one was.

/// The first of `len` keys, which go up, that is `wanted` or above; looked for from `hint` outwards.
pub(super) fn first_from(
    len: usize,
    key: impl Fn(usize) -> i64,
    hint: usize,
    wanted: i64,
) -> usize {
    let (mut low, mut high) = (0, len);
    let mut step = 1;
    if hint < len && key(hint) < wanted {
        low = hint + 1;
        while low + step < len {
            if key(low + step - 1) >= wanted {
                high = low + step - 1;
                break;
            }
            low += step;
            step *= 2;
        }
    } else {
        high = hint.min(len);
        while high >= step {
            if key(high - step) < wanted {
                low = high - step + 1;
                break;
            }
            high -= step;
            step *= 2;
        }
    }
    while low < high {
        let middle = low.midpoint(high);
        if key(middle) < wanted {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_what_a_plain_search_finds(
            steps in prop::collection::vec(0_i64..4, 0..40),
            hint in 0_usize..50,
            wanted in -2_i64..120,
        ) {
            let keys: Vec<i64> = steps.iter().scan(0, |sum, step| { *sum += step; Some(*sum) }).collect();
            let found = first_from(keys.len(), |index| keys[index], hint, wanted);
            prop_assert_eq!(found, keys.partition_point(|&key| key < wanted));
        }
    }
}
