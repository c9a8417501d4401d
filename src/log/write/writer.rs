//! Entries to lines.

use std::io::Write;

use crate::VERSION;
use crate::log::line::{End, Entry, Place, Startup, What};
use crate::model::event::{Event, Recipients};
use crate::model::message::{MachineId, Message, Nanos};

/// Turns the entries of one machine into lines.
///
/// It remembers the ids that CONNECT entries told, so that each SEND line
/// names its recipients as far as the lines before it do.
#[derive(Debug)]
pub struct Formatter {
    machine_id: MachineId,
    /// Nanoseconds to add to an entry's time: the Unix time of the clock's origin, 0 in virtual time.
    origin: Nanos,
    peers: Vec<Place>,
    peer_ids: Vec<Option<MachineId>>,
    /// The fields `recipients` and `recipient_ids` of a send to all.
    to_all: Vec<u8>,
    /// The last time written as `system_time`; the ticks of a turn share theirs.
    now: Stamp,
    /// The last time written as `arrival_time`; the messages of a read share theirs.
    arrival: Stamp,
}

/// A time and its text.
#[derive(Debug, Default)]
struct Stamp {
    time: Nanos,
    text: Vec<u8>,
}

impl Stamp {
    fn write(&mut self, time: Nanos, out: &mut Vec<u8>) {
        if self.time != time || self.text.is_empty() {
            self.time = time;
            self.text.clear();
            seconds(&mut self.text, time);
        }
        out.extend_from_slice(&self.text);
    }
}

impl Formatter {
    /// A formatter for `machine_id`, whose peers are at `peers`.
    pub fn new(machine_id: MachineId, origin: Nanos, peers: Vec<Place>) -> Self {
        let mut formatter = Self {
            machine_id,
            origin,
            peer_ids: vec![None; peers.len()],
            peers,
            to_all: Vec::new(),
            now: Stamp::default(),
            arrival: Stamp::default(),
        };
        formatter.refresh();
        formatter
    }

    /// Tells the ids of the peers, where no CONNECT entry from here on will.
    pub fn know(&mut self, ids: impl Iterator<Item = Option<MachineId>>) {
        self.peer_ids = ids.collect();
        self.refresh();
    }

    /// Appends the line of `entry`, with its newline.
    pub fn format(&mut self, entry: &Entry, out: &mut Vec<u8>) {
        match &entry.what {
            What::Event { event, manual } => {
                self.event(event, entry.time, out);
                if *manual {
                    out.extend_from_slice(b", \"manual\": true");
                }
            }
            What::Connect {
                peer,
                peer_id,
                peer_history,
            } => {
                self.peer_ids[*peer as usize] = Some(*peer_id);
                self.refresh();
                self.head("CONNECT", entry.time, out);
                text(
                    out,
                    format_args!(
                        ", \"peer\": {}, \"peer_id\": {peer_id}, \"peer_history\": \"{peer_history}\"",
                        self.peers[*peer as usize].as_str()
                    ),
                );
            }
            What::Unread(message) => {
                self.head("UNREAD", entry.time, out);
                self.origin_of(message, out);
            }
            What::Startup(startup) => self.startup(startup, entry.time, out),
            What::End(end) => self.end(end, entry.time, out),
        }
        out.extend_from_slice(b"}\n");
    }

