//! Carries out what endpoints say, as the poll thread does.

use std::net::SocketAddr;

use lamport::channel::endpoint::{ConnectionId, Output, Standing, Warning};
use lamport::error::Result;

use super::broken::Broken;
use super::connection::{After, Connection, RECEIVER, SENDER};
use super::impostor;
use super::process::{ALIAS, address};
use super::world::World;

impl World<'_> {
    /// Does all that the endpoint of a machine asks for. A CONNECT line waits for the journal, and
    /// all else for the CONNECT line.
    pub fn carry_out(&mut self, index: usize) {
        loop {
            let now = self.now;
            let Some(process) = &mut self.machines[index].process else {
                return;
            };
            if process.is_recording() {
                return;
            }
            let next = process.waiting.take();
            let Some(output) = next.or_else(|| process.endpoint.next_output()) else {
                return;
            };
            match output {
                Output::Connect { connection, remote } => self.connect(index, connection, remote),
                Output::ShutDown { connection } => self.shut_down(index, connection),
                Output::Close { connection } => self.closed(index, connection),
                Output::Record {
                    connection,
                    peer,
                    mut peer_id,
                    peer_history,
                } => {
                    if !process.is_journal_free() {
                        process.waiting = Some(output);
                        return;
                    }
                    if self.twist.is(Broken::TwoEntries) {
                        peer_id %= ALIAS;
                    }
                    process.connect_line(now, peer, peer_id, peer_history, connection);
                    self.machines[index].is_double[peer] = false;
                    self.machines[index].alarms[peer] = None;
                    self.say(|| format!("machine {} is told ok by {peer_id}", index + 1));
                }
                Output::Warn(warning) => self.warned(index, &warning),
                Output::Finished(farewell) => {
                    process.undelivered = Some(farewell.undelivered);
                    for connection in &mut self.connections {
                        for side in [SENDER, RECEIVER] {
                            if connection.machine(side) == index {
                                connection.leave(side, usize::MAX);
                            }
                        }
                    }
                    self.say(|| format!("machine {} has nothing left to do", index + 1));
                }
                Output::Read { .. } => {}
                Output::Fail { .. } | Output::LookUp(_) => {
                    self.fail(|| format!("machine {}: {output:?}", index + 1));
                }
            }
        }
    }

    fn connect(&mut self, index: usize, id: ConnectionId, remote: SocketAddr) {
        let peers = self.setup.peers[index].iter();
        let is_there = |&(peer, is_alias): &_| address(peer, is_alias).socket() == Some(remote);
        let position = peers.clone().position(is_there).unwrap();
        let (to, is_alias) = self.setup.peers[index][position];
        let is_given_up = self.is_ending && self.machines[index].is_double[position];
        // At the end, two entries of one machine have their turns.
        let waits = self.is_ending
            && self.twist.has_alias
            && is_alias == (self.round / 6).is_multiple_of(2);
        let (now, is_open) = (self.now, !is_given_up && !waits);
        let target = self.machines[to].process.as_mut();
        let target = target
            .filter(|target| is_open && !target.is_entering() && target.endpoint.is_accepting());
        let from = SocketAddr::from(([10, 0, 0, index as u8 + 1], 1));
        let mut entropy = draw(&mut self.chance);
        let there = target.and_then(|target| {
            target
                .endpoint
                .accepted(now, from, Standing::Allowed, &mut entropy)
        });
        let process = self.machines[index].process.as_mut().unwrap();
        let Some(there) = there else {
            process.endpoint.broken(now, id);
            return;
        };
        process.endpoint.connected(now, id, &mut entropy);
        drop(entropy);
        self.figures.connections += 1;
        let connection = Connection::new(index, position, to, [id, there]);
        self.connections.push(connection);
        self.say(|| format!("machine {} connects to {}", index + 1, to + 1));
    }

    /// Where a connection of a machine is, if it still is.
    fn place(&self, index: usize, id: ConnectionId) -> Option<(usize, usize)> {
        let ends = |place| [(place, SENDER), (place, RECEIVER)];
        let mut all = (0..self.connections.len()).flat_map(ends);
        all.find(|&(place, side)| self.connections[place].is(side, index, id))
    }

    fn shut_down(&mut self, index: usize, id: ConnectionId) {
        if let Some((place, side)) = self.place(index, id) {
            self.release(place, side, usize::MAX);
            let flow = &mut self.connections[place].flows[side];
            if flow.after == After::More {
                flow.after = After::End;
            }
        }
    }

    fn closed(&mut self, index: usize, id: ConnectionId) {
        if let Some((place, side)) = self.place(index, id) {
            self.release(place, side, usize::MAX);
            self.connections[place].leave(side, usize::MAX);
        }
    }

    /// Of the warnings, few may come where all machines keep the rules.
    fn warned(&mut self, index: usize, warning: &Warning) {
        let Warning {
            kind, source, text, ..
        } = warning;
        let is_double = *kind == "duplicate id" || text.contains("duplicate id:");
        let is_twice = *kind == "twice" && self.twist.has_alias;
        let is_torn = self.setup.is_keyed && text.contains("ended within a frame");
        let is_late = *kind == "silent";
        let is_deceived = self.setup.is_deceived
            && (*source == impostor::ADDRESS.to_string()
                || matches!(*kind, "two histories" | "impostor"));
        self.figures.refusals += u64::from(is_double || is_twice);
        if is_twice {
            let peers = self.setup.peers[index].iter();
            let doubles = self.machines[index].is_double.iter_mut();
            for (is_double, &(peer, is_alias)) in doubles.zip(peers) {
                *is_double |= *source == address(peer, is_alias).to_string();
            }
        }
        let is_alarm = self.alarmed(index, kind, source);
        if !(is_double || is_twice || is_torn || is_late || is_deceived || is_alarm) {
            self.fail(|| format!("machine {} warns ({kind} {source}): {text}", index + 1));
        }
        self.say(|| format!("machine {} warns: {text}", index + 1));
    }
}

/// Draws the bytes of a handshake, where there is one.
fn draw(chance: &mut lamport::model::random::Generator) -> impl FnMut() -> Result<[u8; 32]> {
    || {
        let mut bytes = [0; 32];
        for word in bytes.chunks_exact_mut(8) {
            word.copy_from_slice(&chance.bits().to_le_bytes());
        }
        Ok(bytes)
    }
}
