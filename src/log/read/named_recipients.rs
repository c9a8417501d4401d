//! Who stands among the recipients of SENDs.

use std::collections::BTreeMap;

use crate::log::history::Link;
use crate::log::line::Place;

/// The recipients that stand in SENDs: each address with each machine behind it once, where it first stands.
#[derive(Default)]
pub(crate) struct NamedRecipients {
    /// By port, as most addresses have one of their own.
    by_port: BTreeMap<u64, Vec<Link>>,
}

impl NamedRecipients {
    pub(super) fn add(&mut self, host: &str, port: u64, id: Option<u64>, line: u64) {
        let there = self.by_port.entry(port).or_default();
        if !there.iter().any(|known| known.is(host, id)) {
            there.push(Link {
                line: line as u32,
                address: Place(host.to_owned().into(), port),
                id,
            });
        }
    }

    /// Takes those of the next block, before which there are so many lines.
    pub(crate) fn append(&mut self, later: Self, lines: u64) {
        for (port, later) in later.by_port {
            let there = self.by_port.entry(port).or_default();
            for mut link in later {
                if !there.iter().any(|known| known.is(&link.address.0, link.id)) {
                    link.line += lines as u32;
                    there.push(link);
                }
            }
        }
    }

    /// Counts lines otherwise.
    pub(crate) fn place(&mut self, there: impl Fn(u32) -> u32) {
        for link in self.by_port.values_mut().flatten() {
            link.line = there(link.line);
        }
    }

    /// All, in order of lines.
    pub(crate) fn into_sorted(self) -> Vec<Link> {
        let mut all: Vec<Link> = self.by_port.into_values().flatten().collect();
        all.sort_by_key(|link| link.line);
        all
    }
}

impl Link {
    /// Whether it has this host and this machine behind it; the port is the same.
    fn is(&self, host: &str, id: Option<u64>) -> bool {
        self.address.0 == host && self.id == id
    }
}
