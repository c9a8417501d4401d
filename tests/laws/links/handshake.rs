//! Connecting, and who is let in.

use lamport::channel::channels::Refusal;
use lamport::channel::link::Marks;
use lamport::channel::wire::{Hello, Reply};
use lamport::model::message::MachineId;

use super::broken::Broken;
use super::connection::{Connection, RECEIVER, Role, SENDER};
use super::process::ALIAS;
use super::world::World;

impl World<'_> {
    /// Connects to one peer, if that can be.
    pub fn connect(&mut self, index: usize, choice: usize) {
        let peers = self.setup.peers[index].len();
        if peers > 0 {
            self.connect_to(index, choice % peers);
        }
    }

    pub fn connect_to(&mut self, index: usize, position: usize) {
        let (to, is_alias) = self.setup.peers[index][position];
        let runs = |index: usize| {
            let process = self.machines[index].process.as_ref();
            process.is_some_and(|process| !process.is_entering())
        };
        let is_taken = self.connections.iter().any(|connection| {
            connection.from == index
                && connection.position == position
                && connection.ends[SENDER].is_some()
        });
        let is_given_up = self.is_ending && self.machines[index].is_double[position];
        // At the end, two entries of one machine have their turns.
        let waits = self.is_ending
            && self.twist.has_alias
            && is_alias == (self.round / 6).is_multiple_of(2);
        if is_taken || is_given_up || waits || !self.is_polling(index) || !runs(to) {
            return;
        }
        self.figures.connections += 1;
        let number = self.figures.connections;
        let mut connection = Connection::new(number, index, position, to);
        let channels = &self.machines[index].process.as_ref().unwrap().channels;
        let end = connection.ends[SENDER].as_mut().unwrap();
        channels.greeting().write(&mut end.out);
        self.connections.push(connection);
        self.say(|| format!("machine {} connects to {}", index + 1, to + 1));
    }

    pub fn hello(&mut self, place: usize, hello: &Hello) {
        let index = self.connections[place].to;
        let sender = hello.sender;
        let process = self.machines[index].process.as_mut().unwrap();
        let history = process.history;
        let welcome = process.channels.welcome(hello);
        let end = self.connections[place].ends[RECEIVER].as_mut().unwrap();
        match welcome {
            Ok(marks) => {
                end.role = Role::Receiving { sender };
                let receiver = index as MachineId + 1;
                Reply::Ok {
                    receiver,
                    history,
                    marks,
                }
                .write(&mut end.out);
                let replaced =
                    self.connections
                        .iter()
                        .enumerate()
                        .position(|(other, connection)| {
                            other != place
                                && connection.to == index
                                && connection.role(RECEIVER) == Some(Role::Receiving { sender })
                        });
                if let Some(old) = replaced {
                    self.connections[old].leave(RECEIVER, usize::MAX);
                }
            }
            Err(Refusal { kind, reason }) => {
                end.role = Role::Parting;
                Reply::No(reason.clone()).write(&mut end.out);
                self.refused(index, kind, &reason);
            }
        }
    }

    pub fn reply(&mut self, place: usize, reply: &Reply) {
        let Connection {
            from,
            position,
            number,
            ..
        } = self.connections[place];
        let Reply::Ok {
            receiver,
            history,
            marks,
        } = *reply
        else {
            self.close(place, SENDER);
            return;
        };
        let (_, is_alias) = self.setup.peers[from][position];
        // The rule that two entries are two machines is kept by one that knows who is who.
        let hides = self.twist.is(Broken::TwoEntries) && is_alias;
        let id = if hides { receiver + ALIAS } else { receiver };
        let marks = self.believed(marks);
        let now = self.now;
        let process = self.machines[from].process.as_mut().unwrap();
        match process.channels.answered(position, id, history, marks) {
            Ok(()) => {
                process.connect_line(now, position, receiver, history, number);
                self.machines[from].is_double[position] = false;
                self.say(|| format!("machine {} is told {marks:?} by {receiver}", from + 1));
            }
            Err(Refusal { kind, reason }) => {
                self.machines[from].is_double[position] = kind == "twice";
                self.refused(from, kind, &reason);
                self.close(place, SENDER);
            }
        }
    }

    /// What a sender makes of the marks in an `ok`.
    fn believed(&self, marks: Marks) -> Marks {
        let Marks { logged, accepted } = marks;
        if self.twist.is(Broken::ForgetOnAccepted) {
            return Marks {
                logged: accepted,
                accepted,
            };
        }
        if self.twist.is_careful {
            return Marks {
                logged,
                accepted: logged,
            };
        }
        marks
    }

    fn refused(&mut self, index: usize, kind: &str, reason: &str) {
        self.figures.refusals += 1;
        let may_be = kind == "duplicate id" || (kind == "twice" && self.twist.has_alias);
        if !may_be {
            self.fail(|| format!("machine {} refuses ({kind}): {reason}", index + 1));
        }
        self.say(|| format!("machine {} refuses: {reason}", index + 1));
    }
}
