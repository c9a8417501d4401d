//! Whether the sizes of stamps keep growing though machines do not.

/// The windows of a run, of equal lengths.
const WINDOWS: usize = 8;

/// Whether the largest size grows from each eighth of a run to the next, and in the second half at least two thirds as much
/// as in the first. What has room for all that it will ever hold, or only needs more digits, does not.
pub fn keeps_growing(sizes: &[f64]) -> bool {
    let length = sizes.len() / WINDOWS;
    if length == 0 {
        return false;
    }
    let largest: Vec<f64> = sizes
        .chunks_exact(length)
        .take(WINDOWS)
        .map(|window| window.iter().copied().fold(f64::MIN, f64::max))
        .collect();
    let half = largest[WINDOWS / 2 - 1];
    largest.windows(2).all(|pair| pair[0] < pair[1])
        && 3.0 * (largest[WINDOWS - 1] - half) >= 2.0 * (half - largest[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(size: impl Fn(f64) -> f64) -> Vec<f64> {
        (0..1024).map(|step| size(f64::from(step))).collect()
    }

    #[test]
    fn what_keeps_growing_and_what_does_not() {
        assert!(keeps_growing(&sizes(|step| step)));
        assert!(keeps_growing(&sizes(|step| 20.0 + (step / 100.0).floor())));
        assert!(keeps_growing(&sizes(f64::sqrt)));
        assert!(!keeps_growing(&sizes(|_| 8.0)));
        assert!(!keeps_growing(&sizes(|step| step.min(700.0))));
        assert!(!keeps_growing(&sizes(|step| (step + 1.0).log2())));
        assert!(!keeps_growing(&sizes(|step| step % 50.0)));
        assert!(!keeps_growing(&[]));
        assert!(!keeps_growing(&[1.0; 7]));
    }
}
