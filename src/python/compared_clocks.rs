//! Clocks compared, as rows of numbers.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::arguments::Whole;
use super::causality::PyCausality;
use super::columns::BorrowedTrace;
use super::interrupt::interruptible;
use super::logs::PyLogs;
use super::stamps::PhysicalArgument;
use crate::causality::orders::clock_row::ClockRow;
use crate::causality::orders::compared::{Sampling, compare};
use crate::causality::orders::kind::ClockKind;
use crate::causality::orders::pair_count::PairCount;
use crate::setting::check_seed;

/// A number of pairs and its standard error.
type Pairs = (u64, f64);
/// Bytes of all messages and of the largest, how many messages, entries; what is packed; kept, made up, missed; l - pt, c;
/// and why the pairs are of no meaning.
type Row = (
    Option<(u64, u64, u64, u64)>,
    Option<u64>,
    (Pairs, Pairs, Pairs),
    Option<i64>,
    Option<u32>,
    Option<String>,
);

/// The rows, all pairs, those left open, all messages, the events drawn.
type Compared = (Vec<Row>, u64, u64, u64, Option<usize>);

fn kind((name, size, hashes): (String, usize, u32)) -> PyResult<ClockKind> {
    Ok(match &*name {
        "lamport" => ClockKind::Lamport,
        "hlc" => ClockKind::Hlc,
        "physical" => ClockKind::Physical,
        "plausible" if size > 0 => ClockKind::Plausible { entries: size },
        "bloom" if size > 0 => ClockKind::Bloom { size, hashes },
        "direct" => ClockKind::Direct,
        "vector_diff" => ClockKind::VectorDiff,
        "vector" => ClockKind::Vector,
        "matrix" => ClockKind::Matrix,
        "itc" => ClockKind::Itc,
        _ => {
            let text = format!("no clock is called {name}({size})");
            return Err(PyValueError::new_err(text));
        }
    })
}

fn row(row: &ClockRow) -> Row {
    let pairs = |PairCount { value, error }| (value, error);
    let cost = row
        .cost
        .map(|cost| (cost.bytes, cost.most, cost.messages, cost.entries));
    let orders = &row.orders;
    let orders = (
        pairs(orders.kept),
        pairs(orders.made_up),
        pairs(orders.missed),
    );
    let gap = row.gap.map(|gap| gap.to_string());
    (cost, row.packed, orders, row.ahead, row.counter, gap)
}

/// Compare clocks on one run: see `Run.compare_clocks`.
///
/// A kind is its name, its counters (``plausible``, ``bloom``) and its hashes (``bloom``). `hosts` as for
/// `stamps`: ``hlc`` and ``physical`` need them.
///
/// Returns
/// -------
/// (list of rows, int, int, int, int or None)
///     By kind: bytes of all messages, of the largest, how many messages these are, entries of all events,
///     or None; bytes in the fixed form or None; pairs and their standard error that are kept, made up and
///     missed; the largest l - pt (ns) and c or None; and why the pairs are of no meaning, or None. Then
///     all pairs, those left open, all messages, and the events drawn.
///
/// Raises
/// ------
/// ValueError
///     Another kind, hosts are missing, `samples` or `seed` is out of range, or the causality is of other
///     logs.
#[pyfunction]
#[pyo3(signature = (logs, causality, kinds, *, hosts, samples, seed))]
pub(super) fn compare_clocks(
    py: Python<'_>,
    logs: &PyLogs,
    causality: &PyCausality,
    kinds: Vec<(String, usize, u32)>,
    hosts: Option<PhysicalArgument<'_>>,
    samples: Option<Whole>,
    seed: Whole,
) -> PyResult<Compared> {
    let graph = causality.0.graph();
    let taken = BorrowedTrace::new(&logs.0.events(py)?)?;
    let kept = logs.0.kept(py);
    let mut trace = taken.trace(&kept)?;
    let certain;
    if !logs.0.beside.has_recipients {
        certain = trace.without_doubtful();
        (trace.starts, trace.recipients) = (&certain.0, &certain.1);
    }
    if trace.event.len() != graph.len() {
        return Err(PyValueError::new_err("the causality is of other logs"));
    }
    let kinds = kinds.into_iter().map(kind).collect::<PyResult<Vec<_>>>()?;
    let reads = |kind: &ClockKind| matches!(kind, ClockKind::Hlc | ClockKind::Physical);
    if hosts.is_none() && kinds.iter().any(reads) {
        return Err(PyValueError::new_err("physical and hlc need hosts"));
    }
    let sampling = Sampling {
        samples: samples.map(|count| count.0 as usize),
        seed: check_seed(seed.0)?,
        ..Sampling::default()
    };
    let hosts = hosts.as_ref().map(|hosts| hosts.hosts(graph)).transpose()?;
    let compared = interruptible(py, |go_on| {
        let shown = hosts.map(|hosts| hosts.stamps(graph, go_on)).transpose()?;
        compare(
            &causality.0,
            &trace,
            &kinds,
            shown.as_ref(),
            sampling,
            go_on,
        )
    })?;
    Ok((
        compared.rows.iter().map(row).collect(),
        compared.pairs,
        compared.undecided,
        compared.messages,
        compared.samples,
    ))
}
