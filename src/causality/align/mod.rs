//! By how much the clocks of machines are apart, from the messages between them.
//!
//! What is added to the times of a log to have them on one common clock is its *offset*. A message was sent before it
//! arrived: that bounds the difference of two offsets. An acknowledgement that was heard bounds it from the other side, and so
//! do END, which knows what had arrived, and a handshake, which comes after the other's STARTUP. Shortest paths over these bounds
//! give for each machine the interval in which its offset lies; bounds that contradict each other are a cycle of negative length.
//!
//! Clocks drift. The offset of a log is a number at each *knot*, a moment every 30 s; a bound from another moment is wider by as
//! much as clocks can drift apart in between. One machine is the measure of time: its offset is 0.

mod knots;
mod logged_bounds;
mod options;
mod paths;
mod witness;

use super::by_machine::ByMachine;
use super::checkpoint::{Checkpoint, GoOn};
use super::matching::{Completed, Evidence, LogNotes};
use crate::causality::ids::Ids;
use crate::causality::trace::Trace;
use crate::error::Result;
use crate::log::history::{History, Note};
use crate::model::rules::Rules;
use knots::Knots;
use logged_bounds::LoggedBounds;
pub use options::AlignOptions;
use paths::Paths;
pub use witness::Contradiction;

/// The offsets of all machines, in seconds.
#[derive(Debug, Clone, Default)]
pub struct Alignment {
    /// The machines that have a log, sorted.
    pub machines: Vec<u64>,
    /// The smallest offset that the log of each can have at its knots; negative infinity without a bound.
    pub low: Vec<f64>,
    /// The middle; with one side open the value nearest 0, without bounds NaN.
    pub best: Vec<f64>,
    /// The largest offset.
    pub high: Vec<f64>,
    /// How many messages gave bounds.
    pub messages: u64,
}

/// The offsets, or what shows that there are none.
pub type Aligned = std::result::Result<Alignment, Box<Contradiction>>;

/// Aligns the clocks of logs, whose times are as they were logged.
///
/// # Errors
///
/// If an option is none, or `go_on` said no.
pub fn align(
    history: &History,
    rules: &Rules,
    options: &AlignOptions,
    go_on: &mut GoOn<'_>,
) -> Result<Aligned> {
    options.check()?;
    let checkpoint = &mut Checkpoint::of_query(go_on);
    let count = history.logs.len();
    let mut alignment = Alignment {
        machines: history.logs.iter().map(|log| log.machine_id).collect(),
        ..Alignment::default()
    };
    if count == 0 || !history.has_times {
        // Without times nothing is known.
        alignment.low = vec![f64::NEG_INFINITY; count];
        alignment.best = vec![f64::NAN; count];
        alignment.high = vec![f64::INFINITY; count];
        return Ok(Ok(alignment));
    }
    let ids = Ids::new(alignment.machines.clone());
    let trace = Trace::of(&history.columns);
    let spans = history.logs.iter();
    let spans = spans.map(|log| log.rows.start as u32..log.rows.end as u32);
    let by_machine = ByMachine::of_logs(ids, spans);
    let notes = history.logs.iter();
    let notes = notes.map(|log| LogNotes::of_log(log, rules.start));
    let named = history.logs.iter().flat_map(|log| &log.marks);
    let named = named.filter_map(|mark| match &mark.note {
        Note::Connect(hand) => Some(hand.peer_id),
        _ => None,
    });
    let evidence = Evidence::new((trace, rules), by_machine, notes.collect(), named);
    let completed = if Completed::is_complete(&trace, rules) {
        Completed::as_logged(&trace)
    } else {
        Completed::new(&trace, &evidence, checkpoint)?
    };
    let knots = Knots::new(history, options.max_drift, checkpoint)?;
    let logged = LoggedBounds::new(
        history,
        &evidence,
        &completed,
        (&knots, options),
        checkpoint,
    )?;
    alignment.messages = logged.messages;
    let paths = Paths::new(knots.len(), logged.bounds);
    if let Some(cycle) = paths.negative_cycle(checkpoint)? {
        let contradiction = Contradiction::new(history, &cycle);
        return Ok(Err(Box::new(contradiction)));
    }
    let reference = knots.reference();
    let high = paths.from(reference, checkpoint)?;
    let low = paths.to(reference, checkpoint)?;
    for log in 0..count {
        let nodes = knots.of_log(log);
        let highest = high[nodes.clone()].iter().flatten().max();
        let lowest = low[nodes].iter().flatten().max();
        let seconds = |nanos: i128| nanos as f64 / 1e9;
        let low = lowest.map_or(f64::NEG_INFINITY, |&nanos| seconds(-nanos));
        let high = highest.map_or(f64::INFINITY, |&nanos| seconds(nanos));
        alignment.low.push(low);
        alignment.best.push(best(low, high));
        alignment.high.push(high);
    }
    Ok(Ok(alignment))
}

/// The value to take of an interval.
fn best(low: f64, high: f64) -> f64 {
    match (low.is_finite(), high.is_finite()) {
        (true, true) => low.midpoint(high),
        (true, false) => low.max(0.0),
        (false, true) => high.min(0.0),
        (false, false) => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::best;

    #[test]
    fn with_one_side_open_the_value_nearest_0_is_best() {
        let open = f64::INFINITY;
        for (low, high, right) in [
            (1.0, 3.0, 2.0_f64),
            (-1.0, 3.0, 1.0),
            (1.0, open, 1.0),
            (-1.0, open, 0.0),
            (-open, 1.0, 0.0),
            (-open, -1.0, -1.0),
        ] {
            assert_eq!(best(low, high).to_bits(), right.to_bits());
        }
        assert!(best(-open, open).is_nan());
    }
}
