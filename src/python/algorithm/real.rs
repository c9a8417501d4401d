//! Algorithms in Python at machines in real time.

use std::sync::Arc;

use pyo3::prelude::*;

use super::handler::{HandlerError, PyHandler};
use super::me::MachineSeat;
use super::role::GivenRole;
use crate::drive::real::algorithm::{
    AlgorithmConfig, BoxedHandler, HandlerFailure, LocalAlgorithm,
};
use crate::drive::simulated::setup::Setup;
use crate::model::handler::{Call, Effects, Handler, Moment};
use crate::model::message::MachineId;

/// An algorithm as the driver of real time calls it.
struct RealHandler(PyHandler);

impl From<HandlerError> for HandlerFailure {
    fn from(error: HandlerError) -> Self {
        match error {
            HandlerError::Failed(error) => Self::Failed(error.into()),
            HandlerError::Interrupted(error) => Self::Interrupted(error.map(Into::into)),
        }
    }
}

impl Handler for RealHandler {
    type Error = HandlerFailure;

    fn has_idle(&self) -> bool {
        self.0.has_idle()
    }

    fn handle(
        &mut self,
        moment: &Moment,
        call: Call<'_>,
        effects: &mut Effects,
    ) -> Result<(), HandlerFailure> {
        self.0.handle(moment, call, effects).map_err(Into::into)
    }

    fn is_interrupt(&self, error: &HandlerFailure) -> bool {
        matches!(error, HandlerFailure::Interrupted(_))
    }
}

/// The algorithms of the machines 1 .. n of a run on this host.
pub(in crate::python) fn local_algorithm(roles: Vec<GivenRole>, setup: &Setup) -> LocalAlgorithm {
    let (roles, topology, seed) = (Arc::new(roles), setup.topology.clone(), setup.seed);
    LocalAlgorithm(Arc::new(move |machine| {
        let roles = roles.clone();
        let role = &roles[machine as usize];
        let (name, arguments, python) = role.declared();
        let seat = MachineSeat::in_topology(machine, &topology, seed);
        let peers = seat.peers.clone();
        AlgorithmConfig {
            name: Some(name),
            arguments: Some(arguments),
            python: Some(python),
            peer_ids: Some(peers),
            maker: Box::new(move |peers| make(&roles[machine as usize], seat, peers)),
        }
    }))
}

/// An instance at its machine, whose peers are these.
fn make(
    role: &GivenRole,
    seat: MachineSeat,
    peers: &[MachineId],
) -> Result<BoxedHandler, HandlerFailure> {
    let seat = MachineSeat {
        peers: peers.to_vec(),
        ..seat
    };
    let made = Python::try_attach(|py| role.make(py, seat));
    let handler = made.unwrap_or(Err(HandlerError::Interrupted(None)))?;
    Ok(Box::new(RealHandler(handler)))
}
