//! A machine as the poll thread holds it: its endpoint, and what that has of the system.

use std::collections::BTreeMap;
use std::sync::Arc;

use crossbeam_channel::Sender;
use mio::net::TcpListener;

use crate::channel::endpoint::{ConnectionId, Endpoint, Farewell};
use crate::drive::real::gate::Gate;
use crate::drive::real::machine::member::Member;
use crate::model::message::Nanos;

/// A machine, its endpoint and its sockets.
pub(super) struct Site {
    pub(super) member: Arc<Member>,
    pub(super) listener: TcpListener,
    pub(super) gate: Gate,
    pub(super) endpoint: Endpoint,
    /// The keys of the sockets of its connections.
    pub(super) sockets: BTreeMap<ConnectionId, usize>,
    /// When its endpoint is to be woken, as the timers have it.
    pub(super) wake_at: Option<Nanos>,
    /// Accepting is paused: a timer will take the connections that wait.
    pub(super) is_pausing: bool,
    /// At the end: who is told once all is done.
    pub(super) reply: Option<Sender<Farewell>>,
}
