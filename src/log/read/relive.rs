//! An algorithm run again over the log of its machine: what it was told it is told again, and must do again.
//!
//! Nothing is sent or logged meanwhile. Every line that begins a step calls its handler at its logged time; the state
//! and each SEND must be those of the log. Lines of what was done by hand, CONNECT and STARTUP are passed over, but a
//! message that was taken by hand is handled, too. SENDs that are owed before another line are an error; at the end
//! of the log they are a torn step, to be completed before the next STARTUP, as if the kill had come later.

use std::collections::BTreeMap;
use std::io::BufRead;

use crate::error::Error;
use crate::log::columns::Micros;
use crate::log::line::{Delivery, Place};
use crate::log::prompt::Prompt;
use crate::log::read::lines::Lines;
use crate::log::read::parse::{EventLine, Line, LineBody};
use crate::log::read::recover::unlisted;
use crate::model::body::Body;
use crate::model::event::{Event, Recipients};
use crate::model::handled::{Begun, Cause, Caused, Handled, HandledStep};
use crate::model::handler::{Effects, Handler, SendRoom};
use crate::model::message::{Message, Nanos};
use crate::model::random::Generator;
use crate::model::relive::{Difference, Follows, Owed, difference, seconds};
use crate::model::timers::SetTimer;

/// Why an algorithm cannot be run again over a log.
#[derive(Debug)]
pub enum ReliveError<E> {
    /// The log cannot be read.
    Log(Error),
    /// It does something else than the log tells.
    Differs(DifferentLine),
    /// It fails.
    Handler {
        /// At which line.
        line: u64,
        /// When, in microseconds since the beginning of ticking.
        now: Micros,
        /// How.
        error: E,
    },
}

/// A line of a log that an algorithm does not make when it is run again.
#[derive(Debug)]
pub struct DifferentLine {
    /// The log.
    pub name: String,
    /// The line.
    pub line: u64,
    /// Events before it.
    pub events: u64,
    /// What it tells, what the machine does, and both in a sentence.
    pub difference: Difference,
}

impl From<DifferentLine> for Error {
    fn from(line: DifferentLine) -> Self {
        let why = format!("not deterministic here: {}", line.difference.why);
        Self::log(line.name, line.line, why)
    }
}

/// A machine with an algorithm after the last line of its log.
#[derive(Debug)]
pub struct Relived {
    /// The machine: its clock and its timers. Its times are those of lines.
    pub handled: Handled,
    /// What its last step still owes.
    pub owed: Option<Owed>,
    /// How many lines there are.
    pub lines: u64,
    /// How many of them are events.
    pub events: u64,
}

/// Runs the algorithm of a machine again over its log, whose torn and UNREAD lines at the end are cut off.
///
/// `name` is the file, for errors; `began` when ticking began, as lines state it.
pub fn relive<H: Handler + ?Sized>(
    log: impl BufRead,
    name: &str,
    began: Micros,
    handler: &mut H,
) -> Result<Relived, ReliveError<H::Error>> {
    let mut lines = Lines::new(log, name);
    let mut handled = Handled::new(Generator::new(0, 0, 0), 0);
    handled.begin_at(began);
    let mut again = Again {
        handled,
        positions: BTreeMap::new(),
        events: 0,
        clock: 0,
        step: None,
        effects: Effects::default(),
    };
    let stopped = |halt, at: u64| match halt {
        Halt::Log(why) => ReliveError::Log(Error::log(name, at, why)),
        Halt::Differs(line, events, difference) => ReliveError::Differs(DifferentLine {
            name: name.to_owned(),
            line,
            events,
            difference,
        }),
        Halt::Handler(now, error) => ReliveError::Handler {
            line: at,
            now,
            error,
        },
    };
    let mut count = 0;
    while let Some((number, line)) = lines.next_read().map_err(ReliveError::Log)? {
        count = number;
        let taken = again.line(number, line, handler);
        taken.map_err(|halt| stopped(halt, number))?;
    }
    let owed = again.end().map_err(|halt| stopped(halt, count))?;
    Ok(Relived {
        handled: again.handled,
        owed,
        lines: count,
        events: again.events,
    })
}

/// Why it ends.
enum Halt<E> {
    /// What is wrong with the line.
    Log(String),
    /// Where it does something else, after so many events, and what.
    Differs(u64, u64, Difference),
    /// The handler failed at this time.
    Handler(Micros, E),
}

/// The machine so far.
struct Again {
    handled: Handled,
    /// Where in the list of peers an address is.
    positions: BTreeMap<Place<'static>, u32>,
    /// The lines of events so far.
    events: u64,
    /// The clock after the newest of them.
    clock: u64,
    /// The step whose lines come.
    step: Option<StepAgain>,
    effects: Effects,
}

