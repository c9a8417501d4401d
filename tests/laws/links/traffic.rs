//! Bytes between endpoints and the streams of the world: what the poll thread of each machine moves.

use super::broken::Broken;
use super::connection::{After, RECEIVER, SENDER};
use super::process::Process;
use super::world::World;

impl World<'_> {
    pub fn is_polling(&self, index: usize) -> bool {
        let process = self.machines[index].process.as_ref();
        process.is_some_and(Process::is_polling)
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
            self.log_to_endpoint(index);
        }
        self.wake(index);
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
                while self.is_here(place, side, index) && self.flush(place, side, usize::MAX) {}
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

    /// The system says that a connection of a machine is broken, to this side first.
    pub fn hang_up(&mut self, index: usize, choice: usize) {
        if let Some((place, side)) = self.pick(index, choice)
            && self.is_polling(index)
        {
            self.figures.cuts += 1;
            self.lost(place, side);
            self.connections.retain(|connection| !connection.is_gone());
        }
    }

    /// Hands up to `most` bytes of what an end has to say to the system. Whether there were any.
    fn flush(&mut self, place: usize, side: usize, most: usize) -> bool {
        let connection = &mut self.connections[place];
        let index = connection.machine(side);
        let (Some(process), Some(end)) =
            (&mut self.machines[index].process, &connection.ends[side])
        else {
            return false;
        };
        if !process.is_polling() {
            return false;
        }
        let now = self.now;
        if self.twist.holds_lines() {
            let id = end.id;
            let lines = process.endpoint.outgoing(now, id, most).to_vec();
            process.endpoint.written(id, lines.len());
            self.hold(place, side, &lines);
            let is_moving = self.release(place, side, most);
            self.carry_out(index);
            return is_moving || !lines.is_empty();
        }
        let bytes = process.endpoint.outgoing(now, end.id, most);
        let count = bytes.len().min(most);
        connection.flows[side].take(bytes[..count].iter().copied());
        process.endpoint.written(end.id, count);
        self.carry_out(index);
        count > 0
    }

    /// Reads up to `most` bytes at an end and does what they say.
    fn read(&mut self, place: usize, side: usize, most: usize) {
        let index = self.connections[place].machine(side);
        if !self.is_polling(index) {
            return;
        }
        let now = self.now;
        let connection = &mut self.connections[place];
        let flow = &mut connection.flows[1 - side];
        let (Some(process), Some(end)) =
            (&mut self.machines[index].process, &connection.ends[side])
        else {
            return;
        };
        if !process.endpoint.is_reading(end.id) {
            return;
        }
        if flow.bytes.is_empty() {
            match flow.after {
                After::More => {}
                After::End => {
                    // It is said once.
                    flow.after = After::More;
                    process.endpoint.ended(now, end.id);
                    self.carry_out(index);
                }
                After::Break => self.lost(place, side),
            }
            return;
        }
        let count = flow.bytes.len().min(most).min(2048);
        let mut bytes = std::mem::take(&mut self.scratch);
        bytes.clear();
        bytes.extend(flow.bytes.drain(..count));
        if self.twist.holds_lines() || self.twist.is(Broken::Fragment) {
            self.read_twisted(place, side, &bytes);
        } else {
            self.take(place, side, &bytes);
        }
        self.scratch = bytes;
    }

    /// Bytes come to an endpoint, and its new messages into the queue.
    pub fn take(&mut self, place: usize, side: usize, bytes: &[u8]) -> usize {
        let connection = &mut self.connections[place];
        let index = connection.machine(side);
        let (Some(process), Some(end)) = (
            &mut self.machines[index].process,
            &mut connection.ends[side],
        ) else {
            return 0;
        };
        let now = self.now;
        process
            .endpoint
            .read(now, end.id, bytes, &mut self.workspace);
        let (sender, messages) = self.workspace.messages();
        for &timestamp in messages {
            process.deliver(now, sender, timestamp, self.setup.delay);
        }
        if side == RECEIVER && !self.setup.is_keyed {
            // The first line is a hello.
            let lines = memchr::memchr_iter(b'\n', bytes).count();
            let hello = usize::from(lines > 0 && !end.has_heard);
            end.has_heard |= lines > 0;
            self.figures.dropped += (lines - hello - messages.len()) as u64;
        }
        if self.twist.is(Broken::AcknowledgeOnAccept)
            && let Some(&newest) = messages.last()
        {
            process.endpoint.logged([], [(sender, newest)]);
        }
        let count = messages.len();
        self.carry_out(index);
        count
    }

    /// An end learns that its connection is broken.
    fn lost(&mut self, place: usize, side: usize) {
        let connection = &mut self.connections[place];
        let index = connection.machine(side);
        if let (Some(process), Some(end)) =
            (&mut self.machines[index].process, &connection.ends[side])
        {
            process.endpoint.broken(self.now, end.id);
        }
        self.carry_out(index);
    }
}
