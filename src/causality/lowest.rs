//! The smallest of many numbers that change one at a time.

/// Numbers by their place, and the smallest.
///
/// A tree in which each node is the smaller of its children: a change goes up as far as it is seen, which of
/// machines at random is two nodes or so, however many there are.
#[derive(Debug, Clone)]
pub(super) struct Lowest {
    /// Node i has the children 2i and 2i + 1; the numbers are the second half.
    tree: Vec<i64>,
}

impl Lowest {
    /// These numbers.
    pub(super) fn new(numbers: &[i64]) -> Self {
        let mut tree = vec![0; numbers.len()];
        tree.extend_from_slice(numbers);
        for node in (1..numbers.len()).rev() {
            tree[node] = tree[2 * node].min(tree[2 * node + 1]);
        }
        Self { tree }
    }

    /// As many zeros.
    pub(super) fn clear(&mut self) {
        self.tree.fill(0);
    }

    /// The number at `place`.
    #[inline]
    pub(super) fn get(&self, place: usize) -> i64 {
        self.all()[place]
    }

    /// All numbers.
    #[inline]
    pub(super) fn all(&self) -> &[i64] {
        &self.tree[self.tree.len() / 2..]
    }

    /// The smallest; 0 if there is none.
    #[inline]
    pub(super) fn smallest(&self) -> i64 {
        self.tree.get(1).copied().unwrap_or(0)
    }

    /// Puts another number at `place`.
    #[inline]
    pub(super) fn set(&mut self, place: usize, number: i64) {
        let mut node = self.tree.len() / 2 + place;
        self.tree[node] = number;
        while node > 1 {
            let smaller = self.tree[node].min(self.tree[node ^ 1]);
            node /= 2;
            if self.tree[node] == smaller {
                return;
            }
            self.tree[node] = smaller;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_the_smallest(
            mut numbers in prop::collection::vec(-9_i64..9, 0..20),
            changes in prop::collection::vec((any::<prop::sample::Index>(), -9_i64..9), 0..60),
        ) {
            let mut lowest = Lowest::new(&numbers);
            for (place, number) in changes {
                if !numbers.is_empty() {
                    let place = place.index(numbers.len());
                    numbers[place] = number;
                    lowest.set(place, number);
                }
                prop_assert_eq!(lowest.all(), &*numbers);
                prop_assert_eq!(lowest.smallest(), numbers.iter().min().copied().unwrap_or(0));
            }
        }
    }
}
