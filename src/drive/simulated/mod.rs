//! The driver of virtual time: a deterministic discrete-event simulator.
//!
//! Ticks happen in the order of (time, machine). Deliveries are not events of
//! their own: a send puts its message into the recipient's queue at its time
//! of arrival, and the recipient looks at what has arrived when it ticks. A
//! message that arrives at the very time of a tick is seen by it if it was
//! sent by a machine earlier in the order.

mod agenda;
pub mod engine;
mod fault_state;
pub mod files;
mod group;
pub mod handled;
pub mod in_time;
pub mod lost;
pub mod memory;
mod outcome;
mod paces;
pub mod ran;
pub mod record;
mod record_list;
pub mod record_share;
pub mod recorder;
pub mod replay;
pub mod seat;
pub mod setup;
mod shortages;
pub mod sweep;
mod up_and_down;
pub mod watch;
pub mod windows;
mod with_faults;

use crate::model::message::MachineId;

/// The id of a machine counted from 0.
#[inline]
fn id(machine: u32) -> MachineId {
    u64::from(machine) + 1
}
