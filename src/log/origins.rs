//! Where the rows of a table stand in files.

/// Where rows stand in files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins {
    /// The files.
    pub files: Vec<String>,
    /// By row, which of them.
    pub file: Vec<u32>,
    /// By row, the line in it, from 1.
    pub line: Vec<u32>,
}

impl Origins {
    /// The file and the line of a row.
    pub fn of(&self, row: usize) -> (&str, u32) {
        (&self.files[self.file[row] as usize], self.line[row])
    }
}
