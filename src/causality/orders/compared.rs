//! Clocks of several kinds on one run.

use super::super::build::Possible;
use super::super::checkpoint::{Checkpoint, GoOn};
use super::super::graph::{Graph, Trace};
use super::super::happened::Causality;
use super::super::share::check_samples;
use super::super::stamps::bloom::BloomStamps;
use super::super::stamps::hlc::HlcStamps;
use super::super::stamps::lamport::LamportStamps;
use super::super::stamps::physical::PhysicalStamps;
use super::super::stamps::plausible::PlausibleStamps;
use super::super::stamps::{Stamps, varint};
use super::channel_gap;
use super::clock_row::{ClockRow, ComparedClocks};
use super::cost::{SentMessages, StampCost};
use super::direct;
use super::drawn::{DrawnEvent, draw, estimate, ordered_with};
use super::kind::ClockKind;
use super::late::{HostReadings, Misread};
use super::ordered::{by_numbers, by_pointers, from_least, pairs};
use super::pair_count::{PairCount, PairOrders};
use super::vectors::{Exact, exact};
use crate::error::{Error, Result};

/// How pairs are counted.
#[derive(Debug, Clone, Copy)]
pub struct Sampling {
    /// All pairs are counted of at most so many events x machines.
    pub exact: u64,
    /// How many events to compare with all others, instead of counting all pairs.
    pub samples: Option<usize>,
    /// What they are drawn by.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            exact: 1 << 30,
            samples: None,
            seed: 0,
        }
    }
}

/// How many events are drawn unless the caller says.
const SAMPLES: usize = 1024;
/// Of more machines no clocks are kept that know of all others.
const MOST_MACHINES: usize = 4096;
/// The most counters of all events that are held: 4 bytes each.
const MOST_CELLS: usize = 1_000_000_000;

/// An error if all events, or machines, have too many counters.
fn check_cells(graph: &Graph, kind: ClockKind, counters: usize) -> Result<()> {
    let events = graph.len().max(graph.machines().len());
    let cells = events.saturating_mul(counters);
    if cells <= MOST_CELLS {
        return Ok(());
    }
    let name = match kind {
        ClockKind::Bloom { size, hashes } => format!("bloom({size}, {hashes})"),
        _ => format!("plausible({counters})"),
    };
    Err(Error::invalid(format!(
        "kinds: {name} has {cells} counters on {events} events, and at most {MOST_CELLS} are held: choose one with fewer"
    )))
}

/// Compares clocks of these kinds on what is certain of a run.
///
/// `physical` is what physical clocks show: without it no kind may be asked for that reads them.
pub fn compare(
    causality: &Causality,
    trace: &Trace<'_>,
    kinds: &[ClockKind],
    physical: Option<&PhysicalStamps>,
    sampling: Sampling,
    go_on: &mut GoOn<'_>,
) -> Result<ComparedClocks> {
    check_samples(sampling.samples)?;
    let graph = causality.graph();
    let messages = SentMessages {
        graph,
        trace: *trace,
    };
    let (events, machines) = (graph.len() as u64, graph.machines().len());
    let size = events.saturating_mul(machines as u64);
    let is_small = events < 2 || machines <= MOST_MACHINES && size <= sampling.exact;
    let mut run = ComparedRun {
        messages,
        physical,
        clocks: physical.map(|physical| HostReadings::new(graph, physical.times())),
        sampling,
        exact: None,
        drawn: Vec::new(),
    };
    if is_small {
        run.exact = Some(exact(messages, &mut Checkpoint::of_query(go_on))?);
    }
    if !run.is_counted() {
        run.draw(go_on)?;
    }
    let mut rows = Vec::new();
    for &kind in kinds {
        rows.push(run.row(kind, go_on)?);
    }
    let undecided = run.undecided(causality, go_on)?;
    let sent = (0..graph.len()).map(|position| messages.recipients(position).len() as u64);
    Ok(ComparedClocks {
        rows,
        pairs: pairs(events),
        undecided,
        messages: sent.sum(),
        samples: (!run.drawn.is_empty()).then_some(run.drawn.len()),
    })
}

struct ComparedRun<'a> {
    messages: SentMessages<'a>,
    physical: Option<&'a PhysicalStamps>,
    clocks: Option<HostReadings<'a>>,
    sampling: Sampling,
    /// What one pass over all vector clocks tells, if they are not too many.
    exact: Option<Exact>,
    /// The events to compare with all others; none if all pairs are counted.
    drawn: Vec<DrawnEvent>,
}

impl<'a> ComparedRun<'a> {
    /// Whether all pairs are counted, if they can be.
    fn is_counted(&self) -> bool {
        self.exact.is_some() && self.sampling.samples.is_none()
    }

