//! What is said on a connection: lines of text, readable with a telnet client.
//!
//! ```text
//! sender   -> lamport/1 <run_id> <sender id> <history> <instance>
//! receiver <- ok <receiver id> <history> <logged> <accepted>      or: no <reason>
//! sender   -> <timestamp>:<sender id>
//! receiver <- ack <logged> <accepted>
//! ```
//!
//! Machines with an algorithm say `lamport/2`, and their messages have bodies (`letter.rs`).

use std::io::Write;

use crate::channel::identity::{Nonce, check_run_id};
use crate::channel::link::Marks;
use crate::channel::protocol::Protocol;
use crate::model::clock::MAX_CLOCK;
use crate::model::message::MachineId;

/// The longest line, with its newline.
pub const MAX_LINE: usize = 256;

/// The largest timestamp of a message. A larger one would leave the recipient's clock no room to
/// go on; no machine gets there by ticking: at 10^6 events a second it takes 285 years.
pub const MAX_TIMESTAMP: u64 = MAX_CLOCK - (1 << 32);

/// Why a line is not what the protocol wants there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The first line of a connection is not a hello.
    #[error(
        "{0:?} is not a hello: it must be \"{name} <run id> <sender id> <history> <instance>\"",
        name = .1.name()
    )]
    Hello(String, Protocol),
    /// The first line of a connection ends as lines of other systems do.
    #[error("a hello that ends with \\r\\n: a line ends with \\n alone")]
    CarriageReturn,
    /// The first bytes are those of a machine with a key.
    #[error(
        "it has a key, this machine has none: give all machines of a run the same key, or none"
    )]
    Keyed,
    /// The line after a hello is not an answer to it.
    #[error(
        "{0:?} is not an answer to a hello: it must be \"ok <id> <history> <logged> <accepted>\" or \"no <reason>\""
    )]
    Reply(String),
    /// Not a message.
    #[error(
        "{0:?} is not a message: it must be \"<timestamp>:<sender id>\" with a timestamp from 1 to {MAX_TIMESTAMP}"
    )]
    Message(String),
    /// A message that names another sender than the hello did.
    #[error("{0:?} names another sender than its hello, machine {1}")]
    Sender(String, MachineId),
    /// Not an acknowledgement.
    #[error("{0:?} is not an acknowledgement: it must be \"ack <logged> <accepted>\"")]
    Ack(String),
    /// A line without end.
    #[error("a line of more than {0} bytes")]
    TooLong(usize),
    /// What a message says is no body.
    #[error("what {0:?} says is not a value as JSON: {1}")]
    Body(String, String),
}

/// The first line of a sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// What it speaks.
    pub protocol: Protocol,
    /// The run it belongs to.
    pub run_id: String,
    /// Its id.
    pub sender: MachineId,
    /// Its past.
    pub history: Nonce,
    /// Its process.
    pub instance: Nonce,
}

/// A receiver's answer to a hello.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The sender may send.
    Ok {
        /// The receiver's id.
        receiver: MachineId,
        /// The receiver's past.
        history: Nonce,
        /// What it has from this sender.
        marks: Marks,
    },
    /// The sender is refused.
    No(String),
}

impl Hello {
    /// Reads a line without its newline; a machine that speaks `own` wants it.
    pub fn parse(line: &[u8], own: Protocol) -> Result<Self, WireError> {
        let fail = || match line {
            // The length of the first frame of `noise.rs`; no text begins so.
            [0, ..] => WireError::Keyed,
            [.., b'\r'] if line.starts_with(b"lamport/") => WireError::CarriageReturn,
            _ => WireError::Hello(shown(line), own),
        };
        let words = words(line).ok_or_else(fail)?;
        let &[protocol, run_id, sender, history, instance] = words.as_slice() else {
            return Err(fail());
        };
        Ok(Self {
            protocol: Protocol::of(protocol).ok_or_else(fail)?,
            run_id: check_run_id(run_id).map_err(|_| fail())?.to_owned(),
            sender: decimal(sender.as_bytes()).ok_or_else(fail)?,
            history: history.parse().map_err(|_| fail())?,
            instance: instance.parse().map_err(|_| fail())?,
        })
    }

