//! A fault schedule: what holds at a time, and what that does to messages.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Error, Result};
use crate::model::fault::{Fault, Sides, Span};
use crate::model::latency::Delays;
use crate::model::message::{MachineId, Nanos};
use crate::model::random::mix;

/// All faults of a run, ready to be asked. Times are nanoseconds since the start of ticking.
#[derive(Debug, Clone, Default)]
pub struct FaultSchedule {
    /// For each machine its crashes, in order; `until` is when it comes back.
    crashes: BTreeMap<MachineId, Vec<Span>>,
    /// For each machine its pauses, in order.
    pauses: BTreeMap<MachineId, Vec<Span>>,
    partitions: Vec<(Span, Separation)>,
    /// For each ordered pair, what is added to its delays and when.
    delays: BTreeMap<(MachineId, MachineId), Vec<(Span, Delays)>>,
    /// For each ordered pair the times at which its connection breaks, in order.
    disconnects: BTreeMap<(MachineId, MachineId), Vec<Nanos>>,
}

/// Who is cut off from whom, ready to be asked.
#[derive(Debug, Clone)]
enum Separation {
    /// The number of each machine's group; those that are not here form one more.
    Groups(BTreeMap<MachineId, usize>),
    Pairs(BTreeSet<(MachineId, MachineId)>),
}

/// What happens to one machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Transition {
    /// It dies.
    Crash,
    /// It comes back with its log.
    Restart,
    /// It stands still.
    Pause,
    /// It goes on.
    Continue,
}

impl FaultSchedule {
    /// The schedule of these faults in a run with this seed among `machines` (any if `None`).
    pub fn new(faults: &[Fault], machines: Option<&[MachineId]>, seed: u64) -> Result<Self> {
        let mut schedule = Self::default();
        for (number, fault) in faults.iter().enumerate() {
            check(fault, machines)?;
            let span = fault.span()?;
            match fault {
                Fault::Crash { machine_id, .. } => {
                    schedule.crashes.entry(*machine_id).or_default().push(span);
                }
                Fault::Pause { machine_id, .. } => {
                    schedule.pauses.entry(*machine_id).or_default().push(span);
                }
                Fault::Partition { sides, .. } => {
                    let separation = Separation::new(fault, sides)?;
                    schedule.partitions.push((span, separation));
                }
                Fault::Delay {
                    sender,
                    recipient,
                    latency,
                    ..
                } => {
                    // Each of several delays of a message is drawn apart.
                    let seed = mix(seed ^ mix(number as u64 + 1));
                    let delays = schedule.delays.entry((*sender, *recipient)).or_default();
                    delays.push((span, latency.delays(seed)));
                }
                Fault::Disconnect {
                    sender, recipient, ..
                } => {
                    let link = (*sender, *recipient);
                    let times = schedule.disconnects.entry(link).or_default();
                    times.push(span.from);
                }
            }
        }
        schedule.crashes.values_mut().for_each(|spans| spans.sort());
        schedule.pauses.values_mut().for_each(|spans| spans.sort());
        schedule
            .disconnects
            .values_mut()
            .for_each(|times| times.sort_unstable());
        for &machine in schedule.crashes.keys().chain(schedule.pauses.keys()) {
            schedule.check_apart(machine)?;
        }
        Ok(schedule)
    }

    /// A machine cannot crash or stand still while it is down or stands still.
    fn check_apart(&self, machine: MachineId) -> Result<()> {
        let crashes = self.crashes.get(&machine).into_iter().flatten();
        let pauses = self.pauses.get(&machine).into_iter().flatten();
        let mut spans: Vec<Span> = crashes.chain(pauses).copied().collect();
        spans.sort();
        match spans.windows(2).find(|pair| pair[0].until > pair[1].from) {
            None => Ok(()),
            Some(pair) => Err(Error::invalid(format!(
                "two faults of machine {machine} overlap at {} s: it can crash or pause only while it runs",
                pair[1].from as f64 / 1e9
            ))),
        }
    }

