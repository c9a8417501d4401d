//! Who sends to whom.

use crate::error::{Error, Result};

/// The peers of each machine, machines counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topology {
    /// Every machine sends to every other.
    Full(u32),
    /// Every machine sends to the one before and the one after, around a circle.
    Ring(u32),
    /// The first machine sends to every other, and they send to it.
    Star(u32),
    /// Every machine sends to the one before and the one after, where there is one.
    Line(u32),
    /// The peers as listed, in their order.
    Adjacency(Vec<Vec<u32>>),
}

impl Topology {
    /// The topology called `name`, of `machines` machines.
    pub fn named(name: &str, machines: u32) -> Result<Self> {
        match name {
            "full" => Ok(Self::Full(machines)),
            "ring" => Ok(Self::Ring(machines)),
            "star" => Ok(Self::Star(machines)),
            "line" => Ok(Self::Line(machines)),
            _ => Err(Error::invalid(format!(
                "topology {name:?} is not known: it is \"full\", \"ring\", \"star\", \"line\", a mapping {{1: [2, 3], ...}} or a graph"
            ))),
        }
    }

    /// The topology in which machine i sends to `peers[i]`.
    pub fn adjacency(peers: Vec<Vec<u32>>) -> Result<Self> {
        let machines = peers.len();
        for (machine, list) in peers.iter().enumerate() {
            let mut seen = vec![machine as u32];
            for &peer in list {
                if peer as usize >= machines {
                    return Err(Error::invalid(format!(
                        "machine {} has the peer {}, but the machines are 1 to {machines}",
                        machine + 1,
                        peer + 1
                    )));
                }
                if seen.contains(&peer) {
                    let why = if peer as usize == machine {
                        "itself"
                    } else {
                        "one peer twice"
                    };
                    return Err(Error::invalid(format!(
                        "machine {} lists {why} among its peers: {}",
                        machine + 1,
                        peer + 1
                    )));
                }
                seen.push(peer);
            }
        }
        Ok(Self::Adjacency(peers))
    }

    /// How many machines there are.
    pub fn machines(&self) -> u32 {
        match self {
            Self::Full(machines)
            | Self::Ring(machines)
            | Self::Star(machines)
            | Self::Line(machines) => *machines,
            Self::Adjacency(peers) => peers.len() as u32,
        }
    }

    /// Checks that there are machines, and a rate for each if there are rates.
    pub fn check_rates(&self, rates: Option<&[f64]>) -> Result<()> {
        let machines = self.machines() as usize;
        if machines == 0 {
            return Err(Error::invalid("a run without machines: give at least 1"));
        }
        match rates {
            Some(rates) if rates.len() != machines => Err(Error::invalid(format!(
                "{} rates for {machines} machines: give one rate per machine",
                rates.len()
            ))),
            _ => Ok(()),
        }
    }

    /// How many peers every machine sends to, where that is one number by the topology's kind.
    pub fn common_degree(&self) -> Option<u32> {
        match self {
            Self::Full(_) | Self::Ring(_) if self.machines() > 0 => Some(self.degree(0)),
            _ => None,
        }
    }

    /// How many peers a machine sends to, on average.
    pub fn mean_degree(&self) -> f64 {
        let links: u64 = match self.common_degree() {
            Some(degree) => return f64::from(degree),
            None => (0..self.machines())
                .map(|machine| u64::from(self.degree(machine)))
                .sum(),
        };
        links as f64 / f64::from(self.machines().max(1))
    }

    /// How many peers `machine` sends to.
    #[inline]
    pub fn degree(&self, machine: u32) -> u32 {
        match self {
            Self::Full(machines) => machines - 1,
            Self::Ring(machines) => (*machines - 1).min(2),
            Self::Star(machines) if machine == 0 => machines - 1,
            Self::Star(_) => 1,
            Self::Line(machines) => u32::from(machine > 0) + u32::from(machine + 1 < *machines),
            Self::Adjacency(peers) => peers[machine as usize].len() as u32,
        }
    }

