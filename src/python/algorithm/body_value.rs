//! The JSON text that a message says, as objects of Python.

use memchr::memchr2;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyInt, PyList, PyString};

use super::big_whole::hexadecimal;
use crate::error::clipped;
use crate::model::body::MAX_BODY_DEPTH;

/// The longest text that is kept, in bytes.
const KEPT: usize = 31;
/// How many are kept.
const PLACES: usize = 256;

/// Short texts that came before: keys, and the words by which messages tell themselves apart.
#[derive(Default)]
pub(super) struct KeptStrings {
    /// Each at the place that its bytes say; the last one stays.
    places: Vec<Option<KeptString>>,
}

struct KeptString {
    length: usize,
    bytes: [u8; KEPT],
    string: Py<PyString>,
}

impl KeptStrings {
    /// The text as a string of Python.
    pub(super) fn get<'py>(&mut self, py: Python<'py>, text: &str) -> Bound<'py, PyString> {
        let length = text.len();
        if length > KEPT {
            return PyString::new(py, text);
        }
        if self.places.is_empty() {
            self.places.resize_with(PLACES, || None);
        }
        let spread = text.bytes().fold(length as u32, |spread, byte| {
            (spread ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        });
        let place = &mut self.places[(spread ^ spread >> 15) as usize % PLACES];
        if let Some(kept) = place
            && kept.bytes[..kept.length] == *text.as_bytes()
        {
            return kept.string.bind(py).clone();
        }
        let string = PyString::new(py, text);
        let mut bytes = [0; KEPT];
        bytes[..length].copy_from_slice(text.as_bytes());
        *place = Some(KeptString {
            length,
            bytes,
            string: string.clone().unbind(),
        });
        string
    }
}

struct BodyReader<'a, 'py> {
    py: Python<'py>,
    text: &'a str,
    place: usize,
    kept: &'a mut KeptStrings,
}

/// What a text says, new objects each time but for strings.
///
/// Fails if it is not JSON, deeper than a body may be, or has a number beyond all floats.
pub(super) fn read_body<'py>(
    py: Python<'py>,
    text: &str,
    kept: &mut KeptStrings,
) -> PyResult<Bound<'py, PyAny>> {
    let mut reader = BodyReader {
        py,
        text,
        place: 0,
        kept,
    };
    let value = reader.value(0)?;
    reader.skip_space();
    if reader.place < text.len() {
        return Err(reader.wrong("nothing more"));
    }
    Ok(value)
}

