//! What an event is: its kinds and its columns, declared once.
//!
//! From the declaration follow the struct of arrays ([`Columns`]), a row ([`Row`]), the slices that threads fill
//! in ([`Stretch`]), and for the boundary each column with its name, form and values: it need not name them.
//! Whoever makes a [`Row`] gives every column, so a column without a producer does not compile.

use std::sync::Arc;

use crate::log::prompt::Prompt;
use crate::model::body::Body;
use crate::model::event::Event;

/// Stands where a whole number is not known. What is known is never negative.
pub const UNKNOWN: i64 = -1;

/// A whole number that may be missing, from a column.
#[inline]
pub fn known(value: i64) -> Option<u64> {
    u64::try_from(value).ok()
}

/// The same, for a column.
#[inline]
pub fn or_unknown(value: Option<u64>) -> i64 {
    value.map_or(UNKNOWN, |value| value as i64)
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)*) => {
        /// What an event is; tables hold the number of the kind.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum EventKind { $($(#[$doc])* $kind,)* }

        impl EventKind {
            /// Every kind, by its number.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// As logs and tables write it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }
        }
    };
}

kinds! {
    /// A message left.
    Send = "SEND",
    /// A message was taken from the queue.
    Receive = "RECEIVE",
    /// Nothing but the clock moved.
    Internal = "INTERNAL",
}

impl EventKind {
    /// How many kinds there are.
    pub const COUNT: usize = Self::ALL.len();

    /// The kind with this number.
    pub fn of_code(code: i64) -> Option<Self> {
        Self::ALL.get(usize::try_from(code).ok()?).copied()
    }

    /// What an event of the model is.
    #[inline]
    pub const fn of<B>(event: &Event<B>) -> Self {
        match event {
            Event::Send { .. } => Self::Send,
            Event::Receive { .. } => Self::Receive,
            Event::Internal { .. } => Self::Internal,
        }
    }

    /// Whether a message leaves. An event sends or receives, never both.
    #[inline]
    pub const fn sends(self) -> bool {
        match self {
            Self::Send => true,
            Self::Receive | Self::Internal => false,
        }
    }

    /// Whether a message is taken from the queue.
    #[inline]
    pub const fn receives(self) -> bool {
        match self {
            Self::Receive => true,
            Self::Send | Self::Internal => false,
        }
    }
}

macro_rules! forms {
    ($($(#[$doc:meta])* $form:ident($type:ty) = $dtype:literal, from $blank:expr, or $missing:expr;)*) => {
        /// What the values of a column are.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Form { $($(#[$doc])* $form,)* }

        impl Form {
            /// The name by which Python knows the form.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$form => $dtype,)* }
            }
        }

        /// The values of a column.
        #[derive(Debug, Clone)]
        pub enum Values { $($(#[$doc])* $form(Vec<$type>),)* }

        /// The values of a column, as they stand.
        #[derive(Debug, Clone, Copy)]
        pub enum View<'a> { $($(#[$doc])* $form(&'a [$type]),)* }

        impl View<'_> {
            /// How many there are.
            pub fn len(&self) -> usize {
                match self { $(Self::$form(values) => values.len(),)* }
            }

            /// Whether the column is not kept.
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }
        }

        /// What stands where a table does not say.
        #[expect(non_snake_case, reason = "one for each form")]
        mod missing {
            use super::{EventKind, UNKNOWN};
            $(pub(super) fn $form() -> $type { $missing })*
        }

        /// What stands where nothing is filled in yet: zeros, which cost nothing.
        #[expect(non_snake_case, reason = "one for each form")]
        mod blank {
            use super::EventKind;
            $(pub(super) fn $form() -> $type { $blank })*
        }
    };
}

forms! {
    /// Seconds, of every event.
    Seconds(f64) = "seconds", from 0.0, or f64::NAN;
    /// Seconds, NaN where there are none.
    MaybeSeconds(f64) = "seconds or none", from 0.0, or f64::NAN;
    /// A whole number, of every event.
    Whole(i64) = "whole", from 0, or UNKNOWN;
    /// A whole number, [`UNKNOWN`] where there is none.
    MaybeWhole(i64) = "whole or none", from 0, or UNKNOWN;
    /// The kind of the event.
    Kind(EventKind) = "kind", from EventKind::Send, or EventKind::Internal;
    /// Yes or no.
    Flag(bool) = "flag", from false, or false;
}

/// A column: its name and what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name, in Rust and Python.
    pub name: &'static str,
    /// What its values are.
    pub form: Form,
}

