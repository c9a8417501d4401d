//! The events of a run as a struct of arrays.

/// A time in whole microseconds.
pub type Micros = i64;

/// The code of a SEND.
pub const SEND: i8 = 0;
/// The code of a RECEIVE.
pub const RECEIVE: i8 = 1;
/// The code of an INTERNAL.
pub const INTERNAL: i8 = 2;

/// A recipient that is not known.
pub const UNKNOWN: i64 = -1;

/// A row an event, sorted by (time, machine, new clock). NaN where there is no value.
#[derive(Debug, Default)]
pub struct Columns {
    /// Seconds since the earliest line.
    pub time: Vec<f64>,
    /// Seconds, as logged.
    pub system_time: Vec<f64>,
    /// The machine it happened on.
    pub machine_id: Vec<i64>,
    /// [`SEND`], [`RECEIVE`] or [`INTERNAL`].
    pub event: Vec<i8>,
    /// The clock before.
    pub old_clock: Vec<i64>,
    /// The clock after.
    pub new_clock: Vec<i64>,
    /// The messages that wait after a RECEIVE.
    pub queue_len: Vec<f64>,
    /// Who sent the message received.
    pub sender: Vec<f64>,
    /// The timestamp of the message received.
    pub sent_clock: Vec<f64>,
    /// When the message received entered the queue, in seconds since the earliest line.
    pub arrived: Vec<f64>,
    /// Row i's recipients are `recipients[starts[i]..starts[i + 1]]`.
    pub starts: Vec<usize>,
    /// The recipients of all SENDs, [`UNKNOWN`] where the logs do not tell.
    pub recipients: Vec<i64>,
    /// The line of its log, from 1; empty unless for verification.
    pub line: Vec<u32>,
    /// Whether the event was made by hand; empty unless for verification.
    pub is_manual: Vec<bool>,
}

/// One event on its way into the columns.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The time in the unit of the columns so far.
    pub time: f64,
    /// The machine it happened on.
    pub machine_id: u64,
    /// [`SEND`], [`RECEIVE`] or [`INTERNAL`].
    pub event: i8,
    /// The clocks before and after.
    pub clocks: (u64, u64),
    /// The messages that wait after a RECEIVE.
    pub queue_len: Option<u64>,
    /// Who sent the message received.
    pub sender: Option<u64>,
    /// The timestamp of the message received.
    pub sent_clock: Option<u64>,
    /// When it arrived, in the unit of the columns so far.
    pub arrived: Option<f64>,
}

impl Columns {
    /// How many events there are.
    pub fn len(&self) -> usize {
        self.event.len()
    }

    /// Whether there is no event.
    pub fn is_empty(&self) -> bool {
        self.event.is_empty()
    }

    /// The recipients of the event in `row`; none unless it is a SEND.
    pub fn recipients(&self, row: usize) -> &[i64] {
        &self.recipients[self.starts[row]..self.starts[row + 1]]
    }

    /// Calls `each` with the sender and the recipient of every message whose recipient is known.
    ///
    /// A pair may come several times.
    pub fn each_link(&self, mut each: impl FnMut(u64, u64)) {
        let mut last = (UNKNOWN, UNKNOWN);
        for row in 0..self.len() {
            for &recipient in self.recipients(row) {
                let link = (self.machine_id[row], recipient);
                if link != last && recipient != UNKNOWN {
                    each(link.0 as u64, link.1 as u64);
                    last = link;
                }
            }
        }
    }

    /// This many rows of zeros, to be filled in; either `time` or `is_manual` is kept.
    pub(crate) fn of_length(rows: usize, has_time: bool) -> Self {
        Self {
            time: vec![0.0; if has_time { rows } else { 0 }],
            system_time: vec![0.0; rows],
            machine_id: vec![0; rows],
            event: vec![0; rows],
            old_clock: vec![0; rows],
            new_clock: vec![0; rows],
            queue_len: vec![0.0; rows],
            sender: vec![0.0; rows],
            sent_clock: vec![0.0; rows],
            arrived: vec![0.0; rows],
            starts: vec![0; rows + 1],
            is_manual: vec![false; if has_time { 0 } else { rows }],
            ..Self::default()
        }
    }

