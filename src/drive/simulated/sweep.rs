//! Many runs: every point of a grid, several seeds each, on several threads.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use crate::causality::over_time::Did;
use crate::drive::simulated::engine::Simulation;
use crate::drive::simulated::id;
use crate::drive::simulated::in_time::InTime;
use crate::drive::simulated::ran::Ran;
use crate::drive::simulated::setup::Setup;
use crate::drive::simulated::watch::Watch;
use crate::error::{Error, Result};
use crate::log::schema::EventKind;
use crate::model::random::mix;
use crate::setting::MAX_SEED;

/// How often the caller is told how far the runs are.
const LOOK: Duration = Duration::from_millis(50);
/// Events that a thread takes at a time, about.
const PORTION: f64 = 1e6;
/// Runs that a thread takes at a time, at most.
const MOST_RUNS: f64 = 4096.0;

/// One row per machine and run, sorted by (point, run, machine).
#[derive(Debug, Default, PartialEq)]
pub struct SweepTable {
    /// The point, by its place in the list.
    pub point: Vec<i64>,
    /// The run, by its number.
    pub run: Vec<i64>,
    /// The seed of the run: that of the same number at every other point.
    pub seed: Vec<i64>,
    /// The machine.
    pub machine_id: Vec<i64>,
    /// Ticks per second.
    pub clock_rate: Vec<f64>,
    /// How many ticks happened.
    pub ticks: Vec<i64>,
    /// Its SENDs.
    pub sends: Vec<i64>,
    /// Its RECEIVEs.
    pub receives: Vec<i64>,
    /// Its INTERNALs.
    pub internals: Vec<i64>,
    /// The clock at the end.
    pub final_clock: Vec<i64>,
    /// The mean step of its clock, NaN without events.
    pub mean_jump: Vec<f64>,
    /// The largest step of its clock.
    pub max_jump: Vec<i64>,
    /// The longest queue seen, that at the end included.
    pub max_queue_len: Vec<i64>,
    /// The queue at the end.
    pub final_queue_len: Vec<i64>,
    /// Messages per second that the queue gained.
    pub queue_growth: Vec<f64>,
    /// The run's: the largest final clock less the smallest.
    pub drift: Vec<i64>,
    /// The run's: the mean over time of the largest clock less the smallest. This and what follows is empty
    /// unless runs are counted from some time on.
    pub mean_drift: Vec<f64>,
    /// The run's: the largest of it.
    pub max_drift: Vec<i64>,
    /// How long the messages that it received had waited, on average, in seconds.
    pub mean_wait: Vec<f64>,
    /// How many messages waited, on average over time.
    pub mean_queue_len: Vec<f64>,
}

/// The seed of run `run` of a sweep with `seed`.
pub fn seed_of(seed: u64, run: u64) -> u64 {
    mix(mix(seed) ^ run) & MAX_SEED
}

