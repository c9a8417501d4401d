//! Clients that connect to a machine.

use std::io::Write;
use std::net::Shutdown;

use crate::lab::{
    Lab, Line, PATIENCE, arrived, assert_warnings, attacked, ended_unreached, hello, open,
    resident, send, start, timestamps, undelivered, until,
};
use lamport::drive::real::clock::ProcessClock;
use lamport::drive::real::machine::Config;
use lamport::log::read::open_files;

/// Says `bytes` before any hello; the machine must close and warn once with `words`.
fn as_stranger(bytes: &[u8], words: &str) {
    let (warnings, lines) = attacked(0.3, |machine| {
        let mut line = Line::to(machine);
        line.bytes(bytes);
        line.closed();
    });
    assert_warnings(warnings, &[words]);
    assert!(arrived(&lines).is_empty());
}

/// Says `bytes` after a hello as machine 2; likewise. Returns what got in.
fn as_sender(bytes: &[u8], words: &str) -> Vec<u64> {
    let (warnings, lines) = attacked(0.3, |machine| {
        let (mut line, _) = Line::sender(machine, 2, 7, 7);
        line.bytes(bytes);
        line.closed();
    });
    let about = format!("machine 2 at 127.0.0.1: {words}");
    let about = if words.is_empty() {
        "machine 2 at 127.0.0.1"
    } else {
        &about
    };
    assert_warnings(warnings, &[about]);
    arrived(&lines)
}

#[test]
fn what_is_no_hello_is_named_once() {
    for (bytes, words) in [
        (
            &b"GET / HTTP/1.1\r\nHost: lab\r\n\r\n"[..],
            "is not a hello",
        ),
        (b"\n\n\n\n", "is not a hello"),
        (
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\xff\xfe\n",
            "is not a hello",
        ),
        (
            b"lamport/3 lab 2 0000000000000007 0000000000000007\n",
            "is not a hello",
        ),
        (
            b"lamport/2 lab 2 0000000000000007 0000000000000007\n",
            "machine 2 has an algorithm, and this machine, 1, has no algorithm",
        ),
        (
            b"lamport/1 lab -2 0000000000000007 0000000000000007\n",
            "is not a hello",
        ),
        (
            b"lamport/1 lab 9007199254740992 0000000000000007 0000000000000007\n",
            "is not a hello",
        ),
        (b"lamport/1 lab 2 7 7\n", "is not a hello"),
        (
            b"lamport/1 lab 2 0000000000000007 0000000000000007\r\n",
            "ends with \\r\\n: a line ends with \\n alone",
        ),
        (b"5:2\n", "is not a hello"),
        // What a terminal would obey must not come through.
        (
            b"lamport/1 \x1b[2J\x07 2 0000000000000007 0000000000000007\n",
            "is not a hello",
        ),
        (&[b'x'; 257], "more than 256 bytes"),
    ] {
        as_stranger(bytes, words);
    }
}

#[test]
fn a_line_without_end_costs_nothing() {
    let before = resident();
    let (warnings, _) = attacked(0.5, |machine| {
        let mut line = Line::to(machine);
        let block = [b'7'; 1 << 12];
        while line.stream.write_all(&block).is_ok() {}
    });
    assert_warnings(warnings, &["more than 256 bytes"]);
    let (warnings, _) = attacked(0.5, |machine| {
        let (mut line, _) = Line::sender(machine, 2, 7, 7);
        let block = [b'7'; 1 << 12];
        while line.stream.write_all(&block).is_ok() {}
    });
    assert_warnings(warnings, &["more than 256 bytes"]);
    let grown = resident().saturating_sub(before);
    assert!(grown < 200_000, "{grown} kB");
}

#[test]
fn what_is_no_message_ends_the_connection_and_keeps_what_came_before() {
    for (bytes, words, arrives) in [
        (
            &b"5:2\nnonsense\n"[..],
            "\"nonsense\" is not a message",
            &[5][..],
        ),
        (
            b"5:2\n99999999999999999999:2\n",
            "\"99999999999999999999:2\" is not a message",
            &[5],
        ),
        (
            b"9007199254740992:2\n",
            "\"9007199254740992:2\" is not a message",
            &[],
        ),
        (b"-5:2\n", "\"-5:2\" is not a message", &[]),
        (b"0:2\n", "\"0:2\" is not a message", &[]),
        (b"5:2\n9:2\n4:2\n10:2\n", "timestamp 4 after 9", &[5, 9]),
        (b"5:2\n5:2\n", "timestamp 5 after 5", &[5]),
        (b"5:3\n", "\"5:3\" names another sender", &[]),
        (b"5:2\n\xff\xfe\xfd\n", "", &[5]),
        (
            b"lamport/1 lab 2 0000000000000007 0000000000000007\n",
            "",
            &[],
        ),
    ] {
        assert_eq!(as_sender(bytes, words), arrives, "{words}");
    }
}

