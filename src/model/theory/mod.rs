//! What theory expects of a run, without running it.

mod chains;
mod clock_growth;
mod components;
mod contraction;
mod corners;
mod direct;
mod enclosure;
mod enumeration;
mod fixed_points;
mod links;
mod mesh;
mod solutions;

use crate::error::{Error, Result};
use crate::model::behavior::Behavior;
use crate::model::manner::Manners;
use crate::model::topology::Topology;
use crate::setting::check_rate;
use clock_growth::{Growth, Growths, clock_growth};
use fixed_points::fixed_points;
use links::Links;
pub use solutions::FixedPoints;

/// One value a machine; NaN where it is not known to be unique.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// Ticks per second, as given.
    pub clock_rate: Vec<f64>,
    /// Ticks per second that find the queue empty.
    pub idle_rate: Vec<f64>,
    /// Messages per second that arrive.
    pub arrival_rate: Vec<f64>,
    /// Messages that arrive per tick.
    pub load: Vec<f64>,
    /// How fast the queue grows, in messages per second: 0 up to load 1.
    pub queue_growth: Vec<f64>,
    /// The idle rates that fulfil the equations.
    pub solutions: FixedPoints,
}

/// How fast clocks grow, one value a machine, per second.
#[derive(Debug, Clone, PartialEq)]
pub struct ClockPrediction {
    /// A fitted value; NaN where only the bounds are known.
    pub growth: Vec<f64>,
    /// The least that it is, proved.
    pub low: Vec<f64>,
    /// The most.
    pub high: Vec<f64>,
    /// The largest growth less the smallest; NaN if that is not known.
    pub drift: f64,
}

/// What machines with these rates do in the long run.
///
/// A machine with rate r and arrivals a is idle at u = max(0, r - a) ticks per second, and each
/// idle tick sends to a given peer with a fixed probability. Rates that fulfil this for all
/// machines are predicted where they are known to be unique.
///
/// `go_on` is asked every few milliseconds; when it says no, it ends with an error.
pub fn predict(
    rates: &[f64],
    topology: &Topology,
    behavior: Behavior,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Prediction> {
    predict_each(rates, topology, (behavior, &Manners::default()), go_on)
}

/// The same for machines that may differ in what they do when idle and in whom they send to.
pub fn predict_each(
    rates: &[f64],
    topology: &Topology,
    common: (Behavior, &Manners),
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Prediction> {
    let links = checked(rates, topology, common)?;
    queues(rates, &links, go_on)
}

/// The same, and how fast clocks grow: of machines that tick evenly, where messages take little of a period.
pub fn predict_clocks(
    rates: &[f64],
    topology: &Topology,
    common: (Behavior, &Manners),
    go_on: &mut dyn FnMut() -> bool,
) -> Result<(Prediction, ClockPrediction)> {
    let links = checked(rates, topology, common)?;
    let queues = queues(rates, &links, go_on)?;
    let Growths { each, drift } = if matches!(queues.solutions, FixedPoints::Unique(_)) {
        clock_growth(rates, &links, &queues.idle_rate, &queues.arrival_rate)
    } else {
        Growths {
            each: vec![Growth::UNKNOWN; rates.len()],
            drift: f64::NAN,
        }
    };
    let clocks = ClockPrediction {
        growth: each.iter().map(|growth| growth.value).collect(),
        low: each.iter().map(|growth| growth.low).collect(),
        high: each.iter().map(|growth| growth.high).collect(),
        drift,
    };
    Ok((queues, clocks))
}

fn checked(
    rates: &[f64],
    topology: &Topology,
    (behavior, manners): (Behavior, &Manners),
) -> Result<Links> {
    for &rate in rates {
        check_rate(rate)?;
    }
    if rates.len() != topology.machines() as usize {
        return Err(Error::invalid(format!(
            "{} rates for {} machines: give one rate per machine",
            rates.len(),
            topology.machines()
        )));
    }
    manners.check(topology)?;
    Ok(Links::new(topology, behavior, manners))
}

fn queues(rates: &[f64], links: &Links, go_on: &mut dyn FnMut() -> bool) -> Result<Prediction> {
    let solutions = fixed_points(rates, links, go_on)?;
    let idle = match &solutions {
        FixedPoints::Unique(only) => only.clone(),
        _ => vec![f64::NAN; rates.len()],
    };
    let arrival_rate = match solutions {
        FixedPoints::Unique(_) => links.arrivals(&idle),
        _ => idle.clone(),
    };
    // The sum of nothing is -0.0.
    let arrival_rate: Vec<f64> = arrival_rate.iter().map(|rate| rate + 0.0).collect();
    let each = |value: fn(f64, f64) -> f64| -> Vec<f64> {
        let pairs = rates.iter().zip(&arrival_rate);
        pairs
            .map(|(&rate, &arrivals)| value(rate, arrivals))
            .collect()
    };
    Ok(Prediction {
        clock_rate: rates.to_vec(),
        load: each(|rate, arrivals| arrivals / rate),
        queue_growth: each(|rate, arrivals| {
            if arrivals.is_nan() {
                f64::NAN
            } else {
                (arrivals - rate).max(0.0)
            }
        }),
        idle_rate: idle,
        arrival_rate,
        solutions,
    })
}

#[cfg(test)]
mod tests;
