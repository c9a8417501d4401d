//! The algorithm of a machine at the start of one of its lives: new, or run again over the log.

use std::sync::Arc;

use super::handling::Handling;
use super::letters::Letters;
use super::state::MachineCore;
use crate::channel::channels::Channels;
use crate::channel::kept_bodies::KeptBodies;
use crate::drive::real::algorithm::{AlgorithmConfig, HandlerFailure};
use crate::error::{Error, FailedStep, Result};
use crate::log::read::recover::Recovered;
use crate::log::read::relive::{DifferentLine, ReliveError};
use crate::log::write::file::{Interrupted, LogFile};
use crate::model::address::Address;
use crate::model::handled::Handled;
use crate::model::message::{MachineId, Nanos};
use crate::model::node::Node;
use crate::model::random::Generator;

/// A machine with an algorithm as a life of it begins.
pub(super) struct AlgorithmStart {
    pub(super) handling: Handling,
    /// Its times are those of lines.
    pub(super) handled: Handled,
    pub(super) letters: Letters,
    /// Whether it was told the ids of its peers.
    pub(super) knows_peers: bool,
}

/// What a life of a machine begins with.
pub(super) struct Life {
    pub(super) core: MachineCore,
    pub(super) handling: Option<Handling>,
    pub(super) letters: Option<Box<Letters>>,
    /// For each peer, whether it need not be waited for.
    pub(super) connected: Vec<bool>,
    pub(super) channels: Channels,
}

impl Life {
    /// That of a machine with an algorithm, or with this generator and the built-in behaviour.
    pub(super) fn begin(
        start: std::result::Result<AlgorithmStart, Generator>,
        (origin, clock): (Nanos, u64),
        (bodies, log): (KeptBodies, &LogFile),
        ends: (Vec<bool>, Channels),
    ) -> Result<Self> {
        Ok(match start {
            Ok(start) => {
                let bodies = bodies.read_by(Arc::new(log.logged_bodies()?));
                start.life((origin, clock), bodies, ends)
            }
            Err(generator) => Self::classic(generator, clock, ends),
        })
    }

    /// That of a machine with the built-in behaviour.
    fn classic(
        generator: Generator,
        clock: u64,
        (connected, channels): (Vec<bool>, Channels),
    ) -> Self {
        Self {
            core: MachineCore::Classic(Node::new(generator).resumed(clock)),
            handling: None,
            letters: None,
            connected,
            channels,
        }
    }
}

impl AlgorithmStart {
    /// The life that begins so, in which `origin` makes the driver's time that of lines.
    fn life(
        self,
        (origin, clock): (Nanos, u64),
        bodies: KeptBodies,
        (mut connected, channels): (Vec<bool>, Channels),
    ) -> Life {
        if self.knows_peers {
            // It need not wait for them.
            connected.fill(true);
        }
        let mut handled = self.handled.resumed(origin);
        handled.node_mut().set_clock(clock);
        Life {
            core: MachineCore::Handled(handled.into()),
            handling: Some(self.handling),
            letters: Some(self.letters.into()),
            connected,
            channels: channels.lettered(bodies),
        }
    }
}

/// The algorithm of a machine with so many peers, and what it has done before, if `interrupted` is its log: handlers are called
/// for all of that, and nothing else happens.
pub(super) fn begin(
    algorithm: AlgorithmConfig,
    interrupted: Option<&mut Interrupted>,
    (peers, peer_ids): (&[Address], Option<&[MachineId]>),
    (id, seed): (MachineId, u64),
) -> Result<AlgorithmStart> {
    let AlgorithmConfig {
        maker, mut inputs, ..
    } = algorithm;
    let past = interrupted.as_ref().and_then(|log| log.recovered.as_ref());
    // They are received in order: those that its log has were the first.
    inputs.drain(..past.map_or(0, |past| past.given).min(inputs.len()));
    let ids: Vec<Option<MachineId>> = match (peer_ids, past) {
        (Some(ids), _) => ids.iter().copied().map(Some).collect(),
        (None, Some(past)) => {
            let known = past.past.peers.iter().take(peers.len());
            known.map(|peer| peer.known.map(|(id, _)| id)).collect()
        }
        (None, None) => vec![None; peers.len()],
    };
    let sent = past.map_or(0, sent);
    let began = past.and_then(|past| past.began);
    let all: Option<Vec<MachineId>> = ids.iter().copied().collect();
    if began.is_some() && all.is_none() {
        return Err(unknown_peers(&ids, peers));
    }
    let mut handled = Handled::new(Generator::new(0, 0, 0), 0);
    // Before it ticked it handled nothing.
    let handling = if let (Some(log), Some(_), Some(all)) = (interrupted, began, all) {
        let path = log.path().display().to_string();
        let fault = |words: &str, step, cause| Error::algorithm((id, seed), words, step, cause);
        let failed = |failure, step: Option<FailedStep>| match failure {
            HandlerFailure::Interrupted(cause) => Error::Interrupted(cause),
            HandlerFailure::Failed(cause) => {
                let place = step.as_ref().map_or_else(
                    || "cannot be made".to_owned(),
                    |step| format!("fails when it is run again, at {}", step.place),
                );
                let words = format!("its algorithm {place} (seed {seed}): {cause}");
                fault(&words, step, Some(cause))
            }
        };
        let mut handler = maker(&all, seed).map_err(|failure| failed(failure, None))?;
        let relived = log.relive(&mut *handler).map_err(|error| match error {
            ReliveError::Log(error) => error,
            ReliveError::Differs(DifferentLine {
                line, difference, ..
            }) => {
                let place = format!("{path}:{line}");
                let words = format!(
                    "not deterministic here ({place}, seed {seed}): {}",
                    difference.why
                );
                fault(&words, Some(FailedStep { now: None, place }), None)
            }
            ReliveError::Handler { line, now, error } => {
                let place = format!("{path}:{line}");
                let now = Some(now);
                failed(error, Some(FailedStep { now, place }))
            }
        })?;
        handled = relived.unwrap_or(handled);
        Handling::made(handler)
    } else {
        Handling::new(maker)
    };
    Ok(AlgorithmStart {
        handling: handling.given(inputs),
        handled,
        letters: Letters::new(ids, sent),
        knows_peers: peer_ids.is_some(),
    })
}

/// Why what was done before cannot be done again: these peers, whose ids were told, never connected.
fn unknown_peers(ids: &[Option<MachineId>], peers: &[Address]) -> Error {
    let unknown = ids.iter().zip(peers).filter(|(id, _)| id.is_none());
    let unknown: Vec<String> = unknown.map(|(_, peer)| peer.to_string()).collect();
    Error::invalid(format!(
        "the log of a machine whose algorithm was told the ids of its peers does not tell those of {}: tell them again \
         (peer_addresses={{2: (host, port)}}, --peers 2=host:port)",
        unknown.join(", ")
    ))
}

/// How many messages the log has, each recipient counted.
fn sent(past: &Recovered) -> u64 {
    let sent = past.past.peers.iter().map(|peer| peer.sent.len() as u64);
    sent.sum()
}

/// What messages of a log say that peers may still need.
pub(super) fn bodies(past: Option<&Recovered>) -> KeptBodies {
    let Some(past) = past else {
        return KeptBodies::default();
    };
    let peers = past.past.peers.iter();
    KeptBodies::logged(&past.bodies, peers.map(|peer| &*peer.sent))
}
