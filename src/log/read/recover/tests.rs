use super::*;

const STARTUP: &str = r#"{"event": "STARTUP", "system_time": 1.000000, "machine_id": 1, "clock_rate": 2.5, "local_clock": 0, "history": "00000000000000ff", "listen": ["127.0.0.1", 5001], "peers": [["localhost", 5002], ["10.0.0.3", 5003]], "run_id": "lab", "seed": 7, "internal_probability": 0.7, "broadcast_share": 0.25, "time": "real", "version": "0.1.0"}
"#;
const LINES: [&str; 6] = [
    r#"{"event": "CONNECT", "system_time": 1.100000, "machine_id": 1, "peer": ["10.0.0.3", 5003], "peer_id": 3, "peer_history": "0000000000000003"}
"#,
    r#"{"event": "SEND", "system_time": 1.200000, "machine_id": 1, "old_clock": 0, "new_clock": 1, "recipients": [["localhost", 5002], ["10.0.0.3", 5003]], "recipient_ids": [null, 3]}
"#,
    r#"{"event": "RECEIVE", "system_time": 1.300000, "machine_id": 1, "old_clock": 1, "new_clock": 9, "queue_len": 1, "sender": 3, "sent_clock": 8, "arrival_time": 1.250000}
"#,
    r#"{"event": "INTERNAL", "system_time": 1.400000, "machine_id": 1, "old_clock": 9, "new_clock": 10, "manual": true}
"#,
    r#"{"event": "SEND", "system_time": 1.500000, "machine_id": 1, "old_clock": 10, "new_clock": 11, "recipients": [["localhost", 5002]], "recipient_ids": [null]}
"#,
    r#"{"event": "UNREAD", "system_time": 1.600000, "machine_id": 1, "sender": 3, "sent_clock": 12, "arrival_time": 1.550000}
"#,
];

fn log(lines: &[&str]) -> String {
    STARTUP.to_owned() + &lines.concat()
}

fn read(text: &str) -> Result<Option<Recovered>> {
    recover(text.as_bytes(), "machine_1.log")
}

#[test]
fn a_log_tells_all_that_a_machine_must_know() {
    let recovered = read(&log(&LINES)).unwrap().unwrap();
    assert_eq!(
        (recovered.clock, recovered.ticks, recovered.starts),
        (11, 3, 1)
    );
    let [first, second] = &recovered.past.peers[..] else {
        panic!("{:?}", recovered.past);
    };
    assert_eq!((&first.sent[..], first.known), (&[1, 11][..], None));
    assert_eq!(
        (&second.sent[..], second.known),
        (&[1][..], Some((3, Nonce(3))))
    );
    // To the first no connection was ever made.
    assert_eq!([first.left, second.left], [0, 1]);
    assert_eq!((recovered.declared, recovered.peers.len()), (2, 2));
    assert_eq!(recovered.past.received, BTreeMap::from([(3, 8)]));
    assert_eq!(recovered.history, Nonce(255));
    assert_eq!(
        (recovered.seed, recovered.clock_rate.to_bits()),
        (7, 2.5_f64.to_bits())
    );
    // An end that did not come about does not count.
    assert_eq!(recovered.length as usize, log(&LINES[..5]).len());
}

#[test]
fn a_receipt_by_hand_moves_no_mark() {
    let by_hand = LINES[2].replace("}\n", ", \"by_hand\": true, \"manual\": true}\n");
    let recovered = read(&log(&[LINES[0], LINES[1], &by_hand]))
        .unwrap()
        .unwrap();
    assert_eq!(recovered.clock, 9);
    assert_eq!(recovered.past.received, BTreeMap::new());
}

#[test]
fn a_torn_line_does_not_count() {
    let (whole, all) = (log(&LINES[..4]), log(&LINES[..5]));
    let expected = read(&whole).unwrap();
    assert_eq!(
        expected.as_ref().unwrap().length as usize,
        whole.len(),
        "all of it counts"
    );
    for cut in whole.len()..all.len() {
        assert_eq!(read(&all[..cut]).unwrap(), expected, "cut at {cut}");
    }
    for cut in 0..STARTUP.len() {
        assert_eq!(read(&STARTUP[..cut]).unwrap(), None, "cut at {cut}");
    }
}

