//! Machines with an algorithm over real TCP, with handlers in Rust.

#![allow(clippy::unwrap_used)]
#![expect(
    clippy::disallowed_methods,
    clippy::unnecessary_wraps,
    reason = "handlers may take their time; what is made here is handed on as it is"
)]

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use lamport::drive::real::algorithm::{
    AlgorithmConfig, BoxedHandler, HandlerFailure, LocalAlgorithm,
};
use lamport::drive::real::local::{Local, LocalConfig};
use lamport::drive::real::machine::Machine;
use lamport::error::Error;
use lamport::model::body::Body;
use lamport::model::event::Recipients;
use lamport::model::fault::Fault;
use lamport::model::fault_schedule::FaultSchedule;
use lamport::model::handler::{Call, Effects, Handler, Moment};
use lamport::model::timers::TimerChange;
use lamport::model::topology::Topology;
use serde_json::Value;

use crate::common::{Scratch, lines};
use crate::local::config;

const PATIENCE: Duration = Duration::from_secs(30);

type Handled = Result<(), HandlerFailure>;

/// What a handler of a test does.
struct Does<F>(F, bool);

impl<F: FnMut(&Moment, Call<'_>, &mut Effects) -> Handled> Handler for Does<F> {
    type Error = HandlerFailure;

    fn has_idle(&self) -> bool {
        self.1
    }

    fn handle(&mut self, moment: &Moment, call: Call<'_>, effects: &mut Effects) -> Handled {
        (self.0)(moment, call, effects)
    }
}

fn does<F>(handle: F) -> BoxedHandler
where
    F: FnMut(&Moment, Call<'_>, &mut Effects) -> Handled + Send + 'static,
{
    Box::new(Does(handle, false))
}

/// Waits for another thread.
fn until(flag: &AtomicBool) {
    let begun = Instant::now();
    while !flag.load(Ordering::Acquire) {
        assert!(begun.elapsed() < PATIENCE, "it waits for ever");
        thread::sleep(Duration::from_millis(1));
    }
}

/// The algorithms of a run, by machine from 0.
fn algorithm(make: impl Fn(u32) -> BoxedHandler + Send + Sync + 'static) -> Option<LocalAlgorithm> {
    let make = Arc::new(make);
    Some(LocalAlgorithm(Arc::new(move |machine| {
        let make = make.clone();
        AlgorithmConfig {
            maker: Box::new(move |_, _| Ok(make(machine))),
            name: Some("tests:Algorithm".into()),
            arguments: Some("{\"hold\": 0.1}".into()),
            python: None,
            inputs: Vec::new(),
        }
    })))
}

fn number(body: &Body) -> u64 {
    body.as_deref().unwrap().parse().unwrap()
}

fn body(number: u64) -> Body {
    Some(number.to_string().into())
}

/// Checks what holds of every log of a machine with an algorithm, and returns it.
fn checked(directory: &Path, machine: u64) -> Vec<Value> {
    let log = lines(directory, machine as usize);
    let (mut time, mut clock) = (0.0, 0);
    let mut step: Option<f64> = None;
    for line in &log {
        let now = line["system_time"].as_f64().unwrap();
        assert!(now >= time, "{line}");
        time = now;
        if let Some(new) = line["new_clock"].as_u64() {
            assert_eq!(line["old_clock"], clock, "{line}");
            clock = new;
        }
        if line.get("caused").is_some() {
            // Nothing is between a step's event and its sends.
            assert_eq!(step, Some(now), "{line}");
        } else {
            step = (line.get("new_clock").is_some() && line.get("manual").is_none()).then_some(now);
        }
    }
    log
}

fn of<'a>(log: &'a [Value], event: &str) -> Vec<&'a Value> {
    log.iter().filter(|line| line["event"] == event).collect()
}

