//! All solutions of a few machines, by who is ever idle in them.

use super::corners::{self, Linear, SMALL};
use super::enclosure::WORK;
use super::links::Inflows;
use super::solutions::MOST_SOLUTIONS;
use crate::error::{Error, Result};

/// Pivots that are taken for 0 are known to be that only below this.
const ZERO: f64 = 1e-12;
/// Sums and comparisons after which it is given up: some seconds.
const MOST_WORK: usize = 3_000_000_000;

/// The equations u = max(0, offered - A u), and what bounds the solutions.
pub(super) struct Equations {
    /// Row by row I + A, and behind each row what is offered.
    rows: Vec<Vec<f64>>,
    /// The least and the largest value of each.
    pub(super) within: Vec<[f64; 2]>,
    /// What rounding may make of 0 in each row.
    pub(super) slack: Vec<f64>,
}

impl Equations {
    pub(super) fn new(offered: &[f64], inflows: &Inflows, within: Vec<[f64; 2]>) -> Self {
        let count = offered.len();
        let row = |machine: usize| {
            let mut row = vec![0.0; count + 1];
            row[machine] = 1.0;
            let senders = inflows.to(machine).iter();
            senders.for_each(|&(sender, share)| row[sender as usize] += share);
            row[count] = offered[machine];
            row
        };
        let high: Vec<f64> = within.iter().map(|[_, high]| *high).collect();
        let slack = |machine: usize| {
            1e-9 * (offered[machine].abs() + high[machine] + inflows.sum(machine, &high))
        };
        Self {
            rows: (0..count).map(row).collect(),
            slack: (0..count).map(slack).collect(),
            within,
        }
    }

    fn count(&self) -> usize {
        self.rows.len()
    }

    /// How often the machine is idle if all are as often as this.
    fn step(&self, machine: usize, idle: &[f64]) -> f64 {
        let row = &self.rows[machine];
        let pairs = row.iter().zip(idle).enumerate();
        let others = pairs.filter(|(place, _)| *place != machine);
        let arrivals: f64 = others.map(|(_, (share, rate))| share * rate).sum();
        (row[self.count()] - arrivals).max(0.0)
    }

    /// Whether these are idle rates of a solution.
    fn holds(&self, idle: &[f64]) -> bool {
        let is_step = |(machine, rate): (usize, &f64)| {
            (self.step(machine, idle) - rate).abs() <= 100.0 * self.slack[machine]
        };
        idle.iter().enumerate().all(is_step)
    }
}

/// What is decided of a machine, and so what its row tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decided {
    /// Nothing yet: the row is by how much more would arrive than it has ticks.
    Open,
    /// It is ever idle: the row is its idle rate.
    Idle,
    /// It never is: the row as for open ones, not below 0.
    Busy,
    /// It is ever idle, but its row, which is 0, does not tell how much.
    Held,
}

/// Each row as a constant and what the idle rates of open machines add to it.
#[derive(Clone)]
struct Tableau {
    /// Row by row, the constant last.
    cells: Vec<f64>,
    choices: Vec<Decided>,
    open: Vec<usize>,
}

/// What has been found, and what that took.
struct Finder<'a> {
    equations: &'a Equations,
    found: Vec<Vec<f64>>,
    is_continuum: bool,
    is_unsure: bool,
    work: usize,
    asked: usize,
    go_on: &'a mut dyn FnMut() -> bool,
}

