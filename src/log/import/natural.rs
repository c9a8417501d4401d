//! The order of names as people have it: `m2` before `m10`.

use std::cmp::Ordering;

/// Compares names: numbers in them by their value, letters whatever their case; names that are the same so, letter by letter.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    loop {
        match (piece(left), piece(right)) {
            (None, None) => return a.cmp(b),
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some((one, rest)), Some((other, others))) => {
                let order = compare_pieces(one, other);
                if order.is_ne() {
                    return order;
                }
                (left, right) = (rest, others);
            }
        }
    }
}

/// The digits or the letter in front, and what follows.
fn piece(text: &str) -> Option<(&str, &str)> {
    let first = text.chars().next()?;
    let end = if first.is_ascii_digit() {
        let is_other = |letter: char| !letter.is_ascii_digit();
        text.find(is_other).unwrap_or(text.len())
    } else {
        first.len_utf8()
    };
    Some(text.split_at(end))
}

fn compare_pieces(one: &str, other: &str) -> Ordering {
    let is_number = |piece: &str| piece.as_bytes()[0].is_ascii_digit();
    match (is_number(one), is_number(other)) {
        (true, true) => {
            let plain = |piece: &str| piece.trim_start_matches('0').len();
            let digits = |piece| str::trim_start_matches(piece, '0');
            plain(one)
                .cmp(&plain(other))
                .then_with(|| digits(one).cmp(digits(other)))
        }
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => one.to_lowercase().cmp(&other.to_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sorted<'t>(names: &[&'t str]) -> Vec<&'t str> {
        let mut names = names.to_vec();
        names.sort_by(|a, b| compare(a, b));
        names
    }

    #[test]
    fn numbers_go_by_their_value() {
        assert_eq!(sorted(&["m10", "m2", "m1"]), ["m1", "m2", "m10"]);
        assert_eq!(
            sorted(&["Zoë", "bob", "Alice", "10", "9"]),
            ["9", "10", "Alice", "bob", "Zoë"]
        );
        assert_eq!(sorted(&["1", "01", "a b", "a"]), ["01", "1", "a", "a b"]);
    }

    proptest! {
        #[test]
        fn it_is_an_order_that_tells_names_apart(names in prop::collection::vec("[ab01]{0,4}|\\PC{0,3}", 3)) {
            let [a, b, c] = [&names[0], &names[1], &names[2]];
            prop_assert_eq!(compare(a, b), compare(b, a).reverse());
            prop_assert_eq!(compare(a, b).is_eq(), a == b);
            if compare(a, b).is_lt() && compare(b, c).is_lt() {
                prop_assert!(compare(a, c).is_lt());
            }
        }
    }
}
