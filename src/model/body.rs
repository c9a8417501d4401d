//! What messages of machines with an algorithm say beside their timestamps.

mod json;

use std::sync::Arc;

use crate::model::message::Message;

/// A value as JSON, its text as it was when the message was sent; `None` stands for null.
///
/// All messages of a SEND share one text.
pub type Body = Option<Arc<str>>;

/// A message that may say something.
pub type Letter = Message<Body>;

/// The most bytes of a body.
pub const MAX_BODY: usize = 65_536;

/// How many lists and objects of a body may be within each other.
pub const MAX_BODY_DEPTH: usize = 100;

/// The bytes of a body; null has none.
pub fn length(body: &Body) -> usize {
    body.as_deref().map_or(0, str::len)
}

/// Reads a body that another program wrote: JSON on one line, of which Python makes the values that it says.
///
/// It stays as it is written; says what is wrong with it.
pub fn parse(text: &[u8]) -> Result<Body, String> {
    if text.len() > MAX_BODY {
        return Err(format!(
            "it has {} bytes, and a body at most {MAX_BODY}",
            text.len()
        ));
    }
    let text = std::str::from_utf8(text).map_err(|_| "it is not UTF-8".to_owned())?;
    json::check(text, MAX_BODY_DEPTH)?;
    Ok((text != "null").then(|| text.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    /// Any value that a body may be.
    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 30, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec((".{0,4}", inner), 0..5)
                    .prop_map(|pairs| pairs.into_iter().collect()),
            ]
        })
    }

    fn nested(depth: usize) -> String {
        "[".repeat(depth) + &"]".repeat(depth)
    }

    #[test]
    fn what_is_no_body_is_refused() {
        let deep = nested(MAX_BODY_DEPTH + 1);
        let long = format!("\"{}\"", "x".repeat(MAX_BODY - 1));
        for (bad, why) in [
            ("", "it ends after 0 bytes, within a value"),
            ("[1, 2", "it ends after 5 bytes, within a value"),
            ("NaN", "byte 0"),
            ("-Infinity", "byte 1"),
            ("1e999", "the number at byte 0 is too large for a float"),
            ("[-1.5e+309]", "the number at byte 1"),
            ("01", "byte 1"),
            ("1.", "within a value"),
            ("{1: 2}", "byte 1"),
            ("{\"a\" 1}", "byte 5"),
            ("[1,]", "byte 3"),
            ("'a'", "byte 0"),
            ("\"a\nb\"", "byte 2 is a control character"),
            ("[1,\t2]", "byte 3 is a control character"),
            ("\"\u{1}\"", "byte 1 is a control character"),
            ("\"\u{7f}\"", "byte 1 is a control character"),
            ("\"\\ud800\"", "half of a pair of surrogates"),
            ("\"\\ud800\\u0041\"", "half of a pair of surrogates"),
            ("\"\\udc00\"", "half of a pair of surrogates"),
            ("\"\\x41\"", "byte 2"),
            ("\"\\u00g0\"", "byte 5"),
            (" 1", "byte 0"),
            ("1 ", "byte 1"),
            ("1 2", "byte 1"),
            (&deep, "more than 100 lists and objects within each other"),
            (&long, "it has 65537 bytes, and a body at most 65536"),
        ] {
            let error = parse(bad.as_bytes()).unwrap_err();
            assert!(error.contains(why), "{bad:.50}: {error}");
        }
        assert_eq!(parse(b"\"\xff\""), Err("it is not UTF-8".to_owned()));
    }

    #[test]
    fn what_other_programs_write_stays_as_it_is() {
        for good in [
            "{\"a\":1,\"b\":[true,false,null,-0,1.5e-3,1E5]}",
            "{ \"a\" : [ 1 , 2 ] }",
            "\"Größe \u{1F600} \\ud83d\\ude00 \\u00e9\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
            "[]",
            "{}",
            "1e308",
            &"9".repeat(5000),
            &nested(MAX_BODY_DEPTH),
        ] {
            assert_eq!(parse(good.as_bytes()).unwrap().as_deref(), Some(good));
        }
        assert_eq!(parse(b"null"), Ok(None));
    }

    proptest! {
        #[test]
        fn every_value_is_a_body(value in value()) {
            let text = value.to_string();
            // Of control characters JSON needs no escape for this one.
            let is_plain = !text.chars().any(char::is_control);
            prop_assert_eq!(parse(text.as_bytes()).is_ok(), is_plain);
        }

        /// What is taken is JSON, whatever it was before.
        #[test]
        fn what_is_taken_is_json(value in value(), place: prop::sample::Index, byte: u8) {
            let mut text = value.to_string().into_bytes();
            let place = place.index(text.len());
            text[place] = byte;
            if let Ok(body) = parse(&text) {
                let read: Result<Value, _> = serde_json::from_slice(&text);
                prop_assert!(read.is_ok(), "{body:?}");
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..60), text in "[\\[\\]{}\",:0-9eE+.\\\\u-]{0,40}") {
            let _ = parse(&bytes);
            let _ = parse(text.as_bytes());
        }
    }
}
