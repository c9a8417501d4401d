//! Those who talk to a machine with an algorithm.

use lamport::drive::real::algorithm::{AlgorithmConfig, BoxedHandler, HandlerFailure};
use lamport::drive::real::machine::{Config, Machine};
use lamport::model::handler::{Call, Effects, Handler, Moment};
use serde_json::Value;

use crate::lab::{Line, arrived, assert_no_stall, assert_warnings, attacked_as, hello};

const HELLO: &str = "lamport/2 lab 2 0000000000000007 0000000000000007\n";

/// Does nothing, at every tick.
struct Idle;

impl Handler for Idle {
    type Error = HandlerFailure;

    fn has_idle(&self) -> bool {
        true
    }

    fn handle(&mut self, _: &Moment, _: Call<'_>, _: &mut Effects) -> Result<(), HandlerFailure> {
        Ok(())
    }
}

/// A machine with an algorithm under attack: its warnings and its log.
fn attacked(attack: impl FnOnce(&Machine)) -> (Vec<String>, Vec<Value>) {
    let kind = |config| Config {
        algorithm: Some(AlgorithmConfig {
            maker: Box::new(|_, _| Ok(Box::new(Idle) as BoxedHandler)),
            name: None,
            arguments: None,
            python: None,
            inputs: Vec::new(),
        }),
        ..config
    };
    let (warnings, lines) = attacked_as(kind, 0.3, attack);
    assert_no_stall(&lines);
    (warnings, lines)
}

/// Says `bytes` after a hello as machine 2; the machine must close and warn once. The bodies that got in.
fn as_sender(bytes: &[u8], words: &str) -> Vec<Value> {
    let (warnings, lines) = attacked(|machine| {
        let mut line = Line::to(machine);
        line.say(HELLO);
        assert!(line.hear().unwrap().starts_with("ok 1 "));
        line.bytes(bytes);
        line.closed();
    });
    assert!(
        warnings[0].contains("machine 2 at 127.0.0.1: "),
        "{warnings:?}"
    );
    assert_warnings(warnings, &[words]);
    let received = lines.iter().filter(|line| line["event"] == "RECEIVE");
    received.map(|line| line["body"].clone()).collect()
}

#[test]
fn what_is_no_body_ends_the_connection_and_not_the_machine() {
    let deep = format!("1:2 {}\n", "[".repeat(200));
    let long = format!("1:2 \"{}\"\n", "x".repeat(65_536));
    let endless = vec![b'7'; 100_000];
    for (bytes, words) in [
        (
            &b"1:2 \n"[..],
            "what \"1:2 \" says is not a value as JSON: it ends",
        ),
        (b"1:2 {\"a\": 1\n", "it ends after 7 bytes, within a value"),
        (b"1:2 [NaN]\n", "byte 1 is not what JSON has there"),
        (b"1:2 1e999\n", "too large for a float"),
        (b"1:2 \"\\ud800\"\n", "half of a pair of surrogates"),
        (b"1:2 \"\x1b[2J\"\n", "byte 1 is a control character"),
        (b"1:2 \"\xff\"\n", "it is not UTF-8"),
        (b"1:2 1\r\n", "byte 1 is a control character"),
        (b"1:2 \"a\" \n", "byte 3 is not what JSON has there"),
        (b"1:3 1\n", "names another sender"),
        (
            deep.as_bytes(),
            "more than 100 lists and objects within each other",
        ),
        (
            long.as_bytes(),
            "it has 65538 bytes, and a body at most 65536",
        ),
        (&endless, "a line of more than 65792 bytes"),
    ] {
        assert_eq!(as_sender(bytes, words), Vec::<Value>::new());
    }
}

#[test]
fn what_came_before_is_received_with_its_body_however_it_is_cut() {
    let long = "y".repeat(65_534);
    let all = format!("1:2 {{\"a\": [1, null]}}\n2:2\n3:2 \"{long}\"\n4:2 ]\n");
    let (warnings, lines) = attacked(|machine| {
        let mut line = Line::to(machine);
        // Byte by byte, then in pieces.
        HELLO.bytes().for_each(|byte| line.bytes(&[byte]));
        assert!(line.hear().unwrap().starts_with("ok 1 "));
        let (first, rest) = all.split_at(30);
        first.bytes().for_each(|byte| line.bytes(&[byte]));
        for piece in rest.as_bytes().chunks(1000) {
            line.bytes(piece);
        }
        line.closed();
    });
    assert_warnings(warnings, &["machine 2 at 127.0.0.1: what \"4:2 ]\" says"]);
    assert_eq!(arrived(&lines), [1, 2, 3]);
    let received = lines.iter().filter(|line| line["event"] == "RECEIVE");
    let bodies: Vec<&Value> = received.map(|line| &line["body"]).collect();
    let expected = [
        serde_json::json!({"a": [1, null]}),
        Value::Null,
        long.into(),
    ];
    assert!(
        bodies
            .iter()
            .zip(&expected)
            .all(|(body, expected)| *body == expected)
    );
}

#[test]
fn a_long_line_before_the_answer_to_a_hello_is_too_long() {
    for first in ["", HELLO] {
        let (warnings, lines) = attacked(|machine| {
            let mut line = Line::to(machine);
            line.say(&format!("{first}1:2 \"{}\"\n", "z".repeat(300)));
            line.closed();
        });
        assert_warnings(warnings, &["a line of more than 256 bytes"]);
        assert!(arrived(&lines).is_empty());
    }
}

#[test]
fn a_machine_without_an_algorithm_is_refused_by_name() {
    let (warnings, lines) = attacked(|machine| {
        let mut line = Line::to(machine);
        line.say(&hello("lab", 2, 7, 7));
        let answer = line.hear().unwrap();
        let words = "no this machine, 2, has no algorithm, and machine 1 has an algorithm: give all machines";
        assert!(answer.starts_with(words), "{answer}");
        line.closed();
    });
    let words = "machine 2 has no algorithm, and this machine, 1, has an algorithm: give all machines of a run";
    assert_warnings(warnings, &[words]);
    assert!(arrived(&lines).is_empty());
}
