//! Whom a send by hand goes to: peers, or any other address, which is a peer from then on.

use std::net::SocketAddr;
use std::sync::MutexGuard;

use super::peers::same;
use super::{Journal, Machine};
use crate::channel::channels::MOST_SENDERS;
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
    /// Sends by hand, to all of the peer list without `recipients`. Returns whom it went to, too.
    pub fn send_by_hand(&self, recipients: Option<&[Address]>) -> Result<(Event, Vec<Address>)> {
        let _steps = self.handling.as_ref().map(|_| self.steps()).transpose()?;
        let (mut journal, found) = match recipients {
            None => (self.journal(), None),
            Some(list) => {
                let (journal, found) = self.find(list)?;
                (journal, Some(found))
            }
        };
        self.check_able(&journal)?;
        let recipients = match found {
            None => Recipients::All,
            Some(found) => Recipients::Some(self.admit(&mut journal, found)?),
        };
        let addresses = self.addresses(&recipients, &journal.others);
        if self.has_algorithm() {
            let event = self.unhandled(journal, |node| node.send(recipients))?;
            return Ok((event, addresses));
        }
        let event = self.step_in(journal, true, |node, _| Some(node.send(recipients)))?;
        Ok((event.expect("it was made"), addresses))
    }

    /// The recipients of a tick's send, as (host, port).
    pub fn drawn_addresses(&self, recipients: &Recipients) -> Vec<Address> {
        self.addresses(recipients, &[])
    }

    /// The recipients of a send, where these `others` are peers beside those of the list.
    fn addresses(&self, recipients: &Recipients, others: &[Address]) -> Vec<Address> {
        let peers = self.peers();
        let address = |position: u32| {
            let position = position as usize;
            let other = || &others[position - peers.len()];
            peers.get(position).unwrap_or_else(other).clone()
        };
        let positions = recipients.positions(peers.len() as u32);
        positions.map(address).collect()
    }

    /// Looks up what is not known: no lock is held for as long as that takes.
    fn find(&self, recipients: &[Address]) -> Result<(MutexGuard<'_, Journal>, Vec<Recipient>)> {
        let mut others = self.journal().others.clone();
        loop {
            let found = self.find_among(&others, recipients)?;
            let journal = self.journal();
            if journal.others.len() == others.len() {
                return Ok((journal, found));
            }
            // Another thread was first with an address, which may be one of these by another name.
            others.clone_from(&journal.others);
        }
    }

    fn find_among(&self, others: &[Address], recipients: &[Address]) -> Result<Vec<Recipient>> {
        let known: Vec<&Address> = self.peers().iter().chain(others).collect();
        let mut look_up = |peer: &Address| resolve::lookup(peer).unwrap_or_default();
        let mut find = |address: &Address| {
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
            // A machine has one channel.
            let bare = known.iter().map(|&peer| (peer, &[][..]));
            let position = same(address.port, &found, bare, &mut look_up);
            Ok(position.map_or_else(
                || Recipient::New(address.clone(), found),
                |position| Recipient::Peer(position as u32),
            ))
        };
        recipients.iter().map(&mut find).collect()
    }

    /// The positions of the recipients; each that is new is the last peer from now on.
    fn admit(&self, journal: &mut Journal, recipients: Vec<Recipient>) -> Result<Box<[u32]>> {
        let listed = self.peers().len();
        let mut positions: Vec<u32> = Vec::new();
        let mut new: Vec<(Address, Vec<SocketAddr>)> = Vec::new();
        let wanted = recipients.iter();
        let wanted = wanted.filter(|wanted| matches!(wanted, Recipient::New(..)));
        let known = journal.others.len();
        if wanted.count() > MOST_SENDERS.saturating_sub(known) {
            return Err(Error::invalid(format!(
                "machine {}: at most {MOST_SENDERS} addresses can be sent to that are no peers; it has \
                 sent to {known} so far",
                self.id()
            )));
        }
        for recipient in recipients {
            let position = match recipient {
                Recipient::Peer(position) => position,
                Recipient::New(address, found) => {
                    // An entry before may be the same by another name.
                    let is_same = |(_, earlier): &(Address, Vec<SocketAddr>)| {
                        earlier.iter().any(|socket| found.contains(socket))
                    };
                    let position = new.iter().position(is_same).unwrap_or_else(|| {
                        new.push((address, found));
                        new.len() - 1
                    });
                    (listed + journal.others.len() + position) as u32
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
