//! The errors of the core as Python's.

use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyKeyboardInterrupt, PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};

use crate::error::{AlgorithmFault, Error};

create_exception!(
    lamport,
    LamportError,
    PyException,
    r"Something in the world of a run is not as it must be.

It is the base of `LogError`, `AlgorithmError` and `SweepError`: all that goes wrong although every
argument made sense. What makes no sense is a ValueError or TypeError.

Examples
--------
>>> import lamport
>>> run = lamport.simulate(duration=10, seed=1, record=False)
>>> try:
...     run.causality
... except lamport.LamportError as error:
...     print(str(error)[:18])
no event was recor"
);

/// `LogError(LamportError, ValueError)`; made here because the macro knows one base only.
pub(super) fn log_error(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static TYPE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let made = TYPE.get_or_try_init(py, || {
        let bases = (py.get_type::<LamportError>(), py.get_type::<PyValueError>());
        let dict = PyDict::new(py);
        dict.set_item("__module__", "lamport")?;
        dict.set_item(
            "__doc__",
            r#"A file is not the log it should be; the message names file and line.

Examples
--------
>>> import lamport, tempfile
>>> from pathlib import Path
>>> log = Path(tempfile.mkdtemp()) / "machine_1.log"
>>> _ = log.write_text('{"event": "STARTUP"')
>>> try:
...     lamport.load([log])
... except lamport.LogError as error:
...     print("machine_1.log" in str(error))
True"#,
        )?;
        let made = py.get_type::<PyType>().call1(("LogError", bases, dict))?;
        Ok::<_, PyErr>(made.cast_into::<PyType>()?.unbind())
    })?;
    Ok(made.bind(py))
}

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::Invalid(_) => PyValueError::new_err(message),
            Error::State(_) => LamportError::new_err(message),
            Error::Algorithm(fault) => Python::attach(|py| match algorithm_error(py, *fault) {
                Ok(error) | Err(error) => error,
            }),
            Error::Interrupted(cause) => {
                match cause.map(<dyn std::error::Error + Send + Sync>::downcast::<PyErr>) {
                    Some(Ok(raised)) => *raised,
                    _ => PyKeyboardInterrupt::new_err(message),
                }
            }
            Error::Log { .. } => Python::attach(|py| match log_error(py) {
                Ok(class) => PyErr::from_type(class.clone(), message),
                Err(error) => error,
            }),
            // With the number, Python picks the subclass: FileNotFoundError and its like.
            Error::Io { context, source } => match source.raw_os_error() {
                Some(number) => PyOSError::new_err((number, os_message(&context, &source))),
                None => PyOSError::new_err(message),
            },
        }
    }
}

/// `AlgorithmError` of a machine in real time, with what its handler raised.
fn algorithm_error(py: Python<'_>, fault: AlgorithmFault) -> PyResult<PyErr> {
    let class = py
        .import("lamport._model.algorithm")?
        .getattr("AlgorithmError")?;
    let known = PyDict::new(py);
    known.set_item("machine", fault.machine_id)?;
    known.set_item("seed", fault.seed)?;
    let mut message = fault.message;
    let mut raised = None;
    if fault.step.is_some() && fault.cause.is_none() {
        // It does not do again what it did.
        let remedy = py.import("lamport._model.algorithm")?.getattr("REMEDY")?;
        message = format!("{message}. {remedy}");
    }
    if let Some(step) = fault.step {
        known.set_item("time", step.now.map(|now| now as f64 / 1e6))?;
        known.set_item("line", step.place)?;
    }
    if let Some(Ok(error)) = fault
        .cause
        .map(<dyn std::error::Error + Send + Sync>::downcast::<PyErr>)
    {
        let lines = py
            .import("traceback")?
            // With its traceback, which the bare value has not.
            .call_method1("format_exception", (error.clone_ref(py).into_value(py),))?;
        let told: Vec<String> = lines.extract()?;
        message = format!("{message}\n{}", told.concat().trim_end());
        raised = Some(*error);
    }
    let made = PyErr::from_value(class.call((message,), Some(&known))?);
    made.set_cause(py, raised);
    Ok(made)
}

/// The message without the number, which Python shows itself.
fn os_message(context: &str, source: &std::io::Error) -> String {
    let words = source.to_string();
    let words = words.split(" (os error").next().unwrap_or_default();
    format!("{context}: {words}")
}