    /// The peer of `machine` at `position`, which is below its degree.
    #[inline]
    pub fn peer(&self, machine: u32, position: u32) -> u32 {
        debug_assert!(position < self.degree(machine));
        match self {
            Self::Full(_) => position + u32::from(position >= machine),
            Self::Ring(machines) => {
                let (before, after) = (
                    (machine + machines - 1) % machines,
                    (machine + 1) % machines,
                );
                if position == 0 {
                    before.min(after)
                } else {
                    before.max(after)
                }
            }
            Self::Star(_) => {
                if machine == 0 {
                    position + 1
                } else {
                    0
                }
            }
            Self::Line(_) => {
                if machine > 0 && position == 0 {
                    machine - 1
                } else {
                    machine + 1
                }
            }
            Self::Adjacency(peers) => peers[machine as usize][position as usize],
        }
    }

    /// The peers of `machine`, in order.
    pub fn peers(&self, machine: u32) -> impl Iterator<Item = u32> + '_ {
        (0..self.degree(machine)).map(move |position| self.peer(machine, position))
    }

    /// Who sends to `machine`, ascending.
    pub fn senders(&self, machine: u32) -> Vec<u32> {
        match self {
            Self::Adjacency(peers) => (0..self.machines())
                .filter(|&other| peers[other as usize].contains(&machine))
                .collect(),
            // Both ways.
            _ => self.peers(machine).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(topology: &Topology) -> Vec<Vec<u32>> {
        (0..topology.machines())
            .map(|machine| topology.peers(machine).collect())
            .collect()
    }

    #[test]
    fn the_named_ones_are_what_their_names_say() {
        let named = |name, machines| lists(&Topology::named(name, machines).unwrap());
        assert_eq!(named("full", 3), [vec![1, 2], vec![0, 2], vec![0, 1]]);
        assert_eq!(
            named("ring", 4),
            [vec![1, 3], vec![0, 2], vec![1, 3], vec![0, 2]]
        );
        assert_eq!(named("star", 3), [vec![1, 2], vec![0], vec![0]]);
        assert_eq!(named("line", 3), [vec![1], vec![0, 2], vec![1]]);
        assert!(
            Topology::named("torus", 3)
                .unwrap_err()
                .to_string()
                .contains("\"ring\"")
        );
    }

    #[test]
    fn the_smallest_ones_have_no_peer_twice_and_none_of_their_own() {
        for name in ["full", "ring", "star", "line"] {
            assert_eq!(
                lists(&Topology::named(name, 1).unwrap()),
                [Vec::<u32>::new()],
                "{name}"
            );
            assert_eq!(
                lists(&Topology::named(name, 2).unwrap()),
                [vec![1], vec![0]],
                "{name}"
            );
        }
    }

    #[test]
    fn senders_are_those_who_may_send_to_it() {
        let named = ["full", "ring", "star", "line"].map(|name| Topology::named(name, 5).unwrap());
        let given = Topology::adjacency(vec![vec![2], vec![], vec![1, 0]]).unwrap();
        for topology in named.iter().chain([&given]) {
            for machine in 0..topology.machines() {
                let sends = |other: &u32| topology.peers(*other).any(|peer| peer == machine);
                let expected: Vec<u32> = (0..topology.machines()).filter(sends).collect();
                assert_eq!(
                    topology.senders(machine),
                    expected,
                    "{topology:?} {machine}"
                );
            }
        }
    }

    #[test]
    fn an_adjacency_is_kept_as_it_is_given() {
        let peers = vec![vec![2], vec![], vec![1, 0]];
        assert_eq!(lists(&Topology::adjacency(peers.clone()).unwrap()), peers);
        for bad in [vec![vec![0]], vec![vec![1, 1], vec![]], vec![vec![5]]] {
            assert!(Topology::adjacency(bad).is_err());
        }
    }
}
