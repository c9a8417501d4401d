//! Dates and times of day as texts write them, in whole nanoseconds since 1970.

use crate::error::{Error, Result};
use crate::log::import::number::fraction;

/// Nanoseconds of a second.
pub(super) const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400;

/// When something was, and how it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WrittenDate {
    /// Nanoseconds since 1970, in UTC.
    pub(crate) nanos: i64,
    /// How many decimals the seconds had.
    pub(crate) decimals: u32,
    /// Whether the zone was written too.
    pub(crate) has_zone: bool,
    /// Whether the date was.
    pub(crate) has_date: bool,
}

/// A date and a time of day, field by field.
#[derive(Debug, Clone, Copy)]
struct DateFields {
    year: i64,
    month: i64,
    day: i64,
    /// In place of month and day.
    day_of_year: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanos: i64,
    decimals: u32,
    /// Seconds that the zone is ahead of UTC.
    zone: Option<i64>,
    is_afternoon: Option<bool>,
    has_date: bool,
    /// In place of all of it: seconds since 1970.
    epoch: Option<i64>,
}

impl Default for DateFields {
    fn default() -> Self {
        Self {
            year: 1970,
            month: 1,
            day: 1,
            day_of_year: None,
            hour: 0,
            minute: 0,
            second: 0,
            nanos: 0,
            decimals: 0,
            zone: None,
            is_afternoon: None,
            has_date: false,
            epoch: None,
        }
    }
}

/// Days from 1970 to this date, by the calendar of today.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years that begin in March have their leap day at the end.
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    365 * year + leaps + day_of_year - 719_468
}

fn days_of_month(year: i64, month: i64) -> i64 {
    let (next_year, next) = if month == 12 {
        (year + 1, 1)
    } else {
        (year, month + 1)
    };
    days(next_year, next, 1) - days(year, month, 1)
}

impl DateFields {
    /// The time, if there is such a one.
    fn written(self) -> Option<WrittenDate> {
        let hour = match self.is_afternoon {
            None => self.hour,
            Some(_) if !(1..=12).contains(&self.hour) => return None,
            Some(is_afternoon) => self.hour % 12 + if is_afternoon { 12 } else { 0 },
        };
        let is_time = (0..24).contains(&hour) && (0..60).contains(&self.minute);
        let is_month = (1..=12).contains(&self.month) && (0..=9999).contains(&self.year);
        if !is_time || !(0..=60).contains(&self.second) || !is_month {
            return None;
        }
        let date = match self.day_of_year {
            Some(day) => {
                let last = days(self.year + 1, 1, 1) - days(self.year, 1, 1);
                (1..=last)
                    .contains(&day)
                    .then(|| days(self.year, 1, 1) + day - 1)?
            }
            None if !(1..=days_of_month(self.year, self.month)).contains(&self.day) => return None,
            None => days(self.year, self.month, self.day),
        };
        let seconds = date * DAY + hour * 3600 + self.minute * 60 + self.second;
        let seconds = self.epoch.unwrap_or(seconds - self.zone.unwrap_or(0));
        Some(WrittenDate {
            nanos: seconds.checked_mul(SECOND)?.checked_add(self.nanos)?,
            decimals: self.decimals,
            has_zone: self.zone.is_some() || self.epoch.is_some(),
            has_date: self.has_date,
        })
    }
}

/// What is left of a text.
struct DateText<'a>(&'a [u8]);

impl DateText<'_> {
    /// From `least` to `most` digits.
    fn number(&mut self, least: usize, most: usize) -> Option<i64> {
        let mut value = 0;
        let mut count = 0;
        while count < most
            && let Some(digit) = self.0.get(count).map(|byte| byte.wrapping_sub(b'0'))
            && digit < 10
        {
            value = 10 * value + i64::from(digit);
            count += 1;
        }
        (count >= least).then(|| {
            self.0 = &self.0[count..];
            value
        })
    }

    /// One of these bytes.
    fn one(&mut self, of: &[u8]) -> Option<u8> {
        let first = *self.0.first().filter(|first| of.contains(first))?;
        self.0 = &self.0[1..];
        Some(first)
    }

    /// All digits there are, as decimals: nanoseconds, and how many digits.
    fn decimals(&mut self) -> Option<(i64, u32)> {
        let count = self
            .0
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let (digits, rest) = self.0.split_at(count);
        self.0 = rest;
        // A ninth decimal that rounds up must not become another second.
        let nanos = fraction(&digits[..count.min(9)], 9);
        (count > 0).then_some((nanos, count.min(9) as u32))
    }

    /// `Z`, `UTC`, `GMT`, `+02:00`, `+0200` or `+02`, in seconds.
    fn zone(&mut self) -> Option<i64> {
        for name in ["UTC", "GMT", "Z", "z"] {
            if let Some(rest) = self.0.strip_prefix(name.as_bytes()) {
                self.0 = rest;
                return Some(0);
            }
        }
        let sign = if self.one(b"+-")? == b'-' { -1 } else { 1 };
        let hours = self.number(2, 2)?;
        let has_colon = self.one(b":").is_some();
        let minutes = match self.number(2, 2) {
            Some(minutes) => minutes,
            None if has_colon => return None,
            None => 0,
        };
        let seconds = if has_colon && self.one(b":").is_some() {
            self.number(2, 2)?
        } else {
            0
        };
        (hours < 24 && minutes < 60 && seconds < 60)
            .then_some(sign * (hours * 3600 + minutes * 60 + seconds))
    }

    /// One of these words in any case, at least its first three letters: which of them.
    fn word(&mut self, words: &[&str]) -> Option<usize> {
        let starts = |word: &str| {
            let head = self.0.get(..word.len());
            head.is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()))
        };
        let whole = words.iter().position(|word| starts(word));
        let (place, length) = match whole {
            Some(place) => (place, words[place].len()),
            None => (words.iter().position(|word| starts(&word[..3]))?, 3),
        };
        self.0 = &self.0[length..];
        Some(place)
    }

    fn skip_blanks(&mut self) {
        self.0 = self.0.trim_ascii_start();
    }
}

