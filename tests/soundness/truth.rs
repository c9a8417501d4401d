//! What happened before what in a whole run.

use crate::whole::Whole;

/// A line: its log and its number there.
pub(crate) type Place = (usize, usize);

/// By line, how many lines of each log are in its past, itself with them.
pub(crate) struct Truth(Vec<Vec<Vec<u32>>>);

impl Truth {
    pub(crate) fn of(whole: &Whole) -> Self {
        let logs = whole.logs.len();
        let empty = |log: &Vec<_>| Vec::with_capacity(log.len());
        let mut pasts: Vec<Vec<Vec<u32>>> = whole.logs.iter().map(empty).collect();
        whole.in_causal_order(|log, line| {
            let mut past = pasts[log].last().cloned().unwrap_or_else(|| vec![0; logs]);
            past[log] += 1;
            // What waits unread has had no effect.
            if let Some((from, at)) = whole.logs[log][line].cause
                && whole.logs[log][line].is("RECEIVE")
            {
                for (mine, &theirs) in past.iter_mut().zip(&pasts[from][at]) {
                    *mine = (*mine).max(theirs);
                }
            }
            pasts[log].push(past);
        });
        Self(pasts)
    }

    /// Whether `a` happened before `b`.
    pub(crate) fn before(&self, a: Place, b: Place) -> bool {
        a != b && self.0[b.0][b.1][a.0] as usize > a.1
    }
}
