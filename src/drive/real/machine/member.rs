//! A machine as the poll thread sees it: what its connections need of it.
//!
//! It knows no network; [`Machine`](super::Machine) is this and its place there.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock};

use super::letters::Letters;
use super::state::MachineCore;
use crate::channel::endpoint::{ConnectionId, Warning};
use crate::channel::heard::HeardMessage;
use crate::channel::identity::Nonce;
use crate::channel::kept_bodies::KeptSize;
use crate::channel::link_faults::LinkFaults;
use crate::channel::noise::Secret;
use crate::drive::real::clock::ProcessClock;
use crate::drive::real::mailbox::Mailbox;
use crate::drive::real::warnings::Warnings;
use crate::error::{Error, Result};
use crate::log::columns::Micros;
use crate::log::line::{Entry, HeardOf, What};
use crate::log::write::batch::Batch;
use crate::log::write::file::LogFile;
use crate::model::address::Address;
use crate::model::body::{self, Body, Letter};
use crate::model::handler::SendRoom;
use crate::model::latency::Delays;
use crate::model::lateness::{Lateness, Summary};
use crate::model::message::{MachineId, Message, Nanos};
use crate::setting::MAX_QUEUE;

/// What the tick thread can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::drive::real) enum Control {
    /// Tick from this time on.
    Start(Nanos),
    /// Pause until this time.
    Pause(Nanos),
    /// Die: leave everything as it is.
    Crash,
    /// Stop ticking.
    Stop,
    /// All machines of the run have ticked their last: end.
    Finish,
}

/// The node and the log of a machine, shared by its tick thread and the poll thread.
#[derive(Debug)]
pub(in crate::drive::real) struct Member {
    pub(super) id: MachineId,
    pub(super) history: Nonce,
    pub(super) peers: Vec<Address>,
    pub(super) secret: Option<Secret>,
    pub(super) clock: ProcessClock,
    /// The Unix time of the clock's zero in the log.
    pub(super) unix_origin: Nanos,
    /// When it began to tick, in Unix microseconds, once it has.
    pub(super) began: OnceLock<Micros>,
    pub(super) delays: Delays,
    /// Taken before `state` where both are; held from a step until the channels know of it.
    pub(super) journal: Mutex<Journal>,
    /// Times are read and the queue is looked at under this lock.
    pub(super) state: Mutex<MachineCore>,
    /// With an algorithm: what its messages take.
    pub(super) letters: Option<Box<Letters>>,
    pub(super) gauges: Gauges,
    pub(super) warnings: Mutex<Warnings>,
    pub(super) failure: Mutex<Option<String>>,
    /// At the end: what never worked.
    pub(super) unreached: OnceLock<String>,
    /// The faults of its links, once ticking has begun.
    pub(super) link_faults: OnceLock<LinkFaults>,
    /// Where the tick thread is told what to do.
    pub(super) controls: Mailbox<Control>,
}

/// What others may see of a machine at any time.
#[derive(Debug, Default)]
pub(super) struct Gauges {
    pub(super) clock: AtomicU64,
    pub(super) queue_len: AtomicU64,
    pub(super) ticks: AtomicU64,
    /// For each peer, whether it has ever connected.
    pub(super) connected: Mutex<Vec<bool>>,
}

impl Gauges {
    /// Those of a machine at this clock that has ticked so often, and which of its peers have ever connected.
    pub(super) fn new(clock: u64, ticks: u64, connected: Vec<bool>) -> Self {
        Self {
            clock: clock.into(),
            ticks: ticks.into(),
            connected: Mutex::new(connected),
            ..Self::default()
        }
    }
}

/// The log and what is counted beside it.
#[derive(Debug)]
pub(in crate::drive::real) struct Journal {
    pub(super) file: LogFile,
    /// The step at hand; kept for its memory.
    pub(super) batch: Batch,
    pub(in crate::drive::real) lateness: Lateness,
    pub(in crate::drive::real) ticks: u64,
    /// Whether a tick of this process was made by hand: when it was due nobody knows.
    pub(super) ticked_by_hand: bool,
    pub(super) has_ended: bool,
    /// Whether a handler is at work on a step whose lines come next.
    pub(super) is_stepping: bool,
    /// Handshakes that succeeded meanwhile: their lines come after those of the step.
    pub(super) met: Vec<Met>,
    /// Where something was sent by hand, beside the peers.
    pub(super) others: Vec<Address>,
}