impl<'py> BodyReader<'_, 'py> {
    #[cold]
    fn wrong(&self, expected: &str) -> PyErr {
        PyValueError::new_err(format!(
            "{:?} is no body: at byte {} {expected} would be right",
            clipped(self.text),
            self.place
        ))
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.place).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.place += 1;
        }
    }

    fn takes(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        self.place += usize::from(is_there);
        is_there
    }

    fn value(&mut self, depth: usize) -> PyResult<Bound<'py, PyAny>> {
        self.skip_space();
        match self.peek() {
            Some(b'"') => Ok(self.string()?.into_any()),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'{' | b'[') if depth == MAX_BODY_DEPTH => {
                Err(self.wrong("no list or dict so deep"))
            }
            Some(b'{') => Ok(self.dict(depth + 1)?.into_any()),
            Some(b'[') => Ok(self.list(depth + 1)?.into_any()),
            _ => self.word(),
        }
    }

    fn word(&mut self) -> PyResult<Bound<'py, PyAny>> {
        let rest = &self.text.as_bytes()[self.place..];
        let is_true = rest.starts_with(b"true");
        if is_true || rest.starts_with(b"false") {
            self.place += if is_true { 4 } else { 5 };
            return Ok(PyBool::new(self.py, is_true).to_owned().into_any());
        }
        if rest.starts_with(b"null") {
            self.place += 4;
            return Ok(self.py.None().into_bound(self.py));
        }
        Err(self.wrong("a value"))
    }

    fn list(&mut self, depth: usize) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(self.py);
        self.place += 1;
        self.skip_space();
        if self.takes(b']') {
            return Ok(list);
        }
        loop {
            list.append(self.value(depth)?)?;
            self.skip_space();
            if self.takes(b']') {
                return Ok(list);
            }
            if !self.takes(b',') {
                return Err(self.wrong("`,` or `]`"));
            }
        }
    }

    fn dict(&mut self, depth: usize) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(self.py);
        self.place += 1;
        self.skip_space();
        if self.takes(b'}') {
            return Ok(dict);
        }
        loop {
            self.skip_space();
            if self.peek() != Some(b'"') {
                return Err(self.wrong("a key"));
            }
            let key = self.string()?;
            self.skip_space();
            if !self.takes(b':') {
                return Err(self.wrong("`:`"));
            }
            dict.set_item(key, self.value(depth)?)?;
            self.skip_space();
            if self.takes(b'}') {
                return Ok(dict);
            }
            if !self.takes(b',') {
                return Err(self.wrong("`,` or `}`"));
            }
        }
    }

    fn string(&mut self) -> PyResult<Bound<'py, PyString>> {
        self.place += 1;
        let rest = &self.text[self.place..];
        let Some(end) = memchr2(b'"', b'\\', rest.as_bytes()) else {
            return Err(self.wrong("`\"` at the end of the text"));
        };
        let bytes = &rest.as_bytes()[..end];
        let is_plain = bytes.iter().copied().fold(u8::MAX, u8::min) >= b' ';
        if is_plain && rest.as_bytes()[end] == b'"' {
            self.place += end + 1;
            return Ok(self.kept.get(self.py, &rest[..end]));
        }
        let text = self.escaped()?;
        Ok(self.kept.get(self.py, &text))
    }

    /// The rest of a string, some letters of which are escaped.
    fn escaped(&mut self) -> PyResult<String> {
        let mut text = String::new();
        loop {
            let rest = &self.text[self.place..];
            let ends = |byte: u8| byte == b'"' || byte == b'\\' || byte < b' ';
            let plain = rest.bytes().position(ends).unwrap_or(rest.len());
            text.push_str(&rest[..plain]);
            self.place += plain;
            if self.takes(b'"') {
                return Ok(text);
            }
            if !self.takes(b'\\') {
                return Err(self.wrong("an escaped letter"));
            }
            let letter = match self.peek() {
                Some(letter @ (b'"' | b'\\' | b'/')) => char::from(letter),
                Some(b'n') => '\n',
                Some(b'r') => '\r',
                Some(b't') => '\t',
                Some(b'b') => '\u{8}',
                Some(b'f') => '\u{c}',
                Some(b'u') => {
                    text.push(self.unicode()?);
                    continue;
                }
                _ => return Err(self.wrong("an escape of JSON")),
            };
            text.push(letter);
            self.place += 1;
        }
    }

    /// What `u` and four digits say, or two of them.
    fn unicode(&mut self) -> PyResult<char> {
        let mut units = [self.unit()?, 0];
        let mut count = 1;
        if (0xd800..0xdc00).contains(&units[0]) && self.takes(b'\\') {
            units[1] = self.unit()?;
            count = 2;
        }
        let mut letters = char::decode_utf16(units[..count].iter().copied());
        match (letters.next(), letters.next()) {
            (Some(Ok(letter)), None) => Ok(letter),
            _ => Err(self.wrong("the other half of a surrogate")),
        }
    }

    fn unit(&mut self) -> PyResult<u16> {
        let digits = self.text.get(self.place + 1..self.place + 5);
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match digits.and_then(|digits| u16::from_str_radix(digits, 16).ok()) {
            Some(unit) if self.peek() == Some(b'u') => {
                self.place += 5;
                Ok(unit)
            }
            _ => Err(self.wrong("`u` and four hexadecimal digits")),
        }
    }

    fn digits(&mut self) -> PyResult<()> {
        let start = self.place;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.place += 1;
        }
        if self.place == start {
            return Err(self.wrong("a digit"));
        }
        Ok(())
    }

    fn number(&mut self) -> PyResult<Bound<'py, PyAny>> {
        let start = self.place;
        self.takes(b'-');
        if !self.takes(b'0') {
            self.digits()?;
        }
        let mut is_float = false;
        if self.takes(b'.') {
            is_float = true;
            self.digits()?;
        }
        if self.takes(b'e') || self.takes(b'E') {
            is_float = true;
            if !self.takes(b'-') {
                self.takes(b'+');
            }
            self.digits()?;
        }
        let text = &self.text[start..self.place];
        if is_float {
            let number: f64 = text.parse().map_err(|_| self.wrong("a number"))?;
            if !number.is_finite() {
                return Err(self.wrong("a number that a float can be"));
            }
            return Ok(number.into_pyobject(self.py)?.into_any());
        }
        if let Ok(number) = text.parse::<i64>() {
            return Ok(number.into_pyobject(self.py)?.into_any());
        }
        let digits = hexadecimal(text).ok_or_else(|| self.wrong("a number"))?;
        self.py.get_type::<PyInt>().call1((digits, 16))
    }
}
