//! One line of JSON, read key by key without a tree in between.

use std::borrow::Cow;

use serde_json::Value;

use super::fields::Field;
use super::row_writer::{Flaw, RowWriter, ValueForm};

/// Values inside of values, at most; as `serde_json` has it.
const DEEPEST: usize = 126;

/// What a key is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum KeyUse {
    Field(Field),
    /// The keys of the object behind it.
    Object(Keys),
}

/// The keys of an object, in the order in which they usually come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Keys(pub(super) Vec<(String, KeyUse)>);

impl Keys {
    /// The key at `place` if it is this one, else where it is.
    #[inline]
    fn find(&self, key: &str, place: usize) -> Option<usize> {
        if self.0.get(place).is_some_and(|(known, _)| known == key) {
            return Some(place);
        }
        self.0.iter().position(|(known, _)| known == key)
    }
}

/// A value as it stands: its text, without the quotes of a string.
enum Raw<'t> {
    Nothing,
    Value(Cow<'t, str>, ValueForm),
}

/// It is no JSON, or not an object; what is wrong is found out only then.
struct Broken;

/// Reads a line into the row that was begun; `unknown` gets the keys that are not among these.
pub(super) fn read(
    line: &str,
    keys: &Keys,
    writer: &mut RowWriter<'_>,
    unknown: &mut dyn FnMut(&str),
) -> Result<(), Flaw> {
    let mut cursor = Cursor {
        text: line,
        place: 0,
        writer,
        unknown,
        flaw: None,
    };
    cursor.skip_blanks();
    let read = cursor.object(keys, 0).and_then(|()| {
        cursor.skip_blanks();
        if cursor.place == line.len() {
            Ok(())
        } else {
            Err(Broken)
        }
    });
    let flaw = cursor.flaw.take();
    match (read, flaw) {
        (Ok(()), None) => Ok(()),
        (Ok(()), Some(flaw)) => Err(flaw),
        (Err(Broken), _) => Err(writer.flaw(explained(line))),
    }
}

/// Why a line is no object of JSON.
pub(super) fn explained(line: &str) -> String {
    if !line.trim_start().starts_with('{') {
        let shown = super::row_writer::shown(line.trim());
        return format!("{shown} is no JSON object: a line has one, as {{\"machine\": 1, ...}}");
    }
    match serde_json::from_str::<Value>(line) {
        Err(error) => format!(
            "no JSON, from column {} on: {}",
            error.column(),
            cause(&error)
        ),
        Ok(_) => "the line cannot be read".to_owned(),
    }
}

/// What is wrong, without the place.
fn cause(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let end = text.find(" at line ").unwrap_or(text.len());
    text[..end].to_owned()
}

struct Cursor<'t, 'w, 'r> {
    text: &'t str,
    place: usize,
    writer: &'w mut RowWriter<'r>,
    unknown: &'w mut dyn FnMut(&str),
    /// The first value that is not what its field takes.
    flaw: Option<Flaw>,
}

impl<'t> Cursor<'t, '_, '_> {
    #[inline]
    fn byte(&self) -> u8 {
        self.text.as_bytes().get(self.place).copied().unwrap_or(0)
    }

    #[inline]
    fn skip_blanks(&mut self) {
        while matches!(self.byte(), b' ' | b'\t' | b'\r' | b'\n') {
            self.place += 1;
        }
    }

    #[inline]
    fn expect(&mut self, byte: u8) -> Result<(), Broken> {
        if self.byte() == byte && self.place < self.text.len() {
            self.place += 1;
            Ok(())
        } else {
            Err(Broken)
        }
    }