/// A handshake with a peer that succeeded.
#[derive(Debug, Clone, Copy)]
pub(in crate::drive::real) struct Met {
    pub(in crate::drive::real) connection: ConnectionId,
    pub(in crate::drive::real) peer: usize,
    pub(in crate::drive::real) peer_id: MachineId,
    pub(in crate::drive::real) peer_history: Nonce,
}

impl Journal {
    /// That of a machine that has ticked so often, and sent to these by hand.
    pub(super) fn new(file: LogFile, ticks: u64, others: Vec<Address>) -> Self {
        Self {
            file,
            batch: Batch::default(),
            lateness: Lateness::default(),
            ticks,
            ticked_by_hand: false,
            has_ended: false,
            is_stepping: false,
            met: Vec::new(),
            others,
        }
    }

    /// How late ticks were; `None` where only some of them were due at any time.
    pub(super) fn lateness_of_all(&self) -> Option<Summary> {
        let is_mixed = self.ticked_by_hand && !self.lateness.is_empty();
        (!is_mixed).then(|| self.lateness.summary())
    }
}

impl Member {
    /// Its number in the run.
    pub(in crate::drive::real) fn id(&self) -> MachineId {
        self.id
    }

    /// What proves and checks who belongs to this run.
    pub(in crate::drive::real) fn secret(&self) -> Option<&Secret> {
        self.secret.as_ref()
    }

    /// The faults of its links, once ticking has begun.
    pub(in crate::drive::real) fn link_faults(&self) -> Option<LinkFaults> {
        self.link_faults.get().cloned()
    }

