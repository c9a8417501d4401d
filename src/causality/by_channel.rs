//! Messages in the order of their channels.

/// The rows `0..rows` sorted by `key`, which is (sender, recipient, clock), equal ones as they stand.
///
/// Linear, where ids are not much larger than there are rows and clocks ascend on each channel, as they
/// do in logs; else as long as a sort takes.
pub(super) fn by_channel(rows: usize, key: impl Fn(usize) -> (i64, i64, i64)) -> Vec<u32> {
    let mut order: Vec<u32> = (0..rows as u32).collect();
    let ids = (0..rows).map(|row| {
        let (sender, recipient, _) = key(row);
        (sender.min(recipient), sender.max(recipient))
    });
    let (least, most) = ids.fold((0, 0), |(least, most), (low, high)| {
        (least.min(low), most.max(high))
    });
    if most - least > 4 * rows as i64 + 4096 {
        order.sort_by_key(|&row| key(row as usize));
        return order;
    }
    let places = (most - least + 1) as usize;
    order = counted(&order, places, |row| (key(row).1 - least) as usize);
    order = counted(&order, places, |row| (key(row).0 - least) as usize);
    let is_sorted = order.is_sorted_by(|&a, &b| key(a as usize) <= key(b as usize));
    if !is_sorted {
        order.sort_by_key(|&row| key(row as usize));
    }
    order
}

/// Sorts by a key below `places`, equal ones as they stand.
fn counted(order: &[u32], places: usize, key: impl Fn(usize) -> usize) -> Vec<u32> {
    let mut next = vec![0; places + 1];
    for &row in order {
        next[key(row as usize) + 1] += 1;
    }
    for place in 1..=places {
        next[place] += next[place - 1];
    }
    let mut sorted = vec![0; order.len()];
    for &row in order {
        let place = &mut next[key(row as usize)];
        sorted[*place] = row;
        *place += 1;
    }
    sorted
}

#[cfg(test)]
mod tests {
    use super::by_channel;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_a_stable_sort(
            keys in prop::collection::vec((-1_i64..4, -1_i64..4, 0_i64..9), 0..40),
            far in prop::option::of(4_000_i64..1 << 53),
        ) {
            let mut keys = keys;
            if let (Some(far), Some(key)) = (far, keys.first_mut()) {
                key.1 = far;
            }
            let mut expected: Vec<u32> = (0..keys.len() as u32).collect();
            expected.sort_by_key(|&row| keys[row as usize]);
            prop_assert_eq!(by_channel(keys.len(), |row| keys[row]), expected);
        }
    }
}
