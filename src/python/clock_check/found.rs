//! What is wrong with a clock, and where it shows.

use pyo3::prelude::*;

use super::carry_out::CarriedOut;
use super::raised::ClockRaised;

/// What a clock is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ClockVerdict {
    Sound,
    Irreflexive,
    Complete,
    Mutated,
    Raised,
    Repeatable,
    Bounded,
}

impl ClockVerdict {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Sound => "sound",
            Self::Irreflexive => "irreflexive",
            Self::Complete => "complete",
            Self::Mutated => "mutated",
            Self::Raised => "raised",
            Self::Repeatable => "repeatable",
            Self::Bounded => "bounded",
        }
    }
}

/// Where a verdict shows in a plan.
pub(super) struct Finding<'py> {
    pub(super) verdict: ClockVerdict,
    /// The steps it is about: two of a pair, one that became another, none.
    pub(super) steps: Vec<usize>,
    /// Two stamps: of the steps, or of one at two times.
    pub(super) stamps: Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)>,
    pub(super) raised: Option<ClockRaised>,
    /// Whether it is comparing that changed a stamp.
    pub(super) is_by_comparing: bool,
    /// By step, the sizes of stamps that keep growing.
    pub(super) sizes: Vec<f64>,
    /// The stamps of all steps.
    pub(super) all: Vec<Bound<'py, PyAny>>,
}

impl<'py> Finding<'py> {
    pub(super) fn of_pair(
        verdict: ClockVerdict,
        (a, b): (usize, usize),
        done: &CarriedOut<'py>,
    ) -> Self {
        let stamps = (done.copies[a].clone(), done.copies[b].clone());
        Self {
            steps: vec![a, b],
            stamps: Some(stamps),
            ..Self::new(verdict, done.copies.clone())
        }
    }

    /// The stamp of a step, which is another at another time.
    pub(super) fn of_one(
        verdict: ClockVerdict,
        step: usize,
        done: &CarriedOut<'py>,
        other: Bound<'py, PyAny>,
    ) -> Self {
        Self {
            steps: vec![step],
            stamps: Some((done.copies[step].clone(), other)),
            ..Self::new(verdict, done.copies.clone())
        }
    }

    /// The stamp of a step, which became another when it was compared.
    pub(super) fn of_compared(
        step: usize,
        done: &CarriedOut<'py>,
        was: Bound<'py, PyAny>,
        now: Bound<'py, PyAny>,
    ) -> Self {
        Self {
            steps: vec![step],
            stamps: Some((was, now)),
            is_by_comparing: true,
            ..Self::new(ClockVerdict::Mutated, done.copies.clone())
        }
    }

    pub(super) fn of_sizes(done: &CarriedOut<'py>, sizes: Vec<f64>) -> Self {
        let ends = done.copies.first().zip(done.copies.last());
        Self {
            steps: vec![0, done.copies.len() - 1],
            stamps: ends.map(|(first, last)| (first.clone(), last.clone())),
            sizes,
            ..Self::new(ClockVerdict::Bounded, done.copies.clone())
        }
    }

    pub(super) fn of_raised(raised: ClockRaised, all: Vec<Bound<'py, PyAny>>) -> Self {
        Self {
            steps: raised.step.into_iter().collect(),
            raised: Some(raised),
            ..Self::new(ClockVerdict::Raised, all)
        }
    }

    fn new(verdict: ClockVerdict, all: Vec<Bound<'py, PyAny>>) -> Self {
        Self {
            verdict,
            steps: Vec::new(),
            stamps: None,
            raised: None,
            is_by_comparing: false,
            sizes: Vec::new(),
            all,
        }
    }

    /// Whether the function that tells the size of a stamp raised something.
    pub(super) fn is_of_size(&self) -> bool {
        let raised = self.raised.as_ref();
        raised.is_some_and(|raised| raised.doing == "size")
    }

    /// Whether it is wrong in the same way: an exception must be of the same class, and be raised doing the same.
    pub(super) fn is_like(&self, py: Python<'py>, other: &Self) -> bool {
        self.verdict == other.verdict
            && self.is_by_comparing == other.is_by_comparing
            && match (&self.raised, &other.raised) {
                (Some(one), Some(other)) => {
                    let class = |raised: &ClockRaised| raised.error.get_type(py);
                    one.doing == other.doing && class(one).is(class(other))
                }
                _ => true,
            }
    }
}
