//! Logs played again.

#![allow(clippy::unwrap_used)]

use std::fs;

use lamport::drive::simulated::replay::replay;
use lamport::drive::simulated::setup::Setup;
use lamport::error::Error;
use lamport::model::discipline::Discipline;
use lamport::model::latency::Latency;
use lamport::model::topology::Topology;

use crate::common::Scratch;
use crate::common::virtual_time::{paths, run, settings, setup};

#[test]
fn a_log_replays_and_a_changed_arrival_does_not() {
    for setup in settings() {
        let scratch = Scratch::new();
        run(&setup, &scratch.0, None);
        for path in paths(&scratch.0, setup.topology.machines()) {
            let replayed = replay(&path, Discipline::default(), &mut || true).unwrap();
            assert_eq!(replayed.divergence, None);
            let text = fs::read_to_string(&path).unwrap();
            assert_eq!(
                replayed.events as usize,
                text.matches("\"new_clock\"").count()
            );

            let lines: Vec<&str> = text.lines().collect();
            let diverges = |changed: &[String]| {
                fs::write(&path, changed.join("\n") + "\n").unwrap();
                let replayed = replay(&path, Discipline::default(), &mut || true).unwrap();
                replayed.divergence.expect("the log is damaged").line as usize
            };
            let changed = |row: usize, field: &str, value: &str| {
                let start = lines[row].find(field).unwrap() + field.len();
                let end = start + lines[row][start..].find([',', '}']).unwrap();
                let mut changed: Vec<String> = lines.iter().map(ToString::to_string).collect();
                changed[row].replace_range(start..end, value);
                changed
            };
            // Every message that came: before the one before it, or (seen by the tick that then finds
            // it, or at the latest by its own receipt) before all ticks.
            let mut is_first = true;
            for (row, line) in lines.iter().enumerate() {
                let is_left = line.contains("\"UNREAD\"");
                if !is_left && !line.contains("\"RECEIVE\"") {
                    continue;
                }
                // Nothing happened before the first event that the message could have changed.
                if row > 1 {
                    let line = diverges(&changed(row, "\"arrival_time\": ", "0.000000"));
                    assert!(line <= row + 1, "{line}, not {}", row + 1);
                }
                if is_first && !is_left {
                    assert_eq!(
                        diverges(&changed(row, "\"sent_clock\": ", "9999999")),
                        row + 1
                    );
                }
                is_first = false;
                if row > 200 {
                    break;
                }
            }
            // The end: less than happened, or another than came of it.
            let last = lines.len() - 1;
            for field in ["\"final_clock\": ", "\"ticks\": ", "\"queue_len\": "] {
                assert_eq!(diverges(&changed(last, field, "77777")), last + 1);
            }
            let cut = lines
                .iter()
                .rposition(|line| line.contains("\"new_clock\""))
                .unwrap();
            let mut shorter: Vec<String> = lines.iter().map(ToString::to_string).collect();
            shorter.remove(cut);
            // A receipt that is missing was counted by the queue lengths before it.
            assert!(diverges(&shorter) > 1);
        }
    }
}

#[test]
fn a_replay_ends_when_it_is_told_to() {
    let scratch = Scratch::new();
    let setup = Setup {
        rates: Some(vec![4_000.0]),
        ..setup(Topology::Full(1), 10.0, Latency::Constant(0.0))
    };
    run(&setup, &scratch.0, None);
    let path = &paths(&scratch.0, 1)[0];
    let mut times = 0;
    let replayed = replay(path, Discipline::default(), &mut || {
        times += 1;
        true
    });
    assert_eq!(replayed.unwrap().events, 40_000);
    // More than twice 2^14 lines.
    assert_eq!(times, 2);
    for most in 0..times {
        let mut asked = 0;
        let replayed = replay(path, Discipline::default(), &mut || {
            asked += 1;
            asked <= most
        });
        assert!(matches!(replayed, Err(Error::State(_))), "{most}");
    }
}