/// Runs each point with the seeds of `runs` on `threads` threads.
///
/// With `since`, machines are counted from that time on, and what they came to over time is told.
///
/// `watch` is told every 50 ms how many runs are done; when it says no, the
/// runs that are finished are returned. The table does not depend on `threads`.
pub fn sweep(
    points: &[Setup],
    runs: Range<u64>,
    seed: u64,
    since: Option<f64>,
    threads: usize,
    watch: &mut dyn FnMut(u64) -> bool,
) -> Result<SweepTable> {
    let portions = portions(points, &runs)?;
    let (next, done) = (AtomicU64::new(0), AtomicU64::new(0));
    let stop = Watch::default();
    let rows = points
        .iter()
        .map(|point| point.topology.machines() as usize);
    let rows = rows.sum::<usize>() * (runs.end - runs.start) as usize;
    let gathered = Mutex::new(Gathered::with_room(rows, since.is_some()));
    let failure = Mutex::new(None);
    let (tell, told) = channel::<()>();
    thread::scope(|scope| {
        for _ in 0..threads.clamp(1, portions.len().max(1)) {
            let (portions, tell) = (&portions, tell.clone());
            let (next, done, stop, gathered, failure) = (&next, &done, &stop, &gathered, &failure);
            scope.spawn(move || {
                // Dropped with the thread: the watcher waits for the last.
                let _tell = tell;
                let mut worker = Worker {
                    points,
                    seed,
                    since,
                    simulation: None,
                };
                while !stop.is_stopped() {
                    let place = next.fetch_add(1, Ordering::Relaxed) as usize;
                    let Some((point, runs)) = portions.get(place) else {
                        return;
                    };
                    match worker.work(*point, runs.clone(), stop, done) {
                        Ok(table) => gathered.lock().expect("no holder panics").put(place, table),
                        Err(error) => {
                            failure
                                .lock()
                                .expect("no holder panics")
                                .get_or_insert(error);
                            stop.stop();
                        }
                    }
                }
            });
        }
        drop(tell);
        while told.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
            if !watch(done.load(Ordering::Relaxed)) {
                stop.stop();
            }
        }
    });
    if let Some(error) = failure.into_inner().expect("no holder panics") {
        return Err(error);
    }
    Ok(gathered.into_inner().expect("no holder panics").finish())
}

/// The tables of portions on their way into one, in the order of the portions whoever is done first.
///
/// Threads append while others simulate; done at the end, by one thread, it is a tenth of a long sweep on two cores.
struct Gathered {
    table: SweepTable,
    /// The portion that comes next.
    next: usize,
    /// Portions that are done before it.
    ahead: BTreeMap<usize, SweepTable>,
}

impl Gathered {
    /// Columns that grow would be copied again and again; room that is not used costs nothing.
    fn with_room(rows: usize, is_over_time: bool) -> Self {
        let mut table = SweepTable::default();
        table.reserve(rows, is_over_time);
        Self {
            table,
            next: 0,
            ahead: BTreeMap::new(),
        }
    }

    fn put(&mut self, place: usize, part: SweepTable) {
        self.ahead.insert(place, part);
        while let Some(part) = self.ahead.remove(&self.next) {
            self.table.append(part);
            self.next += 1;
        }
    }

    /// What is done; of a sweep that was stopped, portions between may be missing.
    fn finish(mut self) -> SweepTable {
        for part in self.ahead.into_values() {
            self.table.append(part);
        }
        self.table
    }
}

/// Points and runs in pieces of about the same work.
fn portions(points: &[Setup], runs: &Range<u64>) -> Result<Vec<(usize, Range<u64>)>> {
    let mut portions = Vec::new();
    for (point, setup) in points.iter().enumerate() {
        setup
            .check()
            .map_err(|error| Error::invalid(format!("point {point}: {error}")))?;
        let step = (PORTION / setup.expected_ticks().max(1.0)).clamp(1.0, MOST_RUNS) as u64;
        let mut start = runs.start;
        while start < runs.end {
            let end = runs.end.min(start + step);
            portions.push((point, start..end));
            start = end;
        }
    }
    Ok(portions)
}

/// A thread's own: the memory of a simulation is used for all runs of a point.
struct Worker<'a> {
    points: &'a [Setup],
    seed: u64,
    since: Option<f64>,
    simulation: Option<(usize, Simulation)>,
}

impl Worker<'_> {
    fn work(
        &mut self,
        point: usize,
        runs: Range<u64>,
        stop: &Watch,
        done: &AtomicU64,
    ) -> Result<SweepTable> {
        let mut table = SweepTable::default();
        if self
            .simulation
            .as_ref()
            .is_none_or(|(made_for, _)| *made_for != point)
        {
            let setup = self.points[point].clone();
            self.simulation = Simulation::watched(setup, stop)?.map(|made| (point, made));
        }
        let Some((_, simulation)) = &mut self.simulation else {
            return Ok(table);
        };
        let mut in_time = self.since.map(|since| InTime::new(simulation, since));
        for run in runs {
            let seed = seed_of(self.seed, run);
            if !simulation.restart(seed, stop)? {
                break;
            }
            let is_whole = match &mut in_time {
                Some(in_time) => in_time.of_run(simulation, stop, &mut ()),
                None => simulation.run(&mut (), stop),
            };
            if !is_whole {
                break;
            }
            table.add(point, run, simulation, in_time.as_ref());
            done.fetch_add(1, Ordering::Relaxed);
        }
        Ok(table)
    }
}

