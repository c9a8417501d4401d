//! What a machine knows of itself after a crash: all that its log tells.
//!
//! A log that was altered or has a hole is refused: what a machine believes of itself, others rely on.
//! A log that lost its end looks like any other, and is found out by its peers' marks (`channel/link.rs`).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::BufRead;

use crate::error::{Error, Result};
use crate::log::columns::Micros;
use crate::log::line::{Connect, Place, Startup};
use crate::log::read::lines::Lines;
use crate::log::read::parse::{EventLine, Line, LineBody};
use crate::log::read::rows::UNTOLD;
use crate::log::write::writer::Formatter;
use crate::model::body::Body;
use crate::model::manner::Manner;
use crate::model::message::MachineId;
use crate::model::nonce::Nonce;
use crate::model::past::{Past, PeerPast};
use crate::model::relive::Owed;

/// The state of a machine as its log tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct Recovered {
    /// The machine's number.
    pub machine_id: MachineId,
    /// The run it belongs to.
    pub run_id: String,
    /// The version of the package that wrote the log.
    pub version: String,
    /// The name of its past.
    pub history: Nonce,
    /// Ticks per second.
    pub clock_rate: f64,
    /// The seed of its draws.
    pub seed: u64,
    /// The probability that an idle tick is internal, if the log tells it.
    pub internal_probability: Option<f64>,
    /// What it has of its own beside that.
    pub manner: Manner,
    /// The class of its algorithm and what that is called with, as the last STARTUP tells, if it has one.
    pub algorithm: Option<(String, String)>,
    /// The minor version of the interpreter that ran it, as the last STARTUP tells.
    pub python: Option<String>,
    /// The machines it sends to, as the last STARTUP lists them; behind them, addresses sent to by hand.
    pub peers: Vec<Place<'static>>,
    /// How many of the peers it was made with, the first of them.
    pub declared: usize,
    /// Who they are, in their order, as SEND lines name them, also before they connect; shorter if none named the last.
    pub named: Vec<Option<MachineId>>,
    /// How often it started so far.
    pub starts: u64,
    /// The clock of its newest event.
    pub clock: u64,
    /// How many ticks happened.
    pub ticks: u64,
    /// The time of the last line.
    pub last_time: Micros,
    /// When it began to tick, if it did.
    pub began: Option<Micros>,
    /// How many messages it has received from outside, of nobody and without a timestamp.
    pub given: usize,
    /// What was sent and received.
    pub past: Past,
    /// Of each SEND that says something its timestamp, and where in the log its line begins.
    pub bodies: Vec<(u64, u64)>,
    /// The bytes that count. What follows is a torn line, or an end that did not come about.
    pub length: u64,
    /// Where in `peers` an address is.
    positions: BTreeMap<Place<'static>, usize>,
    /// For each peer, whether a CONNECT line has come since the last STARTUP.
    is_met: Vec<bool>,
}

/// What a line says that cannot be.
type Said<T> = std::result::Result<T, String>;

/// Reads the log of a machine that has not ended; `None` if it has no whole line.
///
/// `name` is the file, for errors. A line counts only with its newline.
pub fn recover(log: impl BufRead, name: &str) -> Result<Option<Recovered>> {
    let mut lines = Lines::new(log, name);
    let mut recovered: Option<Recovered> = None;
    loop {
        let start = lines.length();
        let Some((number, line)) = lines.next_read()? else {
            break;
        };
        let says = said_in(&line);
        let at = |message: String| Error::log(name, number, message);
        let is_unread = matches!(line.body, LineBody::Unread(_));
        let recovered = match &mut recovered {
            None => recovered.insert(begin(line).map_err(at)?),
            Some(recovered) => {
                recovered.add(line).map_err(at)?;
                recovered
            }
        };
        recovered.bodies.extend(says.map(|clock| (clock, start)));
        if !is_unread {
            recovered.length = lines.length();
        }
    }
    if let Some(recovered) = &mut recovered {
        recovered.end_section();
    }
    Ok(recovered)
}

/// The timestamp of a SEND that says something.
fn said_in(line: &Line<'_>) -> Option<u64> {
    match &line.body {
        LineBody::Event(event) if event.kind.sends() => {
            event.handled.body.as_ref().map(|_| event.clocks.1)
        }
        _ => None,
    }
}

/// What the message in the first line of `log` says, a log from that line on.
pub fn read_body(log: impl BufRead, name: &str) -> Result<Body> {
    let mut lines = Lines::new(log, name);
    Ok(match lines.next_read()? {
        Some((
            _,
            Line {
                body: LineBody::Event(event),
                ..
            },
        )) => event.handled.body,
        _ => None,
    })
}

