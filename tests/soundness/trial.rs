//! Run after run, and what fails made small.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::chance::Chance;
use crate::judge::{judge, verdict};
use crate::part::{Left, Part};
use crate::removal::{Removal, removals};
use crate::sources::whole;
use crate::truth::Truth;
use crate::whole::Whole;
use lamport::causality::verify::report::RULES;

/// What was looked at.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) runs: u64,
    pub(crate) verified: u64,
    /// By rule, how many things were checked.
    pub(crate) checked: [u64; RULES],
    /// Messages that were said to be received.
    pub(crate) matched: u64,
    /// Pairs of events that were asked for, and those left undecided.
    pub(crate) pairs: u64,
    pub(crate) undecided: u64,
    /// Parts of which nobody can say what happened before what.
    pub(crate) without_graph: u64,
    /// Why parts could not be read.
    pub(crate) refused: BTreeMap<String, u64>,
}

impl Figures {
    /// Counts a part that could not be read.
    pub(crate) fn refuse(&mut self, why: &str) {
        let words = why.split(": ").last().unwrap_or_default();
        let words: String = words
            .chars()
            .filter(|letter| !letter.is_ascii_digit())
            .collect();
        *self.refused.entry(words).or_default() += 1;
    }

    fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.verified += other.verified;
        for (mine, theirs) in self.checked.iter_mut().zip(other.checked) {
            *mine += theirs;
        }
        self.matched += other.matched;
        self.pairs += other.pairs;
        self.undecided += other.undecided;
        self.without_graph += other.without_graph;
        for (why, count) in other.refused {
            *self.refused.entry(why).or_default() += count;
        }
    }
}

/// What goes wrong, by its kind: how often, and one of them made small.
type Failures = BTreeMap<String, (u64, String)>;

/// Looks at this many runs, of which some are strange, and parts of each, and fails with what is wrong: one of each kind, made small.
pub(crate) fn hunt((first, runs): (u64, u64), parts: u64, strange: u64) -> Figures {
    let next = AtomicU64::new(first);
    let all = Mutex::new(Figures::default());
    let failures = Mutex::new(Failures::new());
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut figures = Figures::default();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + runs {
                        break;
                    }
                    figures.runs += 1;
                    trial(seed, (parts, strange), &mut figures, &failures);
                    mutant(seed, parts, &mut figures, &failures);
                }
                all.lock().unwrap().add(figures);
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    if !failures.is_empty() {
        let mut shown = String::new();
        for (kind, (count, text)) in failures {
            let _ = write!(shown, "\n=== {kind}: {count}\n{text}");
        }
        panic!("{shown}");
    }
    all.into_inner().unwrap()
}

/// One run: the whole, and parts of it.
fn trial(
    seed: u64,
    (parts, strange): (u64, u64),
    figures: &mut Figures,
    failures: &Mutex<Failures>,
) {
    let whole = whole(seed, strange);
    let truth = Truth::of(&whole);
    let mut chance = Chance::new(seed, 2);
    for part in 0..=parts {
        let away = if part == 0 {
            Vec::new()
        } else {
            removals(&whole, &mut chance)
        };
        let mut wrong =
            |away: &[Removal]| judge(&whole, &truth, &Part::of(&whole, away), seed, figures).err();
        let Some(text) = wrong(&away) else {
            continue;
        };
        let kind = kind(&text);
        let mut known = failures.lock().unwrap();
        let entry = known.entry(kind).or_default();
        entry.0 += 1;
        if entry.0 > 1 {
            continue;
        }
        drop(known);
        println!("seed {seed}: {text}");
        let shown = small(seed, &whole, away, text.clone(), wrong);
        failures
            .lock()
            .unwrap()
            .get_mut(&self::kind(&text))
            .unwrap()
            .1 = shown;
    }
}

/// One run that is not quite clean: where the whole shows nothing, no part of it does.
fn mutant(seed: u64, parts: u64, figures: &mut Figures, failures: &Mutex<Failures>) {
    let mut chance = Chance::new(seed, 4);
    let whole = whole(seed, 0).mutated(&mut chance);
    let mut judged =
        |away: &[Removal]| verdict(&whole, &Part::of(&whole, away), seed, figures).err();
    // What is refused when it is read shows something, too.
    let all = Part::of(&whole, &[]);
    if judged(&[]).is_some() || all.table(&all.rules(&whole)).is_err() {
        return;
    }
    for _ in 0..parts {
        let away = removals(&whole, &mut chance);
        let Some(text) = judged(&away) else { continue };
        let kind = format!("mutant: {}", kind(&text));
        let mut known = failures.lock().unwrap();
        let entry = known.entry(kind).or_default();
        entry.0 += 1;
        if entry.0 == 1 {
            println!("seed {seed}: mutant: {text}");
            entry.1 = small(seed, &whole, away, text, &mut judged);
        }
    }
}

/// What kind of wrong it is: by its first words, which tell the rule.
fn kind(text: &str) -> String {
    let words: Vec<_> = text.split(' ').take(2).collect();
    words.join(" ")
}

/// What goes wrong, with no more taken away than it needs.
fn small(
    seed: u64,
    whole: &Whole,
    mut away: Vec<Removal>,
    mut text: String,
    mut wrong: impl FnMut(&[Removal]) -> Option<String>,
) -> String {
    let mut at = 0;
    while at < away.len() {
        let mut fewer = away.clone();
        fewer.remove(at);
        match wrong(&fewer).filter(|found| kind(found) == kind(&text)) {
            Some(found) => (away, text) = (fewer, found),
            None => at += 1,
        }
    }
    // The logs end as early as they can.
    for log in 0..whole.logs.len() {
        for end in 1..whole.logs[log].len() {
            let mut shorter = away.clone();
            shorter.push(Removal::Tail(log, end));
            if let Some(found) = wrong(&shorter).filter(|found| kind(found) == kind(&text)) {
                (away, text) = (shorter, found);
                break;
            }
        }
    }
    let mut shown = format!(
        "seed {seed}: {text}\nrules: {:?}\nremoved: {away:?}\n",
        whole.rules
    );
    let part = Part::of(whole, &away);
    let lines: usize = part.logs.iter().map(|log| log.lines.len()).sum();
    if lines <= 40 {
        for log in &part.logs {
            for line in &log.lines {
                let _ = match line {
                    Left::Line(at, fields) => {
                        writeln!(shown, "{at}: {}", serde_json::to_string(fields).unwrap())
                    }
                    Left::Unreadable => writeln!(shown, "(unreadable)"),
                };
            }
        }
    }
    shown
}
