//! Where a machine that is connected waits for those of other hosts.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use crate::error::{Error, Result};

/// One end of a pair of sockets; whoever started the process holds the other.
#[derive(Debug)]
pub struct StartLine(UnixStream);

/// What is said at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// Ticking may begin.
    Go,
    /// Nothing so far.
    Nothing,
    /// It never will: the other end is gone.
    Gone,
}

impl StartLine {
    /// A machine waits at this socket.
    pub fn new(socket: UnixStream) -> Self {
        Self(socket)
    }

    /// Says that the machine is there.
    pub fn reach(&self) -> Result<()> {
        // Who is gone is found out by waiting.
        match (&self.0).write_all(b"+") {
            Err(source) if source.kind() != ErrorKind::BrokenPipe => Err(broken(source)),
            _ => Ok(()),
        }
    }

    /// Waits for a word, `timeout` at most.
    pub fn wait(&self, timeout: Duration) -> Result<Word> {
        self.0.set_read_timeout(Some(timeout)).map_err(broken)?;
        match (&self.0).read(&mut [0]) {
            Ok(0) => Ok(Word::Gone),
            Ok(_) => Ok(Word::Go),
            Err(source) => match source.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => {
                    Ok(Word::Nothing)
                }
                ErrorKind::ConnectionReset => Ok(Word::Gone),
                _ => Err(broken(source)),
            },
        }
    }
}

fn broken(source: std::io::Error) -> Error {
    Error::io("the socket at which a machine waits for its start", source)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(1);

    #[test]
    fn it_says_that_it_is_there_and_waits_for_a_word() {
        let (mut starter, socket) = UnixStream::pair().unwrap();
        let line = StartLine::new(socket);
        assert_eq!(line.wait(SOON).unwrap(), Word::Nothing);
        line.reach().unwrap();
        let mut told = [0];
        starter.read_exact(&mut told).unwrap();
        assert_eq!(line.wait(SOON).unwrap(), Word::Nothing);
        starter.write_all(b"+").unwrap();
        assert_eq!(line.wait(SOON).unwrap(), Word::Go);
    }

    #[test]
    fn without_the_other_end_there_is_no_start() {
        let (starter, socket) = UnixStream::pair().unwrap();
        drop(starter);
        let line = StartLine::new(socket);
        line.reach().unwrap();
        assert_eq!(line.wait(SOON).unwrap(), Word::Gone);
    }
}
