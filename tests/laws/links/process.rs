//! One life of a machine: from a start or a restart to its death or its end.

use std::collections::VecDeque;

use lamport::VERSION;
use lamport::channel::channels::{Channels, Undelivered};
use lamport::channel::endpoint::{ConnectionId, Endpoint, Output, Waits};
use lamport::channel::identity::{Identity, Nonce};
use lamport::channel::key::Key;
use lamport::channel::noise::Secret;
use lamport::log::line::{End, Entry, Place, Quantiles, Startup, What, json};
use lamport::log::read::parse::parse;
use lamport::log::read::recover::{Recovered, recover};
use lamport::log::write::batch::{Batch, Log};
use lamport::log::write::writer::Formatter;
use lamport::model::address::Address;
use lamport::model::behavior::Behavior;
use lamport::model::behavior::Odds;
use lamport::model::event::Recipients;
use lamport::model::message::{MachineId, Message, Nanos};
use lamport::model::node::Node;
use lamport::model::random::Generator;

use super::broken::{Broken, Twist};
use super::schedule::Setup;

/// Lines on their way to the log. No other line may come between: the journal is taken.
#[derive(Debug)]
pub struct Writing {
    pub bytes: Vec<u8>,
    /// Whether they are to be on storage before anything follows, where the machine syncs.
    pub is_kept: bool,
    pub then: Then,
}

/// What a batch writes to.
struct Pen<'a> {
    formatter: &'a mut Formatter,
    bytes: Vec<u8>,
    is_kept: bool,
}

impl Log for Pen<'_> {
    type Error = std::convert::Infallible;

    fn write(&mut self, entries: &[Entry]) -> Result<(), Self::Error> {
        for entry in entries {
            self.formatter.format(entry, &mut self.bytes);
        }
        Ok(())
    }

    fn keep(&mut self) -> Result<(), Self::Error> {
        self.is_kept = true;
        Ok(())
    }
}

/// The sends and the receipts of steps that are written, as the endpoint is told them.
pub type Told = (Vec<(u64, Recipients)>, Vec<(MachineId, u64)>);

/// What a process does once its lines are written.
#[derive(Debug)]
pub enum Then {
    /// STARTUP: it enters the network.
    Enter,
    /// Steps: the endpoint is told.
    Tell(Told),
    /// CONNECT: messages may go out on this connection.
    Send { connection: ConnectionId },
    /// END: it is over.
    End,
}

#[derive(Debug)]
pub struct Process {
    pub node: Node,
    odds: Odds,
    pub endpoint: Endpoint,
    formatter: Formatter,
    pub history: Nonce,
    /// The world's time when its clock began.
    born: Nanos,
    ticks: u64,
    pub writing: Option<Writing>,
    /// Written steps of which the endpoint does not know.
    pub told: VecDeque<Told>,
    /// What waits for the journal.
    pub waiting: Option<Output>,
    /// At its end: what no peer is known to have.
    pub undelivered: Option<Undelivered>,
    /// By peer, the newest message handed out, for the sender that trusts itself.
    pub handed: Vec<u64>,
    /// By peer, what was sent, for the sender that takes any mark.
    pub sent: Vec<Vec<u64>>,
}

/// The patience of machines whose steps take microseconds.
const WAITS: Waits = Waits {
    hello: 3_000_000,
    answer: 3_000_000,
    turn: 500_000,
    refusal: 200_000,
    vetting: 1_000_000,
    shortest_backoff: 300,
    longest_backoff: 100_000,
    end: 20_000_000,
    last_bytes: 5_000_000,
};

/// What a machine that breaks the rule of two entries adds to the id of the second.
pub const ALIAS: MachineId = 1000;

/// Where a machine is: machine 3 at 10.0.0.3:5003, and as its own double at port 6003.
pub fn address(machine: usize, is_alias: bool) -> Address {
    let port = if is_alias { 6000 } else { 5000 } + machine + 1;
    format!("10.0.0.{}:{port}", machine + 1).parse().unwrap()
}

