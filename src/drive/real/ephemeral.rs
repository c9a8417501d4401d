//! The ports that the system gives to outgoing connections.

use std::fs;

const RANGE: &str = "/proc/sys/net/ipv4/ip_local_port_range";

/// What is to be said of a port that is taken; nothing if it is not of those.
pub fn hint(port: u16) -> String {
    fs::read_to_string(RANGE)
        .ok()
        .and_then(|text| of_range(port, &text))
        .unwrap_or_default()
}

fn of_range(port: u16, text: &str) -> Option<String> {
    let mut bounds = text.split_whitespace().map(str::parse::<u16>);
    let (low, high) = (bounds.next()?.ok()?, bounds.next()?.ok()?);
    (low..=high).contains(&port).then(|| {
        format!(
            " (the system gives the ports {low} to {high} to outgoing connections, says {RANGE}: \
             choose one outside, or 0 for a free one)"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_of_the_range_is_explained() {
        let text = "32768\t60999\n";
        for port in [32_768, 50_000, 60_999] {
            let hint = of_range(port, text).unwrap();
            assert!(hint.contains("32768 to 60999"), "{hint}");
        }
        for port in [1, 32_767, 61_000] {
            assert_eq!(of_range(port, text), None);
        }
        for text in ["", "1", "a b", "70000 80000"] {
            assert_eq!(of_range(5000, text), None);
        }
    }
}
