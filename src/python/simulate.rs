//! Runs in virtual time, from Python.

use std::num::NonZero;
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;

use numpy::IntoPyArray;
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::arguments::Whole;
use super::interrupt::{LOOK, interruptible};
use super::logs::PyLogs;
use super::setting::RunSetting;
use crate::drive::simulated::engine::Simulation;
use crate::drive::simulated::files::Files;
use crate::drive::simulated::in_time::InTime;
use crate::drive::simulated::memory;
use crate::drive::simulated::ran::Ran;
use crate::drive::simulated::record::Records;
use crate::drive::simulated::replay::replay;
use crate::drive::simulated::setup::Setup;
use crate::drive::simulated::sweep;
use crate::drive::simulated::watch::Watch;
use crate::drive::simulated::windows::choice::{Choice, Windows};
use crate::error::Result;
use crate::model::discipline::Discipline;
use crate::setting::check_threads;

/// A run of at most this many machines, events and messages is over before anyone could interrupt it.
const SHORT: f64 = 200_000.0;

/// What a run in virtual time came to.
#[pyclass(frozen, get_all, module = "lamport._lamport")]
pub(super) struct Simulated {
    /// The logs; without recording only ``machines`` of them is there.
    logs: Py<PyLogs>,
    /// Ticks per second of each machine.
    rates: Vec<f64>,
    /// The id of the run, as its STARTUP lines state it.
    run_id: String,
    /// Seconds of virtual time that passed: the duration, or less if interrupted.
    elapsed: f64,
    /// How many ticks fell on the very time of the one before them.
    ties: u64,
    /// Whether it ended before its last tick.
    interrupted: bool,
    /// What an invariant said that did not hold, None if all did.
    pub(super) violation: Option<Py<PyAny>>,
    /// How many threads made it.
    threads: usize,
    /// Why these are fewer than were asked for, None if they are not.
    fewer_threads: Option<String>,
}

impl Simulated {
    /// What a run came to.
    pub(super) fn of(
        py: Python<'_>,
        run: &impl Ran,
        logs: PyLogs,
        ties: u64,
        interrupted: bool,
    ) -> PyResult<Self> {
        Ok(Self {
            logs: Py::new(py, logs)?,
            rates: (0..run.machine_count())
                .map(|machine| run.rate(machine))
                .collect(),
            run_id: run.run_id(),
            elapsed: run.elapsed(),
            ties,
            interrupted,
            violation: None,
            threads: 1,
            fewer_threads: None,
        })
    }
}

/// Run in virtual time.
///
/// Machine i + 1 has the rate ``rates[i]`` and the peers ``topology[i]``, counted from 0. With `log_dir`,
/// an existing directory, the logs ``machine_<id>.log`` are written there. `progress` is called with the
/// virtual time in s every 50 ms or so. Ctrl-C ends the run early; what `progress` raises goes on. Without
/// recording, `since` has `Logs.in_time` know what machines did from that time on. The run is made on
/// `threads` threads at most, None: as many as there are processors, where that is faster than on one; it is
/// the same on any number.
///
/// Raises
/// ------
/// ValueError
///     A parameter is outside what the model allows.
/// FileExistsError
///     A log exists.
/// LamportError
///     Recording would need more memory than there is.
#[pyfunction]
#[pyo3(signature = (setting, *, seed, record, since, log_dir, progress, threads))]
#[expect(
    clippy::too_many_arguments,
    reason = "one for each of the Python signature's"
)]
pub(super) fn simulate(
    py: Python<'_>,
    setting: RunSetting,
    seed: Whole,
    record: bool,
    since: Option<f64>,
    log_dir: Option<PathBuf>,
    progress: Option<Py<PyAny>>,
    threads: Option<Whole>,
) -> PyResult<Simulated> {
    let setup = setting.build(seed.0)?;
    setup.check()?;
    let threads = threads
        .map(|threads| check_threads(threads.0))
        .transpose()?;
    if log_dir.is_some() {
        Files::ensure_open(setup.topology.machines())?;
    }
    let since = since.filter(|_| !record);
    memory::ensure(&setup, record, since.is_some())?;
    let keep = Keep {
        record,
        since,
        threads,
    };
    let duration = setup.duration;
    let mut interrupt: Option<PyErr> = None;
    let mut look = |now: f64| {
        Python::attach(|py| {
            let told = match &progress {
                Some(progress) => progress.call1(py, (now.min(duration),)).map(|_| ()),
                None => Ok(()),
            };
            let signal = told.and_then(|()| py.check_signals()).err();
            let goes_on = signal.is_none();
            interrupt = interrupt.take().or(signal);
            goes_on
        })
    };
    let made = py.detach(|| {
        let watch = Watch::default();
        if is_short(&setup) {
            make(setup, keep, log_dir, &watch)
        } else {
            beside(&watch, &mut look, || make(setup, keep, log_dir, &watch))
        }
    })?;
    // Ctrl-C gives back what there is, if there is anything; what a callback raises goes on.
    let made = match (made, interrupt) {
        (Some(made), None) => made,
        (Some(made), Some(error)) if error.is_instance_of::<PyKeyboardInterrupt>(py) => made,
        (_, Some(error)) => return Err(error),
        (None, None) => unreachable!("only what interrupts it ends it early"),
    };
    let simulation = made.simulation;
    let ties = simulation.ties();
    let mut simulated = Simulated::of(py, &simulation, made.logs, ties, !made.is_over)?;
    simulated.threads = made.choice.windows.map_or(1, |windows| windows.threads);
    simulated.fewer_threads = made.choice.why.filter(|_| threads.is_some());
    Ok(simulated)
}

