//! A log played again: its arrivals, in virtual time, must make every event happen once more.

mod decision;

use std::collections::VecDeque;
use std::path::Path;

use self::decision::Decision;
use crate::error::{Error, Result};
use crate::log::columns::Micros;
use crate::log::line::{Delivery, Place, Startup};
use crate::log::read::lines::Lines;
use crate::log::read::parse::{Line, LineBody};
use crate::model::behavior::{OwnOdds, Probabilities};
use crate::model::discipline::Discipline;
use crate::model::event::Event;
use crate::model::message::{MachineId, Message};
use crate::model::node::Node;
use crate::model::random::Generator;
use crate::model::schedule::Schedule;
use crate::setting::MAX_DRAWN_RATE;

/// How a replay went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// The machine whose log it is.
    pub machine_id: MachineId,
    /// Events that happened again, before the first that did not.
    pub events: u64,
    /// The first event that did not.
    pub divergence: Option<Divergence>,
}

/// An event of a log that its arrivals do not make happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Divergence {
    /// The line, from 1.
    pub line: u64,
    /// What the node does at that moment.
    pub expected: String,
    /// What the log says.
    pub found: String,
}

/// Plays the log at `path` again, with the node and the draws that made it, of a program that keeps its
/// clock by this discipline.
///
/// # Errors
///
/// The log cannot be read, does not say how it was made (no STARTUP with a seed), or does not
/// tell all arrivals (no END, or a machine that resumed); or `go_on`, asked every few
/// milliseconds, said no.
pub fn replay(
    path: &Path,
    discipline: Discipline,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Replayed> {
    let mut lines = Lines::open(path)?;
    let mut play = Play {
        discipline,
        ..Play::default()
    };
    let (mut has_ended, mut machine_id) = (false, 0);
    while let Some((number, line)) = lines.next_read()? {
        if number.is_multiple_of(LINES) && !go_on() {
            return Err(Error::state("the replay was interrupted"));
        }
        let at = |message: &str| Error::log(path.display().to_string(), number, message);
        machine_id = line.machine_id;
        let is_base = |message: Delivery| message.arrival.is_none() || message.sent_clock.is_none();
        if message(&line.body).is_some_and(is_base) {
            return Err(at(
                "there is no arrival_time: base fields cannot be replayed",
            ));
        }
        match &line.body {
            LineBody::Startup(_) if number > 1 => {
                return Err(at(
                    "the machine resumed here, and which messages it had heard is not known",
                ));
            }
            LineBody::End(_) => has_ended = true,
            _ => {}
        }
        // A log that cannot be replayed is an error, whatever diverges before.
        if play.outcome.is_none() {
            play.take(number, &line, &at);
            play.steps(false);
        }
    }
    if !has_ended {
        let message = "the log has no END: what had arrived and was not received is not known";
        let last = lines.number();
        return Err(Error::log(path.display().to_string(), last, message));
    }
    play.steps(true);
    play.outcome.unwrap_or(Ok(Replayed {
        machine_id,
        events: play.events,
        divergence: None,
    }))
}

/// The message that is received or left, if one is.
fn message(body: &LineBody<'_>) -> Option<Delivery> {
    match body {
        LineBody::Event(event) if event.kind.receives() => Some(event.message),
        LineBody::Unread(message) => Some(*message),
        _ => None,
    }
}

/// Lines read between two questions whether to go on.
const LINES: u64 = 1 << 14;

/// A log on its way through the machine.
///
/// A line tells what arrived only when it was received, so steps wait until it is known what had arrived by then.
#[derive(Default)]
struct Play {
    discipline: Discipline,
    machine: Option<ReplayedMachine>,
    /// The messages that are still to arrive, in the order of the queue.
    arrivals: VecDeque<(Micros, Delivery)>,
    steps: VecDeque<LoggedStep>,
    /// Events that happened again.
    events: u64,
    /// How it went, once that is known.
    outcome: Option<Result<Replayed>>,
}

/// What a line says that a replay looks at.
struct LoggedStep {
    line: u64,
    machine_id: MachineId,
    time: Micros,
    is_manual: bool,
    /// The message received or left.
    message: Option<Delivery>,
    found: Option<Decision>,
}

impl Play {
    /// Takes a line.
    fn take(&mut self, number: u64, line: &Line<'_>, at: &dyn Fn(&str) -> Error) {
        if let LineBody::Startup(startup) = &line.body {
            match ReplayedMachine::new(line.machine_id, startup, self.discipline) {
                Ok(machine) => self.machine = Some(machine),
                Err(error) => self.outcome = Some(Err(at(&error.to_string()))),
            }
            return;
        }
        let Some(machine) = &self.machine else {
            let message = "the log does not begin with a STARTUP line that tells seed and rate";
            self.outcome = Some(Err(at(message)));
            return;
        };
        let message = message(&line.body);
        self.arrivals
            .extend(message.and_then(|message| Some((message.arrival?, message))));
        self.steps.push_back(LoggedStep {
            line: number,
            machine_id: line.machine_id,
            time: line.time,
            is_manual: line.is_manual,
            message,
            found: Decision::new(&line.body, &machine.peers),
        });
    }

    /// Makes the steps happen again of which all is known; everything is once the log `is_over`.
    fn steps(&mut self, is_over: bool) {
        let Some(machine) = &mut self.machine else {
            return;
        };
        while self.outcome.is_none()
            && let Some(step) = self.steps.front()
        {
            // What comes after a later arrival is later.
            let is_known = self.arrivals.back().is_some_and(|last| last.0 > step.time)
                && !matches!(step.found, Some(Decision::End { .. }));
            if !is_known && !is_over {
                return;
            }
            let diverged = machine.step(step, &mut self.arrivals);
            if let Some((expected, found)) = diverged {
                self.outcome = Some(Ok(Replayed {
                    machine_id: step.machine_id,
                    events: self.events,
                    divergence: Some(Divergence {
                        line: step.line,
                        expected,
                        found,
                    }),
                }));
            } else if step.found.is_some() && !matches!(step.found, Some(Decision::End { .. })) {
                self.events += 1;
            }
            self.steps.pop_front();
        }
    }
}

/// The machine that a log is of, made again.
struct ReplayedMachine {
    node: Node,
    odds: OwnOdds,
    discipline: Discipline,
    /// Whether the tick that took a message is to draw as well.
    is_to_draw: bool,
    peers: Vec<(String, u64)>,
    arrived: u64,
    received: u64,
    /// Ticks, of which events made by hand are none.
    ticks: u64,
    /// The latest arrival of the messages that have been received or left.
    newest: Micros,
}

impl ReplayedMachine {
    fn new(id: MachineId, startup: &Startup<'_>, discipline: Discipline) -> Result<Self> {
        let missing = || {
            let [p, b] = Probabilities::NAMES;
            Error::invalid(format!(
                "the STARTUP line lacks seed, clock_rate, {p} or {b}"
            ))
        };
        let seed = startup.seed.ok_or_else(missing)?;
        let behavior = startup.probabilities.behavior();
        let (Some(rate), Some(behavior)) = (startup.clock_rate, behavior) else {
            return Err(missing());
        };
        let mut generator = Generator::new(seed, id, 0);
        // Rate and phase are drawn before the first action.
        Schedule::draw(Some(rate), MAX_DRAWN_RATE, 1.0, &mut generator)?;
        startup.manner.check(id, startup.peers.len())?;
        let peers: Vec<_> = startup
            .peers
            .iter()
            .map(|Place(host, port)| (host.to_string(), *port))
            .collect();
        Ok(Self {
            node: Node::new(generator),
            odds: startup.manner.odds(behavior?, peers.len() as u32),
            discipline,
            is_to_draw: false,
            peers,
            arrived: 0,
            received: 0,
            ticks: 0,
            newest: Micros::MIN,
        })
    }

    /// Makes a step happen again; what was expected and what was found, if they differ.
    fn step(
        &mut self,
        step: &LoggedStep,
        arrivals: &mut VecDeque<(Micros, Delivery)>,
    ) -> Option<(String, String)> {
        if let Some(message) = &step.message
            && let Some((before, arrival)) = self.overtaken(message)
        {
            return Some((
                format!("an arrival at {before} or later, when the message before it arrived"),
                format!("an arrival at {arrival}"),
            ));
        }
        let found = step.found.as_ref()?;
        self.take_arrivals(arrivals, step.time, found);
        let expected = self.again(found, step.is_manual, arrivals.len() as u64);
        (expected != *found).then(|| (expected.to_string(), found.to_string()))
    }

    /// Of a message that arrived before the one before it in the queue, both times, in seconds.
    fn overtaken(&mut self, message: &Delivery) -> Option<(f64, f64)> {
        let arrival = message.arrival?;
        let before = std::mem::replace(&mut self.newest, arrival);
        (arrival < before).then_some((before as f64 / 1e6, arrival as f64 / 1e6))
    }

    /// Delivers what had arrived at `time`. A message of that very microsecond may have come
    /// before or after: then the log's own queue length tells.
    fn take_arrivals(
        &mut self,
        arrivals: &mut VecDeque<(Micros, Delivery)>,
        time: Micros,
        found: &Decision,
    ) {
        let waiting = match found {
            Decision::Receive { queue_len, .. } => queue_len + 1,
            _ => 0,
        };
        while let Some(&(arrival, message)) = arrivals.front() {
            let is_needed = self.arrived < self.received + waiting;
            if arrival > time || (arrival == time && !is_needed) {
                return;
            }
            arrivals.pop_front();
            self.arrived += 1;
            let timestamp = message.sent_clock.unwrap_or(0);
            self.node
                .deliver(Message::by_hand(message.sender, timestamp, 0));
        }
    }

    /// The next event of a tick.
    fn tick(&mut self) -> Event {
        let draws = std::mem::take(&mut self.is_to_draw);
        self.ticks += u64::from(!draws);
        if !draws && let Some(event) = self.node.receive_by(self.discipline.receive, 0) {
            self.is_to_draw = self.discipline.draw_after_receive;
            return event;
        }
        self.node.act(&self.odds)
    }

    /// What happens now; `left` is how many messages are still to arrive.
    fn again(&mut self, decision: &Decision, is_manual: bool, left: u64) -> Decision {
        let event = match decision {
            Decision::End { .. } => {
                return Decision::End {
                    clock: self.node.clock(),
                    ticks: self.ticks,
                    queue_len: self.arrived - self.received + left,
                };
            }
            by_hand if is_manual => by_hand.by_hand(&mut self.node),
            _ => self.tick(),
        };
        self.received += u64::from(event.received().is_some());
        Decision::of(&event, self.peers.len() as u32)
    }
}
