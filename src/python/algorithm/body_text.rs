//! A value of Python as the JSON text that a message says.

use std::fmt::Write;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

use super::big_whole::decimal;
use crate::error::{clipped, shortened};
use crate::model::body::{MAX_BODY, MAX_BODY_DEPTH};

/// What is not as a body must be, and where.
struct Wrong(Box<WrongValue>);

struct WrongValue {
    is_type: bool,
    /// From the innermost place out.
    place: Vec<String>,
    what: String,
}

type Written = Result<(), Wrong>;

/// A list or dict that is being written, and those that it is in.
struct Within<'a> {
    object: usize,
    depth: usize,
    outer: Option<&'a Within<'a>>,
}

struct BodyWriter<'a> {
    text: &'a mut String,
    start: usize,
}

/// Adds the JSON of a value to a text: as `json.dumps` writes it, of what JSON can say exactly.
///
/// `name` is what the value is called in errors.
pub(super) fn write_body(value: &Bound<'_, PyAny>, name: &str, text: &mut String) -> PyResult<()> {
    let start = text.len();
    let mut writer = BodyWriter { text, start };
    writer.value(value, None).map_err(|Wrong(wrong)| {
        text.truncate(start);
        let place: String = wrong.place.iter().rev().map(String::as_str).collect();
        let what = format!("{name}{} {}", shortened(&place, 100), wrong.what);
        if wrong.is_type {
            PyTypeError::new_err(what)
        } else {
            PyValueError::new_err(what)
        }
    })
}

/// Adds the JSON of a text.
pub(super) fn write_string(string: &str, text: &mut String) {
    text.push('"');
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    // All of them are looked at, many at a time.
    if string.bytes().fold(true, |all, byte| all & is_plain(byte)) {
        text.push_str(string);
    } else {
        string.chars().for_each(|letter| escape(letter, text));
    }
    text.push('"');
}

fn escape(letter: char, text: &mut String) {
    let short = match letter {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\u{8}' => "\\b",
        '\u{c}' => "\\f",
        ' '..='~' => return text.push(letter),
        other => {
            for unit in other.encode_utf16(&mut [0; 2]) {
                write!(text, "\\u{unit:04x}").expect("a text takes what is written");
            }
            return;
        }
    };
    text.push_str(short);
}

/// What is in the middle between two texts of 16 or 17 digits has 18 itself, and so no smaller part.
const PARTS: f64 = (1 << 25) as f64;

/// Adds Python's own text of a finite number: the shortest that is read as the same; of two, the one that
/// ends with an even digit.
fn write_float(number: f64, text: &mut String) {
    let start = text.len();
    let takes = "a text takes what is written";
    write!(text, "{number:e}").expect(takes);
    let place = |text: &String| text[start..].find('e').map_or(text.len(), |at| start + at);
    let mantissa = &text[start..place(text)];
    if mantissa.len() > 16 && (number * PARTS).fract() == 0.0 {
        let digits = mantissa.bytes().filter(u8::is_ascii_digit).count();
        let even = format!("{number:.*e}", digits - 1);
        if even.parse() == Ok(number) {
            text.replace_range(start.., &even);
        }
    }
    let exponent = text.split_off(place(text));
    let exponent: i32 = exponent[1..].parse().expect("Rust writes a number");
    let first = start + usize::from(number.is_sign_negative());
    if !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        write!(text, "e{sign}{:02}", exponent.abs()).expect(takes);
        return;
    }
    if text.len() > first + 1 {
        text.remove(first + 1);
    }
    if exponent < 0 {
        let zeros = "0.000";
        text.insert_str(first, &zeros[..=exponent.unsigned_abs() as usize]);
        return;
    }
    let point = first + 1 + exponent as usize;
    while text.len() <= point {
        text.push('0');
    }
    text.insert(point, '.');
}

impl Wrong {
    fn value(what: impl Into<String>) -> Self {
        Self(Box::new(WrongValue {
            is_type: false,
            place: Vec::new(),
            what: what.into(),
        }))
    }

    fn kind(what: impl Into<String>) -> Self {
        let mut wrong = Self::value(what);
        wrong.0.is_type = true;
        wrong
    }

    fn at(mut self, place: impl FnOnce() -> String) -> Self {
        self.0.place.push(place());
        self
    }
}

/// A value as an error shows it.
fn shown(value: &Bound<'_, PyAny>) -> String {
    value
        .repr()
        .map_or_else(|_| "it".into(), |repr| clipped(&repr.to_string_lossy()))
}

