//! Whether every path comes through a cut in which a conjunction holds, by intervals (Garg and Waldecker 1996).
//!
//! An *interval* of a machine is a longest row of states in which its condition holds: from the event that begins it until
//! the event that ends it. Every path comes through such a cut if and only if there is an interval of each machine with a
//! condition such that each begins before every other ends. Where one begins too late for another to end after it,
//! so do all that come later, so that the other is passed over.
//!
//! For each of these machines it is kept which event of each other machine is the first to follow from the beginning of
//! its interval. It only goes forward. That takes machines x events in all if few wait for a later event of the same machine
//! whenever its first event changes, at worst machines times as much; and machines x machines in memory.
//!
//! Where intervals run out, there is a path around. Say that q passes over its interval because that ends before the one
//! of p begins to be known there, and let Z(p) be the largest cut without the beginning of the interval of p. If a
//! path to Z(p) avoids, then what it has in common with Z(q), of the interval that q comes to, is a path that avoids, as
//! q stands right before that interval where it is cut off. From there on to Z(q) q stays where its condition does
//! not hold. So what passes over what is the way of a path: see `path.rs`.

use super::path::around;
use super::range::CutRange;
use super::states::States;
use crate::causality::checkpoint::Checkpoint;
use crate::causality::graph::{EventId, Graph, NONE};
use crate::error::{Error, Result};

/// The most pairs of a machine with a condition and any machine: 12 bytes each.
const MOST_PAIRS: usize = 1 << 28;

/// What becomes of a conjunction.
pub(super) enum Definite {
    /// Every path comes through a cut in which it holds.
    Yes,
    /// The machines that take the steps of a path which does not, by their places.
    No(Vec<u32>),
}

/// The beginning of an interval, and why the one before was passed over.
struct Passed {
    begin: EventId,
    /// Which beginning was too late for it, if there was an interval before.
    because: u32,
}

/// The interval at hand of a machine.
struct Interval {
    place: usize,
    /// The number of the event that begins it; that of the first cut if it holds there.
    begin: u32,
    /// That of the event that ends it, one beyond the last if none does.
    end: u32,
    /// By machine, the first event that follows from the beginning, or is it; one beyond the last if none does.
    follows: Vec<u32>,
    /// By machine, the first of those of whom that is so because of what it sent, which are a list: who is next in it.
    because_of: Vec<u32>,
    next: Vec<u32>,
    is_fresh: bool,
    /// Its beginning among all.
    passed: u32,
    is_due: bool,
}

/// Whether every path through a range comes through a cut in which the conditions hold; also how many states were looked at.
pub(super) fn definite(
    graph: &Graph,
    range: &CutRange,
    states: &States<'_>,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<(Definite, u64)> {
    let mut search = Intervals {
        graph,
        range,
        states,
        passed: Vec::new(),
        visited: 0,
    };
    let mut begun = Vec::new();
    for place in states.named() {
        let Some((begin, end)) = search.next(place, range.first[place], 0, checkpoint)? else {
            let path = around(graph, range, &[], checkpoint)?;
            return Ok((Definite::No(path), search.visited));
        };
        begun.push((place, begin, end));
    }
    let (named, machines) = (begun.len(), range.first.len());
    if named.saturating_mul(machines) > MOST_PAIRS {
        return Err(Error::invalid(format!(
            "the predicate names {named} machines of {machines}: definitely keeps 12 bytes for each of those and each machine; name {} or fewer",
            MOST_PAIRS / machines
        )));
    }
    let mut intervals: Vec<Interval> = Vec::with_capacity(named);
    for (place, begin, end) in begun {
        let passed = search.pass(place, begin, NONE);
        intervals.push(Interval {
            place,
            begin,
            end,
            follows: range.first.iter().map(|&first| first + 1).collect(),
            because_of: vec![NONE; range.first.len()],
            next: vec![NONE; range.first.len()],
            is_fresh: true,
            passed,
            is_due: true,
        });
        checkpoint.after(4 * range.first.len())?;
    }
    let mut due: Vec<usize> = (0..intervals.len()).collect();
    while let Some(at) = due.pop() {
        intervals[at].is_due = false;
        // Nothing begins before what holds in the first cut.
        if intervals[at].passed == NONE {
            continue;
        }
        search.follow(&mut intervals[at], checkpoint)?;
        for other in 0..intervals.len() {
            let (place, end) = (intervals[other].place, intervals[other].end);
            let (first, because) = (intervals[at].follows[place], intervals[at].passed);
            if other == at || end >= first || end > range.last[place] {
                continue;
            }
            let Some((begin, end)) = search.next(place, end, first, checkpoint)? else {
                let chain = search.chain(because);
                let path = around(graph, range, &chain, checkpoint)?;
                return Ok((Definite::No(path), search.visited));
            };
            let passed = search.pass(place, begin, because);
            let it = &mut intervals[other];
            (it.begin, it.end, it.passed) = (begin, end, passed);
            if !it.is_due {
                it.is_due = true;
                due.push(other);
            }
        }
        checkpoint.after(2 * intervals.len())?;
    }
    Ok((Definite::Yes, search.visited))
}

