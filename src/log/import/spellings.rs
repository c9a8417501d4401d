//! Names of machines as they stand in tables: as numbers or as texts, which never become one silently.

use std::sync::Arc;

use super::intern::Interner;
use crate::error::{Error, Result};

/// How a machine stands somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// As a number.
    Number,
    /// As a text.
    Text,
    /// In a way that says neither, as in a list within a text.
    Either,
}

/// Where a machine stands first as a number, and where as a text: the column and the row.
type Seen = [Option<(&'static str, usize)>; 2];

/// The distinct names of a table.
#[derive(Debug, Default)]
pub struct Spellings {
    names: Interner,
    seen: Vec<Seen>,
}

impl Spellings {
    /// The place of a name, which stands in a row of a column.
    pub fn place(
        &mut self,
        name: &str,
        spelling: Spelling,
        (column, row): (&'static str, usize),
    ) -> Result<i64> {
        let place = self.names.place(name) as usize;
        if place == self.seen.len() {
            self.seen.push([None; 2]);
        }
        let seen = &mut self.seen[place];
        match spelling {
            Spelling::Number => _ = seen[0].get_or_insert((column, row)),
            Spelling::Text => _ = seen[1].get_or_insert((column, row)),
            Spelling::Either => {}
        }
        if let [Some(number), Some(text)] = *seen {
            return Err(Error::invalid(format!(
                "machine {name} stands as the number {name} ({} in row {}) and as the text '{name}' ({} in row {}): \
                 write it in one way",
                number.0, number.1, text.0, text.1
            )));
        }
        Ok(place as i64)
    }

    /// Whether some machine has this name so far.
    pub fn has(&self, name: &str) -> bool {
        self.names.known(name).is_some()
    }

    /// All of them, by their places.
    pub fn into_names(self) -> Vec<String> {
        self.names
            .texts()
            .iter()
            .map(|name: &Arc<str>| name.to_string())
            .collect()
    }
}
