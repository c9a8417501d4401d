//! Lines out of a stream of bytes.

use crate::channel::wire::{MAX_LINE, WireError};

/// The beginning of a line whose end has not come yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Partial(Vec<u8>);

impl Partial {
    /// Takes the bytes that came next, calls `each` for every line that is whole now, without
    /// its newline, and keeps what is left.
    pub fn read<E: From<WireError>>(
        &mut self,
        bytes: &[u8],
        each: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.read_up_to(MAX_LINE, bytes, each)
    }

    /// The same, where a line with its newline may have up to `most` bytes.
    #[inline]
    pub fn read_up_to<E: From<WireError>>(
        &mut self,
        most: usize,
        bytes: &[u8],
        mut each: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut rest = bytes;
        // Only the line that was begun is put together: the others are looked at where they are.
        if !self.0.is_empty() {
            let end = memchr::memchr(b'\n', rest);
            let piece = &rest[..end.unwrap_or(rest.len())];
            if self.0.len() + piece.len() >= most {
                return Err(WireError::TooLong(most).into());
            }
            self.0.extend_from_slice(piece);
            let Some(end) = end else {
                return Ok(());
            };
            let line = each(&self.0);
            if self.0.capacity() > 2 * MAX_LINE {
                // One long line is no reason to keep its room.
                self.0 = Vec::new();
            }
            self.0.clear();
            line?;
            rest = &rest[end + 1..];
        }
        while let Some(end) = memchr::memchr(b'\n', rest) {
            if end >= most {
                return Err(WireError::TooLong(most).into());
            }
            each(&rest[..end])?;
            rest = &rest[end + 1..];
        }
        if rest.len() >= most {
            return Err(WireError::TooLong(most).into());
        }
        self.0.extend_from_slice(rest);
        Ok(())
    }

    /// The beginning of a line that is kept.
    pub fn kept(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_cuts_of_a_stream_do_not_matter(text in "[a-z\n]{0,600}", cuts in prop::collection::vec(1_usize..40, 1..100)) {
            let mut bytes = text.as_bytes();
            let mut lines = Vec::new();
            let mut partial = Partial::default();
            let mut outcome = Ok(());
            for cut in cuts.into_iter().chain([usize::MAX]) {
                let (piece, rest) = bytes.split_at(cut.min(bytes.len()));
                bytes = rest;
                outcome = outcome.and_then(|()| partial.read::<WireError>(piece, |line| {
                    lines.push(String::from_utf8(line.to_vec()).unwrap());
                    Ok(())
                }));
                prop_assert!(partial.kept().len() < MAX_LINE);
            }
            let mut expected: Vec<&str> = text.split('\n').collect();
            let torn = expected.pop().unwrap();
            if expected.iter().chain([&torn]).all(|line| line.len() < MAX_LINE) {
                prop_assert_eq!(outcome, Ok(()));
                prop_assert_eq!(lines, expected);
                prop_assert_eq!(partial.kept(), torn.as_bytes());
            } else {
                prop_assert_eq!(outcome, Err(WireError::TooLong(MAX_LINE)));
            }
        }
    }
}
