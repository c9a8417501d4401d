//! The corners of solutions that are not single points.

/// Pivots below this are taken for 0.
pub(super) const SMALL: f64 = 1e-8;

/// A number that is linear in some idle rates, and must not be below 0.
#[derive(Debug, Clone)]
pub(super) struct Linear {
    pub(super) machine: usize,
    /// Whether it is the idle rate of its machine; else by how much more arrives than it has ticks.
    pub(super) is_idle: bool,
    pub(super) constant: f64,
    /// What each of the idle rates adds.
    pub(super) slopes: Vec<f64>,
    /// What rounding may make of 0.
    pub(super) slack: f64,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Corners {
    /// The idle rates at each corner, by machine; of machines that are not named 0.
    pub(super) points: Vec<Vec<(usize, f64)>>,
    /// Whether there is more between them.
    pub(super) is_continuum: bool,
    /// The largest number that was taken for 0.
    pub(super) neglected: f64,
    /// How many numbers were looked at.
    pub(super) work: usize,
}

/// The most numbers that are looked at for one choice of idle machines.
const MOST_WORK: usize = 50_000_000;

impl Corners {
    /// Finds the corners of where no line is below 0 and those of `zero`, which are of the idle rates that slopes are
    /// of, are 0, in their order. Corners where one of these idle rates is 0 are left out unless they end an edge:
    /// they are corners of fewer idle machines too.
    pub(super) fn find(&mut self, mut lines: Vec<Linear>, mut zero: Vec<Linear>) {
        let count = zero.len();
        // The idle rates themselves are lines.
        for (place, line) in zero.iter().enumerate() {
            let mut slopes = vec![0.0; count];
            slopes[place] = 1.0;
            lines.push(Linear {
                machine: line.machine,
                is_idle: true,
                constant: 0.0,
                slopes,
                slack: line.slack,
            });
        }
        while let Some(line) = take_steepest(&mut zero) {
            let column = line.steepest();
            if line.slopes[column].abs() < SMALL {
                zero.push(line);
                break;
            }
            for other in lines.iter_mut().chain(&mut zero) {
                other.substitute(&line, column);
            }
        }
        for line in &zero {
            if line.constant.abs() > line.slack {
                return;
            }
            let sizes = line.slopes.iter().map(|slope| slope.abs());
            self.neglected = sizes.fold(self.neglected, f64::max);
        }
        self.explore(&lines, 0);
    }

    /// Goes along the lines from `first` on that can be 0, down to edges and points.
    fn explore(&mut self, lines: &[Linear], first: usize) {
        let free = lines.first().map_or(0, |line| line.slopes.len());
        self.work += lines.len() * (1 + free);
        if self.work > MOST_WORK {
            return;
        }
        let is_flat = |line: &Linear| line.slopes.iter().all(|slope| slope.abs() < SMALL);
        if lines
            .iter()
            .any(|line| is_flat(line) && line.constant < -line.slack)
        {
            return;
        }
        match free {
            0 => self.points.push(at(lines, &[])),
            1 => self.edge(lines),
            _ => {
                for place in first..lines.len() {
                    let line = &lines[place];
                    if line.is_idle || is_flat(line) {
                        continue;
                    }
                    let column = line.steepest();
                    let mut rest = lines.to_vec();
                    for other in &mut rest {
                        other.substitute(line, column);
                    }
                    self.explore(&rest, place + 1);
                }
            }
        }
    }

    /// Both ends of where one idle rate can be anything.
    fn edge(&mut self, lines: &[Linear]) {
        let (mut from, mut to) = (f64::NEG_INFINITY, f64::INFINITY);
        for line in lines {
            let (slope, slack) = (line.slopes[0], line.slack);
            if slope >= SMALL {
                from = from.max(-line.constant / slope);
            } else if slope <= -SMALL {
                to = to.min(-line.constant / slope);
            } else if line.constant < -slack {
                return;
            }
        }
        // What rounding may make of 0 where it matters most.
        let steep = lines
            .iter()
            .filter(|line| line.is_idle && line.slopes[0].abs() >= SMALL);
        let slack = steep.map(|line| line.slack / line.slopes[0].abs());
        let slack = slack.fold(f64::INFINITY, f64::min);
        if !(from.is_finite() && to.is_finite()) || to < from - slack {
            return;
        }
        self.points.push(at(lines, &[from]));
        if to - from > 1e4 * slack {
            self.points.push(at(lines, &[to]));
            self.is_continuum = true;
        }
    }
}

impl Linear {
    /// Which of its slopes is the largest in size.
    fn steepest(&self) -> usize {
        let places = 0..self.slopes.len();
        let size = |place: &usize| self.slopes[*place].abs();
        places
            .max_by(|a, b| size(a).total_cmp(&size(b)))
            .unwrap_or(0)
    }

    /// Puts the idle rate of a column to what makes `zero` 0; the last column takes its place.
    fn substitute(&mut self, zero: &Self, column: usize) {
        let factor = self.slopes[column] / zero.slopes[column];
        if factor != 0.0 {
            self.constant -= factor * zero.constant;
            let pairs = self.slopes.iter_mut().zip(&zero.slopes);
            pairs.for_each(|(slope, of)| *slope -= factor * of);
        }
        self.slopes.swap_remove(column);
    }
}

/// Takes the line with the largest slope of all.
fn take_steepest(lines: &mut Vec<Linear>) -> Option<Linear> {
    let size = |line: &Linear| line.slopes.get(line.steepest()).map_or(0.0, |s| s.abs());
    let places = 0..lines.len();
    let place = places.max_by(|&a, &b| size(&lines[a]).total_cmp(&size(&lines[b])))?;
    Some(lines.swap_remove(place)).filter(|line| !line.slopes.is_empty())
}

/// The idle rates where those that are free have these values.
fn at(lines: &[Linear], values: &[f64]) -> Vec<(usize, f64)> {
    let idle = lines.iter().filter(|line| line.is_idle);
    idle.map(|line| {
        let pairs = line.slopes.iter().zip(values);
        let added: f64 = pairs.map(|(slope, value)| slope * value).sum();
        (line.machine, line.constant + added)
    })
    .collect()
}
