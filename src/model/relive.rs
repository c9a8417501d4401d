//! Steps told again from a log: the handlers are called anew, and must want what they wanted.

use crate::model::body::Body;
use crate::model::event::{Event, Recipients};
use crate::model::handled::{Begun, Cause, Caused, Handled, HandledStep};
use crate::model::message::{Micros, Nanos};

/// Where a step that is made again is another than its log tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// In the how manieth of its lines.
    pub number: usize,
    /// What the log tells.
    pub found: String,
    /// What the machine does.
    pub expected: String,
    /// Both, in a sentence.
    pub why: String,
}

impl Difference {
    /// In the event of the step.
    pub fn in_event(
        found: impl Into<String>,
        expected: impl Into<String>,
        why: impl Into<String>,
    ) -> Self {
        Self {
            number: 0,
            found: found.into(),
            expected: expected.into(),
            why: why.into(),
        }
    }

    /// What `subject` is or does is another thing.
    fn of(number: usize, subject: &str, found: &str, expected: &str) -> Self {
        Self {
            number,
            found: format!("{subject} {found}"),
            expected: format!("{subject} {expected}"),
            why: format!("{subject} {found} here, and {expected} when its handler is called again"),
        }
    }
}

impl Handled {
    /// Whether a tick at this time would find what a log tells that it found: what is due first, of a message and a
    /// timer due together the message.
    pub fn check_turn(
        &self,
        cause: &Cause,
        event: &Event<Body>,
        time: Nanos,
    ) -> Result<(), Difference> {
        let at = self.micros(time);
        let Some(first) = self.timers().first().filter(|first| first.due <= at) else {
            return Ok(());
        };
        let found = match cause {
            Cause::Start => return Ok(()),
            Cause::Message => {
                let (message, _) = event.received().expect("a message was received");
                let arrival = self.micros(message.arrival);
                if arrival <= first.due {
                    return Ok(());
                }
                format!("a message that arrived at {}", seconds(arrival))
            }
            // Whether one of this name is set, and when it is due, is looked at where it is taken.
            Cause::Timer(told) if told.name == first.name || !self.timers().has(told) => {
                return Ok(());
            }
            Cause::Timer(told) => format!("timer {:?}", told.name),
            Cause::Idle => "a tick that finds nothing to do".to_owned(),
        };
        let expected = format!("timer {:?}, due at {}", first.name, seconds(first.due));
        let why = format!("{expected}, comes first, and here is {found}");
        Err(Difference::in_event(found, expected, why))
    }

    /// Begins a step that a log tells, at its time by the driver's clock.
    ///
    /// The message of a receipt comes with the event, and must not be in the queue.
    pub fn relive(
        &mut self,
        cause: Cause,
        event: Event<Body>,
        time: Nanos,
    ) -> Result<Begun, Difference> {
        let is_start = cause == Cause::Start;
        if is_start == self.has_started() {
            let (start, other) = ("the first step of the machine", "a step after the first");
            let (found, expected, why) = if is_start {
                let why = "it is the first step of the machine, but there are steps before";
                (start, other, why)
            } else {
                let why = "the first step of a machine has \"start\": true";
                (other, start, why)
            };
            return Err(Difference::in_event(found, expected, why));
        }
        let cause = match cause {
            Cause::Timer(told) => {
                let set = self.timers_mut().take(&told.name);
                match set {
                    Some(set) if set.due == told.due => Cause::Timer(set),
                    set => {
                        let made = set.map_or_else(
                            || "no timer of this name is set".to_owned(),
                            |set| format!("it is due at {}", seconds(set.due)),
                        );
                        let found =
                            format!("timer {:?} is due at {}", told.name, seconds(told.due));
                        let why =
                            format!("{found} here, and when the handlers are called again {made}");
                        return Err(Difference::in_event(found, made, why));
                    }
                }
            }
            other => other,
        };
        self.start();
        self.node_mut().set_clock(event.new_clock());
        Ok(self.begun(cause, event, time))
    }
}

/// A time of a log, in seconds.
pub fn seconds(micros: Micros) -> String {
    format!(
        "{}.{:06}",
        micros.div_euclid(1_000_000),
        micros.rem_euclid(1_000_000)
    )
}

/// The SENDs that a torn step lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    /// The time of the step, as its line states it.
    pub time: Micros,
    /// What is missing, in order.
    pub sends: Vec<Caused>,
}

/// What the log has after the lines of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follows {
    /// A line of the same life.
    Line,
    /// The next life of the machine.
    Startup,
    /// Nothing: it may be torn.
    Nothing,
}

/// Where a step that was made again is another than the log tells; `name` is that of a peer.
///
/// At the end of a log SENDs may be missing. Where a handler failed, its step has no state and no SENDs, which are
/// added before the next life.
pub fn difference(
    told: &HandledStep,
    made: &HandledStep,
    follows: Follows,
    name: &dyn Fn(u32) -> String,
) -> Option<Difference> {
    let says = |body: &Body| body.as_deref().unwrap_or("null").to_owned();
    let may_have_failed = follows != Follows::Line && told.state.is_none();
    if told.state != made.state && !may_have_failed {
        let (found, expected) = (says(&told.state), says(&made.state));
        return Some(Difference::of(0, "its state is", &found, &expected));
    }
    for (number, told) in (1..).zip(&told.caused) {
        let send = format!("SEND {number} of this step");
        let Some(made) = made.caused.get(number - 1) else {
            return Some(Difference {
                number,
                found: send.clone(),
                expected: format!("no {send}"),
                why: format!("{send} is not made when its handler is called again"),
            });
        };
        if told == made {
            continue;
        }
        let Caused {
            new_clock,
            recipients,
            body,
        } = made;
        return Some(if told.body != *body {
            let (found, expected) = (says(&told.body), says(body));
            Difference::of(number, &format!("{send} says"), &found, &expected)
        } else if told.recipients != *recipients {
            let [found, expected] =
                [&told.recipients, recipients].map(|recipients| named(recipients, name));
            Difference::of(number, &format!("{send} goes to"), &found, &expected)
        } else {
            Difference {
                number,
                found: format!("{send} has new_clock {}", told.new_clock),
                expected: format!("{send} has new_clock {new_clock}"),
                why: format!(
                    "{send} has new_clock {}, where the step makes it {new_clock}",
                    told.new_clock
                ),
            }
        });
    }
    let (told, made) = (told.caused.len(), made.caused.len());
    (follows != Follows::Nothing && told != made).then(|| Difference {
        number: told + 1,
        found: format!("the step before has {told} SENDs"),
        expected: format!("the step before has {made} SENDs"),
        why: format!(
            "the step before has {told} SENDs here, and {made} when its handler is called again"
        ),
    })
}

/// Recipients by their names.
fn named(recipients: &Recipients, name: &dyn Fn(u32) -> String) -> String {
    if *recipients == Recipients::All {
        return "all its peers".to_owned();
    }
    let names: Vec<String> = recipients.positions(0).map(name).collect();
    names.join(", ")
}
