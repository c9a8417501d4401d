//! Seconds as lines state them, in whole microseconds.

use serde_json::value::RawValue;

use crate::error::clipped;
use crate::log::columns::Micros;

/// The latest time, in microseconds (the year 2223): with an offset it is still exact in a float64.
pub(crate) const MAX_TIME: Micros = 8_000_000_000_000_000;

/// Seconds in decimal to whole microseconds, exactly; digits beyond the sixth round.
pub(crate) fn micros(name: &str, value: &RawValue) -> Result<Micros, String> {
    let text = value.get();
    decimal(text)
        .or_else(|| {
            let micros = (text.parse::<f64>().ok()? * 1e6).round();
            (micros.abs() <= MAX_TIME as f64).then_some(micros as Micros)
        })
        .filter(|micros| micros.abs() <= MAX_TIME)
        .ok_or_else(|| {
            let text = clipped(text);
            format!("{name} is {text}: it must be a number of seconds, such as 1677782102.954512")
        })
}

/// With how many decimals a time is written, up to six; one that is 0 is what floats have where they have none.
pub(crate) fn decimals(value: &RawValue) -> u8 {
    match value.get().split_once('.') {
        None | Some((_, "0")) => 0,
        Some((_, decimals)) => decimals.len().min(6) as u8,
    }
}

/// The plain form `digits.digits`, with up to six decimals.
fn decimal(text: &str) -> Option<Micros> {
    let (seconds, decimals) = text.split_once('.')?;
    if seconds.len() > 10 || decimals.len() > 6 {
        return None;
    }
    let digits = |text: &str| {
        text.bytes().try_fold(0, |value: Micros, byte| {
            byte.is_ascii_digit()
                .then(|| 10 * value + Micros::from(byte - b'0'))
        })
    };
    let scale = (decimals.len()..6).fold(1, |scale, _| 10 * scale);
    Some(digits(seconds)? * 1_000_000 + digits(decimals)? * scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn raw(text: &str) -> Result<Micros, String> {
        micros("t", serde_json::from_str(text).map_err(|e| e.to_string())?)
    }

    proptest! {
        #[test]
        fn times_are_exact(micros in 0..MAX_TIME, decimals in 0_usize..=6) {
            let scale = 10_i64.pow(6 - decimals as u32);
            let micros = micros / scale * scale;
            let mut text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
            text.truncate(text.len() - (6 - decimals));
            prop_assert_eq!(raw(text.trim_end_matches('.')), Ok(micros));
        }

        #[test]
        fn other_spellings_are_within_half_a_microsecond(seconds in -1e9_f64..1e9) {
            let got = raw(&format!("{seconds:e}")).unwrap();
            prop_assert!((got as f64 - seconds * 1e6).abs() <= 0.75);
        }
    }
}