/// A step that was made again, and what its lines told so far.
struct StepAgain {
    /// The line of its event.
    line: u64,
    /// The events before it.
    events: u64,
    time: Micros,
    told: HandledStep,
    made: HandledStep,
}

impl Again {
    fn line<H: Handler + ?Sized>(
        &mut self,
        number: u64,
        line: Line<'_>,
        handler: &mut H,
    ) -> Result<(), Halt<H::Error>> {
        match line.body {
            LineBody::Event(ref event) => {
                let (clocks, received) = (event.clocks, event.message.sent_clock);
                if !line.is_caused {
                    self.close(Follows::Line)?;
                    let differs = self.clocks_differ(clocks, received);
                    differs.map_or(Ok(()), |difference| self.differs(number, difference))?;
                }
                self.event(number, line, handler)?;
                (self.clock, self.events) = (clocks.1, self.events + 1);
            }
            LineBody::Startup(startup) => {
                self.close(Follows::Startup)?;
                let places = startup.peers.into_iter().map(Place::into_owned);
                self.positions = places.zip(0..).collect();
            }
            _ => self.close(Follows::Line).map(drop)?,
        }
        Ok(())
    }

    /// How the clocks of a line, that received this timestamp, do not follow from the line before.
    fn clocks_differ(&self, (old, new): (u64, u64), received: Option<u64>) -> Option<Difference> {
        let said = |name: &str, found: u64, expected: u64| {
            let (found, expected) = (format!("{name} {found}"), format!("{name} {expected}"));
            let why = format!("{found}, where the lines before make it {expected}");
            Difference::in_event(found, expected, why)
        };
        let next = old.max(received.unwrap_or(0)).saturating_add(1);
        if old == self.clock {
            (new != next).then(|| said("new_clock", new, next))
        } else {
            Some(said("old_clock", old, self.clock))
        }
    }

    fn event<H: Handler + ?Sized>(
        &mut self,
        number: u64,
        line: Line<'_>,
        handler: &mut H,
    ) -> Result<(), Halt<H::Error>> {
        let Line {
            time,
            is_manual,
            is_by_hand,
            body: LineBody::Event(event),
            ..
        } = line
        else {
            unreachable!("it is an event");
        };
        if line.is_caused {
            let differs = self.caused(event, time).map_err(Halt::Log)?;
            return differs.map_or(Ok(()), |difference| self.differs(number, difference));
        }
        if is_manual && !event.kind.receives() {
            self.handled.node_mut().set_clock(event.clocks.1);
            return Ok(());
        }
        let begun = self.begin(
            event,
            nanos(time),
            (is_manual, is_by_hand),
            handler.has_idle(),
        );
        let (mut begun, state) = match begun.map_err(Halt::Log)? {
            Ok(begun) => begun,
            Err(difference) => return self.differs(number, difference),
        };
        begun.is_manual = is_manual;
        let told = HandledStep {
            cause: begun.cause.clone(),
            event: begun.event.clone(),
            caused: Vec::new(),
            state,
            is_manual,
        };
        let moment = begun.moment(SendRoom::WHOLE, true);
        self.effects.clear();
        handler
            .handle(&moment, begun.call(), &mut self.effects)
            .map_err(|error| Halt::Handler(moment.now, error))?;
        let mut made = self.handled.carry_out(begun, &mut self.effects);
        for send in &mut made.caused {
            let positions = send.recipients.positions(self.peers());
            send.recipients = self.in_order(positions.collect());
        }
        self.step = Some(StepAgain {
            line: number,
            events: self.events,
            time,
            told,
            made,
        });
        Ok(())
    }

    /// Begins the step of a line; with it the state that the line tells.
    fn begin(
        &mut self,
        event: EventLine<'_>,
        time: Nanos,
        (is_manual, is_by_hand): (bool, bool),
        has_idle: bool,
    ) -> Result<Result<(Begun, Body), Difference>, String> {
        if let Some(difference) = self.cannot_begin(&event, is_manual, has_idle) {
            return Ok(Err(difference));
        }
        let (cause, event, state) = beginning(event, is_by_hand)?;
        if !is_manual && let Err(difference) = self.handled.check_turn(&cause, &event, time) {
            return Ok(Err(difference));
        }
        let begun = self.handled.relive(cause, event, time);
        Ok(begun.map(|begun| (begun, state)))
    }

    /// Why a line is none that begins a step.
    fn cannot_begin(
        &self,
        event: &EventLine<'_>,
        is_manual: bool,
        has_idle: bool,
    ) -> Option<Difference> {
        if event.kind.sends() {
            return Some(Difference::in_event(
                "a SEND of its own",
                "a SEND in a step of another event",
                "it is neither caused nor by hand, and an algorithm sends in steps of other events",
            ));
        }
        if self.handled.has_stopped() && !is_manual {
            return Some(Difference::in_event(
                "a step",
                "no step",
                "the algorithm has stopped the machine before",
            ));
        }
        let is_idle = !event.kind.receives() && event.handled.prompt.is_none();
        (is_idle && !has_idle).then(|| {
            Difference::in_event(
                "a tick that finds nothing to do",
                "no event",
                "its tick found nothing to do, which is not the algorithm's business: it has no handler for that",
            )
        })
    }

