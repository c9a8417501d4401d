//! What stands between an endpoint and its connections where a rule is broken: the endpoint is the one
//! that ships, and its word, or what it hears, is twisted line by line.
//!
//! A switch inside the endpoint would be code that ships and must never run. From outside, each rule
//! can be broken as well: a machine that breaks it shows on the wire, in its queue or in when its
//! endpoint is told of its log.

use lamport::channel::link::Marks;
use lamport::channel::wire::{self, Reply};
use lamport::model::message::MachineId;

use super::broken::Broken;
use super::connection::{RECEIVER, SENDER};
use super::process::ALIAS;
use super::world::World;

impl World<'_> {
    /// Bytes came to an end whose lines are twisted.
    pub fn read_twisted(&mut self, place: usize, side: usize, bytes: &[u8]) {
        let sender = self.connections[place].from as MachineId + 1;
        let Some(end) = &mut self.connections[place].ends[side] else {
            return;
        };
        if self.twist.is(Broken::Fragment) && side == RECEIVER && end.has_heard {
            let pieces = bytes.split(|&byte| byte == b'\n');
            for piece in pieces.filter(|piece| wire::parse_message(piece, sender).is_ok()) {
                self.take(place, side, &[piece, b"\n"].concat());
            }
            return;
        }
        end.begun.extend_from_slice(bytes);
        let Some(last) = memchr::memrchr(b'\n', &end.begun) else {
            return;
        };
        let rest = end.begun.split_off(last + 1);
        let lines = std::mem::replace(&mut end.begun, rest);
        for line in lines[..last].split(|&byte| byte == b'\n') {
            if side == SENDER {
                let line = self.believed(place, line);
                self.take(place, side, &line);
            } else {
                self.message(place, sender, line);
            }
        }
    }

    /// What a sender makes of an answer or an acknowledgement.
    fn believed(&self, place: usize, line: &[u8]) -> Vec<u8> {
        let connection = &self.connections[place];
        let (_, is_alias) = self.setup.peers[connection.from][connection.position];
        let mut out = Vec::new();
        if let Ok(Reply::Ok {
            mut receiver,
            history,
            mut marks,
        }) = Reply::parse(line)
        {
            if self.twist.is(Broken::ForgetOnAccepted) {
                marks.logged = marks.accepted;
            } else if self.twist.is_careful {
                marks.accepted = marks.logged;
            } else if self.twist.is(Broken::AnyLowMark)
                && let Some(process) = &self.machines[connection.from].process
            {
                // As low as the next of its own messages: what it sends from there on is no news.
                let sent = &process.sent[connection.position];
                let known = sent.partition_point(|&timestamp| timestamp <= marks.accepted);
                if sent.last().is_some_and(|&newest| marks.accepted < newest) {
                    marks.accepted = known.checked_sub(1).map_or(0, |last| sent[last]);
                    marks.logged = marks.logged.min(marks.accepted);
                }
            }
            // The rule that two entries are two machines is kept by one that knows who is who.
            if self.twist.is(Broken::TwoEntries) && is_alias {
                receiver += ALIAS;
            }
            Reply::Ok {
                receiver,
                history,
                marks,
            }
            .write(&mut out);
        } else if let (Ok(Marks { accepted, .. }), true) = (
            wire::parse_ack(line),
            self.twist.is(Broken::ForgetOnAccepted),
        ) {
            let logged = accepted;
            wire::write_ack(&mut out, Marks { logged, accepted });
        } else {
            out.extend_from_slice(line);
            out.push(b'\n');
        }
        out
    }

    /// A line comes to a receiver, which may drop less than it should.
    fn message(&mut self, place: usize, sender: MachineId, line: &[u8]) {
        let index = self.connections[place].to;
        let Ok(timestamp) = wire::parse_message(line, sender) else {
            self.take(place, RECEIVER, &[line, b"\n"].concat());
            return;
        };
        let Some(process) = &self.machines[index].process else {
            return;
        };
        let marks = process.endpoint.channels().marks(sender);
        let is_new = self.take(place, RECEIVER, &[line, b"\n"].concat()) > 0;
        let enters = match self.twist.broken {
            Some(Broken::DuplicatesByLogged) => timestamp > marks.logged,
            Some(Broken::DuplicatesByConnection) => true,
            _ => is_new,
        };
        let (now, delay) = (self.now, self.setup.delay);
        let Some(process) = &mut self.machines[index].process else {
            return;
        };
        if enters && !is_new {
            self.figures.dropped -= 1;
            process.deliver(now, sender, timestamp, delay);
        }
        // A careful sender wants to hear of what it has sent again.
        let marks = process.endpoint.channels().marks(sender);
        if let Some(end) = &mut self.connections[place].ends[RECEIVER]
            && self.twist.is_careful
            && !is_new
        {
            let mut ack = Vec::new();
            wire::write_ack(&mut ack, marks);
            end.held.extend(ack);
        }
    }

    /// Lines have left the endpoint, and are held back until the system takes them.
    pub fn hold(&mut self, place: usize, side: usize, lines: &[u8]) {
        let connection = &mut self.connections[place];
        let (index, position) = (connection.machine(side), connection.position);
        let (Some(process), Some(end)) = (
            &mut self.machines[index].process,
            &mut connection.ends[side],
        ) else {
            return;
        };
        let sender = index as MachineId + 1;
        for line in lines.split_inclusive(|&byte| byte == b'\n') {
            if side == SENDER
                && self.twist.is(Broken::OwnPosition)
                && let Ok(timestamp) = wire::parse_message(&line[..line.len() - 1], sender)
            {
                if timestamp <= process.handed[position] {
                    continue;
                }
                process.handed[position] = timestamp;
            }
            end.held.extend(line);
        }
    }

    /// Hands up to `most` bytes of what was held back to the system. Whether there were any.
    pub fn release(&mut self, place: usize, side: usize, most: usize) -> bool {
        let connection = &mut self.connections[place];
        let Some(end) = &mut connection.ends[side] else {
            return false;
        };
        let count = end.held.len().min(most);
        connection.flows[side].take(end.held.drain(..count));
        count > 0
    }
}
