//! The idle rates of fully connected machines, in closed form.

use super::solutions::{FixedPoints, MOST_SOLUTIONS};

/// The nearest to 1 that a sum of probabilities is told from 1.
pub(super) const LEAST: f64 = 1e-12;
/// The most numbers that corners of a continuum are told in.
const MOST_NUMBERS: usize = 2_000_000;

/// The solutions, where an idle tick sends to each other machine with the probability `share`.
pub(super) fn fully_connected(rates: &[f64], share: f64) -> FixedPoints {
    if share < 1.0 - LEAST {
        return FixedPoints::Unique(below_one(rates, share));
    }
    // u = max(0, r - (U - u)): who is ever idle has the rate U, and nobody a larger one.
    let fastest = rates.iter().copied().fold(0.0, f64::max);
    let is_fastest = |rate: f64| rate >= fastest * (1.0 - LEAST);
    let places = (0..rates.len()).filter(|&place| is_fastest(rates[place]));
    let alone = |place: usize| {
        let mut idle = vec![0.0; rates.len()];
        idle[place] = fastest;
        idle
    };
    let most = MOST_SOLUTIONS.min(MOST_NUMBERS / rates.len()).max(2);
    let mut corners: Vec<Vec<f64>> = places.take(most).map(alone).collect();
    match corners.len() {
        1 => FixedPoints::Unique(corners.remove(0)),
        _ => FixedPoints::Continuum(corners),
    }
}

fn below_one(rates: &[f64], share: f64) -> Vec<f64> {
    let mut sorted = rates.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let (mut sum, mut count, mut total) = (0.0, 0.0, 0.0);
    // The k fastest machines are those that are ever idle.
    for (place, rate) in sorted.iter().enumerate() {
        sum += rate;
        count += 1.0;
        total = sum / (1.0 - share + count * share);
        if sorted
            .get(place + 1)
            .is_none_or(|next| share * total >= *next)
        {
            break;
        }
    }
    let idle = |rate: &f64| {
        if share <= 0.5 {
            return ((rate - share * total) / (1.0 - share)).max(0.0);
        }
        // The same from the mean of the idle ones, whose rates are near each other: nothing cancels if s is near 1.
        (total / count + (rate - sum / count) / (1.0 - share)).max(0.0)
    };
    rates.iter().map(idle).collect()
}
