//! Which of several executions is wanted, as Python says it.

use pyo3::prelude::*;

use crate::log::execution::Execution;

/// A number, from 1, or a name.
pub(super) struct ExecutionArgument(pub(super) Execution);

impl<'py> FromPyObject<'_, 'py> for ExecutionArgument {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        Ok(Self(match given.extract() {
            Ok(number) => Execution::Number(number),
            Err(_) => Execution::Name(given.str()?.to_str()?.to_owned()),
        }))
    }
}