/// Whether a run is over before anyone could interrupt it.
fn is_short(setup: &Setup) -> bool {
    let steps = setup.expected_ticks() * (1.0 + setup.expected_messages());
    steps + f64::from(setup.topology.machines()) <= SHORT
}

/// Does `work` on a thread of its own while `look` looks on and may say stop.
fn beside<T: Send>(
    watch: &Watch,
    look: &mut (dyn FnMut(f64) -> bool + Send),
    work: impl FnOnce() -> T + Send,
) -> T {
    let (tell, told) = channel::<()>();
    thread::scope(|scope| {
        let work = scope.spawn(move || {
            let _tell = tell;
            work()
        });
        while told.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
            if !look(watch.now() as f64 / 1e9) {
                watch.stop();
            }
        }
        work.join().expect("a simulation does not panic")
    })
}

/// What is to be kept of a run.
#[derive(Clone, Copy)]
struct Keep {
    /// Every event.
    record: bool,
    /// What machines did from this time on.
    since: Option<f64>,
    /// On how many threads at most.
    threads: Option<NonZero<usize>>,
}

/// A run that was made.
struct Made {
    simulation: Simulation,
    logs: PyLogs,
    is_over: bool,
    choice: Choice,
}

/// Makes a run, as far as it comes before it is asked to stop. `None` if it was asked to before the first
/// tick, or once more while the tables are made.
fn make(setup: Setup, keep: Keep, log_dir: Option<PathBuf>, watch: &Watch) -> Result<Option<Made>> {
    let Some(mut simulation) = Simulation::watched(setup, watch)? else {
        return Ok(None);
    };
    let files = log_dir
        .map(|directory| Files::create(&simulation, &directory))
        .transpose()?;
    let mut in_time = keep.since.map(|since| InTime::new(&simulation, since));
    let choice = simulation.choose(keep.threads);
    let (windows, record) = (choice.windows, keep.record);
    let kept = (record.then(Records::default), in_time.as_mut(), files);
    let (records, is_over) = run(&mut simulation, windows, kept, watch)?;
    let stops = watch.stops();
    let mut go_on = || watch.stops() == stops;
    let logs = match records {
        Some(records) => simulation.logs(records, &mut go_on).map(PyLogs::new),
        None => simulation.machines(&mut go_on).map(|machines| {
            let since = in_time.map(|in_time| in_time.since(&simulation));
            PyLogs::of_machines(machines, keep.since.zip(since))
        }),
    };
    Ok(logs.map(|logs| Made {
        simulation,
        logs,
        is_over,
        choice,
    }))
}

fn run(
    simulation: &mut Simulation,
    windows: Option<Windows>,
    (mut records, in_time, mut files): (Option<Records>, Option<&mut InTime>, Option<Files>),
    watch: &Watch,
) -> Result<(Option<Records>, bool)> {
    let is_over = match (&mut records, in_time, &mut files) {
        (Some(records), _, None) => simulation.run_in(windows, records, watch),
        (Some(records), _, Some(files)) => simulation.run_in(windows, &mut (records, files), watch),
        (None, None, None) => simulation.run_in(windows, &mut (), watch),
        (None, None, Some(files)) => simulation.run_in(windows, files, watch),
        (None, Some(in_time), None) => in_time.of_run_in(simulation, windows, watch, &mut ()),
        (None, Some(in_time), Some(files)) => in_time.of_run_in(simulation, windows, watch, files),
    };
    if let Some(files) = files {
        files.finish(simulation)?;
    }
    Ok((records, is_over))
}

/// Find the first point that is outside what the model allows: its place, and what is wrong.
#[pyfunction]
pub(super) fn wrong_point(py: Python<'_>, points: Vec<RunSetting>) -> Option<(usize, String)> {
    py.detach(|| {
        points.into_iter().enumerate().find_map(|(number, point)| {
            let checked = point.build(0).and_then(|setup| setup.check());
            checked.err().map(|error| (number, error.to_string()))
        })
    })
}

