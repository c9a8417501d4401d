//! Times in any of their forms, in whole nanoseconds.

use super::dates::{SECOND, WrittenDate, iso};
use super::number::{Unfit, scaled};
use super::time_format::TimeFormat;
use crate::error::{Error, Result};

/// Units of numbers that are times, with the decimals of a second that each has.
const UNITS: [(&str, u32); 4] = [("s", 0), ("ms", 3), ("us", 6), ("ns", 9)];
/// Numbers from here on are no seconds: the year 2262, where nanoseconds end.
const FARTHEST: f64 = 9.2e9;
const YEAR: f64 = 31_557_600.0;

/// A time as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Instant {
    /// Nanoseconds since 1970, or since whatever numbers count from.
    pub(super) nanos: i64,
    /// To how many decimals of a second it was told.
    pub(super) decimals: u32,
    pub(super) kind: TimeKind,
}

/// How a time was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeKind {
    Number,
    /// A date with its zone.
    Date,
    /// A date without one.
    Local,
    /// A time of day.
    Daytime,
}

/// Reads times.
#[derive(Debug, Clone, Default)]
pub struct TimeReader {
    format: Option<TimeFormat>,
    /// As it was given.
    written: String,
    unit: Option<usize>,
}

impl TimeReader {
    /// Of a format of `strptime` and a unit of numbers, where these are given.
    pub fn new(format: Option<&str>, unit: Option<&str>) -> Result<Self> {
        let unit = unit.map(|unit| {
            let place = UNITS.iter().position(|&(known, _)| known == unit);
            place.ok_or_else(|| {
                Error::invalid(format!(
                    "time_unit={unit:?} is not known: it is one of \"s\", \"ms\", \"us\", \"ns\""
                ))
            })
        });
        Ok(Self {
            format: format.map(TimeFormat::new).transpose()?,
            written: format.unwrap_or_default().to_owned(),
            unit: unit.transpose()?,
        })
    }

    /// The time in a text; else why there is none, and whether every other row will have the same fault.
    #[inline]
    pub(super) fn read(&self, text: &str) -> std::result::Result<Instant, (String, bool)> {
        if let Some(format) = &self.format {
            let written = format.read(text).ok_or_else(|| {
                (
                    format!("{text:?} is not of the time_format {:?}", self.written),
                    false,
                )
            })?;
            return Ok(Instant::dated(written));
        }
        let decimals = UNITS[self.unit.unwrap_or(0)].1;
        match scaled(text, 9 - decimals) {
            // Nobody means seconds by that.
            Ok((nanos, more))
                if self.unit.is_some() || (nanos as f64) < FARTHEST * SECOND as f64 =>
            {
                Ok(Instant {
                    nanos,
                    decimals: (decimals + more).min(9),
                    kind: TimeKind::Number,
                })
            }
            Ok(_) | Err(Unfit::Large) => Err((self.too_large(text), true)),
            Err(Unfit::Strange) => {
                let written = iso(text).ok_or_else(|| {
                    (
                        format!(
                            "{text:?} is not a time: give a number, a date as 2025-03-04 23:29:06,959, or say time_format"
                        ),
                        false,
                    )
                })?;
                Ok(Instant::dated(written))
            }
        }
    }

    fn too_large(&self, text: &str) -> String {
        let value: f64 = text.parse().unwrap_or(f64::INFINITY);
        if let Some(unit) = self.unit {
            return format!("{text} {} is beyond the year 2262", UNITS[unit].0);
        }
        let is_ours = |&&(_, decimals): &&(&str, u32)| {
            let seconds = value / 10_f64.powi(decimals as i32);
            decimals > 0 && (1e8..4e9).contains(&seconds)
        };
        let likely = UNITS.iter().find(is_ours);
        let remedy = match likely {
            Some((unit, _)) => format!("say time_unit={unit:?}, or give all times in one unit"),
            None => "say time_unit, or time_format if it is a date".to_owned(),
        };
        format!(
            "{text} would be the year {:.0} if it were seconds: {remedy}",
            1970.0 + value / YEAR
        )
    }
}

impl Instant {
    fn dated(written: WrittenDate) -> Self {
        let kind = match (written.has_date, written.has_zone) {
            (false, _) => TimeKind::Daytime,
            (true, false) => TimeKind::Local,
            (true, true) => TimeKind::Date,
        };
        Self {
            nanos: written.nanos,
            decimals: written.decimals,
            kind,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(
        format: Option<&str>,
        unit: Option<&str>,
        text: &str,
    ) -> std::result::Result<(i64, u32, TimeKind), String> {
        let reader = TimeReader::new(format, unit).unwrap();
        let read = reader.read(text).map_err(|(why, _)| why)?;
        Ok((read.nanos, read.decimals, read.kind))
    }

    #[test]
    fn numbers_have_units_and_dates_have_none() {
        let number = |nanos, decimals| Ok((nanos, decimals, TimeKind::Number));
        assert_eq!(
            read(None, None, "1741130946.5"),
            number(1_741_130_946_500_000_000, 1)
        );
        assert_eq!(
            read(None, Some("ms"), "1741130946579"),
            number(1_741_130_946_579_000_000, 3)
        );
        assert_eq!(
            read(None, Some("ns"), "1741130946579493120"),
            number(1_741_130_946_579_493_120, 9)
        );
        assert_eq!(
            read(None, None, "2025-03-04T23:29:06Z"),
            Ok((1_741_130_946_000_000_000, 0, TimeKind::Date))
        );
        assert_eq!(read(None, None, "23:29:06.5").unwrap().2, TimeKind::Daytime);
        assert_eq!(
            read(Some("%d.%m.%Y %T"), None, "04.03.2025 23:29:06")
                .unwrap()
                .2,
            TimeKind::Local
        );
        let cases = [
            (None, "1741130946579", "say time_unit=\"ms\""),
            (None, "1741130946579493", "say time_unit=\"us\""),
            (None, "1741130946579493120", "say time_unit=\"ns\""),
            (None, "20250304232906", "time_format if it is a date"),
            (None, "soon", "is not a time"),
            (Some("s"), "99999999999", "beyond the year 2262"),
        ];
        for (unit, text, why) in cases {
            let error = read(None, unit, text).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        let error = read(Some("%S"), None, "x").unwrap_err();
        assert!(error.contains("time_format \"%S\""), "{error}");
    }
}
