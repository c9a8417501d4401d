//! Schedules: drawn from a seed, run, and made small when they fail.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use lamport::model::behavior::Behavior;
use lamport::model::message::Nanos;
use lamport::model::random::Generator;

use super::broken::Twist;
use super::figures::Figures;
use super::process::behavior;
use super::world::{run, tell};

/// The machines of a world.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is drawn for itself")]
pub struct Setup {
    pub seed: u64,
    pub run_id: String,
    /// For each machine its peers, and whether it is listed under its second address.
    pub peers: Vec<Vec<(usize, bool)>>,
    pub behavior: Behavior,
    /// What is added to each message's way.
    pub delay: Nanos,
    /// Whether all queues are emptied before the end.
    pub is_drained: bool,
    /// Whether the machines end as soon as all are connected, whatever is under way.
    pub is_abrupt: bool,
    /// Whether the machines have a key.
    pub is_keyed: bool,
    /// Whether someone says hello as machines that it is not.
    pub is_deceived: bool,
}

/// A world and the decisions of what happens in it.
#[derive(Debug, Clone)]
pub struct Schedule {
    pub setup: Setup,
    pub steps: Vec<u64>,
}

/// A schedule that failed.
#[derive(Debug)]
pub struct Found {
    pub seed: u64,
    /// What went wrong, with all its steps.
    pub first: String,
    /// As few steps as were found to fail.
    pub smallest: Schedule,
    pub twist: Twist,
}

impl Schedule {
    /// The schedule of a seed: two to four machines, all or some of them peers, and up to 160 steps.
    pub fn draw(seed: u64, twist: Twist) -> Self {
        let mut chance = Generator::new(seed, 0, 0);
        let count = 2 + [0, 0, 1, 2][chance.below(4) as usize];
        // One world in four has machines that do not answer those who send to them.
        let is_partial = chance.below(4) == 0;
        let mut peers: Vec<Vec<(usize, bool)>> = (0..count)
            .map(|index| {
                let others = (0..count).filter(|&other| other != index);
                let chosen = others.filter(|_| !is_partial || chance.below(2) == 0);
                chosen.map(|other| (other, false)).collect()
            })
            .collect();
        if twist.has_alias {
            peers[0].push((1, true));
        }
        let (choice, delay) = (chance.below(3), [0, 0, 20_000][chance.below(3) as usize]);
        let is_drained = chance.below(2) == 0;
        // Handshakes with a key take as long as a whole world.
        let is_keyed = twist == Twist::default() && seed.is_multiple_of(50);
        let setup = Setup {
            seed: seed & ((1 << 48) - 1),
            run_id: "lab".into(),
            peers,
            behavior: behavior(choice),
            delay,
            is_drained,
            is_abrupt: !is_drained && !twist.has_alias && seed.is_multiple_of(2),
            is_keyed,
            is_deceived: twist == Twist::default() && !is_keyed && seed % 4 == 1,
        };
        let length = 20 + chance.below(140);
        Self {
            setup,
            steps: (0..length).map(|_| chance.bits()).collect(),
        }
    }

    /// Leaves out steps as long as it still fails.
    #[must_use]
    pub fn shrink(mut self, twist: Twist) -> Self {
        let mut width = self.steps.len() / 2;
        while width > 0 {
            let mut start = 0;
            let before = self.steps.len();
            while start < self.steps.len() {
                let mut shorter = self.clone();
                let end = (start + width).min(shorter.steps.len());
                shorter.steps.drain(start..end);
                if run(&shorter, twist, true).is_err() {
                    self = shorter;
                } else {
                    start += width;
                }
            }
            if width > 1 || self.steps.len() == before {
                width /= 2;
            }
        }
        self
    }
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (story, outcome) = tell(&self.smallest, self.twist);
        writeln!(
            f,
            "seed {} with {:?}: {}",
            self.seed, self.twist, self.first
        )?;
        writeln!(
            f,
            "{} steps are enough: {outcome:?}",
            self.smallest.steps.len()
        )?;
        writeln!(f, "peers {:?}", self.smallest.setup.peers)?;
        story
            .iter()
            .try_for_each(|line| writeln!(f, "  {}", line.trim_end()))
    }
}

/// Runs the schedules of the seeds from `first` on, on `threads` threads, until one fails. One in
/// `every` is verified too. `told` hears the figures now and then.
pub fn attack(
    first: u64,
    count: u64,
    twist: Twist,
    every: u64,
    threads: usize,
    told: &(dyn Fn(u64) + Sync),
) -> (Figures, Option<Found>) {
    const PORTION: u64 = 500;
    let next = AtomicU64::new(0);
    let is_over = AtomicBool::new(false);
    let all = Mutex::new((Figures::default(), None::<(u64, String)>));
    let work = || {
        while !is_over.load(Ordering::Relaxed) {
            let start = next.fetch_add(PORTION, Ordering::Relaxed);
            if start >= count {
                return;
            }
            let mut sum = Figures::default();
            let mut failed = None;
            for number in start..(start + PORTION).min(count) {
                let seed = first + number;
                let schedule = Schedule::draw(seed, twist);
                let is_verified = !twist.has_alias && number.is_multiple_of(every);
                match run(&schedule, twist, is_verified) {
                    Ok(figures) => sum += figures,
                    Err(what) => {
                        failed = Some((seed, what));
                        break;
                    }
                }
            }
            let mut all = all.lock().unwrap();
            all.0 += sum;
            if let Some(failed) = failed {
                is_over.store(true, Ordering::Relaxed);
                if all.1.as_ref().is_none_or(|known| failed.0 < known.0) {
                    all.1 = Some(failed);
                }
            }
            let schedules = all.0.schedules;
            drop(all);
            told(schedules);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    let (figures, failed) = all.into_inner().unwrap();
    let found = failed.map(|(seed, first)| Found {
        seed,
        first,
        smallest: Schedule::draw(seed, twist).shrink(twist),
        twist,
    });
    (figures, found)
}
