//! Bytes and lines: what the poll thread of each machine does.

use std::io::Read;

use lamport::channel::lines::Input;
use lamport::channel::link::Violation;
use lamport::channel::wire::{self, Hello, Reply, WireError};
use lamport::model::message::MachineId;

use super::broken::Broken;
use super::connection::{End, RECEIVER, Role, SENDER};
use super::world::World;

/// Why a connection cannot go on.
#[derive(Debug)]
enum Fault {
    Wire(WireError),
    Violation(Violation),
}

impl From<WireError> for Fault {
    fn from(error: WireError) -> Self {
        Self::Wire(error)
    }
}

impl From<Violation> for Fault {
    fn from(violation: Violation) -> Self {
        Self::Violation(violation)
    }
}

impl World<'_> {
    pub fn is_polling(&self, index: usize) -> bool {
        let process = self.machines[index].process.as_ref();
        process.is_some_and(super::process::Process::is_polling)
    }

    /// All that a machine has to do, once, without a pause.
    pub fn pump(&mut self, index: usize) {
        self.write(index);
        self.poll(index);
    }

    /// All that its poll thread has to do, whatever its tick thread is at.
    pub fn poll(&mut self, index: usize) {
        if !self.is_polling(index) {
            return;
        }
        for _ in 0..8 {
            self.obey(index);
        }
        for position in 0..self.setup.peers[index].len() {
            self.connect_to(index, position);
        }
        let mut place = 0;
        while place < self.connections.len() {
            for side in [SENDER, RECEIVER] {
                if self.is_here(place, side, index) {
                    self.read(place, side, usize::MAX);
                    if !self.is_polling(index) {
                        self.write(index);
                    }
                }
            }
            place += 1;
        }
        for place in 0..self.connections.len() {
            for side in [SENDER, RECEIVER] {
                if self.is_here(place, side, index) {
                    self.flush(place, side, usize::MAX);
                }
            }
        }
        self.connections.retain(|connection| !connection.is_gone());
    }

    fn is_here(&self, place: usize, side: usize, index: usize) -> bool {
        let connection = &self.connections[place];
        connection.machine(side) == index && connection.ends[side].is_some()
    }

    /// One of a machine's ends, if it has any.
    fn pick(&self, index: usize, choice: usize) -> Option<(usize, usize)> {
        let ends = |place| [(place, SENDER), (place, RECEIVER)];
        let mine = || {
            let all = (0..self.connections.len()).flat_map(ends);
            all.filter(|&(place, side)| self.is_here(place, side, index))
        };
        let count = mine().count();
        if count == 0 {
            None
        } else {
            mine().nth(choice % count)
        }
    }

    pub fn flush_one(&mut self, index: usize, choice: usize, most: usize) {
        if let Some((place, side)) = self.pick(index, choice) {
            self.flush(place, side, most);
            self.connections.retain(|connection| !connection.is_gone());
        }
    }

    pub fn read_one(&mut self, index: usize, choice: usize, most: usize) {
        if let Some((place, side)) = self.pick(index, choice) {
            self.read(place, side, most);
            self.connections.retain(|connection| !connection.is_gone());
        }
    }

    /// A machine closes a connection, as when its patience is over.
    pub fn hang_up(&mut self, index: usize, choice: usize) {
        if let Some((place, side)) = self.pick(index, choice)
            && self.is_polling(index)
        {
            self.figures.cuts += 1;
            self.close(place, side);
            self.connections.retain(|connection| !connection.is_gone());
        }
    }

    /// Hands up to `most` bytes of what an end has to say to the system.
    fn flush(&mut self, place: usize, side: usize, most: usize) {
        let connection = &mut self.connections[place];
        let (index, position) = (connection.machine(side), connection.position);
        let process = self.machines[index].process.as_mut().unwrap();
        if !process.is_polling() {
            return;
        }
        let end = connection.ends[side].as_mut().unwrap();
        match end.role {
            Role::Sending => {
                while let Some(timestamp) = process.channels.next_unsent(position) {
                    if self.twist.is(Broken::OwnPosition) {
                        if timestamp <= process.handed[position] {
                            continue;
                        }
                        process.handed[position] = timestamp;
                    }
                    wire::write_message(&mut end.out, timestamp, index as MachineId + 1);
                    if end.out.len() >= most {
                        break;
                    }
                }
            }
            Role::Receiving { sender } if end.owes_ack && end.out.is_empty() => {
                end.owes_ack = false;
                wire::write_ack(&mut end.out, process.channels.marks(sender));
            }
            _ => {}
        }
        let count = end.out.len().min(most);
        let is_parted = end.role == Role::Parting && count == end.out.len();
        let bytes = end.out.drain(..count);
        let flow = &mut connection.flows[side];
        // A broken connection swallows what it is given until reading tells.
        if flow.is_over {
            drop(bytes);
        } else {
            flow.bytes.extend(bytes);
        }
        if is_parted {
            self.close(place, side);
        }
    }

    /// Reads up to `most` bytes at an end and does what the lines say.
    fn read(&mut self, place: usize, side: usize, most: usize) {
        let index = self.connections[place].machine(side);
        if !self.is_polling(index) {
            return;
        }
        if !self.lines(place, side) {
            return;
        }
        let is_fragmented = self.twist.is(Broken::Fragment);
        let connection = &mut self.connections[place];
        let flow = &mut connection.flows[1 - side];
        let end = connection.ends[side].as_mut().unwrap();
        if flow.bytes.is_empty() {
            if flow.is_over {
                self.close(place, side);
            }
            return;
        }
        let mut stream = (&mut flow.bytes).take(most.min(2048) as u64);
        if is_fragmented && matches!(end.role, Role::Receiving { .. }) {
            let mut bytes = Vec::new();
            stream.read_to_end(&mut bytes).unwrap();
            let lines = bytes
                .split(|&byte| byte == b'\n')
                .filter(|line| !line.is_empty());
            end.lines.extend(lines.map(<[u8]>::to_vec));
        } else {
            let End { partial, lines, .. } = end;
            let read = partial.read::<WireError>(&mut stream, &mut self.scratch, |line| {
                lines.push_back(line.to_vec());
                Ok(())
            });
            match read.unwrap() {
                Ok(Input::Bytes(_)) => {}
                other => self.fail(|| format!("a read of some bytes brings {other:?}")),
            }
        }
        self.lines(place, side);
    }

    /// Does what lines say. Whether the end is still there and can go on reading.
    fn lines(&mut self, place: usize, side: usize) -> bool {
        loop {
            let connection = &mut self.connections[place];
            let index = connection.machine(side);
            let Some(end) = &mut connection.ends[side] else {
                return false;
            };
            if end.lines.is_empty() {
                return true;
            }
            let process = self.machines[index].process.as_ref().unwrap();
            // An answer to a hello makes a line in the log, for which the journal must be free.
            let needs_journal = end.role == Role::Greeting;
            if !process.is_polling() || (needs_journal && !process.is_journal_free()) {
                return false;
            }
            let line = end.lines.pop_front().unwrap();
            if let Err(fault) = self.line(place, side, &line) {
                if self.twist.is(Broken::Fragment) && matches!(fault, Fault::Wire(_)) {
                    continue;
                }
                self.fail(|| format!("machine {} closes a connection: {fault:?}", index + 1));
                self.close(place, side);
                return false;
            }
        }
    }

    fn line(&mut self, place: usize, side: usize, line: &[u8]) -> Result<(), Fault> {
        let connection = &mut self.connections[place];
        let (index, position) = (connection.machine(side), connection.position);
        let process = self.machines[index].process.as_mut().unwrap();
        let end = connection.ends[side].as_mut().unwrap();
        match end.role {
            Role::Stranger => {
                let hello = Hello::parse(line)?;
                self.hello(place, &hello);
            }
            Role::Greeting => {
                let reply = Reply::parse(line)?;
                self.reply(place, &reply);
            }
            Role::Sending => {
                let mut marks = wire::parse_ack(line)?;
                if self.twist.is(Broken::ForgetOnAccepted) {
                    marks.logged = marks.accepted;
                }
                process.channels.acknowledged(position, marks)?;
            }
            Role::Receiving { sender } => {
                let timestamp = wire::parse_message(line, sender)?;
                let logged = process.channels.marks(sender).logged;
                let is_new = process.channels.accept(sender, timestamp)?;
                let enters = match self.twist.broken {
                    Some(Broken::DuplicatesByLogged) => timestamp > logged,
                    Some(Broken::DuplicatesByConnection) => true,
                    _ => is_new,
                };
                self.figures.dropped += u64::from(!enters);
                if enters {
                    process.deliver(self.now, sender, timestamp, self.setup.delay);
                }
                // A careful sender wants to hear of what it has sent again.
                end.owes_ack |= enters || self.twist.is_careful;
                if self.twist.is(Broken::AcknowledgeOnAccept) {
                    process.channels.received(sender, timestamp);
                }
            }
            Role::Parting => {}
        }
        Ok(())
    }

    /// An end closes, and its machine's channels know it.
    pub fn close(&mut self, place: usize, side: usize) {
        let connection = &mut self.connections[place];
        let (index, position) = (connection.machine(side), connection.position);
        let role = connection.role(side);
        connection.leave(side, usize::MAX);
        let channels = &mut self.machines[index].process.as_mut().unwrap().channels;
        match role {
            Some(Role::Greeting | Role::Sending) => channels.peer_left(position),
            Some(Role::Receiving { sender }) => channels.sender_left(sender),
            Some(Role::Stranger | Role::Parting) | None => {}
        }
    }
}
