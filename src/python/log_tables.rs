//! The tables of a run, each the core's until Python asks for it.

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::PyDict;

use super::columns::values;
use super::error::LamportError;
use super::held::{Held, arrays};
use super::matched::{Matched, Unmatched};
use super::recording::Recording;
use super::tables;
use crate::causality::machines::{Machines, machines};
use crate::causality::matching::Inference;
use crate::causality::messages::{Messages, inferred_messages};
use crate::causality::since::{Since, since};
use crate::log::columns::Columns;
use crate::log::logs::{Logs, Source};
use crate::log::schema::COLUMNS;
use crate::log::texts::Texts;
use crate::log::write::in_memory::InMemory;

/// What the logs of a run say: tables, and what there is beside them.
pub(super) struct LogTables {
    /// What there is beside the events.
    pub(super) beside: Logs,
    columns: Mutex<Held<Columns>>,
    messages: Mutex<Matched>,
    pub(super) machines: Mutex<Held<Machines>>,
    /// Of a run that was not recorded, what machines did from a time on, if that was counted.
    in_time: Option<(f64, Since)>,
    /// The kinds and the recipients of the events, once Python has the other columns.
    kept: Mutex<Arc<Columns>>,
    /// What is found of receipts, for messages and causality.
    pub(super) inference: Inference,
}

const UNRECORDED: &str =
    "no event was recorded (record=False): only run.machines and what follows from it is there";

impl LogTables {
    /// A run of which only the table of machines is known.
    pub(super) fn of_machines(machines: Machines, in_time: Option<(f64, Since)>) -> Self {
        Self {
            beside: Logs::default(),
            columns: Mutex::new(Held::Nothing(UNRECORDED)),
            messages: Mutex::new(Matched::nothing(UNRECORDED)),
            machines: Mutex::new(Held::Native(machines)),
            in_time,
            kept: Mutex::default(),
            inference: Inference::default(),
        }
    }

    pub(super) fn new(mut logs: Logs) -> Self {
        let machines = machines(&logs);
        let columns = std::mem::take(&mut logs.columns);
        Self {
            in_time: None,
            beside: logs,
            columns: Mutex::new(Held::Native(columns)),
            messages: Mutex::new(Matched::NotYet),
            machines: Mutex::new(Held::Native(machines)),
            kept: Mutex::default(),
            inference: Inference::default(),
        }
    }

    /// The events, as a new dict of arrays.
    pub(super) fn events<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        arrays(py, &self.columns, |py, mut columns| {
            let dict = tables::events(py, &mut columns)?;
            *self
                .kept
                .lock_py_attached(py)
                .unwrap_or_else(PoisonError::into_inner) = Arc::new(columns);
            Ok(dict)
        })
    }

    /// The messages, matched if they are not, for `look` to see with how many have no known send.
    pub(super) fn matched<T>(
        &self,
        py: Python<'_>,
        look: impl FnOnce(&mut Held<Messages>, &Unmatched) -> PyResult<T>,
    ) -> PyResult<T> {
        let mut matched = self
            .messages
            .lock_py_attached(py)
            .unwrap_or_else(PoisonError::into_inner);
        if matches!(*matched, Matched::NotYet) {
            let messages = self.match_messages(py)?;
            *matched = Matched::done(messages, self.beside.has_recipients);
        }
        match &mut *matched {
            Matched::Done(held, unmatched) => look(held, unmatched),
            Matched::NotYet => unreachable!("they were just matched"),
        }
    }

    /// What machines did from `since` on, or from the beginning.
    pub(super) fn in_time(
        &self,
        py: Python<'_>,
        from: Option<f64>,
        acts_after_receipt: bool,
    ) -> PyResult<Since> {
        if let Some((counted, told)) = &self.in_time {
            let from = from.unwrap_or(0.0).max(0.0);
            if from.total_cmp(&counted.max(0.0)).is_eq() {
                return Ok(told.clone());
            }
            let why = format!("{UNRECORDED}, and run.machines_since({counted})");
            return Err(LamportError::new_err(why));
        }
        let machines = &self.beside.machines;
        let columns = self
            .columns
            .lock_py_attached(py)
            .unwrap_or_else(PoisonError::into_inner);
        if let Held::Native(columns) = &*columns {
            return Ok(py.detach(|| since(columns, machines, from, acts_after_receipt))?);
        }
        drop(columns);
        let columns = self.table(py)?;
        Ok(py.detach(|| since(&columns, machines, from, acts_after_receipt))?)
    }

    fn match_messages(&self, py: Python<'_>) -> PyResult<Messages> {
        let columns = self
            .columns
            .lock_py_attached(py)
            .unwrap_or_else(PoisonError::into_inner);
        if let Held::Native(columns) = &*columns {
            return Ok(py.detach(|| inferred_messages(columns, &self.beside, &self.inference)));
        }
        drop(columns);
        let columns = self.table(py)?;
        Ok(py.detach(|| inferred_messages(&columns, &self.beside, &self.inference)))
    }

    /// The events of a table as verification reads them.
    pub(super) fn table(&self, py: Python<'_>) -> PyResult<Columns> {
        let dict = self.events(py)?;
        let kept = self.kept(py);
        let mut columns = Columns {
            starts: kept.starts.clone(),
            recipients: kept.recipients.clone(),
            bodies: kept.bodies.clone(),
            states: kept.states.clone(),
            prompts: kept.prompts.clone(),
            ..Columns::default()
        };
        for &column in COLUMNS {
            if let Some(values) = values(dict.as_mapping(), column)? {
                columns.set(column.name, values);
            }
        }
        Ok(columns)
    }

    /// What is read of these logs: the files there are, in this way, else the table.
    pub(super) fn recording(
        &self,
        py: Python<'_>,
        files: fn(&[Source]) -> Recording,
    ) -> PyResult<Recording> {
        match &*self.beside.sources {
            [] => Ok(Recording::Table(Box::new(self.table(py)?))),
            sources => Ok(files(sources)),
        }
    }

    /// What is here, as lines are made of it.
    ///
    /// `extra` are columns that only Python has.
    pub(super) fn in_memory(
        &self,
        py: Python<'_>,
        extra: Option<Vec<(String, Vec<String>)>>,
    ) -> PyResult<InMemory<'_>> {
        let texts = |(name, values): (String, Vec<String>)| {
            let mut texts = Texts::default();
            for value in &values {
                texts.push(value);
            }
            (name, texts)
        };
        let extra = extra.unwrap_or_default().into_iter().map(texts);
        let extra = extra.collect();
        Ok(InMemory::new(self.table(py)?, &self.beside, extra))
    }

    /// The kinds and the recipients of the events, which Python has.
    pub(super) fn kept(&self, py: Python<'_>) -> Arc<Columns> {
        let kept = self.kept.lock_py_attached(py);
        kept.unwrap_or_else(PoisonError::into_inner).clone()
    }
}
