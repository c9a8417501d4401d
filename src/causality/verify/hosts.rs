//! Which machines share a host, and with it a clock.
//!
//! They do if both listen on loopback, one was reached there by the other, or they listen at, or
//! were reached at, one address. A log does not tell processes apart.

use std::collections::BTreeMap;

use super::Case;
use crate::log::history::Note;

/// Machines in groups: those of a group share a host.
pub(super) struct Hosts {
    group: Vec<usize>,
    /// Whether time is virtual everywhere.
    pub(super) is_virtual: bool,
}

impl Hosts {
    pub(super) fn new(case: &Case<'_>) -> Self {
        let logs = case.logs();
        let mut hosts = Self {
            group: (0..logs.len()).collect(),
            is_virtual: !logs.is_empty()
                && logs
                    .iter()
                    .all(|log| log.startups().any(|(_, start)| start.is_virtual)),
        };
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        for (place, log) in logs.iter().enumerate() {
            for mark in &log.marks {
                let (host, machine) = match &mark.note {
                    Note::Startup(start) => match &start.host {
                        Some(host) => (host.as_str(), place),
                        None => continue,
                    },
                    Note::Connect(hand) => match case.ids.place(hand.peer_id) {
                        Some(peer) => (hand.address.0.as_str(), peer),
                        None => continue,
                    },
                    Note::Unread { .. } | Note::End(_) => continue,
                };
                if matches!(host, "0.0.0.0" | "::" | "[::]") {
                    continue;
                }
                let name = if is_loopback(host) {
                    hosts.join(place, machine);
                    "localhost"
                } else {
                    host
                };
                // That another was reached on its loopback says nothing of other hosts' loopbacks,
                // but machines that listen there can only talk to each other on one host.
                let other = *names.entry(name).or_insert(machine);
                hosts.join(other, machine);
            }
        }
        hosts
    }

    /// Whether two machines share a host.
    pub(super) fn are_one(&self, a: usize, b: usize) -> bool {
        self.is_virtual || self.find(a) == self.find(b)
    }

    fn find(&self, mut place: usize) -> usize {
        while self.group[place] != place {
            place = self.group[place];
        }
        place
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.find(a), self.find(b));
        self.group[a.max(b)] = a.min(b);
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host == "::1" || host == "[::1]" || host.starts_with("127.")
}
