//! Which machines take part in a run.

use pyo3::prelude::*;

use super::topology::Shape;
use crate::causality::verify::membership::Members;

/// The number of machines, the topology and the run, as `run.json` has them.
pub(super) type Stated = (usize, Shape, Option<String>);

/// The same as verification takes it.
pub(super) fn members(stated: Option<Stated>) -> PyResult<Option<Members>> {
    let Some((machines, shape, run_id)) = stated else {
        return Ok(None);
    };
    let topology = shape.build(machines)?;
    Ok(Some(Members { topology, run_id }))
}
