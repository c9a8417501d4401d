//! Anybody's clock, made and asked by the core's plans.

mod carry_out;
pub(super) mod check;
mod clock_stamp;
mod examine;
mod found;
mod maker;
mod now;
mod raised;
