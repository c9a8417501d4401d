//! What machines know of each other, and since when: which entries of a vector clock have changed.

use super::super::vectors::EventClock;

/// By machine, what it knows of the others.
#[derive(Debug)]
pub(in crate::causality) struct News {
    /// Of each other machine, of how many events, and at which of the own events it came to be so; of a machine
    /// without news nothing.
    known: Vec<Vec<(u32, u32)>>,
    /// At which of its events news came last.
    newest: Vec<u32>,
}

impl News {
    pub(in crate::causality) fn new(machines: usize) -> Self {
        Self {
            known: vec![Vec::new(); machines],
            newest: vec![0; machines],
        }
    }

    /// An event has a new vector clock.
    pub(in crate::causality) fn update(&mut self, step: &EventClock<'_>) {
        let known = &mut self.known[step.place];
        known.resize(step.row.len(), (0, 0));
        for (place, (known, &count)) in known.iter_mut().zip(step.row).enumerate() {
            if place != step.place && known.0 < count {
                *known = (count, step.index);
            }
        }
        self.newest[step.place] = step.index;
    }

    /// What the machine at `place` came to know of others after one of its events: the place of each, and of how many
    /// events.
    pub(in crate::causality) fn after(
        &self,
        place: usize,
        event: u32,
    ) -> impl Iterator<Item = (u32, u32)> {
        let known: &[(u32, u32)] = if event < self.newest[place] {
            &self.known[place]
        } else {
            &[]
        };
        let changed = (0..).zip(known).filter(move |(_, (_, at))| *at > event);
        changed.map(|(place, &(count, _))| (place, count))
    }
}
