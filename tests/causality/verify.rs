//! Clean logs raise nothing; what no log can show is said.

#![allow(clippy::unwrap_used)]

use std::fs;

use crate::common::Scratch;
use crate::simulated_logs::{base, read, report, simulate, write};
use lamport::causality::verify::report::RULES;
use lamport::drive::real::local::Local;
use lamport::drive::real::local::LocalConfig;
use lamport::drive::simulated::setup::Setup;
use lamport::model::behavior::Behavior;
use lamport::model::discipline::Discipline;
use lamport::model::latency::Latency;
use lamport::model::manner::Manners;
use lamport::model::random::Generator;
use lamport::model::topology::Topology;

#[test]
fn what_no_log_can_show_raises_nothing_but_is_said() {
    let scratch = Scratch::new();
    simulate(base(3), &scratch.0);
    let whole = read(&scratch.0, 3);
    // The last lines of the slow machine are missing, its END among them.
    for cut in 1..30 {
        let mut lines = whole.clone();
        let left = lines[0].len() - cut;
        lines[0].truncate(left);
        write(&scratch.0, &lines);
        let report = report(&scratch.0, 3);
        assert!(report.is_ok(), "{cut}: {:?}", report.violations);
        assert!(report.unchecked.iter().any(|text| text.contains("no END")));
    }
    // A machine's log is missing.
    write(&scratch.0, &whole);
    let report = report(&scratch.0, 2);
    assert!(report.is_ok(), "{:?}", report.violations);
    assert!(
        report
            .unchecked
            .iter()
            .any(|text| text.contains("machine 3 has no log"))
    );
}

#[test]
fn a_thousand_clean_runs_raise_nothing() {
    for seed in 0..1000 {
        let mut chance = Generator::new(seed, 7, 0);
        let machines = 1 + chance.below(8) as u32;
        let topology = match chance.below(4) {
            0 if machines > 2 => Topology::Ring(machines),
            1 if machines > 2 => Topology::Star(machines),
            _ => Topology::Full(machines),
        };
        let latency = match chance.below(4) {
            0 => Latency::Constant(0.0),
            1 => Latency::Constant(0.0005),
            2 => Latency::Uniform(0.0, 3.0),
            _ => Latency::Exponential(0.4),
        };
        let setup = Setup {
            topology,
            latency,
            rates: None,
            duration: 1.0 + chance.below(20) as f64,
            behavior: Behavior::new(chance.below(10) as f64 / 10.0, 0.4).unwrap(),
            discipline: Discipline::default(),
            manners: Manners::default(),
            ..base(seed)
        };
        let scratch = Scratch::new();
        simulate(setup, &scratch.0);
        let report = report(&scratch.0, machines);
        assert!(report.is_ok(), "{seed}: {:?}", report.violations);
        assert_eq!(report.unchecked, [""; 0], "{seed}");
    }
}

#[test]
fn a_real_run_raises_nothing_and_a_wrong_history_is_found() {
    let scratch = Scratch::new();
    let config = LocalConfig {
        topology: Topology::Full(3),
        log_dir: scratch.0.clone(),
        duration: 1.0,
        wait: 10.0,
        rates: Some(vec![50.0, 200.0, 1000.0]),
        max_rate: 6,
        behavior: Behavior::new(0.3, 0.5).unwrap(),
        latency: Latency::Constant(0.0),
        seed: 1,
        run_id: "test".into(),
        base_port: 0,
        is_precise: true,
        manners: lamport::model::manner::Manners::default(),
        is_synced: false,
        faults: std::sync::Arc::default(),
        key: None,
        algorithm: None,
        until_quiet: false,
    };
    assert!(
        Local::open(&config)
            .unwrap()
            .start()
            .unwrap()
            .join(None)
            .unwrap()
    );
    let clean = report(&scratch.0, 3);
    assert!(clean.is_ok(), "{:?}", clean.violations);
    assert_eq!(clean.unchecked, [""; 0]);
    let mut lines = read(&scratch.0, 3);
    let connect = lines[1]
        .iter_mut()
        .find(|line| line["event"] == "CONNECT")
        .unwrap();
    connect["peer_history"] = "0123456789abcdef".into();
    write(&scratch.0, &lines);
    let damaged = report(&scratch.0, 3);
    let mut expected = [0; RULES];
    expected[0] = 1;
    assert_eq!(damaged.counts, expected, "{:?}", damaged.violations);
}

#[test]
fn the_queue_of_a_life_is_not_judged_by_what_waits_in_the_next() {
    let scratch = Scratch::new();
    let line = |event: &str, machine: u32, micros: u32, rest: &str| {
        format!(
            "{{\"event\": \"{event}\", \"system_time\": 5.{micros:06}, \"machine_id\": {machine}, {rest}}}\n"
        )
    };
    let startup = |machine: u32, micros: u32, clock: u64| {
        let peers = if machine == 1 {
            "[\"localhost\", 5002]"
        } else {
            ""
        };
        line(
            "STARTUP",
            machine,
            micros,
            &format!(
                "\"clock_rate\": 1, \"local_clock\": {clock}, \"history\": \"000000000000000{machine}\", \"listen\": [\"localhost\", 500{machine}], \"peers\": [{peers}], \"run_id\": \"lab\", \"seed\": 1, \"internal_probability\": 0.7, \"broadcast_share\": 0.25, \"time\": \"real\", \"version\": \"0.1.0\""
            ),
        )
    };
    let send = |clock: u64| {
        line(
            "SEND",
            1,
            1,
            &format!(
                "\"old_clock\": {}, \"new_clock\": {clock}, \"recipients\": [[\"localhost\", 5002]], \"recipient_ids\": [2]",
                clock - 1
            ),
        )
    };
    let end = |machine: u32, waiting: u32, ticks: u32| {
        line(
            "END",
            machine,
            9,
            &format!(
                "\"final_clock\": 2, \"queue_len\": {waiting}, \"ticks\": {ticks}, \"lateness\": {{\"p50\": 0.0, \"p99\": 0.0, \"max\": 0.0}}, \"undelivered\": []"
            ),
        )
    };
    let sender = startup(1, 0, 0) + &send(1) + &send(2) + &end(1, 0, 2);
    // Both messages wait; one is received, the machine dies, the other comes again.
    let recipient = startup(2, 0, 0)
        + &line(
            "RECEIVE",
            2,
            3,
            "\"old_clock\": 0, \"new_clock\": 2, \"queue_len\": 1, \"sender\": 1, \"sent_clock\": 1, \"arrival_time\": 5.000002",
        )
        + &startup(2, 5, 2)
        + &line(
            "UNREAD",
            2,
            9,
            "\"sender\": 1, \"sent_clock\": 2, \"arrival_time\": 5.000007",
        )
        + &end(2, 1, 1);
    fs::write(scratch.0.join("machine_1.log"), sender).unwrap();
    fs::write(scratch.0.join("machine_2.log"), recipient).unwrap();
    let report = report(&scratch.0, 2);
    assert!(report.is_ok(), "{:?}", report.violations);
}
