//! What bounds say, and what contradicts itself.

use crate::log::history::History;

/// A receipt: the row of a RECEIVE or, from the number of rows on, the number of the UNREAD among the marks of its log.
pub(super) type Receipt = usize;

/// What says that two offsets differ by no more than this.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Witness {
    /// A message was sent before it arrived: the logs, the row of the SEND, the receipt.
    Message((usize, usize), usize, Receipt),
    /// A message had arrived when it was heard of.
    Heard((usize, usize), usize, Receipt),
    /// A message had arrived at the END of its sender.
    Ended((usize, usize), usize, Receipt),
    /// A machine had started when a handshake with it succeeded: the logs of the other and of it, and the mark of the CONNECT.
    Connected((usize, usize), usize),
    /// A clock drifts no faster.
    Drift,
}

/// Bounds that contradict each other, whatever the offsets are.
#[derive(Debug, Clone)]
pub struct Contradiction {
    /// By how much, in seconds.
    pub seconds: f64,
    /// What each says, in order.
    pub messages: Vec<String>,
    /// The log and the line at which it is named: a receipt, if there is one.
    pub(in crate::causality) at: Option<(usize, Receipt)>,
}

impl Contradiction {
    /// Of a cycle of bounds, which are together less than nothing by so many nanoseconds.
    pub(super) fn new(history: &History, (witnesses, nanos): &(Vec<Witness>, i128)) -> Self {
        let mut at = None;
        for witness in witnesses {
            if let Witness::Message((_, to), _, receipt) | Witness::Heard((_, to), _, receipt) =
                witness
            {
                at = at.or(Some((*to, *receipt)));
            }
        }
        Self {
            seconds: -*nanos as f64 / 1e9,
            messages: witnesses
                .iter()
                .filter_map(|witness| text(history, witness))
                .collect(),
            at,
        }
    }

    /// All of it, in a few words.
    pub fn text(&self) -> String {
        let more = self.messages.len().saturating_sub(SHOWN);
        let more = if more > 0 {
            format!("; and {more} more")
        } else {
            String::new()
        };
        let shown: Vec<&str> = self
            .messages
            .iter()
            .take(SHOWN)
            .map(String::as_str)
            .collect();
        format!(
            "no offsets of the clocks have all these in order, {:.6} s are missing: {}{more}",
            self.seconds,
            shown.join("; ")
        )
    }
}

/// Messages that are named.
const SHOWN: usize = 8;

fn text(history: &History, witness: &Witness) -> Option<String> {
    let at_row = |log: usize, row: usize| at(history, log, history.columns.line[row]);
    let at_receipt = |log: usize, receipt: Receipt| match receipt.checked_sub(history.columns.len())
    {
        None => at_row(log, receipt),
        Some(mark) => at(history, log, history.logs[log].marks[mark].line),
    };
    Some(match *witness {
        Witness::Message((from, to), send, receipt) => format!(
            "the message sent at {} arrived at {}",
            at_row(from, send),
            at_receipt(to, receipt)
        ),
        Witness::Heard((from, to), send, receipt) => format!(
            "the message sent at {} was heard of after it arrived at {}",
            at_row(from, send),
            at_receipt(to, receipt)
        ),
        Witness::Ended((from, to), mark, receipt) => format!(
            "what arrived at {} had arrived when its sender ended at {}",
            at_receipt(to, receipt),
            at(history, from, history.logs[from].marks[mark].line)
        ),
        Witness::Connected((from, to), mark) => format!(
            "machine {} had started before the handshake at {}",
            history.logs[to].machine_id,
            at(history, from, history.logs[from].marks[mark].line)
        ),
        Witness::Drift => return None,
    })
}

fn at(history: &History, log: usize, line: u32) -> String {
    let file = &history.logs[log].file;
    if file.is_empty() {
        format!("row {line}")
    } else {
        format!("{file}:{line}")
    }
}
