//! Whole numbers of any size: Python's own conversion of them to decimal stops at 4,300 digits.

use std::fmt::Write;

/// Nine decimal digits.
const NINE: u64 = 1_000_000_000;
/// Eight hexadecimal digits.
const EIGHT: u64 = 1 << 32;

/// Digits of base `FROM`, the greatest first, as digits of base `TO`, the least first.
fn rebase<const FROM: u64, const TO: u64>(digits: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut made: Vec<u64> = Vec::new();
    for digit in digits {
        let mut carry = digit;
        for place in &mut made {
            let value = *place * FROM + carry;
            (*place, carry) = (value % TO, value / TO);
        }
        while carry > 0 {
            made.push(carry % TO);
            carry /= TO;
        }
    }
    made
}

/// Text of digits in pieces of `size`, the first may be shorter; `None` where it is no number.
fn pieces(digits: &str, size: usize, radix: u32) -> Option<Vec<u64>> {
    let first = digits.len() % size;
    let (head, rest) = digits.split_at_checked(first)?;
    let head = (first > 0).then_some(head.as_bytes());
    let pieces = head.into_iter().chain(rest.as_bytes().chunks(size));
    pieces
        .map(|piece| u64::from_str_radix(str::from_utf8(piece).ok()?, radix).ok())
        .collect()
}

/// A number in hexadecimal as decimal; both have a `-` if they are negative.
pub(super) fn decimal(hexadecimal: &str) -> Option<String> {
    let (sign, digits) = signed(hexadecimal);
    let made = rebase::<EIGHT, NINE>(pieces(digits, 8, 16)?.into_iter());
    let mut text = sign.to_owned();
    let mut made = made.iter().rev();
    text.push_str(&made.next().map_or("0".into(), u64::to_string));
    made.try_for_each(|piece| write!(text, "{piece:09}")).ok()?;
    Some(text)
}

/// A number in decimal as hexadecimal.
pub(super) fn hexadecimal(decimal: &str) -> Option<String> {
    let (sign, digits) = signed(decimal);
    let made = rebase::<NINE, EIGHT>(pieces(digits, 9, 10)?.into_iter());
    let mut text = sign.to_owned();
    let mut made = made.iter().rev();
    text.push_str(&made.next().map_or("0".into(), |piece| format!("{piece:x}")));
    made.try_for_each(|piece| write!(text, "{piece:08x}"))
        .ok()?;
    Some(text)
}

fn signed(number: &str) -> (&'static str, &str) {
    number
        .strip_prefix('-')
        .map_or(("", number), |digits| ("-", digits))
}
