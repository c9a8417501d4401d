//! Regular expressions, each run by the fastest engine that can.

mod syntax;

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use fancy_regex::{Expr, RegexBuilder, RegexInput, RuntimeError};
use regex_automata::dfa::onepass;
use regex_automata::meta;
use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::{Anchored, Input};

use super::row_writer::shown;
use crate::error::{Error, Result};

/// Steps back in one attempt, after which an expression counts as one that takes for ever.
const MOST_STEPS: usize = 200_000;
/// Steps back after which an attempt counts as long.
const LONG_STEPS: usize = 10_000;
/// Steps back after which a search that may see many lines goes on place by place: it can be stopped there.
const FEW_STEPS: usize = 100;
/// So many attempts of a searcher may be long: more, and the expression takes for ever in sum.
const MOST_LONG: u32 = 500;
/// So much of one line is searched by going back: each place of it may look at all of it.
const LONGEST_LINE: usize = 1 << 16;
/// Bytes of an expression when compiled.
const MOST_BYTES: usize = 16 << 20;
/// Bytes of the table of a one-pass expression.
const MOST_TABLE: usize = 4 << 20;
/// `^` and `$` are the ends of lines.
const MULTI_LINE: &str = "(?m)";

/// A compiled expression.
#[derive(Debug)]
pub(super) struct Expression {
    engine: Engine,
    /// The named groups, in their order: place among all groups, and name.
    pub(super) groups: Vec<(usize, String)>,
    /// How many groups there are, with the whole match.
    pub(super) count: usize,
    /// Whether no match can hold a line break, nor depend on another line.
    pub(super) is_confined: bool,
    tree: Expr,
}

/// What runs an expression. All agree where each can.
#[derive(Debug)]
enum Engine {
    /// Each byte tells where to go on; it matches only from a given place, which the other finds.
    OnePass(Box<onepass::DFA>, Box<meta::Regex>),
    /// Automata, in linear time.
    Linear(Box<meta::Regex>),
    /// Backtracking, for what looks around or refers back.
    Backtracking(Box<Backtracker>),
}

/// The same expression with more and more steps that it may take back.
#[derive(Debug)]
struct Backtracker {
    /// It looks ahead for a match.
    scout: fancy_regex::Regex,
    quick: fancy_regex::Regex,
    patient: fancy_regex::Regex,
}

/// The engines, slowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Speed {
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "only tests ask for the slowest")
    )]
    Backtracking,
    Linear,
    OnePass,
}

impl Expression {
    /// Compiles an expression; `name` is what it is called in messages.
    pub(super) fn new(name: &str, pattern: &str) -> Result<Self> {
        Self::compile(name, pattern, Speed::OnePass)
    }

    /// The same, with no faster engine than this.
    pub(super) fn compile(name: &str, pattern: &str, fastest: Speed) -> Result<Self> {
        let refused = |why: String| {
            Error::invalid(format!(
                "{name} {} cannot be compiled: {why}",
                shown(pattern)
            ))
        };
        let whole = format!("{MULTI_LINE}{pattern}");
        let backtracking = |most_steps: usize| {
            RegexBuilder::new(&whole)
                .backtrack_limit(most_steps)
                .delegate_size_limit(MOST_BYTES)
                .build()
                .map_err(|error| refused(syntax::explained(&error, MULTI_LINE.len())))
        };
        let fancy = backtracking(MOST_STEPS)?;
        let tree = Expr::parse_tree(&whole)
            .map_err(|error| refused(syntax::explained(&error, MULTI_LINE.len())))?;
        if let Some(strange) = syntax::unusable(&tree.expr) {
            return Err(refused(strange.to_owned()));
        }
        let names = fancy.capture_names().enumerate();
        let groups = names.filter_map(|(place, name)| Some((place, name?.to_owned())));
        let groups: Vec<(usize, String)> = groups.collect();
        let count = fancy.captures_len();
        let linear = syntax::plain(&tree.expr).and_then(|plain| linear(&plain));
        // Where groups are counted otherwise, names would be those of others.
        let linear =
            linear.filter(|(_, linear)| fastest >= Speed::Linear && linear.captures_len() == count);
        let is_confined = syntax::is_confined(&tree.expr, linear.is_some());
        let engine = match linear {
            None => Engine::Backtracking(Box::new(Backtracker {
                scout: backtracking(if is_confined { LONG_STEPS } else { FEW_STEPS })?,
                quick: backtracking(LONG_STEPS)?,
                patient: fancy,
            })),
            Some((plain, linear)) => {
                let one_pass = (fastest == Speed::OnePass).then(|| {
                    // Written otherwise, more expressions need to look at each byte but once.
                    one_pass(&plain).or_else(|| {
                        let decided = syntax::plain(&syntax::decided(&tree.expr))?;
                        one_pass(&decided).filter(|_| decided != plain)
                    })
                });
                let one_pass = one_pass.flatten();
                match one_pass {
                    Some(one_pass) => Engine::OnePass(Box::new(one_pass), Box::new(linear)),
                    None => Engine::Linear(Box::new(linear)),
                }
            }
        };
        Ok(Self {
            engine,
            groups,
            count,
            is_confined,
            tree: tree.expr,
        })
    }

