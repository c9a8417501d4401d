//! What follows from logs: happened before, and whether they are possible.

#[path = "../common/mod.rs"]
mod common;

mod align;
mod base_damage;
mod cuts;
mod damage;
mod damaged_logs;
mod diagnose;
mod exempt;
mod grown;
mod handled;
mod happened;
mod histories;
mod line_rules;
mod matched;
mod message_rules;
mod orders;
mod questions;
mod random_histories;
mod settings_rule;
mod simulated_logs;
mod stamps;
mod time_rules;
mod unreadable;
mod vector_damage;
mod verify;
mod viewers;
mod written_logs;
