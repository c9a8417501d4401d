//! What a machine decides at a step, as a log tells it and as the node does it.

use crate::log::line::Place;
use crate::log::read::parse::LineBody;
use crate::log::schema::EventKind;
use crate::model::event::{Event, Recipients};
use crate::model::node::Node;

/// An event, or the end, as a log tells it, without its time.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision {
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

impl Decision {
    /// What a line says that the node decides; `None` if it is none of that.
    pub(super) fn new(body: &LineBody<'_>, peers: &[(String, u64)]) -> Option<Self> {
        let event = match body {
            LineBody::Event(event) => event,
            LineBody::End(end) => {
                return Some(Self::End {
                    clock: end.final_clock,
                    ticks: end.ticks?,
                    queue_len: end.queue_len?,
                });
            }
            _ => return None,
        };
        let clocks = event.clocks;
        let position = |Place(host, port): &Place<'_>| {
            let is_it = |peer: &(String, u64)| peer.0 == *host && peer.1 == *port;
            let position = peers.iter().position(is_it);
            position.map_or(u32::MAX, |position| position as u32)
        };
        Some(match event.kind {
            EventKind::Internal => Self::Internal { clocks },
            EventKind::Send => Self::Send {
                clocks,
                positions: event.recipients.iter().map(position).collect(),
            },
            EventKind::Receive => Self::Receive {
                clocks,
                queue_len: event.queue_len.unwrap_or(0),
                sender: event.message.sender,
                sent_clock: event.message.sent_clock.unwrap_or(0),
            },
        })
    }

    /// What the node does when it is told to do this.
    pub(super) fn by_hand(&self, node: &mut Node) -> Event {
        match self {
            Self::Send { positions, .. } => {
                node.send(Recipients::Some(positions.as_slice().into()))
            }
            Self::Receive { .. } => node.receive(0).unwrap_or_else(|| node.internal()),
            Self::Internal { .. } | Self::End { .. } => node.internal(),
        }
    }

    pub(super) fn of(event: &Event, peers: u32) -> Self {
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

impl std::fmt::Display for Decision {
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
