//! The one solution, by linear equations, where bounds close too slowly.

use super::enclosure::precision;
use super::links::Inflows;

/// The most machines that equations are solved for at once.
const MOST: usize = 500;
/// Guesses of who is ever idle before it is given up.
const GUESSES: usize = 200;

/// The solution u = max(0, offered - A u) near `guess`, if it is found: who is idle there is solved for, and
/// guessed again from what comes out.
pub(super) fn solution(offered: &[f64], inflows: &Inflows, guess: &[f64]) -> Option<Vec<f64>> {
    let machines = offered.len();
    if machines > MOST {
        return None;
    }
    let mut idle: Vec<bool> = guess.iter().map(|&rate| rate > 0.0).collect();
    for _ in 0..GUESSES {
        let found = solve(offered, inflows, &idle)?;
        let mut is_right = true;
        for machine in 0..machines {
            let arrivals = inflows.sum(machine, &found);
            let left = offered[machine] - arrivals;
            let bound = precision(offered[machine].abs(), arrivals.abs());
            let stays = if idle[machine] {
                found[machine] >= -bound
            } else {
                left <= bound
            };
            if !stays {
                is_right = false;
                idle[machine] = !idle[machine];
            }
        }
        if is_right {
            return Some(found.into_iter().map(|rate| rate.max(0.0)).collect());
        }
    }
    None
}

/// The idle rates of those that are idle, of others 0.
fn solve(offered: &[f64], inflows: &Inflows, idle: &[bool]) -> Option<Vec<f64>> {
    let members: Vec<usize> = (0..offered.len()).filter(|&one| idle[one]).collect();
    let mut place = vec![usize::MAX; offered.len()];
    for (at, &member) in members.iter().enumerate() {
        place[member] = at;
    }
    let mut rows: Vec<Vec<f64>> = members
        .iter()
        .map(|&member| {
            let mut row = vec![0.0; members.len() + 1];
            row[place[member]] = 1.0;
            for &(sender, share) in inflows.to(member) {
                if idle[sender as usize] {
                    row[place[sender as usize]] += share;
                }
            }
            row[members.len()] = offered[member];
            row
        })
        .collect();
    let values = eliminate(&mut rows)?;
    let mut found = vec![0.0; offered.len()];
    for (&member, value) in members.iter().zip(values) {
        found[member] = value;
    }
    Some(found)
}

/// Gauss with the largest pivots; nothing if the rows are dependent.
fn eliminate(rows: &mut [Vec<f64>]) -> Option<Vec<f64>> {
    let count = rows.len();
    for column in 0..count {
        let size = |row: &usize| rows[*row][column].abs();
        let pivot = (column..count).max_by(|a, b| size(a).total_cmp(&size(b)))?;
        rows.swap(column, pivot);
        let (above, below) = rows.split_at_mut(column + 1);
        let pivot = &above[column];
        if pivot[column] == 0.0 {
            return None;
        }
        for row in below {
            let factor = row[column] / pivot[column];
            if factor != 0.0 {
                let pairs = row[column..].iter_mut().zip(&pivot[column..]);
                pairs.for_each(|(value, above)| *value -= factor * above);
            }
        }
    }
    let mut values = vec![0.0; count];
    for at in (0..count).rev() {
        let row = &rows[at];
        let known: f64 = (at + 1..count)
            .map(|other| row[other] * values[other])
            .sum();
        values[at] = (row[count] - known) / row[at];
    }
    Some(values)
}
