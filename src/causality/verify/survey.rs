//! A first look at the logs: what each covers, and whether receipts have to be completed.

use super::vague::Vague;
use crate::causality::by_machine::ByMachine;
use crate::causality::checkpoint::Checkpoint;
use crate::causality::ids::Ids;
use crate::causality::matching::{Completed, Cover, Evidence, LogNotes};
use crate::causality::trace::Trace;
use crate::error::Result;
use crate::log::columns::{Columns, UNKNOWN};
use crate::log::history::{History, LogHistory, Note};
use crate::model::rules::{Rules, Stamp};

/// The logs line by line, as matching reads them.
pub(super) struct Survey {
    pub(super) ids: Ids,
    /// Where the rows of each log begin, and at last where all end.
    starts: Vec<u32>,
    notes: Vec<LogNotes>,
    /// By log, how many receipts came over channels.
    pub(super) received: Vec<u64>,
    /// By row, whether the message received was delivered by hand, if that is not what the column says: in a log of this
    /// package a message that tells its timestamp but no sender was put into the queue in nobody's name.
    by_hand: Option<Vec<bool>>,
    /// Whether each receipt tells its message, and each event has the clock of the one before.
    is_plain: bool,
}

impl Survey {
    pub(super) fn new(
        history: &History,
        rules: &Rules,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<Self> {
        let columns = &history.columns;
        let notes = history.logs.iter();
        let notes: Vec<_> = notes
            .map(|log| LogNotes::of_log(log, rules.start))
            .collect();
        let mut survey = Self {
            ids: Ids::new(history.logs.iter().map(|log| log.machine_id).collect()),
            starts: vec![0],
            notes,
            received: Vec::new(),
            by_hand: None,
            is_plain: rules.stamp == Stamp::After,
        };
        for (log, notes) in history.logs.iter().zip(&survey.notes) {
            let look = Look::at(log, columns, notes, checkpoint)?;
            survey.received.push(look.received);
            survey.is_plain &= look.is_plain;
            for row in look.nobodys {
                let by_hand = survey
                    .by_hand
                    .get_or_insert_with(|| columns.by_hand.clone());
                by_hand[row] = true;
            }
            survey.starts.push(log.rows.end as u32);
        }
        Ok(survey)
    }

    /// The events as matching reads them.
    pub(super) fn trace<'a>(&'a self, columns: &'a Columns) -> Trace<'a> {
        let by_hand = self.by_hand.as_deref().unwrap_or(&columns.by_hand);
        Trace {
            by_hand,
            ..Trace::of(columns)
        }
    }

    /// What the logs tell of messages, unless each tells all of them.
    ///
    /// `named` are machines that are known of beside those that events name.
    pub(super) fn evidence<'a>(
        &'a self,
        columns: &'a Columns,
        rules: &'a Rules,
        named: impl Iterator<Item = u64>,
    ) -> Option<Evidence<'a>> {
        (!self.is_plain).then(|| {
            let (trace, notes) = (self.trace(columns), self.notes.clone());
            let spans = self.starts.windows(2).map(|span| span[0]..span[1]);
            let by_machine = ByMachine::of_logs(self.ids.clone(), spans);
            Evidence::new((trace, rules), by_machine, notes, named)
        })
    }

    /// Which clocks the logs cover.
    pub(super) fn covers(&self, columns: &Columns, evidence: Option<&Evidence<'_>>) -> Vec<Cover> {
        if let Some(evidence) = evidence {
            return evidence.covers.clone();
        }
        let spans = self.starts.windows(2).zip(&self.notes);
        spans
            .map(|(span, notes)| {
                let rows = span[0] as usize..span[1] as usize;
                let from = columns.old_clock[rows.clone()].first();
                Cover {
                    begins: notes.begins || from == Some(&0),
                    from: from.copied().unwrap_or(i64::MAX),
                    to: columns.new_clock[rows].last().copied().unwrap_or(0),
                    is_ended: notes.end.is_some(),
                    gaps: Vec::new(),
                }
            })
            .collect()
    }
}

