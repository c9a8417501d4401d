//! Lines that cannot be read: each is a violation, and nothing else is blamed for what it may have told.

#![allow(clippy::unwrap_used)]

use std::fs;

use lamport::causality::verify::report::{RULES, Report, Rule};

use crate::common::Scratch;
use crate::simulated_logs::{paths, report, runs, simulate};

fn texts(scratch: &Scratch) -> Vec<String> {
    let paths = paths(&scratch.0, 3);
    let texts = paths.iter().map(|path| fs::read_to_string(path).unwrap());
    texts.collect()
}

fn write(scratch: &Scratch, texts: &[String]) {
    for (path, text) in paths(&scratch.0, 3).iter().zip(texts) {
        fs::write(path, text).unwrap();
    }
}

/// The log with its line `number`, from 0, replaced.
fn replaced(text: &str, number: usize, by: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines[number] = by;
    lines.join("\n") + "\n"
}

fn shown(report: &Report) -> String {
    format!("{:?}\n{:?}", report.violations, report.counts)
}

#[test]
fn a_line_that_cannot_be_read_is_the_only_violation() {
    for (run, setup) in runs().into_iter().enumerate() {
        let scratch = Scratch::new();
        simulate(setup, &scratch.0);
        let clean = texts(&scratch);
        for log in 0..3 {
            // In long logs the lines at the ends, and some between.
            let lines = clean[log].lines().count();
            let chosen = (0..lines).filter(|line| *line < 8 || line + 8 > lines || line % 5 == run);
            for line in chosen {
                let mut damaged = clean.clone();
                damaged[log] = replaced(&clean[log], line, "{broken");
                write(&scratch, &damaged);
                let report = report(&scratch.0, 3);
                let what = format!(
                    "run {run}, log {log}, line {}: {}",
                    line + 1,
                    shown(&report)
                );
                assert_eq!(report.counts.iter().sum::<u64>(), 1, "{what}");
                let found = &report.violations[0];
                assert_eq!(
                    (found.rule, found.line),
                    (Rule::Structure, line as u32 + 1),
                    "{what}"
                );
                assert!(found.found.starts_with("not JSON"), "{what}");
                assert!(
                    report
                        .unchecked
                        .iter()
                        .any(|text| text.contains("cannot be read")),
                    "{what}"
                );
            }
        }
    }
}

#[test]
fn many_of_them_are_listed_and_the_rest_is_checked() {
    let scratch = Scratch::new();
    simulate(runs().remove(2), &scratch.0);
    let clean = texts(&scratch);
    let mut damaged = clean.clone();
    let broken = |(number, line): (usize, &str)| match number % 10 {
        4 => "[1]\n".to_owned(),
        5 => "\u{1}\n".to_owned(),
        9 => format!("{line}\n\r\n"),
        _ => format!("{line}\r\n"),
    };
    damaged[1] = clean[1].lines().enumerate().map(broken).collect();
    write(&scratch, &damaged);
    let report = report(&scratch.0, 3);
    let pairs = clean[1].lines().count() / 10;
    assert!(report.counts[0] as usize >= pairs, "{}", shown(&report));
    assert!(pairs > 5);
    assert_eq!(report.counts[1..], [0; RULES - 1], "{}", shown(&report));
    assert_eq!(report.violations[0].line, 5);
    assert!(
        report.violations[0]
            .found
            .ends_with("; and 1 more after it")
    );
    // What is damaged beside them is found still.
    let step = damaged[2]
        .lines()
        .position(|line| line.contains("INTERNAL"));
    let line = damaged[2].lines().nth(step.unwrap()).unwrap().to_owned();
    let wrong = line.replace("\"new_clock\": ", "\"new_clock\": 9");
    damaged[2] = replaced(&damaged[2], step.unwrap(), &wrong);
    write(&scratch, &damaged);
    let report = crate::simulated_logs::report(&scratch.0, 3);
    assert!(report.counts[Rule::Step as usize] > 0, "{}", shown(&report));
}

#[test]
fn blank_lines_and_ends_of_lines_of_other_systems_say_nothing() {
    for setup in runs() {
        let scratch = Scratch::new();
        simulate(setup, &scratch.0);
        let clean = texts(&scratch);
        let expected = report(&scratch.0, 3);
        assert!(expected.is_ok());
        for (before, after) in [("", "\n"), ("\n", "\r\n"), ("  \r\n\n", "\n\t\n")] {
            let spaced = |text: &String| {
                let lines = text.lines().map(|line| format!("{before}{line}\n{after}"));
                lines.collect::<String>() + "\n \t"
            };
            let spaced: Vec<_> = clean.iter().map(spaced).collect();
            write(&scratch, &spaced);
            let report = report(&scratch.0, 3);
            assert!(report.is_ok(), "{}", shown(&report));
            assert_eq!(report.checked[1..], expected.checked[1..]);
            assert_eq!(report.unchecked, expected.unchecked);
            // Their numbers count them.
            let number = spaced[2]
                .lines()
                .position(|line| line.contains("INTERNAL"))
                .unwrap();
            let line = spaced[2].lines().nth(number).unwrap();
            let wrong = line.replace("\"new_clock\": ", "\"new_clock\": 9");
            let mut damaged = spaced.clone();
            damaged[2] = replaced(&spaced[2], number, &wrong);
            write(&scratch, &damaged);
            let report = crate::simulated_logs::report(&scratch.0, 3);
            let step = report
                .violations
                .iter()
                .find(|found| found.rule == Rule::Step);
            assert_eq!(step.unwrap().line as usize, number + 1);
        }
    }
}
