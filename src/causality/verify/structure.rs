//! Rule `structure`: the lines of each log.

use std::borrow::Cow;

use super::case::Case;
use super::report::{Report, Rule, Violation};
use crate::causality::checkpoint::Checkpoint;
use crate::error::Result;
use crate::log::history::{LogHistory, Mark, Note};
use crate::log::line::Startup;
use crate::log::newer_version::newer_version;
use crate::model::rules::Paced;

const RULE: Rule = Rule::Structure;

pub(super) fn check(
    case: &Case<'_>,
    report: &mut Report,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<()> {
    bad_rows(case, report);
    for (place, log) in case.logs().iter().enumerate() {
        let lines = if case.history.is_table {
            log.rows.len() as u64
        } else {
            log.lines
        };
        report.checked(RULE, lines);
        unreadable(case, place, log, report);
        if !has_times_in_order(case, log, checkpoint)? {
            times(case, place, log, report, checkpoint)?;
        }
        if !case.history.is_table && !log.is_base(case.columns) {
            startups(case, place, log, report);
        }
        beginnings(case, place, log, report);
        ends(case, place, log, report);
        ticks(case, place, log, report, checkpoint)?;
    }
    Ok(())
}

/// Every line can be read. What lines of a newer version are, is not for this one to judge.
fn unreadable(case: &Case<'_>, place: usize, log: &LogHistory, report: &mut Report) {
    // One without a text is reported in another log of its file.
    let gaps = log.gaps.iter().filter(|lines| !lines.why.is_empty());
    if newer_version(log.startups().map(|(_, startup)| startup)).is_some() {
        let count: u32 = gaps.clone().map(|lines| lines.count).sum();
        if let Some(first) = gaps.clone().next() {
            let (at, why) = (case.at(place, first.line), &first.why);
            report.unchecked(format!(
                "{at}: one of {count} lines that this version does not know: {why}"
            ));
        }
        return;
    }
    for lines in gaps {
        report.add(RULE, || {
            let why = &lines.why;
            let found = match lines.count - 1 {
                0 => why.clone(),
                more => format!("{why}; and {more} more after it"),
            };
            let expected = "a line of a log".into();
            case.line(RULE, place, lines.line, expected, found)
        });
    }
}

/// Whether times never go back, at a glance; where they do, [`times`] tells.
#[expect(
    clippy::needless_bitwise_bool,
    reason = "without branches many rows are looked at in one step"
)]
fn has_times_in_order(
    case: &Case<'_>,
    log: &LogHistory,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<bool> {
    let (times, rows) = (&case.columns.system_time, &log.rows);
    let marks = &log.marks;
    let is_back = |pair: &[Mark]| pair[1].time < pair[0].time;
    let is_between = |mark: &Mark| {
        let has_before = mark.row > rows.start && mark.time < times[mark.row - 1];
        let has_after = mark.row < rows.end && times[mark.row] < mark.time;
        !has_before && !has_after
    };
    let mut is_right = !marks.windows(2).any(is_back) && marks.iter().all(is_between);
    checkpoint.rows(rows.clone(), |chunk| {
        let times = &times[chunk.start.max(rows.start + 1) - 1..chunk.end];
        let pairs = times.iter().zip(&times[1..]);
        is_right &= !pairs.fold(false, |any, (before, after)| any | (after < before));
    })?;
    Ok(is_right)
}

/// Every row of a table can be read.
fn bad_rows(case: &Case<'_>, report: &mut Report) {
    report.checked(RULE, case.history.bad_rows.len() as u64);
    for bad_row in &case.history.bad_rows {
        report.add(RULE, || Violation {
            rule: RULE,
            file: bad_row.file.clone(),
            line: bad_row.line,
            machine_id: bad_row.machine_id,
            clock: None,
            expected: "a line of a log".into(),
            found: bad_row.why.clone(),
        });
    }
}

/// Times never go back.
fn times(
    case: &Case<'_>,
    place: usize,
    log: &LogHistory,
    report: &mut Report,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<()> {
    let mut last = (f64::NEG_INFINITY, 0);
    let mut marks = log.marks.iter().peekable();
    for row in log.rows.start..=log.rows.end {
        checkpoint.row()?;
        while let Some(mark) = marks.next_if(|mark| mark.row <= row) {
            if mark.time < last.0 {
                report.add(RULE, || {
                    let expected = format!(
                        "a time from {:.6} on, that of {}",
                        last.0 / 1e6,
                        case.at(place, last.1)
                    );
                    case.line(
                        RULE,
                        place,
                        mark.line,
                        expected,
                        format!("{:.6}", mark.time / 1e6),
                    )
                });
            }
            last = (mark.time, mark.line);
        }
        if row == log.rows.end {
            break;
        }
        let time = case.columns.system_time[row];
        if time < last.0 {
            report.add(RULE, || {
                let expected = format!(
                    "a time from {:.6} on, that of {}",
                    last.0 / 1e6,
                    case.at(place, last.1)
                );
                case.event(RULE, place, row, expected, format!("{:.6}", time / 1e6))
            });
        }
        last = (time, case.columns.line[row]);
    }
    Ok(())
}

/// One STARTUP first, and again only as the same machine going on; before the first of a log that does not begin
/// at the beginning there may be any.
fn startups(case: &Case<'_>, place: usize, log: &LogHistory, report: &mut Report) {
    let mut first: Option<(u32, &Startup<'_>)> = None;
    let mut gaps = log.gaps.iter().peekable();
    // The row before which the last gap is.
    let mut gap = None;
    for (mark, start) in log.startups() {
        while let Some(lines) = gaps.next_if(|lines| lines.line < mark.line) {
            gap = Some(lines.row);
        }
        let mut add = |expected: String, found: String| {
            report.add(RULE, || case.line(RULE, place, mark.line, expected, found));
        };
        let clock = if mark.row > log.rows.start {
            Some(case.columns.new_clock[mark.row - 1] as u64)
        } else {
            first.and_then(|(_, before)| before.local_clock)
        };
        if let Some((clock, told)) = clock.zip(start.local_clock)
            && told != clock
            && gap != Some(mark.row)
        {
            add(
                format!("local_clock {clock}, the last clock before"),
                format!("local_clock {told}"),
            );
        }
        let Some((line, before)) = first else {
            first = Some((mark.line, start));
            continue;
        };
        // What is not told agrees with anything.
        let differ = |a: &Option<Cow<'_, str>>, b: &Option<Cow<'_, str>>| {
            a.as_ref().zip(b.as_ref()).is_some_and(|(a, b)| a != b)
        };
        if differ(&start.history, &before.history) || differ(&start.run_id, &before.run_id) {
            let shown = |text: &Option<Cow<'_, str>>| text.as_deref().unwrap_or("none").to_owned();
            add(
                format!(
                    "history {} of run {}, as at {}",
                    shown(&before.history),
                    shown(&before.run_id),
                    case.at(place, line)
                ),
                format!(
                    "history {} of run {}",
                    shown(&start.history),
                    shown(&start.run_id)
                ),
            );
        }
    }
    // A window of all logs may have none; a log that begins at the beginning has it where others have.
    let mut first = log
        .startups()
        .filter(|(mark, _)| mark.row == log.rows.start);
    if first.all(|(_, start)| start.local_clock.is_some_and(|clock| clock > 0))
        && case.covers[place].begins
        && log
            .gaps
            .first()
            .is_none_or(|lines| lines.row > log.rows.start)
        && case.logs().iter().any(has_first)
    {
        report.add(RULE, || {
            case.line(
                RULE,
                place,
                1,
                "STARTUP as the first line".into(),
                "no STARTUP".into(),
            )
        });
    }
}

/// Whether a log has the first STARTUP of its machine.
fn has_first(log: &LogHistory) -> bool {
    let mut startups = log.startups();
    startups.any(|(mark, start)| mark.row == log.rows.start && start.local_clock == Some(0))
}

/// Ticking begins once, after STARTUP, and no tick comes before.
fn beginnings(case: &Case<'_>, place: usize, log: &LogHistory, report: &mut Report) {
    let Some(first) = log.beginnings.first() else {
        return;
    };
    let mut add = |line: u32, expected: String, time: f64| {
        let found = format!("began {:.6}", time / 1e6);
        report.add(RULE, || case.line(RULE, place, line, expected, found));
    };
    // What comes after events, or has a clock, is a return: ticking began before it.
    let startup = log.startups().next();
    let startup = startup
        .filter(|(mark, startup)| mark.row == log.rows.start && startup.local_clock == Some(0));
    if let Some((mark, _)) = startup.filter(|(mark, _)| first.time < mark.time) {
        let expected = format!(
            "began from {:.6} on, when the machine started at {}",
            mark.time / 1e6,
            case.at(place, mark.line)
        );
        add(first.line, expected, first.time);
    }
    let tick = log.rows.clone().find(|&row| case.columns.is_tick(row));
    let least = first.time - case.resolutions[place].of_times();
    if let Some(row) = tick.filter(|&row| case.columns.system_time[row] < least) {
        let expected = format!(
            "began up to {:.6}, when the machine ticked at {}",
            case.columns.system_time[row] / 1e6,
            case.at_row(place, row)
        );
        add(first.line, expected, first.time);
    }
    for later in &log.beginnings[1..] {
        if later.time.to_bits() != first.time.to_bits() {
            let expected = format!(
                "began {:.6}, as at {}",
                first.time / 1e6,
                case.at(place, first.line)
            );
            add(later.line, expected, later.time);
        }
    }
}

/// Nothing but UNREAD lines after the first of them up to END, and nothing after END.
fn ends(case: &Case<'_>, place: usize, log: &LogHistory, report: &mut Report) {
    let is_unread = |mark: &Mark| matches!(mark.note, Note::Unread { .. });
    let is_end = |mark: &Mark| matches!(mark.note, Note::End(_));
    let is_last = |mark: &Mark| is_unread(mark) || is_end(mark);
    let Some(first) = log.marks.iter().position(is_last) else {
        return;
    };
    // The line that says what may still come.
    let mut after = &log.marks[first];
    let expected = |after: &Mark| {
        let at = case.at(place, after.line);
        if is_end(after) {
            format!("nothing after END at {at}")
        } else {
            format!("only UNREAD and END after UNREAD at {at}")
        }
    };
    let mut row = after.row;
    let events = |rows: std::ops::Range<usize>, after: &Mark, report: &mut Report| {
        for row in rows {
            report.add(RULE, || {
                case.event(RULE, place, row, expected(after), case.kind(row).into())
            });
        }
    };
    for mark in &log.marks[first + 1..] {
        events(row..mark.row, after, report);
        row = mark.row;
        let found = match mark.note {
            Note::Startup(_) => "STARTUP",
            Note::Connect(_) => "CONNECT",
            Note::Unread { .. } => "UNREAD",
            Note::End(_) => "END",
        };
        if is_end(after) || !is_last(mark) {
            report.add(RULE, || {
                case.line(RULE, place, mark.line, expected(after), found.into())
            });
        } else if is_end(mark) {
            after = mark;
        }
    }
    events(row..log.rows.end, after, report);
}

/// END counts the events that are neither made by hand nor caused by the event before: each tick makes one, unless the rules leave the pace free.
fn ticks(
    case: &Case<'_>,
    place: usize,
    log: &LogHistory,
    report: &mut Report,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<()> {
    let Some((mark, end)) = case.ends[place] else {
        return Ok(());
    };
    let Some(told) = end.ticks.filter(|_| case.rules.pace != Paced::Free) else {
        return Ok(());
    };
    checkpoint.row()?;
    let no_ticks = case.columns.are_no_ticks(log.rows.clone());
    let ticks = no_ticks
        .iter()
        .map(|&is_none| u64::from(!is_none))
        .sum::<u64>();
    if told != ticks && case.is_whole(place) {
        report.add(RULE, || {
            let caused = case.columns.caused[log.rows.clone()].contains(&true);
            let caused = if caused { " and not caused" } else { "" };
            let expected =
                format!("ticks {ticks}, the number of events that are not by hand{caused}");
            let found = format!("ticks {told}");
            case.line(RULE, place, mark.line, expected, found)
        });
    }
    Ok(())
}

/// Whether the event in a line of a log was made by hand.
pub(super) fn is_by_hand(case: &Case<'_>, log: &LogHistory, line: u32) -> bool {
    let rows = &case.columns.line[log.rows.clone()];
    let row = rows.binary_search(&line);
    row.is_ok_and(|row| case.columns.is_manual(log.rows.start + row))
}
