//! What the messages of a machine with an algorithm take, and who its peers are.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::channel::kept_bodies::KeptSize;
use crate::model::handler::SendRoom;
use crate::model::message::MachineId;

/// Counts of messages and of the bytes of their bodies: each only grows but for `queued`.
#[derive(Debug)]
pub(super) struct Letters {
    /// What was sent, each recipient of a message counted; of lives before, no bodies are counted.
    messages: AtomicU64,
    bytes: AtomicU64,
    /// What of that no peer needs any more, as the poll thread last said.
    forgotten_messages: AtomicU64,
    forgotten_bytes: AtomicU64,
    /// The bytes of bodies in the queue.
    queued: AtomicU64,
    /// The ids of the peers, as far as they are known.
    peer_ids: Mutex<Vec<Option<MachineId>>>,
}

impl Letters {
    /// Those of a machine that has sent so many before.
    pub(super) fn new(peer_ids: Vec<Option<MachineId>>, sent: u64) -> Self {
        Self {
            messages: AtomicU64::new(sent),
            bytes: AtomicU64::new(0),
            forgotten_messages: AtomicU64::new(0),
            forgotten_bytes: AtomicU64::new(0),
            queued: AtomicU64::new(0),
            peer_ids: Mutex::new(peer_ids),
        }
    }

    /// A message was sent to so many peers, with a body of so many bytes.
    pub(super) fn sent(&self, recipients: u64, bytes: u64) {
        self.messages.fetch_add(recipients, Ordering::Release);
        // To no one it is not kept.
        let bytes = if recipients == 0 { 0 } else { bytes };
        self.bytes.fetch_add(bytes, Ordering::Release);
    }

    /// So much of what was sent no peer needs any more.
    pub(super) fn forgot(&self, forgotten: KeptSize) {
        let KeptSize { messages, bytes } = forgotten;
        self.forgotten_messages.store(messages, Ordering::Release);
        self.forgotten_bytes.store(bytes, Ordering::Release);
    }

    /// What is kept for peers.
    pub(super) fn kept(&self) -> KeptSize {
        let left = |all: &AtomicU64, gone: &AtomicU64| {
            // What is gone was there before: it is read first.
            let gone = gone.load(Ordering::Acquire);
            all.load(Ordering::Acquire).saturating_sub(gone)
        };
        KeptSize {
            messages: left(&self.messages, &self.forgotten_messages),
            bytes: left(&self.bytes, &self.forgotten_bytes),
        }
    }

    /// What may still be sent.
    pub(super) fn room(&self) -> SendRoom {
        let KeptSize { messages, bytes } = self.kept();
        SendRoom {
            messages: SendRoom::WHOLE.messages.saturating_sub(messages),
            bytes: SendRoom::WHOLE.bytes.saturating_sub(bytes),
        }
    }

    /// So many bytes came into the queue. How many there are then.
    pub(super) fn queue(&self, bytes: u64) -> u64 {
        self.queued.fetch_add(bytes, Ordering::Relaxed) + bytes
    }

    /// So many bytes left the queue.
    pub(super) fn unqueue(&self, bytes: u64) {
        self.queued.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// A peer has told its id.
    pub(super) fn know(&self, peer: usize, id: MachineId) {
        let mut ids = self.peer_ids.lock().expect("no holder panics");
        if let Some(known) = ids.get_mut(peer) {
            *known = Some(id);
        }
    }

    /// The ids of all peers, once all are known.
    pub(super) fn peer_ids(&self) -> Option<Vec<MachineId>> {
        let ids = self.peer_ids.lock().expect("no holder panics");
        ids.iter().copied().collect()
    }
}
