//! Vector clocks as texts write them: `{"a": 1, "b": 2}`, and what programs print in its place.

use super::number::whole;

/// Whether a text is meant for a vector, and not for a number.
#[inline]
pub(super) fn is_vector(text: &str) -> bool {
    matches!(text.as_bytes().first(), Some(b'{' | b'[' | b'<' | b'(')) || text.starts_with("map[")
}

/// Reads a vector; `each` gets the machine of each entry and its count, a list's machines being `None`.
///
/// Quotes may be single, double or lack; `:`, `=` or `=>` stands between, a comma, a semicolon or a blank behind.
pub(crate) fn read(
    text: &str,
    each: &mut dyn FnMut(Option<&str>, i64),
) -> Result<(), &'static str> {
    let text = text.trim();
    let inner = text.strip_prefix("map").unwrap_or(text);
    let is_map = inner.len() < text.len();
    let open = inner.as_bytes().first().copied().unwrap_or(0);
    let close = match open {
        b'{' => '}',
        b'[' => ']',
        b'<' => '>',
        b'(' => ')',
        // Counts alone, as in 1,0,2.
        b'0'..=b'9' if !is_map => return bare(text, each),
        _ => return Err("it must be one as {\"a\": 1, \"b\": 2} or [1, 2]"),
    };
    let Some(inner) = inner[1..].strip_suffix(close) else {
        return Err("its end is missing");
    };
    let mut rest = inner.trim();
    if rest.starts_with("\\\"") {
        // It stood in a text with quotes of its own.
        return read(&text.replace("\\\"", "\""), each);
    }
    // TLA+ has two marks: <<1, 0, 2>>.
    if open == b'<' && rest.starts_with('<') {
        rest = rest[1..]
            .strip_suffix('>')
            .ok_or("its end is missing")?
            .trim();
    }
    let mut is_list = None;
    while !rest.is_empty() {
        if is_list != Some(true)
            && let Some((name, count, after)) = plain_entry(rest)
        {
            is_list = Some(false);
            each(Some(name), count);
            rest = after;
            continue;
        }
        let (name, after) = entry_name(rest)?;
        let (count, after) = match after {
            Some(after) => {
                let end = after
                    .find(|letter: char| !letter.is_ascii_digit())
                    .unwrap_or(after.len());
                (&after[..end], &after[end..])
            }
            None if rest.starts_with(['"', '\'']) => return Err("an entry has no count"),
            None => (name, &rest[name.len()..]),
        };
        let named = (after.len() + count.len() < rest.len()).then_some(name);
        if *is_list.get_or_insert(named.is_none()) != named.is_none() || is_map && named.is_none() {
            return Err("some of its entries have names and some have none");
        }
        let count = whole(count).map_err(|_| "its counts must be whole numbers from 0 up")?;
        match named {
            Some(name) if name.contains('\\') => {
                let written: Result<String, _> = serde_json::from_str(&format!("\"{name}\""));
                each(
                    Some(&written.map_err(|_| "the name of a machine cannot be read")?),
                    count,
                );
            }
            named => each(named, count),
        }
        rest = after.trim_start();
        if let Some(after) = rest.strip_prefix([',', ';']) {
            rest = after.trim_start();
            if rest.is_empty() {
                break;
            }
        } else if rest.len() == after.len() && !rest.is_empty() {
            return Err("a comma is missing between its entries");
        }
    }
    Ok(())
}

/// Reads counts between which nothing but a comma, a semicolon or a blank stands.
fn bare(text: &str, each: &mut dyn FnMut(Option<&str>, i64)) -> Result<(), &'static str> {
    let marks = |letter: char| matches!(letter, ',' | ';') || letter.is_whitespace();
    let mut counts = 0;
    for count in text.split(marks).filter(|count| !count.is_empty()) {
        each(
            None,
            whole(count).map_err(|_| "its counts must be whole numbers from 0 up")?,
        );
        counts += 1;
    }
    // A number is no vector.
    if counts > 1 {
        Ok(())
    } else {
        Err("it must be one as {\"a\": 1, \"b\": 2} or [1, 2]")
    }
}

