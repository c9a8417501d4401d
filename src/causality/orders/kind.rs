//! The clocks that are compared.

/// A clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockKind {
    /// Lamport 1978.
    Lamport,
    /// Kulkarni and others 2014.
    Hlc,
    /// That of the host.
    Physical,
    /// A vector of which machines share entries: Torres-Rojas and Ahamad 1999.
    Plausible {
        /// How many there are.
        entries: usize,
    },
    /// A counting Bloom filter of all events that are known: Ramabaja 2019.
    Bloom {
        /// How many cells it has.
        size: usize,
        /// How many of them an event raises.
        hashes: u32,
    },
    /// Only what machines heard of each other themselves: Fowler and Zwaenepoel 1990.
    Direct,
    /// Vectors of which messages have what changed: Singhal and Kshemkalyani 1992.
    VectorDiff,
    /// Fidge 1988, Mattern 1989.
    Vector,
    /// A vector for each machine.
    Matrix,
    /// Interval tree clocks: Almeida, Baquero and Fonte 2008.
    Itc,
}
