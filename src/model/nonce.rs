//! Names that no one else has.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// 64 random bits, written as 16 hexadecimal digits.
///
/// As a *history* it names a machine's past: made by its first start and kept
/// when it resumes. As an *instance* it names one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Nonce(pub u64);

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for Nonce {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() != 16 || !text.bytes().all(is_digit) {
            return Err(Error::invalid(format!(
                "{text:?} is not 16 lower-case hexadecimal digits"
            )));
        }
        let bits =
            u64::from_str_radix(text, 16).map_err(|error| Error::invalid(error.to_string()))?;
        Ok(Self(bits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_nonce_is_read_as_it_is_written(bits: u64) {
            prop_assert_eq!(Nonce(bits).to_string().parse::<Nonce>().unwrap(), Nonce(bits));
        }

        #[test]
        fn only_its_own_form_is_a_nonce(text in "[0-9a-fA-F+ ]{0,20}") {
            if let Ok(nonce) = text.parse::<Nonce>() {
                prop_assert_eq!(nonce.to_string(), text);
            }
        }
    }
}
