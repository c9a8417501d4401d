//! What a program may do, in words and as what to read its logs by.

use super::habit::Habit;
use crate::causality::verify::report::{Report, Violation};
use crate::model::rules::Rules;

/// What a program may do whose logs break rules.
#[derive(Debug)]
pub struct Explanation {
    /// What it does, one thing each.
    pub words: Vec<String>,
    /// The rules that its logs obey, if it is so.
    pub rules: Rules,
    /// How its rows are to be read: what of them, and how.
    pub options: Vec<(&'static str, &'static str)>,
    /// How many violations there are, and how many are left if it is so.
    pub counts: (u64, u64),
    /// Those that are left, as many as are listed.
    pub rest: Vec<Violation>,
}

impl Explanation {
    pub(super) fn new(habits: &[Habit], rules: Rules, total: u64, rest: Report) -> Self {
        Self {
            words: habits.iter().map(|habit| habit.words()).collect(),
            rules,
            options: habits.iter().filter_map(|habit| habit.option()).collect(),
            counts: (total, rest.total()),
            rest: rest.violations,
        }
    }
}