/// The algorithm that a STARTUP tells of.
fn algorithm(startup: &Startup<'_>) -> Option<(String, String)> {
    let class = startup.algorithm.as_deref()?;
    let arguments = startup.arguments.as_deref().unwrap_or("{}");
    Some((class.to_owned(), arguments.to_owned()))
}

fn begin(line: Line<'_>) -> Said<Recovered> {
    let LineBody::Startup(startup) = line.body else {
        return Err("the first line of a log that can be resumed is STARTUP".into());
    };
    if startup.is_virtual {
        return Err("its time is virtual: only a machine in real time can be resumed".into());
    }
    let lacks = |name: &str| format!("a STARTUP that can be resumed needs the field {name:?}");
    let history = history(&startup)?.ok_or_else(|| lacks("history"))?;
    let algorithm = algorithm(&startup);
    let mut recovered = Recovered {
        algorithm,
        python: startup.python.map(Cow::into_owned),
        machine_id: line.machine_id,
        run_id: startup.run_id.ok_or_else(|| lacks("run_id"))?.into_owned(),
        version: startup.version.unwrap_or_default().into_owned(),
        history,
        clock_rate: startup.clock_rate.ok_or_else(|| lacks("clock_rate"))?,
        seed: startup.seed.ok_or_else(|| lacks("seed"))?,
        internal_probability: startup.probabilities.internal_probability,
        manner: startup.manner,
        peers: Vec::new(),
        declared: startup.peers.len(),
        named: Vec::new(),
        starts: 1,
        clock: startup.local_clock.ok_or_else(|| lacks("local_clock"))?,
        ticks: 0,
        last_time: line.time,
        began: line.began,
        given: 0,
        past: Past::default(),
        bodies: Vec::new(),
        length: 0,
        positions: BTreeMap::new(),
        is_met: Vec::new(),
    };
    for peer in startup.peers {
        recovered.add_peer(peer);
    }
    Ok(recovered)
}

fn history(startup: &Startup<'_>) -> Said<Option<Nonce>> {
    startup.history.as_deref().map(nonce).transpose()
}

/// A history as JSON.
fn nonce(json: &str) -> Said<Nonce> {
    let text = json.trim_matches('"');
    text.parse().map_err(|error: Error| error.to_string())
}

impl Recovered {
    fn add(&mut self, line: Line<'_>) -> Said<()> {
        if line.machine_id != self.machine_id {
            return Err(format!(
                "machine_id is {}: this is the log of machine {}",
                line.machine_id, self.machine_id
            ));
        }
        self.last_time = self.last_time.max(line.time);
        // An UNREAD line at the end is cut off, with what it says of the beginning.
        if !matches!(line.body, LineBody::Unread(_)) {
            self.began = self.began.or(line.began);
        }
        match line.body {
            LineBody::Event(event) => {
                self.ticks += u64::from(!line.is_manual && !line.is_caused);
                self.event(event, line.is_manual, line.is_by_hand)?;
            }
            LineBody::Connect(Connect {
                peer,
                peer_id,
                peer_history,
            }) => {
                let history = nonce(&peer_history.unwrap_or_default())?;
                let position = self.position(&peer).ok_or_else(|| unlisted(&peer))?;
                self.past.peers[position].known = Some((peer_id, history));
                self.is_met[position] = true;
            }
            LineBody::Startup(startup) => self.restart(*startup)?,
            LineBody::End(_) => {
                return Err("the machine ended in order: there is nothing to resume".into());
            }
            LineBody::Unread(_) => {}
        }
        Ok(())
    }

    fn name(&mut self, position: usize, id: MachineId) {
        if self.named.len() <= position {
            self.named.resize(position + 1, None);
        }
        self.named[position] = Some(id);
    }

