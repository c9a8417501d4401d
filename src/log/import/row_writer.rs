//! The events of a stretch of a file, value by value, before names are those of the whole run.

use super::fields::Field;
use super::intern::{Interner, NOTHING};
use super::number::{Unfit, whole};
use super::vector_text;
use super::when::{Instant, TimeKind, TimeReader};
use super::words::{Meaning, Words};
use crate::log::schema::{COLUMNS, UNKNOWN};
use crate::log::texts::Texts;
use crate::model::clock::MAX_CLOCK;

/// Stands for a time that is not there.
pub(super) const NEVER: i64 = i64::MIN;

/// What is known of values before they are read.
#[derive(Debug, Default)]
pub(super) struct ValueReaders {
    pub(super) words: Words,
    pub(super) times: TimeReader,
    /// The names of the columns that mean nothing to us.
    pub(super) extra: Vec<String>,
    /// Whether damaged rows are left aside.
    pub(super) skips: bool,
}

/// How a value was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueForm {
    /// As a text.
    Text,
    /// As a number.
    Number,
    /// As a list or a mapping.
    Nested,
}

/// What is wrong with a row.
#[derive(Debug, Clone)]
pub(super) struct Flaw {
    pub(super) line: u32,
    pub(super) why: String,
    /// Whether it is no damage of this row: leaving it aside would not help.
    pub(super) is_general: bool,
}

/// A row while it is read.
#[derive(Debug, Clone, Copy)]
struct Cells {
    machine: u32,
    event: u32,
    time: i64,
    system_time: i64,
    arrived: i64,
    clock: i64,
    old_clock: i64,
    sender: u32,
    sent_clock: i64,
    recipients: u32,
    queue_len: i64,
    message: u32,
    flags: u32,
}

const BLANK: Cells = Cells {
    machine: NOTHING,
    event: NOTHING,
    time: NEVER,
    system_time: NEVER,
    arrived: NEVER,
    clock: UNKNOWN,
    old_clock: UNKNOWN,
    sender: NOTHING,
    sent_clock: UNKNOWN,
    recipients: NOTHING,
    queue_len: UNKNOWN,
    message: NOTHING,
    flags: 0,
};

macro_rules! cell_columns {
    ($($name:ident: $type:ty = $blank:expr,)*) => {
        /// A column for each cell; one that no row has a value for is empty.
        #[derive(Debug, Default)]
        pub(super) struct CellColumns { $(pub(super) $name: Vec<$type>,)* }

        impl CellColumns {
            #[inline]
            fn push(&mut self, rows: usize, cells: &Cells) {
                $(if cells.$name != $blank || !self.$name.is_empty() {
                    if self.$name.len() < rows {
                        self.$name.resize(rows, $blank);
                    }
                    self.$name.push(cells.$name);
                })*
            }

            /// Appends the first `rows` rows of another behind `before`, with its numbers of texts as they are here.
            pub(super) fn append(&mut self, before: usize, other: &Self, rows: std::ops::Range<usize>) {
                $(if !other.$name.is_empty() || !self.$name.is_empty() {
                    self.$name.resize(before, $blank);
                    let there = rows.start.min(other.$name.len())..rows.end.min(other.$name.len());
                    self.$name.extend_from_slice(&other.$name[there]);
                    self.$name.resize(before + rows.len(), $blank);
                })*
            }
        }
    };
}

cell_columns! {
    machine: u32 = NOTHING,
    event: u32 = NOTHING,
    time: i64 = NEVER,
    system_time: i64 = NEVER,
    arrived: i64 = NEVER,
    clock: i64 = UNKNOWN,
    old_clock: i64 = UNKNOWN,
    sender: u32 = NOTHING,
    sent_clock: i64 = UNKNOWN,
    recipients: u32 = NOTHING,
    queue_len: i64 = UNKNOWN,
    message: u32 = NOTHING,
    flags: u32 = 0,
}

/// What is known of the times of many rows.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Clockwork {
    /// The most decimals of a second.
    pub(super) decimals: u32,
    /// The first lines with each kind of time, by the number of the kind.
    pub(super) first: [Option<u32>; 4],
}

/// The events of a stretch of a file.
#[derive(Debug, Default)]
pub(super) struct StretchRows {
    pub(super) line: Vec<u32>,
    pub(super) cells: CellColumns,
    /// Where the vector of each row ends; empty if no row has one.
    pub(super) vector_ends: Vec<usize>,
    /// The machines of vectors, [`NOTHING`] in lists.
    pub(super) vector_machines: Vec<u32>,
    pub(super) vector_counts: Vec<i64>,
    pub(super) extra: Vec<Texts>,
    pub(super) names: Interner,
    /// Of each name, the lines where it was first written as a text and as a number; `None` if it can be no name.
    pub(super) spelled: Vec<Option<[Option<u32>; 2]>>,
    pub(super) words: Interner,
    pub(super) meanings: Vec<Option<Meaning>>,
    /// Texts that name recipients.
    pub(super) lists: Interner,
    pub(super) messages: Interner,
    pub(super) times: Clockwork,
    /// Rows left aside, as their words say.
    pub(super) aside: u64,
    /// Rows that cannot be read, where these are skipped.
    pub(super) gaps: Vec<Flaw>,
}

