//! Why a handshake fails, and what the other side is told.

/// Why a handshake fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refusal {
    /// One word: refusals of one kind are alike to whoever counts them.
    pub kind: &'static str,
    /// The reason in full, for whoever runs this machine.
    pub reason: String,
    /// What the other side is told: nothing that it has not said itself.
    pub answer: String,
}

pub(super) fn refuse<T>(kind: &'static str, reason: String) -> Result<T, Refusal> {
    let answer = reason.clone();
    refuse_with(kind, reason, answer)
}

pub(super) fn refuse_with<T>(
    kind: &'static str,
    reason: String,
    answer: String,
) -> Result<T, Refusal> {
    Err(Refusal {
        kind,
        reason,
        answer,
    })
}
