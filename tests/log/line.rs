//! Lines that are seldom: what is written is what is read.

#![allow(clippy::unwrap_used)]

use lamport::VERSION;
use lamport::channel::identity::Nonce;
use lamport::log::line::{
    Connect, Delivery, End, Entry, HeardOf, Place, Quantiles, Startup, What, json,
};
use lamport::log::read::parse::{LineBody, parse};
use lamport::log::write::writer::Formatter;
use lamport::model::behavior::Probabilities;
use lamport::model::lateness::Summary;
use lamport::model::manner::Manner;
use lamport::model::message::Message;
use lamport::model::rate_steps::RateSteps;
use lamport::model::ticking::Ticking;
use lamport::model::weights::Weights;
use proptest::prelude::*;

const MAX: u64 = (1 << 53) - 1;

fn place() -> impl Strategy<Value = Place<'static>> {
    ("[a-z0-9.:%-]{1,20}", 0_u64..65536).prop_map(|(host, port)| Place(host.into(), port))
}

/// What the parser makes of the line of an entry at `time`, in nanoseconds.
fn body(peers: &[Place<'static>], time: u64, what: What) -> (i64, String) {
    let mut formatter = Formatter::new(3, 0, peers.to_vec());
    let mut out = Vec::new();
    formatter.format(&Entry { time, what }, &mut out);
    let text = String::from_utf8(out).unwrap();
    let text = text.strip_suffix('\n').unwrap().to_owned();
    let line = parse(&text).unwrap();
    assert_eq!((line.machine_id, line.is_manual), (3, false));
    (line.time, text)
}

/// What a machine with peers of these weights has of its own.
fn manner(weights: &[u64], ticking: Ticking, steps: &[(u32, u32)], since: u32) -> Manner {
    // Wholes, which are read exactly.
    let times = (0..).map(|place: u32| f64::from(place * 10));
    let steps = times.zip(steps);
    let steps: Vec<_> = steps
        .map(|(time, &(rate, late))| {
            (
                if time > 0.0 {
                    time + f64::from(late)
                } else {
                    0.0
                },
                f64::from(rate),
            )
        })
        .collect();
    Manner {
        weights: Weights::new(1, weights).ok().flatten(),
        ticking,
        steps: RateSteps::new(&steps).ok(),
        since: u64::from(since) * 1_000_000_000,
    }
}

proptest! {
    #[test]
    fn a_startup(
        peers in prop::collection::vec(place(), 0..4),
        (rate, clock, seed, history) in (1..1_000_000_000_u32, 0..=MAX, any::<u64>(), any::<u64>()),
        // Thousandths: serde_json reads longer fractions to within the last bit.
        (p, b) in (0..=1000_u32, 0..=1000_u32),
        weights in prop::collection::vec(0..5_u64, 0..4),
        ticking in prop_oneof![
            Just(Ticking::Periodic),
            Just(Ticking::Poisson),
            (1..1000_u32).prop_map(|jitter| Ticking::Jitter(f64::from(jitter) / 1e3)),
        ],
        (steps, since) in (prop::collection::vec((1..100_u32, 0..10_u32), 0..4), 0..100_u32),
        (listen, run_id, is_virtual) in (place(), "[a-zA-Z0-9._-]{1,64}", any::<bool>()),
        time in 0..=8_000_000_000_000_000_000_u64,
    ) {
        let startup = Startup {
            clock_rate: Some(f64::from(rate) / 1e3),
            local_clock: Some(clock),
            history: Some(json(Nonce(history))),
            listen: Some(listen),
            peers: Vec::new(),
            run_id: Some(run_id.into()),
            seed: Some(seed),
            probabilities: Probabilities {
                internal_probability: Some(f64::from(p) / 1e3),
                broadcast_share: Some(f64::from(b) / 1e3),
            },
            manner: manner(&weights, ticking, &steps, since),
            is_virtual,
            version: None,
            algorithm: None,
            arguments: None,
            python: None,
        };
        let (micros, text) = body(&peers, time, What::Startup(Box::new(startup.clone())));
        prop_assert_eq!(micros as u64, time / 1000);
        let expected = Startup { peers, version: Some(VERSION.into()), ..startup };
        prop_assert_eq!(parse(&text).unwrap().body, LineBody::Startup(Box::new(expected)));
    }

    #[test]
    fn a_connect(peers in prop::collection::vec(place(), 1..4), peer_id in 0..=MAX, history: u64) {
        let what = What::Connect { peer: peers.len() as u32 - 1, peer_id, peer_history: Nonce(history) };
        let (_, text) = body(&peers, 0, what);
        let expected = Connect {
            peer: peers.last().unwrap().clone(),
            peer_id,
            peer_history: Some(json(Nonce(history))),
        };
        prop_assert_eq!(parse(&text).unwrap().body, LineBody::Connect(expected));
    }

    #[test]
    fn an_unread(sender in prop::option::of(0..=MAX), timestamp in 1..=MAX, arrival in 0..=8_000_000_000_000_000_000_u64, by_hand: bool) {
        let message = match sender {
            Some(sender) if !by_hand => Message::new(sender, timestamp, arrival),
            sender => Message::by_hand(sender, timestamp, arrival),
        };
        let (_, text) = body(&[], 1, What::Unread(message));
        let line = parse(&text).unwrap();
        prop_assert_eq!(line.is_by_hand, by_hand && sender.is_some());
        let expected = Delivery {
            sender,
            sent_clock: Some(timestamp),
            arrival: Some((arrival / 1000) as i64),
        };
        prop_assert_eq!(line.body, LineBody::Unread(expected));
    }

    #[test]
    fn an_end(
        (final_clock, queue_len, ticks) in (0..=MAX, 0..=MAX, 0..=MAX),
        late in prop::collection::vec(0..=1_000_000_000_000_000_u64, 3),
        undelivered in prop::collection::vec((prop::option::of(0..=MAX), 0..=MAX), 0..4),
        heard in prop::option::of(prop::collection::vec((0..=MAX, 0..=MAX, 0..=8_000_000_000_000_000_i64), 0..4)),
    ) {
        let triple = |(peer_id, sent_clock, took)| HeardOf { peer_id, sent_clock, took };
        let heard = heard.map(|all| all.into_iter().map(triple).collect());
        let summary = Summary { p50: late[0], p99: late[1], max: late[2] };
        let end = End { final_clock, queue_len: Some(queue_len), ticks: Some(ticks), lateness: Some(Quantiles::from(summary)), undelivered: Some(undelivered), heard };
        let (_, text) = body(&[], 0, What::End(Box::new(end.clone())));
        prop_assert_eq!(parse(&text).unwrap().body, LineBody::End(end));
    }
}
