//! Why a line of a log cannot be read, in the terms of the log.

use serde_json::Value;

use crate::clock::MAX_CLOCK;

/// What is wrong with a line that is not as typed.
#[cold]
pub(crate) fn diagnose(text: &str, error: &serde_json::Error) -> String {
    let object = match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(object)) => object,
        Ok(_) => {
            return format!(
                "not a log line: it must be one JSON object, such as {EXAMPLE}, but is {}",
                shorten(text)
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
            return "not JSON: NaN and Infinity are no JSON numbers; leave the field out or write null"
                .to_owned();
        }
        Err(error) => {
            let why = error.to_string();
            let why = why.split(" at line ").next().unwrap_or_default();
            return format!(
                "not JSON ({why} at column {}): each line must be one JSON object, but it is {}",
                error.column(),
                shorten(text)
            );
        }
    };
    let absent: Vec<_> = ["event", "system_time", "machine_id"]
        .into_iter()
        .filter(|&name| object.get(name).is_none_or(Value::is_null))
        .collect();
    if !absent.is_empty() {
        return format!("not a log line: missing {}", absent.join(", "));
    }
    for (name, value) in &object {
        let (good, must) = match name.as_str() {
            "machine_id" | "old_clock" | "new_clock" | "queue_len" | "sender" | "sent_clock"
            | "local_clock" | "peer_id" | "final_clock" | "ticks" => {
                (value.is_u64() || value.is_null(), "")
            }
            "event" | "run_id" => (value.is_string() || value.is_null(), "a text"),
            "clock_rate" | "internal_probability" | "broadcast_share" => {
                (value.is_number() || value.is_null(), "a number")
            }
            "recipients" | "peers" => (value.is_array() || value.is_null(), ADDRESSES),
            _ => continue,
        };
        if !good && must.is_empty() {
            return not_whole(name, value);
        }
        if !good {
            return format!("{name} is {value}: it must be {must}");
        }
    }
    let why = error.to_string();
    let why = why.split(" at line ").next().unwrap_or_default();
    format!(
        "{why} at column {}: addresses are [\"host\", port], numbers are not quoted",
        error.column()
    )
}

/// What to say of a value that is no id, clock or count.
pub(crate) fn not_whole(name: &str, value: impl std::fmt::Display) -> String {
    format!("{name} is {value}: it must be a whole number from 0 to {MAX_CLOCK}")
}

const ADDRESSES: &str = "a list of addresses [\"host\", port]";
const EXAMPLE: &str =
    r#"{"event": "INTERNAL", "system_time": 1.0, "machine_id": 1, "old_clock": 0, "new_clock": 1}"#;

fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push_str("...");
    }
    format!("{short:?}")
}