    /// Whether nothing ever happens.
    pub fn is_empty(&self) -> bool {
        self.crashes.is_empty()
            && self.pauses.is_empty()
            && self.partitions.is_empty()
            && self.delays.is_empty()
            && self.disconnects.is_empty()
    }

    /// What happens to a machine and when, in order. A machine that never comes back has no restart.
    pub fn transitions(&self, machine: MachineId) -> Vec<(Nanos, Transition)> {
        let of = |spans: &BTreeMap<MachineId, Vec<Span>>, begin, end| {
            let spans = spans.get(&machine).cloned().unwrap_or_default();
            let both = move |span: Span| [(span.from, begin), (span.until, end)];
            spans.into_iter().flat_map(both).collect::<Vec<_>>()
        };
        let mut transitions = of(&self.crashes, Transition::Crash, Transition::Restart);
        transitions.extend(of(&self.pauses, Transition::Pause, Transition::Continue));
        transitions.retain(|transition| transition.0 < Nanos::MAX);
        // What ends at a time ends before another begins.
        transitions.sort_by_key(|&(time, transition)| {
            let begins = matches!(transition, Transition::Crash | Transition::Pause);
            (time, begins)
        });
        transitions
    }

    /// The times at which something changes for the links from `sender`, in order.
    pub fn link_changes(&self, sender: MachineId) -> Vec<Nanos> {
        let from_sender = self
            .disconnects
            .range((sender, 0)..=(sender, MachineId::MAX));
        let mut times: Vec<Nanos> = from_sender.flat_map(|(_, times)| times).copied().collect();
        for (span, _) in &self.partitions {
            times.extend([span.from, span.until]);
        }
        times.sort_unstable();
        times.dedup();
        times
    }

    /// Until when messages of this link wait at this time, if they do.
    pub fn cut_until(&self, sender: MachineId, recipient: MachineId, time: Nanos) -> Option<Nanos> {
        let partitions = self.partitions.iter();
        partitions
            .filter(|(span, sides)| span.contains(time) && sides.are_apart(sender, recipient))
            .map(|(span, _)| span.until)
            .max()
    }

    /// Whether the connection of this link breaks within `span`.
    pub fn breaks(&self, sender: MachineId, recipient: MachineId, span: Span) -> bool {
        let times = self.disconnects.get(&(sender, recipient));
        times.is_some_and(|times| times.iter().any(|&time| span.contains(time)))
    }

    /// Whether anything that is sent to this machine takes longer at some time.
    pub fn has_delay(&self, recipient: MachineId) -> bool {
        self.delays.keys().any(|&(_, to)| to == recipient)
    }

    /// What is added at this time to the delay of one message.
    pub fn delay(
        &self,
        sender: MachineId,
        recipient: MachineId,
        timestamp: u64,
        time: Nanos,
    ) -> Nanos {
        let delays = self.delays.get(&(sender, recipient)).into_iter().flatten();
        delays
            .filter(|(span, _)| span.contains(time))
            .map(|(_, delays)| delays.draw(sender, recipient, timestamp))
            .sum()
    }

    /// When a message that is ready to leave at `ready` arrives, if it takes `flight` without faults;
    /// [`Nanos::MAX`] if it never does.
    ///
    /// It leaves once the link is whole, the sender runs and the recipient is up. A connection that
    /// breaks, or a recipient that crashes, while it is on its way makes it leave again. Nothing
    /// arrives at a machine that stands still.
    pub fn arrival(
        &self,
        sender: MachineId,
        recipient: MachineId,
        timestamp: u64,
        ready: Nanos,
        flight: Nanos,
    ) -> Nanos {
        let mut leave = self.departure(sender, recipient, ready);
        loop {
            let flight = flight + self.delay(sender, recipient, timestamp, leave);
            let arrival = self.awake(recipient, leave.saturating_add(flight));
            let crashes = self.crashes.get(&recipient).into_iter().flatten();
            let crash = crashes.map(|span| span.from);
            let breaks = self.disconnects.get(&(sender, recipient));
            let breaks = breaks.into_iter().flatten().copied();
            let lost = crash
                .chain(breaks)
                .filter(|&time| leave < time && time <= arrival);
            match lost.min() {
                Some(time) if arrival < Nanos::MAX => {
                    leave = self.departure(sender, recipient, time);
                }
                _ => return arrival,
            }
        }
    }

