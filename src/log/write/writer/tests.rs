//! The lines of a log, to the byte.

use super::*;
use crate::log::line::{End, HeardOf, Quantiles};
use crate::model::address::Address;
use crate::model::behavior::Behavior;
use crate::model::handled::Caused;
use crate::model::lateness::Summary;
use crate::model::manner::Manner;
use crate::model::nonce::Nonce;
use crate::model::timers::SetTimer;

fn lines(entries: &[Entry]) -> Vec<String> {
    let peers = [
        Address::new("localhost", 5002).unwrap(),
        Address::new("10.0.0.3", 5003).unwrap(),
    ];
    let mut formatter = Formatter::new(
        1,
        1_677_782_102_000_000_000,
        peers.iter().map(Place::at).collect(),
    );
    let mut out = Vec::new();
    for entry in entries {
        formatter.format(entry, &mut out);
    }
    String::from_utf8(out)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

fn event(event: Event) -> Entry {
    Entry {
        time: 954_512_999,
        what: What::Event {
            event,
            manual: false,
        },
    }
}

#[test]
fn a_send_has_the_fields_order_and_spacing_of_the_sample() {
    let send = |recipients| {
        event(Event::Send {
            old_clock: 5,
            new_clock: 6,
            recipients,
        })
    };
    let connect = What::Connect {
        peer: 0,
        peer_id: 2,
        peer_history: Nonce(10),
    };
    let got = lines(&[
        send(Recipients::One(0)),
        Entry {
            time: 0,
            what: connect,
        },
        send(Recipients::All),
    ]);
    assert_eq!(
        got,
        [
            r#"{"event": "SEND", "system_time": 1677782102.954512, "machine_id": 1, "old_clock": 5, "new_clock": 6, "recipients": [["localhost", 5002]], "recipient_ids": [null]}"#,
            r#"{"event": "CONNECT", "system_time": 1677782102.000000, "machine_id": 1, "peer": ["localhost", 5002], "peer_id": 2, "peer_history": "000000000000000a"}"#,
            r#"{"event": "SEND", "system_time": 1677782102.954512, "machine_id": 1, "old_clock": 5, "new_clock": 6, "recipients": [["localhost", 5002], ["10.0.0.3", 5003]], "recipient_ids": [2, null]}"#,
        ]
    );
}

#[test]
fn the_other_lines_have_theirs() {
    let message = Message::new(2, 9, 1_500_000_000);
    let by_hand = Message::by_hand(None, 9, 1_500_000_000);
    let named = Message::by_hand(Some(2), 9, 1_500_000_000);
    let receive = |message| Event::Receive {
        old_clock: 6,
        new_clock: 10,
        queue_len: 3,
        message,
    };
    let startup = Startup {
        clock_rate: Some(2.5),
        local_clock: Some(0),
        history: Some(json(Nonce(255))),
        listen: Some(Place::at(&Address::new("127.0.0.1", 5001).unwrap())),
        peers: Vec::new(),
        run_id: Some("lab".into()),
        seed: Some(7),
        probabilities: Behavior::new(0.7, 0.25).unwrap().into(),
        manner: Manner::default(),
        is_virtual: false,
        version: None,
        algorithm: None,
        arguments: None,
        python: None,
    };
    let end = End {
        final_clock: 10,
        queue_len: Some(1),
        ticks: Some(2),
        lateness: Some(Quantiles::from(Summary {
            p50: 61_999,
            p99: 1_000_000_000,
            max: 1_000_001_000,
        })),
        undelivered: Some(vec![(Some(2), 4), (None, 1)]),
        heard: Some(vec![HeardOf {
            peer_id: 2,
            sent_clock: 17,
            took: 312,
        }]),
    };
    let entry = |what| Entry {
        time: 2_000_000_000,
        what,
    };
    let got = lines(&[
        entry(What::Startup(Box::new(startup))),
        event(Event::Internal {
            old_clock: 5,
            new_clock: 6,
        }),
        event(receive(message)),
        entry(What::Event {
            event: receive(by_hand),
            manual: true,
        }),
        entry(What::Event {
            event: receive(named),
            manual: true,
        }),
        entry(What::Unread(message)),
        entry(What::Unread(named)),
        entry(What::End(Box::new(end))),
    ]);
    assert_eq!(got, [
        format!(r#"{{"event": "STARTUP", "system_time": 1677782104.000000, "machine_id": 1, "clock_rate": 2.5, "local_clock": 0, "history": "00000000000000ff", "listen": ["127.0.0.1", 5001], "peers": [["localhost", 5002], ["10.0.0.3", 5003]], "run_id": "lab", "seed": 7, "internal_probability": 0.7, "broadcast_share": 0.25, "time": "real", "version": "{VERSION}"}}"#),
        r#"{"event": "INTERNAL", "system_time": 1677782102.954512, "machine_id": 1, "old_clock": 5, "new_clock": 6}"#.into(),
        r#"{"event": "RECEIVE", "system_time": 1677782102.954512, "machine_id": 1, "old_clock": 6, "new_clock": 10, "queue_len": 3, "sender": 2, "sent_clock": 9, "arrival_time": 1677782103.500000}"#.into(),
        r#"{"event": "RECEIVE", "system_time": 1677782104.000000, "machine_id": 1, "old_clock": 6, "new_clock": 10, "queue_len": 3, "sender": null, "sent_clock": 9, "arrival_time": 1677782103.500000, "manual": true}"#.into(),
        r#"{"event": "RECEIVE", "system_time": 1677782104.000000, "machine_id": 1, "old_clock": 6, "new_clock": 10, "queue_len": 3, "sender": 2, "sent_clock": 9, "arrival_time": 1677782103.500000, "by_hand": true, "manual": true}"#.into(),
        r#"{"event": "UNREAD", "system_time": 1677782104.000000, "machine_id": 1, "sender": 2, "sent_clock": 9, "arrival_time": 1677782103.500000}"#.into(),
        r#"{"event": "UNREAD", "system_time": 1677782104.000000, "machine_id": 1, "sender": 2, "sent_clock": 9, "arrival_time": 1677782103.500000, "by_hand": true}"#.into(),
        r#"{"event": "END", "system_time": 1677782104.000000, "machine_id": 1, "final_clock": 10, "queue_len": 1, "ticks": 2, "lateness": {"p50": 0.000061, "p99": 1.000000, "max": 1.000001}, "undelivered": [[2, 4], [null, 1]], "heard": [[2, 17, 0.000312]]}"#.into(),
    ]);
}

#[test]
fn the_first_line_from_the_beginning_of_ticking_on_says_when_that_was() {
    let mut formatter = Formatter::new(1, 1_677_782_102_000_000_000, Vec::new());
    let internal = |time, manual| Entry {
        time,
        what: What::Event {
            event: Event::Internal {
                old_clock: 5,
                new_clock: 6,
            },
            manual,
        },
    };
    let mut line = |entry: &Entry| {
        let mut out = Vec::new();
        formatter.format(entry, &mut out);
        let line = String::from_utf8(out).unwrap();
        let fields = line.split_once("\"new_clock\": 6").unwrap().1;
        // Ticking is told to begin when there are lines already.
        if !line.contains("102.5") {
            formatter.begin(1_677_782_103_000_007);
        }
        fields.to_owned()
    };
    assert_eq!(line(&internal(1_000_006_999, false)), "}\n");
    assert_eq!(
        line(&internal(1_000_006_999, true)),
        ", \"manual\": true}\n"
    );
    let began = ", \"manual\": true, \"began\": 1677782103.000007}\n";
    assert_eq!(line(&internal(1_000_007_000, true)), began);
    let mut once = Vec::new();
    let mut formatter = Formatter::new(1, 0, Vec::new());
    formatter.begin(0);
    for time in [0, 1] {
        formatter.format(&internal(time, false), &mut once);
    }
    let text = String::from_utf8(once).unwrap();
    assert_eq!(text.matches("\"began\": 0.000000}\n").count(), 1);
}

#[test]
fn a_step_is_the_line_of_its_event_and_one_for_each_send() {
    let internal = |cause| HandledStep {
        cause,
        event: Event::Internal {
            old_clock: 5,
            new_clock: 6,
        },
        caused: Vec::new(),
        state: None,
        is_manual: false,
    };
    let caused = |new_clock, recipients, body: Option<&str>| Caused {
        new_clock,
        recipients,
        body: body.map(Into::into),
    };
    let start = HandledStep {
        caused: vec![
            caused(7, Recipients::All, Some(r#"["ask", 1]"#)),
            caused(8, Recipients::One(1), None),
        ],
        state: Some(r#"{"held": false}"#.into()),
        ..internal(Cause::Start)
    };
    let timer = internal(Cause::Timer(SetTimer {
        name: "a \"b\"".into(),
        due: 1_677_782_101_000_007,
        order: 3,
    }));
    let received = HandledStep {
        cause: Cause::Message,
        event: Event::Receive {
            old_clock: 8,
            new_clock: 10,
            queue_len: 0,
            message: Message::by_hand_saying(Some("1".into()), Some(2), 9, 1_500_000_000),
        },
        state: Some("{}".into()),
        is_manual: true,
        ..internal(Cause::Idle)
    };
    let mut formatter = Formatter::new(
        1,
        1_677_782_102_000_000_000,
        [2, 3].map(Place::in_virtual_time).into(),
    );
    formatter.begin(1_677_782_102_000_000);
    let mut out = Vec::new();
    for step in [start, timer, internal(Cause::Idle), received] {
        let what = What::Step(Box::new(step));
        formatter.format(&Entry { time: 0, what }, &mut out);
    }
    let head = |event: &str| {
        format!(r#"{{"event": "{event}", "system_time": 1677782102.000000, "machine_id": 1"#)
    };
    let [internal, send, receive] = ["INTERNAL", "SEND", "RECEIVE"].map(head);
    let expected = [
        format!(
            r#"{internal}, "old_clock": 5, "new_clock": 6, "start": true, "state": {{"held": false}}, "began": 1677782102.000000}}"#
        ),
        format!(
            r#"{send}, "old_clock": 6, "new_clock": 7, "recipients": [["virtual", 2], ["virtual", 3]], "recipient_ids": [null, null], "caused": true, "body": ["ask", 1]}}"#
        ),
        format!(
            r#"{send}, "old_clock": 7, "new_clock": 8, "recipients": [["virtual", 3]], "recipient_ids": [null], "caused": true}}"#
        ),
        format!(
            r#"{internal}, "old_clock": 5, "new_clock": 6, "timer": "a \"b\"", "due": 1677782101.000007}}"#
        ),
        format!(r#"{internal}, "old_clock": 5, "new_clock": 6}}"#),
        format!(
            r#"{receive}, "old_clock": 8, "new_clock": 10, "queue_len": 0, "sender": 2, "sent_clock": 9, "arrival_time": 1677782103.500000, "by_hand": true, "body": 1, "state": {{}}, "manual": true}}"#
        ),
    ];
    let got = String::from_utf8(out).unwrap();
    assert_eq!(got.lines().collect::<Vec<_>>(), expected);
}
