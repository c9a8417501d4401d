//! The process's limit of open files.

use std::fs;

use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::error::{Error, Result};

/// Sees to it that `needed` more files can be open, raising the soft limit to the hard one.
/// `remedy` is what the user can do beside raising the hard limit.
pub fn ensure(needed: u64, remedy: &str) -> Result<()> {
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
    Err(Error::io(
        format!(
            "this run needs {needed} open files but only {available} are available: \
             raise the hard limit (ulimit -Hn), {remedy}"
        ),
        Errno::MFILE.into(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_files_are_an_error_that_states_both_numbers() {
        ensure(1, "or not").unwrap();
        let needed = 1 << 50;
        if let Err(error) = ensure(needed, "or wait") {
            let text = error.to_string();
            assert!(
                text.contains(&needed.to_string())
                    && text.contains("available")
                    && text.contains("or wait"),
                "{text}"
            );
        }
    }
}
