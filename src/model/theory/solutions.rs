//! What is known of the idle rates that fulfil the equations.

/// The most solutions that are listed.
pub(super) const MOST_SOLUTIONS: usize = 1_000;

/// The solutions of u = max(0, r - A u), each with a value for every machine.
#[derive(Debug, Clone, PartialEq)]
pub enum FixedPoints {
    /// The only one.
    Unique(Vec<f64>),
    /// All of several.
    Several(Vec<Vec<f64>>),
    /// The corners of infinitely many: any other one lies between some of them.
    Continuum(Vec<Vec<f64>>),
    /// How many there are is not known.
    Undecided,
}

impl FixedPoints {
    /// What is known of how many there are, in a word or two.
    pub fn in_words(&self) -> &'static str {
        match self {
            Self::Unique(_) => "unique",
            Self::Several(_) => "several",
            Self::Continuum(_) => "continuum",
            Self::Undecided => "not decided",
        }
    }

    /// Those that are listed.
    pub fn listed(&self) -> &[Vec<f64>] {
        match self {
            Self::Unique(only) => std::slice::from_ref(only),
            Self::Several(all) | Self::Continuum(all) => all,
            Self::Undecided => &[],
        }
    }
}
