//! What rows of machines with an algorithm say beside their columns.

use std::sync::Arc;

use crate::log::columns::{Columns, Micros};
use crate::log::prompt::Prompt;
use crate::model::body::Body;
use crate::model::handled::{Cause, HandledStep};

/// What a row says beside its columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HandledRow {
    /// Why there was a step, if for no message.
    pub prompt: Option<Arc<Prompt>>,
    /// What the message sent or received says.
    pub body: Body,
    /// The values that the handler declared.
    pub state: Body,
}

impl HandledRow {
    /// What the row of a step's event says.
    pub fn of(step: &HandledStep) -> Self {
        let prompt = match &step.cause {
            Cause::Start => Some(Prompt::Start),
            Cause::Timer(timer) => Some(Prompt::Timer {
                name: timer.name.clone(),
                due: timer.due,
            }),
            Cause::Message | Cause::Idle => None,
        };
        let received = step.event.received();
        Self {
            prompt: prompt.map(Arc::new),
            body: received.and_then(|(message, _)| message.body.clone()),
            state: step.state.clone(),
        }
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.prompt.is_none() && self.body.is_none() && self.state.is_none()
    }

    /// The same, with times that count from elsewhere.
    pub(crate) fn shifted(&self, by: Micros) -> Self {
        let shift = |prompt: &Arc<Prompt>| match prompt.as_ref() {
            Prompt::Timer { name, due } if by != 0 => Arc::new(Prompt::Timer {
                name: name.clone(),
                due: due.saturating_add(by),
            }),
            _ => prompt.clone(),
        };
        Self {
            prompt: self.prompt.as_ref().map(shift),
            ..self.clone()
        }
    }
}

impl Columns {
    /// What the event in `row` says beside its columns; none of a later row was told before.
    pub fn say(&mut self, row: usize, said: HandledRow) {
        let HandledRow {
            prompt,
            body,
            state,
        } = said;
        put(&mut self.bodies, row, body);
        put(&mut self.states, row, state);
        put(&mut self.prompts, row, prompt);
    }

    /// What the message sent in `row` says, and nothing else; none of a later row was told before.
    pub(crate) fn say_body(&mut self, row: usize, body: Body) {
        put(&mut self.bodies, row, body);
    }

    /// Ends what is said: of the rows behind the last that says anything, too.
    pub(crate) fn end_said(&mut self) {
        let rows = self.len();
        for texts in [&mut self.bodies, &mut self.states] {
            if !texts.is_empty() {
                texts.resize(rows, None);
            }
        }
        if !self.prompts.is_empty() {
            self.prompts.resize(rows, None);
        }
    }

    /// The state that the event in `row` declares.
    pub fn state(&self, row: usize) -> Option<&str> {
        self.states.get(row)?.as_deref()
    }

    /// What the message sent or received in `row` says.
    pub fn body(&self, row: usize) -> Option<&str> {
        self.bodies.get(row)?.as_deref()
    }

    /// Why there was a step in `row`, if for no message.
    pub fn prompt(&self, row: usize) -> Option<&Prompt> {
        self.prompts.get(row)?.as_deref()
    }
}

fn put<T: Clone>(values: &mut Vec<Option<T>>, row: usize, value: Option<T>) {
    if value.is_some() {
        if values.len() < row {
            values.resize(row, None);
        }
        values.push(value);
    }
}
