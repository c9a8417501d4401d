//! Logs of JSON lines of any shape.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use super::alike::shortened;
use super::collect::Collector;
use super::fields::{Field, assign};
use super::json_line::{self, KeyUse, Keys};
use super::portions;
use super::row_writer::{Flaw, RowWriter, StretchRows, ValueReaders};
use super::source::{Contents, TextFile};
use super::table::Table;
use super::text::{Foreign, load, note_cut};
use crate::error::{Error, Result};

/// So many lines of each file are looked at for their keys.
const SAMPLED: usize = 1000;
/// So many keys that mean nothing to us become columns.
const MOST_COLUMNS: usize = 64;
/// So many keys a message shows.
const SHOWN: usize = 12;

/// Reads files of JSON lines, one object a line.
///
/// `go_on` is asked every few milliseconds; when it says no, reading ends with an error.
pub fn read_json(
    files: &[TextFile],
    foreign: &Foreign,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Table> {
    read_json_on(None, files, foreign, go_on)
}

/// [`read_json`] on this many threads; the result and the error are the same for any number.
pub fn read_json_on(
    threads: Option<usize>,
    files: &[TextFile],
    foreign: &Foreign,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Table> {
    if files.is_empty() {
        return Err(Error::invalid("no log files are given"));
    }
    let contents = load(threads, files, go_on)?;
    let (keys, extra) = find_keys(&contents, files, foreign)?;
    let readers = foreign.readers(extra);
    let mut work = Vec::new();
    for (file, contents) in contents.iter().enumerate() {
        let pieces = portions::split(&contents.text, 0, contents.text.len(), 1);
        work.extend(pieces.into_iter().map(|(range, line)| (file, range, line)));
    }
    let bytes = contents.iter().map(|contents| contents.text.len()).sum();
    let threads = threads.unwrap_or_else(|| portions::threads(bytes));
    let one = |place: usize, is_stopped: &AtomicBool| {
        let (file, range, line) = &work[place];
        scan(
            &contents[*file].text[range.clone()],
            *line,
            &keys,
            &readers,
            files[*file].machine.as_deref(),
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
    let mut collector = Collector::default();
    let mut unknown: Option<(String, u32, String)> = None;
    let mut last = None;
    for (mut found, (file, ..)) in found.into_iter().zip(work) {
        let name = &contents[file].name;
        if last != Some(file) {
            last = Some(file);
            collector.begin_file(name);
            note_cut(&mut collector.notes, &contents[file]);
        }
        if let Some(flaw) = found.flaw {
            return Err(Error::log(name.clone(), flaw.line.into(), flaw.why));
        }
        for Flaw { line, why, .. } in std::mem::take(&mut found.rows.gaps) {
            collector.leave(line, why);
        }
        unknown = unknown.or(found.unknown.map(|(line, key)| (name.clone(), line, key)));
        let rows = found.rows.line.len();
        collector.append(&found.rows, 0..rows);
    }
    collector.note_bad_lines();
    if let Some((file, line, key)) = unknown {
        collector.notes.push(format!(
            "{file}:{line}: the key {key:?} comes late or among too many: it is left aside"
        ));
    }
    if collector.len() == 0 {
        return Err(Error::invalid(format!(
            "{} holds no event: {} lines are left aside by events, {} cannot be read",
            contents.first().map_or("", |contents| &contents.name),
            collector.aside,
            collector.bad_lines()
        )));
    }
    collector.into_table(&foreign.words, readers.extra)
}

/// What a stretch of lines holds.
struct JsonRows {
    rows: StretchRows,
    flaw: Option<Flaw>,
    /// The first key that is not among those that are known.
    unknown: Option<(u32, String)>,
}

fn scan(
    text: &str,
    first: u32,
    keys: &Keys,
    readers: &ValueReaders,
    owner: Option<&str>,
    is_stopped: &AtomicBool,
) -> JsonRows {
    let mut writer = RowWriter::new(readers, owner);
    let mut unknown = None;
    let mut flaw = None;
    let mut line = first;
    let mut rest = text;
    while !rest.is_empty() && !is_stopped.load(Ordering::Relaxed) {
        let end = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        let here = &rest[..end];
        rest = rest.get(end + 1..).unwrap_or("");
        writer.begin(line);
        if !here.trim_ascii().is_empty() {
            let read = json_line::read(here, keys, &mut writer, &mut |key| {
                if unknown.is_none() {
                    unknown = Some((line, key.to_owned()));
                }
            });
            if let Err(wrong) = read.and_then(|()| writer.end().map(|_| ()))
                && let Err(wrong) = writer.skip(wrong)
            {
                flaw = Some(wrong);
                break;
            }
        }
        line += 1;
    }
    JsonRows {
        rows: writer.rows,
        flaw,
        unknown,
    }
}

/// The keys that lines have, what they are for, and the names of those that mean nothing to us.
fn find_keys(
    contents: &[Contents],
    files: &[TextFile],
    foreign: &Foreign,
) -> Result<(Keys, Vec<String>)> {
    let mut names: Vec<String> = Vec::new();
    let mut known: BTreeSet<String> = BTreeSet::new();
    let inner = |path: &str| {
        let prefix = format!("{path}.");
        foreign.columns.keys().any(|key| key.starts_with(&prefix))
    };
    for contents in contents {
        let lines = contents
            .text
            .lines()
            .filter(|line| !line.trim_ascii().is_empty());
        for line in lines.take(SAMPLED) {
            for key in json_line::keys_of(line, &inner) {
                if !known.contains(&key) {
                    known.insert(key.clone());
                    names.push(key);
                }
            }
        }
    }
    // What is declared or named as ours is known even where it comes late.
    for name in foreign.columns.keys() {
        if !known.contains(name) {
            names.push(name.clone());
        }
    }
    let (fields, extra) = assign(&names, &foreign.columns)?;
    let shown: Vec<&str> = names
        .iter()
        .take(SHOWN)
        .map(|name| shortened(name))
        .collect();
    let has = |wanted: Field| fields.contains(&wanted);
    let missing = |what: &str, remedy: &str| {
        let name = contents.first().map_or("", |contents| &contents.name);
        Err(Error::invalid(format!(
            "{name}: no key tells {what}: the keys are {}; {remedy}",
            shown.join(", ")
        )))
    };
    if names.is_empty() {
        return Err(no_object(contents));
    }
    if !has(Field::Event) && !has(Field::Vector) && !has(Field::Clock) {
        return missing("what happened", "say columns={\"their_key\": \"event\"}");
    }
    if !has(Field::Machine) && files.iter().any(|file| file.machine.is_none()) {
        return missing(
            "the machine",
            "say columns={\"their_key\": \"machine\"}, or file_pattern",
        );
    }
    let mut keys = Keys::default();
    for (name, field) in names.iter().zip(fields) {
        let field = match field {
            Field::Extra(place) if place >= MOST_COLUMNS => Field::Ignored,
            field => field,
        };
        insert(&mut keys, name, field, &inner);
    }
    let extra = extra.into_iter().take(MOST_COLUMNS).collect();
    Ok((keys, extra))
}

/// Why the first line of logs is no object with keys.
fn no_object(contents: &[Contents]) -> Error {
    let Some(contents) = contents.first() else {
        return Error::invalid("no log files are given");
    };
    let mut lines = contents.text.lines().zip(1_u32..);
    let found = lines.find(|(line, _)| !line.trim_ascii().is_empty());
    let (line, number) = found.unwrap_or(("", 1));
    let why = if matches!(serde_json::from_str(line), Ok(Value::Object(_))) {
        "the lines have no keys: each is a JSON object, as {\"machine\": 1, ...}".to_owned()
    } else {
        json_line::explained(line)
    };
    Error::log(contents.name.clone(), number.into(), why)
}

/// Puts a path in its place.
fn insert(keys: &mut Keys, name: &str, field: Field, inner: &dyn Fn(&str) -> bool) {
    let mut keys = keys;
    let mut rest = name;
    for (dot, _) in name.match_indices('.') {
        if !inner(&name[..dot]) {
            continue;
        }
        let start = name.len() - rest.len();
        let key = &name[start..dot];
        let place = keys
            .0
            .iter()
            .position(|(known, _)| known == key)
            .unwrap_or(keys.0.len());
        if place == keys.0.len() {
            keys.0
                .push((key.to_owned(), KeyUse::Object(Keys::default())));
        }
        let KeyUse::Object(below) = &mut keys.0[place].1 else {
            return;
        };
        keys = below;
        rest = &name[dot + 1..];
    }
    keys.0.push((rest.to_owned(), KeyUse::Field(field)));
}
