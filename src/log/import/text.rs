//! Logs of any text, read by regular expressions.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use super::alike::{LeftAside, are_telling};
use super::collect::Collector;
use super::executions;
use super::expression::Expression;
use super::fields::{Field, assign};
use super::portions;
use super::row_writer::{Flaw, ValueReaders, shown};
use super::scan::{Found, Patterns, Region, left_between, scan};
use super::source::{self, Contents, TextFile};
use super::table::Table;
use super::when::TimeReader;
use super::words::Words;
use crate::error::{Error, Result};
use crate::log::execution::Execution;

/// How the logs of another program are to be read.
#[derive(Debug, Clone, Default)]
pub struct Foreign {
    /// Their names of groups, keys and columns to ours, to `None` for what is left aside.
    pub columns: BTreeMap<String, Option<String>>,
    /// What their words for events mean.
    pub words: Words,
    /// How times are written.
    pub times: TimeReader,
    /// Whether damaged lines are left aside.
    pub skips: bool,
}

impl Foreign {
    /// What is known of values before they are read; `extra` are the columns that mean nothing to us.
    pub(super) fn readers(&self, extra: Vec<String>) -> ValueReaders {
        ValueReaders {
            words: self.words.clone(),
            times: self.times.clone(),
            extra,
            skips: self.skips,
        }
    }
}

/// The expressions by which a text is read.
#[derive(Debug, Clone, Default)]
pub struct TextPatterns {
    /// Tried in their order at each place.
    pub patterns: Vec<String>,
    /// What stands between two executions.
    pub delimiter: Option<String>,
    /// Which execution to read, where there are several.
    pub execution: Option<Execution>,
}