impl Process {
    /// Starts machine `index`, from its log if that tells anything, as `Machine::open` does. Also
    /// says how many bytes of the log count.
    pub fn start(
        setup: &Setup,
        twist: Twist,
        index: usize,
        log: &[u8],
        now: Nanos,
        chance: u64,
    ) -> Result<(Self, usize), String> {
        let id = index as MachineId + 1;
        let name = format!("machine_{id}.log");
        let mut past = recovered(twist, log, &name)?;
        let peers = &setup.peers[index];
        if let Some(past) = &past {
            let places = past.peers.iter().map(|peer| (peer.0.to_string(), peer.1));
            let given = peers.iter().map(|&(peer, is_alias)| {
                let Address { host, port, .. } = address(peer, is_alias);
                (host, u64::from(port))
            });
            let is_mine = past.machine_id == id
                && past.run_id == setup.run_id
                && past.version == VERSION
                && places.eq(given);
            if !is_mine {
                return Err(format!("{name} is of another machine: {past:?}"));
            }
        }
        let history = match &past {
            Some(past) => past.history,
            None if twist.is(Broken::EmptyLog) => Nonce(id),
            None => Nonce(chance | 1),
        };
        let starts = past.as_ref().map_or(0, |past| past.starts);
        let me = Identity {
            id,
            run_id: setup.run_id.clone(),
            history,
            instance: Nonce(chance.rotate_left(17)),
        };
        // Wall clocks are set back and forth by about an hour.
        let unix_origin = 1_700_000_000_000_000_000 + now + (chance >> 20 & 0xfff) * 1_000_000_000;
        let last = past
            .as_ref()
            .map_or(0, |past| past.last_time as Nanos * 1000);
        let origin = unix_origin.max(last + 1000);
        let places = peers
            .iter()
            .map(|&(peer, is_alias)| Place::at(&address(peer, is_alias)));
        let mut formatter = Formatter::new(id, origin, places.collect());
        if let Some(past) = &past {
            let peers = past.past.peers.iter();
            formatter.know(peers.map(|peer| peer.known.map(|(id, _)| id)));
        }
        if let Some(past) = past.as_mut().filter(|_| twist.is(Broken::TwoEntries)) {
            for (peer, (_, is_alias)) in past.past.peers.iter_mut().zip(peers) {
                if let (Some((id, _)), true) = (&mut peer.known, is_alias) {
                    *id += ALIAS;
                }
            }
        }
        let sent = past.as_ref().map_or_else(
            || vec![Vec::new(); peers.len()],
            |past| {
                past.past
                    .peers
                    .iter()
                    .map(|peer| peer.sent.clone())
                    .collect()
            },
        );
        let length = past.as_ref().map_or(0, |past| past.length as usize);
        let (local_clock, ticks) = past
            .as_ref()
            .map_or((0, 0), |past| (past.clock, past.ticks));
        let startup = startup(setup, index, local_clock, history);
        let generator = Generator::new(setup.seed, id, starts);
        let channels = match past {
            Some(past) => Channels::resumed(me, past.past),
            None => Channels::new(me, peers.len()),
        };
        let mut process = Self {
            node: Node::new(generator).resumed(local_clock),
            odds: setup.behavior.odds(peers.len() as u32),
            endpoint: endpoint(setup, index, channels),
            formatter,
            history,
            born: now,
            ticks,
            writing: None,
            told: VecDeque::new(),
            waiting: None,
            undelivered: None,
            handed: vec![0; peers.len()],
            sent,
        };
        process.write(now, [What::Startup(Box::new(startup))], Then::Enter);
        Ok((process, length))
    }

    /// Formats lines and hands them to be written.
    fn write(&mut self, now: Nanos, what: impl IntoIterator<Item = What>, then: Then) {
        debug_assert!(self.writing.is_none());
        let time = now - self.born;
        let mut bytes = Vec::with_capacity(512);
        for what in what {
            self.formatter.format(&Entry { time, what }, &mut bytes);
        }
        self.writing = Some(Writing {
            bytes,
            is_kept: true,
            then,
        });
    }

    /// Whether the poll thread can do anything: it may be waiting for the log.
    pub fn is_polling(&self) -> bool {
        let is_free = matches!(
            self.writing,
            None | Some(Writing {
                then: Then::Tell(_),
                ..
            })
        );
        is_free && self.waiting.is_none()
    }

    /// Whether the poll thread is writing a CONNECT line.
    pub fn is_recording(&self) -> bool {
        matches!(
            self.writing,
            Some(Writing {
                then: Then::Send { .. },
                ..
            })
        )
    }

    /// Whether its STARTUP line is not written: no one can connect to it.
    pub fn is_entering(&self) -> bool {
        matches!(
            self.writing,
            Some(Writing {
                then: Then::Enter,
                ..
            })
        )
    }

    /// Whether a line may be written.
    pub fn is_journal_free(&self) -> bool {
        self.writing.is_none()
    }

