//! Rule `exactness`: a clock is the length of the longest happened-before chain that ends there.
//!
//! Events are visited in causal order; where none can go on, a receipt comes before its send, which
//! is a violation of the clock condition. For each event the clock less the length of the chain is
//! kept. It is 0 in a right log; reported is where it leaves the range that it had in the
//! event before and in the send, not what follows from there.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::case::{Case, NONE};
use super::report::{Report, Rule};
use crate::causality::checkpoint::Checkpoint;
use crate::error::Result;
use crate::log::schema::EventKind;
use crate::model::rules::{Receive, Stamp, Start, Step};

const RULE: Rule = Rule::Exactness;

pub(super) fn check(
    case: &Case<'_>,
    matched: &[u32],
    report: &mut Report,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<()> {
    let is_complete = complete(case, matched, report, checkpoint)?;
    if is_complete {
        report.checked(RULE, matched.len() as u64);
    }
    let (is_shown, before) = (follows_from_others(case, report), report.total());
    // Tests look all the same.
    if is_shown && !cfg!(debug_assertions) {
        return Ok(());
    }
    visit_all(case, matched, is_complete, report, checkpoint)?;
    debug_assert!(
        !is_shown || report.total() == before,
        "other rules have shown what is not so"
    );
    Ok(())
}

/// Whether other rules have shown that nothing can be wrong.
///
/// Where each event finds the clock that the one before left, and each makes of it and of the clock of its send what
/// the rule of steps says, clocks are lengths of chains, one event after the other; as they go up along every edge,
/// there is no cycle either.
fn follows_from_others(case: &Case<'_>, report: &Report) -> bool {
    let rules = case.rules;
    let is_usual = matches!(rules.step, Step::By(_))
        && rules.receive == Receive::MaxPlusOne
        && !matches!(rules.start, Start::At(_));
    let holds = |rule: Rule| report.counts[rule as usize] == 0;
    is_usual
        && case.is_plain()
        && !case.history.is_computed
        && holds(Rule::Step)
        && holds(Rule::ClockCondition)
}

/// Visits all events in causal order.
fn visit_all(
    case: &Case<'_>,
    matched: &[u32],
    is_complete: bool,
    report: &mut Report,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<()> {
    let logs = case.logs();
    let mut order = Order {
        case,
        matched,
        next: logs.iter().map(|log| log.rows.start).collect(),
        excess: vec![0; if is_complete { matched.len() } else { 0 }],
        waiting: logs.iter().map(|_| BinaryHeap::new()).collect(),
        ready: (0..logs.len()).rev().collect(),
    };
    let mut unforced = 0;
    loop {
        while let Some(log) = order.ready.pop() {
            order.advance(log, false, report, checkpoint)?;
            checkpoint.row()?;
        }
        // Whoever still has events waits for a send that waits for it.
        while unforced < logs.len() && order.next[unforced] == logs[unforced].rows.end {
            unforced += 1;
        }
        if unforced == logs.len() {
            return Ok(());
        }
        let log = order.cycle(unforced);
        let (row, send) = (order.next[log], matched[order.next[log]] as usize);
        report.add(Rule::ClockCondition, || {
            let sender = order.log_of(send);
            let expected = format!(
                "its send at {} to come before it",
                case.at_row(sender, send)
            );
            case.event(
                Rule::ClockCondition,
                log,
                row,
                expected,
                "a receipt that its own send follows from".into(),
            )
        });
        order.advance(log, true, report, checkpoint)?;
    }
}

/// Whether chains are complete; says if not.
fn complete(
    case: &Case<'_>,
    matched: &[u32],
    report: &mut Report,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<bool> {
    let columns = case.columns;
    if case.history.is_computed {
        return Ok(false);
    }
    let mut why = Vec::new();
    if case.rules.step == Step::Any {
        why.push("events move clocks by any step".to_owned());
    }
    for (place, log) in case.logs().iter().enumerate() {
        if !case.covers[place].begins {
            why.push(format!(
                "the log of machine {} does not begin at the beginning",
                log.machine_id
            ));
        }
        if case.is_holed(place) {
            why.push(format!(
                "lines of machine {} {}",
                log.machine_id,
                case.lack(place)
            ));
        }
    }
    let mut lost = 0;
    checkpoint.rows(0..matched.len(), |rows| {
        let sends = matched[rows.clone()].iter().zip(&columns.event[rows]);
        let is_lost = |(send, kind): &(&u32, &EventKind)| **send == NONE && kind.receives();
        lost += sends.filter(is_lost).count();
    })?;
    if lost > 0 {
        why.push(format!(
            "{lost} messages were received without a known send"
        ));
    }
    if why.is_empty() {
        return Ok(true);
    }
    report.unchecked(format!("exactness is not checked: {}", why.join("; ")));
    Ok(false)
}

/// A visit of all events in causal order.
struct Order<'a> {
    case: &'a Case<'a>,
    matched: &'a [u32],
    /// By log, the row to visit next.
    next: Vec<usize>,
    /// By row, the clock less the length of the chain.
    excess: Vec<i64>,
    /// By log, who waits until which of its rows is visited.
    waiting: Vec<BinaryHeap<Reverse<(usize, usize)>>>,
    ready: Vec<usize>,
}

impl Order<'_> {
    /// The log that holds a row.
    fn log_of(&self, row: usize) -> usize {
        let id = self.case.columns.machine_id[row] as u64;
        self.case.ids.place(id).unwrap_or(0)
    }

    fn is_visited(&self, row: usize) -> bool {
        self.next[self.log_of(row)] > row
    }

    /// Visits the events of a log until one waits for a send; with `force`, the first does not.
    fn advance(
        &mut self,
        log: usize,
        mut force: bool,
        report: &mut Report,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<()> {
        let rows = self.case.logs()[log].rows.clone();
        while self.next[log] < rows.end {
            let row = self.next[log];
            checkpoint.row()?;
            let send = self.matched[row];
            if send != NONE && !self.is_visited(send as usize) && !force {
                let sender = self.log_of(send as usize);
                self.waiting[sender].push(Reverse((send as usize, log)));
                break;
            }
            if !self.excess.is_empty() {
                self.visit(log, row, if force { NONE } else { send }, report);
            }
            force = false;
            self.next[log] += 1;
        }
        let next = self.next[log];
        while let Some(&Reverse((row, waiter))) = self.waiting[log].peek()
            && row < next
        {
            self.waiting[log].pop();
            self.ready.push(waiter);
        }
        Ok(())
    }

    fn visit(&mut self, log: usize, row: usize, send: u32, report: &mut Report) {
        let clock = self.case.columns.new_clock[row];
        let (before, excess) = self.before(log, row);
        let (mut chain, mut range) = (before - excess, (excess, excess));
        let step = match self.case.rules.step {
            Step::By(step) => step,
            Step::Any => return,
        };
        chain = if send == NONE {
            chain + step
        } else {
            let send = send as usize;
            let excess = match self.case.rules.stamp {
                Stamp::After => self.excess[send],
                Stamp::Before => self.before(self.log_of(send), send).1,
            };
            range = (range.0.min(excess), range.1.max(excess));
            let stamp = self.case.completed.stamps[send] - excess;
            self.case.rules.receive.of(chain, stamp, step)
        };
        let excess = clock - chain;
        self.excess[row] = excess;
        if excess < range.0 || excess > range.1 {
            report.add(RULE, || {
                let longest = chain;
                let expected = if longest == clock {
                    // Everything before runs ahead, and this does not.
                    format!(
                        "clock {}: the events before are {} above the length of their chains",
                        longest + range.0,
                        range.0
                    )
                } else {
                    format!("clock {longest}, the length of the longest chain that ends here")
                };
                self.case
                    .event(RULE, log, row, expected, format!("new_clock {clock}"))
            });
        }
    }

    /// Clock and excess before the event in a row.
    fn before(&self, log: usize, row: usize) -> (i64, i64) {
        if row > self.case.logs()[log].rows.start {
            return (self.case.columns.new_clock[row - 1], self.excess[row - 1]);
        }
        match self.case.rules.start {
            Start::At(clock) => (clock, 0),
            Start::Proved | Start::Any => (0, 0),
        }
    }

    /// A log of the cycle in which the events that wait are caught, begun anywhere.
    fn cycle(&self, start: usize) -> usize {
        let after = |log: usize| {
            let send = self.matched[self.next[log]];
            if send == NONE {
                log
            } else {
                self.log_of(send as usize)
            }
        };
        // After as many steps as there are logs one is in the cycle.
        (0..self.next.len()).fold(start, |log, _| after(log))
    }
}
