//! Who may connect to a machine, by the address it comes from.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use crate::channel::endpoint::Standing;
use crate::drive::real::own_addresses::OwnAddresses;
use crate::error::{Error, Result};
use crate::model::message::Nanos;

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
    /// The addresses of this host, and when they were asked for.
    own: Option<(Nanos, OwnAddresses)>,
}

/// The addresses of this host are not asked for more often than this.
const FRESH: Nanos = 1_000_000_000;

impl Gate {
    /// A gate for a machine with these networks and peers.
    pub fn new(allowed: Vec<Subnet>, peers: &[Vec<SocketAddr>]) -> Self {
        let mut gate = Self {
            allowed,
            peers: vec![Vec::new(); peers.len()],
            own: None,
        };
        for (peer, found) in peers.iter().enumerate() {
            gate.update(peer, found);
        }
        gate
    }

    /// The name of a peer has these addresses now. A lookup that failed changes nothing.
    pub fn update(&mut self, peer: usize, found: &[SocketAddr]) {
        if !found.is_empty() {
            // One that was sent to by hand comes after those that were there from the start.
            if self.peers.len() <= peer {
                self.peers.resize(peer + 1, Vec::new());
            }
            self.peers[peer] = found
                .iter()
                .map(|socket| socket.ip().to_canonical())
                .collect();
        }
    }

    /// What is known of who connects from `ip`.
    pub fn standing(&mut self, now: Nanos, ip: IpAddr) -> Standing {
        let ip = ip.to_canonical();
        let mut peers = self.peers.iter().flatten();
        let is_peer = peers.any(|&peer| peer == ip) || self.is_here(now, ip);
        let is_allowed = self.allowed.iter().any(|network| network.contains(ip));
        match (is_peer, is_allowed) {
            (false, false) => Standing::Unknown,
            (true, false) => Standing::Peer,
            (false, true) => Standing::Allowed,
            (true, true) => Standing::AllowedPeer,
        }
    }