/// A token goes round so many times, and the run ends when it has.
fn ring(faults: &str, hops: u64, pace: Duration) -> (Scratch, Vec<Vec<Value>>) {
    let scratch = Scratch::new();
    let list = Fault::list(faults).unwrap();
    let faults = FaultSchedule::new(&list, Some(&[1, 2, 3]), 1).unwrap();
    let local = Local::open(&LocalConfig {
        duration: 60.0,
        rates: Some(vec![500.0; 3]),
        faults: faults.into(),
        until_quiet: true,
        algorithm: algorithm(move |machine| {
            // Where the machine with the next id is among the peers.
            let next = Recipients::One(u32::from(machine == 1));
            does(move |_, call, effects| {
                match call {
                    Call::Start if machine == 0 => {
                        effects.sends.push((next.clone(), body(1)));
                    }
                    Call::Message { body: said, .. } => {
                        thread::sleep(pace);
                        effects.state = Some(format!("{{\"hops\": {}}}", number(said)).into());
                        if number(said) < hops {
                            let said = body(number(said) + 1);
                            effects.sends.push((next.clone(), said));
                        }
                    }
                    _ => {}
                }
                Ok(())
            })
        }),
        ..config(Topology::Full(3), &scratch.0)
    })
    .unwrap();
    let running = local.start().unwrap();
    assert!(running.join(Some(PATIENCE)).unwrap(), "it does not end");
    assert!(running.elapsed() < 50.0);
    let logs = (1..=3).map(|machine| checked(&scratch.0, machine));
    let logs = logs.collect();
    (scratch, logs)
}

#[test]
fn a_token_goes_round_until_nothing_is_under_way() {
    let (_scratch, logs) = ring("[]", 30, Duration::ZERO);
    let mut hops = Vec::new();
    for (machine, log) in (0..).zip(&logs) {
        assert_eq!(log[0]["algorithm"], "tests:Algorithm");
        assert_eq!(log[0]["arguments"]["hold"], 0.1);
        let first = &of(log, "INTERNAL")[0];
        assert_eq!(
            (&first["start"], first.get("began").is_some()),
            (&true.into(), true)
        );
        let received = of(log, "RECEIVE");
        for (line, following) in received
            .iter()
            .zip(of(log, "SEND")[usize::from(machine == 0)..].iter())
        {
            assert_eq!(line["body"].as_u64().unwrap() + 1, following["body"]);
            assert_eq!(
                (&following["caused"], &line["state"]["hops"]),
                (&true.into(), &line["body"])
            );
        }
        hops.extend(received.iter().map(|line| line["body"].as_u64().unwrap()));
        let end = log.last().unwrap();
        // A tick that finds nothing to do is no event.
        assert_eq!(end["ticks"].as_u64().unwrap() as usize, received.len() + 1);
        assert_eq!(
            (&end["event"], &end["queue_len"]),
            (&"END".into(), &0.into())
        );
        assert_eq!(end["undelivered"].as_array().unwrap().len(), 0);
    }
    hops.sort_unstable();
    assert!(hops.into_iter().eq(1..=30));
}

#[test]
fn what_is_cut_off_comes_again_with_its_body() {
    let faults = r#"[{"fault": "disconnect", "sender": 1, "recipient": 2, "at": 0.05},
                     {"fault": "disconnect", "sender": 2, "recipient": 3, "at": 0.1},
                     {"fault": "disconnect", "sender": 3, "recipient": 1, "at": 0.12}]"#;
    let (_scratch, logs) = ring(faults, 40, Duration::from_millis(6));
    let connects: usize = logs.iter().map(|log| of(log, "CONNECT").len()).sum();
    assert_eq!(connects, 9);
    let received: usize = logs.iter().map(|log| of(log, "RECEIVE").len()).sum();
    assert_eq!(received, 40);
}

