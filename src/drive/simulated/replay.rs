//! A log played again: its arrivals, in virtual time, must make every event happen once more.

use std::collections::VecDeque;
use std::path::Path;

use crate::error::{Error, Result};
use crate::log::columns::Micros;
use crate::log::line::{Delivery, Place, Startup};
use crate::log::read::parse::{Body, parse};
use crate::log::read::text::Lines;
use crate::model::behavior::{Behavior, Odds};
use crate::model::event::{Event, Recipients};
use crate::model::message::{MachineId, Message};
use crate::model::node::Node;
use crate::model::random::Generator;
use crate::model::schedule::{MAX_DRAWN_RATE, Schedule};

/// How a replay went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// The machine whose log it is.
    pub machine_id: MachineId,
    /// Events that happened again, before the first that did not.
    pub events: u64,
    /// The first event that did not.
    pub divergence: Option<Divergence>,
}

/// An event of a log that its arrivals do not make happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Divergence {
    /// The line, from 1.
    pub line: u64,
    /// What the node does at that moment.
    pub expected: String,
    /// What the log says.
    pub found: String,
}

/// Plays the log at `path` again, with the node and the draws that made it.
///
/// # Errors
///
/// The log cannot be read, does not say how it was made (no STARTUP with a seed), or does not
/// tell all arrivals (no END, or a machine that resumed); or `go_on`, asked every few
/// milliseconds, said no.
pub fn replay(path: &Path, go_on: &mut dyn FnMut() -> bool) -> Result<Replayed> {
    let mut arrivals = arrivals(path, go_on)?;
    let mut lines = Lines::open(path)?;
    let mut machine = None;
    let mut machine_id = 0;
    let mut events = 0;
    while let Some((number, text)) = lines.next_line()? {
        rest(number, go_on)?;
        let at = |message: String| Error::log(path.display().to_string(), number, message);
        let line = parse(text).map_err(at)?;
        machine_id = line.machine_id;
        if let Body::Startup(startup) = &line.body {
            machine = Some(
                Machine::new(line.machine_id, startup).map_err(|error| at(error.to_string()))?,
            );
            continue;
        }
        let Some(machine) = &mut machine else {
            return Err(at(
                "the log does not begin with a STARTUP line that tells seed and rate".into(),
            ));
        };
        let diverged = |expected: String, found: String| Replayed {
            machine_id,
            events,
            divergence: Some(Divergence {
                line: number,
                expected,
                found,
            }),
        };
        if let Body::Receive { message, .. } | Body::Unread(message) = &line.body
            && let Some((before, arrival)) = machine.overtaken(message)
        {
            return Ok(diverged(
                format!("an arrival at {before} or later, when the message before it arrived"),
                format!("an arrival at {arrival}"),
            ));
        }
        let Some(found) = Found::new(&line.body, &machine.peers) else {
            continue;
        };
        machine.hear(&mut arrivals, line.time, &found);
        let left = arrivals.len() as u64;
        let expected = machine.again(&found, line.is_manual, left);
        if expected != found {
            return Ok(diverged(expected.to_string(), found.to_string()));
        }
        events += u64::from(!matches!(found, Found::End { .. }));
    }
    Ok(Replayed {
        machine_id,
        events,
        divergence: None,
    })
}

/// Lines read between two questions whether to go on.
const LINES: u64 = 1 << 14;

fn rest(number: u64, go_on: &mut dyn FnMut() -> bool) -> Result<()> {
    if number.is_multiple_of(LINES) && !go_on() {
        return Err(Error::state("the replay was interrupted"));
    }
    Ok(())
}