/// Reads files of text by patterns whose named groups say what is where.
///
/// `go_on` is asked every few milliseconds; when it says no, reading ends with an error.
pub fn read_text(
    files: &[TextFile],
    patterns: &TextPatterns,
    foreign: &Foreign,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Table> {
    read_text_on(None, files, patterns, foreign, go_on)
}

/// [`read_text`] on this many threads; the result and the error are the same for any number.
#[expect(clippy::too_many_lines, reason = "what becomes of text, step by step")]
pub fn read_text_on(
    threads: Option<usize>,
    files: &[TextFile],
    patterns: &TextPatterns,
    foreign: &Foreign,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Table> {
    let (compiled, extra) = compile(files, patterns, foreign)?;
    let delimiter = patterns
        .delimiter
        .as_ref()
        .map(|delimiter| Expression::new("delimiter", delimiter))
        .transpose()?;
    let contents = load(threads, files, go_on)?;
    let starts = contents
        .iter()
        .zip(files)
        .map(|(contents, file)| header(&contents.text, file.header));
    let starts: Vec<usize> = starts.collect();
    let choose = |is_stopped: &AtomicBool| {
        executions::choose(
            &contents,
            &starts,
            delimiter.as_ref(),
            patterns.execution.as_ref(),
            is_stopped,
        )
    };
    let stretches = portions::one(&choose, go_on)??;
    let readers = foreign.readers(extra);
    let mut work = Vec::new();
    let mut regions = Vec::new();
    for (place, range) in stretches {
        let text = &contents[place].text;
        let line = memchr::memchr_iter(b'\n', &text.as_bytes()[..range.start]).count() as u32 + 1;
        let owner = files[place].machine.as_deref();
        let pieces = portions::split(text, range.start, range.end, line);
        work.extend(
            pieces
                .into_iter()
                .map(|(piece, line)| (regions.len(), piece, line)),
        );
        regions.push((
            place,
            Region::new(text, range, owner, compiled.expressions.len()),
        ));
    }
    let bytes = contents.iter().map(|contents| contents.text.len()).sum();
    let threads = threads.unwrap_or_else(|| portions::threads(bytes));
    let one = |place: usize, is_stopped: &AtomicBool| {
        let (region, range, line) = &work[place];
        let region = &regions[*region].1;
        scan(
            &compiled,
            &readers,
            region,
            range.clone(),
            *line,
            is_stopped,
        )
    };
    let found = portions::each(
        threads,
        work.len(),
        &one,
        |found| found.flaw.is_some(),
        go_on,
    )?;
    let mut found = found.into_iter();
    let mut collector = Collector::default();
    let mut work = work.into_iter().peekable();
    let mut file = None;
    let mut of_file = (0, LeftAside::default());
    for (number, (place, region)) in regions.iter().enumerate() {
        if file != Some(*place) {
            file = Some(*place);
            collector.begin_file(&contents[*place].name);
            of_file = (0, LeftAside::default());
        }
        let mut end = region.range.start;
        while let Some((_, range, line)) = work.next_if(|(of, ..)| *of == number) {
            let piece = found.next();
            let Some((mut piece, from)) = joined(
                piece,
                &compiled,
                &readers,
                region,
                (end, range, line),
                go_on,
            )?
            else {
                continue;
            };
            end = piece.end;
            let name = &contents[*place].name;
            if let Some(flaw) = piece.flaw {
                return Err(Error::log(name.clone(), flaw.line.into(), flaw.why));
            }
            for Flaw { line, why, .. } in std::mem::take(&mut piece.rows.gaps) {
                collector.leave(line, why);
            }
            of_file.0 += piece.matches;
            of_file.1.append(piece.head);
            of_file.1.append(piece.left);
            let rows = piece.rows.line.len();
            collector.append(&piece.rows, from..rows);
        }
        if regions
            .get(number + 1)
            .is_none_or(|(next, _)| next != place)
        {
            let (matches, aside) = std::mem::take(&mut of_file);
            judge(&contents[*place].name, matches, &aside, foreign.skips)?;
            note_left(&mut collector.notes, &contents[*place], &aside);
            for (line, text) in aside.all_alike() {
                collector.leave(line, unmatched(text));
            }
        }
    }
    collector.note_bad_lines();
    if collector.len() == 0 {
        return Err(Error::invalid(format!(
            "the logs hold no event: all {} lines that match are left aside by events",
            collector.aside
        )));
    }
    collector.into_table(&foreign.words, readers.extra)
}

/// What a portion holds behind `end`, up to where the search has got before it, and its first row that counts;
/// nothing if the search has passed all of it.
fn joined(
    piece: Option<Found>,
    patterns: &Patterns,
    readers: &ValueReaders,
    region: &Region<'_>,
    (end, range, line): (usize, std::ops::Range<usize>, u32),
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Option<(Found, usize)>> {
    if end >= range.end {
        return Ok(None);
    }
    if end <= range.start
        && let Some(piece) = piece
    {
        return Ok(Some((piece, 0)));
    }
    // A match that begins before the portion reaches into it: the search goes on behind it.
    let start = end.max(range.start);
    let between = &region.text.as_bytes()[range.start..start];
    let line = line + memchr::memchr_iter(b'\n', between).count() as u32;
    match piece {
        // A search from there finds the same first match, and from there on all is the same.
        Some(mut piece)
            if piece.flaw.is_none()
                && piece
                    .spans
                    .first()
                    .is_some_and(|&(first, ..)| first >= start) =>
        {
            let first = piece.spans[0].0;
            piece.head = left_between(patterns, readers, region, (start, line), first);
            Ok(Some((piece, 0)))
        }
        _ => {
            let again = |is_stopped: &AtomicBool| {
                scan(
                    patterns,
                    readers,
                    region,
                    start..range.end,
                    line,
                    is_stopped,
                )
            };
            Ok(Some((portions::one(&again, go_on)?, 0)))
        }
    }
}

/// The patterns and the names of columns that mean nothing to us.
fn compile(
    files: &[TextFile],
    patterns: &TextPatterns,
    foreign: &Foreign,
) -> Result<(Patterns, Vec<String>)> {
    if files.is_empty() {
        return Err(Error::invalid("no log files are given"));
    }
    if patterns.patterns.is_empty() {
        return Err(Error::invalid(
            "no pattern is given: it is a regular expression with named groups",
        ));
    }
    let mut expressions = Vec::with_capacity(patterns.patterns.len());
    for pattern in &patterns.patterns {
        let expression = Expression::new("pattern", pattern)?;
        if expression.is_empty_somewhere() {
            return Err(Error::invalid(format!(
                "pattern {} matches where there is nothing: let it have something that must be there",
                shown(pattern)
            )));
        }
        expressions.push(expression);
    }
    let mut names: Vec<String> = Vec::new();
    for (_, name) in expressions.iter().flat_map(|expression| &expression.groups) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    if let Some(strange) = foreign.columns.keys().find(|name| !names.contains(name)) {
        return Err(Error::invalid(format!(
            "columns: no group of a pattern is called {strange:?}: there are {}",
            names.join(", ")
        )));
    }
    let (fields, extra) = assign(&names, &foreign.columns)?;
    let field_of: BTreeMap<&String, Field> = names.iter().zip(fields).collect();
    let mut groups = Vec::with_capacity(expressions.len());
    for (pattern, expression) in patterns.patterns.iter().zip(&expressions) {
        let named = expression.groups.iter();
        let mut of: Vec<(usize, Field)> = named
            .map(|(place, name)| (*place, field_of[name]))
            .collect();
        // The word comes first: it may say that the rest is none of ours.
        of.sort_by_key(|&(place, field)| (field != Field::Event, place));
        check_groups(pattern, &of, files)?;
        groups.push(of);
    }
    let mut literals = Vec::new();
    for (expression, groups) in expressions.iter().zip(&groups) {
        // Lines that differ in their words are alike.
        let words = groups.iter().filter(|(_, field)| *field == Field::Event);
        let words: Vec<usize> = words.map(|&(place, _)| place).collect();
        let lines = expression.literals(&words).into_iter();
        literals.extend(lines.filter(|literals| are_telling(literals)));
    }
    let is_confined = expressions.iter().all(|expression| expression.is_confined);
    let compiled = Patterns {
        expressions,
        groups,
        literals,
        is_confined,
    };
    Ok((compiled, extra))
}

/// Whether a pattern tells what an event needs.
fn check_groups(pattern: &str, groups: &[(usize, Field)], files: &[TextFile]) -> Result<()> {
    let has = |wanted: Field| groups.iter().any(|&(_, field)| field == wanted);
    let missing = |name: &str, remedy: &str| {
        Err(Error::invalid(format!(
            "pattern {} has no group {name}: {remedy}",
            shown(pattern)
        )))
    };
    if !has(Field::Event) && !has(Field::Vector) && !has(Field::Clock) {
        return missing(
            "event",
            "give it one around the word that says what happened, as in (?<event>\\w+)",
        );
    }
    if !has(Field::Machine)
        && let Some(file) = files.iter().find(|file| file.machine.is_none())
    {
        let file = file.path.display();
        return missing(
            "machine",
            &format!(
                "give it one, as in (?<machine>\\w+), or let file_pattern find it in the name of {file}"
            ),
        );
    }
    Ok(())
}

/// What all files hold.
pub(super) fn load(
    threads: Option<usize>,
    files: &[TextFile],
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Vec<Contents>> {
    let threads = threads.unwrap_or_else(|| portions::threads(usize::MAX));
    let one = |place: usize, _: &AtomicBool| source::read(&files[place].path);
    let contents = portions::each(threads, files.len(), &one, Result::is_err, go_on)?;
    contents.into_iter().collect()
}

/// Where the lines behind the header begin.
pub(super) fn header(text: &str, lines: u32) -> usize {
    let Some(last) = lines.checked_sub(1) else {
        return 0;
    };
    let mut newlines = memchr::memchr_iter(b'\n', text.as_bytes());
    newlines
        .nth(last as usize)
        .map_or(text.len(), |newline| newline + 1)
}

/// Whether the patterns may have missed events.
fn judge(file: &str, matches: u64, aside: &LeftAside, skips: bool) -> Result<()> {
    if matches == 0 {
        let (line, text) = aside.first.clone().unwrap_or((1, String::new()));
        return Err(Error::log(
            file,
            line.into(),
            format!("the pattern matches nothing in this file, whose first line is {text:?}"),
        ));
    }
    match aside.first_alike() {
        Some((line, text)) if !skips => Err(Error::log(
            file,
            line.into(),
            format!(
                "{}: let a pattern match it (a list of them is tried in order; events={{word: None}} leaves what it matches aside), \
                 or leave such lines aside by errors='skip'",
                unmatched(text)
            ),
        )),
        _ => Ok(()),
    }
}

fn unmatched(text: &str) -> String {
    format!("no pattern matches {text:?}, which looks like lines that are events")
}

fn note_left(notes: &mut Vec<String>, contents: &Contents, aside: &LeftAside) {
    if let Some((line, text)) = &aside.first {
        let lines = if aside.count == 1 {
            "line matches"
        } else {
            "lines match"
        };
        notes.push(format!(
            "{}: {} {lines} no pattern and count for nothing, first line {line}: {}",
            contents.name,
            aside.count,
            shown(text)
        ));
    }
    note_cut(notes, contents);
}

pub(super) fn note_cut(notes: &mut Vec<String>, contents: &Contents) {
    if contents.is_cut {
        notes.push(format!(
            "{}: the compressed file is cut off; it is read as far as it goes",
            contents.name
        ));
    }
}