/// What is seen of one log at first.
struct Look {
    /// How many messages it received over channels.
    received: u64,
    /// The receipts of what was put into its queue in nobody's name.
    nobodys: Vec<usize>,
    /// Whether nothing is missing.
    is_plain: bool,
}

impl Look {
    fn at(
        log: &LogHistory,
        columns: &Columns,
        notes: &LogNotes,
        checkpoint: &mut Checkpoint<'_>,
    ) -> Result<Self> {
        let rows = log.rows.clone();
        let is_own = log.startups().any(|(_, start)| start.history.is_some());
        let first = columns.old_clock[rows.clone()].first();
        // A log that does not start where clocks do is left to those who know of rules.
        let mut clock = if notes.begins {
            Some(0)
        } else {
            first.copied()
        };
        let mut look = Self {
            received: 0,
            nobodys: Vec::new(),
            is_plain: !log.has_gap() && (rows.is_empty() || clock == Some(0)),
        };
        let (olds, news) = (
            &columns.old_clock[rows.clone()],
            &columns.new_clock[rows.clone()],
        );
        if let (Some(clock), Some(first)) = (clock, olds.first()) {
            let follows = olds[1..].iter().zip(news);
            look.is_plain &=
                clock == *first && follows.fold(0, |all, (old, new)| all | (old ^ new)) == 0;
        }
        clock = news.last().copied().or(clock);
        checkpoint.rows(rows, |rows| look.receipts(columns, rows, is_own))?;
        look.is_plain &= notes
            .end
            .is_none_or(|end| clock.is_none_or(|clock| end <= clock));
        Ok(look)
    }

    /// Looks at the receipts among some rows; those of plain logs need no more than a glance.
    #[expect(
        clippy::needless_bitwise_bool,
        reason = "without branches many rows are looked at in one step"
    )]
    fn receipts(&mut self, columns: &Columns, rows: std::ops::Range<usize>, is_own: bool) {
        let kinds = columns.event[rows.clone()].iter();
        let told = columns.sent_clock[rows.clone()]
            .iter()
            .zip(&columns.sender[rows.clone()]);
        let mut received = 0_u32;
        let mut is_odd = false;
        for (kind, (&sent, &sender)) in kinds.zip(told) {
            let is_received = kind.receives();
            received += u32::from(is_received);
            is_odd |= (is_received != (sent != UNKNOWN)) | (is_received != (sender != UNKNOWN));
        }
        if !is_odd && !columns.by_hand[rows.clone()].contains(&true) {
            self.received += u64::from(received);
            return;
        }
        for row in rows {
            let (sent, sender) = (columns.sent_clock[row], columns.sender[row]);
            if !columns.event[row].receives() {
                self.is_plain &= sent == UNKNOWN;
            } else if !columns.by_hand[row] {
                if sender != UNKNOWN || sent == UNKNOWN || !is_own {
                    self.received += 1;
                    self.is_plain &= sent != UNKNOWN && sender != UNKNOWN;
                } else {
                    self.nobodys.push(row);
                }
            }
        }
    }
}

/// By log, the receipts of which it is not known which message they are of.
pub(super) fn vague(history: &History, survey: &Survey, completed: &Completed<'_>) -> Vec<Vague> {
    let has_vague = !completed.how.is_empty() || survey.by_hand.is_some();
    let logs = history.logs.iter();
    logs.map(|log| Vague::of(log, &history.columns, has_vague.then_some(completed)))
        .collect()
}

/// The machines that are named beside those that events name.
pub(super) fn named(history: &History) -> impl Iterator<Item = u64> {
    history.logs.iter().flat_map(|log| {
        let marks = log.marks.iter().flat_map(|mark| match &mark.note {
            Note::Connect(hand) => vec![hand.peer_id],
            Note::End(end) => end.counts().iter().filter_map(|peer| peer.0).collect(),
            Note::Startup(_) | Note::Unread { .. } => Vec::new(),
        });
        marks.chain(log.links.iter().filter_map(|link| link.id))
    })
}
