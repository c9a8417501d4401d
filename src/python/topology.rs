//! Who sends to whom.

use pyo3::prelude::*;

use crate::error::Error;
use crate::model::topology::Topology;

/// A topology by name, or the peers of each machine counted from 0.
#[derive(FromPyObject)]
pub(super) enum Shape {
    Name(String),
    Peers(Vec<Vec<u32>>),
}

impl Shape {
    /// The topology of `machines` machines.
    pub(super) fn build(self, machines: usize) -> crate::error::Result<Topology> {
        match self {
            Self::Name(name) => Topology::named(&name, count(machines)?),
            Self::Peers(peers) => Topology::adjacency(peers),
        }
    }
}

/// The number of machines, if a run can have it.
pub(super) fn count(machines: usize) -> crate::error::Result<u32> {
    u32::try_from(machines)
        .ok()
        .filter(|&machines| machines > 0)
        .ok_or_else(|| {
            Error::invalid(format!(
                "{machines} machines: a run has at least one, and at most {}",
                u32::MAX
            ))
        })
}

/// The peers of each machine in a topology "full", "ring", "star" or "line", counted from 0.
#[pyfunction]
pub(super) fn topology_peers(topology: &str, machines: usize) -> PyResult<Vec<Vec<u32>>> {
    let topology = Topology::named(topology, count(machines)?)?;
    Ok((0..topology.machines())
        .map(|machine| topology.peers(machine).collect())
        .collect())
}