/// A date and time as ISO 8601 has it; a blank for the T, a slash for the dash and a comma for the point are taken too.
///
/// The date may lack, and so may the seconds, the decimals and the zone.
pub(crate) fn iso(text: &str) -> Option<WrittenDate> {
    let mut rest = DateText(text.as_bytes());
    let mut fields = DateFields::default();
    if rest.0.get(2) != Some(&b':') {
        fields.has_date = true;
        fields.year = rest.number(4, 4)?;
        let between = rest.one(b"-/")?;
        fields.month = rest.number(2, 2)?;
        rest.one(&[between])?;
        fields.day = rest.number(2, 2)?;
        if rest.0.is_empty() {
            return fields.written();
        }
        rest.one(b"Tt _")?;
    }
    fields.hour = rest.number(2, 2)?;
    rest.one(b":")?;
    fields.minute = rest.number(2, 2)?;
    if rest.one(b":").is_some() {
        fields.second = rest.number(2, 2)?;
        if rest.one(b".,").is_some() {
            (fields.nanos, fields.decimals) = rest.decimals()?;
        }
    }
    if !rest.0.is_empty() {
        rest.skip_blanks();
        fields.zone = Some(rest.zone()?);
    }
    if rest.0.is_empty() {
        fields.written()
    } else {
        None
    }
}

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
    use super::*;
    use proptest::prelude::*;

    fn nanos(text: &str) -> Option<i64> {
        iso(text).map(|written| written.nanos)
    }

    const MORNING: i64 = 1_741_130_946 * SECOND;

    #[test]
    fn iso_8601_is_read_in_its_usual_forms() {
        let same = [
            "2025-03-04T23:29:06Z",
            "2025-03-04 23:29:06",
            "2025-03-04 23:29:06 UTC",
            "2025/03/04 23:29:06",
            "2025-03-05T01:29:06+02:00",
            "2025-03-05T01:29:06 +0200",
            "2025-03-04T18:29:06.000-05",
            "2025-03-04_23:29:06,000",
        ];
        for text in same {
            assert_eq!(nanos(text), Some(MORNING), "{text}");
        }
        let comma = iso("2025-03-04 23:29:06,959").unwrap();
        assert_eq!((comma.nanos - MORNING, comma.decimals), (959_000_000, 3));
        assert!(!comma.has_zone && comma.has_date);
        assert_eq!(
            nanos("2025-03-04T23:29:06.1234567891"),
            Some(MORNING + 123_456_789)
        );
        assert_eq!(nanos("2025-03-04"), Some(MORNING - 84_546 * SECOND));
        assert_eq!(nanos("23:29:06.5"), Some((84_546 * SECOND) + SECOND / 2));
        assert!(!iso("23:29").unwrap().has_date);
        let strange = [
            "",
            "2025",
            "2025-3-4",
            "2025-02-29",
            "2025-13-01",
            "2025-03-04T24:00",
            "2025-03-04T23:29:61",
            "2025-03-04T23:29:06.",
            "2025-03-04T23:29:06+2",
            "2025-03-04T23:29:06 CET",
            "2025-03/04",
            "x2025-03-04",
            "2025-03-04T",
            "2025-03-04T23:29:06+24:00",
            "2025-03-04T23:29:06Zx",
        ];
        for text in strange {
            assert_eq!(nanos(text), None, "{text}");
        }
    }

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
        fn days_follow_each_other(start in 0_i64..3_000_000) {
            let of = |day: i64| {
                let year = (1..=9999).rev().find(|&year| days(year, 1, 1) <= day).unwrap();
                let month = (1..=12).rev().find(|&month| days(year, month, 1) <= day).unwrap();
                (year, month, day - days(year, month, 1) + 1)
            };
            let day = start - 719_162;
            let (year, month, date) = of(day);
            prop_assert_eq!(days(year, month, date), day);
            prop_assert!(date <= days_of_month(year, month));
            let text = format!("{year:04}-{month:02}-{date:02}");
            prop_assert_eq!(iso(&text).map(|written| written.nanos / SECOND / DAY), (day * DAY).checked_mul(SECOND).map(|_| day));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,30}|[0-9:TZ+., /-]{0,30}", format in "(%[a-zA-Z%]|\\PC){0,8}") {
            iso(&text);
            if let Ok(format) = TimeFormat::new(&format) {
                format.read(&text);
            }
        }
    }
}
