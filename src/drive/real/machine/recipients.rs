//! Whom a send by hand goes to: peers, or any other address, which is a peer from then on.

use std::net::SocketAddr;

use super::{Journal, Machine};
use crate::drive::real::command::Command;
use crate::drive::real::{listen, resolve};
use crate::error::{Error, Result};
use crate::log::line::Place;
use crate::model::address::Address;
use crate::model::event::{Event, Recipients};

/// A recipient, and where it stands among the peers.
enum Recipient {
    Peer(u32),
    New(Address, Vec<SocketAddr>),
}

impl Machine {
    /// Sends by hand, to all of the peer list without `recipients`.
    pub fn send_by_hand(&self, recipients: Option<&[Address]>) -> Result<Event> {
        let recipients = recipients.map(|list| self.find(list)).transpose()?;
        let mut journal = self.journal();
        self.check_able(&journal)?;
        let recipients = match recipients {
            None => Recipients::All,
            Some(list) => Recipients::Some(self.admit(&mut journal, list)?),
        };
        let event = self.step_in(journal, true, |node, _| Some(node.send(recipients)))?;
        Ok(event.expect("it was made"))
    }

    /// The recipients of a send, as (host, port).
    pub fn addresses(&self, recipients: &Recipients) -> Vec<Address> {
        let peers = self.peers();
        let others = match recipients {
            Recipients::Some(_) => self.journal().others.clone(),
            _ => Vec::new(),
        };
        let address = |position: u32| {
            let position = position as usize;
            let other = || others[position - peers.len()].clone();
            peers.get(position).cloned().unwrap_or_else(other)
        };
        let positions = recipients.positions(peers.len() as u32);
        positions.map(address).collect()
    }

    /// Looks up what is not known: no lock is held for as long as that takes.
    fn find(&self, recipients: &[Address]) -> Result<Vec<Recipient>> {
        let others = self.journal().others.clone();
        let known: Vec<&Address> = self.peers().iter().chain(&others).collect();
        let find = |address: &Address| {
            if let Some(position) = known.iter().position(|peer| *peer == address) {
                return Ok(Recipient::Peer(position as u32));
            }
            let found = resolve::lookup(address)?;
            if found
                .iter()
                .any(|socket| listen::is_self(self.own, *socket))
            {
                return Err(Error::invalid(format!(
                    "machine {}: {address} is its own address: it sends to others",
                    self.id()
                )));
            }
            // A host has many names, and a machine one channel.
            let is_same = |peer: &Address| {
                peer.port == address.port
                    && resolve::lookup(peer)
                        .is_ok_and(|sockets| sockets.iter().any(|socket| found.contains(socket)))
            };
            let position = known.iter().position(|peer| is_same(peer));
            Ok(position.map_or_else(
                || Recipient::New(address.clone(), found.clone()),
                |position| Recipient::Peer(position as u32),
            ))
        };
        recipients.iter().map(find).collect()
    }

    /// The positions of the recipients; each that is new is the last peer from now on.
    fn admit(&self, journal: &mut Journal, recipients: Vec<Recipient>) -> Result<Box<[u32]>> {
        let listed = self.peers().len();
        let mut positions: Vec<u32> = Vec::new();
        let mut new = Vec::new();
        for recipient in recipients {
            let position = match recipient {
                Recipient::Peer(position) => position,
                Recipient::New(address, found) => {
                    // Another thread, or an entry before, may have been first.
                    let mut known = journal.others.iter().chain(new.iter().map(|(new, _)| new));
                    let position = known.position(|known| *known == address);
                    let position = position.unwrap_or_else(|| {
                        new.push((address, found));
                        journal.others.len() + new.len() - 1
                    });
                    (listed + position) as u32
                }
            };
            if positions.contains(&position) {
                let known = self.peers().iter().chain(&journal.others);
                let mut known = known.chain(new.iter().map(|(new, _)| new));
                let address = known.nth(position as usize).expect("it has a position");
                return Err(Error::invalid(format!(
                    "the recipient {address} is listed twice"
                )));
            }
            positions.push(position);
        }
        for (address, found) in new {
            journal.file.add_peer(&Place::at(&address));
            journal.others.push(address.clone());
            // Its CONNECT line comes after that of the send: the journal is held until then.
            self.network.tell(Command::AddPeer {
                endpoint: self.endpoint,
                address,
                found,
            });
        }
        Ok(positions.into())
    }
}
