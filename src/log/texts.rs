//! Texts by row, in one piece of memory.

/// A text for each row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Texts {
    /// Row i's ends at `ends[i]`, where the next begins.
    pub ends: Vec<usize>,
    /// All of them.
    pub text: String,
}

impl Texts {
    /// That of a row.
    pub fn of(&self, row: usize) -> &str {
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[row]]
    }

    /// Appends that of a row.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }
}
