//! The steps from one state to the next, with few messages and few faults.

use stateright::{Model, Property};

use crate::broken::{Broken, Twist};
use crate::promises;
use crate::state::{Machine, NOW, State};

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
    pub twist: Twist,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Send(usize),
    Receive(usize),
    Write(usize),
    Tell(usize),
    Crash(usize),
    Restart(usize),
    Connect(usize),
    /// An end, 0 the sender's, of a connection reads a line.
    Read(usize, usize),
    /// An end says its next line, if it has any.
    Say(usize, usize),
    Reset(usize),
    /// An end sees that its connection is broken; what it has not read is lost.
    Notice(usize, usize),
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
            fault: None,
        };
        (0..2).for_each(|index| state.enter(index));
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
            if self.messages[index] > 0
                && is_free
                && process.endpoint.wake_at() == Some(NOW)
                && (!is_refused || state.attempts > 0)
                && state.machines[1 - index].process.is_some()
            {
                actions.push(Action::Connect(index));
            }
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
                if !connection.flows[1 - side].is_empty() && !waits {
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
                state.enter(index);
            }
            Action::Connect(index) => state.connect(index),
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
        state
            .connections
            .retain(|connection| connection.ends != [None, None]);
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        promises::all()
    }
}
