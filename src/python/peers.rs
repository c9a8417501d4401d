//! The peers of a machine, as people pass them.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping};

use super::arguments::{PeerAddress, Whole};
use crate::model::address::{self, Address};
use crate::model::message::MachineId;

/// Addresses, or a mapping of the ids of machines to them.
pub(super) struct PeersArgument {
    pub(super) addresses: Vec<Address>,
    /// Their ids, if they are told.
    pub(super) ids: Option<Vec<MachineId>>,
}

impl<'py> FromPyObject<'_, 'py> for PeersArgument {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let Ok(mapping) = object.cast::<PyMapping>() else {
            let list: Vec<PeerAddress> = object.extract()?;
            return Ok(Self {
                addresses: list.into_iter().map(|PeerAddress(peer)| peer).collect(),
                ids: None,
            });
        };
        let pair = |item: Bound<'py, PyAny>| {
            let (id, peer): (Bound<'py, PyAny>, Bound<'py, PyAny>) = item.extract()?;
            let id = id.extract().map_err(|_: PyErr| {
                PyTypeError::new_err(format!(
                    "{id} is not the id of a machine: the form is {{2: (\"localhost\", 5002)}}"
                ))
            });
            let (Whole(id), PeerAddress(peer)) = (id?, peer.extract()?);
            Ok::<_, PyErr>((id, peer))
        };
        let pairs: PyResult<Vec<_>> = mapping.items()?.iter().map(pair).collect();
        let (ids, addresses) = pairs?.into_iter().unzip();
        Ok(Self {
            addresses,
            ids: Some(ids),
        })
    }
}

/// Read the peers of a machine, ``host:port,host:port``, or with their ids ``2=host:port,3=host:port``.
///
/// Returns
/// -------
/// list of (str, int) or dict of int to (str, int)
///     Hosts (IPv6 without brackets) and ports, in the order given; by id where ids are told.
///
/// Raises
/// ------
/// ValueError
///     An entry is not of the form; the message shows it.
#[pyfunction]
pub(super) fn parse_peers<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    let (ids, addresses) = address::parse_peers(text)?;
    let addresses = addresses
        .into_iter()
        .map(|Address { host, port }| (host, port));
    let Some(ids) = ids else {
        let list: Vec<_> = addresses.collect();
        return list.into_pyobject(py);
    };
    let told = PyDict::new(py);
    for (id, address) in ids.into_iter().zip(addresses) {
        told.set_item(id, address)?;
    }
    Ok(told.into_any())
}