#[test]
fn a_machine_of_another_run_or_with_my_id_is_told_why() {
    for (run_id, id, answer, words) in [
        (
            "other",
            2,
            "it belongs to another run",
            "it belongs to run other, this machine to run lab",
        ),
        (
            "lab",
            1,
            "duplicate id: another machine 1 is connected",
            "duplicate id: this machine is machine 1 too",
        ),
    ] {
        let (warnings, _) = attacked(0.3, |machine| {
            for _ in 0..3 {
                let mut line = Line::to(machine);
                line.say(&hello(run_id, id, 7, 7));
                assert_eq!(line.hear(), Some(format!("no {answer}")));
                // What a refused client goes on saying is nobody's business.
                line.bytes(&[b'x'; 1000]);
                assert_eq!(line.hear(), None);
            }
        });
        assert_warnings(warnings, &[words]);
    }
}

#[test]
fn a_second_machine_with_an_id_is_refused_and_both_sides_say_so() {
    let lab = Lab::new();
    let receiver = open(lab.config(1, vec![]));
    let peers = vec![crate::lab::loopback(receiver.port())];
    let first = open(lab.config(2, peers.clone()));
    // A hello alone would not hold its id.
    send(&first, 3);
    until("it has spoken", || receiver.queue_len() == 3);
    let second = open(Config {
        log: lab.log(3),
        ..lab.config(2, peers)
    });
    let machines = [&receiver, &first, &second];
    let [running @ .., refused] = machines.map(|machine| start(machine, 0.5));
    send(&second, 3);
    for running in running {
        assert!(running.join(Some(PATIENCE)).unwrap());
    }
    ended_unreached(&refused, "it refused this machine: ");
    let mut warnings = receiver.take_warnings();
    // The first may be gone when the second tries once more.
    warnings.retain(|text| !text.contains("came back without its history"));
    assert_warnings(warnings, &["refused machine 2 at 127.0.0.1: duplicate id"]);
    assert_warnings(first.take_warnings(), &[]);
    assert_warnings(
        second.take_warnings(),
        &[
            "it refused this machine: duplicate id",
            "did not connect within",
        ],
    );
    assert_eq!(arrived(&lab.lines(1)), timestamps(&lab.lines(2), "SEND"));
    assert_eq!(undelivered(&lab.lines(3), None), 3);
}

#[test]
fn machines_that_are_each_others_peers_with_one_id_both_say_so() {
    let lab = Lab::new();
    let held = crate::lab::Held::new();
    let first = open(lab.config(1, vec![held.address()]));
    let second = open(Config {
        log: lab.log(2),
        listening: lamport::drive::real::listen::Listening::Bound(held.listen()),
        ..lab.config(1, vec![crate::lab::loopback(first.port())])
    });
    for running in [&first, &second].map(|machine| start(machine, 0.5)) {
        ended_unreached(&running, "it refused this machine: duplicate id");
    }
    for machine in [first, second] {
        let warnings = machine.take_warnings();
        assert!(
            warnings
                .iter()
                .any(|text| text.contains("refused this machine: duplicate id"))
        );
        assert!(
            warnings
                .iter()
                .any(|text| text.contains("refused machine 1 at 127.0.0.1"))
        );
    }
}

#[test]
fn half_open_connections_are_let_go() {
    let (warnings, _) = attacked(5.5, |machine| {
        let mut silent = Line::to(machine);
        let (idle, _) = Line::sender(machine, 2, 7, 7);
        let mut gone = Line::to(machine);
        gone.stream.shutdown(Shutdown::Write).unwrap();
        gone.closed();
        let mut torn = Line::to(machine);
        torn.say("lamport/1 la");
        torn.stream.shutdown(Shutdown::Write).unwrap();
        torn.closed();
        silent.closed();
        // It stays to the end and delays that by a second at most.
        std::mem::forget(idle);
    });
    assert_warnings(warnings, &["from 127.0.0.1 that said no hello in time"]);
}

#[test]
fn a_thousand_idle_connections_are_bounded() {
    open_files::ensure(3000, "or leave this test out").unwrap();
    let before = resident();
    let mut took = 0;
    let (mut warnings, lines) = attacked(1.0, |machine| {
        let before = ProcessClock::of_process().now();
        let crowd: Vec<Line> = (0..1000).map(|_| Line::to(machine)).collect();
        // A machine that has something to say is still heard.
        let (mut line, _) = Line::sender(machine, 2, 7, 7);
        line.say("5:2\n");
        line.acknowledged(5, 5);
        drop(crowd);
        took = ProcessClock::of_process().now() - before;
    });
    // On a host so busy that it takes longer than a hello may, those that stayed are silent too.
    let is_slow = took > 4_000_000_000;
    warnings.retain(|text| !is_slow || !text.contains("said no hello in time"));
    assert_warnings(
        warnings,
        &["connections said nothing; the oldest was closed"],
    );
    assert_eq!(timestamps(&lines, "RECEIVE"), [5]);
    let grown = resident().saturating_sub(before);
    assert!(grown < 200_000, "{grown} kB");
}

