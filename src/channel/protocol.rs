//! What machines speak: those with an algorithm say something with each message, and others do not.

/// The first word of a hello, and of the prologue of a connection with a key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// Messages are timestamps.
    #[default]
    Classic,
    /// Messages have bodies: the machine has an algorithm.
    Lettered,
}

impl Protocol {
    /// The word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Classic => "lamport/1",
            Self::Lettered => "lamport/2",
        }
    }

    /// The protocol of this name.
    pub fn of(name: &str) -> Option<Self> {
        let all = [Self::Classic, Self::Lettered];
        all.into_iter().find(|protocol| protocol.name() == name)
    }

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Classic => Self::Lettered,
            Self::Lettered => Self::Classic,
        }
    }

    /// What a machine that speaks it has, for messages.
    pub fn trait_of(self) -> &'static str {
        match self {
            Self::Classic => "has no algorithm",
            Self::Lettered => "has an algorithm",
        }
    }
}

/// What is to be done where two machines do not speak alike.
pub(crate) const ALIKE: &str =
    "give all machines of a run an algorithm (algorithm=, --algorithm), or none";
