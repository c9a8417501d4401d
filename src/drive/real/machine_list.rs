//! The list of the machines that run together.

use std::sync::{Arc, Mutex};

use crate::drive::real::machine::Machine;

/// The machines of a run, by position. One that comes back after a crash replaces the one before.
#[derive(Debug)]
pub struct MachineList(Mutex<Vec<Arc<Machine>>>);

impl MachineList {
    /// These machines.
    pub fn new(machines: Vec<Arc<Machine>>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(machines)))
    }

    /// All of them, as they are now.
    pub fn machines(&self) -> Vec<Arc<Machine>> {
        self.0.lock().expect("no holder panics").clone()
    }

    pub(super) fn replace(&self, position: usize, machine: Arc<Machine>) {
        self.0.lock().expect("no holder panics")[position] = machine;
    }
}
