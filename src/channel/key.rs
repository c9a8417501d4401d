//! The secret that the machines of a run may share.

use std::fmt;
use std::hint::black_box;
use std::str::FromStr;

use crate::error::{Error, Result};

/// The bytes of a key.
pub const KEY_LENGTH: usize = 32;

/// 32 random bytes. Nothing shows them but [`Key::to_text`], and no error names them.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; KEY_LENGTH]);

impl Key {
    /// The key of these bytes, if there are 32.
    pub fn new(bytes: &[u8]) -> Result<Self> {
        let Ok(bytes) = bytes.try_into() else {
            return Err(Error::invalid(format!(
                "the key has {} bytes: it must have {KEY_LENGTH}, drawn at random",
                bytes.len()
            )));
        };
        Ok(Self(bytes))
    }

    /// The bytes.
    pub(crate) fn bytes(&self) -> &[u8; KEY_LENGTH] {
        &self.0
    }

    /// The form in which keys are kept in files: 64 lower-case hexadecimal digits.
    pub fn to_text(&self) -> String {
        use fmt::Write;
        let mut text = String::with_capacity(2 * KEY_LENGTH);
        for byte in self.0 {
            write!(text, "{byte:02x}").expect("a String takes every character");
        }
        text
    }
}

impl FromStr for Key {
    type Err = Error;

    /// Reads the form of [`Key::to_text`]; white space around it does not count.
    fn from_str(text: &str) -> Result<Self> {
        let text = text.trim().as_bytes();
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let pair = |pair: &[u8]| Some(digit(pair[0])? << 4 | digit(pair[1])?);
        let mut key = Self([0; KEY_LENGTH]);
        let mut is_key = text.len() == 2 * KEY_LENGTH;
        for (byte, digits) in key.0.iter_mut().zip(text.chunks_exact(2)) {
            is_key &= pair(digits).map(|value| *byte = value).is_some();
        }
        if is_key {
            return Ok(key);
        }
        Err(Error::invalid(format!(
            "the key, {} characters, is not what `lamport keygen` prints: {} hexadecimal digits in lower case",
            text.len(),
            2 * KEY_LENGTH
        )))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.0.fill(0);
        // Without a look at it, the compiler may leave out a write that no one reads.
        black_box(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_key_is_read_as_it_is_written(bytes: [u8; KEY_LENGTH]) {
            let key = Key::new(&bytes).unwrap();
            let text = format!(" {}\n", key.to_text());
            let read: Key = text.parse().unwrap();
            prop_assert_eq!(read.bytes(), &bytes);
            prop_assert_eq!(format!("{:?}", key), "Key(..)");
        }

        #[test]
        fn only_its_own_form_is_a_key(text in "[0-9a-f]{64}|[0-9a-fA-F]{60,66}|\\PC{0,70}") {
            match text.parse::<Key>() {
                Ok(key) => prop_assert_eq!(key.to_text(), text.trim()),
                Err(error) => prop_assert!(text.len() < 6 || !error.to_string().contains(&text)),
            }
        }
    }

    #[test]
    fn a_key_of_another_length_is_refused_without_being_shown() {
        for bytes in [&b""[..], &[7; 31], &[7; 33]] {
            let error = Key::new(bytes).unwrap_err().to_string();
            assert!(error.contains(&format!("{} bytes", bytes.len())), "{error}");
        }
    }
}
