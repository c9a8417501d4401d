//! The end of a world, in which nothing breaks any more.

use super::broken::Broken;
use super::connection::{After, Connection, Flow};
use super::schedule::Setup;
use super::world::{Machine, World};

/// Rounds in which all must be delivered once nothing breaks any more.
const LAST_ROUNDS: usize = 60;

impl World<'_> {
    /// From here on nothing breaks: everything arrives, then all machines end in order.
    pub fn end(&mut self) -> Result<(), String> {
        self.say(|| "nothing breaks from here on".into());
        self.is_ending = true;
        let Setup {
            is_drained,
            is_abrupt,
            ..
        } = *self.setup;
        let mut is_done = false;
        for round in 0..LAST_ROUNDS {
            self.round = round;
            self.now += 1_000_000;
            for index in 0..self.machines.len() {
                if self.machines[index].process.is_none() {
                    self.start(index);
                }
                self.pump(index);
                if is_drained {
                    self.tick(index, 16, true);
                    self.pump(index);
                }
                self.check()?;
            }
            is_done = self.is_settled(is_drained, is_abrupt);
            if is_done {
                break;
            }
        }
        if !is_done {
            return Err(format!(
                "not all is delivered after {LAST_ROUNDS} rounds without faults"
            ));
        }
        self.finish()?;
        self.now += 1_000_000_000;
        for index in 0..self.machines.len() {
            let process = self.machines[index].process.as_mut().unwrap();
            process.end(self.now);
            self.write(index);
        }
        Ok(())
    }

    /// All machines have ticked their last: what is left goes out, and their connections end.
    fn finish(&mut self) -> Result<(), String> {
        self.say(|| "all have ticked their last".into());
        for index in 0..self.machines.len() {
            let process = self.machines[index].process.as_mut().unwrap();
            process.endpoint.finish(self.now);
            self.carry_out(index);
        }
        let is_over = |machine: &Machine| {
            let process = machine.process.as_ref();
            process.is_some_and(|process| process.undelivered.is_some())
        };
        for _ in 0..LAST_ROUNDS {
            self.now += 1_000_000;
            for index in 0..self.machines.len() {
                if !is_over(&self.machines[index]) {
                    self.pump(index);
                }
                self.check()?;
            }
            if self.machines.iter().all(is_over) {
                return Ok(());
            }
        }
        Err(format!("not all have ended after {LAST_ROUNDS} rounds"))
    }

    /// Whether all are connected, and unless the end comes abruptly, all that was sent is known to have
    /// arrived, and if `is_drained` to be logged.
    fn is_settled(&self, is_drained: bool, is_abrupt: bool) -> bool {
        self.machines.iter().enumerate().all(|(index, machine)| {
            let Some(process) = &machine.process else {
                return false;
            };
            // Two entries of one machine replace each other's connections for ever.
            let may_be_apart = self.twist.is(Broken::TwoEntries) && self.round > LAST_ROUNDS / 2;
            let is_delivered = |position: usize| {
                let channels = process.endpoint.channels();
                machine.is_double[position]
                    || machine.alarms[position].is_some()
                    || ((may_be_apart || self.is_connected(index, position))
                        && (is_abrupt || channels.undelivered(position) == 0)
                        && (!is_drained || channels.kept(position) == 0))
            };
            process.is_journal_free()
                && process.told.is_empty()
                && (!is_drained || process.node.waiting().len() == 0)
                && (0..machine.is_double.len()).all(is_delivered)
        })
    }

    fn is_connected(&self, index: usize, position: usize) -> bool {
        let process = self.machines[index].process.as_ref();
        let mine =
            |connection: &&Connection| connection.from == index && connection.position == position;
        process.is_some_and(|process| process.endpoint.is_sending_to(position))
            && self.connections.iter().filter(mine).any(|connection| {
                // One that is broken already, unnoticed, would have to be made again.
                let is_whole = |flow: &Flow| flow.after == After::More;
                connection.ends.iter().all(Option::is_some) && connection.flows.iter().all(is_whole)
            })
    }
}