    /// What runs it.
    #[cfg(test)]
    fn speed(&self) -> Speed {
        match self.engine {
            Engine::OnePass(..) => Speed::OnePass,
            Engine::Linear(_) => Speed::Linear,
            Engine::Backtracking(..) => Speed::Backtracking,
        }
    }

    /// Whether it matches where there is nothing.
    pub(super) fn is_empty_somewhere(&self) -> bool {
        let goes_on = AtomicBool::new(false);
        let found = self.searcher(&goes_on).find("", 0..0, 0, true);
        found.is_ok_and(|found| found)
    }

    /// For each line of a match the literals that must stand there outside of these groups, in their order.
    pub(super) fn literals(&self, except: &[usize]) -> Vec<Vec<String>> {
        syntax::literals(&self.tree, except)
    }

    /// Something that searches with it, until it is told to stop.
    pub(super) fn searcher<'e>(&'e self, is_stopped: &'e AtomicBool) -> Searcher<'e> {
        Searcher {
            count: self.count,
            is_confined: self.is_confined,
            is_stopped,
            long: 0,
            slots: vec![None; 2 * self.count],
            run: match &self.engine {
                Engine::OnePass(one_pass, linear) => Run::OnePass(
                    one_pass,
                    one_pass.create_cache(),
                    linear,
                    linear.create_cache(),
                ),
                Engine::Linear(linear) => Run::Linear(linear, linear.create_cache()),
                Engine::Backtracking(engine) => Run::Backtracking(engine),
            },
        }
    }
}

/// The automaton of an expression of the plain kind.
fn linear(plain: &str) -> Option<(String, meta::Regex)> {
    let config = meta::Config::new()
        .nfa_size_limit(Some(MOST_BYTES))
        .onepass_size_limit(Some(MOST_TABLE));
    let built = meta::Builder::new().configure(config).build(plain).ok()?;
    Some((plain.to_owned(), built))
}

/// The table of an expression that needs to look at each byte but once.
fn one_pass(plain: &str) -> Option<onepass::DFA> {
    let config = onepass::Config::new().size_limit(Some(MOST_TABLE));
    onepass::Builder::new().configure(config).build(plain).ok()
}

/// A search that takes for ever, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endless {
    /// By the attempt at one place.
    Once(usize),
    /// By many attempts, the last of them at this place.
    InSum(usize),
    /// The line from this place on is too long for it.
    Line(usize),
}

impl Endless {
    pub(super) fn place(self) -> usize {
        let (Self::Once(place) | Self::InSum(place) | Self::Line(place)) = self;
        place
    }

    /// Why, and what would be right.
    pub(super) fn why(self) -> String {
        let remedy = "let no two repetitions in it match the same text, as (a+)+ does";
        match self {
            Self::Once(_) => format!("takes for ever here (too many steps back): {remedy}"),
            Self::InSum(_) => format!(
                "takes for ever in sum (here and at {MOST_LONG} places before more than {LONG_STEPS} steps back): \
                 {remedy}"
            ),
            Self::Line(_) => format!(
                "looks around or refers back, and takes for ever on a line of more than {LONGEST_LINE} bytes as this \
                 one is: do without"
            ),
        }
    }
}

/// An expression at work: what it found last.
pub(super) struct Searcher<'e> {
    run: Run<'e>,
    count: usize,
    is_confined: bool,
    slots: Vec<Option<NonMaxUsize>>,
    is_stopped: &'e AtomicBool,
    /// How many attempts were long.
    long: u32,
}

