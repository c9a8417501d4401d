//! What a run in virtual time is to be.

use crate::drive::simulated::agenda::Agenda;
use crate::drive::simulated::id;
use crate::drive::simulated::seat::Seat;
use crate::error::Result;
use crate::model::behavior::Behavior;
use crate::model::discipline::Discipline;
use crate::model::fault::Fault;
use crate::model::fault_schedule::{FaultSchedule, check_before_end};
use crate::model::latency::Latency;
use crate::model::manner::Manners;
use crate::model::message::{MachineId, Message};
use crate::model::random::Generator;
use crate::model::schedule::Schedule;
use crate::model::topology::Topology;

/// What a run in virtual time is to be. Machine i of the topology gets the id i + 1.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Who sends to whom.
    pub topology: Topology,
    /// Seconds of ticking.
    pub duration: f64,
    /// Ticks per second of each machine; drawn if `None`.
    pub rates: Option<Vec<f64>>,
    /// The upper end of the rates drawn.
    pub max_rate: u64,
    /// What idle ticks do.
    pub behavior: Behavior,
    /// What machines have of their own beside that.
    pub manners: Manners,
    /// How programs keep their clocks.
    pub discipline: Discipline,
    /// The one-way delay of each message.
    pub latency: Latency,
    /// The seed of all draws.
    pub seed: u64,
    /// What is to go wrong.
    pub faults: Vec<Fault>,
}

impl Setup {
    /// Checks all that does not depend on the seed.
    pub fn check(&self) -> Result<()> {
        self.topology.check_rates(self.rates.as_deref())?;
        self.manners.check(&self.topology)?;
        self.latency.check_links(&self.topology)?;
        let draw = |rate| {
            let mut generator = Generator::new(0, 1, 0);
            Schedule::draw(rate, self.max_rate, self.duration, &mut generator)
        };
        match &self.rates {
            None => drop(draw(None)?),
            Some(rates) => {
                for &rate in rates {
                    draw(Some(rate))?;
                }
            }
        }
        self.faults(0).map(drop)
    }

    /// The faults in order, with these draws.
    ///
    /// # Errors
    ///
    /// If one is of no machine of the run, or comes after its end.
    pub fn faults(&self, seed: u64) -> Result<FaultSchedule> {
        if self.faults.is_empty() {
            return Ok(FaultSchedule::default());
        }
        check_before_end(&self.faults, self.duration)?;
        let machines: Vec<MachineId> = (0..self.topology.machines()).map(id).collect();
        FaultSchedule::new(&self.faults, Some(&machines), seed)
    }

    /// How many ticks all machines have, about: of rates to be drawn, their mean counts.
    pub fn expected_ticks(&self) -> f64 {
        let speed = match &self.rates {
            Some(rates) => self.manners.mean_rates(rates, self.duration).iter().sum(),
            None => f64::from(self.topology.machines()) * (self.max_rate as f64 + 1.0) / 2.0,
        };
        speed * self.duration
    }

    /// How many events a tick is, at most.
    pub fn events_per_tick(&self) -> f64 {
        1.0 + f64::from(u8::from(self.discipline.draw_after_receive))
    }

    /// How many messages an idle tick sends, about.
    pub fn expected_messages(&self) -> f64 {
        let degree = self.topology.mean_degree();
        match &self.manners.behaviors {
            None => self.behavior.expected_messages(degree),
            Some(each) => {
                let all = each.iter().map(|own| own.expected_messages(degree));
                all.sum::<f64>() / each.len().max(1) as f64
            }
        }
    }

    /// The bytes that the machines take, their queues left out.
    pub fn bytes(&self) -> u64 {
        let machine = size_of::<Seat>() + Agenda::BYTES_PER_MACHINE + size_of::<Message>();
        u64::from(self.topology.machines()) * machine as u64
    }
}
