//! END tells of each peer and minute the message that was heard of soonest, over real TCP.

#![allow(clippy::unwrap_used)]

use lamport::model::fault::Fault;
use lamport::model::fault_schedule::FaultSchedule;
use lamport::model::topology::Topology;
use serde_json::Value;

use crate::common::{Scratch, lines};
use crate::local::{config, run};
use lamport::drive::real::local::LocalConfig;

/// The logs of three machines that go through these faults.
fn logs(faults: &str) -> Vec<Vec<Value>> {
    let scratch = Scratch::new();
    let list = Fault::list(faults).unwrap();
    let faults = FaultSchedule::new(&list, Some(&[1, 2, 3]), 1).unwrap();
    run(&LocalConfig {
        rates: Some(vec![100.0; 3]),
        faults: faults.into(),
        ..config(Topology::Full(3), &scratch.0)
    });
    (1..=3).map(|machine| lines(&scratch.0, machine)).collect()
}

/// Of each machine that tells it, how many messages were heard of: each was at its recipient when it was.
fn heard(logs: &[Vec<Value>]) -> Vec<Option<usize>> {
    let of = |(place, log): (usize, &Vec<Value>)| {
        let end = &log[log.len() - 1];
        let heard = end.get("heard")?.as_array().unwrap();
        let mut peers = Vec::new();
        for triple in heard {
            let (peer, clock) = (triple[0].as_u64().unwrap(), triple[1].as_u64().unwrap());
            let send = log
                .iter()
                .find(|line| line["event"] == "SEND" && line["new_clock"] == clock)
                .unwrap();
            assert!(
                send["recipient_ids"]
                    .as_array()
                    .unwrap()
                    .contains(&peer.into())
            );
            let receipt = logs[peer as usize - 1].iter().find(|line| {
                line.get("sent_clock").is_some()
                    && line["sender"] == place + 1
                    && line["sent_clock"] == clock
            });
            let arrived = receipt.unwrap()["arrival_time"].as_f64().unwrap();
            let sent = send["system_time"].as_f64().unwrap();
            let took = triple[2].as_f64().unwrap();
            assert!(took > 0.0 && took < 10.0);
            // All are on one host, whose clock they share.
            assert!(
                sent <= arrived && arrived <= sent + took + 2e-6,
                "{triple}: {sent}, {arrived}"
            );
            peers.push(peer);
        }
        peers.sort_unstable();
        peers.dedup();
        Some(peers.len())
    };
    logs.iter().enumerate().map(of).collect()
}

#[test]
fn what_was_heard_of_had_arrived() {
    assert_eq!(heard(&logs("[]")), [Some(2); 3]);
}

#[test]
fn what_a_crash_lost_was_not_heard_of() {
    let faults = r#"[{"fault": "crash", "machine_id": 2, "at": 0.3, "down_for": 0.2},
                     {"fault": "crash", "machine_id": 3, "at": 0.7, "down_for": 0.1},
                     {"fault": "disconnect", "sender": 1, "recipient": 2, "at": 0.8}]"#;
    assert!(heard(&logs(faults)).iter().all(Option::is_some));
}

#[test]
fn where_delays_are_added_nothing_is_told() {
    let faults = r#"[{"fault": "delay", "sender": 1, "recipient": 2, "at": 0.2, "duration": 0.2, "latency": 0.1}]"#;
    assert_eq!(heard(&logs(faults)), [Some(2), None, Some(2)]);
}
