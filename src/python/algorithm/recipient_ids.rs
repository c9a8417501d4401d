//! Who a handler sends to, by ids.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyInt, PyString};

use crate::error::clipped;
use crate::model::event::Recipients;
use crate::model::message::MachineId;

/// The machines that a machine may send to.
pub(super) struct RecipientIds {
    own: MachineId,
    /// Each id and its position in the machine's list of peers, by id.
    positions: Vec<(MachineId, u32)>,
}

impl RecipientIds {
    pub(super) fn new(own: MachineId, peers: &[MachineId]) -> Self {
        let mut positions: Vec<_> = peers.iter().copied().zip(0..).collect();
        positions.sort_unstable();
        Self { own, positions }
    }

    /// How many there are.
    pub(super) fn count(&self) -> u32 {
        self.positions.len() as u32
    }

    /// All of them, ascending.
    pub(super) fn ids(&self) -> impl ExactSizeIterator<Item = MachineId> {
        self.positions.iter().map(|&(id, _)| id)
    }

    /// One id or several as recipients; `None` if there are none.
    pub(super) fn read(&self, to: &Bound<'_, PyAny>) -> PyResult<Option<Recipients>> {
        if to.is_exact_instance_of::<PyInt>() {
            return self.one(to);
        }
        let ids = if to.is_instance_of::<PyString>() || to.is_instance_of::<PyBool>() {
            None
        } else {
            to.try_iter().ok()
        };
        let Some(ids) = ids else {
            return self.one(to);
        };
        let positions: PyResult<Vec<u32>> = ids.map(|id| self.position(&id?)).collect();
        Ok(Recipients::among(positions?, self.count()))
    }

    fn one(&self, id: &Bound<'_, PyAny>) -> PyResult<Option<Recipients>> {
        let position = self.position(id)?;
        Ok(Some(if self.count() == 1 {
            Recipients::All
        } else {
            Recipients::One(position)
        }))
    }

    fn position(&self, id: &Bound<'_, PyAny>) -> PyResult<u32> {
        let number: Option<MachineId> = if id.is_instance_of::<PyBool>() {
            None
        } else {
            id.extract().ok()
        };
        let found = number.and_then(|number| {
            let found = self.positions.binary_search_by_key(&number, |&(id, _)| id);
            found.ok().map(|place| self.positions[place].1)
        });
        found.ok_or_else(|| self.refusal(id, number))
    }

    #[cold]
    fn refusal(&self, id: &Bound<'_, PyAny>, number: Option<MachineId>) -> PyErr {
        let own = self.own;
        if number == Some(own) {
            return PyValueError::new_err(format!(
                "machine {own} sends to itself: use a timer, me.timer(name, 0)"
            ));
        }
        let shown = id
            .repr()
            .map_or_else(|_| "it".to_owned(), |repr| clipped(&repr.to_string_lossy()));
        if number.is_none() && !id.is_exact_instance_of::<PyInt>() {
            return PyTypeError::new_err(format!(
                "machine {own} sends to {shown}: give the id of a machine, or several in a list"
            ));
        }
        let ids: Vec<String> = self.ids().map(|id| id.to_string()).collect();
        let peers = if ids.is_empty() {
            "nobody".to_owned()
        } else {
            clipped(&ids.join(", "))
        };
        PyValueError::new_err(format!(
            "machine {own} sends to {shown}: it may send to {peers} (me.peers)"
        ))
    }
}
