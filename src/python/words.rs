//! Words and dates of tables, read as those of texts are.

use std::collections::BTreeMap;

use numpy::{IntoPyArray, PyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::log::import::dates::iso;
use crate::log::import::time_format::TimeFormat;
use crate::log::import::words::{Meaning, Words, unknown};
use crate::log::schema::EventKind;

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
    events: BTreeMap<String, Option<Vec<String>>>,
) -> PyResult<Vec<i8>> {
    let kind = |name: &str| {
        EventKind::ALL
            .iter()
            .copied()
            .find(|kind| kind.name() == name)
    };
    let declared = events.into_iter().map(|(word, kinds)| {
        let meaning = match kinds.as_deref() {
            None => Meaning::Aside,
            Some([name]) => Meaning::Kind(
                kind(name)
                    .ok_or_else(|| PyValueError::new_err(format!("there is no kind {name}")))?,
            ),
            Some(_) => Meaning::Both,
        };
        Ok((word, meaning))
    });
    let known = Words::new(declared.collect::<PyResult<_>>()?);
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
/// which text is no time, if one is.
///
/// Raises
/// ------
/// ValueError
///     The format is none.
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
