//! Whether a run has room in memory, before it takes any.

use crate::causality::over_time::OverTime;
use crate::drive::memory::available;
use crate::drive::simulated::record::BYTES_PER_EVENT;
use crate::drive::simulated::setup::Setup;
use crate::error::{Error, Result};

/// Checks that the machines of this run have room, its events if they are recorded, and what is counted of
/// machines if they are from some time on, as far as the system tells.
pub fn ensure(setup: &Setup, record: bool, is_in_time: bool) -> Result<()> {
    let Some(available) = available() else {
        return Ok(());
    };
    let machines = setup.bytes() + if is_in_time { counted(setup) } else { 0 };
    ensure_machines(setup, machines, available)?;
    let events = setup.expected_ticks() * setup.events_per_tick() * BYTES_PER_EVENT as f64;
    let needed = machines as f64 + events;
    if record && needed > available as f64 {
        let what = "recording every event of this run needs";
        return Err(wants(what, needed, available, RECORD_LESS));
    }
    Ok(())
}

/// Checks that machines with an algorithm have room. How many events there will be, only the run tells: see
/// [`WhileItRuns`].
pub fn ensure_handled(setup: &Setup, is_in_time: bool) -> Result<()> {
    let Some(available) = available() else {
        return Ok(());
    };
    let count = u64::from(setup.topology.machines());
    let links = (setup.topology.mean_degree() * count as f64) as u64;
    let own = BYTES_PER_ALGORITHM + count * BYTES_PER_ID;
    let links = links.saturating_mul(BYTES_PER_LINK);
    let machines = count.saturating_mul(own).saturating_add(links);
    let counted = if is_in_time { counted(setup) } else { 0 };
    ensure_machines(setup, machines.saturating_add(counted), available)
}

/// What an instance takes, with its machine, at least.
const BYTES_PER_ALGORITHM: u64 = 2048;
/// What it takes that a machine knows of another, or may send to it.
const BYTES_PER_ID: u64 = 8;
const BYTES_PER_LINK: u64 = 32;

const RECORD_LESS: &str = "use record=False, which keeps run.machines only, or a shorter run";

/// What is counted of machines from some time on.
fn counted(setup: &Setup) -> u64 {
    u64::from(setup.topology.machines()) * OverTime::BYTES_PER_MACHINE as u64
}

fn ensure_machines(setup: &Setup, bytes: u64, available: u64) -> Result<()> {
    if bytes <= available {
        return Ok(());
    }
    let count = setup.topology.machines();
    let what = format!("the {count} machines of this run need");
    Err(wants(&what, bytes as f64, available, "give fewer machines"))
}

fn wants(what: &str, bytes: f64, available: u64, remedy: &str) -> Error {
    Error::state(format!(
        "{what} about {:.1} GB but only {:.1} GB of memory are available: {remedy}",
        bytes / 1e9,
        available as f64 / 1e9
    ))
}

/// Whether there is still room while a run goes on that takes nobody knows how much.
#[derive(Debug, Clone, Copy)]
pub struct WhileItRuns {
    /// What is to be left: what else is there, and what the tables of the run take.
    least: u64,
}

impl WhileItRuns {
    /// Of a run that begins.
    pub fn from_now() -> Self {
        Self::beside(available().unwrap_or(0))
    }

    /// Of a run that begins when so much is available.
    fn beside(available: u64) -> Self {
        Self {
            least: (available / 8).min(MOST_LEFT),
        }
    }

    /// Checks that there is room, of a run that has come to this time.
    pub fn check(self, seconds: f64) -> Result<()> {
        available().map_or(Ok(()), |available| self.check_with(available, seconds))
    }

    fn check_with(self, available: u64, seconds: f64) -> Result<()> {
        if available >= self.least {
            return Ok(());
        }
        Err(Error::state(format!(
            "at {seconds} s of this run only {:.2} GB of memory are left, and it takes ever more: {RECORD_LESS}; \
             or its algorithm sends more and more, or keeps all that it gets",
            available as f64 / 1e9
        )))
    }
}

/// The most that is left to others, in bytes.
const MOST_LEFT: u64 = 1 << 28;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::behavior::Behavior;
    use crate::model::discipline::Discipline;
    use crate::model::latency::Latency;
    use crate::model::manner::Manners;
    use crate::model::topology::Topology;

    #[test]
    fn a_run_that_takes_ever_more_is_told_so_before_all_is_taken() {
        let run = WhileItRuns::beside(16 << 30);
        run.check_with(1 << 30, 1.5).unwrap();
        let error = run.check_with(1 << 27, 1.5).unwrap_err().to_string();
        assert!(
            error.starts_with("at 1.5 s of this run only 0.13 GB"),
            "{error}"
        );
        let small = WhileItRuns::beside(1 << 29);
        small.check_with(1 << 28, 1.5).unwrap();
        small.check_with(1 << 25, 1.5).unwrap_err();
    }

    #[test]
    fn more_than_there_is_names_the_way_out() {
        let setup = |machines, duration| Setup {
            topology: Topology::Ring(machines),
            duration,
            rates: None,
            max_rate: 6,
            behavior: Behavior::default(),
            discipline: Discipline::default(),
            manners: Manners::default(),
            latency: Latency::Constant(0.0),
            seed: 1,
            faults: Vec::new(),
        };
        ensure(&setup(3, 60.0), true, false).unwrap();
        ensure(&setup(3, 1e9), false, true).unwrap();
        if available().is_some() {
            let error = |setup, record| ensure(&setup, record, false).unwrap_err().to_string();
            assert!(error(setup(1000, 1e9), true).contains("record=False"));
            let many = error(setup(u32::MAX, 1.0), false);
            assert!(many.contains("4294967295 machines"), "{many}");
            let handled = ensure_handled(&setup(u32::MAX, 1.0), false).unwrap_err();
            assert!(handled.to_string().contains("4294967295 machines"));
            ensure_handled(&setup(1000, 1e9), true).unwrap();
        }
    }
}
