//! The runs of a check, and what is found made small.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use super::clock_stamp::Pickle;
use super::examine::{Examiner, LookedAt, Looking};
use super::found::{ClockVerdict, Finding};
use super::maker::ClockMaker;
use crate::causality::clock_check::draw::{draw_plan, is_long};
use crate::causality::clock_check::plan::{ClockPlan, Deed};
use crate::causality::clock_check::shrink::Shrinker;
use crate::model::random::Generator;

/// The first runs are made twice, and then one in so many.
const TWICE: u64 = 16;

/// Stamps, pairs, long runs, runs that were made again.
type LookedCounts = (u64, u64, u64, u64);

/// What is wrong, in which run it was found, and on which plan.
struct ClockCase<'py> {
    number: u64,
    plan: ClockPlan,
    finding: Finding<'py>,
}

/// Hold clocks against happened-before, see `lamport.check_clock`.
///
/// Returns how many events, pairs, long runs and runs made again there were, and a mapping for each verdict
/// that a run speaks against, made small: steps are (machine, what it does, the step whose message it
/// receives, what its physical clock reads, what Lamport's would say, its stamp), counted from 0.
#[pyfunction]
#[pyo3(signature = (maker, *, runs, seed, fifo, size))]
pub(in crate::python) fn check_clock<'py>(
    py: Python<'py>,
    maker: ClockMaker<'py>,
    runs: u64,
    seed: u64,
    fifo: bool,
    size: Option<Bound<'py, PyAny>>,
) -> PyResult<(LookedCounts, Bound<'py, PyList>)> {
    let mut examiner = Examiner {
        maker,
        pickle: Pickle::new(py)?,
        size,
        looked_at: LookedAt::default(),
        reads_time: false,
    };
    let mut cases: Vec<ClockCase<'py>> = Vec::new();
    for number in 0..runs {
        // Where stamps grow, long runs take long: one is enough.
        let grows = |case: &ClockCase<'_>| case.finding.verdict == ClockVerdict::Bounded;
        if is_long(number) && cases.iter().any(grows) {
            continue;
        }
        let plan = draw_plan(number, fifo, &mut Generator::new(seed, number, 0));
        let looking = Looking {
            at_growth: is_long(number),
            again: number < TWICE || number % TWICE == 0,
        };
        for finding in examiner.examine(py, &plan, looking)? {
            if cases
                .iter()
                .all(|case| case.finding.verdict != finding.verdict)
            {
                let plan = plan.clone();
                cases.push(ClockCase {
                    number,
                    plan,
                    finding,
                });
            }
        }
    }
    let LookedAt {
        events,
        pairs,
        long_runs,
        made_again,
    } = examiner.looked_at;
    cases.sort_by_key(|case| case.finding.verdict);
    let told = PyList::empty(py);
    for case in cases {
        told.append(shrunk(py, &mut examiner, case, fifo)?)?;
    }
    Ok(((events, pairs, long_runs, made_again), told))
}

/// Makes what was found small, and tells it.
fn shrunk<'py>(
    py: Python<'py>,
    examiner: &mut Examiner<'py>,
    case: ClockCase<'py>,
    fifo: bool,
) -> PyResult<Bound<'py, PyDict>> {
    let ClockCase {
        number,
        plan: found,
        finding,
    } = case;
    let looking = Looking {
        at_growth: finding.verdict == ClockVerdict::Bounded || finding.is_of_size(),
        again: finding.verdict == ClockVerdict::Repeatable,
    };
    let shrinker = Shrinker {
        fifo,
        reads_time: examiner.reads_time,
    };
    let like = |examiner: &mut Examiner<'py>, plan: &ClockPlan| {
        let findings = examiner.examine(py, plan, looking)?;
        Ok::<_, PyErr>(
            findings
                .into_iter()
                .find(|other| other.is_like(py, &finding)),
        )
    };
    let small = if finding.verdict == ClockVerdict::Bounded {
        let is_growing = |plan: &ClockPlan| Ok::<_, PyErr>(like(examiner, plan)?.is_some());
        shrinker.shrink_growth(&found, is_growing)?
    } else {
        let wrong =
            |plan: &ClockPlan| Ok::<_, PyErr>(like(examiner, plan)?.map(|other| other.steps));
        shrinker.shrink(&found, finding.steps.clone(), wrong)?
    };
    // Clocks that share something may not do it again.
    let (plan, shown) = match like(examiner, &small)? {
        Some(shown) => (small, shown),
        None => (found.clone(), finding),
    };
    let told = PyDict::new(py);
    told.set_item("verdict", shown.verdict.name())?;
    told.set_item("number", number)?;
    told.set_item("found", (found.machines, found.steps.len()))?;
    told.set_item("machines", plan.machines)?;
    told.set_item("steps", steps(py, &plan, &shown.all)?)?;
    told.set_item("at", PyTuple::new(py, shown.steps)?)?;
    told.set_item("stamps", shown.stamps)?;
    told.set_item("sizes", shown.sizes)?;
    told.set_item("by_comparing", shown.is_by_comparing)?;
    let raised = shown.raised.map(|raised| {
        let machine = raised.machine.map(|machine| machine + 1);
        (
            raised.doing,
            raised.step,
            machine,
            raised.error.into_value(py),
        )
    });
    told.set_item("raised", raised)?;
    Ok(told)
}

/// By step: machine, what it does, the step whose message it receives, what its physical clock reads, what Lamport's would
/// say, its stamp.
fn steps<'py>(
    py: Python<'py>,
    plan: &ClockPlan,
    stamps: &[Bound<'py, PyAny>],
) -> PyResult<Bound<'py, PyList>> {
    let told = PyList::empty(py);
    let clocks = plan.lamport_clocks();
    for (place, step) in plan.steps.iter().enumerate() {
        let (deed, sent) = match step.deed {
            Deed::Tick => ("tick", None),
            Deed::Send => ("send", None),
            Deed::Receive(sent) => ("receive", Some(sent)),
        };
        let (clock, stamp) = (clocks[place], stamps.get(place));
        told.append((step.machine + 1, deed, sent, step.now, clock, stamp))?;
    }
    Ok(told)
}