/// Fills in rows.
pub(super) struct RowWriter<'r> {
    pub(super) rows: StretchRows,
    reading: &'r ValueReaders,
    /// The machine whose file it is.
    owner: Option<&'r str>,
    cells: Cells,
    /// The row that is read, and where its vector begins.
    line: u32,
    vector: usize,
    extra: Vec<(usize, usize)>,
    extra_text: String,
}

impl<'r> RowWriter<'r> {
    pub(super) fn new(reading: &'r ValueReaders, owner: Option<&'r str>) -> Self {
        let rows = StretchRows {
            extra: vec![Texts::default(); reading.extra.len()],
            ..StretchRows::default()
        };
        Self {
            rows,
            reading,
            owner,
            cells: BLANK,
            line: 0,
            vector: 0,
            extra: vec![(0, 0); reading.extra.len()],
            extra_text: String::new(),
        }
    }

    /// Begins a row.
    #[inline]
    pub(super) fn begin(&mut self, line: u32) {
        self.line = line;
        self.cells = BLANK;
        self.vector = self.rows.vector_machines.len();
        if !self.extra.is_empty() {
            self.extra.fill((0, 0));
            self.extra_text.clear();
        }
    }

    /// The word that says what the row is, [`NOTHING`] so far.
    pub(super) fn word(&self) -> u32 {
        self.cells.event
    }

    /// What is wrong with the row that is read.
    pub(super) fn flaw(&self, why: impl Into<String>) -> Flaw {
        Flaw {
            line: self.line,
            why: why.into(),
            is_general: false,
        }
    }

    /// Sets a value of the row; a blank one is none.
    #[inline]
    pub(super) fn set(&mut self, field: Field, text: &str, written: ValueForm) -> Result<(), Flaw> {
        let text = text.trim_ascii();
        if text.is_empty() {
            return Ok(());
        }
        match field {
            Field::Machine => self.cells.machine = self.name(text, written)?,
            Field::Event => {
                let place = self.rows.words.place(text);
                if place as usize == self.rows.meanings.len() {
                    self.rows.meanings.push(self.reading.words.meaning(text));
                }
                self.cells.event = place;
            }
            Field::Time => self.cells.time = self.time("time", text)?,
            Field::SystemTime => self.cells.system_time = self.time("system_time", text)?,
            Field::Arrived if !is_missing(text) => {
                self.cells.arrived = self.time("arrived", text)?;
            }
            Field::Clock if vector_text::is_vector(text) => self.vector(text)?,
            Field::Clock => self.cells.clock = self.number("clock", text)?,
            Field::OldClock => self.cells.old_clock = self.number("old_clock", text)?,
            Field::Vector => self.vector(text)?,
            Field::Sender if !is_missing(text) => self.cells.sender = self.name(text, written)?,
            Field::SentClock => self.cells.sent_clock = self.number("sent_clock", text)?,
            Field::Recipients if !is_missing(text) => {
                self.cells.recipients = self.rows.lists.place(text);
            }
            Field::QueueLen => self.cells.queue_len = self.number("queue_len", text)?,
            Field::Message if !is_missing(text) => {
                self.cells.message = self.rows.messages.place(text);
            }
            Field::Flag(place) => {
                if !is_missing(text) && self.flag(COLUMNS[place].name, text)? {
                    self.cells.flags |= 1 << place;
                }
            }
            Field::Extra(place) => {
                let start = self.extra_text.len();
                self.extra_text.push_str(text);
                self.extra[place] = (start, self.extra_text.len());
            }
            Field::Arrived
            | Field::Sender
            | Field::Recipients
            | Field::Message
            | Field::Ignored => {}
        }
        Ok(())
    }

    fn name(&mut self, text: &str, written: ValueForm) -> Result<u32, Flaw> {
        if written == ValueForm::Nested {
            return Err(self.flaw(format!(
                "the name of a machine is {}: it must be a text or a number",
                shown(text)
            )));
        }
        let place = self.rows.names.place(text);
        if place as usize == self.rows.spelled.len() {
            self.rows.spelled.push(spelling(text));
        }
        let Some(spelled) = &mut self.rows.spelled[place as usize] else {
            return Err(self.flaw(format!(
                "the name of a machine is {}: a name has no control characters",
                shown(text)
            )));
        };
        spelled[usize::from(written == ValueForm::Number)].get_or_insert(self.line);
        Ok(place)
    }

