//! Logs from tables of events.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping, PyString};

use super::columns::{column, values};
use super::logs::PyLogs;
use super::names::{MachineColumn, machines};
use super::recipients::{RecipientColumn, recipients};
use super::rules::RulesArgument;
use super::vectors::vectors;
use crate::log::bad_row::BadRow;
use crate::log::import::intern::Interner;
use crate::log::import::spellings::Spellings;
use crate::log::import::table::{Declared, MachineKey, Table};
use crate::log::schema::{COLUMNS, UNKNOWN};

/// The columns whose values are machines.
const MACHINES: [&str; 2] = ["machine_id", "sender"];
/// File, line, what is wrong, the row that follows, and the rows of that file.
type BadRowArgument = (String, u32, String, u32, u32, u32);
/// The column of events that receive and send.
const BOTH: &str = "both";

/// Make `Logs` of a table: arrays of one length, named as in `Logs.events`.
///
/// Machines are int64, or objects, which are names and numbers; recipients are cells of any kind. ``event``
/// is int8 codes, ``both`` (bool) which events receive and send; ``vector_clock`` mappings, lists or texts,
/// ``message`` objects that are equal at a SEND and its receipts. ``machine_id`` is needed, and ``event`` and
/// a clock unless vectors or messages tell more; what else there is of the columns is used. Whole numbers are
/// int64, -1 where there is none, or float64 with NaN there. Times beyond 1e8 s are taken for times of day:
/// the first event is then at 0.
///
/// Parameters
/// ----------
/// columns : mapping
///     The columns.
/// rows : array of uint32, optional
///     The row that each stands for in messages, if some were left aside.
/// resolution : float
///     In what steps times are given, in s; 0 if unknown.
/// notes : list of str
///     What a reader should know.
/// bad_rows : list of (str, int, str, int, int, int), optional
///     The rows that could not be read and are not in it: file and line, what is wrong, the row of the table
///     that follows, and the rows that are of that file: the first, and the first behind.
/// queue_len_before, multicast_rows : bool
///     What is declared of the table.
/// rules : Rules, optional
///     What is taken for true of the program.
/// offsets : dict of int or str to float, optional
///     Seconds to add to the times of a machine.
///
/// Raises
/// ------
/// ValueError
///     A column is missing, has another type or length, or a value no event can have; or there are times of
///     arrival but no others.
#[pyfunction]
#[pyo3(signature = (columns, *, rows = None, resolution = 0.0, notes = None, bad_rows = None, queue_len_before = false, multicast_rows = false, rules = None, offsets = None))]
#[expect(clippy::too_many_arguments, reason = "each is a keyword of Python")]
pub(super) fn table_logs(
    py: Python<'_>,
    columns: &Bound<'_, PyMapping>,
    rows: Option<&Bound<'_, PyAny>>,
    resolution: f64,
    notes: Option<Vec<String>>,
    bad_rows: Option<Vec<BadRowArgument>>,
    queue_len_before: bool,
    multicast_rows: bool,
    rules: Option<RulesArgument>,
    offsets: Option<&Bound<'_, PyDict>>,
) -> PyResult<PyLogs> {
    let mut table = read(columns)?;
    table.resolution = resolution;
    table.notes = notes.unwrap_or_default();
    let bad_row = |(file, line, why, row, first, end)| BadRow {
        file,
        line,
        why,
        row,
        rows: first..end,
        machine_id: 0,
    };
    table.bad_rows = bad_rows.into_iter().flatten().map(bad_row).collect();
    if let Some(rows) = rows {
        let dict = PyDict::new(py);
        dict.set_item("rows", rows)?;
        table.rows = column(dict.as_mapping(), "rows")?;
    }
    let declared = Declared {
        queue_len_before,
        multicast_rows,
        rules: rules.map(|RulesArgument(rules)| rules).unwrap_or_default(),
        offsets: offsets.map(keys).transpose()?.unwrap_or_default(),
    };
    Ok(py.detach(|| table.into_logs(&declared).map(PyLogs::new))?)
}

/// The columns of a table, with the names of machines if they have any.
fn read(columns: &Bound<'_, PyMapping>) -> PyResult<Table> {
    let mut table = Table::default();
    let mut spellings = Spellings::default();
    let mut found = Vec::new();
    for name in MACHINES {
        found.push(machines(columns, name, &mut spellings)?);
    }
    if found[0].is_none() {
        return Err(PyValueError::new_err(
            "there is no column machine_id: a table of events needs it",
        ));
    }
    table.vectors = vectors(columns, &mut spellings)?;
    let is_named =
        |column: &Option<MachineColumn>| matches!(column, Some(MachineColumn::Places(_)));
    let has_ids = !found.iter().any(is_named) && table.vectors.is_none();
    let recipients = recipients(columns, has_ids, &mut spellings)?;
    let has_ids = has_ids && !matches!(recipients, Some(RecipientColumn::Places(_)));
    table.recipients = match recipients {
        Some(RecipientColumn::Ids(lists) | RecipientColumn::Places(lists)) => Some(lists),
        None => None,
    };
    for (name, column) in MACHINES.into_iter().zip(found) {
        let ids = match column {
            None => continue,
            Some(MachineColumn::Ids(ids)) if has_ids => ids,
            Some(column) => column.into_places(name, &mut spellings)?,
        };
        if name == MACHINES[0] {
            table.columns.machine_id = ids;
        } else {
            table.columns.sender = ids;
        }
    }
    table.names = (!has_ids).then(|| spellings.into_names());
    for &column in COLUMNS
        .iter()
        .filter(|column| !MACHINES.contains(&column.name))
    {
        if let Some(values) = values(columns, column)? {
            table.columns.set(column.name, values);
        }
    }
    table.both = column(columns, BOTH)?.unwrap_or_default();
    table.messages = messages(columns)?;
    Ok(table)
}

/// The number of the message in each row.
fn messages(columns: &Bound<'_, PyMapping>) -> PyResult<Option<Vec<i64>>> {
    const NAME: &str = "message";
    if !columns.contains(NAME)? {
        return Ok(None);
    }
    let mut texts = Interner::default();
    let mut numbers = Vec::new();
    for cell in columns.get_item(NAME)?.try_iter()? {
        let cell = cell?;
        numbers.push(if super::names::is_missing(&cell)? {
            UNKNOWN
        } else {
            i64::from(texts.place(&cell.str()?.to_cow()?))
        });
    }
    Ok(Some(numbers))
}

/// Machines as a caller names them: an int is an id and a text a name.
pub(super) fn keys(offsets: &Bound<'_, PyDict>) -> PyResult<Vec<(MachineKey, f64)>> {
    let key = |(key, seconds): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
        let key = match key.cast::<PyString>() {
            Ok(name) => MachineKey::Name(name.to_cow()?.into_owned()),
            Err(_) => MachineKey::Id(key.extract()?),
        };
        Ok((key, seconds.extract()?))
    };
    offsets.iter().map(key).collect()
}
