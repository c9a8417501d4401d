//! What machines do when a line comes, a step is told, or a connection closes.

use lamport::channel::identity::Nonce;
use lamport::channel::wire::Hello;
use lamport::model::event::Recipients;

use crate::broken::{Broken, Twist};
use crate::state::{Connection, Line, Role, State, Word, history, id};

impl State {
    pub fn close(&mut self, place: usize, side: usize) {
        let connection = &mut self.connections[place];
        let from = connection.from;
        connection.is_broken = true;
        connection.flows[1 - side].clear();
        let role = connection.ends[side].take();
        let index = if side == 0 { from } else { 1 - from };
        if let Some(process) = &mut self.machines[index].process {
            match role {
                Some(Role::Greeting | Role::Sending) => process.channels.peer_left(0),
                Some(Role::Receiving) => process.channels.sender_left(id(from)),
                Some(Role::Stranger) | None => {}
            }
        }
    }

    pub fn read(&mut self, place: usize, side: usize, twist: Twist) {
        let connection = &mut self.connections[place];
        let from = connection.from;
        let index = if side == 0 { from } else { 1 - from };
        let word = connection.flows[1 - side].remove(0);
        let machine = &mut self.machines[index];
        let process = machine.process.as_mut().unwrap();
        match word {
            Word::Hello {
                history: past,
                instance,
            } => {
                let hello = Hello {
                    run_id: "lab".into(),
                    sender: id(from),
                    history: Nonce(past),
                    instance: Nonce(instance),
                };
                match process.channels.welcome(&hello) {
                    Ok(marks) => {
                        connection.ends[1] = Some(Role::Receiving);
                        let history = history(index).0;
                        connection.flows[1].push(Word::Ok { history, marks });
                        for (other, old) in self.connections.iter_mut().enumerate() {
                            if other != place
                                && old.from == from
                                && old.ends[1] == Some(Role::Receiving)
                            {
                                old.ends[1] = None;
                                old.flows[0].clear();
                                old.is_broken = true;
                            }
                        }
                    }
                    Err(refusal) => {
                        connection.flows[1].push(Word::No);
                        connection.ends[1] = None;
                        connection.is_broken = true;
                        if refusal.kind != "duplicate id" {
                            self.fault = Some(refusal.reason);
                        }
                    }
                }
            }
            Word::Ok {
                history: past,
                mut marks,
            } => {
                if twist.is(Broken::ForgetOnAccepted) {
                    marks.logged = marks.accepted;
                } else if twist.is_careful {
                    marks.accepted = marks.logged;
                }
                match process
                    .channels
                    .answered(0, id(1 - from), Nonce(past), marks)
                {
                    Ok(()) => {
                        connection.ends[0] = Some(Role::Sending);
                        // More of these lines tell nothing new.
                        if !machine.log.contains(&Line::Connect) {
                            machine.log.push(Line::Connect);
                        }
                    }
                    Err(refusal) => self.fault = Some(refusal.reason),
                }
            }
            Word::No => self.close(place, 0),
            Word::Message(timestamp) => {
                let logged = process.channels.marks(id(from)).logged;
                match process.channels.accept(id(from), timestamp) {
                    Ok(is_new) => {
                        let enters = match twist.broken {
                            Some(Broken::DuplicatesByLogged) => timestamp > logged,
                            Some(Broken::DuplicatesByConnection) => true,
                            _ => is_new,
                        };
                        if enters {
                            process.queue.push(timestamp);
                        }
                        connection.owes_ack |= enters || twist.is_careful;
                        if twist.is(Broken::AcknowledgeOnAccept) {
                            process.channels.received(id(from), timestamp);
                        }
                    }
                    Err(violation) => self.fault = Some(violation.to_string()),
                }
            }
            Word::Ack(mut marks) => {
                if twist.is(Broken::ForgetOnAccepted) {
                    marks.logged = marks.accepted;
                }
                if let Err(violation) = process.channels.acknowledged(0, marks) {
                    self.fault = Some(violation.to_string());
                }
            }
        }
    }

    /// The channels of a machine learn of a step.
    pub fn tell(&mut self, index: usize, line: Line) {
        let process = self.machines[index].process.as_mut().unwrap();
        match line {
            Line::Send(timestamp) => process.channels.sent(timestamp, &Recipients::All),
            Line::Receive(timestamp) => {
                process.channels.received(id(1 - index), timestamp);
                for connection in &mut self.connections {
                    connection.owes_ack |=
                        connection.from != index && connection.ends[1] == Some(Role::Receiving);
                }
            }
            Line::Connect => {}
        }
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
        let is_early = match line {
            Line::Send(_) => twist.is(Broken::SendBeforeLog),
            _ => twist.is(Broken::MarkBeforeFlush),
        };
        if is_early {
            self.tell(index, line);
        }
    }

    /// The line at hand is with the system.
    pub fn write(&mut self, index: usize, twist: Twist) {
        let machine = &mut self.machines[index];
        let process = machine.process.as_mut().unwrap();
        let line = process.pending.take().unwrap();
        machine.log.push(line);
        let was_early = match line {
            Line::Send(_) => twist.is(Broken::SendBeforeLog),
            _ => twist.is(Broken::MarkBeforeFlush),
        };
        if !was_early {
            process.told.push(line);
        }
    }

    pub fn connect(&mut self, index: usize) {
        let mine = |connection: &&Connection| connection.from == index;
        let is_refused = self
            .connections
            .iter()
            .filter(mine)
            .any(|c| c.ends[1].is_some());
        self.attempts -= u8::from(is_refused);
        let process = self.machines[index].process.as_ref().unwrap();
        let Hello {
            history, instance, ..
        } = process.channels.greeting();
        let hello = Word::Hello {
            history: history.0,
            instance: instance.0,
        };
        self.connections.push(Connection {
            from: index,
            ends: [Some(Role::Greeting), Some(Role::Stranger)],
            flows: [vec![hello], Vec::new()],
            is_broken: false,
            owes_ack: false,
        });
    }
}
