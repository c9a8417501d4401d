//! The peers of a machine that comes back, against those that its log tells of.

use std::net::SocketAddr;

use super::config::Config;
use crate::drive::real::{listen, resolve};
use crate::error::{Error, Result};
use crate::log::line::Place;
use crate::log::read::recover::Recovered;
use crate::model::address::Address;
use crate::model::weights::Weights;

/// Says what a name means now; nothing, if it means nothing.
type LookUp<'a> = &'a mut dyn FnMut(&Address) -> Vec<SocketAddr>;

/// A peer that is given, and all that its name was found to mean; nothing if that is to be looked up.
type Given<'a> = (&'a Address, &'a [SocketAddr]);

impl Config {
    /// All addresses of each peer; those of a machine that comes back are as its log has them.
    pub(super) fn find_peers(&mut self, past: Option<&Recovered>) -> Result<Vec<Vec<SocketAddr>>> {
        let mut found = listen::find(self.machine_id, &self.peers)?;
        if let Some(past) = past {
            let mut look_up = |address: &Address| resolve::lookup(address).unwrap_or_default();
            self.arrange_peers(past, &mut found, &mut look_up)?;
        }
        Ok(found)
    }

    /// Puts the peers that are given in the order of the log, which has them under these or other names, or
    /// at addresses that they have moved from. `found` is what each is known to mean, and follows.
    fn arrange_peers(
        &mut self,
        past: &Recovered,
        found: &mut Vec<Vec<SocketAddr>>,
        look_up: LookUp<'_>,
    ) -> Result<()> {
        let logged = past.peers[..past.declared].iter().map(address);
        let logged = logged.collect::<Result<Vec<_>>>()?;
        let given: Vec<Given<'_>> = self
            .peers
            .iter()
            .zip(found.iter().map(Vec::as_slice))
            .collect();
        let sought = self.moved_peers(&logged, &given, look_up)?;
        let order = matched(&sought, &given, look_up).ok_or_else(|| {
            Error::invalid(format!(
                "log file {} is of the peers {}, not of the peers {}: resume it as it was; where a peer's \
                 address has changed, moved says so (moved={{old: new}}, --moved OLD=NEW)",
                self.log.display(),
                list(&logged),
                list(&self.peers)
            ))
        })?;
        self.peers = order.iter().map(|&at| self.peers[at].clone()).collect();
        self.arrange_ids(past, &order)?;
        *found = order
            .iter()
            .map(|&at| std::mem::take(&mut found[at]))
            .collect();
        self.arrange_weights(past, &order)?;
        // Behind them, where something was sent by hand.
        for place in &past.peers[past.declared..] {
            let extra = address(place)?;
            found.push(look_up(&extra));
            self.peers.push(extra);
        }
        Ok(())
    }

    /// Puts the ids that are told in the order of the peers of the log, which may know them.
    fn arrange_ids(&mut self, past: &Recovered, order: &[usize]) -> Result<()> {
        let Some(ids) = &mut self.peer_ids else {
            return Ok(());
        };
        *ids = order.iter().map(|&at| ids[at]).collect();
        let named = past.named.iter().copied().chain(std::iter::repeat(None));
        let known = past.past.peers.iter().zip(named);
        let known = known.map(|(peer, named)| peer.known.map(|(id, _)| id).or(named));
        for ((id, known), address) in ids.iter().zip(known).zip(&self.peers) {
            if let Some(known) = known
                && known != *id
            {
                return Err(Error::invalid(format!(
                    "log file {} has machine {known} at {address}, which is not machine {id}: resume it as it was",
                    self.log.display()
                )));
            }
        }
        Ok(())
    }

    /// Puts the weights in the order of the peers of the log, which has them too; without any they are the log's.
    fn arrange_weights(&mut self, past: &Recovered, order: &[usize]) -> Result<()> {
        let logged = past.manner.weights.as_ref();
        let given = self.manner.weights.take();
        let given = given.map(|given| given.reordered(order));
        if let Some(given) = &given
            && logged != Some(given)
        {
            let shown = |weights: &Weights| format!("{:?}", weights.each().collect::<Vec<_>>());
            return Err(Error::invalid(format!(
                "log file {} is of weights {}, not of weights {}: resume it as it was",
                self.log.display(),
                logged.map_or("that are all 1".to_owned(), shown),
                shown(given)
            )));
        }
        self.manner.weights = logged.cloned();
        Ok(())
    }

