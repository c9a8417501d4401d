//! The events of many stretches of many files, put together into one table.

use std::collections::BTreeMap;
use std::ops::Range;

use super::intern::{Interner, NOTHING};
use super::recipient_text::{Addressee, split};
use super::row_writer::{CellColumns, Clockwork, StretchRows};
use super::table::{ALL, BOTH, Lists, OTHERS, Table};
use super::words::{Meaning, Words, unknown};
use crate::error::{Error, Result};
use crate::log::bad_row::BadRow;
use crate::log::columns::{Columns, UNKNOWN};
use crate::log::import::instants;
use crate::log::origins::Origins;
use crate::log::schema::{COLUMNS, EventKind, Form, Values};
use crate::log::texts::Texts;
use crate::log::vector_column::VectorColumn;

/// The column of texts that say what happened in no words of ours.
const EVENT_TEXT: &str = "event_text";

/// Rows from everywhere, with one numbering of texts.
#[derive(Default)]
pub(super) struct Collector {
    files: Vec<String>,
    file: Vec<u32>,
    line: Vec<u32>,
    cells: CellColumns,
    vector_ends: Vec<usize>,
    vector_machines: Vec<u32>,
    vector_counts: Vec<i64>,
    extra: Vec<Texts>,
    names: Interner,
    /// Where each name was first written as a text and as a number: file and line.
    spelled: Vec<[Option<(u32, u32)>; 2]>,
    words: Interner,
    meanings: Vec<Option<Meaning>>,
    lists: Interner,
    messages: Interner,
    decimals: u32,
    /// Where each kind of time first stands: file and line.
    clocks: [Option<(u32, u32)>; 4],
    pub(super) aside: u64,
    pub(super) notes: Vec<String>,
    /// The lines that cannot be read: file, line, and what is wrong.
    bad_lines: Vec<(u32, u32, String)>,
}

/// Numbers of texts as they are in another interner.
fn renumber(
    column: &mut [u32],
    from: &Interner,
    to: &mut Interner,
    mut each: impl FnMut(u32, u32),
) {
    let mut places = vec![NOTHING; from.texts().len()];
    for place in column.iter_mut().filter(|place| **place != NOTHING) {
        let known = &mut places[*place as usize];
        if *known == NOTHING {
            *known = to.place(&from.texts()[*place as usize]);
            each(*place, *known);
        }
        *place = *known;
    }
}

impl Collector {
    /// Begins a file; what follows is of it.
    pub(super) fn begin_file(&mut self, name: &str) {
        self.files.push(name.to_owned());
    }

