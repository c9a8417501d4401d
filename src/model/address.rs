//! Addresses as people write them: a host and a port.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::model::message::MachineId;

/// A host name or IP address, and a TCP port. Nothing is looked up here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// A name, an IPv4 address, or an IPv6 address without brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

impl Address {
    /// The address, if the host could be one. An IPv6 address may stand in brackets.
    pub fn new(host: impl Into<String>, port: u16) -> Result<Self> {
        let mut host = host.into();
        if let Some(ipv6) = bare(&host) {
            host = ipv6.to_owned();
        }
        if host.matches(':').count() == 1 {
            return Err(Error::invalid(format!(
                "{host:?} is not a host: give a name or an IP address, without a port"
            )));
        }
        let plain = |c: char| c.is_alphanumeric() || "-._:%".contains(c);
        if host.is_empty() || host.len() > 253 || !host.chars().all(plain) {
            return Err(Error::invalid(format!(
                "{host:?} is not a host: give a name or an IP address"
            )));
        }
        Ok(Self { host, port })
    }

    /// The address as the system takes it, if its host needs no look-up.
    pub fn socket(&self) -> Option<SocketAddr> {
        let ip: IpAddr = self.host.parse().ok()?;
        Some(SocketAddr::new(ip.to_canonical(), self.port))
    }
}

/// What is between the brackets around an IPv6 address.
fn bare(host: &str) -> Option<&str> {
    let inside = host.strip_prefix('[')?.strip_suffix(']')?;
    inside.contains(':').then_some(inside)
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl FromStr for Address {
    type Err = Error;

    /// Reads `host:port` or `[IPv6]:port`.
    fn from_str(text: &str) -> Result<Self> {
        let bad = |why: &str| {
            Error::invalid(format!(
                "bad peer {text:?}: {why}; the form is host:port, for example 192.168.1.20:5002 or [fe80::1]:5002"
            ))
        };
        let text = text.trim();
        if text.contains(char::is_whitespace) {
            return Err(bad("between two peers stands a comma, as in a:5001,b:5002"));
        }
        let (host, port) = text
            .rsplit_once(':')
            .ok_or_else(|| bad("there is no port"))?;
        let host = match host.strip_prefix('[') {
            Some(rest) => rest
                .strip_suffix(']')
                .ok_or_else(|| bad("a bracket is not closed"))?,
            None if host.contains(':') => return Err(bad("an IPv6 address stands in brackets")),
            None => host,
        };
        // `parse` would take a sign.
        let port = Some(port)
            .filter(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|port| port.parse().ok())
            .filter(|&port| port > 0)
            .ok_or_else(|| bad("a port is a number from 1 to 65535"))?;
        Self::new(host, port).map_err(|_| bad("the host is not a name or an IP address"))
    }
}

/// Reads a list `host:port,host:port`; an empty text is an empty list.
pub fn parse_list(text: &str) -> Result<Vec<Address>> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    text.split(',').map(str::parse).collect()
}

/// Reads a list of peers, as [`parse_list`]; or, if their ids are told, `id=host:port,id=host:port`.
pub fn parse_peers(text: &str) -> Result<(Option<Vec<MachineId>>, Vec<Address>)> {
    if !text.contains('=') {
        return Ok((None, parse_list(text)?));
    }
    let mut ids = Vec::new();
    let mut addresses = Vec::new();
    for entry in text.split(',') {
        let bad = |why: &str| {
            Error::invalid(format!(
                "bad peer {:?}: {why}; the form is id=host:port, for example 2=192.168.1.20:5002",
                entry.trim()
            ))
        };
        let (id, address) = entry
            .split_once('=')
            .ok_or_else(|| bad("it has no id, and others have"))?;
        let id = Some(id.trim())
            .filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|id| id.parse().ok())
            .ok_or_else(|| bad("the id is not a whole number"))?;
        if ids.contains(&id) {
            return Err(bad("another peer has this id"));
        }
        ids.push(id);
        addresses.push(address.parse()?);
    }
    Ok((Some(ids), addresses))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_usual_forms_are_read() {
        let list = parse_list("192.168.1.20:5002, lab-3.example:5003,[fe80::1]:5004").unwrap();
        assert_eq!(list[0], Address::new("192.168.1.20", 5002).unwrap());
        assert_eq!(list[1], Address::new("lab-3.example", 5003).unwrap());
        assert_eq!(list[2], Address::new("fe80::1", 5004).unwrap());
        assert_eq!(parse_list(" ").unwrap(), []);
    }

    #[test]
    fn all_ids_are_told_or_none() {
        let plain = parse_peers("a:1, b:2").unwrap();
        assert_eq!(plain, (None, parse_list("a:1,b:2").unwrap()));
        assert_eq!(parse_peers("").unwrap(), (None, Vec::new()));
        let told = parse_peers("7=a:1, 2 = [fe80::1]:2").unwrap();
        assert_eq!(
            told,
            (Some(vec![7, 2]), parse_list("a:1,[fe80::1]:2").unwrap())
        );
        for (text, why) in [
            (
                "2=a:1,b:2",
                "bad peer \"b:2\": it has no id, and others have",
            ),
            ("x=a:1", "the id is not a whole number"),
            ("-2=a:1", "the id is not a whole number"),
            ("=a:1", "the id is not a whole number"),
            ("99999999999999999999=a:1", "the id is not a whole number"),
            (
                "2=a:1,2=b:1",
                "bad peer \"2=b:1\": another peer has this id",
            ),
            ("2=a", "bad peer \"a\": there is no port"),
            ("2=3=a:1", "bad peer \"3=a:1\""),
        ] {
            let error = parse_peers(text).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn a_host_stands_alone_with_or_without_brackets() {
        for host in ["::1", "[::1]", "fe80::1%eth0", "[fe80::1]", "localhost"] {
            let address = Address::new(host, 1).unwrap();
            assert_eq!(address.host, host.trim_matches(['[', ']']));
        }
        for host in ["localhost:5000", "[localhost]", "[]", "[::1", ""] {
            assert!(Address::new(host, 1).is_err(), "{host}");
        }
        let error = Address::new("127.0.0.1:5000", 1).unwrap_err().to_string();
        assert!(error.contains("without a port"), "{error}");
        let error = parse_list("a:1 b:2").unwrap_err().to_string();
        assert!(error.contains("a comma, as in a:5001,b:5002"), "{error}");
    }

    #[test]
    fn a_bad_entry_is_shown_with_the_form() {
        for text in [
            "localhost",
            "localhost:",
            ":5",
            "a:0",
            "a:65536",
            "a:-1",
            "a:+1",
            "a:५",
            "::1:5",
            "[::1:5",
            "a b:5",
            "a:5,,b:6",
            "a;b:5",
        ] {
            let error = parse_list(text).unwrap_err().to_string();
            assert!(error.contains("host:port"), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(host in "[a-z][a-z0-9.-]{0,20}|[0-9a-f]{1,4}::[0-9a-f]{1,4}", port in 1_u16..) {
            let address = Address::new(host, port).unwrap();
            prop_assert_eq!(address.to_string().parse::<Address>().unwrap(), address);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}") {
            let _ = parse_list(&text);
            let _ = parse_peers(&text);
        }
    }
}
