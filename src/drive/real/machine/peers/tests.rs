use std::net::SocketAddr;
use std::path::PathBuf;

use super::*;
use crate::drive::real::listen::Listening;
use crate::log::read::recover::recover;
use crate::model::behavior::Behavior;
use crate::model::latency::Latency;

/// What names mean in these tests.
fn look_up(address: &Address) -> Vec<SocketAddr> {
    let ips: &[&str] = match address.host.as_str() {
        "localhost" => &["::1", "127.0.0.1"],
        "alpha" | "alpha.lab" | "10.0.0.1" => &["10.0.0.1"],
        "beta" => &["10.0.0.2", "10.0.1.2"],
        "127.0.0.1" => &["127.0.0.1"],
        "10.0.1.2" => &["10.0.1.2"],
        "10.0.0.9" => &["10.0.0.9"],
        _ => &[],
    };
    let socket = |ip: &&str| SocketAddr::new(ip.parse().unwrap(), address.port);
    ips.iter().map(socket).collect()
}

/// Resumes a log of these peers with these, of which some moved: how they are arranged.
fn arrange(logged: &[&str], given: &[&str], moved: &[(&str, &str)]) -> Result<Vec<String>> {
    let read =
        |list: &[&str]| -> Vec<Address> { list.iter().map(|text| text.parse().unwrap()).collect() };
    let places = read(logged).into_iter();
    let places: Vec<_> = places
        .map(|peer| format!("[{:?}, {}]", peer.host, peer.port))
        .collect();
    let log = format!(
        "{{\"event\": \"STARTUP\", \"system_time\": 1.0, \"machine_id\": 1, \"clock_rate\": 1, \
         \"local_clock\": 0, \"history\": \"00000000000000ff\", \"peers\": [{}], \"run_id\": \"lab\", \
         \"seed\": 7, \"time\": \"real\"}}\n",
        places.join(", ")
    );
    let past = recover(log.as_bytes(), "machine_1.log").unwrap().unwrap();
    let mut config = Config {
        machine_id: 1,
        listening: Listening::On {
            host: None,
            port: 0,
        },
        peers: read(given),
        log: PathBuf::from("machine_1.log"),
        overwrite: false,
        resume: true,
        moved: moved
            .iter()
            .map(|(old, new)| (old.parse().unwrap(), new.parse().unwrap()))
            .collect(),
        is_synced: false,
        duration: 1.0,
        clock_rate: None,
        max_rate: 6,
        behavior: Behavior::new(0.5, 0.5).unwrap(),
        latency: Latency::Constant(0.0),
        seed: None,
        run_id: "lab".into(),
        senders: None,
        allowed: Vec::new(),
        key: None,
        unix_origin: None,
        peer_ids: None,
        algorithm: None,
        began: None,
        is_precise: false,
        manner: crate::model::manner::Manner::default(),
    };
    let mut found: Vec<_> = config.peers.iter().map(look_up).collect();
    config.arrange_peers(&past, &mut found, &mut look_up)?;
    assert_eq!(found, config.peers.iter().map(look_up).collect::<Vec<_>>());
    Ok(config.peers.iter().map(ToString::to_string).collect())
}

#[test]
fn peers_are_the_same_if_their_names_mean_the_same() {
    for (logged, given, expected) in [
        (
            &["localhost:1"][..],
            &["127.0.0.1:1"][..],
            &["127.0.0.1:1"][..],
        ),
        (&["127.0.0.1:1"], &["localhost:1"], &["localhost:1"]),
        (
            &["alpha:1", "beta:2"],
            &["alpha.lab:1", "10.0.1.2:2"],
            &["alpha.lab:1", "10.0.1.2:2"],
        ),
        // The order is that of the log.
        (
            &["alpha:1", "beta:2"],
            &["10.0.1.2:2", "alpha:1"],
            &["alpha:1", "10.0.1.2:2"],
        ),
        // The name itself comes before what it means.
        (
            &["alpha:1", "10.0.0.1:1"],
            &["10.0.0.1:1", "alpha:1"],
            &["alpha:1", "10.0.0.1:1"],
        ),
        // A name that means nothing now is still the same name.
        (&["gone:1"], &["gone:1"], &["gone:1"]),
        (&[], &[], &[]),
    ] {
        assert_eq!(arrange(logged, given, &[]).unwrap(), expected);
    }
}

#[test]
fn other_peers_are_refused() {
    for (logged, given) in [
        (&["localhost:1"][..], &["localhost:2"][..]),
        (&["alpha:1"], &["beta:1"]),
        (&["alpha:1"], &[]),
        (&["alpha:1"], &["alpha:1", "beta:2"]),
        (&["gone:1"], &["away:1"]),
        // Two of the log are not one.
        (&["alpha:1", "alpha.lab:1"], &["alpha:1", "beta:1"]),
    ] {
        let error = arrange(logged, given, &[]).unwrap_err().to_string();
        assert!(
            error.contains(&format!(
                "is of the peers {}, not of the peers",
                logged.join(", ")
            )),
            "{error}"
        );
        assert!(error.contains("--moved OLD=NEW"), "{error}");
    }
}

#[test]
fn a_peer_that_moved_takes_the_place_it_had() {
    let (alpha, beta) = ("alpha:1", "beta:2");
    for (given, moved, expected) in [
        (
            ["10.0.0.9:7", beta],
            &[(alpha, "10.0.0.9:7")][..],
            ["10.0.0.9:7", beta],
        ),
        (
            [beta, "10.0.0.9:7"],
            &[("10.0.0.1:1", "10.0.0.9:7")],
            ["10.0.0.9:7", beta],
        ),
        // They change places.
        (
            [alpha, beta],
            &[(alpha, beta), (beta, alpha)],
            [beta, alpha],
        ),
        // The log has it already.
        ([alpha, beta], &[("gone:1", alpha)], [alpha, beta]),
    ] {
        assert_eq!(arrange(&[alpha, beta], &given, moved).unwrap(), expected);
    }
    for (moved, words) in [
        (
            &[("gone:1", "10.0.0.9:7")][..],
            "moved: gone:1 is none of the peers of log file machine_1.log: they are alpha:1, beta:2",
        ),
        (
            &[(alpha, "10.0.0.9:8")],
            "moved: alpha:1 is to be 10.0.0.9:8 now, and the peers are 10.0.0.9:7, beta:2",
        ),
        (
            &[(alpha, "10.0.0.9:7"), (beta, "10.0.0.9:7")],
            "is of the peers alpha:1, beta:2, not of",
        ),
    ] {
        let error = arrange(&[alpha, beta], &["10.0.0.9:7", beta], moved)
            .unwrap_err()
            .to_string();
        assert!(error.contains(words), "{error}");
    }
}
