//! Whether one step brings any two guesses closer.

use super::links::Inflows;
use super::mesh::LEAST;

/// The most sums that the powers of a matrix may take.
const MOST_WORK: usize = 200_000_000;
/// The most powers.
const POWERS: usize = 4_000;

/// Whether u = max(0, r - A u) has one solution whatever r is: what an idle tick of each sends adds up to less than
/// one message, or the spectral radius of A is below 1, which is so if and only if some power of it has row sums
/// below 1.
pub(super) fn contracts(inflows: &Inflows) -> bool {
    let machines = inflows.machines();
    let mut sent = vec![0.0; machines];
    for machine in 0..machines {
        for &(sender, share) in inflows.to(machine) {
            sent[sender as usize] += share;
        }
    }
    if sent.iter().all(|&sum| sum < 1.0 - LEAST) {
        return true;
    }
    let powers = POWERS.min(MOST_WORK / (machines + inflows.count()).max(1));
    let mut sums = vec![1.0; machines];
    for _ in 0..powers {
        let next: Vec<f64> = (0..machines).map(|to| inflows.sum(to, &sums)).collect();
        if next.iter().all(|&sum| sum < 1.0 - LEAST) {
            return true;
        }
        if next == sums {
            return false;
        }
        sums = next;
    }
    false
}
