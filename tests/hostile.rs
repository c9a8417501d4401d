//! Machines among strangers, liars and the dead: over real sockets, nothing
//! that another process says or does not say may stop, slow or spoil a machine.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed, and figures are printed"
)]

#[path = "hostile/by_hand.rs"]
mod by_hand;
#[path = "hostile/ends.rs"]
mod ends;
#[path = "hostile/incoming.rs"]
mod incoming;
#[path = "hostile/keys.rs"]
mod keys;
#[path = "hostile/lab.rs"]
mod lab;
#[path = "hostile/log.rs"]
mod log;
#[path = "hostile/outgoing.rs"]
mod outgoing;
#[path = "hostile/resume.rs"]
mod resume;
