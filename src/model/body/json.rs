//! Whether a text is one JSON value that Python and every log can hold.

type Checked = Result<(), String>;

/// Where it is in a text.
struct Checker<'a> {
    text: &'a [u8],
    at: usize,
    /// How many lists and objects may be within each other.
    deepest: usize,
}

/// Says what is wrong with a text that is no such value, or has more lists and objects within each other than these.
pub(super) fn check(text: &str, deepest: usize) -> Checked {
    if let Some((at, _)) = text.char_indices().find(|(_, letter)| letter.is_control()) {
        return Err(format!("byte {at} is a control character"));
    }
    let mut checker = Checker {
        text: text.as_bytes(),
        at: 0,
        deepest,
    };
    checker.value(0)?;
    if checker.at < text.len() {
        return Err(checker.unexpected());
    }
    Ok(())
}

impl Checker<'_> {
    fn unexpected(&self) -> String {
        if self.at < self.text.len() {
            format!("byte {} is not what JSON has there", self.at)
        } else {
            format!("it ends after {} bytes, within a value", self.at)
        }
    }

    fn next(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Whether this comes next, and then it is behind.
    fn skip(&mut self, byte: u8) -> bool {
        let is_next = self.next() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, byte: u8) -> Checked {
        if self.skip(byte) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    fn spaces(&mut self) {
        while self.skip(b' ') {}
    }

    fn value(&mut self, depth: usize) -> Checked {
        match self.next() {
            Some(b'"') => self.string(),
            Some(b'[') => self.many(depth, b']', Self::value),
            Some(b'{') => self.many(depth, b'}', |checker, depth| {
                checker.string()?;
                checker.spaces();
                checker.expect(b':')?;
                checker.spaces();
                checker.value(depth)
            }),
            Some(b't') => self.word(b"true"),
            Some(b'f') => self.word(b"false"),
            Some(b'n') => self.word(b"null"),
            _ => self.number(),
        }
    }

    fn word(&mut self, word: &[u8]) -> Checked {
        word.iter().try_for_each(|&byte| self.expect(byte))
    }

    /// What is between brackets.
    fn many(
        &mut self,
        depth: usize,
        end: u8,
        mut item: impl FnMut(&mut Self, usize) -> Checked,
    ) -> Checked {
        if depth == self.deepest {
            return Err(format!(
                "it has more than {} lists and objects within each other",
                self.deepest
            ));
        }
        self.at += 1;
        self.spaces();
        if self.skip(end) {
            return Ok(());
        }
        loop {
            item(self, depth + 1)?;
            self.spaces();
            if self.skip(end) {
                return Ok(());
            }
            self.expect(b',')?;
            self.spaces();
        }
    }

    fn string(&mut self) -> Checked {
        self.expect(b'"')?;
        loop {
            match self.next() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                Some(_) => self.at += 1,
                None => return Err(self.unexpected()),
            }
        }
    }

    fn escape(&mut self) -> Checked {
        let start = self.at;
        self.at += 1;
        match self.next() {
            Some(b'u') => {}
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 1;
                return Ok(());
            }
            _ => return Err(self.unexpected()),
        }
        let is_pair = match self.unit()? {
            0xd800..0xdc00 => self.skip(b'\\') && (0xdc00..0xe000).contains(&self.unit()?),
            unit => !(0xdc00..0xe000).contains(&unit),
        };
        if is_pair {
            return Ok(());
        }
        Err(format!(
            "the escape at byte {start} is half of a pair of surrogates"
        ))
    }

    /// A code unit, from its `u` on.
    fn unit(&mut self) -> Result<u32, String> {
        self.expect(b'u')?;
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.next().and_then(|byte| char::from(byte).to_digit(16));
            let Some(digit) = digit else {
                return Err(self.unexpected());
            };
            unit = unit * 16 + digit;
            self.at += 1;
        }
        Ok(unit)
    }

    fn number(&mut self) -> Checked {
        let start = self.at;
        self.skip(b'-');
        if !self.skip(b'0') {
            self.digits()?;
        }
        let mut is_whole = true;
        if self.skip(b'.') {
            is_whole = false;
            self.digits()?;
        }
        if self.skip(b'e') || self.skip(b'E') {
            is_whole = false;
            let _ = self.skip(b'+') || self.skip(b'-');
            self.digits()?;
        }
        let text = std::str::from_utf8(&self.text[start..self.at]);
        let value: Option<f64> = text.ok().and_then(|text| text.parse().ok());
        if !is_whole && !value.is_some_and(f64::is_finite) {
            return Err(format!(
                "the number at byte {start} is too large for a float"
            ));
        }
        Ok(())
    }

    fn digits(&mut self) -> Checked {
        let start = self.at;
        while self.next().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.unexpected());
        }
        Ok(())
    }
}
