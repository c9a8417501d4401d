//! Logs of a run in virtual time: the same lines as those of real machines.

use std::ops::Range;
use std::path::Path;

use crate::drive::simulated::handled::recorder::StepRecorder;
use crate::drive::simulated::id;
use crate::drive::simulated::ran::Ran;
use crate::drive::simulated::recorder::{Divisible, Recorder};
use crate::error::{Error, Result};
use crate::log::line::{End, Entry, Place, Startup, What, json};
use crate::log::read::open_files;
use crate::log::write::file::LogFile;
use crate::log::write::writer::Formatter;
use crate::model::event::Event;
use crate::model::handled::HandledStep;
use crate::model::message::{Message, Nanos};

/// Entries gathered for one write.
const GATHER: usize = 512;

/// Open files beside the logs: room for what Python opens.
const FILES_BESIDE: u64 = 16;

/// The log files of a run, written as it goes.
#[derive(Debug, Default)]
pub struct Files {
    /// The first machine, counted from 0 in the run.
    first: u32,
    logs: Vec<(LogFile, Vec<Entry>)>,
    /// Of each machine, what its STARTUP lines say.
    startups: Vec<Startup<'static>>,
    /// The first failure; nothing is written after it.
    failure: Option<Error>,
}

impl Recorder for Files {
    fn event(&mut self, time: Nanos, machine: u32, event: &Event) {
        let what = What::event(event.clone(), false);
        self.add((machine - self.first) as usize, Entry { time, what });
    }

    fn startup(&mut self, time: Nanos, machine: u32, clock: u64) {
        let place = (machine - self.first) as usize;
        let mut startup = Startup {
            local_clock: Some(clock),
            ..self.startups[place].clone()
        };
        if startup.manner.steps.is_some() {
            startup.manner.since = time;
        }
        let what = What::Startup(Box::new(startup));
        self.add(place, Entry { time, what });
    }
}

/// Each machine has a file of its own.
impl Divisible for Files {
    type Share = Self;

    fn divide(&mut self, blocks: &[Range<u32>]) -> Vec<Self> {
        let (mut logs, mut startups) = (self.logs.drain(..), self.startups.drain(..));
        let share = |block: &Range<u32>| Self {
            first: block.start,
            logs: logs.by_ref().take(block.len()).collect(),
            startups: startups.by_ref().take(block.len()).collect(),
            failure: None,
        };
        blocks.iter().map(share).collect()
    }

    fn unite(&mut self, shares: Vec<Self>) {
        for share in shares {
            self.logs.extend(share.logs);
            self.startups.extend(share.startups);
            self.failure = self.failure.take().or(share.failure);
        }
    }
}

impl StepRecorder for Files {
    fn step(&mut self, time: Nanos, machine: u32, step: &HandledStep) {
        let what = What::Step(Box::new(step.clone()));
        self.add(machine as usize, Entry { time, what });
    }

    fn startup(&mut self, time: Nanos, machine: u32, clock: u64) {
        Recorder::startup(self, time, machine, clock);
    }
}

impl Files {
    /// Makes sure that the logs of this many machines can be open together.
    pub fn ensure_open(machines: u32) -> Result<()> {
        open_files::ensure(
            u64::from(machines) + FILES_BESIDE,
            "use fewer machines, or simulate without log_dir",
        )
    }

    /// Makes `machine_<id>.log` in `directory` for each machine, none of which may exist.
    pub fn create(simulation: &impl Ran, directory: &Path) -> Result<Self> {
        let (topology, run_id) = (&simulation.setup().topology, simulation.run_id());
        let path = |machine| directory.join(format!("machine_{}.log", id(machine)));
        for machine in 0..topology.machines() {
            LogFile::check_absent(&path(machine))?;
        }
        let mut files = Self::default();
        for machine in 0..topology.machines() {
            let peers = topology
                .peers(machine)
                .map(|peer| Place::in_virtual_time(id(peer)));
            let mut formatter = Formatter::new(id(machine), 0, peers.collect());
            formatter.know(topology.peers(machine).map(|peer| Some(id(peer))));
            let startup = Startup {
                history: Some(json(simulation.history(machine))),
                listen: Some(Place::in_virtual_time(id(machine))),
                ..simulation.startup(machine as usize, &run_id)
            };
            files.startups.push(startup.clone());
            let entry = Entry {
                time: 0,
                what: What::Startup(Box::new(startup)),
            };
            files.logs.push((
                LogFile::create(&path(machine), false, formatter)?,
                vec![entry],
            ));
        }
        Ok(files)
    }

    /// Writes UNREAD and END lines.
    pub fn finish(mut self, simulation: &impl Ran) -> Result<()> {
        let time = simulation.end();
        let left = simulation.left();
        for (machine, (unread, undelivered)) in
            left.unread.into_iter().zip(left.undelivered).enumerate()
        {
            let end = End {
                final_clock: simulation.clock(machine),
                queue_len: Some(unread.len() as u64),
                ticks: Some(simulation.ticks(machine)),
                lateness: Some(simulation.lateness(machine)),
                undelivered: Some(
                    undelivered
                        .into_iter()
                        .map(|(peer, count)| (Some(peer), count))
                        .collect(),
                ),
                heard: None,
            };
            if simulation.is_down(machine) {
                self.flush(machine);
                continue;
            }
            for (sender, timestamp, arrival) in unread {
                let message = match sender {
                    Some(sender) => Message::new(sender, timestamp, arrival),
                    None => Message::by_hand(None, timestamp, arrival),
                };
                let what = What::Unread(message);
                self.add(machine, Entry { time, what });
            }
            self.add(
                machine,
                Entry {
                    time,
                    what: What::End(Box::new(end)),
                },
            );
            self.flush(machine);
        }
        self.failure.map_or(Ok(()), Err)
    }

    fn add(&mut self, machine: usize, entry: Entry) {
        let entries = &mut self.logs[machine].1;
        entries.push(entry);
        if entries.len() >= GATHER {
            self.flush(machine);
        }
    }

    fn flush(&mut self, machine: usize) {
        let (file, entries) = &mut self.logs[machine];
        if self.failure.is_none() {
            self.failure = file.write(entries).err();
        }
        entries.clear();
    }
}