    /// An object whose keys are for something.
    fn object(&mut self, keys: &Keys, depth: usize) -> Result<(), Broken> {
        self.expect(b'{')?;
        self.skip_blanks();
        if self.byte() == b'}' {
            self.place += 1;
            return Ok(());
        }
        let mut next = 0;
        let mut seen: u64 = 0;
        loop {
            let key = self.string()?;
            self.skip_blanks();
            self.expect(b':')?;
            self.skip_blanks();
            let found = keys.find(&key, next);
            if let Some(place) = found {
                next = place + 1;
                let bit = 1_u64.checked_shl(place as u32).unwrap_or(0);
                if seen & bit != 0 && self.flaw.is_none() {
                    self.flaw = Some(self.writer.flaw(format!("the key {key:?} is there twice")));
                }
                seen |= bit;
            } else {
                (self.unknown)(&key);
            }
            match found.map(|place| &keys.0[place].1) {
                Some(KeyUse::Object(inner)) if self.byte() == b'{' => {
                    if depth >= DEEPEST {
                        return Err(Broken);
                    }
                    self.object(inner, depth + 1)?;
                }
                Some(&KeyUse::Field(field)) if field != Field::Ignored => {
                    if let Raw::Value(text, form) = self.value(depth + 1)?
                        && self.flaw.is_none()
                        && let Err(flaw) = self.writer.set(field, &text, form)
                    {
                        self.flaw = Some(flaw);
                    }
                }
                _ => {
                    self.value(depth + 1)?;
                }
            }
            self.skip_blanks();
            match self.byte() {
                b',' => self.place += 1,
                b'}' => {
                    self.place += 1;
                    return Ok(());
                }
                _ => return Err(Broken),
            }
            self.skip_blanks();
        }
    }

    /// Any value, checked to be JSON.
    #[inline]
    fn value(&mut self, depth: usize) -> Result<Raw<'t>, Broken> {
        let start = self.place;
        match self.byte() {
            b'"' => Ok(Raw::Value(self.string()?, ValueForm::Text)),
            b'-' | b'0'..=b'9' => {
                self.number()?;
                Ok(Raw::Value(
                    self.text[start..self.place].into(),
                    ValueForm::Number,
                ))
            }
            b'{' | b'[' => {
                self.nested(depth)?;
                Ok(Raw::Value(
                    self.text[start..self.place].into(),
                    ValueForm::Nested,
                ))
            }
            b'n' => self.word("null").map(|_| Raw::Nothing),
            b't' => Ok(Raw::Value(self.word("true")?.into(), ValueForm::Text)),
            b'f' => Ok(Raw::Value(self.word("false")?.into(), ValueForm::Text)),
            _ => Err(Broken),
        }
    }

    fn word(&mut self, word: &'static str) -> Result<&'static str, Broken> {
        if self.text[self.place..].starts_with(word) {
            self.place += word.len();
            Ok(word)
        } else {
            Err(Broken)
        }
    }

    fn nested(&mut self, depth: usize) -> Result<(), Broken> {
        if depth > DEEPEST {
            return Err(Broken);
        }
        let is_object = self.byte() == b'{';
        let close = if is_object { b'}' } else { b']' };
        self.place += 1;
        self.skip_blanks();
        if self.byte() == close {
            self.place += 1;
            return Ok(());
        }
        loop {
            if is_object {
                self.string()?;
                self.skip_blanks();
                self.expect(b':')?;
                self.skip_blanks();
            }
            self.value(depth + 1)?;
            self.skip_blanks();
            match self.byte() {
                b',' => self.place += 1,
                byte if byte == close => {
                    self.place += 1;
                    return Ok(());
                }
                _ => return Err(Broken),
            }
            self.skip_blanks();
        }
    }

    /// A string without its quotes.
    #[inline]
    fn string(&mut self) -> Result<Cow<'t, str>, Broken> {
        let text = self.text;
        self.expect(b'"')?;
        let start = self.place;
        let bytes = text.as_bytes();
        let mut has_escape = false;
        loop {
            match bytes.get(self.place) {
                Some(b'"') => break,
                Some(b'\\') => {
                    has_escape = true;
                    self.place += 2;
                }
                Some(0..0x20) | None => return Err(Broken),
                Some(_) => self.place += 1,
            }
        }
        self.place += 1;
        if has_escape {
            let quoted = text.get(start - 1..self.place).ok_or(Broken)?;
            return serde_json::from_str(quoted)
                .map(Cow::Owned)
                .map_err(|_| Broken);
        }
        Ok(Cow::Borrowed(&text[start..self.place - 1]))
    }

    #[inline]
    fn number(&mut self) -> Result<(), Broken> {
        if self.byte() == b'-' {
            self.place += 1;
        }
        let start = self.place;
        if self.digits() == 0 || self.text.as_bytes()[start] == b'0' && self.place > start + 1 {
            return Err(Broken);
        }
        if self.byte() == b'.' {
            self.place += 1;
            if self.digits() == 0 {
                return Err(Broken);
            }
        }
        if matches!(self.byte(), b'e' | b'E') {
            self.place += 1;
            if matches!(self.byte(), b'+' | b'-') {
                self.place += 1;
            }
            if self.digits() == 0 {
                return Err(Broken);
            }
        }
        Ok(())
    }

    #[inline]
    fn digits(&mut self) -> usize {
        let start = self.place;
        while self.byte().is_ascii_digit() {
            self.place += 1;
        }
        self.place - start
    }
}

