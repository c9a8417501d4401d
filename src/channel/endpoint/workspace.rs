//! Memory for reads.

use crate::model::body::Body;
use crate::model::message::MachineId;

/// Memory for one read, which all connections of all endpoints may share.
#[derive(Debug, Default)]
pub struct Workspace {
    /// What the bytes say, once decrypted.
    pub(super) plain: Vec<u8>,
    pub(super) sender: MachineId,
    pub(super) messages: Vec<u64>,
    /// What they say, at a machine with an algorithm.
    pub(super) bodies: Vec<Body>,
}

impl Workspace {
    /// The new messages of the last read, and who sent them.
    pub fn messages(&self) -> (MachineId, &[u64]) {
        (self.sender, &self.messages)
    }

    /// What each of them says, at a machine with an algorithm.
    pub fn bodies(&self) -> &[Body] {
        &self.bodies
    }
}