/// The messages that came, in the order of the queue.
fn arrivals(path: &Path, go_on: &mut dyn FnMut() -> bool) -> Result<VecDeque<(Micros, Delivery)>> {
    let mut lines = Lines::open(path)?;
    let mut arrivals = VecDeque::new();
    let (mut has_ended, mut last) = (false, 0);
    while let Some((number, text)) = lines.next_line()? {
        rest(number, go_on)?;
        let at = |message: String| Error::log(path.display().to_string(), number, message);
        let line = parse(text).map_err(at)?;
        last = number;
        match line.body {
            Body::Receive { message, .. } | Body::Unread(message) => {
                let arrival = message.arrival.filter(|_| message.sent_clock.is_some());
                let arrival = arrival.ok_or_else(|| {
                    at("there is no arrival_time: base fields cannot be replayed".into())
                })?;
                arrivals.push_back((arrival, message));
            }
            Body::Startup(_) if number > 1 => {
                return Err(at(
                    "the machine resumed here, and which messages it had heard is not known".into(),
                ));
            }
            Body::End(_) => has_ended = true,
            _ => {}
        }
    }
    if !has_ended {
        let message = "the log has no END: what had arrived and was not received is not known";
        return Err(Error::log(path.display().to_string(), last, message));
    }
    Ok(arrivals)
}

/// The machine that a log is of, made again.
struct Machine {
    node: Node,
    odds: Odds,
    peers: Vec<(String, u64)>,
    heard: u64,
    received: u64,
    /// Ticks, of which events made by hand are none.
    ticks: u64,
    /// The latest arrival of the messages that have been received or left.
    newest: Micros,
}

impl Machine {
    fn new(id: MachineId, startup: &Startup<'_>) -> Result<Self> {
        let missing = || {
            Error::invalid(
                "the STARTUP line lacks seed, clock_rate, internal_probability or broadcast_share",
            )
        };
        let seed = startup.seed.ok_or_else(missing)?;
        let (Some(rate), Some(p), Some(b)) = (
            startup.clock_rate,
            startup.internal_probability,
            startup.broadcast_share,
        ) else {
            return Err(missing());
        };
        let mut generator = Generator::new(seed, id, 0);
        // Rate and phase are drawn before the first action.
        Schedule::draw(Some(rate), MAX_DRAWN_RATE, 1.0, &mut generator)?;
        let peers: Vec<_> = startup
            .peers
            .iter()
            .map(|Place(host, port)| (host.to_string(), *port))
            .collect();
        Ok(Self {
            node: Node::new(generator),
            odds: Behavior::new(p, b)?.odds(peers.len() as u32),
            peers,
            heard: 0,
            received: 0,
            ticks: 0,
            newest: Micros::MIN,
        })
    }

    /// Of a message that arrived before the one before it in the queue, both times, in seconds.
    fn overtaken(&mut self, message: &Delivery) -> Option<(f64, f64)> {
        let arrival = message.arrival?;
        let before = std::mem::replace(&mut self.newest, arrival);
        (arrival < before).then_some((before as f64 / 1e6, arrival as f64 / 1e6))
    }

    /// Delivers what had arrived at `time`. A message of that very microsecond may have come
    /// before or after: then the log's own queue length tells.
    fn hear(&mut self, arrivals: &mut VecDeque<(Micros, Delivery)>, time: Micros, found: &Found) {
        let waiting = match found {
            Found::Receive { queue_len, .. } => queue_len + 1,
            _ => 0,
        };
        while let Some(&(arrival, message)) = arrivals.front() {
            let is_needed = self.heard < self.received + waiting;
            if arrival > time || (arrival == time && !is_needed) {
                return;
            }
            arrivals.pop_front();
            self.heard += 1;
            let timestamp = message.sent_clock.unwrap_or(0);
            self.node
                .deliver(Message::by_hand(message.sender, timestamp, 0));
        }
    }