/// The keys of a line and, where `inner` names them, of the objects in it, in their order: `a`, `b.c`.
pub(super) fn keys_of(line: &str, inner: &dyn Fn(&str) -> bool) -> Vec<String> {
    fn collect(
        prefix: &str,
        object: &serde_json::Map<String, serde_json::Value>,
        inner: &dyn Fn(&str) -> bool,
        found: &mut Vec<String>,
    ) {
        for (key, value) in object {
            let path = format!("{prefix}{key}");
            match value {
                serde_json::Value::Object(object) if inner(&path) => {
                    collect(&format!("{path}."), object, inner, found);
                }
                _ => found.push(path),
            }
        }
    }
    let mut found = Vec::new();
    if let Ok(serde_json::Value::Object(object)) = serde_json::from_str(line) {
        collect("", &object, inner, &mut found);
        // A map has its keys sorted; they are wanted as they stand.
        found.sort_by_key(|path| {
            let last = path.rsplit('.').next().unwrap_or(path);
            line.find(&format!("\"{last}\"")).unwrap_or(line.len())
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::import::row_writer::ValueReaders;
    use proptest::prelude::*;

    fn is_read(line: &str) -> bool {
        let readers = ValueReaders::default();
        let mut writer = RowWriter::new(&readers, None);
        writer.begin(1);
        read(line, &Keys::default(), &mut writer, &mut |_| ()).is_ok()
    }

    /// What another reader says; nothing if it stops at a number beyond those of floats, which is JSON too.
    fn is_object(line: &str) -> Option<bool> {
        let read = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(line);
        match read {
            Ok(_) => Some(true),
            Err(error) if error.to_string().contains("out of range") => None,
            Err(_) => Some(false),
        }
    }

    fn is_alike(line: &str) -> bool {
        is_object(line).is_none_or(|is_object| is_object == is_read(line))
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            "\\PC{0,5}|[\"\\\\\n\t]{0,3}".prop_map(Into::into),
        ];
        leaf.prop_recursive(3, 12, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                prop::collection::btree_map("\\PC{0,3}", inner, 0..4)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_json_is_read(value in json(), cut in any::<prop::sample::Index>(), put in "[\"{}\\[\\],:0-9a-z. \\\\-]") {
            let line = format!("{{\"x\": {value}}}");
            prop_assert!(is_read(&line), "{}", line);
            // With one letter less, one changed or one more, both say the same.
            let letters: Vec<char> = line.chars().collect();
            let place = cut.index(letters.len());
            for (skip, insert) in [(1, ""), (1, put.as_str()), (0, put.as_str())] {
                let rest = letters[place + skip..].iter().collect::<String>();
                let line = letters[..place].iter().collect::<String>() + insert + &rest;
                prop_assert!(is_alike(&line), "{}", line);
            }
        }

        #[test]
        fn any_text_is_judged_alike(line in "[\"{}\\[\\],:0-9eE.ntrufalse \\\\-]{0,14}|\\PC{0,10}") {
            for line in [line.clone(), format!("{{\"x\":{line}}}")] {
                prop_assert!(is_alike(&line), "{}", line);
            }
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested =
            |depth: usize| format!("{{\"x\": {}{}}}", "[".repeat(depth), "]".repeat(depth));
        for depth in [1, 125, 126, 127, 128, 100_000] {
            assert!(is_alike(&nested(depth)), "{depth}");
        }
    }

    #[test]
    fn keys_are_found_in_their_order() {
        let line = r#"{"z": 1, "a": {"d": 2, "c": 3}, "b": {}}"#;
        assert_eq!(keys_of(line, &|path| path == "a"), ["z", "a.d", "a.c", "b"]);
        assert!(keys_of("[1]", &|_| true).is_empty());
    }
}
