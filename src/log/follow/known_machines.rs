//! What is known of machines whose logs are followed.

use std::collections::BTreeMap;

use crate::error::shortened;
use crate::log::columns::Micros;
use crate::log::follow::kept_events::FollowedEvent;
use crate::log::line::{Place, Startup};
use crate::log::read::parse::{EventLine, Line, LineBody};

/// More machines are not followed.
pub(crate) const MOST_MACHINES: usize = 4096;
/// More recipients of one SEND are not told.
const MOST_RECIPIENTS: usize = MOST_MACHINES;
/// More addresses are not remembered.
const MOST_ADDRESSES: usize = 1 << 16;
/// The characters of the name of an algorithm that are told.
const NAME: usize = 120;

/// One machine, as far as its log is read.
#[derive(Debug, Default)]
pub(crate) struct KnownMachine {
    pub(crate) rate: Option<f64>,
    pub(crate) clock: u64,
    pub(crate) queue: Option<u64>,
    /// How many events it had.
    pub(crate) events: u64,
    /// The time of its last line.
    time: Micros,
    starts: u64,
    pub(crate) has_ended: bool,
    /// Whether there is something of it to tell.
    pub(crate) is_changed: bool,
    has_algorithm: bool,
}

/// Something that befell a machine.
#[derive(Debug)]
pub(crate) struct StruckMachine {
    pub(crate) kind: &'static str,
    pub(crate) at: Micros,
    pub(crate) machine: u64,
    pub(crate) words: String,
}

/// What a line is for whoever follows.
#[derive(Debug, Default)]
pub(crate) struct LineNews {
    pub(crate) event: Option<FollowedEvent>,
    pub(crate) struck: Vec<StruckMachine>,
    /// When ticking began, if the line says so.
    pub(crate) began: Option<Micros>,
    /// Whether the machine is one too many.
    pub(crate) is_beyond: bool,
}

/// The machines of the logs.
#[derive(Debug, Default)]
pub(crate) struct KnownMachines {
    pub(crate) machines: BTreeMap<u64, KnownMachine>,
    /// Who is at an address; nobody knows where two are.
    addresses: BTreeMap<Place<'static>, Option<u64>>,
    /// Whether something changed that is told at the beginning.
    pub(crate) is_changed: bool,
    pub(crate) algorithm: Option<String>,
    /// Whether time is virtual.
    pub(crate) is_virtual: bool,
    /// As many machines as one of them speaks of.
    spoken_of: usize,
}

impl KnownMachines {
    /// Whether every machine there is to be known of has ended.
    pub(crate) fn have_ended(&self, expected: usize) -> bool {
        self.machines.len() >= self.spoken_of.max(expected).max(1)
            && self.machines.values().all(|machine| machine.has_ended)
    }

    /// Takes a line.
    pub(crate) fn read(&mut self, line: Line<'_>) -> LineNews {
        let mut news = LineNews::default();
        let (id, time) = (line.machine_id, line.time);
        let is_new = !self.machines.contains_key(&id);
        if is_new && self.machines.len() >= MOST_MACHINES {
            news.is_beyond = true;
            return news;
        }
        self.is_changed |= is_new;
        news.began = line.began;
        let machine = self.machines.entry(id).or_default();
        match line.body {
            LineBody::Event(event) => {
                machine.time = time;
                let by_itself = !line.is_manual && !line.is_caused;
                let message = event.message;
                let received = message.sender.zip(message.sent_clock);
                let received = received.filter(|_| !line.is_by_hand);
                machine.event(&event, by_itself);
                news.event = Some(FollowedEvent {
                    machine: id,
                    kind: event.kind,
                    time,
                    clock: event.clocks.1,
                    queue: event.queue_len.filter(|_| event.kind.receives()),
                    received,
                    arrived: message.arrival,
                    to: self.recipients(&event),
                });
            }
            LineBody::Startup(startup) => {
                if machine.starts > 0 && !machine.has_ended {
                    news.struck.push(StruckMachine {
                        kind: "crash",
                        at: machine.time,
                        machine: id,
                        words: format!(
                            "machine {id} crashed after its clock was {}",
                            machine.clock
                        ),
                    });
                }
                if machine.starts > 0 {
                    let clock = startup.local_clock.unwrap_or(machine.clock);
                    news.struck.push(StruckMachine {
                        kind: "recovery",
                        at: time,
                        machine: id,
                        words: format!("machine {id} came back with clock {clock}"),
                    });
                }
                machine.time = time;
                self.start(id, &startup);
            }
            LineBody::Connect(connect) => {
                self.address(&connect.peer, connect.peer_id);
            }
            LineBody::End(end) => {
                machine.time = time;
                machine.has_ended = true;
                machine.is_changed = true;
                machine.queue = end.queue_len.or(machine.queue);
                news.struck.push(StruckMachine {
                    kind: "end",
                    at: time,
                    machine: id,
                    words: format!("machine {id} ended with clock {}", end.final_clock),
                });
            }
            LineBody::Unread(_) => {}
        }
        news
    }

    /// Forgets what was read of all of them: a log begins anew.
    pub(crate) fn forget(&mut self) {
        *self = Self {
            is_changed: true,
            ..Self::default()
        };
    }

    fn start(&mut self, id: u64, startup: &Startup<'_>) {
        if let Some(machine) = self.machines.get_mut(&id) {
            machine.starts += 1;
            machine.has_ended = false;
            machine.is_changed = true;
            machine.clock = startup.local_clock.unwrap_or(machine.clock);
            machine.queue = Some(0);
            machine.has_algorithm = startup.algorithm.is_some();
            self.is_changed |= machine.rate != startup.clock_rate;
            machine.rate = startup.clock_rate;
        }
        self.is_virtual |= startup.is_virtual;
        self.spoken_of = self.spoken_of.max(1 + startup.peers.len());
        if let Some(listen) = &startup.listen {
            self.address(listen, id);
        }
        if self.algorithm.is_none()
            && let Some(algorithm) = &startup.algorithm
        {
            self.algorithm = Some(shortened(algorithm, NAME));
            self.is_changed = true;
        }
    }

    fn address(&mut self, place: &Place<'_>, id: u64) {
        let place = Place(place.0.clone().into_owned().into(), place.1);
        if let Some(there) = self.addresses.get_mut(&place) {
            *there = there.filter(|there| *there == id);
        } else if self.addresses.len() < MOST_ADDRESSES {
            self.addresses.insert(place, Some(id));
        }
    }

    /// Who the recipients are, as far as known.
    fn recipients(&self, event: &EventLine<'_>) -> Box<[u64]> {
        let ids = event.recipient_ids.iter().copied();
        let ids = ids.chain(std::iter::repeat(None));
        let found = event.recipients.iter().zip(ids).filter_map(|(place, id)| {
            id.or_else(|| place.machine())
                .or_else(|| self.addresses.get(place).copied().flatten())
        });
        found.take(MOST_RECIPIENTS).collect()
    }
}

impl KnownMachine {
    fn event(&mut self, event: &EventLine<'_>, by_itself: bool) {
        self.clock = event.clocks.1;
        self.events += 1;
        self.is_changed = true;
        self.has_ended = false;
        if event.kind.receives() {
            self.queue = event.queue_len;
        } else if by_itself && !self.has_algorithm && self.starts > 0 {
            // A tick does something else only if nothing waits.
            self.queue = Some(0);
        }
    }
}
