//! Hosts that crash: logs that lose their end, what may be said of that, and what must be.

use std::collections::BTreeSet;

use super::broken::{Broken, Host};
use super::world::World;

/// Why a machine refuses a peer whose log is not what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alarm {
    /// The peer has what its own log does not tell of.
    Forgotten,
    /// The peer's log has lost what it had acknowledged.
    Lost,
}

/// What the log of a machine has lost, by the other machine it was about.
#[derive(Debug, Default)]
pub struct Lost {
    /// Lines without which it does not know what left: a SEND or a CONNECT.
    pub sends: BTreeSet<usize>,
    /// A RECEIVE, which may have been acknowledged.
    pub receipts: BTreeSet<usize>,
}

impl World<'_> {
    /// The host of a machine has crashed with it: an end of its log is gone.
    pub fn lose(&mut self, index: usize, choice: usize) {
        let machine = &mut self.machines[index];
        let first_line = memchr::memchr(b'\n', &machine.log).map(|at| at + 1);
        let stays = match self.twist.host {
            Host::Stands => return,
            // Without a line it would be another machine, whom all refuse.
            Host::Forgets => first_line.unwrap_or(0),
            Host::Syncs => machine.synced,
        };
        let most = machine.log.len() - stays;
        // Often a few lines, now and then nearly all.
        let most = if choice.is_multiple_of(4) {
            most
        } else {
            most.min(500)
        };
        let length = machine.log.len() - (choice >> 2) % (most + 1);
        let begun = memchr::memrchr(b'\n', &machine.log[..length]).map_or(0, |at| at + 1);
        let gone = String::from_utf8(machine.log.split_off(begun)).unwrap();
        machine
            .log
            .extend_from_slice(&gone.as_bytes()[..length - begun]);
        self.figures.lost_tails += u64::from(length - begun < gone.len());
        for line in gone
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n'))
        {
            let event = line.split('"').nth(3);
            let about = |found: &str| -> usize { found.parse::<usize>().unwrap() };
            let lost = &mut machine.lost;
            match event {
                // Machine 3 is at port 5003.
                Some("SEND" | "CONNECT") => {
                    let ports = line.split("\"10.0.0.").skip(1);
                    let peers = ports.map(|rest| about(rest.split('"').next().unwrap()) - 1);
                    lost.sends.extend(peers);
                }
                Some("RECEIVE") => {
                    let sender = line.split("\"sender\": ").nth(1).unwrap();
                    lost.receipts
                        .insert(about(sender.split(',').next().unwrap()) - 1);
                }
                _ => {}
            }
        }
        let kept = machine.log.len();
        self.say(|| {
            format!(
                "the host of machine {} crashes: of its log {kept} bytes stay",
                index + 1
            )
        });
    }

    /// The lines at hand are with the system, and on storage if they are to be.
    pub fn store(&mut self, index: usize, is_kept: bool) {
        let machine = &mut self.machines[index];
        // Who tells before it keeps would keep them with the next lines.
        if is_kept && !self.twist.is(Broken::TellBeforeKeep) {
            machine.synced = machine.log.len();
        }
    }

    /// A machine says that what a peer has is not what its log tells, or that the peer has lost something.
    /// Whether that may be.
    pub fn alarmed(&mut self, index: usize, kind: &str, address: &str) -> bool {
        let port = address.rsplit(':').next().unwrap_or_default();
        let Ok(port) = port.parse::<usize>() else {
            return false;
        };
        let peer = port - 5001;
        let (alarm, is_true) = match kind {
            "forgotten" => (
                Alarm::Forgotten,
                self.machines[index].lost.sends.contains(&peer),
            ),
            "lost" => (
                Alarm::Lost,
                self.machines[peer].lost.receipts.contains(&index),
            ),
            _ => return false,
        };
        if is_true && self.twist.host == Host::Forgets {
            self.figures.alarms += 1;
            let mut entries = self.setup.peers[index].iter();
            let position = entries.position(|&(other, _)| other == peer).unwrap();
            self.machines[index].alarms[position] = Some(alarm);
            return true;
        }
        false
    }
}
