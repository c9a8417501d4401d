//! Who may connect to a machine, by the address it comes from.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::str::FromStr;

use crate::error::{Error, Result};

/// A network such as `10.1.0.0/16`, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subnet {
    address: IpAddr,
    prefix: u8,
}

impl Subnet {
    /// Whether `ip` lies in it.
    pub fn contains(self, ip: IpAddr) -> bool {
        let (bits, own, other) = match (self.address, ip.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (32, u128::from(own.to_bits()), u128::from(other.to_bits()))
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => (128, own.to_bits(), other.to_bits()),
            _ => return false,
        };
        let free = bits - u32::from(self.prefix);
        (own ^ other).checked_shr(free).unwrap_or(0) == 0
    }
}

impl FromStr for Subnet {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = || {
            Error::invalid(format!(
                "{text:?} is not an address or a network: the form is 192.168.1.20 or 192.168.1.0/24"
            ))
        };
        let (address, prefix) = match text.trim().split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text.trim(), None),
        };
        let address = address.parse::<IpAddr>().map_err(|_| bad())?.to_canonical();
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => prefix
                .parse()
                .ok()
                .filter(|&prefix| prefix <= bits)
                .ok_or_else(bad)?,
            None => bits,
        };
        Ok(Self { address, prefix })
    }
}

/// The addresses from which a machine takes connections.
#[derive(Debug, Default)]
pub struct Gate {
    /// Networks allowed by the user.
    allowed: Vec<Subnet>,
    /// For each peer, all addresses of its name when it was last looked up.
    peers: Vec<Vec<IpAddr>>,
}

impl Gate {
    /// A gate for a machine with these networks and peers.
    pub fn new(allowed: Vec<Subnet>, peers: &[Vec<SocketAddr>]) -> Self {
        let mut gate = Self {
            allowed,
            peers: vec![Vec::new(); peers.len()],
        };
        for (peer, found) in peers.iter().enumerate() {
            gate.update(peer, found);
        }
        gate
    }

    /// The name of a peer has these addresses now. A lookup that failed changes nothing.
    pub fn update(&mut self, peer: usize, found: &[SocketAddr]) {
        if !found.is_empty() {
            self.peers[peer] = found
                .iter()
                .map(|socket| socket.ip().to_canonical())
                .collect();
        }
    }

    /// Whether a connection from `ip` is taken.
    pub fn admits(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        let mut peers = self.peers.iter().flatten();
        self.allowed.iter().any(|network| network.contains(ip))
            || peers.clone().any(|&peer| peer == ip)
            || (is_own(ip) && peers.any(|&peer| is_own(peer)))
    }
}

/// Whether `ip` is an address of this host: loopback, or one that can be bound.
pub fn is_own(ip: IpAddr) -> bool {
    ip.is_loopback()
        || (ip != IpAddr::V4(Ipv4Addr::UNSPECIFIED) && UdpSocket::bind((ip, 0)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(allowed: &[&str], peers: &[&str]) -> Gate {
        let allowed = allowed.iter().map(|text| text.parse().unwrap()).collect();
        let peers: Vec<_> = peers
            .iter()
            .map(|ip| vec![SocketAddr::new(ip.parse().unwrap(), 1)])
            .collect();
        Gate::new(allowed, &peers)
    }

    fn admits(gate: &Gate, ip: &str) -> bool {
        gate.admits(ip.parse().unwrap())
    }

    #[test]
    fn networks_hold_what_their_prefix_says() {
        let gate = gate(
            &["10.1.0.0/16", "192.168.7.9", "fd00::/8", "203.0.113.0/0"],
            &[],
        );
        for ip in ["10.1.200.3", "192.168.7.9", "fd12::1", "::ffff:10.1.0.1"] {
            assert!(admits(&gate, ip), "{ip}");
        }
        let gate = self::gate(&["10.1.0.0/16", "fd00::/8"], &[]);
        for ip in ["10.2.0.1", "192.168.7.9", "fe80::1", "127.0.0.1"] {
            assert!(!admits(&gate, ip), "{ip}");
        }
        for bad in ["", "10.1", "10.1.0.0/33", "host", "10.1.0.0/-1"] {
            assert!(bad.parse::<Subnet>().is_err(), "{bad}");
        }
    }

    #[test]
    fn peers_are_admitted_and_their_hosts_loopback_with_them() {
        let remote = gate(&[], &["192.0.2.7"]);
        assert!(admits(&remote, "192.0.2.7") && admits(&remote, "::ffff:192.0.2.7"));
        assert!(!admits(&remote, "127.0.0.1") && !admits(&remote, "192.0.2.8"));
        let local = gate(&[], &["127.0.0.1"]);
        assert!(
            admits(&local, "127.0.0.1") && admits(&local, "::1") && admits(&local, "127.0.0.9")
        );
        assert!(!admits(&local, "192.0.2.7"));
    }

    #[test]
    fn a_new_lookup_counts_and_a_failed_one_does_not() {
        let mut gate = gate(&[], &["192.0.2.7"]);
        gate.update(0, &[]);
        assert!(admits(&gate, "192.0.2.7"));
        gate.update(0, &[SocketAddr::from(([192, 0, 2, 8], 1))]);
        assert!(admits(&gate, "192.0.2.8") && !admits(&gate, "192.0.2.7"));
    }
}
