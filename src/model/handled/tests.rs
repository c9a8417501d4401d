use std::convert::Infallible;

use proptest::prelude::*;

use super::*;
use crate::model::handler::Handler;
use crate::model::message::Message;
use crate::model::relive::{Follows, difference};
use crate::model::timers::TimerChange;

/// Does to each call what a list says, and remembers the calls.
#[derive(Default)]
struct Scripted {
    has_idle: bool,
    calls: Vec<String>,
    timers: Vec<(&'static str, Micros)>,
    sends: usize,
}

impl Handler for Scripted {
    type Error = Infallible;

    fn has_idle(&self) -> bool {
        self.has_idle
    }

    fn handle(
        &mut self,
        moment: &Moment,
        call: Call<'_>,
        effects: &mut Effects,
    ) -> Result<(), Infallible> {
        let what = match call {
            Call::Start => "start".to_owned(),
            Call::Message { sender, body } => format!("{sender:?} says {body:?}"),
            Call::Timer(name) => format!("timer {name}"),
            Call::Idle => "idle".to_owned(),
        };
        self.calls.push(format!("{} {what}", moment.now));
        for (name, after) in self.timers.drain(..) {
            effects.timers.push(TimerChange::Set(name.into(), after));
        }
        for _ in 0..std::mem::take(&mut self.sends) {
            effects.sends.push((Recipients::All, Some("1".into())));
        }
        Ok(())
    }
}

fn machine() -> Handled {
    Handled::new(Generator::new(1, 1, 0), 0)
}

fn step(machine: &mut Handled, time: Nanos, handler: &mut Scripted) -> Option<HandledStep> {
    let begun = machine.begin(time, handler.has_idle())?;
    let mut effects = Effects::default();
    let moment = begun.moment(SendRoom::WHOLE, false);
    let Ok(()) = handler.handle(&moment, begun.call(), &mut effects);
    Some(machine.carry_out(begun, &mut effects))
}

fn letter(body: &str, arrival: Nanos) -> Letter {
    Message::saying(Some(body.into()), 2, 7, arrival)
}

#[test]
fn the_first_due_is_taken_and_of_two_the_message() {
    let mut machine = machine();
    let mut handler = Scripted {
        timers: vec![("late", 9), ("even", 5)],
        ..Scripted::default()
    };
    machine.deliver(letter("1", 5_999));
    machine.deliver(letter("2", 7_000));
    assert_eq!(machine.next_due(), Some(0));
    for _ in 0..6 {
        step(&mut machine, 20_000, &mut handler);
    }
    let expected = [
        "20 start",
        "20 Some(2) says Some(\"1\")",
        "20 Some(2) says Some(\"2\")",
        "20 timer even",
        "20 timer late",
    ];
    // The timers were set at 20.
    assert_eq!(handler.calls[..3], expected[..3]);
    assert_eq!(machine.next_due(), Some(25_000));
    assert_eq!(step(&mut machine, 24_999, &mut handler), None);
    machine.deliver(letter("3", 25_999));
    machine.deliver(letter("4", 26_000));
    for _ in 0..6 {
        step(&mut machine, 30_000, &mut handler);
    }
    let expected = [
        "30 Some(2) says Some(\"3\")",
        "30 timer even",
        "30 Some(2) says Some(\"4\")",
        "30 timer late",
    ];
    assert_eq!(handler.calls[3..], expected);
    assert!(machine.is_quiet());
    assert_eq!(machine.next_due(), None);
}

#[test]
fn sends_follow_their_event_with_the_next_clocks() {
    let mut machine = machine();
    let mut handler = Scripted {
        sends: 2,
        ..Scripted::default()
    };
    let step = step(&mut machine, 0, &mut handler).unwrap();
    assert_eq!(step.event.new_clock(), 1);
    let clocks: Vec<u64> = step.caused.iter().map(|send| send.new_clock).collect();
    assert_eq!(clocks, [2, 3]);
    assert_eq!(machine.node().clock(), 3);
}

#[test]
fn a_classic_message_costs_what_it_did() {
    assert_eq!(size_of::<Message>(), 24);
    assert_eq!(size_of::<Letter>(), 40);
}

proptest! {
    /// A step taken back leaves all as it was: the same step comes again.
    #[test]
    fn a_step_taken_back_was_none(
        arrivals in prop::collection::vec(0_u64..9, 0..5),
        timers in prop::collection::vec(0_i64..9, 0..5),
        has_idle in any::<bool>(),
        started in any::<bool>(),
    ) {
        let mut machine = machine();
        let names = ["a", "b", "c", "d", "e"];
        let timers = names.into_iter().zip(timers).collect();
        let mut handler = Scripted { has_idle, timers, ..Scripted::default() };
        if started {
            step(&mut machine, 0, &mut handler);
        }
        for arrival in arrivals {
            machine.deliver(letter("1", arrival * 1000));
        }
        for time in [3_000, 6_000, 9_000, 9_001] {
            let before = machine.clone();
            if let Some(begun) = machine.begin(time, has_idle) {
                machine.take_back(begun.clone());
                prop_assert_eq!(machine.node().clock(), before.node().clock());
                prop_assert!(machine.node().waiting().eq(before.node().waiting()));
                prop_assert_eq!(machine.timers(), before.timers());
                prop_assert_eq!(machine.begin(time, has_idle), Some(begun));
            }
        }
    }

    /// Steps told again make the steps they were.
    #[test]
    fn what_is_told_again_is_the_same(
        script in prop::collection::vec((0_usize..3, prop::collection::vec(0_i64..5, 0..3), any::<bool>()), 1..20),
        has_idle in any::<bool>(),
    ) {
        let names = ["a", "b", "c"];
        let (mut machine, mut again) = (machine(), self::machine());
        for (time, (sends, timers, arrives)) in (1_u64..).zip(script) {
            if arrives {
                machine.deliver(letter("1", time * 1000));
            }
            let timers: Vec<_> = names.into_iter().zip(timers).collect();
            let mut handler = Scripted { has_idle, timers: timers.clone(), sends, ..Scripted::default() };
            let Some(step) = step(&mut machine, time * 1000, &mut handler) else { continue };
            let begun = again.relive(step.cause.clone(), step.event.clone(), time * 1000).unwrap();
            let mut handler = Scripted { has_idle, timers, sends, ..Scripted::default() };
            let mut effects = Effects::default();
            let Ok(()) = handler.handle(&begun.moment(SendRoom::WHOLE, true), begun.call(), &mut effects);
            let made = again.carry_out(begun, &mut effects);
            prop_assert_eq!(difference(&step, &made, Follows::Line, &|_| String::new()), None);
            prop_assert_eq!(again.node().clock(), machine.node().clock());
            prop_assert_eq!(again.timers(), machine.timers());
        }
    }
}