/// Run every point `runs` times in virtual time, on `threads` threads.
///
/// Run k has the same seed at every point. `progress` is called with the number of finished runs every 50 ms
/// or so.
///
/// Returns
/// -------
/// dict
///     One row per machine and run, sorted by (point, run, machine): ``point``, ``run`` (from
///     `first_run`), ``seed``, ``machine_id``, ``ticks``, ``sends``, ``receives``, ``internals``,
///     ``final_clock``, ``max_jump``, ``max_queue_len``, ``final_queue_len``, ``drift`` (int64),
///     ``clock_rate``, ``mean_jump``, ``queue_growth`` (float64). With `since` machines are counted from that
///     time on (s), and there are ``max_drift`` (int64), ``mean_drift``, ``mean_wait`` and ``mean_queue_len``
///     (float64), too.
/// bool
///     Whether Ctrl-C ended it early; then only finished runs have rows.
///
/// Raises
/// ------
/// ValueError
///     A point is outside what the model allows: `wrong_point` says which.
#[pyfunction]
#[pyo3(signature = (points, *, first_run, runs, seed, since, threads, progress))]
#[expect(
    clippy::too_many_arguments,
    reason = "one for each of the Python signature's"
)]
pub(super) fn sweep_runs(
    py: Python<'_>,
    points: Vec<RunSetting>,
    first_run: u64,
    runs: u64,
    seed: Whole,
    since: Option<f64>,
    threads: usize,
    progress: Option<Py<PyAny>>,
) -> PyResult<(Bound<'_, PyDict>, bool)> {
    let points: Vec<Setup> = points
        .into_iter()
        .map(|point| point.build(0))
        .collect::<Result<_>>()?;
    let mut interrupt: Option<PyErr> = None;
    let table = py.detach(|| {
        let mut look = |done: u64| {
            Python::attach(|py| {
                let told = match &progress {
                    Some(progress) => progress.call1(py, (done,)).map(|_| ()),
                    None => Ok(()),
                };
                if let Err(error) = told.and_then(|()| py.check_signals()) {
                    interrupt.get_or_insert(error);
                }
            });
            interrupt.is_none()
        };
        sweep::sweep(
            &points,
            first_run..first_run + runs,
            seed.0,
            since,
            threads,
            &mut look,
        )
    })?;
    let interrupted = match interrupt {
        Some(error) if !error.is_instance_of::<PyKeyboardInterrupt>(py) => {
            return Err(error);
        }
        other => other.is_some(),
    };
    let dict = PyDict::new(py);
    dict.set_item("point", table.point.into_pyarray(py))?;
    dict.set_item("run", table.run.into_pyarray(py))?;
    dict.set_item("seed", table.seed.into_pyarray(py))?;
    dict.set_item("machine_id", table.machine_id.into_pyarray(py))?;
    dict.set_item("clock_rate", table.clock_rate.into_pyarray(py))?;
    dict.set_item("ticks", table.ticks.into_pyarray(py))?;
    dict.set_item("sends", table.sends.into_pyarray(py))?;
    dict.set_item("receives", table.receives.into_pyarray(py))?;
    dict.set_item("internals", table.internals.into_pyarray(py))?;
    dict.set_item("final_clock", table.final_clock.into_pyarray(py))?;
    dict.set_item("mean_jump", table.mean_jump.into_pyarray(py))?;
    dict.set_item("max_jump", table.max_jump.into_pyarray(py))?;
    dict.set_item("max_queue_len", table.max_queue_len.into_pyarray(py))?;
    dict.set_item("final_queue_len", table.final_queue_len.into_pyarray(py))?;
    dict.set_item("queue_growth", table.queue_growth.into_pyarray(py))?;
    dict.set_item("drift", table.drift.into_pyarray(py))?;
    if since.is_some() {
        dict.set_item("mean_drift", table.mean_drift.into_pyarray(py))?;
        dict.set_item("max_drift", table.max_drift.into_pyarray(py))?;
        dict.set_item("mean_wait", table.mean_wait.into_pyarray(py))?;
        dict.set_item("mean_queue_len", table.mean_queue_len.into_pyarray(py))?;
    }
    Ok((dict, interrupted))
}

/// A line of a log, what the node does there, and what the log says.
type Divergent = (u64, String, String);

/// Play a log again: its arrivals, in virtual time, with the node and the draws that made it, of a program
/// that keeps its clock as `simulate` calls it.
///
/// Returns
/// -------
/// int
///     The machine.
/// int
///     How many events happened again, before the first that did not.
/// tuple or None
///     That first one: its line in the log, what the node does there, and what the log says.
///
/// Raises
/// ------
/// LogError
///     The log does not tell how it was made (no seed) or all arrivals (no END, a resumed machine).
/// OSError
///     It cannot be read.
#[pyfunction]
#[pyo3(signature = (path, *, stamp, receive, draw_after_receive))]
pub(super) fn replay_log(
    py: Python<'_>,
    path: PathBuf,
    stamp: &str,
    receive: &str,
    draw_after_receive: bool,
) -> PyResult<(u64, u64, Option<Divergent>)> {
    let discipline = Discipline::from_words(stamp, receive, draw_after_receive)?;
    let replayed = interruptible(py, |go_on| replay(&path, discipline, go_on))?;
    let divergence = replayed
        .divergence
        .map(|at| (at.line, at.expected, at.found));
    Ok((replayed.machine_id, replayed.events, divergence))
}
