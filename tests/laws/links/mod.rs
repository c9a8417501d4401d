//! Machines, logs and channels in a world where any machine may die between any two steps and any
//! connection may break at any byte. A world has no thread, socket, file or clock: a schedule of
//! decisions says what happens, so that each failure happens again.
//!
//! `world` holds the machines and the connections between them, `process` is one life of a machine
//! (its steps reach log and endpoint by `log/write/batch.rs`, as in the driver), `connection` is a byte
//! stream with two ends, `ending` is what all worlds come to. What is said on a connection, and when, is
//! decided by the endpoint that ships: `outputs` carries out what it says, `traffic` moves its bytes.
//! `account` reads the logs at the end and says whether anything was lost or doubled, `schedule` draws, runs
//! and shrinks, `impostor` says hello as machines that it is not, `host` has hosts that crash and logs that lose
//! their end, `broken` lists rules to break, and `shim` breaks those that show on the wire.

#![allow(
    clippy::unwrap_used,
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "a harness that cannot go on has failed; a test and a bench use parts of it"
)]

pub mod account;
pub mod broken;
pub mod connection;
pub mod ending;
pub mod figures;
pub mod host;
pub mod impostor;
pub mod outputs;
pub mod process;
pub mod schedule;
pub mod shim;
pub mod traffic;
pub mod world;
