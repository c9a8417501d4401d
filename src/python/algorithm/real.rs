//! Algorithms in Python at machines in real time.

use std::sync::Arc;

use pyo3::prelude::*;

use super::handed_run::HandedRun;
use super::handler::{HandlerError, PyHandler};
use super::handler_threads::HandlerThread;
use super::me::MachineSeat;
use super::role::GivenRole;
use crate::drive::real::algorithm::{
    AlgorithmConfig, BoxedHandler, HandlerFailure, Inputs, LocalAlgorithm,
};
use crate::drive::simulated::setup::Setup;
use crate::model::handler::{Call, Effects, Handler, Moment};
use crate::model::message::{MachineId, Nanos};

/// An algorithm as the driver of real time calls it.
struct RealHandler {
    handler: PyHandler,
    thread: HandlerThread,
}

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
        self.handler.has_idle()
    }

    fn handle(
        &mut self,
        moment: &Moment,
        call: Call<'_>,
        effects: &mut Effects,
    ) -> Result<(), HandlerFailure> {
        let _here = self.thread.enter();
        let handled = self.handler.handle(moment, call, effects);
        handled.map_err(Into::into)
    }

    fn is_interrupt(&self, error: &HandlerFailure) -> bool {
        matches!(error, HandlerFailure::Interrupted(_))
    }
}

/// The algorithms of the machines 1 .. n of a run on this host, and where their handlers are at work.
pub(in crate::python) fn local_algorithm(
    roles: Vec<GivenRole>,
    given: Vec<(f64, u32, Option<String>)>,
    setup: &Setup,
) -> (LocalAlgorithm, Vec<HandlerThread>) {
    let threads: Vec<_> = roles.iter().map(|_| HandlerThread::default()).collect();
    let roles: Vec<_> = roles.into_iter().map(Arc::new).collect();
    let (topology, seed, own) = (setup.topology.clone(), setup.seed, threads.clone());
    let algorithm = LocalAlgorithm(Arc::new(move |machine| {
        let seat = MachineSeat::in_topology(machine, &topology, seed);
        let place = machine as usize;
        let given = given.iter().filter(|(_, other, _)| *other == machine);
        AlgorithmConfig {
            inputs: inputs(given.map(|(time, _, body)| (*time, body.as_deref()))),
            ..configured(&roles[place], &own[place], move |_, _| seat)
        }
    }));
    (algorithm, threads)
}

/// The algorithm of the one machine `id`, which these may send to, where that is known.
pub(in crate::python) fn own_algorithm(
    role: GivenRole,
    id: MachineId,
    senders: Option<Vec<MachineId>>,
    run: Option<HandedRun>,
) -> (AlgorithmConfig, HandlerThread) {
    let thread = HandlerThread::default();
    let (senders, machines, given) = match run {
        Some(run) => (Some(run.senders), run.machines, run.inputs),
        None => (senders, Vec::new(), Vec::new()),
    };
    let config = configured(&Arc::new(role), &thread, move |peers, seed| {
        let senders = senders.unwrap_or_else(|| peers.to_vec());
        MachineSeat {
            id,
            name: id.to_string(),
            peers: peers.to_vec(),
            machines: [&[id], peers, &senders, &machines].concat(),
            senders,
            seed,
        }
    });
    let config = AlgorithmConfig {
        inputs: inputs(given.iter().map(|(time, body)| (*time, body.as_deref()))),
        ..config
    };
    (config, thread)
}

/// What a machine is given from outside, and when, in seconds.
fn inputs<'a>(given: impl Iterator<Item = (f64, Option<&'a str>)>) -> Inputs {
    let inputs = given.map(|(time, body)| ((time * 1e9) as Nanos, body.map(Into::into)));
    inputs.collect()
}

/// What a machine with this role is told, whose place is known once its peers are.
fn configured(
    role: &Arc<GivenRole>,
    thread: &HandlerThread,
    seat: impl FnOnce(&[MachineId], u64) -> MachineSeat + Send + 'static,
) -> AlgorithmConfig {
    let (name, arguments, python) = role.declared();
    let (role, thread) = (role.clone(), thread.clone());
    AlgorithmConfig {
        name: Some(name),
        arguments: Some(arguments),
        python: Some(python),
        inputs: Vec::new(),
        maker: Box::new(move |peers, seed| {
            let seat = seat(peers, seed);
            let here = thread.enter();
            let made = Python::try_attach(|py| role.make(py, seat));
            drop(here);
            let handler = made.unwrap_or(Err(HandlerError::Interrupted(None)))?;
            Ok(Box::new(RealHandler { handler, thread }) as BoxedHandler)
        }),
    }
}