    /// Appends the line.
    pub fn write(&self, out: &mut Vec<u8>) {
        let Self {
            protocol,
            run_id,
            sender,
            history,
            instance,
        } = self;
        let protocol = protocol.name();
        writeln!(out, "{protocol} {run_id} {sender} {history} {instance}")
            .expect("a Vec takes every byte");
    }
}

impl Reply {
    /// Reads a line without its newline.
    pub fn parse(line: &[u8]) -> Result<Self, WireError> {
        let fail = || WireError::Reply(shown(line));
        if let Some(reason) = line.strip_prefix(b"no ") {
            // As long as a line may be: its end says what to do.
            return Ok(Self::No(plain(reason)));
        }
        let words = words(line).ok_or_else(fail)?;
        let &["ok", receiver, history, logged, accepted] = words.as_slice() else {
            return Err(fail());
        };
        let number = |word: &str| decimal(word.as_bytes()).ok_or_else(fail);
        Ok(Self::Ok {
            receiver: number(receiver)?,
            history: history.parse().map_err(|_| fail())?,
            marks: Marks {
                logged: number(logged)?,
                accepted: number(accepted)?,
            },
        })
    }

    /// Appends the line, cut to what a line may hold.
    pub fn write(&self, out: &mut Vec<u8>) {
        let line = match self {
            Self::Ok {
                receiver,
                history,
                marks,
            } => {
                format!(
                    "ok {receiver} {history} {} {}",
                    marks.logged, marks.accepted
                )
            }
            Self::No(reason) => format!("no {reason}"),
        };
        let plain = line
            .chars()
            .map(|c| if c.is_ascii_graphic() { c } else { ' ' });
        out.extend(plain.take(MAX_LINE - 1).map(|c| c as u8));
        out.push(b'\n');
    }
}

/// Reads a message of `sender`, without its newline: the timestamp.
pub fn parse_message(line: &[u8], sender: MachineId) -> Result<u64, WireError> {
    let colon = line.iter().position(|&byte| byte == b':');
    let parts = colon.map(|colon| (&line[..colon], &line[colon + 1..]));
    let Some((timestamp, id)) = parts.and_then(|(t, id)| Some((decimal(t)?, decimal(id)?))) else {
        return Err(WireError::Message(shown(line)));
    };
    if !(1..=MAX_TIMESTAMP).contains(&timestamp) {
        return Err(WireError::Message(shown(line)));
    }
    if id != sender {
        return Err(WireError::Sender(shown(line), sender));
    }
    Ok(timestamp)
}

/// Appends a message.
pub fn write_message(out: &mut Vec<u8>, timestamp: u64, sender: MachineId) {
    let mut buffer = itoa::Buffer::new();
    out.extend_from_slice(buffer.format(timestamp).as_bytes());
    out.push(b':');
    out.extend_from_slice(buffer.format(sender).as_bytes());
    out.push(b'\n');
}

/// Reads an acknowledgement, without its newline.
pub fn parse_ack(line: &[u8]) -> Result<Marks, WireError> {
    let words = words(line).unwrap_or_default();
    if let &["ack", logged, accepted] = words.as_slice()
        && let Some(logged) = decimal(logged.as_bytes())
        && let Some(accepted) = decimal(accepted.as_bytes())
    {
        return Ok(Marks { logged, accepted });
    }
    Err(WireError::Ack(shown(line)))
}

/// Appends an acknowledgement.
pub fn write_ack(out: &mut Vec<u8>, marks: Marks) {
    writeln!(out, "ack {} {}", marks.logged, marks.accepted).expect("a Vec takes every byte");
}

/// A decimal number up to 2^53 - 1, in its only spelling.
fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 16 || (digits[0] == b'0' && digits.len() > 1) {
        return None;
    }
    let mut value = 0;
    for &digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value * 10 + u64::from(digit - b'0');
    }
    (value <= MAX_CLOCK).then_some(value)
}

