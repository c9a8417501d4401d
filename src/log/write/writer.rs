//! Entries to lines.

use serde::Serialize;

use crate::VERSION;
use crate::log::columns::Micros;
use crate::log::line::{Connect, Delivery, Entry, Place, Startup, What, json};
use crate::log::write::fields::{self, list, number, number_or_null};
use crate::log::write::style::{self, append};
use crate::model::event::{Event, Recipients};
use crate::model::handled::{Cause, Caused, HandledStep};
use crate::model::message::{MachineId, Message, Nanos};

/// Ends the line of an event that was made by hand.
pub(super) const MANUAL: &[u8] = b", \"manual\": true";

/// Turns the entries of one machine into lines.
///
/// It remembers the ids that CONNECT entries told, so that each SEND line
/// names its recipients as far as the lines before it do.
#[derive(Debug)]
pub struct Formatter {
    machine_id: MachineId,
    /// Nanoseconds to add to an entry's time: the Unix time of the clock's origin, 0 in virtual time.
    origin: Nanos,
    /// Where the peers are, as lines have it.
    peers: Vec<Box<str>>,
    /// How many of them STARTUP lists, and so a send to all goes to.
    listed: u32,
    peer_ids: Vec<Option<MachineId>>,
    /// The fields `recipients` and `recipient_ids` of a send to all.
    to_all: Vec<u8>,
    /// The last time written as `system_time`; the ticks of a turn share theirs.
    now: TimeText,
    /// The last time written as `arrival_time`; the messages of a read share theirs.
    arrival: TimeText,
    /// When ticking began, until a line from then on says so.
    began: Option<Micros>,
}

/// A time and its text.
#[derive(Debug, Default)]
struct TimeText {
    time: Nanos,
    text: Vec<u8>,
}

impl TimeText {
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
    pub fn new(machine_id: MachineId, origin: Nanos, peers: Vec<Place<'_>>) -> Self {
        let peers: Vec<_> = peers.into_iter().map(|place| text(&place)).collect();
        let mut formatter = Self {
            machine_id,
            origin,
            peer_ids: vec![None; peers.len()],
            listed: peers.len() as u32,
            peers,
            to_all: Vec::new(),
            now: TimeText::default(),
            arrival: TimeText::default(),
            began: None,
        };
        formatter.refresh();
        formatter
    }

    /// Adds an address that something is sent to by hand.
    pub fn add_peer(&mut self, peer: &Place<'_>) {
        self.peers.push(text(peer));
        self.peer_ids.push(None);
    }

    /// Tells the ids of the peers, where no CONNECT entry from here on will.
    pub fn know(&mut self, ids: impl Iterator<Item = Option<MachineId>>) {
        for (known, id) in self.peer_ids.iter_mut().zip(ids) {
            *known = id.or(*known);
        }
        self.refresh();
    }

    /// Ticking began at this Unix time: the first line from then on says so.
    pub fn begin(&mut self, began: Micros) {
        self.began = Some(began);
    }

    /// Appends the line of `entry`, with its newline; that of a step is several.
    pub fn format(&mut self, entry: &Entry, out: &mut Vec<u8>) {
        let time = entry.time;
        match &entry.what {
            What::Event { event, manual } => {
                self.event(event, time, out);
                if *manual {
                    out.extend_from_slice(MANUAL);
                }
                out.push(b'}');
            }
            What::Connect {
                peer,
                peer_id,
                peer_history,
            } => {
                self.peer_ids[*peer as usize] = Some(*peer_id);
                self.refresh();
                let connect = Connect {
                    peer: place(&self.peers[*peer as usize]),
                    peer_id: *peer_id,
                    peer_history: Some(json(*peer_history)),
                };
                self.line("CONNECT", time, &connect, false, out);
            }
            What::Unread(message) => {
                let delivery = Delivery {
                    sender: message.sender(),
                    sent_clock: Some(message.timestamp),
                    arrival: Some(self.micros(message.arrival)),
                };
                self.line("UNREAD", time, &delivery, is_by_hand(message), out);
            }
            What::Startup(startup) => {
                let startup = Startup {
                    peers: self.listed().map(place).collect(),
                    version: Some(VERSION.into()),
                    ..Startup::clone(startup)
                };
                self.line("STARTUP", time, &startup, false, out);
            }
            What::Step(step) => return self.step(step, time, out),
            What::End(end) => self.line("END", time, end.as_ref(), false, out),
        }
        self.end_line(time, out);
    }

    /// Ends a line that has its brace; the first from then on says when ticking began.
    fn end_line(&mut self, time: Nanos, out: &mut Vec<u8>) {
        if let Some(began) = self.began
            && self.micros(time) >= began
        {
            self.began = None;
            // Before the brace.
            out.pop();
            out.extend_from_slice(fields::BEGAN);
            style::seconds(out, u64::try_from(began).unwrap_or_default());
            out.push(b'}');
        }
        out.push(b'\n');
    }

    /// A time as lines state it.
    fn micros(&self, time: Nanos) -> Micros {
        ((self.origin + time) / 1000) as Micros
    }

    /// A line that is seldom.
    fn line(
        &self,
        event: &str,
        time: Nanos,
        said: &impl Serialize,
        by_hand: bool,
        out: &mut Vec<u8>,
    ) {
        let at = (self.micros(time), self.machine_id);
        fields::line(event, at, said, by_hand, out);
    }

