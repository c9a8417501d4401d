//! Rule `count`: no more is received than was sent by then.
//!
//! The m-th receipt by clock, with new clock N, needs m SENDs to its machine with timestamps of at most N - 1, or
//! what the rules have for it: of the sender it names, and over all senders where all machines are known. Only
//! where senders tell all of these SENDs. A machine whose receipts all tell sender and timestamp is judged by `match`.

use std::collections::BTreeMap;

use super::all_machines::AllMachines;
use super::case::Case;
use super::report::{Report, Rule};
use crate::causality::checkpoint::Checkpoint;
use crate::causality::matching::{Clue, Crossed, Evidence, Groups};
use crate::error::Result;
use crate::log::columns::UNKNOWN;

const RULE: Rule = Rule::Count;

pub(super) fn check(
    case: &Case<'_>,
    all: &AllMachines,
    sends: &Groups<u32>,
    report: &mut Report,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<()> {
    let Some(evidence) = case.evidence.filter(|_| !case.rules.channel.duplicating) else {
        return Ok(());
    };
    let mut open = None;
    let by_recipient = sends.crossed();
    for place in 0..case.logs().len() {
        if has_vague(case, evidence, place, checkpoint)? {
            let open = open.get_or_insert_with(|| OpenSends::new(case, evidence));
            recipient(
                case,
                (evidence, all),
                (place, &by_recipient, open),
                report,
                checkpoint,
            )?;
        }
    }
    Ok(())
}

/// Whether some receipt of a log does not tell its message.
fn has_vague(
    case: &Case<'_>,
    evidence: &Evidence<'_>,
    place: usize,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<bool> {
    let trace = &evidence.trace;
    for row in case.logs()[place].rows.clone() {
        checkpoint.row()?;
        let is_told = trace.sender[row] != UNKNOWN && trace.sent_clock[row] != UNKNOWN;
        if trace.event[row].receives() && !trace.by_hand[row] && !is_told {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The timestamps of SENDs of which not all recipients are known, in order.
struct OpenSends {
    /// By log.
    of: Vec<Vec<i64>>,
    all: Vec<i64>,
}

impl OpenSends {
    fn new(case: &Case<'_>, evidence: &Evidence<'_>) -> Self {
        let is_open = |&send: &usize| {
            let row = evidence.sends.rows[send] as usize;
            evidence.trace.recipients(row).contains(&UNKNOWN)
        };
        let logs = 0..case.logs().len();
        let of = logs.map(|log| {
            let sends = evidence.sends.of(log).filter(is_open);
            sends.map(|send| evidence.sends.stamps[send]).collect()
        });
        let of: Vec<Vec<i64>> = of.collect();
        let mut all: Vec<i64> = of.iter().flatten().copied().collect();
        all.sort_unstable();
        Self { of, all }
    }
}

/// What was sent to a machine, and how much of it was received so far.
#[derive(Default)]
struct SendTally {
    /// Timestamps, in order.
    sent: Vec<i64>,
    received: u64,
    /// How many of these were too many.
    excess: u64,
}

impl SendTally {
    fn new(mut sent: Vec<i64>) -> Self {
        sent.sort_unstable();
        Self {
            sent,
            ..Self::default()
        }
    }

    /// Takes a receipt; how many messages with timestamps up to `most` were sent, `open` among them, if it is one too many.
    fn takes(&mut self, most: i64, open: &[i64]) -> Option<usize> {
        let count = |stamps: &[i64]| stamps.partition_point(|&stamp| stamp <= most);
        let sent = count(&self.sent) + count(open);
        let is_excess = self.received - self.excess > sent as u64;
        self.excess += u64::from(is_excess);
        is_excess.then_some(sent)
    }
}

/// Checks what one machine received.
fn recipient(
    case: &Case<'_>,
    (evidence, all): (&Evidence<'_>, &AllMachines),
    (place, sends, open): (usize, &Crossed<'_, u32>, &OpenSends),
    report: &mut Report,
    checkpoint: &mut Checkpoint<'_>,
) -> Result<()> {
    let trace = &evidence.trace;
    let stamps = |rows: &[u32]| -> Vec<i64> {
        rows.iter()
            .map(|&row| case.completed.stamps[row as usize])
            .collect()
    };
    let mut by_sender: BTreeMap<usize, SendTally> = BTreeMap::new();
    let mut overall = SendTally::default();
    for (sender, rows) in sends.of(place) {
        let sent = stamps(rows);
        overall.sent.extend_from_slice(&sent);
        by_sender.insert(sender, SendTally::new(sent));
    }
    overall.sent.sort_unstable();
    let missing = evidence.first_missing(place);
    let id = case.logs()[place].machine_id;
    for row in case.logs()[place].rows.clone() {
        checkpoint.row()?;
        if !trace.event[row].receives() || trace.by_hand[row] {
            continue;
        }
        let most = Clue::of(case.rules, None, trace.new_clock[row]).most();
        let clock = case.rules.clock_of(most);
        overall.received += 1;
        if let Some(Some(sender)) = evidence.sender(row) {
            let tally = by_sender.entry(sender).or_default();
            tally.received += 1;
            if clock < case.covers[sender].first_missing() {
                report.checked(RULE, 1);
                if let Some(sent) = tally.takes(most, &open.of[sender]) {
                    overall.excess += 1;
                    report.add(RULE, || {
                        let sender = trace.sender[row];
                        let expected = format!("at most {sent} messages of machine {sender} by then: so many SENDs to machine {id} have timestamps up to {most}");
                        case.event(RULE, place, row, expected, format!("receipt number {}", tally.received))
                    });
                    continue;
                }
            }
        }
        if all.is_closed && clock < missing {
            report.checked(RULE, 1);
            if let Some(sent) = overall.takes(most, &open.all) {
                report.add(RULE, || {
                    let expected = format!("at most {sent} messages by then: so many SENDs to machine {id} have timestamps up to {most}{}", all.words());
                    case.event(RULE, place, row, expected, format!("receipt number {}", overall.received))
                });
            }
        }
    }
    Ok(())
}
