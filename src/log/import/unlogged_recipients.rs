//! Recipients that have no log, where it seems that machines have two names.

use std::collections::{BTreeMap, BTreeSet};

use super::machine_index::MachineIndex;
use super::rows::Rows;
use super::table::Lists;
use crate::log::columns::UNKNOWN;

/// So many machines are named.
const SHOWN: usize = 5;

/// Says so if no recipient of a SEND has a log, as of a port that stands for a machine; where receipts name machines with
/// logs as senders, both cannot be, and recipients count as unknown.
pub(super) fn judge(
    rows: &mut Rows,
    index: &MachineIndex,
    names: &BTreeMap<u64, String>,
) -> Option<String> {
    let columns = &rows.columns;
    let lists = rows.recipients.as_ref()?;
    let logs: BTreeSet<i64> = index.ids.iter().copied().collect();
    let named: BTreeSet<i64> = lists.values.iter().copied().filter(|&id| id >= 0).collect();
    if logs.len() < 2 || named.is_empty() || !named.is_disjoint(&logs) {
        return None;
    }
    let receipts = || (0..rows.len()).filter(|&row| columns.event[row].receives());
    receipts().next()?;
    let are_contradicted = receipts().any(|row| logs.contains(&columns.sender[row]));
    let shown = |ids: &BTreeSet<i64>| {
        let name = |id: &i64| match names.get(&(*id as u64)) {
            Some(name) => format!("{name:?}"),
            None => id.to_string(),
        };
        let more = if ids.len() > SHOWN { ", ..." } else { "" };
        let shown: Vec<String> = ids.iter().take(SHOWN).map(name).collect();
        format!("{}{more}", shown.join(", "))
    };
    let (strange, logged) = (shown(&named), shown(&logs));
    if !are_contradicted {
        return Some(format!(
            "no recipient of a SEND has a log: they are {strange}, and logs are of {logged}; if these are two names of \
             the same machines, leave recipients out or let one name be found for both"
        ));
    }
    let mut unknown = Lists::default();
    for row in 0..rows.len() {
        unknown.push(lists.of(row).iter().map(|_| UNKNOWN));
    }
    rows.recipients = Some(unknown);
    Some(format!(
        "recipients of SENDs are {strange}, and none of these has a log, but receipts have senders of {logged}: machines seem \
         to have two names, so recipients count as unknown; let one name be found for both"
    ))
}
