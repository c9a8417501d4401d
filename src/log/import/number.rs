//! Numbers as texts state them, exactly.

/// Why a text is no number that can be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfit {
    /// It is something else.
    Strange,
    /// It is too large.
    Large,
}

/// The largest whole number that is read at all.
const MOST: u64 = i64::MAX as u64;

/// A whole number from 0 up; decimals may follow if they are zeros.
#[inline]
pub(super) fn whole(text: &str) -> Result<i64, Unfit> {
    let bytes = text.as_bytes();
    let (value, digits) = leading(bytes);
    let rest = &bytes[digits..];
    if digits == 0 || !rest.is_empty() && !is_zeros(rest) {
        return Err(Unfit::Strange);
    }
    value.ok_or(Unfit::Large)
}

/// Whether it is a point and zeros, as numbers have that once shared a column with something missing.
fn is_zeros(rest: &[u8]) -> bool {
    rest.len() > 1 && rest[0] == b'.' && rest[1..].iter().all(|&byte| byte == b'0')
}

/// The digits in front: their value, unless it is too large, and how many there are.
#[inline]
fn leading(bytes: &[u8]) -> (Option<i64>, usize) {
    let mut value: u64 = 0;
    let mut digits = 0;
    while let Some(digit) = bytes.get(digits).map(|byte| byte.wrapping_sub(b'0'))
        && digit < 10
    {
        // Nineteen digits always fit.
        value = if digits < 18 {
            10 * value + u64::from(digit)
        } else {
            let next = value
                .checked_mul(10)
                .and_then(|value| value.checked_add(u64::from(digit)));
            next.map_or(u64::MAX, |next| if value > MOST { u64::MAX } else { next })
        };
        digits += 1;
    }
    (i64::try_from(value).ok(), digits)
}

/// A number with the decimals it was written with, times ten to the power of `shift`; what lies beyond rounds.
///
/// A comma may stand for the point.
pub(super) fn scaled(text: &str, shift: u32) -> Result<(i64, u32), Unfit> {
    let (sign, digits) = match text.as_bytes() {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] | rest => (1, rest),
    };
    let (value, count) = leading(digits);
    let rest = &digits[count..];
    let (fraction, decimals) = match rest {
        [] if count > 0 => (0, 0),
        [b'.' | b',', decimals @ ..]
            if count + decimals.len() > 0 && decimals.iter().all(u8::is_ascii_digit) =>
        {
            (fraction(decimals, shift), decimals.len() as u32)
        }
        _ => return floating(text, shift),
    };
    let value = value.ok_or(Unfit::Large)?;
    let all = value
        .checked_mul(10_i64.pow(shift))
        .and_then(|value| value.checked_add(fraction))
        .ok_or(Unfit::Large)?;
    Ok((sign * all, decimals))
}

/// Decimals as a whole number of the unit that has `shift` of them, rounded.
pub(super) fn fraction(decimals: &[u8], shift: u32) -> i64 {
    let digit = |place: usize| {
        decimals
            .get(place)
            .map_or(0, |&byte| i64::from(byte - b'0'))
    };
    let kept = (0..shift as usize).fold(0, |value, place| 10 * value + digit(place));
    kept + i64::from(digit(shift as usize) >= 5)
}

/// The same of a number in any other spelling, such as `1.7e9`.
fn floating(text: &str, shift: u32) -> Result<(i64, u32), Unfit> {
    let is_number = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    let value: f64 = match text.parse() {
        Ok(value) if is_number => value,
        _ => return Err(Unfit::Strange),
    };
    let value = (value * 10_f64.powi(shift as i32)).round();
    // Not all whole numbers beyond have a float.
    if value.abs() < MOST as f64 {
        Ok((value as i64, 0))
    } else {
        Err(Unfit::Large)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_read_exactly() {
        assert_eq!(whole("120"), Ok(120));
        assert_eq!(whole("9223372036854775807"), Ok(i64::MAX));
        assert_eq!(whole("9223372036854775808"), Err(Unfit::Large));
        assert_eq!(whole("99999999999999999999999"), Err(Unfit::Large));
        assert_eq!(whole("12.0"), Ok(12));
        for strange in ["", "x", "-1", "1.5", "1.", "1 ", "0x1", "٣"] {
            assert_eq!(whole(strange), Err(Unfit::Strange), "{strange}");
        }
        assert_eq!(
            scaled("1741130946.5", 9),
            Ok((1_741_130_946_500_000_000, 1))
        );
        assert_eq!(
            scaled("1741130946,959", 9),
            Ok((1_741_130_946_959_000_000, 3))
        );
        assert_eq!(
            scaled("1741130946579493120", 0),
            Ok((1_741_130_946_579_493_120, 0))
        );
        assert_eq!(scaled("-0.25", 3), Ok((-250, 2)));
        assert_eq!(scaled(".5", 1), Ok((5, 1)));
        assert_eq!(scaled("1.7e3", 3), Ok((1_700_000, 0)));
        assert_eq!(scaled("0.0005", 3), Ok((1, 4)));
        assert_eq!(scaled("1741130946579", 9), Err(Unfit::Large));
        for strange in [
            "", ".", "-", "nan", "inf", "1:2", "e", "1.5x", "--1", "1.2.3",
        ] {
            assert_eq!(scaled(strange, 9), Err(Unfit::Strange), "{strange}");
        }
    }

    proptest! {
        #[test]
        fn whole_numbers_are_those_of_the_standard_library(text in "[0-9]{1,22}|\\PC{0,6}") {
            let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty();
            let expected = text.parse::<i64>().ok().filter(|_| plain);
            if plain {
                prop_assert_eq!(whole(&text).ok(), expected);
            }
        }

        #[test]
        fn decimals_are_exact(value in 0..9_000_000_000_000_000_000_i64, decimals in 0_u32..=9) {
            let unit = 10_i64.pow(decimals);
            let text = if decimals == 0 { value.to_string() } else {
                format!("{}.{:0width$}", value / unit, value % unit, width = decimals as usize)
            };
            prop_assert_eq!(scaled(&text, decimals), Ok((value, decimals)));
        }
    }
}
