//! All idle rates that fulfil the equations.

use super::contraction::contracts;
use super::direct;
use super::enclosure::{Enclosure, enclose};
use super::enumeration::{self, Equations};
use super::links::{Inflows, Links};
use super::mesh::fully_connected;
use super::solutions::FixedPoints;
use crate::error::Result;

/// The most machines whose idle rates are open that all choices are tried of.
pub(super) const MOST_OPEN: usize = 20;

/// Solves the equations as far as that can be decided; `go_on` as in [`enclose`].
pub(super) fn fixed_points(
    rates: &[f64],
    links: &Links,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<FixedPoints> {
    match links {
        Links::Full(share) => Ok(fully_connected(rates, *share)),
        Links::Some(inflows) => linked(rates, inflows, go_on),
    }
}

fn linked(
    rates: &[f64],
    inflows: &Inflows,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<FixedPoints> {
    let bounds = enclose(rates, inflows, go_on)?;
    let mut idle = bounds.middle();
    let open = bounds.open(rates, inflows);
    if open.is_empty() {
        return Ok(FixedPoints::Unique(idle));
    }
    let inner = inflows.among(&open, &mut vec![0; rates.len()]);
    let offered = offered(rates, inflows, &idle, &open);
    if contracts(&inner) {
        let guess: Vec<f64> = open.iter().map(|&one| idle[one as usize]).collect();
        if let Some(found) = direct::solution(&offered, &inner, &guess) {
            put(&mut idle, &open, &found);
            return Ok(FixedPoints::Unique(idle));
        }
    }
    if open.len() > MOST_OPEN {
        return Ok(FixedPoints::Undecided);
    }
    let equations = Equations::new(&offered, &inner, within(&bounds, &open));
    let whole = |found: Vec<Vec<f64>>| {
        let each = found.into_iter().map(|some| {
            let mut whole = idle.clone();
            put(&mut whole, &open, &some);
            whole
        });
        each.collect::<Vec<_>>()
    };
    Ok(match enumeration::all(&equations, go_on)? {
        None => FixedPoints::Undecided,
        Some((corners, true)) => FixedPoints::Continuum(whole(corners)),
        Some((found, false)) => match found.len() {
            0 => FixedPoints::Undecided,
            1 => FixedPoints::Unique(whole(found).remove(0)),
            _ => FixedPoints::Several(whole(found)),
        },
    })
}

/// What is left of the rates of open machines beside what comes from the others.
fn offered(rates: &[f64], inflows: &Inflows, idle: &[f64], open: &[u32]) -> Vec<f64> {
    let mut closed = idle.to_vec();
    put(&mut closed, open, &vec![0.0; open.len()]);
    let left = |&one: &u32| rates[one as usize] - inflows.sum(one as usize, &closed);
    open.iter().map(left).collect()
}

fn within(bounds: &Enclosure, open: &[u32]) -> Vec<[f64; 2]> {
    let of = |&one: &u32| [bounds.low[one as usize], bounds.high[one as usize]];
    open.iter().map(of).collect()
}

fn put(idle: &mut [f64], open: &[u32], found: &[f64]) {
    for (&one, &value) in open.iter().zip(found) {
        idle[one as usize] = value;
    }
}