    /// Makes room for this many more events.
    pub fn reserve(&mut self, events: usize) {
        self.system_time.reserve(events);
        self.machine_id.reserve(events);
        self.event.reserve(events);
        self.old_clock.reserve(events);
        self.new_clock.reserve(events);
        self.queue_len.reserve(events);
        self.sender.reserve(events);
        self.sent_clock.reserve(events);
        self.arrived.reserve(events);
        self.starts.reserve(events + 1);
    }

    /// Appends an event whose recipients, if any, follow by [`Columns::recipient`].
    pub fn push(&mut self, row: &Row) {
        let float = |value: Option<u64>| value.map_or(f64::NAN, |value| value as f64);
        self.system_time.push(row.time);
        self.machine_id.push(row.machine_id as i64);
        self.event.push(row.event);
        self.old_clock.push(row.clocks.0 as i64);
        self.new_clock.push(row.clocks.1 as i64);
        self.queue_len.push(float(row.queue_len));
        self.sender.push(float(row.sender));
        self.sent_clock.push(float(row.sent_clock));
        self.arrived.push(row.arrived.unwrap_or(f64::NAN));
        self.starts.push(self.recipients.len());
    }

    /// Appends a recipient of the event pushed last.
    pub fn recipient(&mut self, recipient: i64) {
        self.recipients.push(recipient);
    }

    /// Ends a sequence of pushes in microseconds: times become seconds, rows are sorted.
    pub fn finish(&mut self, start: Micros) {
        self.starts.push(self.recipients.len());
        // Microseconds below 2^53 are whole in a float, so each quotient is the nearest one.
        let start = start as f64;
        self.time = self.system_time.iter().map(|t| (t - start) / 1e6).collect();
        for time in &mut self.system_time {
            *time /= 1e6;
        }
        for time in &mut self.arrived {
            *time = (*time - start) / 1e6;
        }
        self.sort();
    }

    /// Sorts the rows by (time, machine, new clock), equal ones as they stand.
    pub fn sort(&mut self) {
        let order = |&a: &usize, &b: &usize| {
            self.time[a]
                .total_cmp(&self.time[b])
                .then_with(|| self.machine_id[a].cmp(&self.machine_id[b]))
                .then_with(|| self.new_clock[a].cmp(&self.new_clock[b]))
        };
        if (1..self.len()).all(|row| order(&(row - 1), &row).is_le()) {
            return;
        }
        let mut rows: Vec<usize> = (0..self.len()).collect();
        // The logs are sorted runs, which a stable sort merges.
        rows.sort_by(order);
        self.reorder(&rows);
    }

    /// Puts the event of row `order[i]` in row i; columns that are empty stay so.
    pub(crate) fn reorder(&mut self, order: &[usize]) {
        let mut recipients = Vec::with_capacity(self.recipients.len());
        let mut starts = Vec::with_capacity(self.starts.len());
        for &row in order {
            starts.push(recipients.len());
            recipients.extend_from_slice(self.recipients(row));
        }
        starts.push(recipients.len());
        (self.recipients, self.starts) = (recipients, starts);
        reorder(&mut self.time, order);
        reorder(&mut self.system_time, order);
        reorder(&mut self.machine_id, order);
        reorder(&mut self.event, order);
        reorder(&mut self.old_clock, order);
        reorder(&mut self.new_clock, order);
        reorder(&mut self.queue_len, order);
        reorder(&mut self.sender, order);
        reorder(&mut self.sent_clock, order);
        reorder(&mut self.arrived, order);
    }
}

/// Puts `values[order[i]]` at place i, if there are any.
pub(crate) fn reorder<T: Copy>(values: &mut Vec<T>, order: &[usize]) {
    if !values.is_empty() {
        *values = order.iter().map(|&place| values[place]).collect();
    }
}