/// Every solution and whether there is a continuum, of which these are the corners then. Nothing if there are too
/// many, or if pivots are so near to 0 that nobody can say.
pub(super) fn all(
    equations: &Equations,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Option<(Vec<Vec<f64>>, bool)>> {
    let mut finder = Finder {
        equations,
        found: Vec::new(),
        is_continuum: false,
        is_unsure: false,
        work: 0,
        asked: 0,
        go_on,
    };
    finder.search(Tableau::new(equations))?;
    let is_decided = !finder.is_unsure && !finder.is_over();
    Ok(is_decided.then_some((finder.found, finder.is_continuum)))
}

impl Finder<'_> {
    /// Whether it is given up.
    fn is_over(&self) -> bool {
        self.found.len() > MOST_SOLUTIONS || self.work > MOST_WORK
    }

    fn search(&mut self, mut tableau: Tableau) -> Result<()> {
        self.work += tableau.work();
        if self.work - self.asked >= WORK {
            self.asked = self.work;
            if !(self.go_on)() {
                return Err(Error::state("the prediction was interrupted"));
            }
        }
        if self.is_over() || !self.settle(&mut tableau) {
            return Ok(());
        }
        if tableau.open.is_empty() {
            let solution = tableau.constants(&self.equations.slack);
            self.add(solution);
            return Ok(());
        }
        let size = |machine: &usize| tableau.at(*machine, *machine).abs();
        let open = tableau.open.iter().copied();
        let undecided = open.filter(|&machine| tableau.choices[machine] == Decided::Open);
        let Some(machine) = undecided.max_by(|a, b| size(a).total_cmp(&size(b))) else {
            self.corners(&tableau);
            return Ok(());
        };
        let is_held = size(&machine) < SMALL;
        if self.equations.within[machine][0] <= self.equations.slack[machine] {
            let mut busy = tableau.clone();
            busy.leave(machine);
            self.search(busy)?;
        }
        if is_held {
            tableau.choices[machine] = Decided::Held;
        } else {
            tableau.pivot(machine);
        }
        self.search(tableau)
    }

    /// Decides what is forced; false if no solution is as decided so far.
    fn settle(&mut self, tableau: &mut Tableau) -> bool {
        let Equations { within, slack, .. } = self.equations;
        loop {
            let mut forced = None;
            for (machine, &slack) in slack.iter().enumerate() {
                let [least, most] = tableau.range(machine, within);
                let [low, high] = within[machine];
                let is_possible = match tableau.choices[machine] {
                    Decided::Idle => most >= low - slack && least <= high + slack,
                    Decided::Busy | Decided::Open => most >= -slack,
                    Decided::Held => most >= -slack && least <= slack,
                };
                if !is_possible {
                    return false;
                }
                if tableau.choices[machine] == Decided::Open && least > slack {
                    if low > slack {
                        return false;
                    }
                    forced = Some(machine);
                    break;
                }
            }
            let Some(machine) = forced else { return true };
            self.work += tableau.work();
            tableau.leave(machine);
        }
    }

    /// Where all that are open are held: the solutions that need not be single points.
    fn corners(&mut self, tableau: &Tableau) {
        let held = &tableau.open;
        self.work += tableau.work() * (1 + held.len());
        let line = |machine: usize, is_idle| Linear {
            machine,
            is_idle,
            constant: tableau.constant(machine),
            slopes: held.iter().map(|&one| tableau.at(machine, one)).collect(),
            slack: self.equations.slack[machine],
        };
        let count = self.equations.count();
        let others = (0..count).filter(|machine| !held.contains(machine));
        let lines = others.map(|machine| line(machine, tableau.choices[machine] == Decided::Idle));
        let zero = held.iter().map(|&machine| line(machine, false));
        let mut corners = corners::Corners::default();
        corners.find(lines.collect(), zero.collect());
        self.work += corners.work;
        if corners.is_continuum {
            self.is_continuum = true;
            self.is_unsure |= corners.neglected > ZERO;
        }
        for point in corners.points {
            let mut solution = vec![0.0; count];
            for (machine, rate) in point {
                solution[machine] = rate.max(0.0);
            }
            self.add(solution);
        }
    }

    /// Keeps a solution, if it is one, and new.
    fn add(&mut self, mut solution: Vec<f64>) {
        let equations = self.equations;
        for (machine, slack) in equations.slack.iter().enumerate() {
            // What is less than the others' digits tell is told by its own row.
            if solution[machine] <= *slack {
                solution[machine] = 0.0;
                solution[machine] = equations.step(machine, &solution);
            }
        }
        let is_old = self.found.iter().any(|old| {
            let mut pairs = old.iter().zip(&solution).zip(&equations.slack);
            pairs.all(|((old, new), slack)| (old - new).abs() <= 1e3 * slack)
        });
        self.work += self.found.len() * equations.count();
        if !is_old && equations.holds(&solution) {
            self.found.push(solution);
        }
    }
}

impl Tableau {
    fn new(equations: &Equations) -> Self {
        let count = equations.count();
        let mut cells = equations.rows.concat();
        for row in cells.chunks_mut(count + 1) {
            row[count] = -row[count];
        }
        Self {
            cells,
            choices: vec![Decided::Open; count],
            open: (0..count).collect(),
        }
    }

    fn width(&self) -> usize {
        self.choices.len() + 1
    }

    /// How many numbers a look at it takes.
    fn work(&self) -> usize {
        self.choices.len() * (4 + self.open.len())
    }

    fn at(&self, row: usize, column: usize) -> f64 {
        self.cells[row * self.width() + column]
    }

    fn constant(&self, row: usize) -> f64 {
        self.at(row, self.choices.len())
    }

    /// The least and the largest that a row can come to.
    fn range(&self, row: usize, within: &[[f64; 2]]) -> [f64; 2] {
        let cells = &self.cells[row * self.width()..][..self.width()];
        let constant = cells[self.choices.len()];
        let add = |[least, most]: [f64; 2], &column: &usize| {
            let (slope, [low, high]) = (cells[column], within[column]);
            if slope >= 0.0 {
                [least + slope * low, most + slope * high]
            } else {
                [least + slope * high, most + slope * low]
            }
        };
        self.open.iter().fold([constant; 2], add)
    }

    /// The solution, where nothing is open.
    fn constants(&self, slack: &[f64]) -> Vec<f64> {
        let value = |(row, slack): (usize, &f64)| match self.choices[row] {
            Decided::Idle => Some(self.constant(row)).filter(|rate| *rate > *slack),
            Decided::Busy | Decided::Open | Decided::Held => None,
        };
        let rows = slack.iter().enumerate();
        rows.map(|row| value(row).unwrap_or(0.0)).collect()
    }

    /// The machine is never idle.
    fn leave(&mut self, machine: usize) {
        self.choices[machine] = Decided::Busy;
        self.open.retain(|&other| other != machine);
    }

    /// The machine is idle, at the rate that uses up its ticks.
    fn pivot(&mut self, machine: usize) {
        self.choices[machine] = Decided::Idle;
        self.open.retain(|&other| other != machine);
        let (width, last) = (self.width(), self.choices.len());
        let columns: Vec<usize> = self.open.iter().copied().chain([last]).collect();
        let pivot = self.at(machine, machine);
        for &column in &columns {
            self.cells[machine * width + column] /= -pivot;
        }
        for row in (0..last).filter(|&row| row != machine) {
            let factor = self.at(row, machine);
            if factor != 0.0 {
                for &column in &columns {
                    self.cells[row * width + column] += factor * self.at(machine, column);
                }
            }
        }
    }
}
