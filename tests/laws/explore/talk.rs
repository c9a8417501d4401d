//! What machines do when a line comes, a step is told, or a connection is made or lost: their endpoints
//! say it, and where a rule is broken a word of theirs is twisted on its way.

use std::net::SocketAddr;

use lamport::channel::endpoint::{ConnectionId, Output, Standing, Warning, Workspace};
use lamport::channel::wire::{self, Reply};
use lamport::error::Result;
use lamport::model::event::Recipients;

use crate::broken::{Broken, Twist};
use crate::impostor::VICTIM;
use crate::state::{Connection, Line, NOW, State, id};

impl State {
    /// A process begins: there is no connection yet, and one may be made at any time; the first attempt
    /// comes to nothing, or is under way where `is_trying`.
    pub fn enter(&mut self, index: usize, is_trying: bool) {
        let machine = &mut self.machines[index];
        // Two sections without a connection are like one.
        if machine.log.is_empty() || machine.has_connected() {
            machine.log.push(Line::Startup);
        }
        if let Some(process) = &mut machine.process {
            process.endpoint.enter(NOW);
            if is_trying
                && let Some(Output::Connect { connection, .. }) = process.endpoint.next_output()
            {
                process.attempt = Some(connection);
            }
        }
        self.carry_out(index, false);
    }

    /// The first attempt of a process comes to a connection or to nothing.
    pub fn reach(&mut self, index: usize, is_made: bool) {
        let process = self.machines[index].process.as_mut().unwrap();
        let connection = process.attempt.take().unwrap();
        if is_made {
            self.made(index, connection);
        } else {
            process.endpoint.broken(NOW, connection);
        }
        self.carry_out(index, false);
    }

    /// What has to wait in an endpoint waits no longer: it connects.
    pub fn connect(&mut self, index: usize) {
        let mine = |connection: &&Connection| connection.from == index;
        let is_refused = self
            .connections
            .iter()
            .filter(mine)
            .any(|c| c.ends[1].is_some());
        self.attempts -= u8::from(is_refused);
        if let Some(process) = &mut self.machines[index].process {
            process.endpoint.wake(NOW);
        }
        self.carry_out(index, true);
    }

    /// Does all that an endpoint asks for.
    pub fn carry_out(&mut self, index: usize, may_connect: bool) {
        while let Some(process) = &mut self.machines[index].process {
            let Some(action) = process.endpoint.next_output() else {
                // Each of its connections is asked in each state.
                process.endpoint.take_ready();
                return;
            };
            match action {
                Output::Connect { connection, .. } if may_connect => self.made(index, connection),
                Output::Connect { connection, .. } => process.endpoint.broken(NOW, connection),
                Output::Record { connection, .. } => {
                    process.endpoint.recorded(NOW, connection, Ok(()));
                    let machine = &mut self.machines[index];
                    if self.losses == 0 {
                        // All before may have left: nothing else that such lines told matters any more.
                        let is_step = |line: &Line| !matches!(line, Line::Startup | Line::Connect);
                        machine.log.retain(is_step);
                        machine.log.splice(0..0, [Line::Startup, Line::Connect]);
                    } else if !machine.has_connected() {
                        // After one STARTUP, more of these lines tell nothing new.
                        machine.log.push(Line::Connect);
                    }
                }
                Output::Close { connection } => {
                    if index == VICTIM && self.impostor.end == Some(connection) {
                        self.impostor.end = None;
                    }
                    for other in &mut self.connections {
                        for side in [0, 1] {
                            if other.machine(side) == index && other.ends[side] == Some(connection)
                            {
                                other.leave(side);
                            }
                        }
                    }
                }
                Output::Warn(warning) => self.warned(index, &warning),
                // Whether a connection is read is asked in each state.
                Output::ShutDown { .. } | Output::Read { .. } => {}
                Output::LookUp(_) | Output::Fail { .. } | Output::Finished(_) => {
                    self.fault = Some(format!("{action:?}"));
                }
            }
        }
    }

