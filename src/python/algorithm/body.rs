//! Bodies, from Python.

use pyo3::prelude::*;

use super::body_text::write_body;
use super::body_value::{KeptStrings, read_body};
use crate::model::body::Body;

/// Write a value as the body of a message.
///
/// JSON in ASCII as ``json.dumps`` writes it, of what JSON says exactly: None, bool, int, finite float, str,
/// list or tuple, dict with keys of str, and nothing that is derived of these.
///
/// Parameters
/// ----------
/// value : object
///     What it says.
/// name : str
///     What errors call it.
///
/// Raises
/// ------
/// TypeError
///     Something in it is of another class; the message has its place.
/// ValueError
///     A number is not finite, a text has half a surrogate, it is deeper than 100, contains itself, or takes
///     more than 65,536 bytes.
#[pyfunction]
#[pyo3(signature = (value, name = "body"))]
pub(in crate::python) fn body_text(value: &Bound<'_, PyAny>, name: &str) -> PyResult<String> {
    let mut text = String::new();
    write_body(value, name, &mut text)?;
    Ok(text)
}

/// What a message by hand says.
pub(in crate::python) fn given_body(value: Option<&Bound<'_, PyAny>>) -> PyResult<Body> {
    let text = value.map(|value| body_text(value, "body")).transpose()?;
    Ok(text.map(Into::into))
}

/// Read what a body says, in objects of its own.
///
/// Raises
/// ------
/// ValueError
///     It is not JSON, deeper than 100, or has a number that is beyond all floats.
#[pyfunction]
pub(in crate::python) fn body_value<'py>(
    py: Python<'py>,
    text: &str,
) -> PyResult<Bound<'py, PyAny>> {
    read_body(py, text, &mut KeptStrings::default())
}
