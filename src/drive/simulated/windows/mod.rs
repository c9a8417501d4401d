//! One run on several threads: a block of machines each, in windows of time.
//!
//! No message takes less than the least latency, so what machines do within a window of that length cannot
//! reach machines of other blocks within it: blocks tick through a window on their own, and hand each other
//! their messages at its end (K. M. Chandy and J. Misra, "Distributed simulation: a case study in design and
//! verification of distributed programs", IEEE TSE SE-5(5), 1979; windows as in D. Nicol, "The cost of
//! conservative synchronization in parallel discrete event simulations", JACM 40(2), 1993). Each machine gets
//! its messages in the order in which one thread would deliver them, its own block's included: what then
//! happens is the same to the byte, for any number of threads.
//!
//! A crash within a window finds a queue without the messages that were sent within it. All of those arrive
//! after the window, so that a queue with them would do the same: they would stay behind what is sent again.

pub mod choice;
mod meeting;
mod parcels;
mod ties;

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, RwLock};
use std::thread;

use crate::drive::simulated::agenda::{Agenda, Tick};
use crate::drive::simulated::engine::Simulation;
use crate::drive::simulated::fault_state::FaultState;
use crate::drive::simulated::group::{Ground, Group};
use crate::drive::simulated::recorder::{Divisible, Recorder};
use crate::drive::simulated::seat::Seat;
use crate::drive::simulated::watch::Watch;
use crate::model::message::Nanos;

use choice::Windows;
use meeting::{Guest, Meeting};
use parcels::{Deliverer, Dispatch, ParcelLists};
use ties::{stretch, ties};

/// What the threads of a run share.
struct InCommon<'a> {
    ground: &'a Ground,
    /// The first machines of all blocks but the first.
    starts: Vec<u32>,
    /// How long a window is.
    width: Nanos,
    duration: Nanos,
    watch: &'a Watch,
    meeting: Meeting,
    /// Of a window and the one after, in turn: a block reads what the others have put there while they put more.
    exchanges: [Exchange; 2],
    /// Of each block, whether nothing is to happen there any more.
    are_over: Vec<AtomicBool>,
}

/// What blocks hand to each other at the end of a window.
struct Exchange {
    /// By the block that parcels go to.
    deliveries: Vec<ParcelLists>,
    /// Of each block, when machines ticked, in order.
    times: Vec<RwLock<Vec<Nanos>>>,
}

impl Exchange {
    fn new(blocks: usize) -> Self {
        let delivery = || (0..blocks).map(|_| Mutex::default()).collect();
        Self {
            deliveries: (0..blocks).map(|_| delivery()).collect(),
            times: (0..blocks).map(|_| RwLock::default()).collect(),
        }
    }
}

/// A block of machines, and what it has come to.
struct Block<'a, R> {
    /// Which one it is.
    place: usize,
    first: u32,
    agenda: Agenda,
    faults: FaultState,
    seats: &'a mut [Seat],
    recorder: R,
    ties: u64,
    /// Up to when all has happened.
    until: Nanos,
}

impl Simulation {
    /// As [`Simulation::run`], on several threads if there are windows.
    pub fn run_in<D: Divisible>(
        &mut self,
        windows: Option<Windows>,
        recorder: &mut D,
        watch: &Watch,
    ) -> bool {
        match windows {
            Some(windows) => self.run_in_windows(windows, recorder, watch),
            None => self.run(recorder, watch),
        }
    }

    /// As [`Simulation::run`], from the start or from a restart, on several threads.
    pub fn run_in_windows<D: Divisible>(
        &mut self,
        windows: Windows,
        recorder: &mut D,
        watch: &Watch,
    ) -> bool {
        let duration = self.duration();
        let ranges = self.blocks(windows.threads);
        let agendas = self.agenda.split(&ranges);
        let faults = self.faults.split(&ranges, duration);
        let common = InCommon {
            ground: &self.ground,
            starts: ranges[1..].iter().map(|range| range.start).collect(),
            width: windows.width,
            duration,
            watch,
            meeting: Meeting::new(ranges.len(), windows.processors),
            exchanges: [Exchange::new(ranges.len()), Exchange::new(ranges.len())],
            are_over: ranges.iter().map(|_| AtomicBool::new(false)).collect(),
        };
        let (mut seats, mut blocks) = (&mut self.seats[..], Vec::new());
        let own = agendas.into_iter().zip(faults);
        let all = ranges.iter().zip(own).zip(recorder.divide(&ranges));
        for (place, ((range, (agenda, faults)), recorder)) in all.enumerate() {
            let (here, after) = seats.split_at_mut(range.len());
            seats = after;
            blocks.push(Block {
                place,
                first: range.start,
                agenda,
                faults,
                seats: here,
                recorder,
                ties: 0,
                until: 0,
            });
        }
        let blocks = thread::scope(|scope| {
            let _guest = Guest(&common.meeting);
            let common = &common;
            let mut rest = blocks.into_iter();
            let first = rest.next();
            let others: Vec<_> = rest
                .map(|block| scope.spawn(|| block.run(common)))
                .collect();
            let first = first.map(|block| block.run(common));
            let joined = others
                .into_iter()
                .map(|other| other.join().expect("a simulation does not panic"));
            first.into_iter().chain(joined).collect::<Vec<_>>()
        });
        let (mut agendas, mut shares) = (Vec::new(), Vec::new());
        self.faults.machines.clear();
        for block in blocks {
            self.ties += block.ties;
            self.now = (block.until - 1).min(duration);
            self.faults.machines.extend(block.faults.machines);
            agendas.push(block.agenda);
            shares.push(block.recorder);
        }
        self.agenda.join(agendas);
        recorder.unite(shares);
        common
            .are_over
            .iter()
            .all(|is_over| is_over.load(Ordering::Relaxed))
    }

