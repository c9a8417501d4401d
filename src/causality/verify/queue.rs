//! Rule `queue`: a queue holds what arrived and was not received.
//!
//! Messages leave in the order of arrival, so the arrivals of a machine are those of its receipts and
//! then those left unread. Where it did not end in order, others may have arrived: there the
//! upper bound of a queue length is what was sent to the machine by then and not received.

use super::bounds::{Bounds, Sent};
use super::case::Case;
use super::report::{Report, Rule};
use crate::causality::checkpoint::Checkpoint;
use crate::causality::ids::few;
use crate::error::Result;
use crate::log::history::{LogHistory, Mark, Note};
use crate::log::prompt::Prompt;
use crate::log::schema::known;

const RULE: Rule = Rule::Queue;

/// Checks every queue; `bounds` is there if the logs of all machines are.
pub(super) fn check(
    case: &Case<'_>,
    bounds: Option<&Bounds<'_>>,
    report: &mut Report,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<()> {
    let mut unbounded = (0, Vec::new());
    let mut without_arrivals = Vec::new();
    for (place, log) in case.logs().iter().enumerate() {
        let is_holed = case.is_holed(place);
        if is_holed {
            report.unchecked(format!(
                "machine {}: lines {}, so its queue is only checked from below, and that it received every message before the next is not",
                log.machine_id,
                case.lack(place)
            ));
        } else {
            counted(case, place, log, report);
        }
        if lacks_arrivals(case, log, checkpoint)? {
            emptied_first(case, place, log, report, checkpoint)?;
            without_arrivals.push(log.machine_id);
            continue;
        }
        let is_one_life = is_one_life(log);
        let is_whole = !is_holed && case.tells_queue(place) && is_one_life;
        let mut queue = Queue {
            case,
            place,
            sent: bounds.filter(|_| !is_whole).and_then(|all| all.of(place)),
            is_one_life,
            is_paced: case.is_paced(place),
            off: case.resolutions[place].between(),
            received: 0,
            lacking: 0,
            unbounded: 0,
        };
        let mut segment = Segment {
            rows: log.rows.start..log.rows.start,
            start: f64::NEG_INFINITY,
            is_last: false,
        };
        for (mark, _) in log.startups() {
            if mark.row == log.rows.start {
                segment.start = mark.time;
                continue;
            }
            segment.rows.end = mark.row;
            queue.lengths(&segment, report, checkpoint)?;
            segment.rows.start = mark.row;
            segment.start = mark.time;
        }
        segment.rows.end = log.rows.end;
        segment.is_last = true;
        queue.lengths(&segment, report, checkpoint)?;
        if queue.lacking > 0 {
            report.unchecked(format!(
                "machine {}: {} RECEIVE events have no queue_len: it is not checked there",
                log.machine_id, queue.lacking
            ));
        }
        if queue.unbounded > 0 {
            emptied_first(case, place, log, report, checkpoint)?;
            unbounded.0 += queue.unbounded;
            unbounded.1.push(log.machine_id);
        }
    }
    if let [first, more @ ..] = &without_arrivals[..] {
        let which = if more.is_empty() {
            format!("machine {first}")
        } else {
            format!("machines {}", few(&without_arrivals))
        };
        let owned = if more.is_empty() {
            "its queue is"
        } else {
            "their queues are"
        };
        report.unchecked(format!(
            "{which}: not all RECEIVE and UNREAD lines have an arrival time, so {owned} not checked"
        ));
    }
    if unbounded.0 > 0 {
        report.unchecked(format!(
            "{} queue lengths of machines {} are only checked from below: they are before a restart or in a log without END, and what was sent to the machine by then is not known",
            unbounded.0,
            few(&unbounded.1)
        ));
    }
    Ok(())
}

/// Whether a log tells that its machine started once.
fn is_one_life(log: &LogHistory) -> bool {
    let mut startups = log.startups();
    let is_first = startups
        .next()
        .is_some_and(|(mark, _)| mark.row == log.rows.start);
    is_first && startups.next().is_none()
}

/// Where messages are left in the queue, the next tick takes one, whenever they came.
fn emptied_first(
    case: &Case<'_>,
    place: usize,
    log: &LogHistory,
    report: &mut Report,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<()> {
    if !case.is_paced(place) {
        return Ok(());
    }
    let columns = case.columns;
    let mut starts = log.startups().map(|(mark, _)| mark.row).peekable();
    let mut gaps = log.gaps.iter().map(|lines| lines.row).peekable();
    // How many were left, and the row that tells it.
    let mut left: Option<(u64, usize)> = None;
    for row in log.rows.clone() {
        checkpoint.row()?;
        let (mut is_new, mut is_cut) = (false, false);
        while starts.next_if(|&start| start <= row).is_some() {
            is_new = true;
        }
        while gaps.next_if(|&gap| gap <= row).is_some() {
            is_cut = true;
        }
        let follows =
            row == log.rows.start || case.old(place, row) == Some(columns.new_clock[row - 1]);
        if is_new || is_cut || !follows {
            left = None;
        }
        if columns.event[row].receives() {
            left = known(columns.queue_len[row])
                .filter(|&count| count > 0)
                .map(|count| (count, row));
            continue;
        }
        // When a timer was due, what was left may not have come yet.
        if !columns.is_tick(row) || columns.prompt(row).is_some() {
            continue;
        }
        report.checked(RULE, 1);
        if let Some((count, before)) = left.take() {
            report.add(RULE, || {
                let expected = format!(
                    "RECEIVE: queue_len was {count} at {}",
                    case.at_row(place, before)
                );
                case.event(RULE, place, row, expected, case.kind(row).into())
            });
        }
    }
    Ok(())
}

/// Whether it is not known when some message arrived.
fn lacks_arrivals(
    case: &Case<'_>,
    log: &LogHistory,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<bool> {
    let mut lacks = false;
    checkpoint.rows(log.rows.clone(), |rows| {
        let kinds = case.columns.event[rows.clone()].iter();
        let mut events = kinds.zip(&case.columns.arrived[rows]);
        lacks |= events.any(|(kind, arrived)| kind.receives() && arrived.is_nan());
    })?;
    if lacks {
        return Ok(true);
    }
    let is_unknown = |note: &Note| matches!(note, Note::Unread { arrived, .. } if arrived.is_nan());
    Ok(log.marks.iter().any(|mark| is_unknown(&mark.note)))
}

/// The UNREAD lines are as many as END says.
fn counted(case: &Case<'_>, place: usize, log: &LogHistory, report: &mut Report) {
    let Some((mark, end)) = case.ends[place] else {
        return;
    };
    let is_unread = |mark: &Mark| matches!(mark.note, Note::Unread { .. });
    let is_last = |mark: &Mark| is_unread(mark) || matches!(mark.note, Note::End(_));
    if log.rows.is_empty() && log.marks.first().is_some_and(is_last) {
        // There may have been more of them before.
        return;
    }
    let Some(told) = end.queue_len else {
        return;
    };
    report.checked(RULE, 1);
    let unread = log.marks.iter().filter(|mark| is_unread(mark));
    let count = unread.count() as u64;
    if count != told {
        report.add(RULE, || {
            let expected = format!("queue_len {count}, the number of UNREAD lines");
            case.line(
                RULE,
                place,
                mark.line,
                expected,
                format!("queue_len {told}"),
            )
        });
    }
}

/// The events between two starts; each begins with an empty queue.
struct Segment {
    rows: std::ops::Range<usize>,
    /// When it began, if that is known: nothing arrived before.
    start: f64,
    /// Whether no restart follows.
    is_last: bool,
}

/// The queue of one machine.
struct Queue<'a> {
    case: &'a Case<'a>,
    place: usize,
    /// What was sent to it, if that is a bound and needed.
    sent: Option<Sent>,
    /// Whether it is known that it never came back, with an empty queue.
    is_one_life: bool,
    /// Whether a tick takes a message if there is one.
    is_paced: bool,
    /// How far times and arrivals may be off against each other.
    off: f64,
    /// How many messages were received so far.
    received: usize,
    /// How many receipts have no queue length.
    lacking: u64,
    /// How many queue lengths have no upper bound.
    unbounded: u64,
}

impl Queue<'_> {
    /// The arrivals of a segment, in order.
    fn arrivals(
        &self,
        segment: &Segment,
        report: &mut Report,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<Vec<f64>> {
        let (case, place) = (self.case, self.place);
        let columns = case.columns;
        let is_receive = |&row: &usize| columns.event[row].receives();
        let received = segment.rows.clone().filter(is_receive);
        let marks = if segment.is_last {
            case.logs()[place].marks.as_slice()
        } else {
            &[]
        };
        let left = marks.iter().filter_map(|mark| match mark.note {
            Note::Unread { arrived, .. } => Some((arrived, Err(mark.line))),
            _ => None,
        });
        let all = received
            .map(|row| (columns.arrived[row], Ok(row)))
            .chain(left);
        let mut arrivals: Vec<f64> = Vec::new();
        let mut newest = segment.start;
        for (arrived, at) in all {
            checkpoint.row()?;
            if arrived < newest {
                report.add(RULE, || {
                    let expected = format!(
                        "an arrival_time from {:.6} on: what arrives first is received first, and nothing before a start",
                        newest / 1e6
                    );
                    let found = format!("arrival_time {:.6}", arrived / 1e6);
                    match at {
                        Ok(row) => case.event(RULE, place, row, expected, found),
                        Err(line) => case.line(RULE, place, line, expected, found),
                    }
                });
            }
            newest = newest.max(arrived);
            arrivals.push(newest);
        }
        Ok(arrivals)
    }

    /// Checks the queue in one segment.
    fn lengths(
        &mut self,
        segment: &Segment,
        report: &mut Report,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<()> {
        let (case, place) = (self.case, self.place);
        let columns = case.columns;
        let is_whole = segment.is_last
            && case.tells_queue(place)
            && !case.is_holed(place)
            && (self.is_one_life || segment.start > f64::NEG_INFINITY);
        let arrivals = self.arrivals(segment, report, checkpoint)?;
        let (off, is_paced) = (self.off, self.is_paced);
        let earlier = self.received;
        // Of the arrivals, how many were before now, and how many until now; how many were received.
        let (mut before, mut until, mut received) = (0, 0, 0);
        let next = |place: usize| arrivals.get(place).copied().unwrap_or(f64::INFINITY);
        let (mut next_before, mut next_until) = (next(0) + off, next(0));
        let mut now = f64::NEG_INFINITY;
        let mut ticks = 0;
        checkpoint.rows(segment.rows.clone(), |rows| {
            let events = columns.event[rows.clone()].iter();
            let events = events.zip(&columns.system_time[rows.clone()]);
            for (row, (kind, &time)) in rows.zip(events) {
                let is_back = time < now;
                now = if time > now { time } else { now };
                while next_before < now {
                    before += 1;
                    next_before = next(before) + off;
                }
                let is_receive = kind.receives();
                received += usize::from(is_receive);
                if is_back {
                    continue;
                }
                let least = before.saturating_sub(received);
                if is_receive {
                    let most = if is_whole {
                        while next_until <= now + off && until < arrivals.len() {
                            until += 1;
                            next_until = next(until);
                        }
                        Some(until.saturating_sub(received))
                    } else {
                        let sent = self.sent.as_mut().and_then(|sent| sent.until(now));
                        sent.map(|sent| sent.saturating_sub(earlier + received).max(least))
                    };
                    self.length(row, least, most, report);
                } else if is_paced && columns.is_tick(row) {
                    ticks += 1;
                    if least > 0 && self.must_receive(row, next(received)) {
                        report.add(RULE, || {
                            let found = format!(
                                "{}{} while {least} messages waited",
                                case.kind(row),
                                self.timer(row)
                            );
                            case.event(RULE, place, row, "RECEIVE".into(), found)
                        });
                    }
                }
            }
        })?;
        self.received += received;
        report.checked(RULE, ticks);
        Ok(())
    }

    /// Whether a tick had to take the message that waited since `first`: a start comes before all, and a timer
    /// before what arrived after it was due.
    fn must_receive(&self, row: usize, first: f64) -> bool {
        match self.case.columns.prompt(row) {
            None => true,
            Some(Prompt::Start) => false,
            Some(Prompt::Timer { due, .. }) => first + self.off <= *due as f64,
        }
    }

    /// Which timer an event is of, in words.
    fn timer(&self, row: usize) -> String {
        match self.case.columns.prompt(row) {
            Some(Prompt::Timer { name, due }) => {
                format!(" of timer {name:?}, due at {:.6},", *due as f64 / 1e6)
            }
            _ => String::new(),
        }
    }

    /// Checks the length of the queue after a receipt.
    fn length(&mut self, row: usize, least: usize, most: Option<usize>, report: &mut Report) {
        let Some(length) = known(self.case.columns.queue_len[row]) else {
            self.lacking += 1;
            return;
        };
        self.unbounded += u64::from(most.is_none());
        report.checked(RULE, 1);
        if length < least as u64 || most.is_some_and(|most| length > most as u64) {
            report.add(RULE, || {
                let expected = match most {
                    Some(most) if most == least => format!("queue_len {least}"),
                    Some(most) => format!("queue_len {least} to {most}"),
                    None => format!("queue_len {least} or more"),
                };
                let found = format!("queue_len {length}");
                self.case.event(RULE, self.place, row, expected, found)
            });
        }
    }
}