    /// Whether `ip` is of this host and a peer too, which then may come from any address of it.
    fn is_here(&mut self, now: Nanos, ip: IpAddr) -> bool {
        let mut peers = self.peers.iter().flatten().peekable();
        if peers.peek().is_none() {
            return false;
        }
        let known = self.own.take();
        let known = known.filter(|(asked, _)| now.saturating_sub(*asked) < FRESH);
        let (_, own) = self
            .own
            .insert(known.unwrap_or_else(|| (now, OwnAddresses::now())));
        own.contains(ip) && peers.any(|&peer| own.contains(peer))
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;
    use proptest::prelude::*;

    fn gate(allowed: &[&str], peers: &[&str]) -> Gate {
        let allowed = allowed.iter().map(|text| text.parse().unwrap()).collect();
        let peers: Vec<_> = peers
            .iter()
            .map(|ip| vec![SocketAddr::new(ip.parse().unwrap(), 1)])
            .collect();
        Gate::new(allowed, &peers)
    }

    fn admits(gate: &mut Gate, ip: &str) -> bool {
        gate.standing(0, ip.parse().unwrap()) != Standing::Unknown
    }

    #[test]
    fn networks_hold_what_their_prefix_says() {
        let mut gate = gate(
            &["10.1.0.0/16", "192.168.7.9", "fd00::/8", "203.0.113.0/0"],
            &[],
        );
        for ip in ["10.1.200.3", "192.168.7.9", "fd12::1", "::ffff:10.1.0.1"] {
            assert!(admits(&mut gate, ip), "{ip}");
        }
        let mut gate = self::gate(&["10.1.0.0/16", "fd00::/8"], &[]);
        for ip in ["10.2.0.1", "192.168.7.9", "fe80::1", "127.0.0.1"] {
            assert!(!admits(&mut gate, ip), "{ip}");
        }
        for bad in ["", "10.1", "10.1.0.0/33", "host", "10.1.0.0/-1"] {
            assert!(bad.parse::<Subnet>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_prefix_of_no_bits_admits_its_family() {
        let four = ["0.0.0.0", "127.0.0.1", "192.0.2.7", "255.255.255.255"];
        let six = [
            "::",
            "::1",
            "2001:db8::1",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        ];
        for (network, inside, outside) in [
            ("::/0", six, four),
            ("2001:db8::1/0", six, four),
            ("0.0.0.0/0", four, six),
            ("192.0.2.7/0", four, six),
        ] {
            let mut gate = gate(&[network], &[]);
            for ip in inside {
                assert!(admits(&mut gate, ip), "{network} {ip}");
            }
            for ip in outside {
                assert!(!admits(&mut gate, ip), "{network} {ip}");
            }
        }
        // A whole prefix is one address.
        for (network, inside, outside) in [
            ("192.0.2.6/32", "192.0.2.6", "192.0.2.7"),
            ("2001:db8::6/128", "2001:db8::6", "2001:db8::7"),
            ("192.0.2.6/31", "::ffff:192.0.2.7", "192.0.2.5"),
            ("2001:db8::/127", "2001:db8::1", "2001:db8::2"),
            ("128.0.0.0/1", "255.0.0.0", "127.255.255.255"),
            ("8000::/1", "ffff::", "7fff::"),
        ] {
            let mut gate = gate(&[network], &[]);
            assert!(admits(&mut gate, inside), "{network}");
            assert!(!admits(&mut gate, outside), "{network}");
        }
        for bad in ["::/129", "::/-1", "::/", "0.0.0.0/33", "0.0.0.0/256", "/0"] {
            assert!(bad.parse::<Subnet>().is_err(), "{bad}");
        }
    }

    proptest! {
        /// An address lies in a network if their first bits, as text, are the same.
        #[test]
        fn the_first_bits_decide(own: u128, flipped in 0_u32..129, prefix in 0_usize..129, is_four: bool) {
            let bits: u32 = if is_four { 32 } else { 128 };
            let prefix = prefix.min(bits as usize);
            let other = own ^ 1_u128.checked_shl(flipped % (bits + 1)).unwrap_or(0);
            let ip = |value: u128| -> IpAddr {
                if is_four { Ipv4Addr::from_bits(value as u32).into() } else { Ipv6Addr::from_bits(value).into() }
            };
            let text = |ip: IpAddr| match ip {
                IpAddr::V4(ip) => format!("{:032b}", ip.to_bits()),
                IpAddr::V6(ip) => format!("{:0128b}", ip.to_bits()),
            };
            let (own, other) = (ip(own), ip(other));
            let network: Subnet = format!("{own}/{prefix}").parse().unwrap();
            let expected = text(own)[..prefix] == text(other)[..prefix];
            prop_assert_eq!(network.contains(other), expected);
        }
    }

    #[test]
    fn peers_are_admitted_and_their_hosts_loopback_with_them() {
        let mut remote = gate(&[], &["192.0.2.7"]);
        assert!(admits(&mut remote, "192.0.2.7") && admits(&mut remote, "::ffff:192.0.2.7"));
        assert!(!admits(&mut remote, "127.0.0.1") && !admits(&mut remote, "192.0.2.8"));
        let mut local = gate(&[], &["127.0.0.1"]);
        assert!(
            admits(&mut local, "127.0.0.1")
                && admits(&mut local, "::1")
                && admits(&mut local, "127.0.0.9")
        );
        assert!(!admits(&mut local, "192.0.2.7"));
    }

    #[test]
    fn a_peer_that_is_allowed_too_is_still_a_peer() {
        let mut gate = gate(
            &["192.0.2.0/24", "127.0.0.0/8"],
            &["192.0.2.7", "198.51.100.7"],
        );
        for (ip, is_peer, is_allowed) in [
            ("192.0.2.7", true, true),
            ("192.0.2.8", false, true),
            ("198.51.100.7", true, false),
            ("198.51.100.8", false, false),
            ("127.0.0.1", false, true),
        ] {
            let standing = gate.standing(0, ip.parse().unwrap());
            assert_eq!(
                (standing.is_peer(), standing.is_allowed()),
                (is_peer, is_allowed),
                "{ip}"
            );
        }
    }

    #[test]
    fn a_new_lookup_counts_and_a_failed_one_does_not() {
        let mut gate = gate(&[], &["192.0.2.7"]);
        gate.update(0, &[]);
        assert!(admits(&mut gate, "192.0.2.7"));
        gate.update(0, &[SocketAddr::from(([192, 0, 2, 8], 1))]);
        assert!(admits(&mut gate, "192.0.2.8") && !admits(&mut gate, "192.0.2.7"));
    }
}