enum Run<'e> {
    OnePass(
        &'e onepass::DFA,
        onepass::Cache,
        &'e meta::Regex,
        meta::Cache,
    ),
    Linear(&'e meta::Regex, meta::Cache),
    Backtracking(&'e Backtracker),
}

impl Searcher<'_> {
    /// Finds the first match from `place` on, or at `place` alone if `is_here`, inside `window` of the text.
    #[inline]
    pub(super) fn find(
        &mut self,
        text: &str,
        window: Range<usize>,
        place: usize,
        is_here: bool,
    ) -> std::result::Result<bool, Endless> {
        let anchored = if is_here { Anchored::Yes } else { Anchored::No };
        match &mut self.run {
            Run::OnePass(one_pass, cache, ..) if is_here => {
                let input = Input::new(text)
                    .span(place..window.end)
                    .anchored(Anchored::Yes);
                let found = one_pass.try_search_slots(cache, &input, &mut self.slots);
                Ok(matches!(found, Ok(Some(_))))
            }
            Run::OnePass(.., linear, cache) | Run::Linear(linear, cache) => {
                let input = Input::new(text).span(place..window.end).anchored(anchored);
                let found = linear.search_slots_with(cache, &input, &mut self.slots);
                Ok(found.is_some())
            }
            &mut Run::Backtracking(engine) => self.backtrack(engine, text, window, place, is_here),
        }
    }

    fn backtrack(
        &mut self,
        engine: &Backtracker,
        text: &str,
        window: Range<usize>,
        place: usize,
        is_here: bool,
    ) -> std::result::Result<bool, Endless> {
        if self.is_confined && window.len() > LONGEST_LINE {
            return Err(Endless::Line(place));
        }
        if is_here {
            return self.backtrack_at(engine, text, &window, place);
        }
        if let Some(found) = self.attempt(&engine.scout, text, &window, place, false) {
            return Ok(found);
        }
        // Each place has its own steps; only one that alone takes too many is one too much.
        let places = text[place..window.end]
            .char_indices()
            .map(|(shift, _)| place + shift);
        for place in places.chain([window.end]) {
            if self.is_stopped.load(Ordering::Relaxed) {
                return Err(Endless::InSum(place));
            }
            if self.backtrack_at(engine, text, &window, place)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether there is a match at this place.
    fn backtrack_at(
        &mut self,
        engine: &Backtracker,
        text: &str,
        window: &Range<usize>,
        place: usize,
    ) -> std::result::Result<bool, Endless> {
        if let Some(found) = self.attempt(&engine.quick, text, window, place, true) {
            return Ok(found);
        }
        self.long += 1;
        if self.long > MOST_LONG {
            return Err(Endless::InSum(place));
        }
        let found = self.attempt(&engine.patient, text, window, place, true);
        found.ok_or(Endless::Once(place))
    }

    /// Nothing if it takes for ever.
    fn attempt(
        &mut self,
        fancy: &fancy_regex::Regex,
        text: &str,
        window: &Range<usize>,
        place: usize,
        is_here: bool,
    ) -> Option<bool> {
        let seen = &text[window.clone()];
        let input = RegexInput::new(seen)
            .from_pos(place - window.start)
            .anchored(is_here);
        let captures = match fancy.captures_input(input) {
            Ok(captures) => captures,
            Err(fancy_regex::Error::RuntimeError(
                RuntimeError::BacktrackLimitExceeded | RuntimeError::StackOverflow,
            )) => return None,
            Err(_) => return Some(false),
        };
        let Some(captures) = captures else {
            return Some(false);
        };
        for group in 0..self.count {
            let found = captures.get(group);
            let ends =
                found.map(|found| (found.start() + window.start, found.end() + window.start));
            self.slots[2 * group] = ends.and_then(|(start, _)| NonMaxUsize::new(start));
            self.slots[2 * group + 1] = ends.and_then(|(_, end)| NonMaxUsize::new(end));
        }
        Some(true)
    }

    /// Where a group of the last match lies, if it is in it.
    #[inline]
    pub(super) fn group(&self, group: usize) -> Option<(usize, usize)> {
        let start = self.slots.get(2 * group).copied().flatten()?;
        let end = self.slots.get(2 * group + 1).copied().flatten()?;
        Some((start.get(), end.get()))
    }

    /// Where the last match lies.
    #[inline]
    pub(super) fn span(&self) -> (usize, usize) {
        self.group(0).unwrap_or((0, 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Where each group of a match lies.
    type Spans = Vec<Option<(usize, usize)>>;

    /// Every group of every match in a text, one after the other, and of one at each place.
    fn all(expression: &Expression, text: &str) -> Option<Vec<Spans>> {
        let goes_on = AtomicBool::new(false);
        let mut searcher = expression.searcher(&goes_on);
        let mut found = Vec::new();
        let mut groups = |searcher: &Searcher<'_>| {
            found.push(
                (0..expression.count)
                    .map(|group| searcher.group(group))
                    .collect(),
            );
            searcher.span()
        };
        let mut place = 0;
        while place <= text.len() && searcher.find(text, 0..text.len(), place, false).ok()? {
            let (start, end) = groups(&searcher);
            place = end + usize::from(start == end);
            while place < text.len() && !text.is_char_boundary(place) {
                place += 1;
            }
        }
        let places = text
            .char_indices()
            .map(|(place, _)| place)
            .chain([text.len()]);
        for place in places {
            if searcher.find(text, 0..text.len(), place, true).ok()? {
                groups(&searcher);
            }
        }
        Some(found)
    }

    /// All engines that can run a pattern find the same.
    fn agree(pattern: &str, text: &str) {
        agree_of(
            &[Speed::Backtracking, Speed::Linear, Speed::OnePass],
            pattern,
            text,
        );
    }

    fn agree_of(speeds: &[Speed], pattern: &str, text: &str) {
        let compiled: Vec<Expression> = speeds
            .iter()
            .filter_map(|&speed| {
                Expression::compile("pattern", pattern, speed)
                    .ok()
                    .filter(|made| made.speed() == speed)
            })
            .collect();
        let found: Vec<_> = compiled
            .iter()
            .filter_map(|expression| all(expression, text))
            .collect();
        for other in found.iter().skip(1) {
            assert_eq!(*other, found[0], "{pattern:?} in {text:?}");
        }
    }

    const TEXT: &str = "1.5 node1 SEND 12\n# note\n1741.25, RECEIVE, L=6, queue=0\nZürich {\"a\": 1, \"b\": 2}\nSEND {x}\n\n2 x y 7";

    #[test]
    fn engines_find_the_same_in_logs() {
        let patterns = [
            (
                r"^(?<time>\d+\.\d+) (?<machine>\S+) (?<event>\w+) (?<clock>\d+)$",
                Speed::OnePass,
                true,
            ),
            (
                r"^(?<time>[\d.]+), (?<event>\w+)(?:\((?<die>\d)\))?, L=(?<clock>\d+)(?:, queue=(?<queue_len>\d+))?",
                Speed::OnePass,
                true,
            ),
            (
                r"(?<host>\S*) (?<clock>{.*})\n(?<event>.*)",
                Speed::OnePass,
                false,
            ),
            (
                r"(?P<host>\S*) (?<clock>\{.*\})\n(?<event>.*)",
                Speed::OnePass,
                false,
            ),
            (
                r"(?<event>.*)\n(?<host>\S*) (?<clock>{.*})",
                Speed::OnePass,
                false,
            ),
            (
                r"^(?<machine>\S+) (?<event>(?!INIT)\w+) (?<clock>\d+)",
                Speed::Backtracking,
                true,
            ),
            (r"(?<machine>\w)(?<event>\w+)\1", Speed::Backtracking, true),
            (
                r"(?i)(?<event>send|receive)\b(?<rest>[^\n]*)",
                Speed::OnePass,
                true,
            ),
            (r"(?<event>[^,]+),", Speed::OnePass, false),
            (r"(?<a>x)|(?<a>y)", Speed::OnePass, true),
        ];
        for (pattern, speed, is_confined) in patterns {
            let expression = Expression::new("pattern", pattern).unwrap();
            assert_eq!(
                (expression.speed(), expression.is_confined),
                (speed, is_confined),
                "{pattern}"
            );
            agree(pattern, TEXT);
            agree(pattern, &TEXT.replace('\n', "\n\n"));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn what_ends_a_line_is_found_where_it_ends(
            before in "[{<a]|\\(\\?<y>", mark in "[}a]", lazy in "\\??", after in "\\)?(\\n|\\$|)(\\(\\?<z>\\.\\*\\)|\\n|x|)", text in "[{<a}\nx ]{0,24}",
        ) {
            let open = if before.starts_with('(') && !after.starts_with(')') { ")" } else { "" };
            let after = if before.starts_with('(') { after } else { after.trim_start_matches(')').to_owned() };
            agree(&format!("(?<x>\\S*){before}.*{lazy}{mark}{open}{after}"), &text);
        }

        #[test]
        fn engines_find_the_same_in_anything(
            pieces in prop::collection::vec("[ab\n ]|\\.|\\[ab\n\\]|\\[\\^a\\]|\\\\[wdsbWDS]|\\^|\\$|\\{|\\(\\?<x>[ab.]\\*?\\)|\\([ab]\\|b?\\)|ä", 1..6),
            marks in prop::collection::vec("[*+?]?\\??|\\{1,2\\}", 6),
            text in "[abä \n{1]{0,16}",
        ) {
            let pattern: String = pieces.iter().zip(&marks).flat_map(|(piece, mark)| [piece.as_str(), mark]).collect();
            // `fancy-regex` has groups of its own where automata can do: `.{1,2}(a)*.{1,2}` in "aa x".
            agree_of(&[Speed::Linear, Speed::OnePass], &pattern, &text);
        }
    }
}
