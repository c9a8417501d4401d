//! Logs that are still written, from Python.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;

use crate::drive::real::clock::ProcessClock;
use crate::log::columns::Micros;
use crate::log::follow::followed_files::Followed;
use crate::log::follow::follower::Follower;

/// A directory, or files.
#[derive(FromPyObject)]
enum FollowedPlace {
    Directory(PathBuf),
    Files(Vec<PathBuf>),
}

/// Follows the logs of a directory, or files, while they are written.
///
/// Parameters
/// ----------
/// place : path or sequence of path
///     A directory, which need not be there yet, or files.
/// limit : int
///     Events a second above which some are left out, whole messages at a time.
#[pyclass(frozen, name = "Follower", module = "lamport._lamport")]
pub(super) struct PyFollower {
    follower: Mutex<Follower>,
}

#[pymethods]
impl PyFollower {
    #[new]
    #[pyo3(signature = (place, *, limit = 5000))]
    fn new(place: FollowedPlace, limit: usize) -> PyResult<Self> {
        let followed = match place {
            FollowedPlace::Directory(path) => Followed::Directory(path),
            FollowedPlace::Files(paths) => Followed::Files(paths),
        };
        let follower = Mutex::new(Follower::new(followed, limit)?);
        Ok(Self { follower })
    }

    /// Say what stands at the beginning, a JSON object, and how many machines there are.
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     `head` is no JSON object of one line and at most 24,000 bytes.
    fn describe(&self, head: &str, machines: usize) -> PyResult<()> {
        let mut follower = self.follower.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(follower.describe(head, machines)?)
    }

    /// What is new, as JSON texts of one line and at most 200,000 bytes each; none if nothing happened.
    fn poll(&self, py: Python<'_>) -> Vec<String> {
        py.detach(|| {
            let clock = ProcessClock::of_process();
            let now = (clock.now() + clock.unix_origin()) / 1000;
            let mut follower = self.follower.lock().unwrap_or_else(PoisonError::into_inner);
            follower.poll(Micros::try_from(now).unwrap_or(Micros::MAX))
        })
    }

    /// Whether there is more to be read at once.
    #[getter]
    fn is_behind(&self) -> bool {
        let follower = self.follower.lock().unwrap_or_else(PoisonError::into_inner);
        follower.is_behind()
    }
}
