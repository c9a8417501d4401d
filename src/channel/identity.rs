//! Who a machine is: what tells one machine, its past, its process and its run from another.

use crate::error::{Error, Result};
use crate::model::message::MachineId;
pub use crate::model::nonce::Nonce;

/// Who a machine is to others.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    /// Its number in the run.
    pub id: MachineId,
    /// The run it belongs to.
    pub run_id: String,
    /// The name of its past.
    pub history: Nonce,
    /// The name of its process.
    pub instance: Nonce,
}

/// The run id, if it is one word of at most 64 letters, digits and `. _ -`.
pub fn check_run_id(run_id: &str) -> Result<&str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if run_id.is_empty() || run_id.len() > 64 || !run_id.bytes().all(is_plain) {
        return Err(Error::invalid(format!(
            "run id {run_id:?}: it must be one word of at most 64 letters, digits, dots, dashes and underscores"
        )));
    }
    Ok(run_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_id_is_one_plain_word() {
        assert!(check_run_id("lab").is_ok());
        for bad in ["", "a b", "a\n", "\"", &"x".repeat(65)] {
            assert!(check_run_id(bad).is_err(), "{bad:?}");
        }
    }
}