    /// Up to `most` ticks at one moment; with `only_receives` just what waits is received.
    pub fn tick(&mut self, now: Nanos, most: usize, only_receives: bool, twist: Twist) {
        let time = now - self.born;
        let mut batch = Batch::default();
        for _ in 0..most {
            let event = if only_receives {
                let Some(event) = self.node.receive(time) else {
                    break;
                };
                event
            } else {
                self.node.tick(time, &self.odds)
            };
            self.ticks += 1;
            batch.add(time, event, false);
        }
        if batch.steps() == 0 {
            return;
        }
        let mut pen = Pen {
            formatter: &mut self.formatter,
            bytes: Vec::with_capacity(512),
            is_kept: false,
        };
        // The world writes the bytes later, or a part of them; the endpoint is told after that.
        let Ok(logged) = batch.log(&mut pen);
        let Pen { bytes, is_kept, .. } = pen;
        let mut told = logged.into_parts();
        if twist.is(Broken::SendBeforeLog) {
            self.endpoint.logged(told.0.drain(..), []);
        }
        if twist.is(Broken::MarkBeforeFlush) {
            self.endpoint.logged([], told.1.iter().copied());
        }
        let then = Then::Tell(told);
        self.writing = Some(Writing {
            bytes,
            is_kept,
            then,
        });
    }

    /// The endpoint learns what the log holds.
    pub fn log_to_endpoint(&mut self) {
        if let Some((sends, receipts)) = self.told.pop_front() {
            for (timestamp, recipients) in &sends {
                for peer in recipients.positions(self.sent.len() as u32) {
                    self.sent[peer as usize].push(*timestamp);
                }
            }
            self.endpoint.logged(sends, receipts);
        }
    }

    pub fn connect_line(
        &mut self,
        now: Nanos,
        peer: usize,
        id: MachineId,
        history: Nonce,
        connection: ConnectionId,
    ) {
        let what = What::Connect {
            peer: peer as u32,
            peer_id: id,
            peer_history: history,
        };
        self.write(now, [what], Then::Send { connection });
    }

    /// A new message enters the queue.
    pub fn deliver(&mut self, now: Nanos, sender: MachineId, timestamp: u64, delay: Nanos) {
        let arrival = now - self.born + delay;
        self.node.deliver(Message::new(sender, timestamp, arrival));
    }

    /// The orderly end: UNREAD and END.
    pub fn end(&mut self, now: Nanos) {
        let final_clock = self.node.clock();
        let mut what: Vec<What> = self.node.drain().map(What::Unread).collect();
        let undelivered = self.undelivered.clone();
        let undelivered = undelivered.unwrap_or_else(|| self.endpoint.channels().all_undelivered());
        what.push(What::End(Box::new(End {
            final_clock,
            queue_len: Some(what.len() as u64),
            ticks: Some(self.ticks),
            lateness: Some(Quantiles::default()),
            undelivered: Some(undelivered),
            heard: None,
        })));
        self.write(now, what, Then::End);
    }
}

/// What a machine believes its log to tell.
fn recovered(twist: Twist, log: &[u8], name: &str) -> Result<Option<Recovered>, String> {
    let (mut log, with_newline) = (log, [log, b"\n"].concat());
    if twist.is(Broken::TornLine) {
        let last = log
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(0, |at| at + 1);
        if std::str::from_utf8(&log[last..]).is_ok_and(|text| parse(text).is_ok()) {
            log = &with_newline;
        }
    }
    let mut past = recover(log, name).map_err(|error| error.to_string())?;
    if let Some(past) = &mut past
        && matches!(twist.broken, Some(Broken::AnyLowMark | Broken::AnyOfOutbox))
    {
        let peers = past.past.peers.iter_mut();
        peers.for_each(|peer| peer.left = u64::MAX);
    }
    Ok(past.filter(|_| !twist.is(Broken::EmptyLog)))
}

/// The endpoint of a machine with these channels.
fn endpoint(setup: &Setup, index: usize, channels: Channels) -> Endpoint {
    let peers = setup.peers[index].iter();
    let addresses = peers.map(|&(peer, is_alias)| (address(peer, is_alias), Vec::new()));
    let key = setup.is_keyed.then(|| Key::new(&[7; 32]).unwrap());
    let secret = key.map(|key| Secret::new(key, &setup.run_id));
    Endpoint::new(channels, addresses.collect(), secret, WAITS)
}

fn startup(setup: &Setup, index: usize, local_clock: u64, history: Nonce) -> Startup<'static> {
    Startup {
        clock_rate: Some(1.0),
        local_clock: Some(local_clock),
        history: Some(json(history)),
        listen: Some(Place::at(&address(index, false))),
        peers: Vec::new(),
        run_id: Some(setup.run_id.clone().into()),
        seed: Some(setup.seed & 0xffff_ffff),
        probabilities: setup.behavior.into(),
        manner: lamport::model::manner::Manner::default(),
        is_virtual: false,
        version: None,
        algorithm: None,
        arguments: None,
        python: None,
    }
}

/// What the machines of a world do when idle.
pub fn behavior(choice: u64) -> Behavior {
    Behavior::new([0.1, 0.4, 0.7][choice as usize % 3], 1.0 / 3.0).unwrap()
}
