//! Fault schedules, from Python.

use pyo3::prelude::*;

use crate::error::Result;
use crate::model::fault::Fault;
use crate::model::fault_schedule::{FaultSchedule, Transition};
use crate::model::message::MachineId;

/// The crashes and pauses of machines 1..n, in order, as `(seconds, machine, what)`.
#[pyfunction]
pub(super) fn fault_turns(faults: &str, machines: u32) -> PyResult<Vec<(f64, u64, &'static str)>> {
    Ok(transitions(faults, machines)?)
}

fn transitions(faults: &str, machines: u32) -> Result<Vec<(f64, MachineId, &'static str)>> {
    let ids: Vec<MachineId> = (1..=u64::from(machines)).collect();
    // The seed is for delays alone.
    let faults = FaultSchedule::new(&Fault::list(faults)?, Some(&ids), 0)?;
    let of_machine = |&id: &MachineId| {
        let turns = faults.transitions(id).into_iter();
        turns.map(move |(time, turn)| (time, id, turn))
    };
    let mut turns: Vec<_> = ids.iter().flat_map(of_machine).collect();
    turns.sort_by_key(|&(time, ..)| time);
    let named = |(time, id, turn)| (time as f64 / 1e9, id, name(turn));
    Ok(turns.into_iter().map(named).collect())
}

fn name(turn: Transition) -> &'static str {
    match turn {
        Transition::Crash => "crash",
        Transition::Restart => "restart",
        Transition::Pause => "pause",
        Transition::Continue => "continue",
    }
}
