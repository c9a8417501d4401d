//! Machines among strangers, liars and the dead: over real sockets, nothing
//! that another process says or does not say may stop, slow or spoil a machine.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed, and figures are printed"
)]

mod by_hand;
mod early;
mod ends;
mod flood;
mod incoming;
mod keys;
mod lab;
mod letters;
mod log;
mod outgoing;
mod resume;
