//! What theory says, of queues and of clocks.

mod corners;
mod growth;
mod solutions;

use super::*;

fn predicted(rates: &[f64], topology: &Topology, behavior: Behavior) -> Prediction {
    predict(rates, topology, behavior, &mut || true).unwrap()
}

fn classic(rates: &[f64]) -> Prediction {
    let topology = Topology::Full(rates.len() as u32);
    predicted(rates, &topology, Behavior::default())
}

fn clocks(rates: &[f64], topology: &Topology, behavior: Behavior) -> ClockPrediction {
    let common = (behavior, &Manners::default());
    predict_clocks(rates, topology, common, &mut || true)
        .unwrap()
        .1
}

#[track_caller]
fn near(got: &[f64], expected: &[f64]) {
    assert_eq!(got.len(), expected.len());
    for (got, expected) in got.iter().zip(expected) {
        assert!((got - expected).abs() < 1e-9, "{got} {expected}");
    }
}

/// The ring in which each machine sends to the next.
fn circle(machines: u32) -> Topology {
    let peers = (0..machines).map(|one| vec![(one + 1) % machines]);
    Topology::adjacency(peers.collect()).unwrap()
}

/// Machines that each send to the next, the last to nobody.
fn chain(machines: u32) -> Topology {
    let peers = (1..machines).map(|next| vec![next]).chain([vec![]]);
    Topology::adjacency(peers.collect()).unwrap()
}
