//! The model of a machine and of its world: values in, values out.
//!
//! No socket, file, thread, clock or global generator here; time and randomness are arguments.

pub mod address;
pub mod behavior;
pub mod body;
pub mod clock;
pub mod demand;
pub mod discipline;
pub mod event;
pub mod fault;
pub mod fault_schedule;
pub mod handled;
pub mod handler;
pub mod latency;
pub mod lateness;
pub mod manner;
pub mod message;
pub mod node;
pub mod nonce;
pub mod past;
pub mod random;
pub mod rate_steps;
pub mod relive;
pub mod rules;
pub mod schedule;
pub mod theory;
pub mod ticking;
pub mod timers;
pub mod timetable;
pub mod topology;
pub mod weights;