fn class_of(value: &Bound<'_, PyAny>) -> String {
    let name = value.get_type().fully_qualified_name();
    name.map_or_else(
        |_| "object".into(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// Why a value that is of no class of bodies is none.
#[cold]
fn foreign(value: &Bound<'_, PyAny>) -> Wrong {
    let base = [
        (value.is_instance_of::<PyInt>(), "int"),
        (value.is_instance_of::<PyFloat>(), "float"),
        (value.is_instance_of::<PyString>(), "str"),
        (value.is_instance_of::<PyDict>(), "dict"),
        (
            value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>(),
            "list",
        ),
    ];
    let remedy = base.iter().find(|(is_one, _)| *is_one).map_or_else(
        || {
            "only None, bool, int, float, str, list, tuple and dict with keys of str arrive as they were"
                .to_owned()
        },
        |(_, base)| format!("it would arrive as {base}: give {base}(...)"),
    );
    Wrong::kind(format!(
        "is {} of class {}: {remedy}",
        shown(value),
        class_of(value)
    ))
}

#[cold]
fn too_long(bytes: usize) -> Wrong {
    Wrong::value(format!(
        "is where its JSON becomes longer than {MAX_BODY} bytes, the most there may be: up to there it has {bytes}"
    ))
}

impl BodyWriter<'_> {
    fn value(&mut self, value: &Bound<'_, PyAny>, within: Option<&Within<'_>>) -> Written {
        if let Ok(string) = value.cast_exact::<PyString>() {
            self.string(string)?;
        } else if let Ok(number) = value.cast_exact::<PyInt>() {
            self.whole(number)?;
        } else if let Ok(dict) = value.cast_exact::<PyDict>() {
            self.dict(dict, &enter(value, within)?)?;
        } else if let Ok(list) = value.cast_exact::<PyList>() {
            self.list(list.iter(), &enter(value, within)?)?;
        } else if value.is_none() {
            self.text.push_str("null");
        } else if let Ok(truth) = value.cast_exact::<PyBool>() {
            self.text
                .push_str(if truth.is_true() { "true" } else { "false" });
        } else if let Ok(number) = value.cast_exact::<PyFloat>() {
            let number = number.value();
            if !number.is_finite() {
                return Err(Wrong::value(format!(
                    "is {}: JSON has finite numbers only",
                    shown(value)
                )));
            }
            write_float(number, self.text);
        } else if let Ok(tuple) = value.cast_exact::<PyTuple>() {
            self.list(tuple.iter(), &enter(value, within)?)?;
        } else {
            return Err(foreign(value));
        }
        let bytes = self.text.len() - self.start;
        if bytes > MAX_BODY {
            return Err(too_long(bytes));
        }
        Ok(())
    }

    fn string(&mut self, string: &Bound<'_, PyString>) -> Written {
        let Ok(string) = string.to_str() else {
            return Err(Wrong::value(format!(
                "is {}: a surrogate without its other half is no text",
                shown(string)
            )));
        };
        if string.len() > MAX_BODY {
            return Err(too_long(self.text.len() - self.start + string.len()));
        }
        write_string(string, self.text);
        Ok(())
    }

    fn whole(&mut self, number: &Bound<'_, PyInt>) -> Written {
        if let Ok(number) = number.extract::<i64>() {
            self.text.push_str(itoa::Buffer::new().format(number));
            return Ok(());
        }
        let digits = number.call_method1("__format__", ("x",));
        let digits = digits.and_then(|digits| digits.extract::<String>());
        let digits = digits.map_err(|error| Wrong::value(error.to_string()))?;
        // A hexadecimal digit is more than a decimal one.
        if digits.len() > MAX_BODY {
            return Err(too_long(self.text.len() - self.start + digits.len()));
        }
        self.text
            .push_str(&decimal(&digits).expect("Python writes a number"));
        Ok(())
    }

    fn list<'py>(
        &mut self,
        items: impl Iterator<Item = Bound<'py, PyAny>>,
        within: &Within<'_>,
    ) -> Written {
        self.text.push('[');
        for (place, item) in items.enumerate() {
            if place > 0 {
                self.text.push_str(", ");
            }
            self.value(&item, Some(within))
                .map_err(|wrong| wrong.at(|| format!("[{place}]")))?;
        }
        self.text.push(']');
        Ok(())
    }

    fn dict(&mut self, dict: &Bound<'_, PyDict>, within: &Within<'_>) -> Written {
        self.text.push('{');
        let mut is_first = true;
        for (key, item) in dict.iter() {
            if !std::mem::take(&mut is_first) {
                self.text.push_str(", ");
            }
            let Ok(name) = key.cast_exact::<PyString>() else {
                return Err(Wrong::kind(format!(
                    "has the key {} of class {}: the keys of a body are str",
                    shown(&key),
                    class_of(&key)
                )));
            };
            let place = || format!("[{}]", shown(name).replace('\'', "\""));
            self.string(name).map_err(|wrong| wrong.at(place))?;
            self.text.push_str(": ");
            self.value(&item, Some(within))
                .map_err(|wrong| wrong.at(place))?;
        }
        self.text.push('}');
        Ok(())
    }
}

/// One level further in.
fn enter<'a>(value: &Bound<'_, PyAny>, outer: Option<&'a Within<'a>>) -> Result<Within<'a>, Wrong> {
    let within = Within {
        object: value.as_ptr() as usize,
        depth: outer.map_or(1, |outer| outer.depth + 1),
        outer,
    };
    if within.depth <= MAX_BODY_DEPTH {
        return Ok(within);
    }
    let outside = std::iter::successors(within.outer, |within| within.outer);
    let objects: Vec<usize> = outside.map(|outer| outer.object).collect();
    Err(if objects.contains(&within.object) {
        Wrong::value("contains itself: JSON has no end then")
    } else {
        Wrong::value(format!(
            "is deeper than {MAX_BODY_DEPTH} lists and dicts in each other"
        ))
    })
}
