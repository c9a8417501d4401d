//! Vectors that are lists: which machine each place is.

use std::collections::{BTreeMap, BTreeSet};

use super::table::Table;
use crate::error::{Error, Result};

/// Puts machines in the place of places: 0, 1, 2, ... or 1, 2, 3, ... where these are all ids, else the machines in order.
pub(super) fn resolve(table: &mut Table, names: &BTreeMap<u64, String>) -> Result<()> {
    let Some(vectors) = &table.vectors else {
        return Ok(());
    };
    let Some(at) = vectors.machines.iter().position(|&machine| machine < 0) else {
        return Ok(());
    };
    let lengths = vectors.starts.windows(2).map(|span| span[1] - span[0]);
    let longest = lengths.max().unwrap_or(0) as i64;
    let mut machines: BTreeSet<i64> = table.columns.machine_id.iter().copied().collect();
    let with_rows = machines.len() as i64;
    machines.extend(names.keys().map(|&id| id as i64));
    machines.extend(table.columns.sender.iter().filter(|&&id| id >= 0));
    let (least, most) = (
        machines.first().copied().unwrap_or(0),
        machines.last().copied().unwrap_or(0),
    );
    let ordered: Vec<i64> = if names.is_empty() && most < longest {
        (0..longest).collect()
    } else if names.is_empty() && least > 0 && most <= longest {
        (1..=longest).collect()
    } else if machines.len() as i64 == longest {
        machines.into_iter().collect()
    } else if with_rows == longest {
        let own: BTreeSet<i64> = table.columns.machine_id.iter().copied().collect();
        own.into_iter().collect()
    } else {
        let row = vectors.starts.partition_point(|&start| start <= at) - 1;
        return Err(Error::invalid(format!(
            "{}: the vector clock is a list of {longest} counts without names, and there are {} machines: \
             it needs one for each, or names, as in {{\"a\": 1}}",
            table.place(row),
            machines.len()
        )));
    };
    let Some(vectors) = &mut table.vectors else {
        return Ok(());
    };
    for machine in vectors.machines.iter_mut().filter(|machine| **machine < 0) {
        *machine = ordered[!*machine as usize];
    }
    Ok(())
}
