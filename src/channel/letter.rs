//! Messages that say something, as lines: `<timestamp>:<sender id>`, and then a space and JSON if it is not null.

use crate::channel::wire::{self, MAX_LINE, WireError, shown};
use crate::model::body::{self, Body, MAX_BODY};
use crate::model::message::MachineId;

/// The longest line of a sender that has been let in, with its newline.
pub const MAX_LETTER: usize = MAX_LINE + MAX_BODY;

/// Reads a message of `sender`, without its newline: the timestamp, and what it says.
pub fn parse(line: &[u8], sender: MachineId) -> Result<(u64, Body), WireError> {
    let Some(space) = memchr::memchr(b' ', line) else {
        return Ok((wire::parse_message(line, sender)?, None));
    };
    let timestamp = wire::parse_message(&line[..space], sender)?;
    let said = body::parse(&line[space + 1..]).map_err(|why| WireError::Body(shown(line), why))?;
    Ok((timestamp, said))
}

/// Appends a message.
pub fn write(out: &mut Vec<u8>, timestamp: u64, sender: MachineId, body: &Body) {
    wire::write_message(out, timestamp, sender);
    if let Some(text) = body {
        out.pop();
        out.push(b' ');
        out.extend_from_slice(text.as_bytes());
        out.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::clock::MAX_CLOCK;
    use proptest::prelude::*;

    fn line(timestamp: u64, sender: MachineId, body: &Body) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out, timestamp, sender, body);
        assert_eq!(out.pop(), Some(b'\n'));
        out
    }

    #[test]
    fn a_line_is_what_the_page_says() {
        let lines = [None, Some("{\"a\": 1}".into())].map(|body| line(7, 3, &body));
        assert_eq!(lines, [&b"7:3"[..], b"7:3 {\"a\": 1}"]);
        assert_eq!(parse(b"7:3 null", 3), Ok((7, None)));
        let longest: Body = Some(format!("\"{}\"", "x".repeat(MAX_BODY - 2)).into());
        let line = line(wire::MAX_TIMESTAMP, MAX_CLOCK, &longest);
        assert!(line.len() < MAX_LETTER);
        assert_eq!(parse(&line, MAX_CLOCK), Ok((wire::MAX_TIMESTAMP, longest)));
    }

    #[test]
    fn what_is_no_message_is_refused_with_its_reason() {
        for (bad, why) in [
            (&b"7:3 "[..], "it ends after 0 bytes"),
            (b"7:3  1", "byte 0"),
            (b"7:3 {", "it ends after 1 bytes"),
            (b"7:3 \"\x1b[2J\"", "byte 1 is a control character"),
            (b"7:3 \xff", "it is not UTF-8"),
            (b"7:4 1", "names another sender"),
            (b"0:3 1", "is not a message"),
            (b" 7:3 1", "is not a message"),
            (b"7:3\t1", "is not a message"),
        ] {
            let error = parse(bad, 3).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
            assert!(!error.chars().any(char::is_control), "{error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(timestamp in 1..=wire::MAX_TIMESTAMP, sender in 0..=MAX_CLOCK, text in ".{0,20}", has_body: bool) {
            let body: Body = has_body.then(|| {
                let text = serde_json::to_string(&text).unwrap();
                // Of control characters JSON needs no escape for these.
                text.replace(char::is_control, "?").into()
            });
            prop_assert_eq!(parse(&line(timestamp, sender, &body), sender), Ok((timestamp, body)));
        }

        /// Of a line with a byte changed, whatever is taken is a message of this sender with a body that a log can hold.
        #[test]
        fn what_is_altered_is_refused_or_means_something(place: prop::sample::Index, byte: u8) {
            let mut line = line(123, 3, &Some("{\"a\": [1, \"b\\u00e9\"]}".into()));
            let place = place.index(line.len());
            line[place] = byte;
            if let Ok((timestamp, body)) = parse(&line, 3) {
                prop_assert!(timestamp > 0);
                let text = body.as_deref().unwrap_or("null");
                prop_assert!(serde_json::from_str::<serde_json::Value>(text).is_ok());
                prop_assert!(!text.contains(char::is_control));
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&bytes, 1);
        }
    }
}
