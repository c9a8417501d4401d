//! An algorithm at a machine in real time.

use std::fmt;
use std::sync::Arc;

use crate::channel::kept_bodies::ReadBody;
use crate::error::ForeignError;
use crate::log::line::Startup;
use crate::log::read::logged_bodies::LoggedBodies;
use crate::model::body::Body;
use crate::model::handler::Handler;
use crate::model::message::{MachineId, Nanos};

/// Why a handler did not come to its end.
#[derive(Debug)]
pub enum HandlerFailure {
    /// It failed: its event happened, and nothing of what it was about to do.
    Failed(ForeignError),
    /// It was interrupted from outside, by this if that is known: there was no step.
    Interrupted(Option<ForeignError>),
}

/// The handlers of an algorithm, as they are called by whichever thread makes a step.
pub type BoxedHandler = Box<dyn Handler<Error = HandlerFailure> + Send>;

/// Makes an algorithm once the ids of the machine's peers are known, which it is told in the order of the peer list, and with
/// them the seed of its machine's draws.
pub type HandlerMaker =
    Box<dyn FnOnce(&[MachineId], u64) -> Result<BoxedHandler, HandlerFailure> + Send>;

/// What a machine is given from outside, in order: when, since it began to tick, and what it says.
pub type Inputs = Vec<(Nanos, Body)>;

impl ReadBody for LoggedBodies {
    fn read(&self, at: u64) -> Result<Body, String> {
        Self::read(self, at).map_err(|error| error.to_string())
    }
}

/// The algorithm of a machine, and what its log says of it.
pub struct AlgorithmConfig {
    /// Makes it; it is called once.
    pub maker: HandlerMaker,
    /// The class, `module:Class`.
    pub name: Option<String>,
    /// What the class is called with, as a JSON object.
    pub arguments: Option<String>,
    /// The minor version of the interpreter that runs it.
    pub python: Option<String>,
    /// What it is given from outside, in all its lives.
    pub inputs: Inputs,
}

impl AlgorithmConfig {
    /// Says in a STARTUP line what runs.
    pub(super) fn declare(&self, startup: &mut Startup<'static>) {
        let owned = |text: &Option<String>| text.clone().map(Into::into);
        startup.algorithm = owned(&self.name);
        startup.arguments = owned(&self.arguments);
        startup.python = owned(&self.python);
    }
}

impl fmt::Debug for AlgorithmConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AlgorithmConfig")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// The algorithms of the machines of a run: makes that of a machine counted from 0, for each of its lives.
#[derive(Clone)]
pub struct LocalAlgorithm(pub Arc<dyn Fn(u32) -> AlgorithmConfig + Send + Sync>);

impl fmt::Debug for LocalAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LocalAlgorithm").finish()
    }
}