#[test]
fn a_handshake_during_a_step_is_told_after_its_lines() {
    let scratch = Scratch::new();
    let faults = r#"[{"fault": "disconnect", "sender": 1, "recipient": 2, "at": 0.3}]"#;
    let faults = FaultSchedule::new(&Fault::list(faults).unwrap(), Some(&[1, 2]), 1).unwrap();
    let local = Local::open(&LocalConfig {
        rates: Some(vec![100.0; 2]),
        faults: faults.into(),
        algorithm: algorithm(|machine| {
            does(move |_, call, effects| {
                if matches!(call, Call::Start) && machine == 0 {
                    thread::sleep(Duration::from_millis(700));
                    effects
                        .sends
                        .extend([(Recipients::All, body(1)), (Recipients::All, None)]);
                }
                Ok(())
            })
        }),
        ..config(Topology::Full(2), &scratch.0)
    })
    .unwrap();
    assert!(local.start().unwrap().join(Some(PATIENCE)).unwrap());
    let log = checked(&scratch.0, 1);
    let events: Vec<&str> = log
        .iter()
        .map(|line| line["event"].as_str().unwrap())
        .collect();
    assert_eq!(
        events,
        [
            "STARTUP", "CONNECT", "INTERNAL", "SEND", "SEND", "CONNECT", "END"
        ]
    );
    let seconds = |line: &Value| line["system_time"].as_f64().unwrap();
    assert!(seconds(&log[5]) - seconds(&log[4]) > 0.4);
    assert!(log[4].get("body").is_none());
    let received = checked(&scratch.0, 2);
    assert_eq!(of(&received, "RECEIVE").len(), 2);
}

#[test]
fn timers_are_due_in_whole_microseconds_after_their_step() {
    let scratch = Scratch::new();
    let nows = Arc::new(Mutex::new(Vec::new()));
    let told = nows.clone();
    let local = Local::open(&LocalConfig {
        duration: 60.0,
        rates: Some(vec![1000.0]),
        until_quiet: true,
        algorithm: algorithm(move |_| {
            let told = told.clone();
            does(move |moment, call, effects| {
                let set = |name: &str, after| TimerChange::Set(name.into(), after);
                let name = match call {
                    Call::Start => {
                        effects.timers.extend([
                            set("late", 50_000),
                            set("b", 20_000),
                            set("a", 20_000),
                            set("none", 5),
                            TimerChange::Cancel("none".into()),
                        ]);
                        "start"
                    }
                    Call::Timer(name) => {
                        if &**name == "a" {
                            effects.timers.push(set("late", 1));
                        }
                        name
                    }
                    _ => "other",
                };
                told.lock().unwrap().push((name.to_owned(), moment.now));
                Ok(())
            })
        }),
        ..config(Topology::Full(1), &scratch.0)
    })
    .unwrap();
    assert!(local.start().unwrap().join(Some(PATIENCE)).unwrap());
    let log = checked(&scratch.0, 1);
    let micros = |value: &Value| (value.as_f64().unwrap() * 1e6).round() as i64;
    let steps = of(&log, "INTERNAL");
    let began = micros(&steps[0]["began"]);
    let nows = nows.lock().unwrap();
    let names: Vec<&str> = nows.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["start", "b", "a", "late"]);
    for (step, (name, now)) in steps.iter().zip(&*nows) {
        assert_eq!(micros(&step["system_time"]) - began, *now);
        if name != "start" {
            assert_eq!(step["timer"], **name);
            assert!(micros(&step["due"]) <= micros(&step["system_time"]));
        }
    }
    let start = micros(&steps[0]["system_time"]);
    assert_eq!(micros(&steps[1]["due"]), start + 20_000);
    assert_eq!(micros(&steps[2]["due"]), start + 20_000);
    assert_eq!(
        micros(&steps[3]["due"]),
        micros(&steps[2]["system_time"]) + 1
    );
}

/// Two machines; the second does this at its first message.
fn at_first_message(
    directory: &Path,
    act: impl Fn(&mut Effects) -> Handled + Send + Sync + 'static,
) -> Local {
    let act = Arc::new(act);
    Local::open(&LocalConfig {
        duration: 0.4,
        rates: Some(vec![200.0; 2]),
        algorithm: algorithm(move |machine| {
            let act = act.clone();
            does(move |_, call, effects| match call {
                Call::Start if machine == 0 => {
                    effects.sends.push((Recipients::All, body(7)));
                    Ok(())
                }
                Call::Message { .. } if machine == 1 => act(effects),
                _ => Ok(()),
            })
        }),
        ..config(Topology::Full(2), directory)
    })
    .unwrap()
}