#[test]
fn what_cannot_be_resumed_is_named() {
    let end = r#"{"event": "END", "system_time": 2.000000, "machine_id": 1, "final_clock": 0, "queue_len": 0, "ticks": 0, "lateness": {"p50": 0.0, "p99": 0.0, "max": 0.0}, "undelivered": []}
"#;
    let other = STARTUP.replace("ff\"", "fe\"");
    for (text, words) in [
        (log(&[end]), ":2: the machine ended in order"),
        (log(&[&other]), ":2: a STARTUP of another history"),
        (LINES[0].to_owned(), ":1: the first line"),
        (
            STARTUP.replace("real", "virtual"),
            ":1: its time is virtual",
        ),
        (
            STARTUP.replace("\"seed\"", "\"sead\""),
            "the field \"seed\"",
        ),
        (log(&["{}\n"]), ":2: "),
        (
            log(&[LINES[1], LINES[1]]),
            ":3: old_clock is 0, and the clock before this line is 1",
        ),
        (
            log(&[&LINES[1].replace("5002", "5009")]),
            "localhost:5009 is not in the list of peers",
        ),
        (
            log(&[&LINES[0].replace("5003", "5009")]),
            "10.0.0.3:5009 is not in the list of peers",
        ),
        (
            log(&[&LINES[3].replace("\"machine_id\": 1", "\"machine_id\": 2")]),
            ":2: machine_id is 2",
        ),
    ] {
        let error = read(&text).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

/// A log of three starts, of which the first and the third connect to the second peer, the second to the first.
fn three_starts() -> Vec<String> {
    let startup =
        |clock: u64| STARTUP.replace("\"local_clock\": 0", &format!("\"local_clock\": {clock}"));
    let connect = |peer: &str| {
        LINES[0]
            .replace(r#"["10.0.0.3", 5003]"#, peer)
            .replace("\"peer_id\": 3", "\"peer_id\": 4")
    };
    let send = |old: u64| {
        let line = LINES[1].replace("\"old_clock\": 0", &format!("\"old_clock\": {old}"));
        line.replace("\"new_clock\": 1", &format!("\"new_clock\": {}", old + 1))
    };
    let (first, second) = (r#"["localhost", 5002]"#, r#"["10.0.0.3", 5003]"#);
    vec![
        STARTUP.into(),
        send(0),
        connect(second),
        send(1),
        startup(2),
        send(2),
        connect(first),
        send(3),
        startup(4),
        send(4),
        connect(second),
        send(5),
    ]
}

#[test]
fn what_can_have_left_ends_with_the_last_section_that_has_a_connection() {
    let lines = three_starts();
    let left = |count: usize| {
        let recovered = read(&lines[..count].concat()).unwrap().unwrap();
        recovered
            .past
            .peers
            .iter()
            .map(|peer| peer.left)
            .collect::<Vec<_>>()
    };
    let expected = [
        // What was sent before a connection stands may leave with it.
        [0, 0],
        [0, 0],
        [0, 1],
        [0, 2],
        [0, 2],
        [0, 2],
        [3, 2],
        [4, 2],
        [4, 2],
        [4, 2],
        [4, 5],
        [4, 6],
    ];
    for (count, expected) in expected.iter().enumerate() {
        assert_eq!(left(count + 1), expected, "{} lines", count + 1);
    }
}

#[test]
fn every_line_that_is_missing_or_altered_is_named() {
    let lines = [&[STARTUP], &LINES[..5]].concat();
    assert!(read(&lines.concat()).is_ok());
    // CONNECT stands in no chain, and without the last line it is a shorter log.
    for missing in 2..lines.len() - 1 {
        let mut rest = lines.clone();
        rest.remove(missing);
        let error = read(&rest.concat()).unwrap_err().to_string();
        let at = format!("machine_1.log:{}: old_clock is ", missing + 1);
        assert!(error.contains(&at), "{error}");
        assert!(
            error.contains("and the clock before this line is "),
            "{error}"
        );
    }
    for (line, from, to, words) in [
        (
            2,
            "\"new_clock\": 1",
            "\"new_clock\": 2",
            ":3: new_clock is 2, where SEND makes it 1",
        ),
        (
            3,
            "\"new_clock\": 9",
            "\"new_clock\": 8",
            ":4: new_clock is 8, where RECEIVE makes it 9",
        ),
        (
            3,
            "\"sent_clock\": 8",
            "\"sent_clock\": 5",
            ":4: new_clock is 9, where RECEIVE makes it 6",
        ),
        (
            4,
            "\"new_clock\": 10",
            "\"new_clock\": 99",
            ":5: new_clock is 99, where INTERNAL makes it 10",
        ),
        (
            5,
            "\"new_clock\": 11",
            "\"new_clock\": 12",
            ":6: new_clock is 12, where SEND makes it 11",
        ),
    ] {
        let mut lines: Vec<String> = lines.iter().map(|&line| line.into()).collect();
        assert!(lines[line].contains(from));
        lines[line] = lines[line].replace(from, to);
        let error = read(&lines.concat()).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    let again = LINES[2].replace(
        "\"old_clock\": 1, \"new_clock\": 9",
        "\"old_clock\": 9, \"new_clock\": 10",
    );
    let error = read(&log(&[LINES[0], LINES[1], LINES[2], &again]))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains(":5: sent_clock is 8, after 8 from machine 3"),
        "{error}"
    );
    let late = STARTUP.replace("\"local_clock\": 0", "\"local_clock\": 7");
    let error = read(&log(&[LINES[1], &late])).unwrap_err().to_string();
    assert!(
        error.contains(":3: local_clock is 7, and the clock before this line is 1"),
        "{error}"
    );
    for (count, list) in [(1, ""), (3, r#", ["10.0.0.3", 5003], ["localhost", 5009]"#)] {
        let other = STARTUP.replace(r#", ["10.0.0.3", 5003]"#, list);
        let error = read(&log(&[&other])).unwrap_err().to_string();
        assert!(
            error.contains(&format!(
                ":2: a STARTUP with {count} peers after one with 2"
            )),
            "{error}"
        );
    }
}

#[test]
fn a_peer_that_moved_keeps_its_place() {
    let elsewhere = |text: &str| text.replace(r#"["10.0.0.3", 5003]"#, r#"["10.0.0.9", 5009]"#);
    let again = elsewhere(STARTUP).replace("\"local_clock\": 0", "\"local_clock\": 1");
    let send = elsewhere(LINES[1]).replace(
        "\"old_clock\": 0, \"new_clock\": 1",
        "\"old_clock\": 1, \"new_clock\": 2",
    );
    let recovered = read(&log(&[LINES[1], &again, &elsewhere(LINES[0]), &send]))
        .unwrap()
        .unwrap();
    assert_eq!(recovered.peers[1], Place("10.0.0.9".into(), 5009));
    assert_eq!(recovered.past.peers[1].sent, [1, 2]);
    assert_eq!(recovered.past.peers[1].left, 2);
    assert_eq!(recovered.starts, 2);
    // Where it was, no one is.
    let old = LINES[1].replace(
        "\"old_clock\": 0, \"new_clock\": 1",
        "\"old_clock\": 1, \"new_clock\": 2",
    );
    let error = read(&log(&[LINES[1], &again, &old]))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains(":4: 10.0.0.3:5003 is not in the list of peers"),
        "{error}"
    );
}

#[test]
fn an_address_sent_to_by_hand_comes_behind_the_peers() {
    let by_hand = LINES[1]
        .replace("}\n", ", \"manual\": true}\n")
        .replace("5002", "5009");
    let connect = LINES[0].replace(r#"["10.0.0.3", 5003]"#, r#"["localhost", 5009]"#);
    let again = STARTUP.replace("\"local_clock\": 0", "\"local_clock\": 1");
    let recovered = read(&log(&[&by_hand, &connect, &again])).unwrap().unwrap();
    assert_eq!((recovered.declared, recovered.peers.len()), (2, 3));
    assert_eq!(recovered.peers[2], Place("localhost".into(), 5009));
    assert_eq!(recovered.past.peers[2].sent, [1]);
    assert_eq!(recovered.past.peers[2].left, 1);
    assert_eq!(recovered.past.peers[2].known, Some((3, Nonce(3))));
    assert!(recovered.past.peers[0].sent.is_empty());
    // STARTUP lists what the machine was made with, each time.
    let listed = again.replace("5003]", r#"5003], ["localhost", 5009]"#);
    let error = read(&log(&[&by_hand, &connect, &listed])).unwrap_err();
    assert!(
        error
            .to_string()
            .contains(":4: a STARTUP with 3 peers after one with 2"),
        "{error}"
    );
}

#[test]
fn when_ticking_began_is_not_taken_from_a_line_that_is_cut_off() {
    let unread = LINES[5].replace("}\n", ", \"began\": 1.100000}\n");
    let recovered = read(&log(&[LINES[0], &unread])).unwrap().unwrap();
    assert_eq!(recovered.began, None);
    assert_eq!(recovered.length as usize, log(&LINES[..1]).len());
    let send = LINES[1].replace("}\n", ", \"began\": 1.100000}\n");
    let recovered = read(&log(&[LINES[0], &send])).unwrap().unwrap();
    assert_eq!(recovered.began, Some(1_100_000));
}
