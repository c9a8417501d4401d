//! The connections that have not said who they are, and which of them has to go.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};

use crate::channel::endpoint::output::ConnectionId;

/// The connections that have not said who they are, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Crowd {
    all: VecDeque<Newcomer>,
    /// How many there are of each origin.
    counts: BTreeMap<Origin, usize>,
}

/// Where connections come from: those of peers go last, so that this is the first to be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Origin {
    is_peer: bool,
    ip: IpAddr,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Newcomer {
    connection: ConnectionId,
    origin: Origin,
}

impl Crowd {
    /// Someone has come from this address, which is one of a peer's or is not.
    pub(super) fn add(&mut self, connection: ConnectionId, ip: IpAddr, is_peer: bool) {
        let origin = Origin {
            is_peer,
            ip: network(ip),
        };
        self.all.push_back(Newcomer { connection, origin });
        *self.counts.entry(origin).or_default() += 1;
    }

    /// One has said who it is, or has gone.
    pub(super) fn remove(&mut self, connection: ConnectionId) {
        let Some(at) = self
            .all
            .iter()
            .position(|place| place.connection == connection)
        else {
            return;
        };
        let Some(Newcomer { origin, .. }) = self.all.remove(at) else {
            return;
        };
        if let Some(count) = self.counts.get_mut(&origin) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&origin);
            }
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// All of them, oldest first.
    pub(super) fn connections(&self) -> Vec<ConnectionId> {
        self.all.iter().map(|place| place.connection).collect()
    }

    /// Who makes room, and how many are from where it came: the oldest of the fullest origin, peers'
    /// addresses last. Whoever fills the places from few addresses only drives out its own.
    pub(super) fn first_to_go(&self) -> Option<(ConnectionId, usize)> {
        let fullness = |(origin, count): &(&Origin, &usize)| (!origin.is_peer, **count);
        let most = self.counts.iter().map(|pair| fullness(&pair)).max()?;
        let is_full = |origin: &Origin| (!origin.is_peer, self.counts[origin]) == most;
        let oldest = self.all.iter().find(|place| is_full(&place.origin))?;
        Some((oldest.connection, most.1))
    }
}

/// The addresses that one host has for the asking are one origin.
fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) if !ip.is_loopback() => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
        ip => ip,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn crowd(all: &[(u64, [u8; 4], bool)]) -> Crowd {
        let mut crowd = Crowd::default();
        for &(id, ip, is_peer) in all {
            crowd.add(ConnectionId(id), ip.into(), is_peer);
        }
        crowd
    }

    #[test]
    fn the_oldest_of_the_fullest_source_goes_and_peers_go_last() {
        let (loud, quiet, peer) = ([10, 0, 0, 9], [10, 0, 0, 8], [10, 0, 0, 2]);
        let mut crowd = crowd(&[
            (1, quiet, false),
            (2, peer, true),
            (3, peer, true),
            (4, peer, true),
            (5, loud, false),
            (6, loud, false),
        ]);
        let mut gone = Vec::new();
        while let Some((ConnectionId(id), count)) = crowd.first_to_go() {
            gone.push((id, count));
            crowd.remove(ConnectionId(id));
        }
        assert_eq!(gone, [(5, 2), (1, 1), (6, 1), (2, 3), (3, 2), (4, 1)]);
        assert_eq!((crowd.len(), crowd.counts.len()), (0, 0));
    }

    #[test]
    fn the_addresses_of_one_network_of_ipv6_are_one_source() {
        let mut crowd = Crowd::default();
        for (id, ip) in ["2001:db8::1", "2001:db8:0:1::1", "2001:db8::ffff:1", "::1"]
            .iter()
            .enumerate()
        {
            crowd.add(ConnectionId(id as u64), ip.parse().unwrap(), false);
        }
        assert_eq!(crowd.first_to_go(), Some((ConnectionId(0), 2)));
    }

    proptest! {
        /// A plain count says the same, whatever comes and goes.
        #[test]
        fn it_counts_as_a_plain_one_does(steps in prop::collection::vec((0_u8..4, any::<bool>(), 0_usize..8), 0..60)) {
            let mut crowd = Crowd::default();
            let mut plain: Vec<(u64, u8, bool)> = Vec::new();
            for (id, (host, is_peer, goes)) in steps.into_iter().enumerate() {
                crowd.add(ConnectionId(id as u64), [10, 0, 0, host].into(), is_peer);
                plain.push((id as u64, host, is_peer));
                if goes < plain.len() && goes % 2 == 0 {
                    let (gone, ..) = plain.remove(goes);
                    crowd.remove(ConnectionId(gone));
                }
                let count = |&(_, host, is_peer): &(u64, u8, bool)| plain.iter().filter(|place| (place.1, place.2) == (host, is_peer)).count();
                let most = plain.iter().map(|place| (!place.2, count(place))).max();
                let first = plain.iter().find(|place| Some((!place.2, count(place))) == most);
                prop_assert_eq!(crowd.first_to_go(), first.map(|place| (ConnectionId(place.0), count(place))));
                prop_assert_eq!(crowd.len(), plain.len());
            }
        }
    }
}
