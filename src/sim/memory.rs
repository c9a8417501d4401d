//! What memory there is, before a run takes it.

use std::fs;

use crate::error::{Error, Result};

/// Checks that so many bytes can be had, as far as the system tells.
pub fn ensure(needed: u64) -> Result<()> {
    match available() {
        Some(available) if needed > available => Err(Error::state(format!(
            "recording every event of this run needs about {:.1} GB but only {:.1} GB of memory are available: \
             use record=False, which keeps run.machines only, or a shorter run",
            needed as f64 / 1e9,
            available as f64 / 1e9
        ))),
        _ => Ok(()),
    }
}

/// The memory that can be had without swapping, where the system tells.
fn available() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find(|line| line.starts_with("MemAvailable:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_there_is_names_the_way_out() {
        ensure(1 << 10).unwrap();
        if available().is_some() {
            let error = ensure(1 << 60).unwrap_err().to_string();
            assert!(error.contains("record=False"), "{error}");
        }
    }
}
