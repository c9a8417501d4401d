//! Arguments as people pass them.

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt, PyMapping, PyString};

use crate::channel::key::Key;
use crate::model::address::{Address, parse_list};

/// A whole number from 0 up; anything else is a `ValueError` that shows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whole(pub(super) u64);

impl<'py> FromPyObject<'_, 'py> for Whole {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        object.extract().map(Self).map_err(|error: PyErr| {
            if error.is_instance_of::<PyOverflowError>(object.py())
                && object.is_instance_of::<PyInt>()
            {
                PyValueError::new_err(format!(
                    "{} is out of range: a whole number, 0 or more, is needed",
                    object.as_any()
                ))
            } else {
                error
            }
        })
    }
}

/// A key: its 32 bytes, or the text that `lamport keygen` prints. Errors do not show it.
pub(super) struct KeyArgument(pub(super) Key);

impl<'py> FromPyObject<'_, 'py> for KeyArgument {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let key = if let Ok(bytes) = object.cast::<PyBytes>() {
            Key::new(bytes.as_bytes())?
        } else if let Ok(text) = object.cast::<PyString>() {
            text.to_cow()?.parse()?
        } else {
            return Err(PyTypeError::new_err(
                "a key is 32 bytes, or the text that `lamport keygen` prints",
            ));
        };
        Ok(Self(key))
    }
}

/// Give the text form of a key: 64 hexadecimal digits in lower case.
///
/// Raises
/// ------
/// ValueError
///     It is neither 32 bytes nor such a string; the message does not show it.
#[pyfunction]
pub(super) fn key_text(key: KeyArgument) -> String {
    key.0.to_text()
}

/// A `(host, port)` pair.
#[derive(Debug)]
pub(super) struct PeerAddress(pub(super) Address);

impl<'py> FromPyObject<'_, 'py> for PeerAddress {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let shown = object.repr()?;
        let bad = |why: &str| {
            PyValueError::new_err(format!(
                "bad peer {shown}: {why}; the form is (\"localhost\", 5002)"
            ))
        };
        if object.is_instance_of::<PyString>() || object.len().ok() != Some(2) {
            return Err(bad("it is not a pair"));
        }
        let host: String = object
            .get_item(0)?
            .extract()
            .map_err(|_| bad("the host is not a string"))?;
        let port: u16 = object
            .get_item(1)?
            .extract()
            .map_err(|_| bad("the port is not a number from 1 to 65535"))?;
        if port == 0 {
            return Err(bad("the port is not a number from 1 to 65535"));
        }
        Address::new(host, port)
            .map(Self)
            .map_err(|_| bad("the host is not a name or IP address"))
    }
}

/// Where peers were and where they are: a mapping of `(host, port)` to `(host, port)`.
pub(super) struct MovedArgument(pub(super) Vec<(Address, Address)>);

impl<'py> FromPyObject<'_, 'py> for MovedArgument {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let pairs = object.cast::<PyMapping>().map_err(|_| {
            PyTypeError::new_err(
                "moved is a mapping of addresses, like {(\"localhost\", 5002): (\"localhost\", 6002)}",
            )
        })?;
        let pair = |item: Bound<'py, PyAny>| {
            let (PeerAddress(old), PeerAddress(new)) = item.extract()?;
            Ok((old, new))
        };
        let moved: PyResult<_> = pairs.items()?.iter().map(pair).collect();
        moved.map(Self)
    }
}

/// Read a list ``host:port,host:port``; an empty text is an empty list.
///
/// Returns
/// -------
/// list of (str, int)
///     Hosts (IPv6 without brackets) and ports, in the order given.
///
/// Raises
/// ------
/// ValueError
///     An entry is not of the form; the message shows it.
#[pyfunction]
pub(super) fn parse_addresses(text: &str) -> PyResult<Vec<(String, u16)>> {
    let addresses = parse_list(text)?.into_iter();
    Ok(addresses
        .map(|Address { host, port }| (host, port))
        .collect())
}

/// The port, if it is one; 0 stands for a free one.
pub(super) fn port(Whole(port): Whole) -> PyResult<u16> {
    u16::try_from(port).map_err(|_| {
        PyValueError::new_err(format!("port {port} is out of range: the last is 65535"))
    })
}

/// A timeout in seconds.
pub(super) fn timeout(seconds: Option<f64>) -> PyResult<Option<std::time::Duration>> {
    let convert = |seconds: f64| {
        std::time::Duration::try_from_secs_f64(seconds).map_err(|_| {
            PyValueError::new_err(format!(
                "a timeout of {seconds} s: it must be a number, 0 or more"
            ))
        })
    };
    seconds.map(convert).transpose()
}
