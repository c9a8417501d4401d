//! Why a line of a log cannot be read, in the terms of the log.

use serde_json::Value;

use crate::error::clipped;
use crate::model::behavior::Probabilities;
use crate::model::clock::MAX_CLOCK;

/// What is wrong with a line that is not as typed.
#[cold]
pub(crate) fn diagnose(text: &str, error: &serde_json::Error) -> String {
    let object = match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(object)) => object,
        Ok(_) => {
            return format!(
                "not a log line: it must be one JSON object, such as {EXAMPLE}, but is {}",
                quoted(text)
            );
        }
        Err(_) if text.trim().is_empty() => {
            return "an empty line: each line must be one JSON object".to_owned();
        }
        Err(_) if text.starts_with('\u{feff}') => {
            return "the file starts with a byte order mark: save it as UTF-8 without one"
                .to_owned();
        }
        Err(_) if ["NaN", "Infinity"].iter().any(|word| text.contains(word)) => {
            return "not JSON: NaN and Infinity are not JSON numbers; leave the field out or write null"
                .to_owned();
        }
        Err(error) => {
            let why = error.to_string();
            let why = why.split(" at line ").next().unwrap_or_default();
            return format!(
                "not JSON ({why} at column {}): each line must be one JSON object, but it is {}",
                error.column(),
                quoted(text)
            );
        }
    };
    let absent: Vec<_> = ["event", "system_time", "machine_id"]
        .into_iter()
        .filter(|&name| object.get(name).is_none_or(Value::is_null))
        .collect();
    if !absent.is_empty() {
        return format!(
            "not a log line: missing {} (of logs of another program say what differs, as in lamport.load(..., columns={{\"lc\": \"new_clock\"}}); tables go into lamport.from_events)",
            absent.join(", ")
        );
    }
    for (name, value) in &object {
        let (good, must) = match name.as_str() {
            "machine_id" | "old_clock" | "new_clock" | "queue_len" | "sender" | "sent_clock"
            | "local_clock" | "peer_id" | "final_clock" | "ticks" => {
                (value.is_u64() || value.is_null(), "")
            }
            "event" | "run_id" => (value.is_string() || value.is_null(), "a string"),
            "recipients" | "peers" => (value.is_array() || value.is_null(), ADDRESSES),
            name if name == "clock_rate" || Probabilities::NAMES.contains(&name) => {
                (value.is_number() || value.is_null(), "a number")
            }
            _ => continue,
        };
        if !good && must.is_empty() {
            return not_whole(name, value);
        }
        if !good {
            let value = clipped(&value.to_string());
            return format!("{name} is {value}: it must be {must}");
        }
    }
    let why = error.to_string();
    let why = why.split(" at line ").next().unwrap_or_default();
    format!(
        "{why} at column {}: addresses are [\"host\", port] or \"host:port\", numbers are not quoted",
        error.column()
    )
}

/// What to say of a value that is no id, clock or count.
pub(crate) fn not_whole(name: &str, value: impl std::fmt::Display) -> String {
    let value = clipped(&value.to_string());
    format!("{name} is {value}: it must be a whole number from 0 to {MAX_CLOCK}")
}

const ADDRESSES: &str = "a list of addresses [\"host\", port] or \"host:port\", or of ids";
const EXAMPLE: &str =
    r#"{"event": "INTERNAL", "system_time": 1.0, "machine_id": 1, "old_clock": 0, "new_clock": 1}"#;

fn quoted(text: &str) -> String {
    format!("{:?}", clipped(text))
}

#[cfg(test)]
mod tests {
    use crate::log::read::parse::parse;

    #[test]
    fn lines_say_what_is_wrong_with_them_and_what_would_be_right() {
        let line = |fields: &str| {
            format!(r#"{{"event": "INTERNAL", "system_time": 1.0, "machine_id": 1{fields}}}"#)
        };
        for (text, words) in [
            (String::new(), "empty line"),
            ("clock went to 5".into(), "not JSON"),
            ("[1, 2]".into(), "one JSON object"),
            ("{}".into(), "missing event, system_time, machine_id"),
            ("\u{feff}{}".into(), "byte order mark"),
            (
                line(r#", "old_clock": 1"#),
                r#"INTERNAL line needs the field "new_clock""#,
            ),
            (line(r#", "old_clock": null"#), r#""new_clock""#),
            (
                line(r#", "old_clock": -1, "new_clock": 1"#),
                "old_clock is -1: it must be a whole number",
            ),
            (
                line(r#", "old_clock": 1.5, "new_clock": 1"#),
                "old_clock is 1.5",
            ),
            (
                line(r#", "old_clock": 0, "new_clock": 9007199254740992"#),
                "from 0 to 9007199254740991",
            ),
            (
                line(r#", "old_clock": 0, "new_clock": 99999999999999999999"#),
                "whole number",
            ),
            (line(r#", "old_clock": 0, "new_clock": NaN"#), "NaN"),
            (
                line(r#", "old_clock": "0", "new_clock": 1"#),
                r#"old_clock is "0""#,
            ),
            (
                line("").replace("INTERNAL", "JUMP"),
                "event \"JUMP\" is not known: it is STARTUP",
            ),
            (
                line("")
                    .replace("INTERNAL", "SEND")
                    .replace('}', r#", "old_clock": 0, "new_clock": 1}"#),
                "\"recipients\"",
            ),
            (line("").replace("1.0", "\"now\""), "system_time is \"now\""),
            (line("").replace("1.0", "1e300"), "system_time is 1e300"),
            (
                line(r#", "clock_rate": 0.0"#).replace("INTERNAL", "STARTUP"),
                "positive",
            ),
            (line(r#", "recipients": 5"#), "a list of addresses"),
            (
                r#"{"ts": 1.5, "node": "a", "msg": "sent"}"#.into(),
                "lamport.from_events",
            ),
            (
                line(&format!(", \"deep\": {}", "[".repeat(100_000))),
                "not JSON (recursion limit",
            ),
        ] {
            let error = parse(&text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
            assert!(!error.contains("line 1"), "{text}: {error}");
        }
    }
}
