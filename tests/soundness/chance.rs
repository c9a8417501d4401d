//! Draws for tests.

use lamport::model::random::Generator;

/// A source of chance.
pub(crate) struct Chance(Generator);

impl Chance {
    /// The draws of a name.
    pub(crate) fn new(seed: u64, what: u64) -> Self {
        Self(Generator::new(seed, what, 0))
    }

    /// A whole number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0.below(bound as u64) as usize
    }

    /// A whole number of a range.
    pub(crate) fn within(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    /// Whether something of this many in a hundred happens.
    pub(crate) fn percent(&mut self, many: u64) -> bool {
        self.0.below(100) < many
    }

    /// A number from 0 up to 1.
    pub(crate) fn fraction(&mut self) -> f64 {
        (self.0.bits() >> 11) as f64 * (-53_f64).exp2()
    }

    /// One of these.
    pub(crate) fn pick<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }

    /// A seed for something else.
    pub(crate) fn seed(&mut self) -> u64 {
        self.0.below(1 << 53)
    }
}
