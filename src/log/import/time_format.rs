//! How texts write times, by the directives of `strptime`.

use super::date_text::DateText;
use super::dates::{DateFields, WrittenDate};
use crate::error::{Error, Result};

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const WEEKDAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];
/// Directives that stand for several.
const SHORT: [(u8, &str); 4] = [
    (b'T', "%H:%M:%S"),
    (b'R', "%H:%M"),
    (b'F', "%Y-%m-%d"),
    (b'D', "%m/%d/%y"),
];
const DIRECTIVES: &[u8] = b"YymdHIMSfpjbBhaAzZs";

/// How times are written, by the directives of `strptime`.
#[derive(Debug, Clone)]
pub(crate) struct TimeFormat(Vec<FormatPiece>);

/// A piece of a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FormatPiece {
    /// A directive, by its letter.
    Directive(u8),
    /// A byte that stands there.
    Byte(u8),
    /// Blanks, if any.
    Blanks,
}

impl TimeFormat {
    /// Reads a format.
    pub(crate) fn new(format: &str) -> Result<Self> {
        let refused = |why: String| {
            Error::invalid(format!(
                "time_format {format:?}: {why}; it is one as in datetime.strptime, such as '%d/%m/%Y %H:%M:%S,%f'"
            ))
        };
        let mut pieces = Vec::new();
        let mut letters = format.bytes();
        while let Some(letter) = letters.next() {
            pieces.push(match letter {
                b'%' => match letters.next() {
                    Some(b'%') => FormatPiece::Byte(b'%'),
                    Some(letter) if SHORT.iter().any(|&(short, _)| short == letter) => {
                        let long = SHORT.iter().find(|&&(short, _)| short == letter);
                        pieces.extend(Self::new(long.map_or("", |&(_, long)| long))?.0);
                        continue;
                    }
                    Some(letter) if DIRECTIVES.contains(&letter) => FormatPiece::Directive(letter),
                    Some(b'-') => {
                        return Err(refused(
                            "there is no %- here: %d takes one digit too".into(),
                        ));
                    }
                    Some(letter) => {
                        let letter = char::from(letter);
                        return Err(refused(format!("%{letter} is not known")));
                    }
                    None => return Err(refused("it ends in %".into())),
                },
                letter if letter.is_ascii_whitespace() => FormatPiece::Blanks,
                letter => FormatPiece::Byte(letter),
            });
        }
        if !pieces
            .iter()
            .any(|piece| matches!(piece, FormatPiece::Directive(_)))
        {
            return Err(refused("it has no directive".into()));
        }
        Ok(Self(pieces))
    }

    /// The time that a text states, if it is of this form.
    pub(crate) fn read(&self, text: &str) -> Option<WrittenDate> {
        let mut rest = DateText(text.as_bytes());
        let mut fields = DateFields::default();
        for &piece in &self.0 {
            match piece {
                FormatPiece::Byte(byte) => {
                    rest.one(&[byte])?;
                }
                FormatPiece::Blanks => rest.skip_blanks(),
                FormatPiece::Directive(letter) => fields.set(letter, &mut rest)?,
            }
        }
        if rest.0.is_empty() {
            fields.written()
        } else {
            None
        }
    }
}

impl DateFields {
    /// Takes what a directive stands for.
    fn set(&mut self, letter: u8, rest: &mut DateText<'_>) -> Option<()> {
        self.has_date |= b"Yymdjbh B".contains(&letter);
        match letter {
            b'Y' => self.year = rest.number(4, 4)?,
            b'y' => {
                let year = rest.number(2, 2)?;
                self.year = year + if year < 69 { 2000 } else { 1900 };
            }
            b'm' => self.month = rest.number(1, 2)?,
            b'd' => {
                rest.skip_blanks();
                self.day = rest.number(1, 2)?;
            }
            b'H' | b'I' => {
                rest.skip_blanks();
                self.hour = rest.number(1, 2)?;
            }
            b'M' => self.minute = rest.number(1, 2)?,
            b'S' => self.second = rest.number(1, 2)?,
            b'f' => (self.nanos, self.decimals) = rest.decimals()?,
            b'p' => {
                self.is_afternoon = Some(rest.one(b"aApP")?.eq_ignore_ascii_case(&b'p'))
                    .filter(|_| rest.one(b"mM").is_some());
            }
            b'j' => self.day_of_year = Some(rest.number(1, 3)?),
            b'b' | b'B' | b'h' => self.month = rest.word(&MONTHS)? as i64 + 1,
            b'a' | b'A' => {
                rest.word(&WEEKDAYS)?;
            }
            b'z' | b'Z' => self.zone = Some(rest.zone()?),
            _ => self.epoch = Some(rest.number(1, 10)?),
        }
        (letter != b'p' || self.is_afternoon.is_some()).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::dates::SECOND;
    use super::*;
    use proptest::prelude::*;

    const MORNING: i64 = 1_741_130_946 * SECOND;

    #[test]
    fn formats_are_those_of_strptime() {
        let read = |format: &str, text: &str| {
            TimeFormat::new(format)
                .unwrap()
                .read(text)
                .map(|written| written.nanos)
        };
        let same = [
            ("%d/%m/%Y %H:%M:%S", "04/03/2025 23:29:06"),
            ("%Y%m%d%H%M%S", "20250304232906"),
            ("%b %d %Y %I:%M:%S %p", "Mar  4 2025 11:29:06 PM"),
            ("%A, %d %B %Y %T", "Tuesday, 04 March 2025 23:29:06"),
            ("%y-%j %T%z", "25-063 23:29:06+0000"),
            ("%s", "1741130946"),
            ("[%F %T]", "[2025-03-04 23:29:06]"),
            ("%a %h %d %H:%M:%S %Z %Y", "Tue Mar 4 23:29:06 UTC 2025"),
        ];
        for (format, text) in same {
            assert_eq!(read(format, text), Some(MORNING), "{format}");
        }
        assert_eq!(read("%T,%f", "00:00:01,25"), Some(SECOND + SECOND / 4));
        assert_eq!(read("100%% %S", "100% 07"), Some(7 * SECOND));
        assert_eq!(read("%I %p", "12 AM"), Some(0));
        for (format, text) in [
            ("%H", "24"),
            ("%I %p", "13 PM"),
            ("%d", "0"),
            ("%H", "7x"),
            ("%p", "am"),
            ("%j", "367"),
        ] {
            assert_eq!(read(format, text), None, "{format} {text}");
        }
        for (format, why) in [
            ("%Q", "%Q is not known"),
            ("%", "ends in %"),
            ("abc", "no directive"),
            ("%-d", "no %-"),
        ] {
            let error = TimeFormat::new(format).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,30}|[0-9:TZ+., /-]{0,30}", format in "(%[a-zA-Z%]|\\PC){0,8}") {
            if let Ok(format) = TimeFormat::new(&format) {
                format.read(&text);
            }
        }
    }
}
