//! Dates and times of day as texts write them, in whole nanoseconds since 1970.

use super::date_text::DateText;

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
pub(super) struct DateFields {
    pub(super) year: i64,
    pub(super) month: i64,
    pub(super) day: i64,
    /// In place of month and day.
    pub(super) day_of_year: Option<i64>,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    pub(super) nanos: i64,
    pub(super) decimals: u32,
    /// Seconds that the zone is ahead of UTC.
    pub(super) zone: Option<i64>,
    pub(super) is_afternoon: Option<bool>,
    pub(super) has_date: bool,
    /// In place of all of it: seconds since 1970.
    pub(super) epoch: Option<i64>,
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
    pub(super) fn written(self) -> Option<WrittenDate> {
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
        fn no_text_makes_it_panic(text in "\\PC{0,30}|[0-9:TZ+., /-]{0,30}") {
            iso(&text);
        }
    }
}
