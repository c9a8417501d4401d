//! The addresses of this host.

use std::net::IpAddr;

use if_addrs::Interface;

/// The addresses that the interfaces of this host have. That an address can be bound says nothing: a
/// system may allow it for every address (`net.ipv4.ip_nonlocal_bind`).
#[derive(Debug)]
pub struct OwnAddresses(Vec<IpAddr>);

impl OwnAddresses {
    /// Those of this moment; loopback alone if the system does not tell.
    pub fn now() -> Self {
        let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
        let addresses = interfaces.iter().map(Interface::ip);
        Self(addresses.collect())
    }

    /// Those by which other hosts may reach this one: no loopback, and none that holds on one link alone.
    pub fn for_others(self) -> Vec<IpAddr> {
        let is_for_others = |ip: &IpAddr| {
            let is_of_link = match ip {
                IpAddr::V4(ip) => ip.is_link_local(),
                IpAddr::V6(ip) => ip.is_unicast_link_local(),
            };
            !ip.is_loopback() && !is_of_link
        };
        self.0.into_iter().filter(is_for_others).collect()
    }

    /// Whether `ip` is an address of this host.
    pub(super) fn contains(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        ip.is_loopback() || self.0.contains(&ip)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_do_not_get_here_by_loopback_or_by_an_address_of_one_link() {
        let all = [
            "127.0.0.1",
            "::1",
            "169.254.3.4",
            "fe80::1",
            "192.0.2.1",
            "2001:db8::1",
        ];
        let own = OwnAddresses(all.map(|ip| ip.parse().unwrap()).into());
        let told = own.for_others();
        let told: Vec<String> = told.iter().map(ToString::to_string).collect();
        assert_eq!(told, ["192.0.2.1", "2001:db8::1"]);
    }

    #[test]
    fn loopback_is_own_and_a_foreign_address_is_not() {
        let own = OwnAddresses::now();
        for ip in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            assert!(own.contains(ip.parse().unwrap()), "{ip}");
        }
        // Reserved for documentation; `::` and `0.0.0.0` are bound by many and owned by none.
        for ip in ["192.0.2.1", "2001:db8::1", "0.0.0.0", "::"] {
            assert!(!own.contains(ip.parse().unwrap()), "{ip}");
        }
    }
}
