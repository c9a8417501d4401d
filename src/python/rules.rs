//! The assumptions under which logs are read, from Python: `lamport.Rules`, which has checked them.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyString};

use super::arguments::Whole;
use crate::model::rules::{Membership, Paced, Receive, Rules, Stamp, Start, Step, Transport};

/// What is taken for true of a program whose log is read.
pub(super) struct RulesArgument(pub(super) Rules);

impl<'py> FromPyObject<'_, 'py> for RulesArgument {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let value = |name: &str| object.getattr(name);
        let word = |name: &str| value(name)?.extract::<String>();
        Ok(Self(Rules {
            step: match number(&value("step")?)? {
                Ok(step) => Step::By(step),
                Err(_) => Step::Any,
            },
            start: match number(&value("start")?)? {
                Ok(clock) => Start::At(clock),
                Err(word) if word == "any" => Start::Any,
                Err(_) => Start::Proved,
            },
            stamp: Stamp::from_word(&word("stamp")?)?,
            receive: Receive::from_word(&word("receive")?)?,
            channel: transport(&value("channel")?)?,
            machines: Membership::from_word(&word("machines")?)?,
            pace: pace(&value("pace")?)?,
        }))
    }
}

/// Rules as the arguments of `lamport.Rules` that make them.
pub(super) fn arguments<'py>(py: Python<'py>, rules: &Rules) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    match rules.step {
        Step::By(step) => dict.set_item("step", step)?,
        Step::Any => dict.set_item("step", "any")?,
    }
    match rules.start {
        Start::Proved => dict.set_item("start", "log")?,
        Start::At(clock) => dict.set_item("start", clock)?,
        Start::Any => dict.set_item("start", "any")?,
    }
    dict.set_item("stamp", rules.stamp.word())?;
    dict.set_item("receive", rules.receive.word())?;
    let Transport {
        unordered,
        lossy,
        duplicating,
    } = rules.channel;
    let channel = [
        ("unordered", unordered),
        ("lossy", lossy),
        ("duplicating", duplicating),
    ];
    let channel = channel.into_iter().filter(|(_, is)| *is);
    dict.set_item("channel", channel.map(|(word, _)| word).collect::<Vec<_>>())?;
    dict.set_item("machines", rules.machines.word())?;
    match rules.pace {
        Paced::Log => dict.set_item("pace", "log")?,
        Paced::Kept => dict.set_item("pace", true)?,
        Paced::Free => dict.set_item("pace", false)?,
    }
    Ok(dict)
}

/// A whole number, or the word that stands there instead.
fn number(value: &Bound<'_, PyAny>) -> PyResult<Result<i64, String>> {
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(Err(text.to_str()?.to_owned()));
    }
    let Whole(number) = value.extract()?;
    i64::try_from(number)
        .map(Ok)
        .map_err(|_| PyValueError::new_err(format!("{number} is out of range for a clock")))
}

fn transport(value: &Bound<'_, PyAny>) -> PyResult<Transport> {
    let words: Vec<String> = match value.cast::<PyString>() {
        Ok(text) => vec![text.to_str()?.to_owned()],
        Err(_) => value.extract()?,
    };
    let has = |name: &str| words.iter().any(|word| word == name);
    Ok(Transport {
        unordered: has("unordered"),
        lossy: has("lossy"),
        duplicating: has("duplicating"),
    })
}

fn pace(value: &Bound<'_, PyAny>) -> PyResult<Paced> {
    match value.cast::<PyBool>() {
        Ok(flag) if flag.is_true() => Ok(Paced::Kept),
        Ok(_) => Ok(Paced::Free),
        Err(_) => match value.extract::<String>()?.as_str() {
            "log" => Ok(Paced::Log),
            other => Err(PyValueError::new_err(format!(
                "pace is {other:?}, which is not known: give \"log\", True or False"
            ))),
        },
    }
}
