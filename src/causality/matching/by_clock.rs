//! Events by their clocks: which of a machine's events a timestamp names, whoever it was sent to.

/// The clocks of each machine's events, which go up on it, and where the last look-up ended.
pub(in crate::causality) struct ByClock<'a> {
    /// The clocks of the machine at k stand from `starts[k]` to `starts[k + 1]`.
    starts: &'a [u32],
    clocks: &'a [i64],
    /// By machine, where what was looked for last was: the next is near.
    hints: Vec<u32>,
}

impl<'a> ByClock<'a> {
    /// The clocks of the machine at k are `clocks[starts[k]..starts[k + 1]]`.
    pub(in crate::causality) fn new(starts: &'a [u32], clocks: &'a [i64]) -> Self {
        Self {
            starts,
            clocks,
            hints: starts.to_vec(),
        }
    }

    /// Which of the events of the machine at `place`, from 0, has this clock.
    pub(in crate::causality) fn find(&mut self, place: usize, clock: i64) -> Option<usize> {
        let span = self.starts[place] as usize..self.starts[place + 1] as usize;
        let hint = self.hints[place] as usize - span.start;
        let index = near(&self.clocks[span.clone()], hint, clock)?;
        self.hints[place] = (span.start + index) as u32;
        Some(index)
    }
}

/// The place of `wanted` among the sorted clocks, looked for from `hint` outwards.
fn near(clocks: &[i64], hint: usize, wanted: i64) -> Option<usize> {
    let (mut low, mut high) = (0, clocks.len());
    let mut step = 1;
    if clocks.get(hint).is_some_and(|&clock| clock <= wanted) {
        low = hint;
        while low + step < high {
            if clocks[low + step] > wanted {
                high = low + step;
                break;
            }
            low += step;
            step *= 2;
        }
    } else {
        high = hint.min(high);
        while high >= step {
            if clocks[high - step] <= wanted {
                low = high - step;
                break;
            }
            high -= step;
            step *= 2;
        }
    }
    clocks[low..high]
        .binary_search(&wanted)
        .ok()
        .map(|place| low + place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn near_finds_what_a_plain_search_finds(
            steps in prop::collection::vec(1_i64..4, 0..40),
            hint in 0_usize..50,
            wanted in -2_i64..120,
        ) {
            let clocks: Vec<i64> = steps.iter().scan(0, |sum, step| { *sum += step; Some(*sum) }).collect();
            let hint = hint.min(clocks.len());
            prop_assert_eq!(near(&clocks, hint, wanted), clocks.binary_search(&wanted).ok());
        }
    }
}
