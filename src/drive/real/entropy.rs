//! The system's own randomness: what names histories and processes, and makes keys of sessions.

use std::io;

use rand::TryRng;
use rand::rngs::SysRng;

use crate::channel::identity::Nonce;
use crate::error::{Error, Result};

/// 64 random bits.
pub(super) fn nonce() -> Result<Nonce> {
    let bits = SysRng.try_next_u64().map_err(failed)?;
    Ok(Nonce(bits))
}

/// 32 random bytes.
pub(super) fn bytes() -> Result<[u8; 32]> {
    let mut bytes = [0; 32];
    SysRng.try_fill_bytes(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

fn failed(error: <SysRng as TryRng>::Error) -> Error {
    Error::io("the system's random numbers", io::Error::other(error))
}
