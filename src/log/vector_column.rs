//! Vector clocks that were logged with events, by row.

/// A vector clock for each row, empty where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VectorColumn {
    /// Row i's entries are those from `starts[i]` to `starts[i + 1]`.
    pub starts: Vec<usize>,
    /// The machine of each entry; `!k` for the k-th of all, from 0, where a vector has no names.
    pub machines: Vec<i64>,
    /// How many of its events are known of.
    pub counts: Vec<i64>,
}

impl VectorColumn {
    /// The entries of a row: machines, and how many events of each.
    pub fn of(&self, row: usize) -> (&[i64], &[i64]) {
        let span = self.starts[row]..self.starts[row + 1];
        (&self.machines[span.clone()], &self.counts[span])
    }

    /// The vectors of these rows alone.
    #[must_use]
    pub(crate) fn only(&self, has: impl Fn(usize) -> bool) -> Self {
        let mut new = Self {
            starts: vec![0],
            ..Self::default()
        };
        for row in 0..self.starts.len() - 1 {
            if has(row) {
                let (machines, counts) = self.of(row);
                new.machines.extend_from_slice(machines);
                new.counts.extend_from_slice(counts);
            }
            new.starts.push(new.machines.len());
        }
        new
    }

    /// The vectors of these rows, in their order.
    #[must_use]
    pub fn reordered(&self, rows: &[usize]) -> Self {
        let mut new = Self {
            starts: vec![0],
            ..Self::default()
        };
        for &row in rows {
            let (machines, counts) = self.of(row);
            new.machines.extend_from_slice(machines);
            new.counts.extend_from_slice(counts);
            new.starts.push(new.machines.len());
        }
        new
    }
}
