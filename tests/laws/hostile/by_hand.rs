//! Messages delivered by hand, beside those that channels bring.

use crate::lab::{
    Held, Lab, Line, PATIENCE, arrived, assert_warnings, open, send, start, timestamps, until,
};
use lamport::channel::wire::MAX_TIMESTAMP;
use lamport::drive::real::listen::Listening;
use lamport::drive::real::machine::{Config, Machine};
use lamport::model::node::Node;

fn receive(machine: &Machine) -> u64 {
    let event = machine.step(true, Node::receive).unwrap();
    event.expect("a message waits").new_clock()
}

/// A name given by hand is not a channel: all that the machine of that name sends still comes.
#[test]
fn what_is_delivered_in_the_name_of_a_sender_takes_nothing_from_its_channel() {
    for (by_hand, arrives_first) in [(30, false), (30, true), (5, false), (5, true)] {
        let lab = Lab::new();
        let address = Held::new().address();
        let config = |resume| Config {
            resume,
            listening: Listening::On {
                host: Some("127.0.0.1".into()),
                port: address.port,
            },
            ..lab.config(1, vec![])
        };
        let receiver = open(config(false));
        let sender = open(lab.config(2, vec![address.clone()]));
        let mut sent = Vec::new();
        if arrives_first {
            sent.extend(send(&sender, 5));
            until("they arrive", || receiver.queue_len() == 5);
        }
        receiver.deliver_by_hand(Some(2), by_hand).unwrap();
        // All but the one by hand die with the process if they came first and are not received.
        while receiver.queue_len() > 0 {
            receive(&receiver);
            if by_hand == 30 {
                break;
            }
        }
        if by_hand == 30 && !arrives_first {
            assert_eq!(receiver.local_clock(), 31);
        }
        receiver.abandon();
        let receiver = open(config(true));
        sent.extend(send(&sender, 40));
        let received = |machine: &Machine| {
            let text = std::fs::read_to_string(lab.log(1)).unwrap();
            let by_channel = |line: &&str| line.contains("RECEIVE") && !line.contains("by_hand");
            text.lines().filter(by_channel).count() + machine.queue_len() as usize
        };
        until("all arrive", || received(&receiver) == sent.len());
        assert_warnings(sender.take_warnings(), &[]);
        for machine in [&sender, &receiver] {
            assert!(start(machine, 0.1).join(Some(PATIENCE)).unwrap());
        }
        let mut lines = lab.lines(1);
        lines.retain(|line| line["by_hand"].is_null());
        assert_eq!(arrived(&lines), sent);
        assert_eq!(timestamps(&lab.lines(2), "SEND"), sent);
    }
}

#[test]
fn a_receipt_by_hand_is_not_acknowledged() {
    let lab = Lab::new();
    let machine = open(lab.config(1, vec![]));
    let (mut line, _) = Line::sender(&machine, 2, 7, 7);
    machine.deliver_by_hand(Some(2), 5).unwrap();
    for timestamp in 1..=6 {
        line.say(&format!("{timestamp}:2\n"));
    }
    until("all arrive", || machine.queue_len() == 7);
    // The one by hand came first.
    assert_eq!(receive(&machine), 6);
    assert_eq!(receive(&machine), 7);
    // What is said now is of the first message of the channel.
    line.say("7:2\n");
    until("it arrives", || machine.queue_len() == 6);
    loop {
        let ack = line.hear().unwrap();
        let marks: Vec<u64> = ack[4..]
            .split(' ')
            .map(|mark| mark.parse().unwrap())
            .collect();
        assert!(marks[0] <= 1, "{ack}");
        if marks == [1, 7] {
            break;
        }
    }
    machine.abandon();
}

/// What a peer would refuse is not sent, and what would lead there is not taken by hand.
#[test]
fn a_clock_at_the_end_of_its_range_makes_no_message_that_peers_refuse() {
    let lab = Lab::new();
    let own = Held::new();
    let machine = open(lab.config(1, vec![own.address()]));
    let peer = own.listen();
    let error = machine
        .deliver_by_hand(None, MAX_TIMESTAMP + 1)
        .unwrap_err();
    let words = "the largest is 9007194959773695 (2^53 - 2^32 - 1)";
    assert!(error.to_string().contains(words), "{error}");
    machine.deliver_by_hand(None, MAX_TIMESTAMP - 2).unwrap();
    assert_eq!(receive(&machine), MAX_TIMESTAMP - 1);
    assert_eq!(send(&machine, 1), [MAX_TIMESTAMP]);
    for _ in 0..2 {
        let step = machine.step(true, |node, _| Some(node.internal()));
        let error = step.unwrap_err().to_string();
        assert!(error.contains("its clock is 9007194959773695"), "{error}");
    }
    assert_eq!(machine.local_clock(), MAX_TIMESTAMP);
    let mut line = Line::from(&peer);
    line.hear().unwrap();
    line.say("ok 2 0000000000000007 0 0\n");
    assert_eq!(line.hear().unwrap(), format!("{MAX_TIMESTAMP}:1"));
    line.say(&format!("ack {MAX_TIMESTAMP} {MAX_TIMESTAMP}\n"));
    let end = std::thread::spawn({
        let machine = machine.clone();
        move || machine.finish()
    });
    assert_eq!(line.hear(), None);
    drop(line);
    end.join().unwrap().unwrap();
    lab.lines(1);
}

#[test]
fn a_machine_that_ticks_stops_at_the_end_of_the_range_with_an_error() {
    let lab = Lab::new();
    let machine = open(lab.config(1, vec![]));
    machine.deliver_by_hand(None, MAX_TIMESTAMP - 3).unwrap();
    let error = start(&machine, 0.5).join(Some(PATIENCE)).unwrap_err();
    assert!(error.to_string().contains("its clock is"), "{error}");
    assert_eq!(machine.local_clock(), MAX_TIMESTAMP);
}