    /// A SEND of the step before.
    fn caused(&mut self, event: EventLine<'_>, time: Micros) -> Result<Option<Difference>, String> {
        let positions = event.recipients.iter().map(|place| {
            let position = self.positions.get(place).copied();
            position.ok_or_else(|| unlisted(place))
        });
        let recipients = self.in_order(positions.collect::<Result<_, _>>()?);
        let step = self
            .step
            .as_mut()
            .ok_or("a caused SEND that follows no event of a step")?;
        if time != step.time {
            return Ok(Some(Difference::in_event(
                format!("system_time {}", seconds(time)),
                format!("system_time {}", seconds(step.time)),
                "a SEND of the step before has another system_time than its event",
            )));
        }
        step.told.caused.push(Caused {
            new_clock: event.clocks.1,
            recipients,
            body: event.handled.body,
        });
        Ok(None)
    }

    /// Ends the step whose lines came.
    fn close<E>(&mut self, follows: Follows) -> Result<Option<StepAgain>, Halt<E>> {
        let Some(step) = self.step.take() else {
            return Ok(None);
        };
        let name = |position: u32| self.name(position);
        match difference(&step.told, &step.made, follows, &name) {
            None => Ok(Some(step)),
            Some(difference) => {
                let number = difference.number as u64;
                let (line, events) = (step.line + number, step.events + number);
                Err(Halt::Differs(line, events, difference))
            }
        }
    }

    /// What the last step owes.
    fn end<E>(&mut self) -> Result<Option<Owed>, Halt<E>> {
        let Some(StepAgain {
            time, told, made, ..
        }) = self.close(Follows::Nothing)?
        else {
            return Ok(None);
        };
        let sends = made.caused[told.caused.len()..].to_vec();
        Ok((!sends.is_empty()).then_some(Owed { time, sends }))
    }

    /// The line is another than the machine makes.
    fn differs<E>(&self, line: u64, difference: Difference) -> Result<(), Halt<E>> {
        Err(Halt::Differs(line, self.events, difference))
    }

    /// What errors call the peer at a position: its id in virtual time, else its address.
    fn name(&self, position: u32) -> String {
        let found = self.positions.iter().find(|(_, at)| **at == position);
        let Some((place, _)) = found else {
            return format!("peer {}", position + 1);
        };
        match place.machine() {
            Some(machine) => format!("machine {machine}"),
            None => format!("{}:{}", place.0, place.1),
        }
    }

    /// How many peers there are.
    fn peers(&self) -> u32 {
        self.positions.len() as u32
    }

    /// Recipients in the one way that they are compared in.
    fn in_order(&self, mut positions: Vec<u32>) -> Recipients {
        positions.sort_unstable();
        if positions.len() as u32 == self.peers() {
            return Recipients::All;
        }
        match positions[..] {
            [one] => Recipients::One(one),
            _ => Recipients::Some(positions.into()),
        }
    }
}

/// What a line says of the step it begins: why there was one, its event, and the state.
fn beginning(event: EventLine<'_>, is_by_hand: bool) -> Result<(Cause, Event<Body>, Body), String> {
    let (old_clock, new_clock) = event.clocks;
    if event.kind.receives() {
        let Delivery {
            sender,
            sent_clock,
            arrival,
        } = event.message;
        let timestamp = sent_clock.ok_or("sent_clock is missing: it cannot be handled again")?;
        let arrival = nanos(arrival.unwrap_or_default());
        let body = event.handled.body;
        let message = match sender {
            Some(sender) if !is_by_hand => Message::saying(body, sender, timestamp, arrival),
            sender => Message::by_hand_saying(body, sender, timestamp, arrival),
        };
        let received = Event::Receive {
            old_clock,
            new_clock,
            queue_len: event.queue_len.unwrap_or_default(),
            message,
        };
        return Ok((Cause::Message, received, event.handled.state));
    }
    let cause = match event.handled.prompt.as_deref() {
        Some(Prompt::Start) => Cause::Start,
        Some(Prompt::Timer { name, due }) => Cause::Timer(SetTimer {
            name: name.clone(),
            due: *due,
            order: 0,
        }),
        None => Cause::Idle,
    };
    let moved = Event::moved(old_clock, new_clock);
    Ok((cause, moved, event.handled.state))
}

fn nanos(time: Micros) -> Nanos {
    u64::try_from(time).unwrap_or_default().saturating_mul(1000)
}
