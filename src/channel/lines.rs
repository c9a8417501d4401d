//! Lines out of a stream of bytes.

use std::io::{self, Read};

use crate::channel::wire::{MAX_LINE, WireError};

/// The beginning of a line whose end has not come yet.
#[derive(Debug, Default)]
pub struct Partial(Vec<u8>);

/// What one read brought.
#[derive(Debug, PartialEq, Eq)]
pub enum Input {
    /// This many bytes.
    Bytes(usize),
    /// Nothing now.
    Nothing,
    /// The other end has shut down its writing.
    End,
}

impl Partial {
    /// Reads once into `scratch`, which all connections share, and calls `each`
    /// for every line that is whole now, without its newline.
    pub fn read<E: From<WireError>>(
        &mut self,
        stream: &mut impl Read,
        scratch: &mut [u8],
        each: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> io::Result<Result<Input, E>> {
        let kept = self.0.len();
        scratch[..kept].copy_from_slice(&self.0);
        let count = match take(stream, &mut scratch[kept..])? {
            Input::Bytes(count) => count,
            other => return Ok(Ok(other)),
        };
        let cut = self.cut(&scratch[..kept + count], each);
        Ok(cut.map(|()| Input::Bytes(count)))
    }

    /// Calls `each` for every whole line of `bytes`, which begin with what was kept, and keeps
    /// what is left.
    pub fn cut<E: From<WireError>>(
        &mut self,
        bytes: &[u8],
        mut each: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut rest = bytes;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            if end >= MAX_LINE {
                return Err(WireError::TooLong.into());
            }
            each(&rest[..end])?;
            rest = &rest[end + 1..];
        }
        if rest.len() >= MAX_LINE {
            return Err(WireError::TooLong.into());
        }
        self.0.clear();
        self.0.extend_from_slice(rest);
        Ok(())
    }

    /// The beginning of a line that is kept.
    pub fn kept(&self) -> &[u8] {
        &self.0
    }
}

/// Reads once, whatever it is.
pub fn take(stream: &mut impl Read, scratch: &mut [u8]) -> io::Result<Input> {
    match stream.read(scratch) {
        Ok(0) => Ok(Input::End),
        Ok(count) => Ok(Input::Bytes(count)),
        Err(error) => match error.kind() {
            io::ErrorKind::WouldBlock => Ok(Input::Nothing),
            io::ErrorKind::Interrupted => Ok(Input::Bytes(0)),
            _ => Err(error),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Pieces(Vec<Vec<u8>>);

    impl Read for Pieces {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some(piece) = self.0.first_mut() else {
                return Ok(0);
            };
            let count = piece.len().min(buffer.len());
            buffer[..count].copy_from_slice(&piece[..count]);
            piece.drain(..count);
            if piece.is_empty() {
                self.0.remove(0);
            }
            Ok(count)
        }
    }

    proptest! {
        #[test]
        fn the_cuts_of_a_stream_do_not_matter(text in "[a-z\n]{0,400}", cuts in prop::collection::vec(1_usize..40, 1..100)) {
            let mut bytes = text.as_bytes();
            let mut pieces = Vec::new();
            for cut in cuts.into_iter().chain([usize::MAX]) {
                let (piece, rest) = bytes.split_at(cut.min(bytes.len()));
                if !piece.is_empty() {
                    pieces.push(piece.to_vec());
                }
                bytes = rest;
            }
            let mut lines = Vec::new();
            let (mut partial, mut stream, mut scratch) = (Partial::default(), Pieces(pieces), [0; 512]);
            let outcome = loop {
                let read = partial.read::<WireError>(&mut stream, &mut scratch, |line| {
                    lines.push(String::from_utf8(line.to_vec()).unwrap());
                    Ok(())
                });
                match read.unwrap() {
                    Ok(Input::End) => break Ok(()),
                    Ok(_) => {}
                    Err(error) => break Err(error),
                }
            };
            let mut expected: Vec<&str> = text.split('\n').collect();
            let torn = expected.pop().unwrap();
            if expected.iter().chain([&torn]).all(|line| line.len() < MAX_LINE) {
                prop_assert_eq!(outcome, Ok(()));
                prop_assert_eq!(lines, expected);
            } else {
                prop_assert_eq!(outcome, Err(WireError::TooLong));
            }
        }
    }
}
