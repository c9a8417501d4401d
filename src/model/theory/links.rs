//! Who sends how much to whom.

use crate::model::behavior::Behavior;
use crate::model::manner::Manners;
use crate::model::topology::Topology;

/// The probabilities with which idle ticks send.
pub(super) enum Links {
    /// Every idle tick of every machine sends to every other with this probability.
    Full(f64),
    /// Each link has a probability of its own.
    Some(Inflows),
}

/// For each machine, who sends to it, and with which probability at an idle tick.
pub(super) struct Inflows {
    /// Where the senders to a machine begin in `list`; after the last machine, where they end.
    starts: Vec<usize>,
    list: Vec<(u32, f64)>,
}

impl Links {
    /// Links that never carry a message are left out.
    pub(super) fn new(topology: &Topology, behavior: Behavior, manners: &Manners) -> Self {
        let machines = topology.machines();
        let alike = manners.draw_alike();
        let mut degrees = (0..machines).map(|machine| topology.degree(machine));
        if alike && machines > 1 && degrees.all(|degree| degree == machines - 1) {
            return Self::Full(behavior.sends_to_one(machines - 1));
        }
        Self::Some(Inflows::new(machines as usize, |sender, add| {
            if alike {
                let share = behavior.sends_to_one(topology.degree(sender));
                topology.peers(sender).for_each(|peer| add(peer, share));
            } else {
                let shares = manners.sends_to(topology, sender, behavior);
                let peers = topology.peers(sender).zip(shares);
                peers.for_each(|(peer, share)| add(peer, share));
            }
        }))
    }

    /// The arrivals at each machine, given the idle ticks of each.
    pub(super) fn arrivals(&self, idle: &[f64]) -> Vec<f64> {
        match self {
            Self::Full(share) => {
                let total: f64 = idle.iter().sum();
                idle.iter().map(|own| share * (total - own)).collect()
            }
            Self::Some(inflows) => (0..idle.len()).map(|to| inflows.sum(to, idle)).collect(),
        }
    }

    /// The links among some machines, which are counted in their order then; `places` has a number for each
    /// machine, of no meaning before or after.
    pub(super) fn among(&self, members: &[u32], places: &mut [u32]) -> Self {
        match self {
            Self::Full(share) => Self::Full(*share),
            Self::Some(inflows) => Self::Some(inflows.among(members, places)),
        }
    }

    /// The mean probability of a link between so many machines.
    pub(super) fn mean_share(&self) -> f64 {
        match self {
            Self::Full(share) => *share,
            Self::Some(Inflows { list, .. }) => {
                list.iter().map(|(_, share)| share).sum::<f64>() / list.len().max(1) as f64
            }
        }
    }
}

impl Inflows {
    /// Of what `sends` tells of each sender: to whom, with which probability.
    pub(super) fn new(machines: usize, sends: impl Fn(u32, &mut dyn FnMut(u32, f64))) -> Self {
        let mut starts = vec![0; machines + 1];
        for sender in 0..machines as u32 {
            sends(sender, &mut |peer, share| {
                starts[peer as usize + 1] += usize::from(share > 0.0);
            });
        }
        for machine in 0..machines {
            starts[machine + 1] += starts[machine];
        }
        let mut ends = starts.clone();
        let mut list = vec![(0, 0.0); starts[machines]];
        for sender in 0..machines as u32 {
            sends(sender, &mut |peer, share| {
                if share > 0.0 {
                    let end = &mut ends[peer as usize];
                    list[*end] = (sender, share);
                    *end += 1;
                }
            });
        }
        Self { starts, list }
    }

    /// How many machines there are.
    pub(super) fn machines(&self) -> usize {
        self.starts.len() - 1
    }

    /// How many links there are.
    pub(super) fn count(&self) -> usize {
        self.list.len()
    }

    /// Who sends to a machine, and with which probability.
    pub(super) fn to(&self, machine: usize) -> &[(u32, f64)] {
        &self.list[self.starts[machine]..self.starts[machine + 1]]
    }

    /// The sum over those who send to a machine, of what each has by the probability.
    pub(super) fn sum(&self, machine: usize, of: &[f64]) -> f64 {
        let senders = self.to(machine).iter();
        senders
            .map(|&(sender, share)| share * of[sender as usize])
            .sum()
    }

    /// Those among some machines, see [`Links::among`].
    pub(super) fn among(&self, members: &[u32], places: &mut [u32]) -> Self {
        for (place, &member) in members.iter().enumerate() {
            places[member as usize] = place as u32;
        }
        let (mut starts, mut list) = (vec![0], Vec::new());
        for &member in members {
            for &(sender, share) in self.to(member as usize) {
                let place = places[sender as usize];
                if members.get(place as usize) == Some(&sender) {
                    list.push((place, share));
                }
            }
            starts.push(list.len());
        }
        Self { starts, list }
    }
}