    /// Appends some of the rows of a stretch.
    #[expect(clippy::too_many_lines, reason = "each column once")]
    pub(super) fn append(&mut self, rows: &StretchRows, range: Range<usize>) {
        let file = self.files.len() as u32 - 1;
        let before = self.line.len();
        let StretchRows { cells, line, .. } = rows;
        self.cells.append(before, cells, range.clone());
        self.line.extend_from_slice(&line[range.clone()]);
        self.file.resize(self.line.len(), file);
        let spelled = &mut self.spelled;
        let mut spell = |from: u32, to: u32| {
            if spelled.len() <= to as usize {
                spelled.resize(to as usize + 1, [None; 2]);
            }
            for (known, line) in spelled[to as usize]
                .iter_mut()
                .zip(rows.spelled[from as usize].unwrap_or_default())
            {
                *known = known.or(line.map(|line| (file, line)));
            }
        };
        let new = |column: &Vec<u32>| before.min(column.len());
        for column in [&mut self.cells.machine, &mut self.cells.sender] {
            let start = new(column);
            renumber(
                &mut column[start..],
                &rows.names,
                &mut self.names,
                &mut spell,
            );
        }
        let start = new(&self.cells.event);
        let meanings = &mut self.meanings;
        renumber(
            &mut self.cells.event[start..],
            &rows.words,
            &mut self.words,
            |from, to| {
                if meanings.len() <= to as usize {
                    meanings.push(rows.meanings[from as usize]);
                }
            },
        );
        let start = new(&self.cells.recipients);
        renumber(
            &mut self.cells.recipients[start..],
            &rows.lists,
            &mut self.lists,
            |_, _| (),
        );
        let start = new(&self.cells.message);
        renumber(
            &mut self.cells.message[start..],
            &rows.messages,
            &mut self.messages,
            |_, _| (),
        );
        if !rows.vector_ends.is_empty() || !self.vector_ends.is_empty() {
            self.vector_ends.resize(before, self.vector_machines.len());
            let end_of = |row: usize| {
                let last = rows.vector_ends.last().copied().unwrap_or(0);
                row.checked_sub(1)
                    .map_or(0, |row| rows.vector_ends.get(row).copied().unwrap_or(last))
            };
            let (first, last) = (end_of(range.start), end_of(range.end));
            let known = self.vector_machines.len();
            self.vector_machines
                .extend_from_slice(&rows.vector_machines[first..last]);
            self.vector_counts
                .extend_from_slice(&rows.vector_counts[first..last]);
            renumber(
                &mut self.vector_machines[known..],
                &rows.names,
                &mut self.names,
                &mut spell,
            );
            self.vector_ends
                .extend(range.clone().map(|row| known + end_of(row + 1) - first));
        }
        self.extra
            .resize(rows.extra.len().max(self.extra.len()), Texts::default());
        for (texts, more) in self.extra.iter_mut().zip(&rows.extra) {
            while texts.ends.len() < before {
                texts.push("");
            }
            if range == (0..more.ends.len()) {
                let shift = texts.text.len();
                texts.text.push_str(&more.text);
                texts.ends.extend(more.ends.iter().map(|end| shift + end));
            } else {
                range.clone().for_each(|row| {
                    texts.push(if row < more.ends.len() {
                        more.of(row)
                    } else {
                        ""
                    });
                });
            }
        }
        let Clockwork { decimals, first } = rows.times;
        self.decimals = self.decimals.max(decimals);
        for (known, line) in self.clocks.iter_mut().zip(first) {
            *known = known.or(line.map(|line| (file, line)));
        }
        self.aside += rows.aside;
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.line.len()
    }

    /// Leaves a line of the file at hand aside that cannot be read.
    pub(super) fn leave(&mut self, line: u32, why: String) {
        self.bad_lines
            .push((self.files.len() as u32 - 1, line, why));
    }

    /// How many lines cannot be read.
    pub(super) fn bad_lines(&self) -> usize {
        self.bad_lines.len()
    }

    /// Notes how many that are.
    pub(super) fn note_bad_lines(&mut self) {
        if let Some((file, line, why)) = self.bad_lines.first() {
            let count = self.bad_lines.len();
            let lines = if count == 1 { "line" } else { "lines" };
            let place = self.place((*file, *line));
            let note =
                format!("{count} {lines} cannot be read and are left aside, first {place}: {why}");
            self.notes.push(note);
        }
    }

    /// Notes how many lines are none of events, as is declared.
    fn note_aside(&mut self) {
        if self.aside > 0 {
            let note = format!("{} lines are left aside, as events says", self.aside);
            self.notes.push(note);
        }
    }

    /// The lines that cannot be read, as rows of a table.
    fn bad_rows(&mut self) -> Vec<BadRow> {
        let bad_lines = std::mem::take(&mut self.bad_lines).into_iter();
        let bad_row = |(file, line, why): (u32, u32, String)| {
            let first = self.file.partition_point(|&other| other < file);
            let end = self.file.partition_point(|&other| other <= file);
            let before = self.line[first..end].partition_point(|&other| other < line);
            BadRow {
                file: self.files[file as usize].clone(),
                line,
                why,
                row: (first + before) as u32,
                rows: first as u32..end as u32,
                machine_id: 0,
            }
        };
        bad_lines.map(bad_row).collect()
    }

    fn place(&self, (file, line): (u32, u32)) -> String {
        format!("{}:{line}", self.files[file as usize])
    }

    fn error(&self, row: usize, why: impl Into<String>) -> Error {
        Error::log(
            self.files[self.file[row] as usize].clone(),
            self.line[row].into(),
            why,
        )
    }

