//! `ShiViz` text against its rules.

#![allow(clippy::unwrap_used)]
#![allow(
    clippy::float_cmp,
    clippy::needless_range_loop,
    reason = "whole numbers in float columns; a matrix is read by row and column"
)]

use std::collections::BTreeMap;

use crate::common::Scratch;
use crate::random_histories::{go_on, histories, pasts, trio};
use lamport::causality::export::shiviz::Shown;
use lamport::causality::export::shiviz::Viewer;
use lamport::causality::export::shiviz::write;
use lamport::causality::graph::Graph;
use lamport::causality::graph::Trace;
use lamport::log::columns::Columns;
use lamport::log::columns::UNKNOWN;
use lamport::log::import::table::Declared;
use lamport::log::schema::EventKind;
use proptest::prelude::*;
use serde_json::Value;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn viewers_get_what_they_ask_for(
        columns in histories(),
        window in (prop::option::of(0_u32..90), prop::option::of(0_u32..90)),
        is_timed in any::<bool>(),
    ) {
        let window = (window.0.map(f64::from), window.1.map(f64::from));
        let viewer = if is_timed { Viewer::TsViz } else { Viewer::ShiViz };
        let (text, count) = exported(&columns, viewer, window);
        prop_assert!(!text.contains('\r') && text.ends_with('\n'));
        let regex = text.lines().next().unwrap();
        prop_assert_eq!(regex, if is_timed {
            r"(?<host>\S*) (?<clock>{.*})\n(?<timestamp>\d*) (?<event>.*)"
        } else {
            r"(?<host>\S*) (?<clock>{.*})\n(?<event>.*)"
        });
        let lines: Vec<&str> = text.lines().skip(2).collect();
        prop_assert_eq!((text.lines().nth(1), lines.len()), (Some(""), 2 * count));
        let pasts = pasts(&columns);
        let cut = |time: Option<f64>, all: bool| closed(&columns, &pasts, |row| {
            time.map_or(all, |time| columns.time[row] < time)
        });
        let (before, until) = (cut(window.0, false), cut(window.1, true));
        let shown: Vec<usize> = (0..columns.len()).filter(|&row| until[row] && !before[row]).collect();
        prop_assert_eq!(shown.len(), count);
        let mut own: BTreeMap<String, u64> = BTreeMap::new();
        let mut seen = vec![false; columns.len()];
        for entry in lines.chunks(2) {
            let (host, clock) = entry[0].split_once(' ').unwrap();
            let clock: BTreeMap<String, u64> = serde_json::from_str(clock).unwrap();
            let description = entry[1].split_once(' ').filter(|_| is_timed).map_or(entry[1], |(stamp, rest)| {
                assert_eq!(stamp.len(), 19);
                rest
            });
            let new_clock: i64 = description.split([' ', ',']).nth(1).unwrap().parse().unwrap();
            let id: i64 = host.strip_prefix("machine_").unwrap().parse().unwrap();
            let row = *shown.iter().find(|&&row| columns.machine_id[row] == id && columns.new_clock[row] == new_clock).unwrap();
            let number = own.entry(host.to_owned()).or_default();
            *number += 1;
            prop_assert_eq!(clock[host], *number);
            let mut expected: BTreeMap<String, u64> = BTreeMap::new();
            for &a in shown.iter().filter(|&&a| pasts[row][a] || a == row) {
                *expected.entry(format!("machine_{}", columns.machine_id[a])).or_default() += 1;
            }
            prop_assert_eq!(clock, expected);
            prop_assert!(shown.iter().all(|&a| seen[a] || !pasts[row][a]), "in causal order");
            prop_assert!(!std::mem::replace(&mut seen[row], true));
        }
    }
}

/// The largest set of the rows wanted that has with each event its whole past.
fn closed(columns: &Columns, pasts: &[Vec<bool>], wanted: impl Fn(usize) -> bool) -> Vec<bool> {
    let is_in = |row: usize| wanted(row) && (0..columns.len()).all(|a| wanted(a) || !pasts[row][a]);
    (0..columns.len()).map(is_in).collect()
}

fn exported(
    columns: &Columns,
    viewer: Viewer,
    window: (Option<f64>, Option<f64>),
) -> (String, usize) {
    let scratch = Scratch::new();
    let path = scratch.0.join("run");
    let graph = Graph::new(&Trace::of(columns), &[], &mut go_on).unwrap();
    let shown = Shown {
        trace: Trace::of(columns),
        time: &columns.time,
        system_time: &columns.system_time,
        queue_len: &columns.queue_len,
        names: &BTreeMap::new(),
    };
    let count = write(&graph, &shown, viewer, window, &path, &mut go_on).unwrap();
    (std::fs::read_to_string(path).unwrap(), count as usize)
}

#[test]
fn texts_are_those_that_are_documented() {
    let mut table = trio(
        [UNKNOWN, 1, UNKNOWN],
        [1, 2, 2],
        [EventKind::Send, EventKind::Receive, EventKind::Internal],
        [1, 2, 1],
        [UNKNOWN, 1, UNKNOWN],
    );
    table.columns.queue_len = vec![UNKNOWN, 0, UNKNOWN];
    table.columns.system_time = vec![1_677_782_102.954_512, 1_677_782_103.0, 1_677_782_104.25];
    let columns = table.into_logs(&Declared::default()).unwrap().columns;
    let (text, _) = exported(&columns, Viewer::TsViz, (None, None));
    assert_eq!(
        text,
        concat!(
            r"(?<host>\S*) (?<clock>{.*})\n(?<timestamp>\d*) (?<event>.*)",
            "\n\n",
            "machine_1 {\"machine_1\":1}\n1677782102954512000 SEND 1\n",
            "machine_2 {\"machine_1\":1,\"machine_2\":1}\n1677782103000000000 RECEIVE 2, sent at 1 by machine_1, queue 0\n",
            "machine_1 {\"machine_1\":2}\n1677782104250000000 INTERNAL 2\n",
        )
    );
    let parsed: Value = serde_json::from_str(r#"{"machine_1":1}"#).unwrap();
    assert!(parsed.is_object());
    // Times before 0, which a table may have, keep their order as text.
    let early = Columns {
        system_time: vec![-2.0, -1.5, 3.0],
        ..columns
    };
    let (text, _) = exported(&early, Viewer::TsViz, (None, None));
    assert!(
        text.contains("\n0000000000000000000 SEND 1\n")
            && text.contains("\n0000000000500000000 RECEIVE 2")
    );
}