/// An entry as JSON has it, `"a": 1`, with the comma behind it: its name, its count and the rest.
#[inline]
fn plain_entry(text: &str) -> Option<(&str, i64, &str)> {
    let bytes = text.as_bytes();
    if bytes[0] != b'"' {
        return None;
    }
    let mut place = 1;
    while *bytes.get(place)? != b'"' {
        if bytes[place] == b'\\' {
            return None;
        }
        place += 1;
    }
    let name = &text[1..place];
    place += 1;
    if *bytes.get(place)? != b':' {
        return None;
    }
    place += 1;
    while *bytes.get(place)? == b' ' {
        place += 1;
    }
    let (start, mut count) = (place, 0);
    while let Some(digit) = bytes.get(place).map(|byte| byte.wrapping_sub(b'0'))
        && digit < 10
    {
        count = 10 * count + i64::from(digit);
        place += 1;
        if place - start > 17 {
            return None;
        }
    }
    if place == start {
        return None;
    }
    match bytes.get(place) {
        None => {}
        Some(b',') => {
            place += 1;
            while bytes.get(place) == Some(&b' ') {
                place += 1;
            }
        }
        Some(_) => return None,
    }
    Some((name, count, &text[place..]))
}

/// Where a quote is closed; one behind a backslash does not close it.
fn closing(text: &str, quote: u8) -> Option<usize> {
    let mut is_escaped = false;
    text.bytes().position(|byte| {
        let closes = byte == quote && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        closes
    })
}

/// The name in front, and what follows what stands between it and its count; `None` if it is a count itself.
fn entry_name(rest: &str) -> Result<(&str, Option<&str>), &'static str> {
    let quote = rest.as_bytes()[0];
    let (name, after) = if quote == b'"' || quote == b'\'' {
        let end = closing(&rest[1..], quote).ok_or("a quote is not closed")?;
        (&rest[1..=end], &rest[end + 2..])
    } else {
        let end = rest
            .find([':', '=', ',', ';', ' ', '\t'])
            .unwrap_or(rest.len());
        (&rest[..end], &rest[end..])
    };
    let between = after.trim_start();
    let after = ["=>", ":", "="]
        .iter()
        .find_map(|mark| between.strip_prefix(mark));
    Ok((name, after.map(str::trim_start)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Entries = Vec<(Option<String>, i64)>;

    fn entries(text: &str) -> Result<Entries, &'static str> {
        let mut found = Vec::new();
        read(text, &mut |name, count| {
            found.push((name.map(str::to_owned), count));
        })?;
        Ok(found)
    }

    #[test]
    fn vectors_are_read_in_their_usual_forms() {
        let expected: Entries = vec![(Some("node 3".into()), 1), (Some("b".into()), 20)];
        let same = [
            r#"{"node 3": 1, "b": 20}"#,
            r#"{"node 3":1,"b":20}"#,
            "{'node 3': 1, 'b': 20}",
            r#"{"node 3"=1, b=20}"#,
            r#"{"node 3" => 1; b => 20}"#,
            r#"map["node 3":1 b:20]"#,
            r#"{\"node 3\":1,\"b\":20}"#,
            r#" { "node 3" : 1 , "b" : 20 , } "#,
            r#"<"node 3": 1, b: 20>"#,
        ];
        for text in same {
            assert_eq!(entries(text).as_ref(), Ok(&expected), "{text}");
        }
        assert_eq!(entries("{}"), Ok(vec![]));
        for text in [
            "[1, 0, 2]",
            "(1,0,2)",
            "<1 0 2>",
            "<<1, 0, 2>>",
            "1,0,2",
            "1 0 2",
            "1; 0; 2",
        ] {
            assert_eq!(
                entries(text),
                Ok(vec![(None, 1), (None, 0), (None, 2)]),
                "{text}"
            );
        }
        let wrong = [
            "",
            "x",
            "1",
            "1, x",
            "1, -1",
            "<<1, 2>",
            "{",
            "{\"a\": 1",
            "{\"a\": }",
            "{\"a\": -1}",
            "{\"a: 1}",
            "{\"a\": 1 2}",
            "{\"a\": 1.5}",
            "[1, a: 2]",
            "{\"a\": 1\"b\": 2}",
            "{\"a\": 99999999999999999999}",
            "{,}",
            "map[1 2]",
            "{\"a\\x\": 1}",
        ];
        for text in wrong {
            assert!(entries(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn json_mappings_are_read_as_they_are(map in proptest::collection::btree_map("\\PC{0,6}|[\"\\\\\n]{0,3}", 0..i64::MAX, 0..5)) {
            let text = serde_json::to_string(&map).unwrap();
            let found = entries(&text).unwrap();
            let expected: Entries = map.iter().map(|(name, &count)| (Some(name.clone()), count)).collect();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,20}|[\\[{(<][\"':=>, 0-9a-zä\\\\]{0,12}[\\]})>]") {
            let _ = entries(&text);
        }
    }
}