    /// Few warnings may come: of two processes of a machine, of a log that lost its end, and of an impostor.
    fn warned(&mut self, index: usize, warning: &Warning) {
        let Warning {
            kind, source, text, ..
        } = warning;
        let is_double = *kind == "duplicate id" || text.contains("duplicate id:");
        let is_of_impostor = self.is_deceived
            && (source == "10.0.0.99" || matches!(*kind, "two histories" | "impostor"));
        // A machine is refused only for the messages of another.
        let is_ousted = *kind == "history" || text.contains("came back without its history");
        let is_alarm = match *kind {
            "forgotten" => self.machines[index].has_lost,
            "lost" => self.machines[1 - index].has_lost,
            _ => false,
        };
        if is_alarm && let Some(process) = &mut self.machines[index].process {
            process.is_alarmed = true;
        }
        if !(is_double || is_alarm || is_of_impostor || (is_ousted && self.impostor.is_heard)) {
            self.fault = Some(text.clone());
        }
    }

    /// A connection is made, and the hello is on its way.
    fn made(&mut self, index: usize, here: ConnectionId) {
        let mut none = || -> Result<[u8; 32]> { unreachable!("there is no key") };
        let remote = SocketAddr::from(([10, 0, 0, index as u8 + 1], 1));
        let other = self.machines[1 - index].process.as_mut().unwrap();
        let there = other
            .endpoint
            .accepted(NOW, remote, Standing::Peer, &mut none);
        let process = self.machines[index].process.as_mut().unwrap();
        process.endpoint.connected(NOW, here, &mut none);
        self.connections.push(Connection {
            from: index,
            ends: [Some(here), there],
            flows: [Vec::new(), Vec::new()],
            is_broken: false,
        });
        self.say(self.connections.len() - 1, 0, Twist::default());
    }

    /// An end says its next line. Whether it has any.
    pub fn say(&mut self, place: usize, side: usize, twist: Twist) -> bool {
        let connection = &mut self.connections[place];
        let index = connection.machine(side);
        let (Some(process), Some(end)) = (&mut self.machines[index].process, connection.ends[side])
        else {
            return false;
        };
        let mut line = process.endpoint.outgoing(NOW, end, 1).to_vec();
        if line.is_empty() {
            return false;
        }
        process.endpoint.written(end, line.len());
        line.pop();
        assert!(!line.contains(&b'\n'), "lines are said one by one");
        let message = wire::parse_message(&line, id(index));
        let is_repeated = message.is_ok_and(|timestamp| {
            let is_repeated = timestamp <= process.handed;
            if twist.is(Broken::OwnPosition) {
                process.handed = process.handed.max(timestamp);
            }
            is_repeated
        });
        if !is_repeated {
            connection.flows[side].push(line);
        }
        true
    }

    /// An end learns that its connection is broken.
    pub fn notice(&mut self, place: usize, side: usize) {
        let connection = &self.connections[place];
        let index = connection.machine(side);
        if let (Some(process), Some(end)) =
            (&mut self.machines[index].process, connection.ends[side])
        {
            process.endpoint.broken(NOW, end);
        }
        self.carry_out(index, false);
    }

