//! Which machines share a host, and with it a clock.
//!
//! They do if both listen on loopback, one was reached there by the other, or they listen at, or
//! were reached at, one address. A log does not tell processes apart.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::case::Case;
use crate::log::history::Note;
use crate::log::line::Place;

/// How far the clocks of two processes of a host may differ, in microseconds.
const PROCESSES: f64 = 1000.0;

/// Machines in groups: those of a group share a host.
pub(super) struct Hosts {
    group: Vec<usize>,
    /// Whether time is virtual everywhere.
    is_virtual: bool,
    /// How far the clocks of two hosts may differ, in microseconds, if that is known.
    between: Option<f64>,
    /// By machine, how far the times that it tells may be off.
    off: Vec<f64>,
    /// Whether the clocks of hosts are compared elsewhere.
    is_aligned: bool,
}

impl Hosts {
    /// `uncertainty` is how far the clocks of two hosts may differ, in seconds, if that is known.
    pub(super) fn new(case: &Case<'_>, uncertainty: Option<f64>) -> Self {
        let logs = case.logs();
        let mut hosts = Self {
            group: (0..logs.len()).collect(),
            is_virtual: !logs.is_empty()
                && logs
                    .iter()
                    .all(|log| log.startups().any(|(_, start)| start.is_virtual)),
            off: case.resolutions.iter().map(|steps| steps.any()).collect(),
            between: uncertainty.map(|seconds| (seconds * 1e6).round()),
            is_aligned: false,
        };
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        for (place, log) in logs.iter().enumerate() {
            for mark in &log.marks {
                let (kind, name, machine) = match &mark.note {
                    Note::Startup(start) => match &start.listen {
                        // Machines that listen on loopback only hear those of their host.
                        Some(Place(host, _)) => match Kind::of(host) {
                            Kind::Loopback => (Kind::Name, "localhost", place),
                            kind => (kind, &**host, place),
                        },
                        None => continue,
                    },
                    Note::Connect(hand) => match case.ids.place(hand.peer_id) {
                        Some(peer) => (Kind::of(&hand.peer.0), &*hand.peer.0, peer),
                        None => continue,
                    },
                    Note::Unread { .. } | Note::End(_) => continue,
                };
                match kind {
                    Kind::Any => {}
                    // This says nothing of other hosts, which have loopbacks of their own.
                    Kind::Loopback => hosts.join(place, machine),
                    Kind::Name => {
                        let other = *names.entry(name).or_insert(machine);
                        hosts.join(other, machine);
                    }
                }
            }
        }
        for place in 0..logs.len() {
            // Each points to a smaller one, which points to the host already.
            hosts.group[place] = hosts.group[hosts.group[place]];
        }
        hosts
    }

    /// The same, where the clocks of hosts are compared elsewhere.
    pub(super) fn aligned(self) -> Self {
        Self {
            is_aligned: true,
            ..self
        }
    }

    /// Whether the clocks of hosts are compared elsewhere.
    pub(super) fn is_aligned(&self) -> bool {
        self.is_aligned
    }

    /// The host of a machine, as the place of the first on it.
    pub(super) fn host(&self, place: usize) -> usize {
        self.group[place]
    }

    /// How far the clocks of two machines may differ, in microseconds, if that is known.
    pub(super) fn tolerance(&self, a: usize, b: usize) -> Option<f64> {
        let clocks = if self.is_virtual || a == b {
            Some(0.0)
        } else if self.host(a) == self.host(b) {
            Some(PROCESSES)
        } else {
            self.between
        };
        clocks.map(|apart| apart + self.off[a].max(self.off[b]))
    }

    fn find(&mut self, mut place: usize) -> usize {
        while self.group[place] != place {
            // Halves the way for those who come after.
            self.group[place] = self.group[self.group[place]];
            place = self.group[place];
        }
        place
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.find(a), self.find(b));
        self.group[a.max(b)] = a.min(b);
    }
}

/// What the host of an address stands for.
enum Kind {
    /// Every address of a host.
    Any,
    /// The host itself, whichever it is.
    Loopback,
    /// One host.
    Name,
}

impl Kind {
    fn of(host: &str) -> Self {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = bare.parse::<IpAddr>() {
            let address = address.to_canonical();
            return if address.is_unspecified() {
                Self::Any
            } else if address.is_loopback() {
                Self::Loopback
            } else {
                Self::Name
            };
        }
        let first = bare.split('.').next().unwrap_or(bare);
        if first.eq_ignore_ascii_case("localhost") {
            Self::Loopback
        } else {
            Self::Name
        }
    }
}