    /// Ranges of machines that together tick about as often, none of them empty.
    fn blocks(&self, count: usize) -> Vec<Range<u32>> {
        let machines = self.seats.len();
        let count = count.clamp(1, machines);
        let total = self.mean_rate();
        let (mut blocks, mut start, mut rate) = (Vec::new(), 0, 0.0);
        for machine in 0..machines {
            rate += self.agenda.mean_rate(machine);
            let closed = blocks.len() + 1;
            let (left, wanted) = (machines - machine - 1, count - closed);
            let is_full = rate >= total * closed as f64 / count as f64;
            if wanted > 0 && (left == wanted || is_full) {
                blocks.push(start..machine as u32 + 1);
                start = machine as u32 + 1;
            }
        }
        blocks.push(start..machines as u32);
        blocks
    }

    /// How many ticks all machines have a second, on average.
    fn mean_rate(&self) -> f64 {
        let rates = (0..self.seats.len()).map(|machine| self.agenda.mean_rate(machine));
        rates.sum()
    }
}

impl<R: Recorder> Block<'_, R> {
    /// Window after window, until nothing is left in any block, or they are to stop.
    fn run(mut self, common: &InCommon<'_>) -> Self {
        let _guest = Guest(&common.meeting);
        self.agenda.open();
        let mut group = Group {
            ground: common.ground,
            agenda: &mut self.agenda,
            faults: &mut self.faults,
            seats: self.seats,
            post: Dispatch::new(self.first, &common.starts),
        };
        let (threads, has_faults) = (common.are_over.len(), group.faults.is_any());
        let (mut ticks, mut together): (Vec<Tick>, Vec<Nanos>) = (Vec::new(), Vec::new());
        let mut deliverer = Deliverer::default();
        for exchange in common.exchanges.iter().cycle() {
            let window = self.until..self.until + common.width;
            loop {
                group.agenda.next_ticks_before(window.end, &mut ticks);
                if ticks.is_empty() {
                    break;
                }
                if has_faults {
                    group.happen_among_faults(&ticks, &mut self.recorder);
                } else if common.ground.is_usual() {
                    group.happen_plainly::<R, true>(&ticks, &mut self.recorder);
                } else {
                    group.happen_plainly::<R, false>(&ticks, &mut self.recorder);
                }
            }
            if has_faults {
                group.happen_before(window.end, &mut self.recorder);
            }
            self.recorder.until(window.end);
            self.until = window.end;

            for (delivery, parcels) in exchange.deliveries.iter().zip(&mut group.post.parcels) {
                let mut place = delivery[self.place].lock().expect("no holder panics");
                std::mem::swap(&mut *place, parcels);
                parcels.clear();
            }
            {
                let mut place = exchange.times[self.place]
                    .write()
                    .expect("no holder panics");
                std::mem::swap(&mut *place, &mut group.post.times);
                group.post.times.clear();
            }
            let is_over = group.agenda.is_done() && group.faults.is_over();
            common.are_over[self.place].store(is_over, Ordering::Relaxed);
            let goes_on = common.meeting.wait(|| {
                common.watch.pass(window.end.min(common.duration));
                let mut all = common.are_over.iter();
                let is_any_left = all.any(|is_over| !is_over.load(Ordering::Relaxed));
                is_any_left && !common.watch.is_stopped()
            });

            let delivery = exchange.deliveries[self.place].iter();
            let parcels: Vec<_> = delivery
                .map(|parcels| parcels.lock().expect("no holder panics"))
                .collect();
            deliverer.deliver(group.seats, self.first, &parcels);
            let times = exchange.times.iter();
            let times: Vec<_> = times
                .map(|times| times.read().expect("no holder panics"))
                .collect();
            self.ties += ties(
                &times,
                &stretch(&window, self.place, threads),
                &mut together,
            );
            if !goes_on {
                break;
            }
        }
        self
    }
}
