//! Words and dates of tables, read as those of texts are.

use std::collections::BTreeMap;

use numpy::{IntoPyArray, PyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::log::import::dates::iso;
use crate::log::import::time_format::TimeFormat;
use crate::log::import::words::{Meaning, Words, unknown};
use crate::log::schema::EventKind;

/// The words of a declaration: each means a kind, two of them, or None for what is left aside.
pub(super) fn declared_words(events: &Bound<'_, PyAny>) -> PyResult<Words> {
    let mut declared = BTreeMap::new();
    if let Ok(events) = events.cast::<PyDict>() {
        for (word, kind) in events.iter() {
            let meaning = if kind.is_none() {
                Meaning::Aside
            } else if let Ok(name) = kind.extract::<String>() {
                let known = EventKind::ALL.iter().find(|kind| kind.name() == name);
                let unknown = || {
                    PyValueError::new_err(format!("events[{word}]={name:?} is not a kind of event"))
                };
                Meaning::Kind(*known.ok_or_else(unknown)?)
            } else {
                Meaning::Both
            };
            declared.insert(word.extract()?, meaning);
        }
    }
    Ok(Words::new(declared))
}

/// Say what events are by words, each with how often it is there and in which row first.
///
/// The codes are places in ``EVENT_KINDS``, behind these one for an event that receives and sends, and then
/// one for rows to leave aside.
///
/// Raises
/// ------
/// ValueError
///     Words are unknown: they are listed with how often they are there.
#[pyfunction]
pub(super) fn event_codes(
    words: Vec<String>,
    counts: Vec<u64>,
    first_rows: Vec<u64>,
    events: &Bound<'_, PyAny>,
) -> PyResult<Vec<i8>> {
    let known = declared_words(events)?;
    let mut strange: BTreeMap<&str, u64> = BTreeMap::new();
    let mut first = u64::MAX;
    let mut codes = Vec::with_capacity(words.len());
    for ((word, &count), &row) in words.iter().zip(&counts).zip(&first_rows) {
        codes.push(match known.meaning(word) {
            Some(Meaning::Kind(kind)) => kind as i8,
            Some(Meaning::Both) => EventKind::COUNT as i8,
            Some(Meaning::Aside) => EventKind::COUNT as i8 + 1,
            None => {
                strange.insert(word, count);
                first = first.min(row);
                -1
            }
        });
    }
    if strange.is_empty() {
        return Ok(codes);
    }
    Err(PyValueError::new_err(unknown(
        &strange,
        &format!("row {first}"),
    )))
}

/// Say when texts say that it was.
///
/// Nanoseconds since 1970 of each (the least number for None), how many decimals their seconds have, and
/// which text is not a time, if there is one.
///
/// Raises
/// ------
/// ValueError
///     `time_format` is not a format.
#[pyfunction]
#[pyo3(signature = (texts, time_format = None))]
pub(super) fn read_dates<'py>(
    py: Python<'py>,
    texts: Vec<Option<Bound<'py, PyAny>>>,
    time_format: Option<&str>,
) -> PyResult<(Bound<'py, PyArray1<i64>>, u32, Option<usize>)> {
    let format = time_format.map(TimeFormat::new).transpose()?;
    let mut times = Vec::with_capacity(texts.len());
    let (mut decimals, mut strange) = (0, None);
    for (row, text) in texts.iter().enumerate() {
        let Some(text) = text else {
            times.push(i64::MIN);
            continue;
        };
        let written = match text.cast::<PyString>() {
            Ok(text) => {
                let text = text.to_cow()?;
                match &format {
                    Some(format) => format.read(text.trim()),
                    None => iso(text.trim()),
                }
            }
            Err(_) => None,
        };
        if let Some(written) = written {
            decimals = decimals.max(written.decimals);
            times.push(written.nanos);
        } else {
            strange.get_or_insert(row);
            times.push(i64::MIN);
        }
    }
    Ok((times.into_pyarray(py), decimals, strange))
}
