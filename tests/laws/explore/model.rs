//! The steps from one state to the next, with few messages and few faults.

use stateright::{Model, Property};

use crate::broken::{Broken, Twist};
use crate::impostor::{Careless, Impostor, VICTIM};
use crate::promises;
use crate::state::{Line, Machine, NOW, State};

/// What may happen in all.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// How many messages each machine sends.
    pub messages: [usize; 2],
    /// How often a machine dies.
    pub crashes: u8,
    /// How often a connection breaks.
    pub resets: u8,
    /// How often a sender tries to connect where its former process still seems connected.
    pub attempts: u8,
    /// How many lines logs lose, from their ends, while their machines are dead.
    pub losses: u8,
    pub twist: Twist,
    /// How often an impostor says hello, and whether it sends a message.
    pub impostor: (u8, bool),
    /// Both machines connect, whether they have messages or not, from the start on.
    pub is_two_way: bool,
    pub careless: Option<Careless>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Send(usize),
    Receive(usize),
    Write(usize),
    Tell(usize),
    Crash(usize),
    Restart(usize),
    /// The last line of the log of a dead machine was not on storage.
    Lose(usize),
    Connect(usize),
    /// The first attempt to connect comes to something, or to nothing.
    Reach(usize, bool),
    /// An end, 0 the sender's, of a connection reads a line.
    Read(usize, usize),
    /// An end says its next line, if it has any.
    Say(usize, usize),
    Reset(usize),
    /// An end sees that its connection is broken; what it has not read is lost.
    Notice(usize, usize),
    /// The impostor says hello, sends a message, is gone.
    Pose,
    Lie,
    Unmask,
}

impl Model for Bounds {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let machine = |index| {
            let mut machine = Machine {
                log: Vec::new(),
                process: None,
                lives: 1,
                has_lost: false,
            };
            machine.process = Some(machine.process(index, self.twist));
            machine
        };
        let mut state = State {
            machines: [machine(0), machine(1)],
            connections: Vec::new(),
            crashes: self.crashes,
            resets: self.resets,
            attempts: self.attempts,
            impostor: Impostor::new(self.impostor.0, self.impostor.1),
            is_deceived: self.impostor.0 > 0,
            losses: self.losses,
            fault: None,
        };
        (0..2).for_each(|index| state.enter(index, self.is_two_way));
        vec![state]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        // What follows a fault is of no interest.
        if state.fault.is_some() {
            return;
        }
        for (index, machine) in state.machines.iter().enumerate() {
            let Some(process) = &machine.process else {
                actions.push(Action::Restart(index));
                // Without a line it would be another machine.
                if state.losses > 0 && machine.log.len() > 1 {
                    actions.push(Action::Lose(index));
                }
                continue;
            };
            match process.pending {
                Some(_) => actions.push(Action::Write(index)),
                None if !process.queue.is_empty() => actions.push(Action::Receive(index)),
                None if machine.sent().count() < self.messages[index] => {
                    actions.push(Action::Send(index));
                }
                None => {}
            }
            if !process.told.is_empty() {
                actions.push(Action::Tell(index));
            }
            if state.crashes > 0 {
                actions.push(Action::Crash(index));
            }
            let mine = || {
                state
                    .connections
                    .iter()
                    .filter(|connection| connection.from == index)
            };
            let is_free = mine().all(|connection| connection.ends[0].is_none());
            let is_refused = mine().any(|connection| connection.ends[1].is_some());
            let is_there = state.machines[1 - index].process.is_some();
            if process.attempt.is_some() {
                actions.push(Action::Reach(index, false));
                if is_there {
                    actions.push(Action::Reach(index, true));
                }
            }
            // One that holds the id lets no other in.
            let is_shut_out = self.careless == Some(Careless::HelloHolds)
                && index != VICTIM
                && state.impostor.end.is_some();
            if (self.messages[index] > 0 || self.is_two_way)
                && process.attempt.is_none()
                && is_free
                && !is_shut_out
                && !process.is_alarmed
                && process.endpoint.wake_at() == Some(NOW)
                && (!is_refused || state.attempts > 0)
                && is_there
            {
                actions.push(Action::Connect(index));
            }
        }
        let is_posing = state.impostor.end.is_some();
        if state.machines[VICTIM].process.is_some() && !is_posing && state.impostor.hellos > 0 {
            actions.push(Action::Pose);
        }
        if state.is_heard_out(self.careless) {
            actions.push(Action::Lie);
        }
        if is_posing {
            actions.push(Action::Unmask);
        }
        for (place, connection) in state.connections.iter().enumerate() {
            let sender = state.machines[connection.from].process.as_ref();
            for side in [0, 1] {
                if connection.ends[side].is_none() {
                    continue;
                }
                // An ok makes a line in the log.
                let waits = side == 0
                    && connection.is_answered()
                    && sender.is_some_and(|process| process.pending.is_some());
                let process = state.machines[connection.machine(side)].process.as_ref();
                let end = process.zip(connection.ends[side]);
                let is_read = end.is_some_and(|(process, end)| process.endpoint.is_reading(end));
                if !connection.flows[1 - side].is_empty() && !waits && is_read {
                    actions.push(Action::Read(place, side));
                }
                if connection.is_broken {
                    actions.push(Action::Notice(place, side));
                } else {
                    // Whether there is anything shows when it is done.
                    actions.push(Action::Say(place, side));
                }
            }
            if !connection.is_broken && state.resets > 0 {
                actions.push(Action::Reset(place));
            }
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        let twist = self.twist;
        match action {
            Action::Send(index) => state.step(index, true, twist),
            Action::Receive(index) => state.step(index, false, twist),
            Action::Write(index) => state.write(index, twist),
            Action::Tell(index) => {
                let process = state.machines[index].process.as_mut().unwrap();
                let line = process.told.remove(0);
                state.tell(index, line);
            }
            Action::Crash(index) => {
                state.crashes -= 1;
                state.machines[index].process = None;
                if index == VICTIM {
                    (state.impostor.end, state.impostor.is_ghost) = (None, false);
                }
                for connection in &mut state.connections {
                    let side = usize::from(connection.from != index);
                    if connection.ends[side].is_some() {
                        connection.leave(side);
                    }
                }
            }
            Action::Restart(index) => {
                let machine = &mut state.machines[index];
                machine.lives += 1;
                if twist.is(Broken::EmptyLog) {
                    machine.log.clear();
                }
                machine.process = Some(machine.process(index, twist));
                state.enter(index, self.is_two_way);
            }
            Action::Lose(index) => {
                state.losses -= 1;
                let machine = &mut state.machines[index];
                machine.has_lost |= machine.log.pop() != Some(Line::Startup);
            }
            Action::Connect(index) => state.connect(index),
            Action::Reach(index, is_made) => state.reach(index, is_made),
            Action::Pose => state.pose(self.careless),
            Action::Lie => state.lie(),
            Action::Unmask => state.unmask(),
            Action::Read(place, side) => state.read(place, side, twist),
            Action::Say(place, side) => {
                if !state.say(place, side, twist) {
                    return None;
                }
            }
            Action::Reset(place) => {
                state.resets -= 1;
                state.connections[place].is_broken = true;
            }
            Action::Notice(place, side) => state.notice(place, side),
        }
        // A connection that should have been closed goes on.
        if self.careless == Some(Careless::StaysOn)
            && state.impostor.end.is_none()
            && matches!(action, Action::Read(..))
        {
            state.impostor.end = last.impostor.end;
            state.impostor.is_ghost = last.impostor.end.is_some();
        }
        state
            .connections
            .retain(|connection| connection.ends != [None, None]);
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        promises::all()
    }
}
