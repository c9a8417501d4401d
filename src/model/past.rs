//! What was sent and received before a machine came back.

use std::collections::BTreeMap;

use crate::model::message::MachineId;
use crate::model::nonce::Nonce;

/// What a log says of the channels of the machine that wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Past {
    /// The channels to the peers, in the order of the peer list.
    pub peers: Vec<PeerPast>,
    /// For each sender, its newest message with a RECEIVE line.
    pub received: BTreeMap<MachineId, u64>,
}

/// What a log says of the channel to a peer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeerPast {
    /// The timestamps of all that was sent to it.
    pub sent: Vec<u64>,
    /// The newest of them that can have left, 0 if none can: nothing leaves before a CONNECT line to the
    /// peer is written, and each start needs one of its own.
    pub left: u64,
    /// The id and history that the last CONNECT line tells.
    pub known: Option<(MachineId, Nonce)>,
}
