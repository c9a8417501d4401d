//! Patterns that take for ever, once or in sum: reading them ends with an error, or when it is told to stop.

#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicUsize, Ordering};

use lamport::log::import::source::TextFile;
use lamport::log::import::text::{Foreign, TextPatterns, read_text_on};

use crate::common::Scratch;

/// How reading this text by patterns ends on so many threads, if `go_on` is what is answered to whether to.
fn read(
    text: &str,
    patterns: &[&str],
    (threads, skips): (usize, bool),
    go_on: &mut dyn FnMut() -> bool,
) -> Result<usize, String> {
    let scratch = Scratch::new();
    let path = scratch.0.join("0.log");
    std::fs::write(&path, text).unwrap();
    let files = [TextFile {
        path,
        machine: Some("1".into()),
        header: 0,
    }];
    let patterns = TextPatterns {
        patterns: patterns.iter().map(ToString::to_string).collect(),
        ..TextPatterns::default()
    };
    let foreign = Foreign {
        skips,
        ..Foreign::default()
    };
    match read_text_on(Some(threads), &files, &patterns, &foreign, go_on) {
        Ok(table) => Ok(table.columns.machine_id.len()),
        Err(error) => Err(error.to_string()),
    }
}

/// On `a` repeated it takes two to that many steps back.
const DOUBLING: &str = r"^(?<event>INTERNAL) (?<clock>\d+) ((?!b)a+)+$";
const PLAIN: &str = r"^(?<event>INTERNAL) (?<clock>\d+)";

#[test]
fn what_takes_long_on_every_line_is_bounded_in_sum() {
    let line = |n: usize, length: usize| format!("INTERNAL {n} {}!\n", "a".repeat(length));
    for threads in [1, 2] {
        let text: String = (1..2000).map(|n| line(n, 15)).collect();
        let error = read(&text, &[DOUBLING, PLAIN], (threads, true), &mut || true).unwrap_err();
        assert!(
            error.contains("0.log:501: the pattern takes for ever in sum"),
            "{error}"
        );
        // A few long ones among many are no more than that.
        let few: String = (1..2000)
            .map(|n| line(n, if n % 10 == 0 { 14 } else { 3 }))
            .collect();
        assert_eq!(
            read(&few, &[DOUBLING, PLAIN], (threads, false), &mut || true),
            Ok(1999)
        );
        let once = read(
            &line(1, 40),
            &[DOUBLING, PLAIN],
            (threads, true),
            &mut || true,
        );
        assert!(
            once.unwrap_err()
                .contains("0.log:1: the pattern takes for ever here")
        );
    }
}

#[test]
fn a_line_beyond_what_going_back_can_do_is_named_or_skipped() {
    let looking = r"(?!x)(?<message>[^q\n]*)q(?<event>INTERNAL) (?<clock>\d+)$";
    let text = format!("qINTERNAL 1\n{}\nqINTERNAL 2\n", "b".repeat(100_000));
    let error = read(&text, &[looking], (1, false), &mut || true).unwrap_err();
    assert!(
        error.contains("0.log:2: the pattern looks around"),
        "{error}"
    );
    assert_eq!(read(&text, &[looking], (1, true), &mut || true), Ok(2));
    assert_eq!(
        read(&text, &[&looking[5..]], (1, false), &mut || true),
        Ok(2)
    );
}

#[test]
fn reading_stops_when_it_is_told_to() {
    // Each line takes a while, and no line is long.
    let text = format!("INTERNAL 1 {}!\n", "a".repeat(12)).repeat(100_000);
    // From each place all of the text is looked at.
    let far = r"(?!x)(?<message>[^q]*)q(?<event>INTERNAL) (?<clock>\d+)$";
    let one_line = format!("qINTERNAL 1\n{}\n", "b".repeat(1 << 20));
    for (text, patterns) in [(&text, &[DOUBLING, PLAIN][..]), (&one_line, &[far])] {
        for threads in [1, 2] {
            let asked = AtomicUsize::new(0);
            let stopped = read(text, patterns, (threads, false), &mut || {
                asked.fetch_add(1, Ordering::Relaxed) < 2
            });
            assert_eq!(stopped.unwrap_err(), "reading was interrupted");
            assert!(asked.into_inner() >= 3);
        }
    }
}