    fn draw(&mut self, go_on: &mut GoOn<'_>) -> Result<()> {
        let graph = self.messages.graph;
        if graph.len() > 1 && self.drawn.is_empty() {
            let samples = self.sampling.samples.unwrap_or(SAMPLES);
            let (seed, clocks) = (self.sampling.seed, self.clocks.as_ref());
            let checkpoint = &mut Checkpoint::of_query(go_on);
            self.drawn = draw(graph, samples, seed, clocks, checkpoint)?;
        }
        Ok(())
    }

    fn row(&mut self, kind: ClockKind, go_on: &mut GoOn<'_>) -> Result<ClockRow> {
        let (graph, messages) = (self.messages.graph, self.messages);
        let knows_all = |cost: fn(&Exact) -> StampCost| {
            let cost = self.exact.as_ref().map(cost);
            ClockRow::new(cost, self.all_in_order(None))
        };
        match kind {
            ClockKind::Lamport => {
                let stamps = LamportStamps::new(graph, go_on)?;
                let checkpoint = &mut Checkpoint::of_query(go_on);
                let cost = self.cost((1, 1), &stamps, checkpoint)?;
                let clock = |position: u32| u64::from(stamps.clocks()[position as usize]);
                let ordered = by_numbers(graph.len(), clock, |_| 0, checkpoint)?;
                Ok(ClockRow::new(Some(cost), self.all_in_order(Some(ordered))))
            }
            ClockKind::Hlc => self.hybrid(go_on),
            ClockKind::Physical => self.host_clocks(go_on),
            ClockKind::Plausible { entries } => {
                check_cells(graph, kind, entries)?;
                let stamps = PlausibleStamps::new(graph, entries, go_on)?;
                self.counters((1, entries as u64), &stamps, go_on)
            }
            ClockKind::Bloom { size, hashes } => {
                check_cells(graph, kind, size)?;
                let stamps = BloomStamps::new(graph, size, hashes, go_on)?;
                self.counters((hashes.into(), size as u64), &stamps, go_on)
            }
            ClockKind::Direct => {
                let checkpoint = &mut Checkpoint::of_query(go_on);
                let index = |position: usize| graph.event_at(position as u32).index;
                let bytes = |position| varint::bytes(index(position).into());
                let cost = messages.of_size((1, 1), bytes, checkpoint)?;
                let kept = direct::ordered(graph, checkpoint)?;
                let all = self.all_in_order(None).kept;
                let orders = PairOrders {
                    kept: PairCount::counted(kept),
                    made_up: PairCount::default(),
                    missed: all.less(kept),
                };
                Ok(ClockRow::new(Some(cost), orders))
            }
            ClockKind::VectorDiff => Ok(ClockRow {
                gap: channel_gap::find(messages, &mut Checkpoint::of_query(go_on))?,
                ..knows_all(|exact| exact.difference)
            }),
            ClockKind::Matrix => Ok(knows_all(|exact| exact.matrix)),
            ClockKind::Vector => {
                let cost = self.exact.as_ref().map(|exact| exact.vector);
                let cost = cost.unwrap_or_else(|| self.vectors_drawn());
                Ok(ClockRow::new(Some(cost), self.all_in_order(None)))
            }
            ClockKind::Itc => {
                let cost = match self.exact {
                    Some(_) => Some(messages.of_trees(go_on)?),
                    None => None,
                };
                Ok(ClockRow::new(cost, self.all_in_order(None)))
            }
        }
    }

    /// Of clocks that keep every order, and only grow along each machine.
    fn counters(
        &self,
        entries: (u64, u64),
        stamps: &impl Stamps,
        go_on: &mut GoOn<'_>,
    ) -> Result<ClockRow> {
        let graph = self.messages.graph;
        let checkpoint = &mut Checkpoint::of_query(go_on);
        let cost = self.cost(entries, stamps, checkpoint)?;
        if self.is_counted() {
            let ordered = by_pointers(graph, stamps, checkpoint)?;
            return Ok(ClockRow::new(Some(cost), self.all_in_order(Some(ordered))));
        }
        let made_up = |drawn: &DrawnEvent| {
            ordered_with(graph, stamps, drawn.position).saturating_sub(drawn.ordered)
        };
        let orders = PairOrders {
            made_up: self.estimate(made_up),
            ..self.all_in_order(None)
        };
        Ok(ClockRow::new(Some(cost), orders))
    }

