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
    /// Only what machines heard of each other themselves: Fowler and Zwaenepoel 1990.
    Direct,
    /// Vectors of which messages have what changed: Singhal and Kshemkalyani 1992.
    VectorDiff,
    /// Fidge 1988, Mattern 1989.
    Vector,
    /// A vector for each machine.
    Matrix,
}