impl SweepTable {
    fn add(&mut self, point: usize, run: u64, simulation: &Simulation, in_time: Option<&InTime>) {
        let end = simulation.end();
        let clocks = || simulation.seats().iter().map(|seat| seat.node.clock());
        let drift = clocks().max().unwrap_or(0) - clocks().min().unwrap_or(0);
        for (machine, seat) in simulation.seats().iter().enumerate() {
            let did = match in_time {
                Some(in_time) => in_time.did(simulation, machine),
                None => whole(simulation, machine),
            };
            let queue_len = seat.node.queue_len(end) as i64;
            self.point.push(point as i64);
            self.run.push(run as i64);
            self.seed.push(simulation.seed() as i64);
            self.machine_id.push(id(machine as u32) as i64);
            self.clock_rate.push(simulation.rate(machine));
            self.ticks.push(did.ticks);
            self.sends.push(did.events.of_kind(EventKind::Send));
            self.receives.push(did.events.of_kind(EventKind::Receive));
            self.internals.push(did.events.internals());
            self.final_clock.push(seat.node.clock() as i64);
            self.mean_jump.push(did.mean_jump);
            self.max_jump.push(did.max_jump);
            self.max_queue_len.push(did.max_queue_len.max(queue_len));
            self.final_queue_len.push(queue_len);
            self.queue_growth.push(did.queue_growth);
            self.drift.push(drift as i64);
            if let Some(in_time) = in_time {
                let (mean_drift, max_drift) = in_time.drift();
                self.mean_drift.push(mean_drift);
                self.max_drift.push(max_drift);
                self.mean_wait.push(did.mean_wait);
                self.mean_queue_len.push(did.mean_queue_len);
            }
        }
    }

    /// Makes room for this many rows.
    fn reserve(&mut self, rows: usize, is_over_time: bool) {
        self.point.reserve_exact(rows);
        self.run.reserve_exact(rows);
        self.seed.reserve_exact(rows);
        self.machine_id.reserve_exact(rows);
        self.clock_rate.reserve_exact(rows);
        self.ticks.reserve_exact(rows);
        self.sends.reserve_exact(rows);
        self.receives.reserve_exact(rows);
        self.internals.reserve_exact(rows);
        self.final_clock.reserve_exact(rows);
        self.mean_jump.reserve_exact(rows);
        self.max_jump.reserve_exact(rows);
        self.max_queue_len.reserve_exact(rows);
        self.final_queue_len.reserve_exact(rows);
        self.queue_growth.reserve_exact(rows);
        self.drift.reserve_exact(rows);
        if is_over_time {
            self.mean_drift.reserve_exact(rows);
            self.max_drift.reserve_exact(rows);
            self.mean_wait.reserve_exact(rows);
            self.mean_queue_len.reserve_exact(rows);
        }
    }

    fn append(&mut self, mut other: Self) {
        self.point.append(&mut other.point);
        self.run.append(&mut other.run);
        self.seed.append(&mut other.seed);
        self.machine_id.append(&mut other.machine_id);
        self.clock_rate.append(&mut other.clock_rate);
        self.ticks.append(&mut other.ticks);
        self.sends.append(&mut other.sends);
        self.receives.append(&mut other.receives);
        self.internals.append(&mut other.internals);
        self.final_clock.append(&mut other.final_clock);
        self.mean_jump.append(&mut other.mean_jump);
        self.max_jump.append(&mut other.max_jump);
        self.max_queue_len.append(&mut other.max_queue_len);
        self.final_queue_len.append(&mut other.final_queue_len);
        self.queue_growth.append(&mut other.queue_growth);
        self.drift.append(&mut other.drift);
        self.mean_drift.append(&mut other.mean_drift);
        self.max_drift.append(&mut other.max_drift);
        self.mean_wait.append(&mut other.mean_wait);
        self.mean_queue_len.append(&mut other.mean_queue_len);
    }
}