    /// All of it as a table; `extra` are the names of the columns that mean nothing to us.
    pub(super) fn into_table(mut self, words: &Words, extra: Vec<String>) -> Result<Table> {
        let rows = self.len();
        self.note_aside();
        let bad_rows = self.bad_rows();
        self.check_names()?;
        let mut extra: Vec<(String, Texts)> = extra
            .into_iter()
            .zip(std::mem::take(&mut self.extra))
            .collect();
        let (event, both) = match self.kinds(words)? {
            EventColumn::Kinds(event, both) => (event, both),
            EventColumn::Texts(event) => {
                let mut texts = Texts::default();
                let known = self.words.texts();
                for row in 0..rows {
                    let place = self.cells.event.get(row).copied().unwrap_or(NOTHING);
                    texts.push(known.get(place as usize).map_or("", |text| text));
                }
                let is_taken = extra.iter().any(|(name, _)| name == EVENT_TEXT);
                extra.push((
                    if is_taken { "event_text_2" } else { EVENT_TEXT }.to_owned(),
                    texts,
                ));
                (event, Vec::new())
            }
        };
        let mut columns = Columns {
            event,
            new_clock: std::mem::take(&mut self.cells.clock),
            old_clock: std::mem::take(&mut self.cells.old_clock),
            sent_clock: std::mem::take(&mut self.cells.sent_clock),
            queue_len: std::mem::take(&mut self.cells.queue_len),
            ..Columns::default()
        };
        let id = |&place: &u32| {
            if place == NOTHING {
                UNKNOWN
            } else {
                i64::from(place)
            }
        };
        columns.machine_id = self.cells.machine.iter().map(id).collect();
        columns.sender = self.cells.sender.iter().map(id).collect();
        for (place, column) in COLUMNS.iter().enumerate() {
            if column.form == Form::Flag
                && self.cells.flags.iter().any(|flags| flags & 1 << place != 0)
            {
                let flags = self.cells.flags.iter().map(|flags| flags & 1 << place != 0);
                columns.set(column.name, Values::Flag(flags.collect()));
            }
        }
        let vectors = self.vectors();
        let recipients = self.recipients();
        let times = [
            std::mem::take(&mut self.cells.time),
            std::mem::take(&mut self.cells.system_time),
            std::mem::take(&mut self.cells.arrived),
        ];
        let place = |row: usize| (self.file[row], self.line[row]);
        instants::fill(
            &mut columns,
            times,
            &self.file,
            &self.clocks,
            self.decimals,
            &mut self.notes,
        )
        .map_err(|(row, why)| match row {
            instants::At::Row(row) => self.error(row, why(&|other| self.place(place(other)))),
            instants::At::Place((file, line)) => Error::log(
                self.files[file as usize].clone(),
                line.into(),
                why(&|other| self.place(place(other))),
            ),
        })?;
        let has_times = !columns.time.is_empty();
        let messages = &self.cells.message;
        Ok(Table {
            recipients,
            vectors,
            messages: (!messages.is_empty()).then(|| messages.iter().map(id).collect()),
            names: Some(self.names.texts().iter().map(ToString::to_string).collect()),
            both,
            resolution: if has_times {
                10_f64.powi(-(self.decimals as i32))
            } else {
                0.0
            },
            extra,
            notes: self.notes,
            bad_rows,
            origin: Some(Origins {
                files: self.files,
                file: self.file,
                line: self.line,
            }),
            rows: None,
            columns,
        })
    }

    /// A name that is written as a text and as a number would be one of two machines.
    fn check_names(&self) -> Result<()> {
        for (name, spelled) in self.names.texts().iter().zip(&self.spelled) {
            if let [Some(text), Some(number)] = *spelled {
                let (place, other) = (text.max(number), text.min(number));
                return Err(Error::log(
                    self.files[place.0 as usize].clone(),
                    place.1.into(),
                    format!(
                        "a machine is called {name} as a text and as a number (in {}): two names for one machine; \
                         write it in one way",
                        self.place(other)
                    ),
                ));
            }
        }
        Ok(())
    }