    /// What happens now; `left` is how many messages are still to arrive.
    fn again(&mut self, found: &Found, is_manual: bool, left: u64) -> Found {
        let event = match found {
            Found::End { .. } => {
                return Found::End {
                    clock: self.node.clock(),
                    ticks: self.ticks,
                    queue_len: self.heard - self.received + left,
                };
            }
            Found::Internal { .. } if is_manual => self.node.internal(),
            Found::Send { positions, .. } if is_manual => self
                .node
                .send(Recipients::Some(positions.as_slice().into())),
            Found::Receive { .. } if is_manual => {
                self.node.receive(0).unwrap_or_else(|| self.node.internal())
            }
            _ => self.node.tick(0, &self.odds),
        };
        let is_receive = matches!(event, Event::Receive { .. });
        self.received += u64::from(is_receive);
        self.ticks += u64::from(!is_manual);
        Found::of(&event, self.peers.len() as u32)
    }
}

/// An event, or the end, as a log tells it, without its time.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    Internal {
        clocks: (u64, u64),
    },
    Send {
        clocks: (u64, u64),
        positions: Vec<u32>,
    },
    Receive {
        clocks: (u64, u64),
        queue_len: u64,
        sender: Option<u64>,
        sent_clock: u64,
    },
    End {
        clock: u64,
        ticks: u64,
        queue_len: u64,
    },
}

impl Found {
    /// What a line says that the node decides; `None` if it is none of that.
    fn new(body: &Body<'_>, peers: &[(String, u64)]) -> Option<Self> {
        Some(match body {
            Body::Internal { clocks } => Self::Internal { clocks: *clocks },
            Body::Send {
                clocks, recipients, ..
            } => {
                let position = |Place(host, port): &Place<'_>| {
                    let is_it = |peer: &(String, u64)| peer.0 == *host && peer.1 == *port;
                    peers
                        .iter()
                        .position(is_it)
                        .map_or(u32::MAX, |position| position as u32)
                };
                Self::Send {
                    clocks: *clocks,
                    positions: recipients.iter().map(position).collect(),
                }
            }
            Body::Receive {
                clocks,
                message,
                queue_len,
            } => Self::Receive {
                clocks: *clocks,
                queue_len: queue_len.unwrap_or(0),
                sender: message.sender,
                sent_clock: message.sent_clock.unwrap_or(0),
            },
            Body::End(end) => Self::End {
                clock: end.final_clock,
                ticks: end.ticks,
                queue_len: end.queue_len,
            },
            _ => return None,
        })
    }

    fn of(event: &Event, peers: u32) -> Self {
        match event {
            Event::Internal {
                old_clock,
                new_clock,
            } => Self::Internal {
                clocks: (*old_clock, *new_clock),
            },
            Event::Send {
                old_clock,
                new_clock,
                recipients,
            } => Self::Send {
                clocks: (*old_clock, *new_clock),
                positions: recipients.positions(peers).collect(),
            },
            Event::Receive {
                old_clock,
                new_clock,
                queue_len,
                message,
            } => Self::Receive {
                clocks: (*old_clock, *new_clock),
                queue_len: *queue_len,
                sender: message.sender(),
                sent_clock: message.timestamp,
            },
        }
    }
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Internal { clocks: (old, new) } => write!(f, "INTERNAL, clock {old} to {new}"),
            Self::Send {
                clocks: (old, new),
                positions,
            } => {
                let peers: Vec<String> = positions
                    .iter()
                    .map(|&position| match position {
                        u32::MAX => "an unknown peer".to_owned(),
                        position => format!("peer {}", position + 1),
                    })
                    .collect();
                write!(f, "SEND to {}, clock {old} to {new}", peers.join(", "))
            }
            Self::End {
                clock,
                ticks,
                queue_len,
            } => write!(
                f,
                "END with clock {clock} after {ticks} ticks, {queue_len} left in the queue"
            ),
            Self::Receive {
                clocks: (old, new),
                queue_len,
                sender,
                sent_clock,
            } => {
                let sender = sender.map_or("nobody".to_owned(), |id| format!("machine {id}"));
                write!(
                    f,
                    "RECEIVE of message {sent_clock} of {sender}, clock {old} to {new}, {queue_len} left in the queue"
                )
            }
        }
    }
}
