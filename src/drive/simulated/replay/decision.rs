//! What a machine decides at a step, as a log tells it and as the node does it.

use crate::log::line::Place;
use crate::log::read::parse::Body;
use crate::model::event::Event;

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
    pub(super) fn new(body: &Body<'_>, peers: &[(String, u64)]) -> Option<Self> {
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
