//! The times of rows, from whole nanoseconds to the seconds of tables.

use super::dates::SECOND;
use super::row_writer::NEVER;
use crate::log::columns::Columns;

/// Times from here on are not since the start of a run.
const SINCE_START: i64 = 100_000_000 * SECOND;
/// Times of one unit do not differ by more.
const MOST_RATIO: i64 = 100;
const HALF_DAY: i64 = 43_200 * SECOND;

/// Where a time is wrong.
pub(super) enum At {
    Row(usize),
    /// A file, by its number, and a line of it.
    Place((u32, u32)),
}

type FileLine = (u32, u32);
/// What to say, given how a row is named.
pub(super) type Why = Box<dyn Fn(&dyn Fn(usize) -> String) -> String>;

/// Puts times, times of the system and times of arrival into the columns.
///
/// `files` has the file of each row, `first` where each kind of time first stands.
pub(super) fn fill(
    columns: &mut Columns,
    [mut time, mut system, mut arrived]: [Vec<i64>; 3],
    files: &[u32],
    first: &[Option<FileLine>; 4],
    decimals: u32,
    notes: &mut Vec<String>,
) -> Result<(), (At, Why)> {
    let [number, _, local, daytime] = *first;
    one_kind(first)?;
    if time.is_empty() {
        std::mem::swap(&mut time, &mut system);
    }
    if time.is_empty() && arrived.is_empty() {
        return Ok(());
    }
    for times in [&time, &system] {
        complete(times, files.len())?;
    }
    if daytime.is_some() {
        for times in [&mut time, &mut system, &mut arrived] {
            beyond_midnight(times, files);
        }
        notes.push("times are times of day without a date: the first of each file is taken to be of one day".into());
    }
    if local.is_some() {
        notes.push("times have no zone: they are taken for UTC".into());
    }
    one_unit(&time)?;
    let earliest = time.iter().copied().min().unwrap_or(0);
    let latest = time.iter().copied().max().unwrap_or(0);
    if number.is_some() && decimals == 0 && latest > earliest {
        let seconds = (latest - earliest) / SECOND;
        notes.push(format!(
            "times are whole numbers, taken for seconds: the run lasts {}",
            lasting(seconds)
        ));
    }
    let zero = if earliest > SINCE_START { earliest } else { 0 };
    let seconds = |nanos: i64| nanos as f64 / SECOND as f64;
    let since = |nanos: &i64| {
        if *nanos == NEVER {
            f64::NAN
        } else {
            seconds(nanos - zero)
        }
    };
    columns.time = time.iter().map(since).collect();
    columns.arrived = arrived.iter().map(since).collect();
    let system = if system.is_empty() { &time } else { &system };
    columns.system_time = system.iter().map(|&nanos| seconds(nanos)).collect();
    Ok(())
}

fn lasting(seconds: i64) -> String {
    match seconds {
        0..=7199 => format!("{seconds} s"),
        7200..=172_799 => format!("{:.1} hours", seconds as f64 / 3600.0),
        _ => format!("{:.0} days", seconds as f64 / 86_400.0),
    }
}

/// Numbers, dates and times of day do not go together.
fn one_kind(first: &[Option<FileLine>; 4]) -> Result<(), (At, Why)> {
    let [number, date, local, daytime] = *first;
    let dates = [date, local].into_iter().flatten().min();
    let kinds = [
        (number, "a number"),
        (dates, "a date"),
        (daytime, "a time of day"),
    ];
    let mut there: Vec<(FileLine, &str)> = kinds
        .into_iter()
        .filter_map(|(place, name)| Some((place?, name)))
        .collect();
    there.sort_unstable();
    match there[..] {
        [(_, before), (place, name), ..] => {
            let why = format!(
                "its time is {name}, that of the lines before {before}: times are of one kind in a run"
            );
            Err((At::Place(place), Box::new(move |_| why.clone())))
        }
        _ => Ok(()),
    }
}

/// Every row has a time, or none has.
fn complete(times: &[i64], rows: usize) -> Result<(), (At, Why)> {
    if times.is_empty() {
        return Ok(());
    }
    let missing = (0..rows).find(|&row| times.get(row).is_none_or(|&nanos| nanos == NEVER));
    let Some(row) = missing else { return Ok(()) };
    let other = times.iter().position(|&nanos| nanos != NEVER).unwrap_or(0);
    let why = move |name: &dyn Fn(usize) -> String| {
        format!(
            "it has no time, and {} has one: give one to all, or to none (columns={{their name: None}} leaves times aside)",
            name(other)
        )
    };
    Err((At::Row(row), Box::new(why)))
}

/// A time of day far before that of the row before it is of the next day.
fn beyond_midnight(times: &mut [i64], files: &[u32]) {
    let mut before: Option<(u32, i64)> = None;
    let mut days = 0;
    for (nanos, &file) in times.iter_mut().zip(files) {
        if *nanos == NEVER {
            continue;
        }
        match before {
            Some((same, last)) if same == file => {
                if *nanos < last - HALF_DAY {
                    days += 1;
                }
            }
            _ => days = 0,
        }
        before = Some((file, *nanos));
        *nanos += days * 2 * HALF_DAY;
    }
}

/// Times of day, as numbers, are of one unit.
fn one_unit(times: &[i64]) -> Result<(), (At, Why)> {
    let Some(&first) = times.first() else {
        return Ok(());
    };
    let differs = |nanos: i64| {
        let (small, large) = (nanos.min(first), nanos.max(first));
        large > SINCE_START && small < large / MOST_RATIO
    };
    let Some(row) = times.iter().position(|&nanos| differs(nanos)) else {
        return Ok(());
    };
    let (here, there) = (
        times[row] as f64 / SECOND as f64,
        first as f64 / SECOND as f64,
    );
    let why = move |name: &dyn Fn(usize) -> String| {
        format!(
            "its time would be {here} s and that of {} {there} s: times are of one unit in a run",
            name(0)
        )
    };
    Err((At::Row(row), Box::new(why)))
}
