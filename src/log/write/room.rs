//! How much room there is for logs.

use std::path::Path;

use rustix::fs::statvfs;

/// The bytes that are free where a log, or a directory of logs, is or will be; `None` if it fills nothing, such
/// as a pipe, or the system does not say.
pub fn free_bytes(path: &Path) -> Option<u64> {
    if let Ok(there) = path.metadata()
        && !there.is_file()
        && !there.is_dir()
    {
        return None;
    }
    let here = path.is_relative().then_some(Path::new("."));
    let above = path.ancestors().filter(|path| !path.as_os_str().is_empty());
    let system = above.chain(here).find_map(|path| statvfs(path).ok())?;
    // File systems that keep nothing on a disk have no blocks.
    (system.f_blocks > 0).then(|| system.f_bavail.saturating_mul(system.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_that_of_the_first_directory_there_is() {
        let home = std::env::temp_dir();
        let whole = statvfs(&home).unwrap();
        for path in [home.clone(), home.join("lamport-none/run/machine_1.log")] {
            let free = free_bytes(&path).unwrap();
            assert!(
                free > 0 && free <= whole.f_blocks * whole.f_frsize,
                "{free}"
            );
        }
        assert!(free_bytes(Path::new("lamport-none/run")).is_some());
        assert!(free_bytes(Path::new("lamport-none")).is_some());
    }

    #[test]
    fn what_fills_nothing_has_no_bound() {
        assert_eq!(free_bytes(Path::new("/dev/null")), None);
        assert_eq!(free_bytes(Path::new("/proc/self")), None);
    }
}
