//! What still runs when the interpreter exits: its threads would be gone between two lines.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use super::algorithm::handler_threads::{self, HandlerThread};
use crate::drive::real::own_process::OwnProcess;
use crate::drive::real::running::{self, Running};
use crate::error::Error;

/// How long the exit waits: an orderly end takes up to half of it.
const PATIENCE: Duration = Duration::from_secs(5);
/// The part of it that handlers may take to return by themselves.
const FOR_HANDLERS: Duration = Duration::from_secs(3);

/// What runs, its name, and where its handlers are at work.
type Named = (String, Arc<Running>, Vec<HandlerThread>);

/// What runs. It is locked with the interpreter's lock alone, and so never at the moment of a fork.
static ALL: Mutex<Vec<OwnProcess<Named>>> = Mutex::new(Vec::new());

/// Ends `running` in order, should the interpreter exit before its end.
pub(super) fn end(
    py: Python<'_>,
    name: String,
    running: Arc<Running>,
    threads: &[HandlerThread],
) -> PyResult<()> {
    static REGISTERED: PyOnceLock<()> = PyOnceLock::new();
    REGISTERED.get_or_try_init(py, || {
        let end_all = wrap_pyfunction!(end_all, py)?;
        py.import("atexit")?.call_method1("register", (end_all,))?;
        Ok::<_, PyErr>(())
    })?;
    let mut all = ALL.lock().expect("no holder panics");
    all.retain(|one| one.get().is_ok_and(|(_, running, _)| !running.is_done()));
    let named = (name.clone(), running, threads.to_vec());
    all.push(OwnProcess::new(name, named));
    Ok(())
}

/// End what runs, in order and within seconds. In a forked child nothing does.
#[pyfunction]
fn end_all(py: Python<'_>) -> PyResult<()> {
    let all = std::mem::take(&mut *ALL.lock().expect("no holder panics"));
    let here = all.iter().filter_map(|one| one.get().ok());
    let left: Vec<&Named> = here.filter(|(_, running, _)| !running.is_done()).collect();
    let runs: Vec<_> = left.iter().map(|(_, running, _)| running.clone()).collect();
    let was_asked: Vec<_> = runs.iter().map(|running| running.is_stopped()).collect();
    let threads: Vec<_> = left
        .iter()
        .flat_map(|(_, _, threads)| threads.clone())
        .collect();
    let mut patience = PATIENCE;
    // A handler that does not return would be cut off in the middle of anything.
    if !threads.is_empty() && !py.detach(|| running::are_done(&runs, FOR_HANDLERS)) {
        handler_threads::interrupt(py, &threads)?;
        patience -= FOR_HANDLERS;
    }
    let ended = py.detach(|| running::end(&runs, patience));
    for (((name, _, _), was_asked), ended) in left.into_iter().zip(was_asked).zip(ended) {
        let what = match ended {
            Ok(true) if was_asked => continue,
            Ok(true) => "it was ended early, with a complete log (join() waits for the end)".into(),
            Ok(false) => format!(
                "it did not end within {} s, and its log has no END",
                PATIENCE.as_secs()
            ),
            Err(Error::Interrupted(_)) => {
                "a handler that did not return was interrupted, and the log is complete".into()
            }
            Err(error) => error.to_string(),
        };
        let text = format!("{name} still ran when the script ended: {what}");
        py.import("lamport._model.warning")?
            .call_method1("warn", (text,))?;
    }
    Ok(())
}