    /// An end reads a line.
    pub fn read(&mut self, place: usize, side: usize, twist: Twist) {
        let connection = &mut self.connections[place];
        let (index, from) = (connection.machine(side), connection.from);
        let line = connection.flows[1 - side].remove(0);
        let (Some(process), Some(end)) = (&mut self.machines[index].process, connection.ends[side])
        else {
            return;
        };
        let timestamp = if side == 1 {
            wire::parse_message(&line, id(from)).ok()
        } else {
            None
        };
        let logged = timestamp.map(|_| process.endpoint.channels().marks(id(from)).logged);
        let mut space = Workspace::default();
        let line = if side == 0 {
            believed(&line, twist)
        } else {
            line
        };
        let line = [&line[..], b"\n"].concat();
        process.endpoint.read(NOW, end, &line, &mut space);
        let messages = space.messages().1;
        if let Some((timestamp, logged)) = timestamp.zip(logged) {
            let is_new = messages == [timestamp];
            let enters = match twist.broken {
                Some(Broken::DuplicatesByLogged) => timestamp > logged,
                Some(Broken::DuplicatesByConnection) => true,
                _ => is_new,
            };
            if enters {
                process.queue.push(timestamp);
            }
            if twist.is(Broken::AcknowledgeOnAccept) {
                process.endpoint.logged([], [(id(from), timestamp)]);
            }
            if twist.is_careful && !is_new {
                // A careful sender wants to hear of what it has sent again.
                let marks = process.endpoint.channels().marks(id(from));
                let mut ack = Vec::new();
                wire::write_ack(&mut ack, marks);
                ack.pop();
                connection.flows[1].push(ack);
            }
        } else if side == 1 {
            // A hello is answered at once.
            self.say(place, 1, twist);
        }
        self.carry_out(index, false);
    }

    /// The endpoint of a machine learns of a step.
    pub fn tell(&mut self, index: usize, line: Line) {
        let process = self.machines[index].process.as_mut().unwrap();
        match line {
            Line::Send(timestamp) => process.endpoint.logged([(timestamp, Recipients::All)], []),
            Line::Receive(timestamp) => {
                process.endpoint.logged([], [(id(1 - index), timestamp)]);
            }
            Line::Startup | Line::Connect => {}
        }
        self.carry_out(index, false);
    }

    /// A step of a machine, up to the line that is to be written.
    pub fn step(&mut self, index: usize, sends: bool, twist: Twist) {
        let process = self.machines[index].process.as_mut().unwrap();
        let line = if sends {
            process.clock += 1;
            Line::Send(process.clock)
        } else {
            let timestamp = process.queue.remove(0);
            process.clock = process.clock.max(timestamp) + 1;
            Line::Receive(timestamp)
        };
        process.pending = Some(line);
        if is_early(line, twist) {
            self.tell(index, line);
        }
    }

    /// The line at hand is with the system.
    pub fn write(&mut self, index: usize, twist: Twist) {
        let machine = &mut self.machines[index];
        let process = machine.process.as_mut().unwrap();
        let line = process.pending.take().unwrap();
        machine.log.push(line);
        if !is_early(line, twist) {
            process.told.push(line);
        }
    }
}

/// Whether a step is told before its line is written.
fn is_early(line: Line, twist: Twist) -> bool {
    match line {
        Line::Send(_) => twist.is(Broken::SendBeforeLog),
        _ => twist.is(Broken::MarkBeforeFlush),
    }
}

/// What a sender makes of an answer or an acknowledgement.
fn believed(line: &[u8], twist: Twist) -> Vec<u8> {
    let mut out = Vec::new();
    if let Ok(Reply::Ok {
        receiver,
        history,
        mut marks,
    }) = Reply::parse(line)
    {
        if twist.is(Broken::ForgetOnAccepted) {
            marks.logged = marks.accepted;
        } else if twist.is_careful {
            marks.accepted = marks.logged;
        }
        Reply::Ok {
            receiver,
            history,
            marks,
        }
        .write(&mut out);
        out.pop();
    } else if let (Ok(mut marks), true) =
        (wire::parse_ack(line), twist.is(Broken::ForgetOnAccepted))
    {
        marks.logged = marks.accepted;
        wire::write_ack(&mut out, marks);
        out.pop();
    } else {
        out.extend_from_slice(line);
    }
    out
}

impl Connection {
    /// The machine at an end.
    pub fn machine(&self, side: usize) -> usize {
        if side == 0 { self.from } else { 1 - self.from }
    }

    /// An end goes.
    pub fn leave(&mut self, side: usize) {
        self.ends[side] = None;
        self.flows[1 - side].clear();
        self.is_broken = true;
    }

    /// Whether the next line for the sender's end is an ok, which makes a line in the log.
    pub fn is_answered(&self) -> bool {
        let next = self.flows[1].first();
        next.is_some_and(|line| line.starts_with(b"ok "))
    }
}