    fn head(&mut self, event: &str, time: Nanos, out: &mut Vec<u8>) {
        out.extend_from_slice(fields::EVENT);
        out.extend_from_slice(event.as_bytes());
        out.extend_from_slice(fields::SYSTEM_TIME);
        self.now.write(self.origin + time, out);
        out.extend_from_slice(fields::MACHINE_ID);
        number(out, self.machine_id);
    }

    fn clocks(&mut self, event: &str, time: Nanos, clocks: (u64, u64), out: &mut Vec<u8>) {
        self.head(event, time, out);
        out.extend_from_slice(fields::OLD_CLOCK);
        number(out, clocks.0);
        out.extend_from_slice(fields::NEW_CLOCK);
        number(out, clocks.1);
    }

    /// The lines of a step.
    fn step(&mut self, step: &HandledStep, time: Nanos, out: &mut Vec<u8>) {
        self.event(&step.event, time, out);
        match &step.cause {
            Cause::Start => out.extend_from_slice(fields::START),
            Cause::Timer(timer) => {
                out.extend_from_slice(fields::TIMER);
                append(out, &timer.name.as_ref());
                out.extend_from_slice(fields::DUE);
                style::signed_seconds(out, timer.due);
            }
            Cause::Message | Cause::Idle => {}
        }
        let body = step.event.received();
        let body = body.and_then(|(message, _)| message.body.as_deref());
        fields::json(out, fields::BODY, body);
        fields::json(out, fields::STATE, step.state.as_deref());
        if step.is_manual {
            out.extend_from_slice(MANUAL);
        }
        out.push(b'}');
        self.end_line(time, out);
        self.caused(&step.caused, time, out);
    }

    /// Appends the lines of sends of a step, whose event has its line.
    pub fn caused(&mut self, sends: &[Caused], time: Nanos, out: &mut Vec<u8>) {
        for caused in sends {
            let clocks = (caused.new_clock - 1, caused.new_clock);
            self.send(time, clocks, &caused.recipients, out);
            out.extend_from_slice(fields::CAUSED);
            fields::json(out, fields::BODY, caused.body.as_deref());
            out.push(b'}');
            self.end_line(time, out);
        }
    }

    fn send(
        &mut self,
        time: Nanos,
        clocks: (u64, u64),
        recipients: &Recipients,
        out: &mut Vec<u8>,
    ) {
        self.clocks("SEND", time, clocks, out);
        match recipients {
            Recipients::All => out.extend_from_slice(&self.to_all),
            some => self.recipients(some, out),
        }
    }

    fn event<B>(&mut self, event: &Event<B>, time: Nanos, out: &mut Vec<u8>) {
        match event {
            Event::Internal {
                old_clock,
                new_clock,
            } => self.clocks("INTERNAL", time, (*old_clock, *new_clock), out),
            Event::Send {
                old_clock,
                new_clock,
                recipients,
            } => self.send(time, (*old_clock, *new_clock), recipients, out),
            Event::Receive {
                old_clock,
                new_clock,
                queue_len,
                message,
            } => {
                self.clocks("RECEIVE", time, (*old_clock, *new_clock), out);
                out.extend_from_slice(fields::QUEUE_LEN);
                number(out, *queue_len);
                self.origin_of(message, out);
            }
        }
    }

    fn origin_of<B>(&mut self, message: &Message<B>, out: &mut Vec<u8>) {
        out.extend_from_slice(fields::SENDER);
        number_or_null(out, message.sender());
        out.extend_from_slice(fields::SENT_CLOCK);
        number(out, message.timestamp);
        out.extend_from_slice(fields::ARRIVAL_TIME);
        self.arrival.write(self.origin + message.arrival, out);
        if is_by_hand(message) {
            out.extend_from_slice(fields::BY_HAND);
        }
    }

    fn recipients(&self, recipients: &Recipients, out: &mut Vec<u8>) {
        out.extend_from_slice(fields::RECIPIENTS);
        list(out, recipients.positions(self.listed), |out, peer| {
            out.extend_from_slice(self.peers[peer as usize].as_bytes());
        });
        out.extend_from_slice(fields::RECIPIENT_IDS);
        list(out, recipients.positions(self.listed), |out, peer| {
            number_or_null(out, self.peer_ids[peer as usize]);
        });
    }

    fn listed(&self) -> impl Iterator<Item = &str> {
        let all = self.peers.iter().take(self.listed as usize);
        all.map(|peer| &**peer)
    }

    fn refresh(&mut self) {
        let mut to_all = Vec::new();
        self.recipients(&Recipients::All, &mut to_all);
        self.to_all = to_all;
    }
}

/// Where a machine is, as lines have it.
fn text(place: &Place<'_>) -> Box<str> {
    let mut text = Vec::new();
    append(&mut text, place);
    String::from_utf8(text)
        .expect("JSON is UTF-8")
        .into_boxed_str()
}

/// The same the other way round.
fn place(text: &str) -> Place<'_> {
    serde_json::from_str(text).expect("it was written from a place")
}

/// Whether it is a message in the name of a sender that belongs to no channel.
fn is_by_hand<B>(message: &Message<B>) -> bool {
    message.sender() != message.channel()
}

/// Rounded down to microseconds, so that order is kept.
fn seconds(out: &mut Vec<u8>, time: Nanos) {
    style::seconds(out, time / 1000);
}

#[cfg(test)]
mod tests;