    /// The first moment from `time` on at which a machine is up and does not stand still.
    pub fn reachable(&self, machine: MachineId, time: Nanos) -> Nanos {
        let crashes = self.crashes.get(&machine).into_iter().flatten();
        let down = crashes.filter(|span| span.contains(time));
        let up = down.map(|span| span.until).max().unwrap_or(time);
        let awake = self.awake(machine, up);
        if awake == time || awake == Nanos::MAX {
            awake
        } else {
            self.reachable(machine, awake)
        }
    }

    /// When a machine crashes for the last time of those after which it comes back.
    pub fn last_loss(&self, machine: MachineId) -> Option<Nanos> {
        let crashes = self.crashes.get(&machine).into_iter().flatten();
        let losses = crashes.filter(|span| span.until < Nanos::MAX);
        losses.map(|span| span.from).max()
    }

    /// The first moment from `time` on at which a message of this link can leave.
    fn departure(&self, sender: MachineId, recipient: MachineId, mut time: Nanos) -> Nanos {
        let end = |spans: &BTreeMap<MachineId, Vec<Span>>, machine, time| {
            let spans = spans.get(&machine).into_iter().flatten();
            let now = spans.filter(|span| span.contains(time));
            now.map(|span| span.until).max()
        };
        while time < Nanos::MAX {
            let later = [
                end(&self.crashes, sender, time),
                end(&self.pauses, sender, time),
                end(&self.crashes, recipient, time),
                self.cut_until(sender, recipient, time),
            ];
            match later.into_iter().flatten().max() {
                Some(later) => time = later,
                None => break,
            }
        }
        time
    }

    /// The first moment from `time` on at which a machine takes messages.
    fn awake(&self, machine: MachineId, time: Nanos) -> Nanos {
        let pauses = self.pauses.get(&machine).into_iter().flatten();
        // In order, so that one that begins where another ends counts too.
        pauses.fold(time, |time, span| {
            if span.contains(time) {
                span.until
            } else {
                time
            }
        })
    }
}

/// Checks that each fault comes before the end of a run of `duration` seconds: later ones would vanish without a word.
pub fn check_before_end(faults: &[Fault], duration: f64) -> Result<()> {
    for fault in faults {
        if fault.span()?.from as f64 >= duration * 1e9 {
            return Err(Error::invalid(format!(
                "{fault} never happens: the run ends at {duration} s"
            )));
        }
    }
    Ok(())
}

/// Checks that the machines a fault names are there.
fn check(fault: &Fault, machines: Option<&[MachineId]>) -> Result<()> {
    let Some(known) = machines else {
        return Ok(());
    };
    match fault.machines().iter().find(|id| !known.contains(id)) {
        None => Ok(()),
        Some(id) => Err(Error::invalid(format!(
            "{fault}: there is no machine {id} in this run of {} machines, {} .. {}",
            known.len(),
            known.first().copied().unwrap_or_default(),
            known.last().copied().unwrap_or_default()
        ))),
    }
}

impl Separation {
    fn new(fault: &Fault, sides: &Sides) -> Result<Self> {
        match sides {
            Sides::Pairs(pairs) => Ok(Self::Pairs(pairs.iter().copied().collect())),
            Sides::Groups(groups) => {
                let mut group_of = BTreeMap::new();
                for (number, group) in groups.iter().enumerate() {
                    for &machine in group {
                        if group_of.insert(machine, number).is_some() {
                            return Err(Error::invalid(format!(
                                "{fault}: machine {machine} is in two groups"
                            )));
                        }
                    }
                }
                Ok(Self::Groups(group_of))
            }
        }
    }

    fn are_apart(&self, sender: MachineId, recipient: MachineId) -> bool {
        match self {
            Self::Groups(groups) => groups.get(&sender) != groups.get(&recipient),
            Self::Pairs(pairs) => pairs.contains(&(sender, recipient)),
        }
    }
}

#[cfg(test)]
mod tests;
