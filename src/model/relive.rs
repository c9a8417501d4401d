//! Steps told again from a log: the handlers are called anew, and must want what they wanted.

use crate::model::body::Body;
use crate::model::event::Event;
use crate::model::handled::{Begun, Cause, Caused, Handled, HandledStep};
use crate::model::message::{Micros, Nanos};

impl Handled {
    /// Begins a step that a log tells, at its time by the driver's clock.
    ///
    /// The message of a receipt comes with the event, and must not be in the queue.
    pub fn relive(
        &mut self,
        cause: Cause,
        event: Event<Body>,
        time: Nanos,
    ) -> Result<Begun, String> {
        let is_start = cause == Cause::Start;
        if is_start == self.has_started() {
            return Err(if is_start {
                "it is the first step of the machine, but there are steps before".to_owned()
            } else {
                "the first step of a machine has \"start\": true".to_owned()
            });
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
                        return Err(format!(
                            "timer {:?} is due at {} here, and when the handlers are called again {made}",
                            told.name,
                            seconds(told.due)
                        ));
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
fn seconds(micros: Micros) -> String {
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

/// Where a step that was made again is another than the log tells: in the how manieth of its lines, and how.
///
/// At the end of a log SENDs may be missing. Where a handler failed, its step has no state and no SENDs, which are
/// added before the next life.
pub fn difference(
    told: &HandledStep,
    made: &HandledStep,
    follows: Follows,
) -> Option<(usize, String)> {
    let says = |body: &Body| body.as_deref().unwrap_or("null").to_owned();
    let may_have_failed = follows != Follows::Line && told.state.is_none();
    if told.state != made.state && !may_have_failed {
        let why = format!(
            "its state is {} here, and {} when its handler is called again",
            says(&told.state),
            says(&made.state)
        );
        return Some((0, why));
    }
    for (number, told) in (1..).zip(&told.caused) {
        let Some(made) = made.caused.get(number - 1) else {
            let why =
                format!("SEND {number} of this step is not made when its handler is called again");
            return Some((number, why));
        };
        if told == made {
            continue;
        }
        let Caused {
            new_clock,
            recipients,
            body,
        } = made;
        let why = if told.body != *body {
            format!(
                "SEND {number} of this step says {} here, and {} when its handler is called again",
                says(&told.body),
                says(body)
            )
        } else if told.recipients != *recipients {
            format!(
                "SEND {number} of this step goes to other machines when its handler is called again"
            )
        } else {
            format!(
                "SEND {number} of this step has new_clock {}, where the step makes it {new_clock}",
                told.new_clock
            )
        };
        return Some((number, why));
    }
    let (told, made) = (told.caused.len(), made.caused.len());
    (follows != Follows::Nothing && told != made).then(|| {
        let why = format!(
            "the step before has {told} SENDs here, and {made} when its handler is called again"
        );
        (told + 1, why)
    })
}