fn words(line: &[u8]) -> Option<Vec<&str>> {
    Some(std::str::from_utf8(line).ok()?.split(' ').collect())
}

/// A line of unknown content, short and plain enough for a warning.
pub(crate) fn shown(line: &[u8]) -> String {
    let text = plain(&line[..line.len().min(120)]);
    text.chars().take(60).collect()
}

/// Text of unknown content that no terminal obeys.
fn plain(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    text.chars()
        .map(|c| if c.is_control() { '.' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out);
        assert!(out.len() <= MAX_LINE);
        assert_eq!(out.pop(), Some(b'\n'));
        assert!(!out.contains(&b'\n'));
        out
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(is_lettered: bool, run_id in "[a-zA-Z0-9._-]{1,64}", id in 0..=MAX_CLOCK, h: u64, i: u64, a in 1..=MAX_TIMESTAMP, b in 0..=MAX_CLOCK) {
            let protocol = if is_lettered { Protocol::Lettered } else { Protocol::Classic };
            let hello = Hello { protocol, run_id, sender: id, history: Nonce(h), instance: Nonce(i) };
            prop_assert_eq!(Hello::parse(&line(|out| hello.write(out)), Protocol::Classic).unwrap(), hello);
            let marks = Marks { logged: b, accepted: a };
            let reply = Reply::Ok { receiver: id, history: Nonce(h), marks };
            prop_assert_eq!(Reply::parse(&line(|out| reply.write(out))).unwrap(), reply);
            prop_assert_eq!(parse_ack(&line(|out| write_ack(out, marks))).unwrap(), marks);
            prop_assert_eq!(parse_message(&line(|out| write_message(out, a, id)), id).unwrap(), a);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = Hello::parse(&bytes, Protocol::Classic);
            let _ = Reply::parse(&bytes);
            let _ = parse_ack(&bytes);
            let _ = parse_message(&bytes, 1);
        }

        #[test]
        fn a_number_has_one_spelling(text in "[0-9+ -]{1,20}") {
            if let Some(value) = decimal(text.as_bytes()) {
                prop_assert_eq!(value.to_string(), text);
            }
        }

        #[test]
        fn any_reason_fits_a_line(reason in "\\PC{0,400}") {
            let line = line(|out| Reply::No(reason).write(out));
            let is_no = matches!(Reply::parse(&line), Ok(Reply::No(_)));
            prop_assert!(is_no);
        }

        #[test]
        fn a_reason_is_read_to_its_end(reason in "[!-~]( ?[!-~]){0,125}") {
            let line = line(|out| Reply::No(reason.clone()).write(out));
            prop_assert_eq!(Reply::parse(&line).unwrap(), Reply::No(reason));
        }

        #[test]
        fn no_reason_moves_the_cursor(reason in prop::collection::vec(any::<u8>(), 0..250)) {
            let Reply::No(reason) = Reply::parse(&[b"no ", &reason[..]].concat()).unwrap() else {
                panic!("it begins with no");
            };
            prop_assert!(!reason.chars().any(char::is_control));
        }
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for bad in [
            "",
            "5",
            "5:",
            ":1",
            "0:1",
            "-5:1",
            "+5:1",
            "05:1",
            "9007199254740992:1",
            "5:1 ",
            "5:1:1",
            "99999999999999999999:1",
        ] {
            assert!(
                matches!(parse_message(bad.as_bytes(), 1), Err(WireError::Message(_))),
                "{bad}"
            );
        }
        assert!(matches!(
            parse_message(b"5:2", 1),
            Err(WireError::Sender(..))
        ));
        assert_eq!(parse_message(b"9007194959773695:1", 1), Ok(MAX_TIMESTAMP));
        for huge in ["9007194959773696:1", "9007199254740991:1"] {
            assert!(parse_message(huge.as_bytes(), 1).is_err());
        }
    }
}
