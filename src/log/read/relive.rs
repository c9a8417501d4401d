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
use crate::model::handled::{Cause, Caused, Handled, HandledStep};
use crate::model::handler::{Effects, Handler, SendRoom};
use crate::model::message::{Message, Nanos};
use crate::model::random::Generator;
use crate::model::relive::{Follows, Owed, difference};
use crate::model::timers::SetTimer;

/// Why an algorithm cannot be run again over a log.
#[derive(Debug)]
pub enum ReliveError<E> {
    /// It does something else than the log tells, or the log cannot be read.
    Log(Error),
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

/// A machine with an algorithm after the last line of its log.
#[derive(Debug)]
pub struct Relived {
    /// The machine: its clock and its timers. Its times are those of lines.
    pub handled: Handled,
    /// What its last step still owes.
    pub owed: Option<Owed>,
    /// How many lines there are.
    pub lines: u64,
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
        peers: 0,
        step: None,
        effects: Effects::default(),
    };
    let mut count = 0;
    while let Some((number, line)) = lines.next_read().map_err(ReliveError::Log)? {
        count = number;
        again
            .line(number, line, handler)
            .map_err(|stop| match stop {
                Halt::Log(line, why) => ReliveError::Log(Error::log(name, line, why)),
                Halt::Handler(now, error) => ReliveError::Handler {
                    line: number,
                    now,
                    error,
                },
            })?;
    }
    let owed = again.end();
    let owed = owed.map_err(|(line, why)| ReliveError::Log(Error::log(name, line, why)))?;
    Ok(Relived {
        handled: again.handled,
        owed,
        lines: count,
    })
}

/// Why it ends.
enum Halt<E> {
    /// What is wrong at a line.
    Log(u64, String),
    /// The handler failed at this time.
    Handler(Micros, E),
}

/// The machine so far.
struct Again {
    handled: Handled,
    /// Where in the list of peers an address is.
    positions: BTreeMap<Place<'static>, u32>,
    /// How many peers there are.
    peers: u32,
    /// The step whose lines come.
    step: Option<StepAgain>,
    effects: Effects,
}

/// A step that was made again, and what its lines told so far.
struct StepAgain {
    /// The line of its event.
    line: u64,
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
        let Line {
            time,
            is_manual,
            is_caused,
            is_by_hand,
            body,
            ..
        } = line;
        let stop = |why: String| Halt::Log(number, why);
        if let LineBody::Event(event) = body {
            if is_caused {
                return self.caused(event, time).map_err(stop);
            }
            self.close(Follows::Line)
                .map_err(|(line, why)| Halt::Log(line, why))?;
            if is_manual && !event.kind.receives() {
                self.handled.node_mut().set_clock(event.clocks.1);
                return Ok(());
            }
            let (cause, event, state) = self
                .beginning(event, is_manual, is_by_hand, handler.has_idle())
                .map_err(stop)?;
            let nanos = nanos(time);
            let begun = self.handled.relive(cause, event, nanos);
            let mut begun = begun.map_err(|why| stop(other(&why)))?;
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
                send.recipients = self.in_order(send.recipients.positions(self.peers).collect());
            }
            self.step = Some(StepAgain {
                line: number,
                time,
                told,
                made,
            });
            return Ok(());
        }
        let follows = match body {
            LineBody::Startup(_) => Follows::Startup,
            _ => Follows::Line,
        };
        self.close(follows)
            .map_err(|(line, why)| Halt::Log(line, why))?;
        if let LineBody::Startup(startup) = body {
            let places = startup.peers.into_iter().map(Place::into_owned);
            self.peers = places.len() as u32;
            self.positions = places.zip(0..).collect();
        }
        Ok(())
    }

    /// What a line says of the step it begins: why there was one, its event, and the state.
    fn beginning(
        &self,
        event: EventLine<'_>,
        is_manual: bool,
        is_by_hand: bool,
        has_idle: bool,
    ) -> Result<(Cause, Event<Body>, Body), String> {
        if event.kind.sends() {
            return Err(other(
                "it is neither caused nor by hand, and an algorithm sends in steps of other events",
            ));
        }
        if self.handled.has_stopped() && !is_manual {
            return Err(other("the algorithm has stopped the machine before"));
        }
        let (old_clock, new_clock) = event.clocks;
        if event.kind.receives() {
            let Delivery {
                sender,
                sent_clock,
                arrival,
            } = event.message;
            let timestamp =
                sent_clock.ok_or("sent_clock is missing: it cannot be handled again")?;
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
            None if has_idle => Cause::Idle,
            None => {
                return Err(other(
                    "its tick found nothing to do, which is not the algorithm's business: it has no handler for that",
                ));
            }
        };
        let moved = Event::moved(old_clock, new_clock);
        Ok((cause, moved, event.handled.state))
    }

    /// A SEND of the step before.
    fn caused(&mut self, event: EventLine<'_>, time: Micros) -> Result<(), String> {
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
            return Err(other(
                "a SEND of the step before has another system_time than its event",
            ));
        }
        step.told.caused.push(Caused {
            new_clock: event.clocks.1,
            recipients,
            body: event.handled.body,
        });
        Ok(())
    }

    /// Ends the step whose lines came; the line that is wrong, and why.
    fn close(&mut self, follows: Follows) -> Result<Option<StepAgain>, (u64, String)> {
        let Some(step) = self.step.take() else {
            return Ok(None);
        };
        match difference(&step.told, &step.made, follows) {
            None => Ok(Some(step)),
            Some((number, why)) => Err((step.line + number as u64, other(&why))),
        }
    }

    /// What the last step owes.
    fn end(&mut self) -> Result<Option<Owed>, (u64, String)> {
        let Some(StepAgain {
            time, told, made, ..
        }) = self.close(Follows::Nothing)?
        else {
            return Ok(None);
        };
        let sends = made.caused[told.caused.len()..].to_vec();
        Ok((!sends.is_empty()).then_some(Owed { time, sends }))
    }

    /// Recipients in the one way that they are compared in.
    fn in_order(&self, mut positions: Vec<u32>) -> Recipients {
        positions.sort_unstable();
        if positions.len() as u32 == self.peers {
            return Recipients::All;
        }
        match positions[..] {
            [one] => Recipients::One(one),
            _ => Recipients::Some(positions.into()),
        }
    }
}

/// What to say where something else is done.
fn other(why: &str) -> String {
    format!("not deterministic here: {why}")
}

fn nanos(time: Micros) -> Nanos {
    u64::try_from(time).unwrap_or_default().saturating_mul(1000)
}
