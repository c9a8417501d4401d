//! Who is behind the addresses in the logs.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::log::columns::UNKNOWN;
use crate::log::line::Place;

/// How often a machine is followed from one address to the next: a list may lead in circles.
const MOST_MOVES: usize = 64;

/// The addresses that stand in the logs, and who is behind them.
#[derive(Default)]
pub(crate) struct Addresses {
    all: Vec<Known>,
    /// Where the addresses of each log begin.
    firsts: Vec<usize>,
    /// The list of peers of the last STARTUP of the log at hand.
    listed: Vec<usize>,
}

/// An address as one log writes it.
struct Known {
    host: String,
    port: u64,
    /// Who answered there.
    id: Option<u64>,
    /// The address that the list of peers has in its place since.
    now: Option<usize>,
}

impl Addresses {
    /// From now on, addresses belong to the next log.
    pub(crate) fn next_log(&mut self) {
        self.firsts.push(self.all.len());
        self.listed.clear();
    }

    /// The places of the addresses of log number `log`.
    pub(crate) fn of(&self, log: usize) -> std::ops::Range<usize> {
        self.firsts[log]..self.firsts.get(log + 1).copied().unwrap_or(self.all.len())
    }

    /// The place of an address of this log.
    pub(crate) fn place(&mut self, Place(host, port): &Place<'_>) -> usize {
        let first = self.firsts.last().copied().unwrap_or(0);
        let same = |known: &Known| known.port == *port && known.host == *host;
        if let Some(place) = self.all[first..].iter().position(same) {
            return first + place;
        }
        self.all.push(Known {
            host: host.clone().into_owned(),
            port: *port,
            id: None,
            now: None,
        });
        self.all.len() - 1
    }

    /// The places of those addresses of log number `log` that are among `some`.
    pub(crate) fn among<'a>(
        &'a self,
        log: usize,
        some: &'a [Place<'a>],
    ) -> impl Iterator<Item = usize> + 'a {
        let some = some.iter().map(|Place(host, port)| (&**host, *port));
        let some: BTreeSet<_> = some.collect();
        self.of(log).filter(move |&place| {
            let Known { host, port, .. } = &self.all[place];
            some.contains(&(host.as_str(), *port))
        })
    }

    /// Who answered at an address of this log.
    pub(crate) fn connect(&mut self, peer: &Place<'_>, id: u64) {
        let place = self.place(peer);
        self.all[place].id = Some(id);
    }

    /// The machine has started with these peers: one that is listed elsewhere than before is the same.
    pub(crate) fn list(&mut self, peers: &[Place<'_>]) {
        let now: Vec<usize> = peers.iter().map(|peer| self.place(peer)).collect();
        for (&old, &new) in self.listed.iter().zip(&now) {
            if old != new {
                self.all[old].now = Some(new);
            }
        }
        self.listed = now;
    }

    /// Who answered at an address, or where its machine is since.
    fn answered(&self, address: &Known) -> Option<u64> {
        let mut address = address;
        for _ in 0..MOST_MOVES {
            if address.id.is_some() {
                break;
            }
            address = &self.all[address.now?];
        }
        address.id
    }

    /// Who is behind each address: who answered there, else the one log that listens there.
    ///
    /// `listens` has the machine of each log and where it listened.
    pub(crate) fn resolve(&self, listens: &[(u64, Vec<&Place<'_>>)]) -> Vec<i64> {
        let mut listening: BTreeMap<u64, Vec<(&str, u64)>> = BTreeMap::new();
        for (id, places) in listens {
            for Place(host, port) in places {
                listening.entry(*port).or_default().push((host, *id));
            }
        }
        let mut known = Vec::with_capacity(self.all.len());
        for (place, (own, _)) in listens.iter().enumerate() {
            for address in &self.all[self.of(place)] {
                let there = listening.get(&address.port).map_or(&[][..], Vec::as_slice);
                let is_other =
                    |(host, id): &&(&str, u64)| id != own && may_be_one(host, &address.host);
                let others = there.iter().filter(is_other);
                let id = self
                    .answered(address)
                    .or_else(|| only(others.clone().map(|(_, id)| *id)))
                    .or_else(|| {
                        let same = others.filter(|(host, _)| *host == address.host);
                        only(same.map(|(_, id)| *id))
                    });
                known.push(id.map_or(UNKNOWN, |id| id as i64));
            }
        }
        known
    }
}

/// Whether two hosts may be one: names and addresses that stand for any host tell nothing.
fn may_be_one(a: &str, b: &str) -> bool {
    let one = |host: &str| {
        let address = host.parse::<IpAddr>().ok()?.to_canonical();
        (!address.is_unspecified() && !address.is_loopback()).then_some(address)
    };
    one(a).zip(one(b)).is_none_or(|(a, b)| a == b)
}

/// The one value that all of them have.
fn only(mut ids: impl Iterator<Item = u64>) -> Option<u64> {
    let first = ids.next()?;
    ids.all(|id| id == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_listens_at_another_address_is_not_there() {
        let mut addresses = Addresses::default();
        let place = |host: &'static str| Place(host.into(), 5000);
        addresses.next_log();
        for host in ["10.0.0.1", "10.0.0.2", "desk", "0.0.0.0"] {
            addresses.place(&place(host));
        }
        addresses.next_log();
        // The log of the machine at 10.0.0.1 is not here.
        let listen = place("10.0.0.2");
        let listens = [(7, vec![]), (2, vec![&listen])];
        assert_eq!(addresses.resolve(&listens), [UNKNOWN, 2, 2, 2]);
    }
}
