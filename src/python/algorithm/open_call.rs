//! A call of a handler while it runs: what may still be said, and what was.

use std::sync::Arc;

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;

use super::body_text::write_body;
use super::state_text::StateText;
use crate::channel::wire::MAX_TIMESTAMP;
use crate::model::body::{Body, length};
use crate::model::event::Recipients;
use crate::model::handler::{Effects, Moment, SendRoom};
use crate::model::message::MachineId;
use crate::model::timers::{MAX_TIMERS, TimerChange};
use crate::python::error::LamportError;
use crate::setting::MAX_DURATION;

thread_local! {
    static HERE: u8 = const { 0 };
}

/// A number that no other thread has that lives.
fn this_thread() -> usize {
    HERE.with(|here| std::ptr::from_ref(here) as usize)
}

/// The memory of it is kept from call to call.
pub(super) struct OpenCall {
    /// The thread of the handler; 0 between calls.
    thread: usize,
    pub(super) moment: Moment,
    /// The newest clock: of the event, then of the newest send.
    pub(super) clock: u64,
    effects: Effects,
    state: StateText,
    text: String,
}

impl Default for OpenCall {
    fn default() -> Self {
        Self {
            thread: 0,
            moment: Moment {
                now: 0,
                clock: 0,
                sent_clock: None,
                is_replay: false,
                room: SendRoom::WHOLE,
                timer_room: 0,
            },
            clock: 0,
            effects: Effects::default(),
            state: StateText::default(),
            text: String::new(),
        }
    }
}

impl OpenCall {
    /// A call begins in this thread; what it wants goes to `effects`, which are held here until its end.
    pub(super) fn begin(&mut self, moment: Moment, effects: &mut Effects) {
        self.thread = this_thread();
        self.moment = moment;
        self.clock = moment.clock;
        std::mem::swap(&mut self.effects, effects);
    }

    /// The call is over: gives back what it wants, nothing if it failed.
    pub(super) fn end(&mut self, has_failed: bool, effects: &mut Effects) {
        self.thread = 0;
        std::mem::swap(&mut self.effects, effects);
        if has_failed {
            effects.clear();
            self.state.clear();
        } else {
            effects.state = self.state.take();
        }
    }

    /// Whether a handler runs in this thread.
    pub(super) fn is_here(&self) -> bool {
        self.thread == this_thread()
    }

    /// Whether a handler runs at all.
    pub(super) fn is_open(&self) -> bool {
        self.thread != 0
    }

    /// The text of a body, as it is now.
    pub(super) fn body(&mut self, value: Option<&Bound<'_, PyAny>>) -> PyResult<Body> {
        let Some(value) = value else {
            return Ok(None);
        };
        self.text.clear();
        write_body(value, "body", &mut self.text)?;
        Ok(Some(Arc::from(self.text.as_str())))
    }

    /// A message leaves for each of `count` recipients; returns its clock.
    pub(super) fn send(
        &mut self,
        own: MachineId,
        recipients: Recipients,
        count: u64,
        body: Body,
    ) -> PyResult<u64> {
        let bytes = length(&body) as u64;
        let room = &mut self.moment.room;
        if room.messages < count || room.bytes < bytes {
            let (wait, full) = if room.messages < count {
                let wait = SendRoom::WHOLE.messages - room.messages;
                (format!("{wait} messages"), "2^24 = 16777216 messages")
            } else {
                let wait = SendRoom::WHOLE.bytes - room.bytes;
                (format!("bodies of {wait} bytes"), "256 MiB of bodies")
            };
            return Err(LamportError::new_err(format!(
                "machine {own} sends more than can wait: {wait} were sent and not received yet, and {full} \
                 are the most; send less often than machines tick"
            )));
        }
        if self.clock >= MAX_TIMESTAMP {
            return Err(LamportError::new_err(format!(
                "machine {own} cannot send: its clock is {}, and no message may carry more than \
                 {MAX_TIMESTAMP} (2^53 - 2^32 - 1)",
                self.clock
            )));
        }
        room.messages -= count;
        room.bytes -= bytes;
        self.clock += 1;
        self.effects.sends.push((recipients, body));
        Ok(self.clock)
    }

    /// Sets a timer, or takes it away.
    pub(super) fn timer(
        &mut self,
        own: MachineId,
        name: &Bound<'_, PyAny>,
        seconds: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let Ok(name) = name.extract::<std::borrow::Cow<'_, str>>() else {
            return Err(PyTypeError::new_err(format!(
                "a timer has a name, a text, not {}",
                name.repr()?
            )));
        };
        if name.len() > MAX_NAME {
            return Err(PyValueError::new_err(format!(
                "the name of a timer has {} bytes, {MAX_NAME} are the most",
                name.len()
            )));
        }
        let is_set = seconds.is_some();
        let room = &mut self.moment.timer_room;
        if is_set && *room == 0 || self.effects.timers.len() >= 2 * MAX_TIMERS {
            return Err(LamportError::new_err(format!(
                "machine {own} has more timers than it may: {MAX_TIMERS} are the most, those that are set and \
                 those that this step sets together; a name that is used again is one timer"
            )));
        }
        let name: Arc<str> = Arc::from(&*name);
        let change = match seconds {
            None => TimerChange::Cancel(name),
            Some(seconds) => match seconds.extract::<f64>() {
                Ok(after) if (0.0..=MAX_DURATION).contains(&after) => {
                    TimerChange::Set(name, (after * 1e6).round_ties_even() as i64)
                }
                Err(error)
                    if !error.is_instance_of::<PyTypeError>(seconds.py())
                        && !error.is_instance_of::<PyOverflowError>(seconds.py()) =>
                {
                    return Err(error);
                }
                read => {
                    let why = format!(
                        "timer {name:?} in {} seconds: it must be a number from 0 to {MAX_DURATION:e}",
                        seconds.repr()?
                    );
                    return Err(match read {
                        Err(error) if error.is_instance_of::<PyTypeError>(seconds.py()) => {
                            PyTypeError::new_err(why)
                        }
                        _ => PyValueError::new_err(why),
                    });
                }
            },
        };
        *room -= usize::from(is_set);
        self.effects.timers.push(change);
        Ok(())
    }

    pub(super) fn declare(&mut self, values: &Bound<'_, pyo3::types::PyDict>) -> PyResult<()> {
        self.state.declare(values)
    }

    pub(super) fn stop(&mut self) {
        self.effects.stops = true;
    }
}

/// The longest name of a timer, in bytes.
const MAX_NAME: usize = 256;
