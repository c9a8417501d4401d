//! What a run will need, before it starts.

use crate::drive::simulated::setup::Setup;
use crate::error::Result;
use crate::model::demand::{Demand, Shortage};
use crate::model::random::Generator;
use crate::model::schedule::Schedule;
use crate::setting::check_seed;

impl Setup {
    /// Says what will be full before the run ends, with so many bytes for its logs; see [`Demand::shortages`].
    pub fn shortages(
        &self,
        free: Option<u64>,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Vec<Shortage>> {
        self.topology.check_rates(self.rates.as_deref())?;
        let demand = Demand {
            rates: &self.manners.mean_rates(&self.each_rate()?, self.duration),
            topology: Some(&self.topology),
            behavior: self.behavior,
            manners: &self.manners,
            duration: self.duration,
            free,
        };
        demand.shortages(go_on)
    }

    /// The rate of each machine, as it will draw it if it is not given.
    fn each_rate(&self) -> Result<Vec<f64>> {
        let seed = check_seed(self.seed)?;
        let machines = 0..self.topology.machines();
        let rate = |machine: u32| {
            let given = self.rates.as_ref().map(|rates| rates[machine as usize]);
            let mut generator = Generator::new(seed, u64::from(machine) + 1, 0);
            let schedule = Schedule::draw(given, self.max_rate, self.duration, &mut generator)?;
            Ok(schedule.rate())
        };
        machines.map(rate).collect()
    }
}
