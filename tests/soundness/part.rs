//! What is left of a run.

use std::collections::BTreeSet;

use crate::removal::Removal;
use crate::whole::{Fields, Line, Whole};
use lamport::model::rules::{Membership, Receive, Rules};
use serde_json::{Value, json};

/// A line that is left.
#[derive(Debug, Clone)]
pub(crate) enum Left {
    /// One that can be read: its number in the whole log, and its fields.
    Line(usize, Fields),
    /// One that cannot.
    Unreadable,
}

/// A log of which something is left.
#[derive(Debug, Clone)]
pub(crate) struct PartLog {
    /// Its place among the logs of the whole run; the machine is one more.
    pub(crate) log: usize,
    pub(crate) lines: Vec<Left>,
    /// The places among the lines before which some are missing although there are others before.
    pub(crate) holes: BTreeSet<usize>,
    /// Whether nothing but a line that cannot be read shows where lines are missing: a table has no such.
    is_blind: bool,
}

/// What is left.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) logs: Vec<PartLog>,
    pub(crate) has_times: bool,
    /// In what steps its times are told at the worst, in seconds.
    pub(crate) resolution: f64,
}

/// What becomes of a line.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Stays,
    Unreadable,
    /// It is not there, as if the log began later or ended earlier.
    Cut,
    /// It is not there, and others before and after it are.
    Hole,
    /// No line of its kind is there.
    Left,
}

impl Part {
    pub(crate) fn of(whole: &Whole, removals: &[Removal]) -> Self {
        let mut part = Self {
            logs: Vec::new(),
            has_times: !removals.contains(&Removal::Times),
            resolution: resolution(removals),
        };
        for log in 0..whole.logs.len() {
            if removals.contains(&Removal::Log(log)) {
                continue;
            }
            let left = part_log(whole, log, removals);
            if left.lines.iter().any(|line| matches!(line, Left::Line(..))) {
                part.logs.push(left);
            }
        }
        part
    }

    /// What describes it: where nothing is left of a machine, there are more than the logs name.
    pub(crate) fn rules(&self, whole: &Whole) -> Rules {
        let left = self.events();
        let left = left.iter().filter(|(_, events)| !events.is_empty());
        Rules {
            machines: if left.count() == whole.logs.len() {
                whole.rules.machines
            } else {
                Membership::More
            },
            ..whole.rules.clone()
        }
    }

    /// Whether lines have the fields without which no line of a log is one.
    pub(crate) fn is_readable(&self) -> bool {
        self.logs
            .iter()
            .flat_map(|log| &log.lines)
            .all(|line| match line {
                Left::Line(_, fields) if fields["event"] == "SEND" => ["old_clock", "recipients"]
                    .iter()
                    .all(|field| fields.contains_key(*field)),
                Left::Line(_, fields) if fields.contains_key("new_clock") => {
                    fields.contains_key("old_clock")
                }
                _ => true,
            })
    }

    /// Whether a table of it shows where rows are missing.
    pub(crate) fn is_table(&self) -> bool {
        !self.logs.iter().any(|log| log.is_blind)
    }

    /// By log, the numbers of the events in the whole log.
    pub(crate) fn events(&self) -> Vec<(usize, Vec<usize>)> {
        let event = |line: &Left| match line {
            Left::Line(at, fields) if fields.contains_key("new_clock") => Some(*at),
            _ => None,
        };
        let logs = self.logs.iter();
        logs.map(|log| (log.log, log.lines.iter().filter_map(event).collect()))
            .collect()
    }
}

fn part_log(whole: &Whole, log: usize, removals: &[Removal]) -> PartLog {
    let lines = &whole.logs[log];
    let fates = fates(whole, log, removals);
    let mut part = PartLog {
        log,
        lines: Vec::new(),
        holes: BTreeSet::new(),
        is_blind: false,
    };
    let mut is_hole = false;
    for (at, fate) in fates.into_iter().enumerate() {
        match fate {
            Fate::Cut | Fate::Left => continue,
            Fate::Hole => {
                is_hole |= !part.lines.is_empty();
                continue;
            }
            Fate::Unreadable => part.lines.push(Left::Unreadable),
            Fate::Stays => {
                let mut fields = lines[at].fields.clone();
                for removal in removals {
                    apply(removal, log, at, &mut fields);
                }
                part.lines.push(Left::Line(at, fields));
            }
        }
        if is_hole {
            part.holes.insert(part.lines.len() - 1);
            is_hole = false;
        }
    }
    let is_unreadable = |line| matches!(line, &Left::Unreadable);
    let moves = whole.rules.receive != Receive::Max;
    part.is_blind = !(moves && shows_holes(log, removals)) && part.lines.iter().any(is_unreadable);
    part
}

