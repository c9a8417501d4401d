//! An algorithm of Python as the core calls it.

use pyo3::exceptions::{PyKeyboardInterrupt, PySystemExit, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use super::body_value::{KeptStrings, read_body};
use super::me::{MachineSeat, Me};
use crate::model::handler::{Call, Effects, Handler, Moment};

/// Why a handler did not come to its end.
#[derive(Debug)]
pub(in crate::python) enum HandlerError {
    /// It raised this.
    Failed(PyErr),
    /// It was interrupted by this, or by the end of the interpreter.
    Interrupted(Option<PyErr>),
}

impl HandlerError {
    /// What a handler raised.
    pub(super) fn of(py: Python<'_>, error: PyErr) -> Self {
        let is_interrupt = error.is_instance_of::<PyKeyboardInterrupt>(py)
            || error.is_instance_of::<PySystemExit>(py);
        if is_interrupt {
            Self::Interrupted(Some(error))
        } else {
            Self::Failed(error)
        }
    }
}

/// `Algorithm.on_idle`, which does nothing.
static ON_IDLE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// An instance of `lamport.Algorithm` at its machine.
pub(in crate::python) struct PyHandler {
    instance: Py<PyAny>,
    me: Py<Me>,
    has_idle: bool,
    kept: KeptStrings,
}

impl PyHandler {
    pub(in crate::python) fn new(
        py: Python<'_>,
        instance: Bound<'_, PyAny>,
        seat: MachineSeat,
    ) -> PyResult<Self> {
        let base = ON_IDLE.get_or_try_init(py, || {
            let base = py
                .import("lamport._model.algorithm")?
                .getattr("Algorithm")?;
            base.getattr("on_idle").map(Bound::unbind)
        })?;
        let idle = instance.getattr(intern!(py, "on_idle"))?;
        let function = idle.getattr_opt(intern!(py, "__func__"))?.unwrap_or(idle);
        Ok(Self {
            instance: instance.unbind(),
            me: Py::new(py, Me::new(py, seat)?)?,
            has_idle: !function.is(base),
            kept: KeptStrings::default(),
        })
    }

    fn call(&mut self, py: Python<'_>, call: Call<'_>) -> PyResult<()> {
        let (instance, me) = (self.instance.bind(py), self.me.bind(py));
        let returned = match call {
            Call::Start => instance.call_method1(intern!(py, "start"), (me,)),
            Call::Message { sender, body } => {
                let body = match body {
                    Some(text) => read_body(py, text, &mut self.kept)?,
                    None => py.None().into_bound(py),
                };
                instance.call_method1(intern!(py, "on_message"), (me, sender, body))
            }
            Call::Timer(name) => {
                let name = self.kept.get(py, name);
                instance.call_method1(intern!(py, "on_timer"), (me, name))
            }
            Call::Idle => instance.call_method1(intern!(py, "on_idle"), (me,)),
        }?;
        if returned.is_none() {
            Ok(())
        } else {
            refuse_waiting(&returned)
        }
    }
}

/// What a handler returns means nothing, unless it is its own rest, which nobody would run.
#[cold]
fn refuse_waiting(returned: &Bound<'_, PyAny>) -> PyResult<()> {
    for rest in ["send", "asend"] {
        if returned.hasattr(rest)? && returned.hasattr("throw")? | returned.hasattr("athrow")? {
            let class = returned.get_type();
            if let Ok(close) = returned.getattr("close") {
                close.call0()?;
            }
            return Err(PyTypeError::new_err(format!(
                "a handler returned a {}: there is no await and no yield in handlers, set a timer or keep \
                 what comes next in the algorithm",
                class.name()?
            )));
        }
    }
    Ok(())
}

impl Handler for PyHandler {
    type Error = HandlerError;

    fn has_idle(&self) -> bool {
        self.has_idle
    }

    fn handle(
        &mut self,
        moment: &Moment,
        call: Call<'_>,
        effects: &mut Effects,
    ) -> Result<(), HandlerError> {
        let done = Python::try_attach(|py| {
            self.me.get().begin(moment, effects);
            let done = self.call(py, call);
            self.me.get().end(done.is_err(), effects);
            done.map_err(|error| HandlerError::of(py, error))
        });
        done.unwrap_or(Err(HandlerError::Interrupted(None)))
    }

    fn is_interrupt(&self, error: &HandlerError) -> bool {
        matches!(error, HandlerError::Interrupted(_))
    }
}
