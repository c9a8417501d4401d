//! What a machine will need, before it is opened.

use super::config::Config;
use crate::error::{Error, Result};
use crate::log::write::room::free_bytes;
use crate::model::demand::{Demand, Shortage};
use crate::model::manner::Manners;

impl Config {
    /// Says what will be full before the machine ends, if it ticks on its own; its seed is drawn if it was not.
    ///
    /// How fast its queue grows is not known: its senders are not. One that comes back has been through this.
    ///
    /// # Errors
    ///
    /// If it is full so soon that the machine is better not opened.
    pub fn shortages(&mut self) -> Result<Vec<String>> {
        if self.resume {
            return Ok(Vec::new());
        }
        let plan = self.plan(None)?;
        self.seed = Some(plan.seed);
        let demand = Demand {
            rates: &[plan.timetable.rate()],
            topology: None,
            behavior: self.behavior,
            manners: &Manners::default(),
            duration: self.duration,
            free: free_bytes(&self.log),
        };
        let place = self.log.display().to_string();
        let (near, later): (Vec<_>, _) = demand
            .shortages(&mut || true)?
            .into_iter()
            .partition(Shortage::is_near);
        match near.first() {
            Some(near) => Err(Error::invalid(format!(
                "machine {}: {}",
                self.machine_id,
                near.in_words(&place)
            ))),
            None => Ok(later
                .iter()
                .map(|shortage| shortage.in_words(&place))
                .collect()),
        }
    }
}