#[test]
fn a_handler_that_fails_ends_its_machine_as_a_kill_between_its_lines_would() {
    let scratch = Scratch::new();
    let local = at_first_message(&scratch.0, |effects| {
        effects.sends.push((Recipients::All, body(8)));
        Err(HandlerFailure::Failed("it divided by zero".into()))
    });
    let error = local.start().unwrap().join(Some(PATIENCE)).unwrap_err();
    let Error::Algorithm(fault) = error else {
        panic!("{error}")
    };
    let step = fault.step.as_ref().unwrap();
    let text = std::fs::read_to_string(scratch.0.join("machine_2.log")).unwrap();
    let log: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let last = log.last().unwrap();
    assert_eq!(
        (&last["event"], &last["body"]),
        (&"RECEIVE".into(), &7.into())
    );
    let place = format!("{}/machine_2.log:{}", scratch.0.display(), log.len());
    assert_eq!(step.place, place);
    let micros = |seconds: &Value| (seconds.as_f64().unwrap() * 1e6).round() as i64;
    let began = log.iter().find_map(|line| line.get("began")).unwrap();
    assert_eq!(step.now, Some(micros(&last["system_time"]) - micros(began)));
    assert_eq!((fault.machine_id, fault.seed), (2, 1));
    assert_eq!(
        fault.cause.as_ref().unwrap().to_string(),
        "it divided by zero"
    );
    let words = format!("machine 2: on_message raised it divided by zero ({place}, ");
    assert!(
        fault.message.starts_with(&words)
            && fault
                .message
                .ends_with(" s after the machine began, seed 1)"),
        "{}",
        fault.message
    );
    assert_eq!(checked(&scratch.0, 1).last().unwrap()["event"], "END");
}

#[test]
fn an_interrupted_step_was_none_and_all_end_in_order() {
    let scratch = Scratch::new();
    let local = at_first_message(&scratch.0, |effects| {
        effects.sends.push((Recipients::All, body(8)));
        Err(HandlerFailure::Interrupted(Some("Ctrl-C".into())))
    });
    let error = local.start().unwrap().join(Some(PATIENCE)).unwrap_err();
    assert!(
        matches!(&error, Error::Interrupted(Some(cause)) if cause.to_string() == "Ctrl-C"),
        "{error}"
    );
    let log = checked(&scratch.0, 2);
    assert!(of(&log, "RECEIVE").is_empty() && of(&log, "SEND").is_empty());
    let end = log.last().unwrap();
    assert_eq!(
        (&end["event"], &end["queue_len"]),
        (&"END".into(), &1.into())
    );
    assert_eq!(of(&log, "UNREAD").len(), 1);
    assert_eq!(checked(&scratch.0, 1).last().unwrap()["event"], "END");
}

#[test]
fn an_algorithm_that_stops_ticks_no_more_and_what_waits_does_not_hold_the_run() {
    let scratch = Scratch::new();
    let steps = Arc::new(AtomicU64::new(0));
    let counted = steps.clone();
    let local = Local::open(&LocalConfig {
        duration: 60.0,
        rates: Some(vec![200.0; 2]),
        until_quiet: true,
        algorithm: algorithm(move |machine| {
            let counted = counted.clone();
            does(move |_, call, effects| {
                match call {
                    Call::Start if machine == 0 => {
                        let sends = (0..5).map(|number| (Recipients::All, body(number)));
                        effects.sends.extend(sends);
                    }
                    Call::Message { .. } => {
                        counted.fetch_add(1, Ordering::Relaxed);
                        effects.stops = true;
                    }
                    _ => {}
                }
                Ok(())
            })
        }),
        ..config(Topology::Full(2), &scratch.0)
    })
    .unwrap();
    assert!(local.start().unwrap().join(Some(PATIENCE)).unwrap());
    assert_eq!(steps.load(Ordering::Relaxed), 1);
    assert_eq!(of(&checked(&scratch.0, 2), "UNREAD").len(), 4);
}