    fn hybrid(&self, go_on: &mut GoOn<'_>) -> Result<ClockRow> {
        let (graph, physical) = (self.messages.graph, self.shown());
        let stamps = HlcStamps::new(graph, physical, go_on)?;
        let checkpoint = &mut Checkpoint::of_query(go_on);
        let cost = self.cost((2, 2), &stamps, checkpoint)?;
        let clocks = stamps.clocks();
        let since = from_least(clocks.iter().map(|clock| clock.time));
        let time = |position: u32| since(clocks[position as usize].time);
        let count = |position: u32| u64::from(clocks[position as usize].count);
        let ordered = by_numbers(graph.len(), time, count, checkpoint)?;
        let shown = clocks.iter().zip(physical.times());
        let ahead = shown.map(|(clock, shown)| clock.time.saturating_sub(*shown));
        let counter = clocks.iter().map(|clock| clock.count).max();
        let fits = counter.is_some_and(|counter| counter <= u16::MAX.into());
        Ok(ClockRow {
            // 48 bits of l, 16 of c.
            packed: fits.then_some(8),
            ahead: ahead.max(),
            counter,
            ..ClockRow::new(Some(cost), self.all_in_order(Some(ordered)))
        })
    }

    fn host_clocks(&mut self, go_on: &mut GoOn<'_>) -> Result<ClockRow> {
        let (graph, physical) = (self.messages.graph, self.shown());
        let checkpoint = &mut Checkpoint::of_query(go_on);
        let cost = self.cost((1, 0), physical, checkpoint)?;
        let times = physical.times();
        let since = from_least(times.iter().copied());
        let time = |position: u32| since(times[position as usize]);
        let ordered = by_numbers(graph.len(), time, |_| 0, checkpoint)?;
        let clocks = self.clocks.as_ref().expect("they are what is shown");
        let counted = match &self.exact {
            Some(exact) if self.is_counted() => {
                let misread = clocks.misread(graph, self.sampling.exact, checkpoint)?;
                misread.map(|misread| (exact.ordered, misread))
            }
            _ => None,
        };
        let orders = if let Some((happened, Misread { missed, turned })) = counted {
            let kept = PairCount::counted(happened - missed);
            PairOrders {
                kept,
                made_up: PairCount::counted(ordered - kept.value - turned),
                missed: PairCount::counted(missed),
            }
        } else {
            self.draw(go_on)?;
            let right = |drawn: &DrawnEvent| drawn.ordered - drawn.misread.missed;
            PairOrders {
                kept: self.estimate(right),
                made_up: (self.estimate(|drawn| right(drawn) + drawn.misread.turned))
                    .less_from(ordered),
                missed: self.estimate(|drawn| drawn.misread.missed),
            }
        };
        Ok(ClockRow::new(Some(cost), orders))
    }

    fn shown(&self) -> &'a PhysicalStamps {
        self.physical
            .expect("kinds that read clocks come with them")
    }

    /// Of stamps that have equally many entries: events set so many, and receipts are handed others.
    fn cost(
        &self,
        entries: (u64, u64),
        stamps: &impl Stamps,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<StampCost> {
        let bytes = |position| stamps.message_bytes(position, 0);
        self.messages.of_size(entries, bytes, checkpoint)
    }

    /// Of the vector clocks of the events that were drawn.
    fn vectors_drawn(&self) -> StampCost {
        let graph = self.messages.graph;
        let machines = graph.machines().len();
        let mut cost = StampCost::default();
        for drawn in &self.drawn {
            let recipients = self.messages.recipients(drawn.position);
            cost.add(recipients.len() as u64, drawn.vector_bytes(machines));
        }
        cost.entries = graph.len() as u64 + graph.matched as u64 * machines as u64;
        cost
    }

    /// Of a clock that keeps every order; it orders so many pairs, or only these.
    fn all_in_order(&self, ordered: Option<u64>) -> PairOrders {
        let happened = match &self.exact {
            Some(exact) if self.is_counted() => PairCount::counted(exact.ordered),
            _ => self.estimate(|drawn| drawn.ordered),
        };
        PairOrders {
            kept: happened,
            made_up: ordered.map_or(PairCount::default(), |ordered| happened.less_from(ordered)),
            missed: PairCount::default(),
        }
    }

    fn estimate(&self, of_each: impl Fn(&DrawnEvent) -> u64) -> PairCount {
        estimate(self.messages.graph.len(), self.drawn.iter().map(of_each))
    }

    /// How many pairs are in order in what is possible, and are not certainly.
    fn undecided(&self, causality: &Causality, go_on: &mut GoOn<'_>) -> Result<u64> {
        Ok(match causality.possible() {
            Possible::Same => 0,
            Possible::Any => {
                let certain = self.all_in_order(None).kept.value;
                pairs(self.messages.graph.len() as u64) - certain
            }
            Possible::In(_) => {
                let share =
                    causality.concurrent_share(self.sampling.samples, self.sampling.seed, go_on)?;
                let all = pairs(self.messages.graph.len() as u64) as f64;
                ((share.high - share.low) * all).round() as u64
            }
        })
    }
}
