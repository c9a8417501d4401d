//! What a run will need, from Python.

use std::path::PathBuf;

use pyo3::prelude::*;

use super::arguments::Whole;
use super::interrupt::interruptible;
use super::setting::RunSetting;
use crate::log::write::room;

/// Say what will be full before a run ends: the disk, and the queue that is full first.
///
/// `setting` and `seed` are those of the run, `free` the bytes for its logs (None: no bound), `place` where
/// they go, in words. Returns for each whether it is so soon that the run is better not begun, and the
/// sentence, by time.
#[pyfunction]
#[pyo3(signature = (setting, *, seed, free, place))]
pub(super) fn shortages(
    py: Python<'_>,
    setting: RunSetting,
    seed: Whole,
    free: Option<u64>,
    place: &str,
) -> PyResult<Vec<(bool, String)>> {
    let setup = setting.build(seed.0)?;
    let found = interruptible(py, |go_on| setup.shortages(free, go_on))?;
    Ok(found
        .iter()
        .map(|shortage| (shortage.is_near(), shortage.in_words(place)))
        .collect())
}

/// The bytes that are free where a file or directory is or will be; None if neither, or not known.
#[pyfunction]
pub(super) fn free_bytes(path: PathBuf) -> Option<u64> {
    room::free_bytes(&path)
}
