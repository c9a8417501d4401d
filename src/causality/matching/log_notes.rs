//! What a log says beside its events, as far as matching goes by it.

use crate::log::history::{LogHistory, Note};
use crate::log::logs::MachineSummary;
use crate::model::rules::Start;

/// What a log says beside its events.
#[derive(Debug, Clone, Default)]
pub(in crate::causality) struct LogNotes {
    /// Whether its first line says that the machine started where clocks begin.
    pub(in crate::causality) begins: bool,
    /// With which clock the machine ended, if a line says that it did.
    pub(in crate::causality) end: Option<i64>,
    /// Which of its events follow lines that cannot be read; in order. Behind the last is the number of events.
    pub(in crate::causality) gaps: Vec<u32>,
    /// Which of its events follow a restart; in order.
    pub(in crate::causality) restarts: Vec<u32>,
    /// Whether it was written by this package: then a message that tells its timestamp and no sender was put into
    /// the queue in nobody's name.
    pub(in crate::causality) is_own: bool,
    /// How many addresses it names as those of other machines.
    pub(in crate::causality) addresses: usize,
    /// Sender and timestamp of the messages that were left in its queue.
    pub(in crate::causality) unread: Vec<(u64, i64)>,
}

/// Whether a clock is where clocks begin.
fn is_first(start: Start, clock: Option<u64>) -> bool {
    match start {
        Start::Proved => clock == Some(0),
        Start::At(first) => clock.is_some_and(|clock| clock as i64 == first),
        Start::Any => false,
    }
}

impl LogNotes {
    /// Of a machine of a table; `events` says how many of its events have at most a clock.
    pub(in crate::causality) fn of_summary(
        summary: &MachineSummary,
        events: impl Fn(i64) -> usize,
        start: Start,
    ) -> Self {
        let place = |clock: u64| events(clock as i64) as u32;
        let first = summary.startup.as_ref().map(|startup| startup.local_clock);
        let restarts = summary.restarts.iter().map(|&(_, clock)| place(clock));
        let mut restarts: Vec<u32> = restarts.collect();
        restarts.sort_unstable();
        Self {
            begins: first.is_some_and(|clock| is_first(start, clock)),
            end: summary.end.as_ref().map(|end| end.final_clock as i64),
            gaps: summary.gaps.clone(),
            restarts,
            addresses: summary.addresses,
            is_own: summary
                .startup
                .as_ref()
                .is_some_and(|startup| startup.history.is_some()),
            unread: summary
                .unread
                .iter()
                .filter_map(|message| Some((message.sender?, message.sent_clock as i64)))
                .collect(),
        }
    }

    /// Of a log as it stands.
    pub(in crate::causality) fn of_log(log: &LogHistory, start: Start) -> Self {
        let index = |row: usize| row.saturating_sub(log.rows.start) as u32;
        let mut notes = Self {
            gaps: log.gaps.iter().map(|lines| index(lines.row)).collect(),
            addresses: log.addresses(),
            is_own: log.startups().any(|(_, start)| start.history.is_some()),
            ..Self::default()
        };
        notes.gaps.dedup();
        for (number, (mark, startup)) in log.startups().enumerate() {
            if number == 0 && mark.row == log.rows.start && is_first(start, startup.local_clock) {
                notes.begins = true;
            } else {
                notes.restarts.push(index(mark.row));
            }
        }
        for mark in &log.marks {
            match &mark.note {
                Note::Unread {
                    sender: Some(sender),
                    sent_clock,
                    ..
                } => notes.unread.push((*sender, *sent_clock as i64)),
                Note::End(end) => notes.end = Some(end.final_clock as i64),
                Note::Unread { .. } | Note::Startup(_) | Note::Connect(_) => {}
            }
        }
        notes
    }
}
