//! What was sent and received before a machine came back.

use std::collections::BTreeMap;

use crate::model::message::MachineId;
use crate::model::nonce::Nonce;

/// What a log says of the channels of the machine that wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Past {
    /// For each peer, in the order of the peer list, the timestamps of all that was sent to it.
    pub sent: Vec<Vec<u64>>,
    /// For each peer, the id and history that the last CONNECT line tells.
    pub known: Vec<Option<(MachineId, Nonce)>>,
    /// For each sender, its newest message with a RECEIVE line.
    pub received: BTreeMap<MachineId, u64>,
}
