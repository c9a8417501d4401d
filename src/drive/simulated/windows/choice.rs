//! On how many threads a run is made, and why not on more.

use std::fmt;
use std::num::NonZero;
use std::thread::available_parallelism;

use crate::drive::simulated::engine::Simulation;
use crate::model::message::Nanos;

/// Ticks of a thread in a window below which waiting for the others takes longer than is won.
const LEAST_TICKS: f64 = 64.0;
/// Ticks of a run that is over before threads have begun.
const SHORT: f64 = 100_000.0;
/// Ticks in a window at most, and messages, about: what is kept until its end.
const MOST: f64 = 131_072.0;

/// How a run is cut.
#[derive(Debug, Clone, Copy)]
pub struct Windows {
    /// A block of machines for each; no more than there are machines.
    pub threads: usize,
    /// How many threads can run at a time.
    pub processors: usize,
    /// How long a window is, at most as long as the least delay of a message.
    pub width: Nanos,
}

/// What was chosen.
#[derive(Debug)]
pub struct Choice {
    /// `None`: one thread, without windows.
    pub windows: Option<Windows>,
    /// Why these are fewer threads than were asked for.
    pub why: Option<String>,
}

impl Simulation {
    /// On how many threads this run is fast: at most so many, or as many as there are processors.
    pub fn choose(&self, asked: Option<NonZero<usize>>) -> Choice {
        let processors = available_parallelism().map_or(1, NonZero::get);
        self.choose_among(asked.map(NonZero::get), processors)
    }

    fn choose_among(&self, asked: Option<usize>, processors: usize) -> Choice {
        let setup = &self.ground.setup;
        let (least, rate) = (setup.latency.least(), self.mean_rate() / 1e9);
        let all = rate * 1e9 * setup.duration;
        let ticks = rate * least as f64;
        let is_short = all <= SHORT;
        let bounds = [
            (self.seats.len(), Limit::Machines(self.seats.len())),
            (if is_short { 1 } else { usize::MAX }, Limit::Ticks(all)),
            (
                (ticks / LEAST_TICKS) as usize,
                Limit::Least { ticks, least },
            ),
            (processors, Limit::Processors(processors)),
        ];
        let bounds = bounds.into_iter().map(|(most, bound)| (most.max(1), bound));
        let (most, bound) = bounds
            .min_by_key(|(most, _)| *most)
            .expect("there are some");
        let threads = asked.unwrap_or(most).min(most);
        let why = asked.filter(|&asked| asked > threads).map(|asked| {
            let used = if threads == 1 {
                "thread was"
            } else {
                "threads were"
            };
            format!("{threads} {used} used, not threads={asked}: {bound}")
        });
        let messages = setup.expected_messages().max(1.0);
        let width = (MOST / (rate * messages)).min(least as f64);
        let windows = (threads > 1).then(|| Windows {
            threads,
            processors,
            width: (width as Nanos).max(1),
        });
        Choice { windows, why }
    }
}

/// What bounds the number of threads.
#[derive(Debug)]
enum Limit {
    Processors(usize),
    Machines(usize),
    /// So many ticks are all that there are.
    Ticks(f64),
    /// So many ticks are in the least time that a message takes.
    Least {
        ticks: f64,
        least: Nanos,
    },
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Processors(1) => write!(f, "there is one processor"),
            Self::Processors(count) => write!(f, "there are {count} processors"),
            Self::Machines(1) => write!(f, "there is one machine"),
            Self::Machines(count) => write!(f, "there are {count} machines"),
            Self::Ticks(all) => write!(f, "the run is short, of about {all:.0} ticks"),
            Self::Least { least: 0, .. } => write!(
                f,
                "a message may arrive as soon as it is sent, which ties machines together; a latency of which no delay \
                 is shorter than some time lets them tick side by side for that long, such as \
                 Exponential(mean, minimum)"
            ),
            Self::Least { ticks, least } => write!(
                f,
                "in the {} s that a message takes at the least, all machines together tick about {ticks:.1} times; \
                 a thread is worth its while from {LEAST_TICKS} of them on",
                *least as f64 / 1e9
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drive::simulated::setup::Setup;
    use crate::model::behavior::Behavior;
    use crate::model::discipline::Discipline;
    use crate::model::latency::Latency;
    use crate::model::manner::Manners;
    use crate::model::topology::Topology;

    fn choice(machines: u32, latency: Latency, asked: Option<usize>, processors: usize) -> Choice {
        let setup = Setup {
            topology: Topology::Ring(machines),
            duration: 1000.0,
            rates: Some(vec![4.0; machines as usize]),
            max_rate: 6,
            behavior: Behavior::default(),
            discipline: Discipline::default(),
            manners: Manners::default(),
            latency,
            seed: 1,
            faults: Vec::new(),
        };
        Simulation::new(setup)
            .unwrap()
            .choose_among(asked, processors)
    }

    #[test]
    fn threads_are_used_where_each_has_enough_to_do() {
        let threads = |machines, delay, asked, processors| {
            let choice = choice(machines, Latency::Constant(delay), asked, processors);
            choice.windows.map_or(1, |windows| windows.threads)
        };
        // 4,000 machines tick 16 times a millisecond.
        assert_eq!(threads(4000, 0.007, None, 8), 1);
        assert_eq!(threads(4000, 0.0081, None, 8), 2);
        assert_eq!(threads(4000, 0.013, None, 8), 3);
        assert_eq!(threads(4000, 0.1, None, 8), 8);
        assert_eq!(threads(4000, 0.1, None, 1), 1);
        assert_eq!(threads(4000, 0.1, Some(3), 8), 3);
        assert_eq!(threads(4000, 0.1, Some(1000), 2), 2);
        assert_eq!(threads(4000, 0.1, Some(1), 8), 1);
        // Over before threads have begun.
        assert_eq!(threads(20, 10.0, None, 8), 1);
    }

    #[test]
    fn a_window_is_no_longer_than_what_is_kept_until_its_end() {
        let width = |delay| {
            let choice = choice(4000, Latency::Constant(delay), None, 2);
            choice.windows.unwrap().width
        };
        assert_eq!(width(0.1), 100_000_000);
        assert!((8_000_000_000..8_400_000_000).contains(&width(1000.0)));
    }

    #[test]
    fn fewer_than_were_asked_for_say_why() {
        let why = |machines, latency, asked, processors| {
            choice(machines, latency, Some(asked), processors)
                .why
                .unwrap_or_default()
        };
        let often = || Latency::Constant(1.0);
        assert_eq!(why(4000, often(), 2, 2), "");
        assert_eq!(why(4000, often(), 1, 8), "");
        for (said, words) in [
            (
                why(4000, often(), 7, 2),
                "2 threads were used, not threads=7: there are 2 processors",
            ),
            (
                why(4000, often(), 7, 1),
                "1 thread was used, not threads=7: there is one processor",
            ),
            (
                why(4000, Latency::Exponential(1.0), 2, 2),
                "a message may arrive as soon as it is sent",
            ),
            (
                why(4000, Latency::Constant(0.001), 2, 2),
                "in the 0.001 s that a message takes at the least, all \
              machines together tick about 16.0 times",
            ),
            (
                why(20, Latency::Constant(9.0), 2, 2),
                "the run is short, of about 80000 ticks",
            ),
            (why(1, Latency::Constant(9.0), 2, 2), "there is one machine"),
        ] {
            assert!(said.contains(words), "{said}");
        }
    }
}