struct Intervals<'a> {
    graph: &'a Graph,
    range: &'a CutRange,
    states: &'a States<'a>,
    passed: Vec<Passed>,
    visited: u64,
}

impl Intervals<'_> {
    /// The first interval from a state on that ends no earlier than at an event, if it ends.
    fn next(
        &mut self,
        place: usize,
        from: u32,
        least: u32,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<Option<(u32, u32)>> {
        let last = self.range.last[place];
        let holds = |count: u32| self.states.holds_at(self.graph, place, count);
        let mut count = from;
        let found = loop {
            while count <= last && !holds(count) {
                count += 1;
            }
            if count > last {
                break None;
            }
            let begin = count;
            while count <= last && holds(count) {
                count += 1;
            }
            if count > last || count >= least {
                break Some((begin, count));
            }
        };
        self.visited += u64::from(count - from);
        checkpoint.after(4 * (count - from) as usize)?;
        Ok(found)
    }

    /// Keeps that a machine came to an interval; `NONE` if that begins with the first cut.
    fn pass(&mut self, place: usize, begin: u32, because: u32) -> u32 {
        if begin == self.range.first[place] {
            return NONE;
        }
        let begin = EventId {
            place: place as u32,
            index: begin,
        };
        self.passed.push(Passed { begin, because });
        self.passed.len() as u32 - 1
    }

    /// The beginnings that led to one, the first of them first.
    fn chain(&self, last: u32) -> Vec<EventId> {
        let mut chain = Vec::new();
        let mut at = last;
        while at != NONE {
            let passed = &self.passed[at as usize];
            chain.push(passed.begin);
            at = passed.because;
        }
        chain.reverse();
        chain
    }

    /// Brings what follows from the beginning of an interval up to date with it.
    fn follow(&self, interval: &mut Interval, checkpoint: &mut Checkpoint<'_>) -> Result<()> {
        let Interval {
            place: own,
            begin,
            follows,
            because_of,
            next,
            is_fresh,
            ..
        } = interval;
        follows[*own] = *begin;
        if std::mem::take(is_fresh) {
            // Nobody's first event is known yet: all are looked at.
            let others = (0..follows.len()).filter(|place| place != own);
            for place in others {
                next[place] = std::mem::replace(&mut because_of[*own], place as u32);
            }
        }
        // Whose first event is another than it was.
        let mut raised = vec![*own];
        while let Some(cause) = raised.pop() {
            let mut list = std::mem::replace(&mut because_of[cause], NONE);
            while list != NONE {
                let place = list as usize;
                list = next[place];
                let start = self.graph.starts[place];
                let (before, last) = (follows[place], self.range.last[place]);
                // What follows from nothing that follows, does not.
                let is_after = |it: &EventId| it.index >= follows[it.place as usize];
                let mut index = before;
                let mut cause = None;
                while index <= last {
                    let position = (start + index) as usize - 1;
                    cause = self.graph.causes(position).find(is_after);
                    if cause.is_some() {
                        break;
                    }
                    index += 1;
                }
                if let Some(cause) = cause {
                    let first = &mut because_of[cause.place as usize];
                    next[place] = std::mem::replace(first, place as u32);
                }
                follows[place] = index;
                if index > before {
                    raised.push(place);
                }
                checkpoint.after(4 * (index - before) as usize + 8)?;
            }
        }
        Ok(())
    }
}
