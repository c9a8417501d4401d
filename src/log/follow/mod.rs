//! Logs that are still written: what is new in them, as texts for whoever shows it.

pub mod followed_files;
pub mod follower;
mod growing_file;
mod kept_events;
mod known_machines;
mod update;