fn fates(whole: &Whole, log: usize, removals: &[Removal]) -> Vec<Fate> {
    let lines = &whole.logs[log];
    let mut fates = vec![Fate::Stays; lines.len()];
    let is_of = |which: &Option<usize>| which.is_none_or(|which| which == log);
    let shows_holes = shows_holes(log, removals);
    // Where receipts need not move the clock, nothing shows that some are missing.
    let moves = whole.rules.receive != Receive::Max;
    for removal in removals {
        match removal {
            Removal::Unreadable(of, at, many) if *of == log => {
                for fate in fates.iter_mut().skip(*at).take(*many) {
                    *fate = Fate::Unreadable;
                }
            }
            Removal::Hole(of, at, many) if *of == log && shows_holes && moves => {
                // What is no event leaves no hole: it is there, or the log is damaged.
                for (line, fate) in lines.iter().zip(&mut fates).skip(*at).take(*many) {
                    if line.is_event() {
                        *fate = Fate::Hole;
                    }
                }
            }
            Removal::Kind(which, event) if is_of(which) => {
                // A log that begins at the beginning has its STARTUP, if logs of its kind have.
                if *event == "STARTUP" && which.is_some() {
                    continue;
                }
                for (line, fate) in lines.iter().zip(&mut fates) {
                    if line.is(event) {
                        *fate = Fate::Left;
                    }
                }
            }
            _ => {}
        }
    }
    // A log without its STARTUP does not have its first event.
    let first = lines
        .iter()
        .position(Line::is_event)
        .map_or(lines.len(), |at| at + 1);
    for removal in removals {
        match removal {
            Removal::Head(of, end) if *of == log && *end > 0 => {
                fates[..first.max(*end)].fill(Fate::Cut);
            }
            Removal::Tail(of, start) if *of == log => fates[*start..].fill(Fate::Cut),
            _ => {}
        }
    }
    // Lines before the first that is left are not there, no more and no less.
    let is_there = |fate: &Fate| matches!(fate, Fate::Stays | Fate::Unreadable);
    let begin = fates.iter().position(is_there).unwrap_or(lines.len());
    if begin > 0 && fates[..begin].iter().any(|fate| *fate != Fate::Left) {
        let end = first.max(begin);
        fates[..end].fill(Fate::Cut);
    }
    fates
}

/// Whether old clocks show that lines are missing.
fn shows_holes(log: usize, removals: &[Removal]) -> bool {
    !removals.iter().any(|removal| match removal {
        Removal::OldClocks(which) | Removal::Field(which, _, "old_clock") => {
            which.is_none_or(|which| which == log)
        }
        Removal::Value(of, _, "old_clock") => *of == log,
        _ => false,
    })
}

/// Takes of a line what this takes.
fn apply(removal: &Removal, log: usize, at: usize, fields: &mut Fields) {
    let is_of = |which: &Option<usize>| which.is_none_or(|which| which == log);
    let event = fields["event"].as_str().unwrap().to_owned();
    match removal {
        Removal::Field(which, of, field) if is_of(which) && event == *of => {
            fields.remove(*field);
        }
        Removal::Value(of, line, field) if (*of, *line) == (log, at) => {
            fields.remove(*field);
        }
        // How many UNREAD lines there are, where there are none.
        Removal::Kind(which, "UNREAD") if is_of(which) && event == "END" => {
            fields.remove("queue_len");
        }
        Removal::OldClocks(which) if is_of(which) => {
            fields.remove("old_clock");
        }
        Removal::Decimals(which, micros) if is_of(which) => {
            for field in ["system_time", "arrival_time"] {
                if let Some(time) = fields.get_mut(field) {
                    *time = coarse(time, *micros);
                }
            }
        }
        _ => {}
    }
}

fn resolution(removals: &[Removal]) -> f64 {
    let steps = removals.iter().filter_map(|removal| match removal {
        Removal::Decimals(_, micros) => Some(*micros),
        _ => None,
    });
    steps.max().unwrap_or(1) as f64 / 1e6
}

fn coarse(time: &Value, micros: i64) -> Value {
    let exact = (time.as_f64().unwrap() * 1e6).round() as i64;
    json!((exact / micros * micros) as f64 / 1e6)
}