    fn time(&mut self, name: &str, text: &str) -> Result<i64, Flaw> {
        let Instant {
            nanos,
            decimals,
            kind,
        } = match self.reading.times.read(text) {
            Ok(instant) => instant,
            Err((why, is_general)) => {
                return Err(Flaw {
                    is_general,
                    ..self.flaw(format!("{name} {why}"))
                });
            }
        };
        self.rows.times.decimals = self.rows.times.decimals.max(decimals);
        let kind = match kind {
            TimeKind::Number => 0,
            TimeKind::Date => 1,
            TimeKind::Local => 2,
            TimeKind::Daytime => 3,
        };
        self.rows.times.first[kind].get_or_insert(self.line);
        Ok(nanos)
    }

    #[inline]
    fn number(&self, name: &str, text: &str) -> Result<i64, Flaw> {
        match whole(text) {
            Ok(number) if number <= MAX_CLOCK as i64 => Ok(number),
            Err(Unfit::Strange) if is_missing(text) => Ok(UNKNOWN),
            _ => Err(self.flaw(format!(
                "{name} is {}: it must be a whole number from 0 to {MAX_CLOCK}",
                shown(text)
            ))),
        }
    }

    fn flag(&self, name: &str, text: &str) -> Result<bool, Flaw> {
        match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => Ok(true),
            "false" | "0" | "no" => Ok(false),
            _ => Err(self.flaw(format!(
                "{name} is {}: it must be true or false",
                shown(text)
            ))),
        }
    }

    fn vector(&mut self, text: &str) -> Result<(), Flaw> {
        let rows = &mut self.rows;
        let mut has_control = false;
        let read = vector_text::read(text, &mut |name, count| {
            let place = match name {
                None => NOTHING,
                Some(name) => {
                    let place = rows.names.place(name);
                    if place as usize == rows.spelled.len() {
                        // Keys are always texts: they do not tell how the name is written elsewhere.
                        rows.spelled.push(spelling(name));
                    }
                    has_control |= rows.spelled[place as usize].is_none();
                    place
                }
            };
            rows.vector_machines.push(place);
            rows.vector_counts.push(count);
        });
        if has_control {
            return Err(self.flaw(format!(
                "the vector clock {} names a machine with control characters",
                shown(text)
            )));
        }
        let own = &self.rows.vector_counts[self.vector..];
        let large = own.iter().find(|&&count| count > MAX_CLOCK as i64);
        if let Some(count) = large {
            return Err(self.flaw(format!(
                "the vector clock has {count}: the most is {MAX_CLOCK}"
            )));
        }
        read.map_err(|why| self.flaw(format!("the vector clock is {}: {why}", shown(text))))
    }

    /// Ends the row; its number, unless its word says that it is none.
    #[inline]
    pub(super) fn end(&mut self) -> Result<bool, Flaw> {
        let has_vector = self.rows.vector_machines.len() > self.vector;
        if self.cells.event == NOTHING {
            if !has_vector {
                return Err(
                    self.flaw("it does not say what the event is: give it a group or key event")
                );
            }
        } else if self.rows.meanings[self.cells.event as usize] == Some(Meaning::Aside) {
            self.rows.aside += 1;
            self.rows.vector_machines.truncate(self.vector);
            self.rows.vector_counts.truncate(self.vector);
            return Ok(false);
        }
        if self.cells.machine == NOTHING {
            let Some(owner) = self.owner else {
                return Err(self.flaw(
                    "it does not say which machine it is of, nor does the name of the file: \
                     give a group or key machine, or file_pattern",
                ));
            };
            self.cells.machine = self.name(owner, ValueForm::Text)?;
        }
        let rows = self.rows.line.len();
        self.rows.cells.push(rows, &self.cells);
        if has_vector || !self.rows.vector_ends.is_empty() {
            self.rows.vector_ends.resize(rows, self.vector);
            self.rows.vector_ends.push(self.rows.vector_machines.len());
        }
        for (texts, &(start, end)) in self.rows.extra.iter_mut().zip(&self.extra) {
            texts.push(&self.extra_text[start..end]);
        }
        self.rows.line.push(self.line);
        Ok(true)
    }

    /// Takes back what a row that turned out to be damaged has left; true if reading goes on.
    pub(super) fn skip(&mut self, flaw: Flaw) -> Result<(), Flaw> {
        self.rows.vector_machines.truncate(self.vector);
        self.rows.vector_counts.truncate(self.vector);
        if !self.reading.skips || flaw.is_general {
            return Err(flaw);
        }
        self.rows.gaps.push(flaw);
        Ok(())
    }
}

/// Whether a value is what tables write where there is nothing.
#[inline]
fn is_missing(text: &str) -> bool {
    matches!(
        text,
        "-" | "null" | "None" | "none" | "nan" | "NaN" | "NA" | "nil" | "<NA>"
    )
}

/// A value as a message shows it.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 80;
    if text.chars().count() <= MOST {
        return format!("{text:?}");
    }
    let head: String = text.chars().take(MOST).collect();
    format!("{head:?}…")
}

/// Where a name that is new is written as a text and as a number: nowhere yet; `None` if it can be no name.
fn spelling(name: &str) -> Option<[Option<u32>; 2]> {
    (!name.chars().any(char::is_control)).then_some([None; 2])
}