/// Machines that count what they receive and answer it; the count is their state, which they say with each answer.
fn counting(crash: &str, scratch: &Scratch) -> Vec<Vec<Value>> {
    let faults = FaultSchedule::new(&Fault::list(crash).unwrap(), Some(&[1, 2]), 1).unwrap();
    let local = Local::open(&LocalConfig {
        duration: 1.5,
        rates: Some(vec![400.0; 2]),
        faults: faults.into(),
        algorithm: algorithm(|machine| {
            let mut count = 0;
            let mut ticks = 0;
            does(move |_, call, effects| {
                match call {
                    Call::Start if machine == 0 => {
                        let sends = (0..3).map(|_| (Recipients::All, body(0)));
                        effects.sends.extend(sends);
                        effects.timers.push(TimerChange::Set("tick".into(), 10_000));
                    }
                    Call::Message { body: said, .. } => {
                        count += 1;
                        let answer = format!(
                            "[{count}, {}]",
                            number(&said.as_ref().map(|text| {
                                let end = text.rfind(' ').map_or(0, |at| at + 1);
                                text[end..].trim_end_matches(']').into()
                            })) + 1
                        );
                        effects.state = Some(format!("{{\"count\": {count}}}").into());
                        effects.sends.push((Recipients::All, Some(answer.into())));
                    }
                    Call::Timer(_) => {
                        ticks += 1;
                        effects.state = Some(format!("{{\"ticks\": {ticks}}}").into());
                        effects.timers.push(TimerChange::Set("tick".into(), 10_000));
                    }
                    _ => {}
                }
                Ok(())
            })
        }),
        ..config(Topology::Full(2), &scratch.0)
    })
    .unwrap();
    assert!(local.start().unwrap().join(Some(PATIENCE)).unwrap());
    (1..=2)
        .map(|machine| checked(&scratch.0, machine))
        .collect()
}

/// What a machine said to the other, in order, and what the other heard.
fn channel(logs: &[Vec<Value>], from: usize) -> (Vec<&Value>, Vec<&Value>) {
    let said = of(&logs[from], "SEND");
    let heard = of(&logs[1 - from], "RECEIVE");
    (
        said.into_iter().map(|line| &line["body"]).collect(),
        heard.into_iter().map(|line| &line["body"]).collect(),
    )
}

#[test]
fn a_machine_comes_back_with_the_state_and_the_timers_it_had() {
    let scratch = Scratch::new();
    let logs = counting(
        r#"[{"fault": "crash", "machine_id": 1, "at": 0.3, "down_for": 0.1},
            {"fault": "crash", "machine_id": 2, "at": 0.6, "down_for": 0.1},
            {"fault": "crash", "machine_id": 1, "at": 0.9, "down_for": 0.1}]"#,
        &scratch,
    );
    let starts: Vec<usize> = logs.iter().map(|log| of(log, "STARTUP").len()).collect();
    assert_eq!(starts, [3, 2]);
    for (from, log) in logs.iter().enumerate() {
        let first = log.iter().filter(|line| line.get("start").is_some());
        assert_eq!(first.count(), 1);
        // Each message once, in order, with what it said; but for those still on their way at the end.
        let (said, heard) = channel(&logs, from);
        assert!(
            heard.len() > 5 && said.len() - heard.len() <= 3,
            "{} {}",
            said.len(),
            heard.len()
        );
        assert_eq!(said[..heard.len()], heard[..]);
        // No count is left out or comes twice.
        let counts = log
            .iter()
            .filter_map(|line| line["state"]["count"].as_u64());
        assert!(counts.eq(1..=of(log, "RECEIVE").len() as u64));
    }
    let ticks = logs[0]
        .iter()
        .filter_map(|line| line["state"]["ticks"].as_u64());
    let ticks: Vec<u64> = ticks.collect();
    assert!(ticks.len() > 5 && ticks.iter().copied().eq(1..=ticks.len() as u64));
}

