//! The scanner beside the parser: it agrees, or says that it does not know.

// An unwrap that fails is a test that fails; strings are built at ease.
#![allow(clippy::unwrap_used, clippy::format_push_string)]

use lamport::log::handled_row::HandledRow;
use lamport::log::line::Place;
use lamport::log::read::parse::{EventLine, Line, LineBody, parse};
use lamport::log::read::scan::Scanner;
use proptest::prelude::*;

/// What the scanner makes of a line, in the terms of the parser.
fn scanned<'a>(scanner: &mut Scanner, text: &'a str, padded: &[u8]) -> Option<Line<'a>> {
    let line = scanner.scan(padded)?;
    assert_eq!(line.length, text.len() + 1);
    let body = match line.event {
        None => LineBody::Unread(line.message),
        Some(kind) => {
            let mut event = EventLine {
                kind,
                clocks: line.clocks,
                recipients: Vec::new(),
                recipient_ids: Vec::new(),
                message: line.message,
                queue_len: line.queue_len,
                handled: HandledRow::default(),
            };
            if kind.sends() {
                let ids: Vec<_> = scanner.recipients().map(|(_, _, id)| id).collect();
                if let Some(list) = scanner.list() {
                    let listed = list[1..].iter().map(|&id| Some(id as u64));
                    assert_eq!(
                        (list[0] as usize, listed.collect()),
                        (ids.len(), ids.clone())
                    );
                }
                event.recipients = scanner
                    .recipients()
                    .map(|(host, port, _)| Place(text[host].into(), port))
                    .collect();
                event.recipient_ids = if scanner.has_ids() { ids } else { Vec::new() };
            }
            LineBody::Event(event)
        }
    };
    Some(Line {
        time: line.time,
        machine_id: line.machine_id,
        is_manual: line.is_manual,
        is_caused: false,
        is_by_hand: false,
        began: None,
        decimals: [6; 2],
        body,
    })
}

/// Whether the line was of the known shape; fails where the two disagree.
fn check(scanner: &mut Scanner, text: &[u8]) -> Result<bool, TestCaseError> {
    // The scanner stops at the first newline, and looks no further than the text reaches.
    let line = text.split(|&byte| byte == b'\n').next().unwrap();
    let mut padded = line.to_vec();
    padded.extend_from_slice(b"\n{\"event\": ");
    for end in [line.len() + 1, padded.len()] {
        let Ok(known) = std::str::from_utf8(line) else {
            prop_assert!(scanner.scan(&padded[..end]).is_none());
            continue;
        };
        if let Some(found) = scanned(scanner, known, &padded[..end]) {
            prop_assert_eq!(Ok(found), parse(known));
            if end == padded.len() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Numbers as lines have them, the limits among them.
fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => (0..u64::MAX, 0_u32..64).prop_map(|(bits, shift)| ((bits >> shift) & ((1 << 53) - 1)).to_string()),
        1 => prop::sample::select(vec![
            "0", "9", "10", "99999999", "100000000", "9007199254740991", "9007199254740992", "9999999999999999",
            "10000000000000000", "18446744073709551615", "18446744073709551616", "00", "01", "-1", "-0", "1.0", "1e3", "null",
            "true", "\"1\"", "", " 1", "NaN",
        ]).prop_map(str::to_owned),
    ]
}

fn time() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => (0..10_000_000_000_u64, 0..1_000_000).prop_map(|(whole, rest)| format!("{whole}.{rest:06}")),
        4 => (0..2_000_000_000_u64, 0..1_000_000).prop_map(|(whole, rest)| format!("{whole}.{rest:06}")),
        1 => prop::sample::select(vec![
            "8000000000.000000", "8000000000.000001", "7999999999.999999", "1.5", "1", "01.500000", "1.5000000", "1.50000a",
            "-1.000000", "1.000000e3", "99999999999.000000", ".500000", "1.",
        ]).prop_map(str::to_owned),
    ]
}

