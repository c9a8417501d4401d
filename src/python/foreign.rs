//! Logs of other programs, from Python: what `Declaration` says of them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::execution::ExecutionArgument;
use super::interrupt::interruptible;
use super::logs::PyLogs;
use super::rules::RulesArgument;
use super::table::keys;
use super::words::declared_words;
use crate::log::import::json::read_json;
use crate::log::import::source::TextFile;
use crate::log::import::table::Declared;
use crate::log::import::text::{Foreign, TextPatterns, read_text};
use crate::log::import::when::TimeReader;

/// Read logs of other programs: text by the patterns of a declaration, JSON lines if it has none.
///
/// Parameters
/// ----------
/// files : sequence of (str, str or None, int)
///     Each file, the machine that it is of where its lines do not say, and how many lines in front are no
///     events.
/// declaration : Declaration
///     How they are read.
///
/// Raises
/// ------
/// LogError
///     A line is malformed, a pattern matches nothing or skips what looks like an event, a file is empty or
///     holds no text.
/// ValueError
///     A pattern or a format is not one, needed groups are missing, words of events are unknown, or several
///     executions are there and none is named.
/// OSError
///     A file cannot be read.
#[pyfunction]
pub(super) fn read_foreign(
    py: Python<'_>,
    files: Vec<(PathBuf, Option<String>, u32)>,
    declaration: &Bound<'_, PyAny>,
) -> PyResult<PyLogs> {
    let files: Vec<TextFile> = files
        .into_iter()
        .map(|(path, machine, header)| TextFile {
            path,
            machine,
            header,
        })
        .collect();
    let foreign = foreign(declaration)?;
    let patterns = patterns(declaration)?;
    let declared = declared(declaration)?;
    interruptible(py, |go_on| {
        let table = match patterns {
            Some(patterns) => read_text(&files, &patterns, &foreign, go_on),
            None => read_json(&files, &foreign, go_on),
        };
        table?.into_logs(&declared).map(PyLogs::new)
    })
}

fn foreign(declaration: &Bound<'_, PyAny>) -> PyResult<Foreign> {
    let columns: Option<BTreeMap<String, Option<String>>> =
        declaration.getattr("columns")?.extract()?;
    let format: Option<String> = declaration.getattr("time_format")?.extract()?;
    let unit: Option<String> = declaration.getattr("time_unit")?.extract()?;
    let errors: String = declaration.getattr("errors")?.extract()?;
    Ok(Foreign {
        columns: columns.unwrap_or_default(),
        words: declared_words(&declaration.getattr("events")?)?,
        times: TimeReader::new(format.as_deref(), unit.as_deref())?,
        skips: errors == "skip",
    })
}

fn patterns(declaration: &Bound<'_, PyAny>) -> PyResult<Option<TextPatterns>> {
    let patterns: Option<Vec<String>> = declaration.getattr("pattern")?.extract()?;
    let Some(patterns) = patterns else {
        return Ok(None);
    };
    let execution: Option<ExecutionArgument> = declaration.getattr("execution")?.extract()?;
    Ok(Some(TextPatterns {
        patterns,
        delimiter: declaration.getattr("delimiter")?.extract()?,
        execution: execution.map(|ExecutionArgument(execution)| execution),
    }))
}

fn declared(declaration: &Bound<'_, PyAny>) -> PyResult<Declared> {
    let rules: Option<RulesArgument> = declaration.getattr("rules")?.extract()?;
    let queue_len: String = declaration.getattr("queue_len")?.extract()?;
    let given = declaration.getattr("offsets")?;
    let offsets = given.cast::<PyDict>().ok().map(keys).transpose()?;
    Ok(Declared {
        queue_len_before: queue_len == "before",
        multicast_rows: !declaration.getattr("multicast")?.is_none(),
        rules: rules.map(|RulesArgument(rules)| rules).unwrap_or_default(),
        offsets: offsets.unwrap_or_default(),
    })
}