#[test]
fn a_client_that_never_reads_its_acknowledgements_is_heard() {
    let before = resident();
    let (warnings, lines) = attacked(1.0, |machine| {
        let mut line = Line::to(machine);
        line.say(&hello("lab", 2, 7, 7));
        for timestamp in 1..=20_000 {
            line.say(&format!("{timestamp}:2\n"));
        }
        // The end of the machine closes it.
        std::mem::forget(line);
    });
    assert_warnings(warnings, &[]);
    assert_eq!(arrived(&lines), (1..=20_000).collect::<Vec<_>>());
    let grown = resident().saturating_sub(before);
    assert!(grown < 200_000, "{grown} kB");
}

#[test]
fn the_cuts_of_segments_do_not_matter() {
    let (warnings, lines) = attacked(0.5, |machine| {
        let mut slow = Line::to(machine);
        for byte in hello("lab", 2, 7, 7).bytes().chain(*b"5:2\n6:2\n") {
            slow.bytes(&[byte]);
        }
        assert!(slow.hear().unwrap().starts_with("ok 1 "));
        slow.acknowledged(6, 6);
        let mut hasty = Line::to(machine);
        hasty.say(&(hello("lab", 3, 7, 7) + "5:3\n6:3\n7:3\n"));
        assert!(hasty.hear().unwrap().starts_with("ok 1 "));
        hasty.acknowledged(7, 7);
    });
    assert_warnings(warnings, &[]);
    assert_eq!(timestamps(&lines, "RECEIVE"), [5, 6, 5, 6, 7]);
}

#[test]
fn the_same_instance_replaces_its_connection_and_another_does_not() {
    let (warnings, lines) = attacked(0.5, |machine| {
        let (mut old, marks) = Line::sender(machine, 2, 7, 8);
        assert_eq!(marks, [0, 0]);
        old.say("5:2\n");
        old.acknowledged(5, 5);
        let mut other = Line::to(machine);
        other.say(&hello("lab", 2, 7, 9));
        assert_eq!(
            other.hear().unwrap(),
            "no duplicate id: another machine 2 is connected"
        );
        let (mut new, marks) = Line::sender(machine, 2, 7, 8);
        assert_eq!(marks, [5, 5]);
        old.closed();
        // What the machine has already is sent again by no honest machine, and does no harm.
        new.say("4:2\n5:2\n6:2\n");
        new.acknowledged(6, 6);
        // Its process died: another instance may go on.
        drop(new);
        let mut next = None;
        until("the old connection is gone", || {
            let mut line = Line::to(machine);
            line.say(&hello("lab", 2, 7, 9));
            let is_ok = line.hear().unwrap().starts_with("ok ");
            next = Some(line);
            is_ok
        });
        let mut next = next.unwrap();
        next.say("7:2\n");
        next.acknowledged(7, 7);
    });
    assert_warnings(warnings, &["duplicate id: another machine 2 is connected"]);
    assert_eq!(timestamps(&lines, "RECEIVE"), [5, 6, 7]);
}

#[test]
fn a_sender_that_lost_its_history_is_refused_with_one_warning() {
    let (warnings, _) = attacked(0.5, |machine| {
        let (mut line, _) = Line::sender(machine, 2, 7, 8);
        line.say("5:2\n");
        line.acknowledged(0, 5);
        line.stream.shutdown(Shutdown::Write).unwrap();
        line.closed();
        for _ in 0..5 {
            let mut line = Line::to(machine);
            line.say(&hello("lab", 2, 70, 80));
            let answer = line.hear().unwrap();
            assert!(
                answer.starts_with("no machine 2 came back without its history"),
                "{answer}"
            );
            assert_eq!(line.hear(), None);
        }
    });
    assert_warnings(warnings, &["machine 2 came back without its history"]);
}

#[test]
fn who_is_no_peer_is_refused_by_address() {
    let lab = Lab::new();
    let machine = open(Config {
        allowed: vec![],
        ..lab.config(1, vec!["192.0.2.1:9".parse().unwrap()])
    });
    let running = start(&machine, 0.5);
    for _ in 0..3 {
        let mut line = Line::to(&machine);
        line.say(&hello("lab", 2, 7, 7));
        assert_eq!(line.hear().unwrap(), "no its address is not one of a peer");
        assert_eq!(line.hear(), None);
    }
    ended_unreached(&running, "no connection to 192.0.2.1:9 ever worked");
    assert_warnings(
        machine.take_warnings(),
        &[
            "refused a connection from 127.0.0.1",
            "did not connect within",
        ],
    );
    assert_eq!(lab.lines(1).last().unwrap()["ticks"], 25);
}
