//! Rule `schedule`: ticks come at the rate of their machine.
//!
//! Tick k is due (k - 1) / rate after the first, and END tells how late ticks were at most: over the last start of a
//! log with END, what lies between a tick and its due time spreads no more than that. Where ticks are not periodic,
//! their due times are drawn again.

use super::case::Case;
use super::report::{Report, Rule};
use crate::causality::checkpoint::Checkpoint;
use crate::error::Result;
use crate::log::columns::Columns;
use crate::log::history::LogHistory;
use crate::log::line::Startup;
use crate::log::schema::known;
use crate::model::random::Generator;
use crate::model::ticking::Ticking;
use crate::model::timetable::{Dues, LifeName, Timetable};
use crate::setting::{MAX_DRAWN_RATE, MAX_DURATION};

const RULE: Rule = Rule::Schedule;
/// What is lost where times become whole microseconds, in microseconds.
const ROUNDED: f64 = 2.0;

pub(super) fn check(
    case: &Case<'_>,
    report: &mut Report,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<()> {
    for (place, log) in case.logs().iter().enumerate() {
        if let Some(last) = LastStart::of(case, place, log) {
            last.check(case, place, report, checkpoint)?;
        }
    }
    Ok(())
}

/// The last start of a machine that ended.
struct LastStart {
    rows: std::ops::Range<usize>,
    due: DueTimes,
    is_jittered: bool,
    /// How late ticks were at most, in microseconds.
    latest: f64,
}

/// When ticks are due after the first.
#[derive(Clone)]
enum DueTimes {
    /// Microseconds from tick to tick.
    Periodic(f64),
    /// Nanoseconds, of the first and of those after it.
    Drawn(u64, Box<Dues>),
}

impl DueTimes {
    /// Those of a start, which is the machine's one after so many.
    fn of(start: &Startup<'_>, rate: f64, (machine, starts): (u64, u64)) -> Option<Self> {
        if start.manner.is_even() {
            return Some(Self::Periodic(1e6 / rate));
        }
        let life = LifeName {
            seed: start.seed?,
            machine,
            start: starts,
        };
        let mut generator = Generator::new(life.seed, machine, starts);
        // When it ended is not said: no tick that happened is due later.
        let rates = (Some(rate), MAX_DRAWN_RATE);
        let manner = (&start.manner, life);
        let drawn = Timetable::draw(rates, MAX_DURATION, &mut generator, manner).ok()?;
        let dues = drawn.dues();
        Some(Self::Drawn(dues.due()?, Box::new(dues)))
    }

    /// The microseconds from the first tick to each, in order.
    fn each(&self) -> impl FnMut() -> f64 + use<> {
        let mut all = self.clone();
        let mut count = 0.0;
        move || match &mut all {
            Self::Periodic(period) => {
                count += 1.0;
                (count - 1.0) * *period
            }
            Self::Drawn(first, dues) => dues
                .next()
                .map_or(f64::NAN, |due| (due - *first) as f64 / 1e3),
        }
    }
}

impl LastStart {
    /// That of a log which tells all of it, and how late its ticks were.
    fn of(case: &Case<'_>, place: usize, log: &LogHistory) -> Option<Self> {
        let (mark, start) = log.startups().last()?;
        let (_, end) = case.ends[place]?;
        let (rate, lateness) = start.clock_rate.zip(end.lateness)?;
        let rows = mark.row..log.rows.end;
        let follows = |row: usize| {
            row == rows.start || case.columns.old_clock[row] == case.columns.new_clock[row - 1]
        };
        let is_whole = log.gaps.iter().all(|lines| lines.line < mark.line)
            && (case.is_plain() || rows.clone().all(follows))
            && rows
                .clone()
                .next_back()
                .is_none_or(|last| case.columns.new_clock[last] == end.final_clock as i64)
            && rows.clone().next().is_none_or(|first| {
                let old = known(case.columns.old_clock[first]);
                old.is_some() && old == start.local_clock
            });
        // Ticks of a machine in real time that are never late are made by hand; where only some are, END tells no lateness.
        let is_periodic = start.is_virtual || lateness.max > 0.0;
        let is_known = is_whole
            && is_periodic
            // Of a machine with an algorithm, ticks that found nothing to do have no line.
            && !log.has_algorithm()
            && rate > 0.0
            && case.is_paced(place)
            && case.history.has_times;
        if !is_known {
            return None;
        }
        let starts = log.startups().count() as u64 - 1;
        Some(Self {
            rows,
            is_jittered: matches!(start.manner.ticking, Ticking::Jitter(_)),
            due: DueTimes::of(start, rate, (log.machine_id, starts))?,
            latest: lateness.max * 1e6,
        })
    }

    fn check(
        &self,
        case: &Case<'_>,
        place: usize,
        report: &mut Report,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<()> {
        let no_ticks = case.columns.are_no_ticks(self.rows.clone());
        let Some(first) = no_ticks.iter().position(|&is_none| !is_none) else {
            return Ok(());
        };
        let first = self.rows.start + first;
        let (earliest, latest, count) = match &self.due {
            DueTimes::Periodic(period) => {
                let mut count = 0.0;
                let due = || {
                    count += 1.0;
                    (count - 1.0) * *period
                };
                self.spread::<false>(case, first, due, checkpoint)?
            }
            DueTimes::Drawn(..) if self.is_jittered => {
                self.spread::<true>(case, first, self.due.each(), checkpoint)?
            }
            DueTimes::Drawn(..) => {
                self.spread::<false>(case, first, self.due.each(), checkpoint)?
            }
        };
        report.checked(RULE, count);
        let allowed = self.latest + ROUNDED + case.resolutions[place].of_times();
        let spread = latest - earliest;
        if spread > allowed {
            let [earliest, latest] =
                [earliest, latest].map(|late| self.tick(case.columns, first, late));
            report.add(RULE, || {
                let (row, other) = if latest == first {
                    (earliest, latest)
                } else {
                    (latest, earliest)
                };
                let expected = format!(
                    "a tick at most {:.6} s off its due time against that at {}, as late as ticks were by END",
                    allowed / 1e6,
                    case.at_row(place, other)
                );
                case.event(RULE, place, row, expected, format!("{:.6} s off", spread / 1e6))
            });
        }
        Ok(())
    }

    /// How early and how late ticks from the first on were against what is due, and how many there are.
    ///
    /// The last tick, which jitter does not take beyond the end, may come earlier than is drawn.
    fn spread<const IS_JITTERED: bool>(
        &self,
        case: &Case<'_>,
        first: usize,
        mut due: impl FnMut() -> f64,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<(f64, f64, u64)> {
        let times = &case.columns.system_time;
        let start = times[first];
        let (mut earliest, mut latest) = (0.0, 0.0);
        let mut last = 0.0;
        let mut count = 0;
        checkpoint.rows(first..self.rows.end, |rows| {
            let no_ticks = case.columns.are_no_ticks(rows.clone());
            let ticks = times[rows].iter().zip(no_ticks.iter());
            for (time, _) in ticks.filter(|(_, is_none)| !**is_none) {
                let mut late = time - start - due();
                if IS_JITTERED {
                    (late, last) = (last, late);
                }
                earliest = if late < earliest { late } else { earliest };
                latest = if late > latest { late } else { latest };
                count += 1;
            }
        })?;
        if IS_JITTERED && last > latest {
            latest = last;
        }
        Ok((earliest, latest, count))
    }

    /// The row of the first tick from the first on that was so late.
    fn tick(&self, columns: &Columns, first: usize, late: f64) -> usize {
        let ticks = (first..self.rows.end).filter(|&row| columns.is_tick(row));
        let times = &columns.system_time;
        let mut due = self.due.each();
        let is_so_late = |&row: &usize| {
            let off = times[row] - times[first] - due();
            off.to_bits() == late.to_bits()
        };
        ticks.into_iter().find(is_so_late).unwrap_or(first)
    }
}
