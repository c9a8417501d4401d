//! Rule `queue`: a queue holds what arrived and was not received.
//!
//! Messages leave in the order of arrival, so the arrivals of a machine are those of its receipts and
//! then those left unread. Where it did not end in order, others may have arrived: then queue
//! lengths are checked from below only.

use super::report::{Report, Rule};
use super::{Case, Pause, end, rest};
use crate::error::Result;
use crate::log::columns::RECEIVE;
use crate::log::history::{Diary, Note};

const RULE: Rule = Rule::Queue;

pub(super) fn check(case: &Case<'_>, report: &mut Report, pause: &mut Pause<'_>) -> Result<()> {
    for (place, log) in case.logs().iter().enumerate() {
        counted(case, place, log, report);
        if lacks_arrivals(case, log, pause)? {
            report.unchecked(format!(
                "machine {}: not all RECEIVE events have an arrival time, so its queue is not checked",
                log.machine_id
            ));
            continue;
        }
        report.checked(RULE, log.rows.len() as u64);
        let mut segment = Segment {
            rows: log.rows.start..log.rows.start,
            start: f64::NEG_INFINITY,
            is_last: false,
        };
        for (mark, _) in log.startups().skip(1) {
            segment.rows.end = mark.row;
            lengths(case, place, &segment, report, pause)?;
            segment.rows.start = mark.row;
            segment.start = mark.time;
        }
        segment.rows.end = log.rows.end;
        segment.is_last = true;
        lengths(case, place, &segment, report, pause)?;
    }
    Ok(())
}

/// Whether it is not known when some message arrived.
fn lacks_arrivals(case: &Case<'_>, log: &Diary, pause: &mut Pause<'_>) -> Result<bool> {
    for row in log.rows.clone() {
        rest(row, pause)?;
        if case.columns.event[row] == RECEIVE && case.columns.arrived[row].is_nan() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The UNREAD lines are as many as END says.
fn counted(case: &Case<'_>, place: usize, log: &Diary, report: &mut Report) {
    let Some((mark, end)) = end(log) else { return };
    let unread = log
        .marks
        .iter()
        .filter(|mark| matches!(mark.note, Note::Unread { .. }));
    let count = unread.count() as u64;
    if count != end.queue_len {
        report.add(RULE, || {
            let expected = format!("queue_len {count}, the number of UNREAD lines");
            case.line(
                RULE,
                place,
                mark.line,
                expected,
                format!("queue_len {}", end.queue_len),
            )
        });
    }
}

/// The events between two starts; each begins with an empty queue.
struct Segment {
    rows: std::ops::Range<usize>,
    /// When it began, after a restart: nothing arrived before.
    start: f64,
    /// Whether no restart follows.
    is_last: bool,
}

/// Checks the queue in one segment.
fn lengths(
    case: &Case<'_>,
    place: usize,
    segment: &Segment,
    report: &mut Report,
    pause: &mut Pause<'_>,
) -> Result<()> {
    let columns = case.columns;
    let log = &case.logs()[place];
    let rows = segment.rows.clone();
    let is_last = segment.is_last;
    let is_whole = is_last && end(log).is_some();
    let received = rows.clone().filter(|&row| columns.event[row] == RECEIVE);
    let left = log.marks.iter().filter_map(|mark| match mark.note {
        Note::Unread { arrived, .. } if is_last => Some((arrived, Err(mark.line))),
        _ => None,
    });
    let all = received
        .map(|row| (columns.arrived[row], Ok(row)))
        .chain(left);
    let mut arrivals: Vec<f64> = Vec::new();
    let mut newest = segment.start;
    for (arrived, at) in all {
        rest(arrivals.len(), pause)?;
        if arrived < newest {
            report.add(RULE, || {
                let expected = format!(
                    "an arrival_time from {:.6} on: what arrives first is received first, and nothing before a restart",
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
    // Of the arrivals, how many were before now, and how many until now; how many were received.
    let (mut before, mut until, mut received) = (0, 0, 0);
    let mut now = f64::NEG_INFINITY;
    for row in rows {
        rest(row, pause)?;
        let time = columns.system_time[row];
        let is_back = time < now;
        now = now.max(time);
        while before < arrivals.len() && arrivals[before] < now {
            before += 1;
        }
        until = until.max(before);
        while until < arrivals.len() && arrivals[until] <= now {
            until += 1;
        }
        let is_receive = columns.event[row] == RECEIVE;
        received += usize::from(is_receive);
        if is_back {
            continue;
        }
        let least = before.saturating_sub(received);
        let most = until.saturating_sub(received);
        if is_receive {
            let length = columns.queue_len[row];
            if length.is_nan() {
                continue;
            }
            let is_right = length >= least as f64 && (!is_whole || length <= most as f64);
            if !is_right {
                report.add(RULE, || {
                    let expected = match (is_whole, least == most) {
                        (true, true) => format!("queue_len {least}"),
                        (true, false) => format!("queue_len {least} to {most}"),
                        (false, _) => format!("queue_len {least} or more"),
                    };
                    case.event(RULE, place, row, expected, format!("queue_len {length}"))
                });
            }
        } else if least > 0 && !columns.is_manual[row] {
            report.add(RULE, || {
                let found = format!("{} while {least} messages waited", case.kind(row));
                case.event(RULE, place, row, "RECEIVE".into(), found)
            });
        }
    }
    Ok(())
}
