//! Machines among strangers, liars and the dead: over real sockets, nothing
//! that another process says or does not say may stop, slow or spoil a machine.

#[path = "hostile/ends.rs"]
mod ends;
#[path = "hostile/incoming.rs"]
mod incoming;
#[path = "hostile/lab.rs"]
mod lab;
#[path = "hostile/outgoing.rs"]
mod outgoing;
