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
    let counted = u64::from(setup.topology.machines()) * OverTime::BYTES_PER_MACHINE as u64;
    let machines = setup.bytes() + if is_in_time { counted } else { 0 };
    let events = setup.expected_ticks() * setup.events_per_tick() * BYTES_PER_EVENT as f64;
    let wants = |what: &str, bytes: f64, remedy: &str| {
        Error::state(format!(
            "{what} about {:.1} GB but only {:.1} GB of memory are available: {remedy}",
            bytes / 1e9,
            available as f64 / 1e9
        ))
    };
    if machines > available {
        let count = setup.topology.machines();
        let what = format!("the {count} machines of this run need");
        return Err(wants(&what, machines as f64, "give fewer machines"));
    }
    let needed = machines as f64 + events;
    if record && needed > available as f64 {
        let remedy = "use record=False, which keeps run.machines only, or a shorter run";
        let what = "recording every event of this run needs";
        return Err(wants(what, needed, remedy));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::behavior::Behavior;
    use crate::model::discipline::Discipline;
    use crate::model::latency::Latency;
    use crate::model::manner::Manners;
    use crate::model::topology::Topology;

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
        }
    }
}