    /// The peers of the log where they are now.
    fn moved_peers(
        &self,
        logged: &[Address],
        given: &[Given<'_>],
        look_up: LookUp<'_>,
    ) -> Result<Vec<Address>> {
        let mut now = logged.to_vec();
        for (old, new) in &self.moved {
            if position(new, given.iter().copied(), look_up).is_none() {
                return Err(Error::invalid(format!(
                    "moved: {old} is to be {new} now, and the peers are {}: the new address stands among them",
                    list(&self.peers)
                )));
            }
            let places = |address: &Address, look_up: LookUp<'_>| {
                let bare = logged.iter().map(|peer| (peer, &[][..]));
                position(address, bare, look_up)
            };
            match places(old, look_up) {
                Some(at) => now[at] = new.clone(),
                // The log says so already: whoever starts it again starts it with the same words.
                None if places(new, look_up).is_some() => {}
                None => {
                    return Err(Error::invalid(format!(
                        "moved: {old} is none of the peers of log file {}: they are {}",
                        self.log.display(),
                        list(logged)
                    )));
                }
            }
        }
        Ok(now)
    }
}

/// For each peer sought, which of those given it is; none if they are not the same.
fn matched(sought: &[Address], given: &[Given<'_>], look_up: LookUp<'_>) -> Option<Vec<usize>> {
    if sought.len() != given.len() {
        return None;
    }
    let mut order = Vec::new();
    // Those of the same name first: two names of one host may differ in a port only.
    let mut free: Vec<_> = given.iter().copied().map(Some).collect();
    let by_name = |free: &mut [Option<Given<'_>>], peer: &Address| {
        let at = free
            .iter()
            .position(|given| given.is_some_and(|given| given.0 == peer))?;
        free[at] = None;
        Some(at)
    };
    for peer in sought {
        order.push(by_name(&mut free, peer));
    }
    for (peer, at) in sought.iter().zip(&mut order) {
        if at.is_none() {
            let rest = free.iter().enumerate();
            let rest: Vec<_> = rest
                .filter_map(|(at, given)| Some((at, (*given)?)))
                .collect();
            let place = position(peer, rest.iter().map(|(_, given)| *given), look_up)?;
            *at = Some(rest[place].0);
            free[rest[place].0] = None;
        }
    }
    order.into_iter().collect()
}

/// Which of these an address is, by its name or by what that means.
fn position<'a>(
    address: &Address,
    list: impl Iterator<Item = Given<'a>> + Clone,
    look_up: LookUp<'_>,
) -> Option<usize> {
    if let Some(at) = list.clone().position(|(other, _)| other == address) {
        return Some(at);
    }
    let meant = look_up(address);
    same(address.port, &meant, list, look_up)
}

/// Which of these is what an address of this port was found to mean, by whatever name: a host has many.
pub(super) fn same<'a>(
    port: u16,
    meant: &[SocketAddr],
    list: impl Iterator<Item = Given<'a>>,
    look_up: LookUp<'_>,
) -> Option<usize> {
    let mut list = list.enumerate();
    list.find_map(|(at, (other, found))| {
        if other.port != port {
            return None;
        }
        let looked_up;
        let found = if found.is_empty() {
            looked_up = look_up(other);
            &looked_up
        } else {
            found
        };
        found
            .iter()
            .any(|socket| meant.contains(socket))
            .then_some(at)
    })
}

/// The address of a place in a log.
fn address(Place(host, port): &Place<'_>) -> Result<Address> {
    let bad = || {
        Error::invalid(format!(
            "the log has the peer {host}:{port}, which is no address"
        ))
    };
    let port = u16::try_from(*port).map_err(|_| bad())?;
    Address::new(host.as_ref(), port).map_err(|_| bad())
}

fn list(peers: &[Address]) -> String {
    let shown: Vec<String> = peers.iter().map(ToString::to_string).collect();
    if shown.is_empty() {
        "(none)".into()
    } else {
        shown.join(", ")
    }
}

#[cfg(test)]
mod tests;