macro_rules! columns {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $form:ident,)*) => {
        /// The columns in their order; behind them tables have the lists of recipients.
        pub const COLUMNS: &[Column] = &[
            $(Column { name: stringify!($name), form: Form::$form },)*
        ];

        /// One row per event, sorted by (time, machine), a machine's in its own order; columns that are not kept are empty.
        #[derive(Debug, Clone, Default)]
        pub struct Columns {
            $($(#[$doc])* pub $name: Vec<$type>,)*
            /// Row i's recipients are `recipients[starts[i]..starts[i + 1]]`.
            pub starts: Vec<usize>,
            /// The recipients of all SENDs, [`UNKNOWN`] where the logs do not tell.
            pub recipients: Vec<i64>,
            /// The line of its log, from 1; empty unless for verification.
            pub line: Vec<u32>,
            /// What the message sent or received says, as JSON; empty where none says anything.
            pub bodies: Vec<Body>,
            /// The values that the event's handler declared, as a JSON object; empty where none declared any.
            pub states: Vec<Body>,
            /// Why there was a step, if for no message; empty where nothing says so. Times are those of `time` in
            /// microseconds, or of `system_time` where that is empty.
            pub prompts: Vec<Option<Arc<Prompt>>>,
        }

        /// One event, its recipients aside.
        #[derive(Debug, Clone, Copy)]
        pub struct Row {
            $($(#[$doc])* pub $name: $type,)*
        }

        /// Consecutive rows of every column, for a thread to fill in.
        #[derive(Default)]
        pub(crate) struct Stretch<'a> {
            $(pub(crate) $name: &'a mut [$type],)*
            pub(crate) starts: &'a mut [usize],
        }

        impl Columns {
            /// This many rows, to be filled in.
            pub(crate) fn of_length(rows: usize) -> Self {
                Self {
                    $($name: vec![blank::$form(); rows],)*
                    starts: vec![0; rows + 1],
                    recipients: Vec::new(),
                    line: Vec::new(),
                    bodies: Vec::new(),
                    states: Vec::new(),
                    prompts: Vec::new(),
                }
            }

            /// Makes room for this many more events.
            pub fn reserve(&mut self, events: usize) {
                $(self.$name.reserve(events);)*
                self.starts.reserve(events + 1);
            }

            /// Appends an event whose recipients, if any, follow by [`Columns::recipient`].
            #[inline]
            pub fn push(&mut self, row: &Row) {
                $(self.$name.push(row.$name);)*
                self.starts.push(self.recipients.len());
            }

            /// Puts the value of row `order[i]` in row i, in every column but the recipients.
            pub(crate) fn reorder_values(&mut self, order: &[usize]) {
                $(reorder(&mut self.$name, order);)*
                reorder(&mut self.line, order);
                reorder(&mut self.bodies, order);
                reorder(&mut self.states, order);
                reorder(&mut self.prompts, order);
            }

            /// Each column with its values, by [`COLUMNS`].
            pub fn views(&self) -> Vec<(Column, View<'_>)> {
                let views = [$(View::$form(&self.$name),)*];
                COLUMNS.iter().copied().zip(views).collect()
            }

            /// Each column with its values, which leave.
            pub fn take_values(&mut self) -> Vec<(Column, Values)> {
                let values = [$(Values::$form(std::mem::take(&mut self.$name)),)*];
                COLUMNS.iter().copied().zip(values).collect()
            }

            /// Replaces the values of a column.
            ///
            /// # Panics
            ///
            /// If there is no such column, or it has another form.
            pub fn set(&mut self, name: &str, values: Values) {
                match (name, values) {
                    $((stringify!($name), Values::$form(values)) => self.$name = values,)*
                    _ => panic!("no column {name} holds such values"),
                }
            }

            /// Fills columns that are not there with what says that nothing is known.
            pub(crate) fn fill(&mut self, rows: usize) {
                $(if self.$name.is_empty() {
                    self.$name = vec![missing::$form(); rows];
                })*
            }
        }

        impl<'a> Stretch<'a> {
            /// All rows.
            pub(crate) fn of(columns: &'a mut Columns) -> Self {
                let rows = columns.len();
                Self {
                    $($name: &mut columns.$name,)*
                    starts: &mut columns.starts[..rows],
                }
            }

            /// The first `rows` rows, and the others.
            pub(crate) fn split(self, rows: usize) -> (Self, Self) {
                let ($($name,)* starts) = ($(split(self.$name, rows),)* split(self.starts, rows));
                (
                    Self { $($name: $name.0,)* starts: starts.0 },
                    Self { $($name: $name.1,)* starts: starts.1 },
                )
            }

            /// Fills in a row of the columns that are kept.
            #[inline]
            pub(crate) fn put(&mut self, at: usize, row: &Row, start: usize) {
                $(if let Some(value) = self.$name.get_mut(at) {
                    *value = row.$name;
                })*
                self.starts[at] = start;
            }
        }
    };
}

columns! {
    /// Seconds since the beginning of ticking; negative before.
    time: f64 = Seconds,
    /// Seconds, as logged.
    system_time: f64 = Seconds,
    /// The machine it happened on.
    machine_id: i64 = Whole,
    /// What it is.
    event: EventKind = Kind,
    /// The clock before.
    old_clock: i64 = Whole,
    /// The clock after.
    new_clock: i64 = Whole,
    /// The messages that wait after a RECEIVE.
    queue_len: i64 = MaybeWhole,
    /// Who sent the message received.
    sender: i64 = MaybeWhole,
    /// The timestamp of the message received.
    sent_clock: i64 = MaybeWhole,
    /// When the message received entered the queue, in seconds since the beginning of ticking.
    arrived: f64 = MaybeSeconds,
    /// Whether the event was made by hand, and not by a tick.
    manual: bool = Flag,
    /// Whether the message received was delivered by hand in its sender's name, and belongs to no channel.
    by_hand: bool = Flag,
    /// Whether it is a SEND that follows from the event before it, in the same step of a machine with an algorithm.
    caused: bool = Flag,
}

/// Puts `values[order[i]]` at place i, if there are any.
pub(crate) fn reorder<T: Clone>(values: &mut Vec<T>, order: &[usize]) {
    if !values.is_empty() {
        *values = order.iter().map(|&place| values[place].clone()).collect();
    }
}

fn split<T>(column: &mut [T], rows: usize) -> (&mut [T], &mut [T]) {
    column.split_at_mut(rows.min(column.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: i64) -> Row {
        Row {
            time: number as f64,
            system_time: number as f64 + 0.5,
            machine_id: number % 3,
            event: EventKind::ALL[number as usize % EventKind::COUNT],
            old_clock: number,
            new_clock: number + 1,
            queue_len: number - 1,
            sender: UNKNOWN,
            sent_clock: number * 2,
            arrived: number as f64 / 4.0,
            manual: number % 2 == 0,
            by_hand: number % 4 == 0,
            caused: number % 5 == 0,
        }
    }

    fn pushed(numbers: impl Iterator<Item = i64>) -> Columns {
        let mut columns = Columns::default();
        for number in numbers {
            columns.push(&row(number));
            columns.recipient(number);
        }
        columns.starts.push(columns.recipients.len());
        columns
    }

    fn shown(columns: &Columns) -> String {
        format!("{columns:?}")
    }

    #[test]
    fn codes_are_places_among_the_kinds() {
        for (code, &kind) in EventKind::ALL.iter().enumerate() {
            assert_eq!(EventKind::of_code(code as i64), Some(kind));
            assert_eq!(kind as usize, code);
            assert!(!(kind.sends() && kind.receives()));
        }
        assert_eq!(EventKind::of_code(-1), None);
        assert_eq!(EventKind::of_code(EventKind::COUNT as i64), None);
    }

    #[test]
    fn pushed_rows_and_filled_ones_are_the_same_in_any_order() {
        let expected = shown(&pushed(0..10));
        let mut filled = Columns::of_length(10);
        let (mut first, mut second) = Stretch::of(&mut filled).split(4);
        for number in 0..4 {
            first.put(number, &row(number as i64), number);
        }
        for number in 0..6 {
            second.put(number, &row(number as i64 + 4), number + 4);
        }
        filled.recipients.extend(0..10);
        filled.starts[10] = 10;
        assert_eq!(shown(&filled), expected);
        let mut reversed = pushed((0..10).rev());
        reversed.reorder(&[9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
        assert_eq!(shown(&reversed), expected);
        reversed = pushed((0..10).rev());
        reversed.sort();
        assert_eq!(shown(&reversed), expected);
    }

    #[test]
    fn values_leave_and_come_back() {
        let mut columns = pushed(0..5);
        let values = columns.take_values();
        assert!(columns.views().iter().all(|(_, values)| values.is_empty()));
        for (column, values) in values {
            columns.set(column.name, values);
        }
        assert_eq!(shown(&columns), shown(&pushed(0..5)));
        columns.time.clear();
        columns.fill(5);
        assert!(columns.time.iter().all(|time| time.is_nan()));
        assert_eq!(columns.system_time[0].to_bits(), 0.5_f64.to_bits());
    }
}
