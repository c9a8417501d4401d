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

/// Where a step that was made again is another than the log tells; `sends` of it are there, all if it is not the last.
pub fn difference(told: &HandledStep, made: &HandledStep, is_last: bool) -> Option<String> {
    let says = |body: &Body| body.as_deref().unwrap_or("null").to_owned();
    if told.state != made.state {
        return Some(format!(
            "its state is {} here, and {} when its handler is called again",
            says(&told.state),
            says(&made.state)
        ));
    }
    for (number, told) in told.caused.iter().enumerate() {
        let Some(made) = made.caused.get(number) else {
            return Some(format!(
                "SEND {} of this step is not made when its handler is called again",
                number + 1
            ));
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
            format!(
                "SEND {} of this step says {} here, and {} when its handler is called again",
                number + 1,
                says(&told.body),
                says(body)
            )
        } else if told.recipients != *recipients {
            format!(
                "SEND {} of this step goes to other machines when its handler is called again",
                number + 1
            )
        } else {
            format!(
                "SEND {} of this step has new_clock {}, where the step makes it {new_clock}",
                number + 1,
                told.new_clock
            )
        });
    }
    let (told, made) = (told.caused.len(), made.caused.len());
    (!is_last && told != made).then(|| {
        format!("the step has {told} SENDs here, and {made} when its handler is called again")
    })
}
