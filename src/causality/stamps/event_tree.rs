//! Event trees: how many events are known of, by interval (Almeida, Baquero and Fonte 2008).

use std::fmt;
use std::rc::Rc;

/// A number for an interval, and beside it more in its halves; always in normal form: of two halves one has 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum EventTree {
    /// As many everywhere.
    Leaf(u32),
    /// As many everywhere, and what the left and the right half have beside.
    Node(u32, Rc<(EventTree, EventTree)>),
}

impl EventTree {
    /// What it has everywhere, and nowhere less.
    fn least(&self) -> u32 {
        match self {
            Self::Leaf(base) | Self::Node(base, _) => *base,
        }
    }

    /// The most that it has anywhere.
    fn most(&self) -> u32 {
        match self {
            Self::Leaf(base) => *base,
            Self::Node(base, halves) => base + halves.0.most().max(halves.1.most()),
        }
    }

    /// So many more everywhere.
    fn lifted(&self, more: u32) -> Self {
        match self {
            Self::Leaf(base) => Self::Leaf(base + more),
            Self::Node(base, halves) => Self::Node(base + more, Rc::clone(halves)),
        }
    }

    /// So many less everywhere.
    fn sunk(self, less: u32) -> Self {
        match self {
            Self::Leaf(base) => Self::Leaf(base - less),
            Self::Node(base, halves) => Self::Node(base - less, halves),
        }
    }

    /// The tree with these halves, in normal form.
    fn node(base: u32, left: Self, right: Self) -> Self {
        match (left, right) {
            (Self::Leaf(left), Self::Leaf(right)) if left == right => Self::Leaf(base + left),
            (left, right) => {
                let least = left.least().min(right.least());
                Self::Node(base + least, Rc::new((left.sunk(least), right.sunk(least))))
            }
        }
    }

    /// All that one of both knows of.
    pub(super) fn join(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Leaf(mine), Self::Leaf(theirs)) => Self::Leaf(*mine.max(theirs)),
            (Self::Leaf(flat), tree) | (tree, Self::Leaf(flat)) if *flat <= tree.least() => {
                tree.clone()
            }
            (Self::Leaf(flat), tree) | (tree, Self::Leaf(flat)) if *flat >= tree.most() => {
                Self::Leaf(*flat)
            }
            (Self::Leaf(flat), Self::Node(base, halves))
            | (Self::Node(base, halves), Self::Leaf(flat)) => {
                let flat = Self::Leaf(flat - base);
                Self::node(*base, flat.join(&halves.0), flat.join(&halves.1))
            }
            (Self::Node(mine, halves), Self::Node(theirs, others)) => {
                if mine == theirs && Rc::ptr_eq(halves, others) {
                    return self.clone();
                }
                if mine > theirs {
                    return other.join(self);
                }
                let more = theirs - mine;
                Self::node(
                    *mine,
                    halves.0.join(&others.0.lifted(more)),
                    halves.1.join(&others.1.lifted(more)),
                )
            }
        }
    }

    /// One event more in an interval, told with as few branches as that can be.
    pub(super) fn event(&self, way: &[bool]) -> Self {
        let filled = self.filled(way);
        if filled == *self {
            self.grown(way)
        } else {
            filled
        }
    }

    /// What it has in an interval raised as far as that makes it simpler (`fill`).
    fn filled(&self, way: &[bool]) -> Self {
        let Some((&is_right, rest)) = way.split_first() else {
            return Self::Leaf(self.most());
        };
        let Self::Node(base, halves) = self else {
            return self.clone();
        };
        let (own, other) = if is_right {
            (&halves.1, &halves.0)
        } else {
            (&halves.0, &halves.1)
        };
        let own = if rest.is_empty() {
            Self::Leaf(own.most().max(other.least()))
        } else {
            own.filled(rest)
        };
        if is_right {
            Self::node(*base, other.clone(), own)
        } else {
            Self::node(*base, own, other.clone())
        }
    }

    /// One more in an interval (`grow`).
    fn grown(&self, way: &[bool]) -> Self {
        let Some((&is_right, rest)) = way.split_first() else {
            return self.lifted(1);
        };
        let (base, left, right) = match self {
            Self::Leaf(base) => (base, Self::Leaf(0), Self::Leaf(0)),
            Self::Node(base, halves) => (base, halves.0.clone(), halves.1.clone()),
        };
        let (left, right) = if is_right {
            (left, right.grown(rest))
        } else {
            (left.grown(rest), right)
        };
        Self::node(*base, left, right)
    }

    /// Visits its nodes, a node before its branches: its number, and whether it has branches.
    pub(super) fn each_node(&self, each: &mut impl FnMut(u32, bool)) {
        match self {
            Self::Leaf(base) => each(*base, false),
            Self::Node(base, halves) => {
                each(*base, true);
                halves.0.each_node(each);
                halves.1.each_node(each);
            }
        }
    }
}

impl fmt::Display for EventTree {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leaf(base) => write!(to, "{base}"),
            Self::Node(base, halves) => write!(to, "({base}, {}, {})", halves.0, halves.1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(base: u32, left: EventTree, right: EventTree) -> EventTree {
        EventTree::node(base, left, right)
    }

    #[test]
    fn growing_filling_and_joining() {
        let leaf = EventTree::Leaf;
        let (left, right) = ([false], [true]);
        let a = leaf(0).event(&left);
        assert_eq!(a, tree(0, leaf(1), leaf(0)));
        assert_eq!(a.to_string(), "(0, 1, 0)");
        let b = leaf(0).event(&right).event(&right);
        assert_eq!(b.to_string(), "(0, 0, 2)");
        // What is known of both halves is told once, and what is filled needs no branch.
        assert_eq!(a.join(&b).to_string(), "(1, 0, 1)");
        assert_eq!(a.join(&b).event(&left), leaf(2));
        assert_eq!(leaf(2).event(&left).to_string(), "(2, 1, 0)");
        // One that knows of more elsewhere is raised to that.
        assert_eq!(b.event(&left), leaf(2));
        // A machine with a quarter grows in it alone.
        assert_eq!(
            leaf(2).event(&[false, true]).to_string(),
            "(2, (0, 0, 1), 0)"
        );
    }

    #[test]
    fn joins_are_the_larger_of_each() {
        let leaf = EventTree::Leaf;
        let deep = tree(1, tree(0, leaf(3), leaf(0)), leaf(1));
        assert_eq!(deep.to_string(), "(1, (0, 3, 0), 1)");
        assert_eq!(leaf(2).join(&deep).to_string(), "(2, (0, 2, 0), 0)");
        assert_eq!(deep.join(&leaf(9)), leaf(9));
        assert_eq!(deep.join(&leaf(0)), deep);
        assert_eq!(deep.join(&deep.clone()), deep);
    }
}
