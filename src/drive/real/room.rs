//! Whether a run has room on this host, before anything of it is made.

use crate::drive::memory::available;
use crate::error::{Error, Result};
use crate::log::read::open_files;
use crate::model::topology::Topology;

/// Open files of a machine: its listening socket and its log.
const FILES_PER_MACHINE: u64 = 2;
/// Open files of a connection within a process: both its ends.
const FILES_PER_CHANNEL: u64 = 2;
/// Open files of a machine's process in the one that started it: its pipes, its listening socket, and one
/// that keeps its port.
const FILES_PER_PROCESS: u64 = 4;
/// Open files beside those: the poll thread's, and room for what Python opens.
const FILES_BESIDE: u64 = 16;
/// Bytes that a machine's process takes.
const BYTES_PER_PROCESS: f64 = 16e6;

/// Checks that there is a port for each machine.
fn check_ports(topology: &Topology, base_port: u16) -> Result<()> {
    let machines = topology.machines();
    let last = (1 << 16) - 1;
    if machines > last {
        return Err(Error::invalid(format!(
            "{machines} machines on one host: each has a port of its own, and there are {last}; \
             give fewer, or let them run in virtual time (simulate)"
        )));
    }
    if base_port > 0 && u32::from(base_port) + machines - 1 > last {
        return Err(Error::invalid(format!(
            "there is no port {} for machine {} of {machines}: with base_port {base_port}, which is the first, \
             give {} machines at most",
            last + 1,
            last + 2 - u32::from(base_port),
            last + 1 - u32::from(base_port)
        )));
    }
    Ok(())
}

/// Checks that the machines of a run have room in this process.
pub fn check(topology: &Topology, rates: Option<&[f64]>, base_port: u16) -> Result<()> {
    topology.check_rates(rates)?;
    check_ports(topology, base_port)?;
    let machines = u64::from(topology.machines());
    let files = machines * FILES_PER_MACHINE + channels(topology) * FILES_PER_CHANNEL;
    open_files::ensure(
        files + FILES_BESIDE,
        "use fewer machines or a sparser topology",
    )
}

/// Checks that the machines of a run have room as processes of their own.
pub fn check_processes(topology: &Topology, rates: Option<&[f64]>, base_port: u16) -> Result<()> {
    topology.check_rates(rates)?;
    check_ports(topology, base_port)?;
    let machines = u64::from(topology.machines());
    let wanted = machines as f64 * BYTES_PER_PROCESS;
    if let Some(available) = available()
        && wanted > available as f64
    {
        return Err(Error::state(format!(
            "the {machines} processes of this run need about {:.1} GB but only {:.1} GB of memory are \
             available: give fewer machines, or let them be threads (processes=False)",
            wanted / 1e9,
            available as f64 / 1e9
        )));
    }
    // Each process has this limit too, and in the worst case all others connect to it.
    let most = (0..topology.machines()).map(|machine| topology.degree(machine));
    let of_one = FILES_PER_MACHINE + u64::from(most.max().unwrap_or(0)) * FILES_PER_CHANNEL;
    open_files::ensure(
        of_one.max(machines * FILES_PER_PROCESS) + FILES_BESIDE,
        "use fewer machines or a sparser topology",
    )
}

fn channels(topology: &Topology) -> u64 {
    if let Some(degree) = topology.common_degree() {
        return u64::from(degree) * u64::from(topology.machines());
    }
    (0..topology.machines())
        .map(|machine| u64::from(topology.degree(machine)))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_a_host_has_room_for_is_said_before_anything_is_made() {
        for check in [check, check_processes] {
            for machines in [65_536, 1_000_000_000, u32::MAX] {
                for topology in [Topology::Full(machines), Topology::Star(machines)] {
                    let error = check(&topology, None, 0).unwrap_err().to_string();
                    assert!(
                        error.contains(&machines.to_string()) && error.contains("65535"),
                        "{error}"
                    );
                }
            }
            let error = check(&Topology::Ring(3), None, 65_534).unwrap_err();
            assert!(error.to_string().contains("base_port 65534"), "{error}");
            check(&Topology::Ring(2), None, 65_534).unwrap();
            assert!(check(&Topology::Ring(2), Some(&[1.0]), 0).is_err());
            assert!(check(&Topology::Full(0), None, 0).is_err());
        }
        // 4 10^9 connections.
        assert!(check(&Topology::Full(65_535), None, 0).is_err());
    }
}