fn line() -> impl Strategy<Value = String> {
    let head = (
        "SEND|RECEIVE|INTERNAL|UNREAD",
        time(),
        number(),
        number(),
        number(),
    )
        .prop_map(|(event, time, id, old, new)| {
            let mut head =
                format!(r#"{{"event": "{event}", "system_time": {time}, "machine_id": {id}"#);
            if event != "UNREAD" {
                head += &format!(r#", "old_clock": {old}, "new_clock": {new}"#);
            }
            (event, head)
        });
    let ids = prop_oneof![9 => number(), 1 => Just("null".to_owned())];
    let peers = prop::collection::vec(("[a-z0-9.:]{0,12}|\\PC{1,3}", number(), ids), 0..4);
    let message = (
        number(),
        prop_oneof![3 => number(), 1 => Just("null".to_owned())],
        number(),
        time(),
    );
    (head, peers, message, 0..8_u8, 0..6_u8).prop_map(
        |((event, head), peers, message, fields, end)| {
            let mut line = head;
            if event == "SEND" {
                let list = |parts: Vec<String>| parts.join(", ");
                let places = peers
                    .iter()
                    .map(|(host, port, _)| format!(r#"["{host}", {port}]"#));
                line += &format!(r#", "recipients": [{}]"#, list(places.collect()));
                let ids = peers.iter().map(|(_, _, id)| id.clone());
                // Seldom too few.
                let ids = ids.skip(usize::from(fields == 1));
                if fields > 0 {
                    line += &format!(r#", "recipient_ids": [{}]"#, list(ids.collect()));
                }
            }
            let (queue_len, sender, clock, arrival) = message;
            if event == "RECEIVE" && fields > 0 {
                line += &format!(r#", "queue_len": {queue_len}"#);
            }
            if (event == "RECEIVE" && fields > 0) || event == "UNREAD" {
                line += &format!(
                    r#", "sender": {sender}, "sent_clock": {clock}, "arrival_time": {arrival}"#
                );
            }
            line + match end {
                0 => r#", "manual": true}"#,
                1 => r#", "manual": false}"#,
                _ => "}",
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn the_scanner_agrees_with_the_parser(text in line()) {
        check(&mut Scanner::default(), text.as_bytes())?;
    }

    #[test]
    fn what_it_remembers_of_lines_before_changes_nothing(texts in prop::collection::vec(line(), 1..6), ends in prop::collection::vec((any::<prop::sample::Index>(), 0..3_u8), 1..20)) {
        let mut scanner = Scanner::default();
        for (at, end) in ends {
            let text = texts[at.index(texts.len())].replace(", \"manual\": true}", "}");
            let fields = match end {
                // The same list, then more or other fields.
                0 => text.replace('}', ", \"manual\": true}"),
                1 => text.replace(", \"recipient_ids\"", "}, \"recipient_ids\""),
                _ => text,
            };
            check(&mut scanner, fields.as_bytes())?;
        }
    }

    #[test]
    fn or_it_says_that_a_damaged_line_is_of_another_shape(
        text in line(),
        damages in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..5_u8, any::<u8>()), 1..4),
    ) {
        let mut scanner = Scanner::default();
        let mut bytes = text.into_bytes();
        for (at, other, kind, byte) in damages {
            let (at, other) = (at.index(bytes.len()), other.index(bytes.len()));
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, b" \"\\,:0123456789.ne]}["[usize::from(byte) % 21]),
                2 if bytes.len() > 1 => drop(bytes.remove(at)),
                3 => bytes.swap(at, other),
                // Two fields change places.
                _ => {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    let mut fields: Vec<_> = text.split(", ").collect();
                    let (one, two) = (at % fields.len(), other % fields.len());
                    fields.swap(one, two);
                    bytes = fields.join(", ").into_bytes();
                }
            }
            check(&mut scanner, &bytes)?;
        }
    }
}

#[test]
fn the_writer_s_shapes_are_known() {
    let head = |event| {
        format!(
            r#"{{"event": "{event}", "system_time": 1677782102.954512, "machine_id": 1, "old_clock": 5, "new_clock": 9007199254740991"#
        )
    };
    let mut scanner = Scanner::default();
    for line in [
        r#"{"event": "UNREAD", "system_time": 1.500000, "machine_id": 1, "sender": 2, "sent_clock": 8, "arrival_time": 0.000001}"#.into(),
        head("INTERNAL") + "}",
        head("INTERNAL") + r#", "manual": true}"#,
        head("RECEIVE") + "}",
        head("RECEIVE")
            + r#", "queue_len": 3, "sender": null, "sent_clock": 8, "arrival_time": 0.000001}"#,
        head("SEND") + r#", "recipients": [["localhost", 5002]]}"#,
        head("SEND") + r#", "recipients": [], "recipient_ids": []}"#,
        head("SEND") + r#", "recipients": [["::1", 5002], ["b", 1]], "recipient_ids": [null, 12]}"#,
    ] {
        assert!(check(&mut scanner, line.as_bytes()).unwrap(), "{line}");
    }
    for line in [
        head("INTERNAL") + " }",
        head("SEND") + "}",
        head("SEND") + r#", "recipients": [["a\n", 5002]]}"#,
        head("SEND") + r#", "recipients": [["é", 5002]]}"#,
        head("INTERNAL").replace("1677782102.954512", "1677782102.95451") + "}",
    ] {
        assert!(!check(&mut scanner, line.as_bytes()).unwrap(), "{line}");
    }
}
