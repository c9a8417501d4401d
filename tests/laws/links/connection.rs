//! A byte stream between two machines, and what stands between it and their endpoints.

use std::collections::VecDeque;

use lamport::channel::endpoint::ConnectionId;

/// The end that connected, and the end that was connected to.
pub const SENDER: usize = 0;
pub const RECEIVER: usize = 1;

/// One process's part of a connection.
#[derive(Debug)]
pub struct End {
    /// What its endpoint calls it.
    pub id: ConnectionId,
    /// Whether a whole line has come.
    pub has_heard: bool,
    /// Where words are twisted: the beginning of a line that came.
    pub begun: Vec<u8>,
    /// Where words are twisted: lines that have left the endpoint and not the process.
    pub held: VecDeque<u8>,
}

/// How bytes come to their end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum After {
    /// More may come.
    #[default]
    More,
    /// Their writer has said that these are the last.
    End,
    /// The connection is broken.
    Break,
}

/// Bytes on their way in one direction; they outlive the process that wrote them.
#[derive(Debug, Default)]
pub struct Flow {
    pub bytes: VecDeque<u8>,
    /// What comes after these bytes.
    pub after: After,
}

/// A connection; an end is gone once its process has closed it or died.
#[derive(Debug)]
pub struct Connection {
    pub from: usize,
    /// The entry in the sender's list of peers.
    pub position: usize,
    pub to: usize,
    pub ends: [Option<End>; 2],
    /// What each end has written.
    pub flows: [Flow; 2],
}

impl End {
    fn new(id: ConnectionId) -> Self {
        Self {
            id,
            has_heard: false,
            begun: Vec::new(),
            held: VecDeque::new(),
        }
    }
}

impl Flow {
    /// Takes bytes; a broken connection swallows what it is given until reading tells.
    pub fn take(&mut self, bytes: impl IntoIterator<Item = u8>) {
        if self.after == After::More {
            self.bytes.extend(bytes);
        }
    }
}

impl Connection {
    pub fn new(from: usize, position: usize, to: usize, ids: [ConnectionId; 2]) -> Self {
        Self {
            from,
            position,
            to,
            ends: ids.map(|id| Some(End::new(id))),
            flows: <[Flow; 2]>::default(),
        }
    }

    /// The machine at an end.
    pub fn machine(&self, side: usize) -> usize {
        if side == SENDER { self.from } else { self.to }
    }

    /// Whether this is what an endpoint calls so.
    pub fn is(&self, side: usize, index: usize, id: ConnectionId) -> bool {
        let end = self.ends[side].as_ref();
        self.machine(side) == index && end.is_some_and(|end| end.id == id)
    }

    /// An end goes: of what it has written the other still gets `kept` bytes.
    pub fn leave(&mut self, side: usize, kept: usize) {
        if self.ends[side].take().is_none() {
            return;
        }
        let flow = &mut self.flows[side];
        let is_whole = kept >= flow.bytes.len() && flow.after != After::Break;
        flow.bytes.truncate(kept);
        flow.after = if is_whole { After::End } else { After::Break };
        self.flows[1 - side].bytes.clear();
        self.flows[1 - side].after = After::Break;
    }

    /// Both directions break; so many bytes of each still come.
    pub fn reset(&mut self, kept: [usize; 2]) {
        for (flow, kept) in self.flows.iter_mut().zip(kept) {
            flow.bytes.truncate(kept);
            flow.after = After::Break;
        }
    }

    pub fn is_gone(&self) -> bool {
        self.ends.iter().all(Option::is_none)
    }
}