    fn event(&mut self, event: EventLine<'_>, is_manual: bool, is_by_hand: bool) -> Said<()> {
        let (old_clock, new_clock) = event.clocks;
        if old_clock == UNTOLD {
            return Err("old_clock is missing: a line was altered".into());
        }
        if old_clock != self.clock {
            return Err(format!(
                "old_clock is {old_clock}, and the clock before this line is {}: a line is missing or was altered",
                self.clock
            ));
        }
        let received = event.message.sent_clock.unwrap_or(0);
        let expected = old_clock.max(received).saturating_add(1);
        if new_clock != expected {
            let kind = event.kind.name();
            return Err(format!(
                "new_clock is {new_clock}, where {kind} makes it {expected}: the line was altered"
            ));
        }
        self.clock = new_clock;
        for (at, peer) in event.recipients.into_iter().enumerate() {
            let known = self.position(&peer);
            let position = match known {
                Some(position) => position,
                // Whoever sends by hand may name an address that no one listed.
                None if is_manual => self.add_peer(peer),
                None => return Err(unlisted(&peer)),
            };
            self.past.peers[position].sent.push(new_clock);
            if let Some(&Some(id)) = event.recipient_ids.get(at) {
                self.name(position, id);
            }
        }
        if event.message.sender.is_none() && event.message.sent_clock == Some(0) {
            self.given += 1;
        }
        // A name given by hand says nothing of what came by the channel.
        if !is_by_hand
            && let (Some(sender), Some(timestamp)) =
                (event.message.sender, event.message.sent_clock)
        {
            let newest = self.past.received.entry(sender).or_default();
            if timestamp <= *newest {
                return Err(format!(
                    "sent_clock is {timestamp}, after {newest} from machine {sender}: \
                     messages of one sender come in their order, each once"
                ));
            }
            *newest = timestamp;
        }
        Ok(())
    }

    /// The machine has come back before: a peer may be somewhere else since.
    fn restart(&mut self, startup: Startup<'_>) -> Said<()> {
        if history(&startup)? != Some(self.history) {
            return Err(format!(
                "a STARTUP of another history than {}: two machines wrote this log",
                self.history
            ));
        }
        let clock = startup.local_clock;
        if clock != Some(self.clock) {
            let clock = clock.map_or("missing".to_owned(), |clock| clock.to_string());
            return Err(format!(
                "local_clock is {clock}, and the clock before this line is {}: a line is missing or was altered",
                self.clock
            ));
        }
        if startup.peers.len() != self.declared {
            return Err(format!(
                "a STARTUP with {} peers after one with {}: the peers of a machine stay",
                startup.peers.len(),
                self.declared
            ));
        }
        self.end_section();
        self.starts += 1;
        self.algorithm = algorithm(&startup);
        self.python = startup.python.map(Cow::into_owned);
        let others = self.peers.split_off(self.declared);
        self.peers.clear();
        self.positions.clear();
        for peer in startup.peers.into_iter().chain(others) {
            self.add_peer(peer);
        }
        Ok(())
    }

    /// Completes a step that is torn at the end of the log: the lines to append to what counts of it.
    pub fn complete(&mut self, owed: &Owed) -> Vec<u8> {
        let peers = self.peers[..self.declared].to_vec();
        let mut formatter = Formatter::new(self.machine_id, 0, peers);
        let known = self.past.peers[..self.declared].iter();
        formatter.know(known.map(|peer| peer.known.map(|(id, _)| id)));
        let mut lines = Vec::new();
        let time = u64::try_from(owed.time).unwrap_or_default() * 1000;
        for send in &owed.sends {
            if send.body.is_some() {
                let start = self.length + lines.len() as u64;
                self.bodies.push((send.new_clock, start));
            }
            formatter.caused(std::slice::from_ref(send), time, &mut lines);
            for position in send.recipients.positions(self.declared as u32) {
                self.past.peers[position as usize].sent.push(send.new_clock);
            }
            self.clock = send.new_clock;
        }
        self.length += lines.len() as u64;
        lines
    }

    /// The end of what was written from one start to the next, or to the end of the log.
    fn end_section(&mut self) {
        for (peer, is_met) in self.past.peers.iter_mut().zip(&mut self.is_met) {
            if std::mem::take(is_met) {
                peer.left = peer.sent.last().copied().unwrap_or(0);
            }
        }
    }

    /// Adds an address behind the others, and returns its position.
    fn add_peer(&mut self, peer: Place<'_>) -> usize {
        let (peer, position) = (peer.into_owned(), self.peers.len());
        if self.past.peers.len() == position {
            self.past.peers.push(PeerPast::default());
            self.is_met.push(false);
        }
        self.positions.insert(peer.clone(), position);
        self.peers.push(peer);
        position
    }

    fn position(&self, peer: &Place<'_>) -> Option<usize> {
        self.positions.get(peer).copied()
    }
}

pub(super) fn unlisted(peer: &Place<'_>) -> String {
    format!("{}:{} is not in the list of peers", peer.0, peer.1)
}

#[cfg(test)]
mod tests;
