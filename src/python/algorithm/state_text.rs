//! The values that a handler declares, as one JSON object.

use std::ops::Range;
use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::body_text::{write_body, write_string};
use crate::model::body::MAX_BODY;

/// The columns that every table of states has.
const TAKEN: [&str; 3] = ["machine_id", "time", "new_clock"];

/// The state of one step; of a value that is declared again, the last counts.
#[derive(Default)]
pub(super) struct StateText {
    text: String,
    /// Each name with its value, both as JSON.
    members: Vec<(Range<usize>, Range<usize>)>,
}

impl StateText {
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.members.clear();
    }

    /// Adds these values as they are now.
    pub(super) fn declare(&mut self, values: &Bound<'_, PyDict>) -> PyResult<()> {
        let before = self.members.len();
        for (name, value) in values.iter() {
            let Ok(name) = name.cast::<PyString>()?.to_str() else {
                return Err(PyValueError::new_err(format!(
                    "state(**{{{}: ...}}): a lone surrogate in a name cannot be written; use other characters",
                    name.repr()?
                )));
            };
            if TAKEN.contains(&name) {
                return Err(PyValueError::new_err(format!(
                    "state({name}=...): the table of states has a column {name} of its own, give \
                     another name"
                )));
            }
            let start = self.text.len();
            write_string(name, &mut self.text);
            let middle = self.text.len();
            write_body(&value, name, &mut self.text)?;
            let (key, value) = (start..middle, middle..self.text.len());
            let is_key =
                |member: &(Range<usize>, _)| self.text[member.0.clone()] == self.text[key.clone()];
            match self.members[..before].iter().position(is_key) {
                Some(place) => self.members[place].1 = value,
                None => self.members.push((key, value)),
            }
        }
        let length = self.length();
        if length > MAX_BODY {
            return Err(PyValueError::new_err(format!(
                "the state of a step takes {length} bytes as JSON, {MAX_BODY} are the most"
            )));
        }
        Ok(())
    }

    fn length(&self) -> usize {
        let of = |(key, value): &(Range<usize>, Range<usize>)| key.len() + value.len() + 4;
        self.members.iter().map(of).sum::<usize>()
    }

    /// Takes the object, if there is any value.
    pub(super) fn take(&mut self) -> Option<Arc<str>> {
        if self.members.is_empty() {
            return None;
        }
        let mut object = String::with_capacity(self.length());
        for (key, value) in self.members.drain(..) {
            object.push_str(if object.is_empty() { "{" } else { ", " });
            object.push_str(&self.text[key]);
            object.push_str(": ");
            object.push_str(&self.text[value]);
        }
        object.push('}');
        self.text.clear();
        Some(object.into())
    }
}
