//! Memory for reads.

use crate::model::message::MachineId;

/// Memory for one read, which all connections of all endpoints may share.
#[derive(Debug, Default)]
pub struct Workspace {
    /// What the bytes say, once decrypted.
    pub(super) plain: Vec<u8>,
    pub(super) sender: MachineId,
    pub(super) messages: Vec<u64>,
}

impl Workspace {
    /// The new messages of the last read, and who sent them.
    pub fn messages(&self) -> (MachineId, &[u64]) {
        (self.sender, &self.messages)
    }
}