    pub(super) fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().expect("no holder panics")
    }

    pub(super) fn state(&self) -> MutexGuard<'_, MachineCore> {
        self.state.lock().expect("no holder panics")
    }

    /// With an algorithm: no peer needs so much any more of what was sent.
    pub(in crate::drive::real) fn forgot(&self, forgotten: KeptSize) {
        if let Some(letters) = &self.letters {
            letters.forgot(forgotten);
        }
    }

    /// For each peer, whether it has ever connected.
    pub(super) fn connected_peers(&self) -> MutexGuard<'_, Vec<bool>> {
        self.gauges.connected.lock().expect("no holder panics")
    }

    /// A handshake with a peer succeeded. What became of its line; nothing so far, if that comes after a step.
    pub(in crate::drive::real) fn connected(&self, met: Met) -> Option<Result<()>> {
        let mut journal = self.journal();
        if journal.is_stepping {
            journal.met.push(met);
            return None;
        }
        Some(self.record(&mut journal, met))
    }

    /// Writes the line of a handshake.
    pub(super) fn record(&self, journal: &mut Journal, met: Met) -> Result<()> {
        let Met {
            peer,
            peer_id,
            peer_history,
            ..
        } = met;
        let what = What::Connect {
            peer: peer as u32,
            peer_id,
            peer_history,
        };
        let time = self.clock.now();
        if let Err(error) = journal.file.write_kept(&[Entry { time, what }]) {
            self.fail(error.to_string());
            return Err(error);
        }
        self.look_at(journal, time);
        if let Some(letters) = &self.letters {
            letters.know(peer, peer_id);
        }
        // Nobody waits for one that was sent to by hand.
        if let Some(is_connected) = self.connected_peers().get_mut(peer) {
            *is_connected = true;
        }
        Ok(())
    }

    /// Warns, soon after, where the log is no longer what was written.
    pub(super) fn look_at(&self, journal: &mut Journal, now: Nanos) {
        if let Some(loss) = journal.file.look(now) {
            self.warn(Warning::of("log", loss));
        }
    }

    /// New messages of a sender enter the queue, where they arrive after the
    /// delay that this run adds; what they say, if the machine has an algorithm.
    pub(in crate::drive::real) fn deliver_from(
        &self,
        sender: MachineId,
        timestamps: &[u64],
        bodies: &[Body],
    ) {
        let faults = self.link_faults.get();
        let delay = |timestamp| {
            let added = faults.map_or(0, |faults| {
                faults.delay(sender, self.id, timestamp, self.clock.now())
            });
            self.delays.draw(sender, self.id, timestamp) + added
        };
        if self.letters.is_some() {
            let letters = timestamps.iter().zip(bodies);
            self.deliver_letters(letters.map(|(&timestamp, body)| {
                let delay = delay(timestamp);
                move |now| Message::saying(body.clone(), sender, timestamp, now + delay)
            }));
            return;
        }
        self.deliver(timestamps, |timestamp, now| {
            Message::new(sender, timestamp, now + delay(timestamp))
        });
    }

    pub(super) fn deliver(&self, timestamps: &[u64], message: impl Fn(u64, Nanos) -> Message) {
        let mut state = self.state();
        let node = state.classic();
        let now = self.clock.now();
        for &timestamp in timestamps {
            node.deliver(message(timestamp, now));
        }
        let (queue_len, waiting) = (node.queue_len(now), node.waiting().len());
        drop(state);
        self.gauges.queue_len.store(queue_len, Ordering::Relaxed);
        if waiting > MAX_QUEUE {
            self.fail(format!(
                "machine {}: {waiting} messages wait in its queue, more than the {MAX_QUEUE} it can hold",
                self.id
            ));
        }
    }

    /// The same for a machine with an algorithm: messages that say something, by the time at which they come.
    pub(super) fn deliver_letters<F: FnOnce(Nanos) -> Letter>(
        &self,
        letters: impl Iterator<Item = F>,
    ) {
        let Some(counts) = &self.letters else { return };
        let mut state = self.state();
        let handled = state.handled();
        let now = self.clock.now();
        let mut bytes = 0;
        for letter in letters {
            let letter = letter(now);
            bytes += body::length(&letter.body) as u64;
            handled.deliver(letter);
        }
        let (queue_len, waiting) = (
            handled.node().queue_len(now),
            handled.node().waiting().len(),
        );
        let bytes = counts.queue(bytes);
        drop(state);
        self.gauges.queue_len.store(queue_len, Ordering::Relaxed);
        if waiting > MAX_QUEUE || bytes > SendRoom::WHOLE.bytes {
            self.fail(format!(
                "machine {}: {waiting} messages with {bytes} bytes wait in its queue, more than the {MAX_QUEUE} \
                 messages or {} bytes it can hold",
                self.id,
                SendRoom::WHOLE.bytes
            ));
        }
    }

    /// Something outside the tick thread makes going on impossible.
    pub(in crate::drive::real) fn fail(&self, reason: String) {
        self.failure
            .lock()
            .expect("no holder panics")
            .get_or_insert(reason);
        self.controls.put(Control::Stop);
    }

    /// Why the machine cannot go on, if something made it impossible.
    pub(super) fn failure(&self) -> Option<Error> {
        let failure = self.failure.lock().expect("no holder panics");
        failure.as_ref().map(|reason| Error::state(reason.clone()))
    }

    /// It has ended, and connections to these peers never worked, for these reasons.
    pub(super) fn unreached(&self, peers: Vec<(usize, String)>) {
        let others = self.journal().others.clone();
        let mut addresses = self.peers.iter().chain(&others).enumerate();
        let told = peers.into_iter().filter_map(|(peer, why)| {
            let (_, address) = addresses.find(|(place, _)| *place == peer)?;
            Some(format!("no connection to {address} ever worked: {why}"))
        });
        let told: Vec<String> = told.collect();
        if !told.is_empty() {
            let told = format!("machine {}: {}", self.id, told.join("; "));
            self.unreached.get_or_init(|| told);
        }
    }

    /// Warns, unless the same was said lately.
    pub(in crate::drive::real) fn warn(&self, warning: Warning) {
        let now = self.clock.now();
        self.warnings().give(now, warning);
    }

    /// Nothing more will be warned of: what was held back is summed up.
    pub(super) fn end_warnings(&self) {
        let now = self.clock.now();
        self.warnings().end(now);
    }

    /// What it has heard of its messages, as END tells it.
    pub(super) fn heard(&self, heard: Vec<HeardMessage>) -> Option<Vec<HeardOf>> {
        let is_held_back = |faults: &LinkFaults| faults.schedule().has_delay(self.id);
        if self.delays.constant() != Some(0) || self.link_faults.get().is_some_and(is_held_back) {
            return None;
        }
        let message = |(peer_id, sent_clock, took): HeardMessage| HeardOf {
            peer_id,
            sent_clock,
            took: took.div_ceil(1000) as Micros,
        };
        Some(heard.into_iter().map(message).collect())
    }

    /// Takes the warnings since the last call.
    pub(super) fn take_warnings(&self) -> Vec<String> {
        let now = self.clock.now();
        self.warnings().take(now)
    }

    fn warnings(&self) -> MutexGuard<'_, Warnings> {
        self.warnings.lock().expect("no holder panics")
    }
}
