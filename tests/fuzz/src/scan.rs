//! The scanner beside the parser: it reads what the parser reads, or says that the line is of another shape.

#![no_main]

mod count;

use std::cell::RefCell;

use lamport::log::read::parse::{LineBody, parse};
use lamport::log::read::scan::Scanner;
use libfuzzer_sys::fuzz_target;

thread_local! {
    // What it remembers of one input may change nothing in the next.
    static SCANNER: RefCell<Scanner> = RefCell::default();
}

fuzz_target!(|data: &[u8]| {
    count::count(data);
    SCANNER.with_borrow_mut(|scanner| {
        for line in data.split_inclusive(|&byte| byte == b'\n') {
            check(scanner, line);
        }
    });
});

fn check(scanner: &mut Scanner, bytes: &[u8]) {
    let mut padded = bytes.to_vec();
    padded.extend_from_slice(b"\n        ");
    let Some(found) = scanner.scan(&padded) else {
        return;
    };
    let text =
        std::str::from_utf8(&padded[..found.length - 1]).expect("the scanner takes ASCII alone");
    let line = parse(text).expect("the parser takes what the scanner takes");
    assert_eq!(
        (line.time, line.machine_id, line.is_manual),
        (found.time, found.machine_id, found.is_manual)
    );
    let event = match line.body {
        LineBody::Event(event) => event,
        LineBody::Unread(message) => {
            assert_eq!((found.event, found.message), (None, message));
            return;
        }
        other => panic!("the scanner does not know {other:?}"),
    };
    assert_eq!(
        (found.event, found.clocks),
        (Some(event.kind), event.clocks)
    );
    assert_eq!(
        (found.message, found.queue_len),
        (event.message, event.queue_len)
    );
    if !event.kind.sends() {
        return;
    }
    assert_eq!(scanner.has_ids(), !event.recipient_ids.is_empty());
    let all: Vec<_> = scanner.recipients().collect();
    assert_eq!(all.len(), event.recipients.len());
    for (number, (host, port, id)) in all.into_iter().enumerate() {
        let place = &event.recipients[number];
        assert_eq!((&text[host], port), (&*place.0, place.1));
        assert_eq!(id, event.recipient_ids.get(number).copied().flatten());
    }
}
