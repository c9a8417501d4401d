//! The boundary to Python: extract, detach, call the core, convert.

// PyO3 hands arguments over by value, and documentation to Python, whose marks are others.
#![allow(clippy::needless_pass_by_value, clippy::doc_markdown)]

mod algorithm;
mod align;
mod arguments;
mod at_exit;
mod called_predicate;
mod causality;
mod clock_check;
mod columns;
mod compared_clocks;
mod conductor;
mod cuts;
mod demand;
mod error;
mod execution;
mod faults;
mod fifo;
mod follower;
mod foreign;
mod handover;
mod held;
mod incoming_queue;
mod interrupt;
mod letters;
mod local;
mod log_tables;
mod logs;
mod machine;
mod machine_config;
mod machine_event;
mod matched;
mod members;
mod names;
mod overridden;
mod own_addresses;
mod own_machine;
mod peers;
mod pictures;
mod rates;
mod read;
mod recipients;
mod recording;
mod rules;
mod setting;
mod simulate;
mod stamps;
mod table;
mod tables;
mod theory;
mod topology;
mod under_way;
mod vectors;
mod words;

use pyo3::prelude::*;

#[pymodule]
#[pyo3(name = "_lamport")]
mod module {
    use std::collections::BTreeSet;

    use pyo3::prelude::*;
    use pyo3::types::PyTuple;

    use crate::causality::matching::How;
    use crate::log::schema::{COLUMNS, EventKind};
    use crate::log::write::in_memory::OWN;
    use crate::model::behavior::Probabilities;

    #[pymodule_export]
    use super::algorithm::body::{body_text, body_value};
    #[pymodule_export]
    use super::algorithm::me::Me;
    #[pymodule_export]
    use super::algorithm::replay::{algorithm_of_log, replay_algorithm};
    #[pymodule_export]
    use super::algorithm::simulate::simulate_algorithm;
    #[pymodule_export]
    use super::arguments::{key_text, parse_addresses};
    #[pymodule_export]
    use super::causality::PyCausality;
    #[pymodule_export]
    use super::clock_check::check::check_clock;
    #[pymodule_export]
    use super::compared_clocks::compare_clocks;
    #[pymodule_export]
    use super::conductor::PyConductor;
    #[pymodule_export]
    use super::cuts::PyCuts;
    #[pymodule_export]
    use super::demand::{free_bytes, shortages};
    #[pymodule_export]
    use super::error::LamportError;
    #[pymodule_export]
    use super::fifo::wait_for_reader;
    #[pymodule_export]
    use super::follower::PyFollower;
    #[pymodule_export]
    use super::foreign::read_foreign;
    #[pymodule_export]
    use super::handover::{Handover, unix_origin};
    #[pymodule_export]
    use super::incoming_queue::IncomingQueue;
    #[pymodule_export]
    use super::local::{LocalRun, check_room, port_hint};
    #[pymodule_export]
    use super::logs::PyLogs;
    #[pymodule_export]
    use super::machine::PyMachine;
    #[pymodule_export]
    use super::own_addresses::own_addresses;
    #[pymodule_export]
    use super::peers::parse_peers;
    #[pymodule_export]
    use super::read::{peek_file, read_bytes, read_logs, verify_logs};
    #[pymodule_export]
    use super::setting::check_parameter;
    #[pymodule_export]
    use super::simulate::{Simulated, replay_log, simulate, sweep_runs, wrong_point};
    #[pymodule_export]
    use super::stamps::{interval_stamps, sent_changes, stamps};
    #[pymodule_export]
    use super::table::table_logs;
    #[pymodule_export]
    use super::theory::predict;
    #[pymodule_export]
    use super::topology::topology_peers;
    #[pymodule_export]
    use super::under_way::under_way;
    #[pymodule_export]
    use super::words::{event_codes, read_dates};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", crate::VERSION)?;
        module.add("DEFAULTS", super::setting::defaults(module.py())?)?;
        let columns = COLUMNS
            .iter()
            .map(|column| (column.name, column.form.name()));
        module.add("EVENT_COLUMNS", PyTuple::new(module.py(), columns)?)?;
        let kinds = EventKind::ALL.iter().map(|kind| kind.name());
        module.add("EVENT_KINDS", PyTuple::new(module.py(), kinds)?)?;
        module.add("MATCHES", PyTuple::new(module.py(), How::WORDS)?)?;
        let fields = OWN.into_iter().chain(Probabilities::NAMES);
        let columns = COLUMNS.iter().map(|column| column.name);
        let fields: BTreeSet<&str> = fields.chain(columns).collect();
        module.add("LINE_FIELDS", PyTuple::new(module.py(), fields)?)?;
        module.add("LogError", super::error::log_error(module.py())?)
    }
}
