//! The rates of a run, each once: machines of one rate share what follows from it.

use std::collections::BTreeMap;

use crate::model::schedule::{Period, Schedule};

/// Up to this many rates, a look at each beats a tree.
const FEW: usize = 16;

/// A rate and the time between two ticks at it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Ticks per second.
    pub(super) rate: f64,
    pub(super) period: Period,
}

/// The paces of a run by their places.
#[derive(Debug, Clone, Default)]
pub(super) struct Paces {
    list: Vec<Pace>,
    /// The places of those after the first few, by the bits of their rates.
    places: BTreeMap<u64, u32>,
}

impl Paces {
    /// The place of a schedule's pace, which is added if it is new.
    pub(super) fn place(&mut self, schedule: &Schedule) -> u32 {
        let bits = schedule.rate().to_bits();
        let mut few = self.list.iter().take(FEW);
        if let Some(place) = few.position(|pace| pace.rate.to_bits() == bits) {
            return place as u32;
        }
        let next = self.list.len() as u32;
        if self.list.len() >= FEW {
            let place = *self.places.entry(bits).or_insert(next);
            if place != next {
                return place;
            }
        }
        self.list.push(Pace {
            rate: schedule.rate(),
            period: schedule.period(),
        });
        next
    }

    /// The pace at `place`.
    #[inline]
    pub(super) fn get(&self, place: u32) -> &Pace {
        &self.list[place as usize]
    }

    /// Forgets all of them.
    pub(super) fn clear(&mut self) {
        self.list.clear();
        self.places.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_rates_have_one_place() {
        let mut paces = Paces::default();
        let rates: Vec<f64> = (0..300)
            .map(|i| 1.0 + f64::from(i * 7 % 50) / 8.0)
            .collect();
        let place = |paces: &mut Paces, rate| {
            paces.place(&Schedule::new(rate, 0, 1.0).expect("a machine can have it"))
        };
        for &rate in &rates {
            let place = place(&mut paces, rate);
            assert_eq!(paces.get(place).rate.to_bits(), rate.to_bits());
        }
        assert_eq!(paces.list.len(), 50);
        paces.clear();
        assert_eq!(place(&mut paces, 3.0), 0);
    }
}