    /// The kinds of the events, or their texts where vectors tell more than these.
    fn kinds(&self, words: &Words) -> Result<EventColumn> {
        let cells = &self.cells.event;
        let has_vector = |row: usize| {
            let end = self.vector_ends.get(row).copied().unwrap_or(0);
            end > row.checked_sub(1).map_or(0, |row| self.vector_ends[row])
        };
        let all_known = self.meanings.iter().all(Option::is_some);
        let rows = self.len();
        if all_known && cells.len() == rows && !cells.contains(&NOTHING) {
            let meanings: Vec<Meaning> = self.meanings.iter().copied().flatten().collect();
            let kind = |meaning: Meaning| match meaning {
                Meaning::Kind(kind) => kind,
                // What receives and sends is a receipt, and more.
                Meaning::Both | Meaning::Aside => receipt(),
            };
            let kinds: Vec<EventKind> = meanings.iter().map(|&meaning| kind(meaning)).collect();
            let both = if meanings.contains(&Meaning::Both) {
                cells
                    .iter()
                    .map(|&place| meanings[place as usize] == Meaning::Both)
                    .collect()
            } else {
                Vec::new()
            };
            let event = cells.iter().map(|&place| kinds[place as usize]).collect();
            return Ok(EventColumn::Kinds(event, both));
        }
        if (0..rows).all(has_vector) {
            // The first words of such texts are kinds if all are.
            let texts = self.words.texts();
            let first: Option<Vec<EventKind>> = texts
                .iter()
                .map(|text| match words.first(text) {
                    Some(Meaning::Kind(kind)) => Some(kind),
                    _ => None,
                })
                .collect();
            let kinds = first.filter(|_| cells.len() == rows && !cells.contains(&NOTHING));
            let of =
                |kinds: Vec<EventKind>| cells.iter().map(|&place| kinds[place as usize]).collect();
            return Ok(EventColumn::Texts(kinds.map_or(Vec::new(), of)));
        }
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        let mut first = None;
        for (row, &place) in cells.iter().enumerate() {
            if place != NOTHING && self.meanings[place as usize].is_none() {
                *counts
                    .entry(&self.words.texts()[place as usize])
                    .or_default() += 1;
                first = first.or(Some(row));
            }
        }
        if let Some(row) = first {
            let place = self.place((self.file[row], self.line[row]));
            Err(Error::invalid(unknown(&counts, &place)))
        } else {
            let row = (0..rows).find(|&row| cells.get(row).is_none_or(|&place| place == NOTHING));
            Err(self.error(
                row.unwrap_or(0),
                "it does not say what the event is, though others do",
            ))
        }
    }

    /// The vectors.
    fn vectors(&self) -> Option<VectorColumn> {
        if self.vector_ends.is_empty() {
            return None;
        }
        let mut starts = Vec::with_capacity(self.vector_ends.len() + 1);
        starts.push(0);
        starts.extend_from_slice(&self.vector_ends);
        let mut machines = Vec::with_capacity(self.vector_machines.len());
        for span in starts.windows(2) {
            let entries = self.vector_machines[span[0]..span[1]].iter().enumerate();
            // Which machine a place of a list is, is known once all are.
            let machine = |(entry, &place): (usize, &u32)| {
                if place == NOTHING {
                    !(entry as i64)
                } else {
                    i64::from(place)
                }
            };
            machines.extend(entries.map(machine));
        }
        Some(VectorColumn {
            starts,
            machines,
            counts: self.vector_counts.clone(),
        })
    }

    /// The recipients of each row, one unknown where a row has none.
    fn recipients(&mut self) -> Option<Lists> {
        if self.cells.recipients.is_empty() {
            return None;
        }
        let texts = self.lists.texts().to_vec();
        let names = &mut self.names;
        let known: Vec<Vec<Addressee<'_>>> = texts
            .iter()
            .map(|text| {
                let found = split(text, &|name| names.known(name).is_some());
                found.unwrap_or_else(|| vec![Addressee::Unknown])
            })
            .collect();
        let mut lists: Vec<Vec<i64>> = Vec::with_capacity(known.len());
        for list in known {
            let mut places = Vec::with_capacity(list.len());
            for entry in list {
                places.push(match entry {
                    Addressee::Named(name) => i64::from(names.place(&name)),
                    Addressee::Unknown => UNKNOWN,
                    Addressee::All => ALL,
                    Addressee::Others => OTHERS,
                    Addressee::Both => BOTH,
                });
            }
            lists.push(places);
        }
        let mut all = Lists::default();
        for &place in &self.cells.recipients {
            match lists.get(place as usize) {
                Some(list) => all.push(list.iter().copied()),
                None => all.push([UNKNOWN]),
            }
        }
        Some(all)
    }
}

/// What rows say of the kinds of their events.
enum EventColumn {
    /// The kinds, and which events receive and send, if any does.
    Kinds(Vec<EventKind>, Vec<bool>),
    /// Free texts; the kinds that stand in front of them, or none.
    Texts(Vec<EventKind>),
}

fn receipt() -> EventKind {
    let found = EventKind::ALL.iter().copied().find(|kind| kind.receives());
    found.expect("a kind of event receives")
}
