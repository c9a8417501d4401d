//! Consistent cuts and global predicates: which there are, how many, and in which something holds.
//!
//! A cut is, for each machine, how many of its first events are in it. Those between two consistent cuts are a
//! distributive lattice; a path through it takes one event after the other, as an execution does.

mod avoid;
mod count;
pub(super) mod cut;
mod intervals;
mod lattice;
mod least;
mod levels;
mod path;
mod questions;
mod range;
mod search;
mod states;
mod successors;
mod verdict;

pub use levels::Levels;
pub use questions::{CutCount, Cuts};
pub use range::CutRange;
pub use search::Predicate;
pub use states::States;
pub use verdict::{Unanswered, Verdict};
