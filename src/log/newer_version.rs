//! Logs of a newer version of this package, whose lines it may not know.

use std::cmp::Ordering;

use crate::VERSION;
use crate::log::line::Startup;

/// The version that wrote a log, if it is newer than this one.
pub(crate) fn newer_version<'a>(
    mut startups: impl Iterator<Item = &'a Startup<'static>>,
) -> Option<&'a str> {
    startups.find_map(|startup| {
        let version = startup.version.as_deref()?;
        is_newer(version, VERSION).then_some(version)
    })
}

/// What is wrong with a line, in a log of this newer version if there is one.
pub(crate) fn in_newer(why: &str, newer: Option<&str>) -> String {
    match newer {
        None => why.to_owned(),
        Some(version) => format!(
            "{why}; the log was written by lamport {version}, this is {VERSION}: read it with that version or a newer one"
        ),
    }
}

/// Whether a version comes after another. One that does not begin with a number is another program's.
fn is_newer(version: &str, than: &str) -> bool {
    let mut others = numbers(than);
    for number in numbers(version) {
        match number.cmp(&others.next().unwrap_or(0)) {
            Ordering::Equal => {}
            order => return order == Ordering::Greater,
        }
    }
    false
}

/// The numbers with which a version begins: those of "1.20.3rc1" are 1, 20 and 3.
fn numbers(version: &str) -> impl Iterator<Item = u64> {
    let mut is_over = false;
    version.split('.').map_while(move |part| {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let number = part[..digits].parse().ok().filter(|_| !is_over);
        is_over = digits < part.len();
        number
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        for newer in ["0.1.1", "0.2", "0.10.0", "1", "1.0.0rc1", "0.1.0.1"] {
            assert!(is_newer(newer, "0.1.0"), "{newer}");
            assert!(!is_newer("0.1.0", newer), "{newer}");
        }
        for other in [
            "0.1.0", "0.1", "0.0.9", "", "v2", "theirs 7", "0.1.0rc9", "0", ".",
        ] {
            assert!(!is_newer(other, "0.1.0"), "{other}");
        }
        assert!(!is_newer("99999999999999999999999", "0.1.0"));
    }
}
