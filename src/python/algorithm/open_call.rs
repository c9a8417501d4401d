//! A call of a handler while it runs: what may still be said, and what was.

use std::sync::Arc;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use super::body_text::write_body;
use super::state_text::StateText;
use crate::channel::wire::MAX_TIMESTAMP;
use crate::model::body::{Body, length};
use crate::model::event::Recipients;
use crate::model::handler::{Effects, Moment, SendRoom};
use crate::model::message::MachineId;
use crate::model::timers::TimerChange;
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
            return Err(LamportError::new_err(format!(
                "machine {own} sends more than can wait: there is room for {} messages with bodies of {} \
                 bytes, and of messages that were not received yet there may be 2^24, or 256 MiB",
                room.messages, room.bytes
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
    pub(super) fn timer(&mut self, name: &Bound<'_, PyAny>, seconds: Option<f64>) -> PyResult<()> {
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
        let name = Arc::from(&*name);
        self.effects.timers.push(match seconds {
            None => TimerChange::Cancel(name),
            Some(seconds) if (0.0..=MAX_DURATION).contains(&seconds) => {
                TimerChange::Set(name, (seconds * 1e6).round_ties_even() as i64)
            }
            Some(seconds) => {
                return Err(PyValueError::new_err(format!(
                    "timer {name:?} in {seconds} seconds: it must be a number from 0 to {MAX_DURATION:e}"
                )));
            }
        });
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