/// A machine that is stepped by hand, and what its handler is told to do.
fn alone(scratch: &Scratch, handle: impl Fn(Call<'_>) + Send + Sync + 'static) -> Arc<Machine> {
    let handle = Arc::new(handle);
    let local = Local::open(&LocalConfig {
        algorithm: algorithm(move |_| {
            let handle = handle.clone();
            does(move |_, call, _| {
                handle(call);
                Ok(())
            })
        }),
        ..config(Topology::Full(1), &scratch.0)
    })
    .unwrap();
    local.machines().remove(0)
}

#[test]
fn steps_by_hand_call_handlers_where_ticks_would() {
    let scratch = Scratch::new();
    let calls = Arc::new(Mutex::new(Vec::new()));
    let told = calls.clone();
    let machine = alone(&scratch, move |call| {
        told.lock().unwrap().push(format!("{call:?}"));
    });
    machine.deliver_body_by_hand(None, 0, body(5)).unwrap();
    let error = machine.receive_by_hand().unwrap_err().to_string();
    assert!(error.contains("starts at the first tick"), "{error}");
    assert!(machine.tick_by_hand().unwrap().is_some());
    machine.internal_by_hand().unwrap();
    assert!(machine.receive_by_hand().unwrap().is_some());
    assert!(machine.receive_by_hand().unwrap().is_none());
    assert!(machine.tick_by_hand().unwrap().is_none());
    machine.finish().unwrap();
    let calls = calls.lock().unwrap();
    assert_eq!(
        *calls,
        ["Start", "Message { sender: None, body: Some(\"5\") }"]
    );
    let log = checked(&scratch.0, 1);
    let manual: Vec<bool> = log[1..4]
        .iter()
        .map(|line| line.get("manual").is_some())
        .collect();
    assert_eq!(manual, [false, true, true]);
    let received = of(&log, "RECEIVE")[0];
    assert_eq!(received["body"], 5);
    assert_eq!(
        (&received["sender"], &received["sent_clock"]),
        (&Value::Null, &0.into())
    );
    assert_eq!(log.last().unwrap()["ticks"], 1);
}

#[test]
fn a_handler_reads_its_machine_and_does_not_step_it() {
    let scratch = Scratch::new();
    let own: Arc<OnceLock<Arc<Machine>>> = Arc::default();
    let (within, errors) = (own.clone(), Arc::new(Mutex::new(Vec::new())));
    let told = errors.clone();
    let machine = alone(&scratch, move |_| {
        let machine = within.get().unwrap();
        let tries = [
            machine.tick_by_hand().map(|_| ()),
            machine.receive_by_hand().map(|_| ()),
            machine.internal_by_hand().map(|_| ()),
            machine.send_by_hand(None).map(|_| ()),
            machine.finish(),
            machine.check_outside_handler(),
        ];
        let tries = tries
            .into_iter()
            .map(|tried| tried.unwrap_err().to_string());
        told.lock().unwrap().extend(tries);
        assert_eq!(
            (machine.local_clock(), machine.queue_len(), machine.ticks()),
            (0, 0, 0)
        );
        machine.deliver_by_hand(None, 3).unwrap();
    });
    own.set(machine.clone()).unwrap();
    machine.tick_by_hand().unwrap();
    let errors = errors.lock().unwrap();
    assert_eq!(errors.len(), 6);
    assert!(
        errors
            .iter()
            .all(|error| error.contains("cannot start, step, join or stop its own machine"))
    );
    machine.finish().unwrap();
    assert_eq!(of(&checked(&scratch.0, 1), "UNREAD").len(), 1);
}

#[test]
fn a_step_by_hand_waits_for_the_handler_at_work_and_properties_do_not() {
    let scratch = Scratch::new();
    let [is_in, may_go]: [Arc<AtomicBool>; 2] = Default::default();
    let (entered, goes) = (is_in.clone(), may_go.clone());
    let machine = alone(&scratch, move |_| {
        entered.store(true, Ordering::Release);
        until(&goes);
    });
    let stepping = machine.clone();
    let ticking = thread::spawn(move || stepping.tick_by_hand().unwrap());
    until(&is_in);
    // Whoever waited here for the handler would do so for ever.
    machine.deliver_by_hand(None, 1).unwrap();
    assert_eq!((machine.queue_len(), machine.local_clock()), (1, 0));
    let by_hand = machine.clone();
    let waiting = thread::spawn(move || by_hand.internal_by_hand().unwrap());
    thread::sleep(Duration::from_millis(50));
    assert!(!waiting.is_finished() && machine.local_clock() == 0);
    may_go.store(true, Ordering::Release);
    assert_eq!(waiting.join().unwrap().new_clock(), 2);
    let events: Vec<Value> = {
        machine.finish().unwrap();
        checked(&scratch.0, 1)
    };
    assert_eq!(
        (&events[1]["start"], &events[2]["manual"]),
        (&true.into(), &true.into())
    );
    assert!(ticking.join().unwrap().is_some());
}

#[test]
fn a_handler_that_does_not_return_is_named() {
    let scratch = Scratch::new();
    let local = at_first_message(&scratch.0, |_| {
        thread::sleep(Duration::from_millis(6200));
        Ok(())
    });
    let running = local.start().unwrap();
    thread::sleep(Duration::from_secs(1));
    running.stop();
    assert!(running.join(Some(PATIENCE)).unwrap());
    let warnings = local.machines()[1].take_warnings();
    assert!(
        warnings
            .iter()
            .any(|warning| warning.contains("its handler on_message has been at work for ")),
        "{warnings:?}"
    );
    assert_eq!(of(&checked(&scratch.0, 2), "RECEIVE").len(), 1);
}

#[test]
fn handlers_that_are_slower_than_ticks_do_not_prolong_a_run() {
    let scratch = Scratch::new();
    let local = Local::open(&LocalConfig {
        duration: 0.5,
        rates: Some(vec![100.0]),
        algorithm: algorithm(|_| {
            does(|_, _, effects| {
                thread::sleep(Duration::from_millis(300));
                effects.timers.push(TimerChange::Set("next".into(), 0));
                Ok(())
            })
        }),
        ..config(Topology::Full(1), &scratch.0)
    });
    let local = local.unwrap();
    let running = local.start().unwrap();
    assert!(running.join(Some(PATIENCE)).unwrap());
    let warnings = local.machines()[0].take_warnings();
    assert!(
        warnings.iter().any(|warning| {
            warning
                .contains("ticks that were due before the end had not happened a second after it")
        }),
        "{warnings:?}"
    );
    // A run of 50 ticks, each of 0.3 s, would take 15 s.
    let steps = of(&checked(&scratch.0, 1), "INTERNAL").len();
    assert!((3..20).contains(&steps), "{steps}");
}

#[test]
fn what_may_still_be_sent_is_what_peers_have_not_logged() {
    let scratch = Scratch::new();
    let rooms = Arc::new(Mutex::new(Vec::new()));
    let told = rooms.clone();
    let may_receive: Arc<AtomicBool> = Arc::default();
    let local = Local::open(&LocalConfig {
        duration: 60.0,
        rates: Some(vec![100.0; 2]),
        until_quiet: true,
        algorithm: algorithm(move |machine| {
            let (told, may_receive) = (told.clone(), may_receive.clone());
            does(move |moment, call, effects| {
                if machine == 0 {
                    told.lock().unwrap().push(moment.room);
                }
                let soon = TimerChange::Set("soon".into(), 0);
                match call {
                    Call::Start if machine == 0 => {
                        let said: Body = Some(format!("\"{}\"", "x".repeat(998)).into());
                        let sends = (0..10).map(|_| (Recipients::All, said.clone()));
                        effects.sends.extend(sends);
                        effects.timers.push(soon);
                    }
                    Call::Timer(_) => {
                        may_receive.store(true, Ordering::Release);
                        if moment.room.bytes < 1 << 28 || moment.room.messages < 1 << 24 {
                            effects.timers.push(soon);
                        }
                    }
                    Call::Message { .. } => until(&may_receive),
                    _ => {}
                }
                Ok(())
            })
        }),
        ..config(Topology::Full(2), &scratch.0)
    })
    .unwrap();
    assert!(local.start().unwrap().join(Some(PATIENCE)).unwrap());
    let rooms = rooms.lock().unwrap();
    assert_eq!((rooms[0].messages, rooms[0].bytes), (1 << 24, 1 << 28));
    // Ten messages to one peer, and none of them is received.
    assert_eq!(
        (rooms[1].messages, rooms[1].bytes),
        ((1 << 24) - 10, (1 << 28) - 10_000)
    );
    assert_eq!(rooms.last(), rooms.first());
    assert!(rooms[1..].is_sorted_by_key(|room| room.messages));
}
