//! The addresses of this host, for those that start machines on several.

use pyo3::prelude::*;

use crate::drive::real::own_addresses::OwnAddresses;

/// The addresses of this host by which others may reach it, none of loopback or of one link alone.
#[pyfunction]
pub(super) fn own_addresses() -> Vec<String> {
    let addresses = OwnAddresses::now().for_others();
    addresses.iter().map(ToString::to_string).collect()
}
