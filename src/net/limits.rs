//! The process's limit of open files.

use std::fs;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::error::{Error, Result};

/// Sees to it that `needed` more files can be open, raising the soft limit to the hard one.
pub fn ensure_open_files(needed: u64) -> Result<()> {
    // The listing itself is one of those it shows; without /proc, guess what Python holds open.
    let open = fs::read_dir("/proc/self/fd").map_or(64, |entries| entries.count() as u64);
    let limit = getrlimit(Resource::Nofile);
    let wanted = open + needed;
    if limit.current.is_none_or(|soft| soft >= wanted) {
        return Ok(());
    }
    if limit.maximum.is_none_or(|hard| hard >= wanted) {
        let raised = Rlimit {
            current: limit.maximum,
            maximum: limit.maximum,
        };
        return setrlimit(Resource::Nofile, raised)
            .map_err(|error| Error::io("cannot raise the limit of open files", error.into()));
    }
    let available = limit.maximum.unwrap_or(u64::MAX).saturating_sub(open);
    Err(Error::state(format!(
        "this run needs {needed} open files but only {available} are available: raise the hard limit \
         (ulimit -Hn), use fewer machines or a sparser topology"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_files_are_an_error_that_states_both_numbers() {
        ensure_open_files(1).unwrap();
        let needed = 1 << 50;
        if let Err(error) = ensure_open_files(needed) {
            let text = error.to_string();
            assert!(
                text.contains(&needed.to_string()) && text.contains("available"),
                "{text}"
            );
        }
    }
}
