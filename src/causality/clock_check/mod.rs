//! Anybody's clock held against happened-before on random plans: what is done, what came before what, and what is simpler.
//!
//! Whoever has the clock carries plans out and judges its stamps; nothing here knows what a stamp is.

pub mod draw;
pub mod growth;
pub mod judge;
mod pairs;
pub mod plan;
mod precedence;
mod readings;
pub mod shrink;
mod simpler;
mod small_plans;