    fn head(&mut self, event: &str, time: Nanos, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"event\": \"");
        out.extend_from_slice(event.as_bytes());
        out.extend_from_slice(b"\", \"system_time\": ");
        self.now.write(self.origin + time, out);
        out.extend_from_slice(b", \"machine_id\": ");
        number(out, self.machine_id);
    }

    fn clocks(&mut self, event: &str, time: Nanos, clocks: (u64, u64), out: &mut Vec<u8>) {
        self.head(event, time, out);
        out.extend_from_slice(b", \"old_clock\": ");
        number(out, clocks.0);
        out.extend_from_slice(b", \"new_clock\": ");
        number(out, clocks.1);
    }

    fn event(&mut self, event: &Event, time: Nanos, out: &mut Vec<u8>) {
        match event {
            Event::Internal {
                old_clock,
                new_clock,
            } => self.clocks("INTERNAL", time, (*old_clock, *new_clock), out),
            Event::Send {
                old_clock,
                new_clock,
                recipients,
            } => {
                self.clocks("SEND", time, (*old_clock, *new_clock), out);
                match recipients {
                    Recipients::All => out.extend_from_slice(&self.to_all),
                    some => self.recipients(some, out),
                }
            }
            Event::Receive {
                old_clock,
                new_clock,
                queue_len,
                message,
            } => {
                self.clocks("RECEIVE", time, (*old_clock, *new_clock), out);
                out.extend_from_slice(b", \"queue_len\": ");
                number(out, *queue_len);
                self.origin_of(message, out);
            }
        }
    }

    fn origin_of(&mut self, message: &Message, out: &mut Vec<u8>) {
        out.extend_from_slice(b", \"sender\": ");
        number_or_null(out, message.sender());
        out.extend_from_slice(b", \"sent_clock\": ");
        number(out, message.timestamp);
        out.extend_from_slice(b", \"arrival_time\": ");
        self.arrival.write(self.origin + message.arrival, out);
        if message.sender() != message.channel() {
            out.extend_from_slice(b", \"by_hand\": true");
        }
    }

    fn recipients(&self, recipients: &Recipients, out: &mut Vec<u8>) {
        let peers = self.peers.len() as u32;
        out.extend_from_slice(b", \"recipients\": ");
        list(out, recipients.positions(peers), |out, peer| {
            out.extend_from_slice(self.peers[peer as usize].as_str().as_bytes());
        });
        out.extend_from_slice(b", \"recipient_ids\": ");
        list(out, recipients.positions(peers), |out, peer| {
            number_or_null(out, self.peer_ids[peer as usize]);
        });
    }

    fn startup(&mut self, startup: &Startup, time: Nanos, out: &mut Vec<u8>) {
        self.head("STARTUP", time, out);
        text(
            out,
            format_args!(
                ", \"clock_rate\": {}, \"local_clock\": {}, \"history\": \"{}\", \"listen\": {}, \"peers\": ",
                startup.clock_rate,
                startup.local_clock,
                startup.history,
                startup.listen.as_str()
            ),
        );
        list(out, self.peers.iter(), |out, peer| {
            out.extend_from_slice(peer.as_str().as_bytes());
        });
        text(
            out,
            format_args!(
                ", \"run_id\": \"{}\", \"seed\": {}, \"internal_probability\": {}, \"broadcast_share\": {}, \"time\": \"{}\", \"version\": \"{VERSION}\"",
                startup.run_id,
                startup.seed,
                startup.behavior.internal_probability(),
                startup.behavior.broadcast_share(),
                if startup.is_virtual {
                    "virtual"
                } else {
                    "real"
                },
            ),
        );
    }

    fn end(&mut self, end: &End, time: Nanos, out: &mut Vec<u8>) {
        self.head("END", time, out);
        text(
            out,
            format_args!(
                ", \"final_clock\": {}, \"queue_len\": {}, \"ticks\": {}, \"lateness\": {{",
                end.final_clock, end.queue_len, end.ticks
            ),
        );
        for (name, late) in [
            ("\"p50\": ", end.lateness.p50),
            (", \"p99\": ", end.lateness.p99),
            (", \"max\": ", end.lateness.max),
        ] {
            out.extend_from_slice(name.as_bytes());
            seconds(out, late);
        }
        out.extend_from_slice(b"}, \"undelivered\": ");
        list(out, end.undelivered.iter(), |out, &(peer, count)| {
            out.push(b'[');
            number_or_null(out, peer);
            out.extend_from_slice(b", ");
            number(out, count);
            out.push(b']');
        });
    }

    fn refresh(&mut self) {
        let mut to_all = Vec::new();
        self.recipients(&Recipients::All, &mut to_all);
        self.to_all = to_all;
    }
}

fn text(out: &mut Vec<u8>, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).expect("a Vec takes every byte");
}

fn number(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

fn number_or_null(out: &mut Vec<u8>, value: Option<u64>) {
    match value {
        Some(value) => number(out, value),
        None => out.extend_from_slice(b"null"),
    }
}

/// Seconds with exactly six decimals, rounded down so that order is kept.
fn seconds(out: &mut Vec<u8>, time: Nanos) {
    let micros = time / 1000;
    number(out, micros / 1_000_000);
    let mut digits = *b".000000";
    let mut rest = micros % 1_000_000;
    for digit in digits[1..].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend_from_slice(&digits);
}

fn list<T>(
    out: &mut Vec<u8>,
    items: impl Iterator<Item = T>,
    mut item: impl FnMut(&mut Vec<u8>, T),
) {
    out.push(b'[');
    for (index, value) in items.enumerate() {
        if index > 0 {
            out.extend_from_slice(b", ");
        }
        item(out, value);
    }
    out.push(b']');
}

#[cfg(test)]
mod tests;