/// What a machine did in a whole run, of which no event was told.
fn whole(run: &impl Ran, machine: usize) -> Did {
    let events = run.counts(machine);
    let (up, _) = run.uptime(machine);
    let growth = run.queue_len(machine, run.end()) as f64 / up;
    Did {
        ticks: run.ticks(machine) as i64,
        events,
        mean_jump: run.clock(machine) as f64 / events.sum() as f64,
        max_jump: run.max_jump(machine),
        max_queue_len: run.tally(machine).max_queue_len.into(),
        queue_growth: if up > 0.0 { growth } else { f64::NAN },
        mean_wait: f64::NAN,
        mean_queue_len: f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::behavior::Behavior;
    use crate::model::discipline::Discipline;
    use crate::model::latency::Latency;
    use crate::model::manner::Manners;
    use crate::model::topology::Topology;

    fn points() -> Vec<Setup> {
        let setup = |machines, duration| Setup {
            topology: Topology::Full(machines),
            duration,
            rates: None,
            max_rate: 6,
            behavior: Behavior::default(),
            discipline: Discipline::default(),
            manners: Manners::default(),
            latency: Latency::Exponential(0.01),
            seed: 0,
            faults: Vec::new(),
        };
        vec![setup(3, 60.0), setup(20, 500.0), setup(1, 1.0)]
    }

    #[test]
    fn threads_do_not_change_the_table() {
        for since in [None, Some(0.25)] {
            let run = |threads| sweep(&points(), 3..40, 9, since, threads, &mut |_| true).unwrap();
            let one = run(1);
            assert_eq!(one.run.len(), 37 * 24);
            assert_eq!(one.max_drift.len(), since.map_or(0, |_| 37 * 24));
            // As text, in which what is not a number equals itself.
            let one = format!("{one:?}");
            assert!(one == format!("{:?}", run(2)));
            assert!(one == format!("{:?}", run(7)));
        }
    }

    #[test]
    fn a_row_is_what_a_simulation_of_its_seed_says() {
        let table = sweep(&points(), 0..5, 9, None, 2, &mut |_| true).unwrap();
        for row in 0..table.run.len() {
            let seed = table.seed[row] as u64;
            assert_eq!(seed, seed_of(9, table.run[row] as u64));
            let mut simulation =
                Simulation::new(points()[table.point[row] as usize].clone()).unwrap();
            simulation.restart(seed, &Watch::default()).unwrap();
            simulation.run(&mut (), &Watch::default());
            let machines = simulation.machines(&mut || true).unwrap();
            let machine = table.machine_id[row] as usize - 1;
            assert_eq!(table.final_clock[row], machines.final_clock[machine]);
            assert_eq!(table.ticks[row], machines.ticks[machine]);
            assert_eq!(
                table.final_queue_len[row],
                machines.final_queue_len[machine]
            );
            assert_eq!(table.max_jump[row], machines.max_jump[machine]);
        }
    }

    #[test]
    fn a_stop_keeps_what_is_finished() {
        let long = Setup {
            duration: 1e6,
            ..points()[0].clone()
        };
        let table = sweep(&[long], 0..1_000_000, 9, None, 2, &mut |_| false).unwrap();
        assert!(table.run.len() < 3_000_000);
        assert_eq!(table.run.len() % 3, 0);
    }

    #[test]
    fn a_bad_point_is_named() {
        let bad = Setup {
            duration: -1.0,
            ..points()[0].clone()
        };
        let error =
            sweep(&[points()[0].clone(), bad], 0..2, 9, None, 1, &mut |_| true).unwrap_err();
        assert!(error.to_string().contains("point 1"), "{error}");
    }
}
