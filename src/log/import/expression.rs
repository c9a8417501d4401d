//! Regular expressions, each run by the fastest engine that can.

mod syntax;

use std::ops::Range;

use fancy_regex::{Expr, RegexBuilder, RegexInput, RuntimeError};
use regex_automata::dfa::onepass;
use regex_automata::meta;
use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::{Anchored, Input};

use crate::error::{Error, Result};

/// Steps back in one attempt, after which an expression counts as one that takes for ever.
const MOST_STEPS: usize = 200_000;
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
    Backtracking(Box<fancy_regex::Regex>),
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
        let refused =
            |why: String| Error::invalid(format!("{name} {pattern:?} cannot be compiled: {why}"));
        let whole = format!("{MULTI_LINE}{pattern}");
        let fancy = RegexBuilder::new(&whole)
            .backtrack_limit(MOST_STEPS)
            .delegate_size_limit(MOST_BYTES)
            .build()
            .map_err(|error| refused(syntax::explained(&error, MULTI_LINE.len())))?;
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
        let is_linear = linear.is_some();
        let engine = match linear {
            None => Engine::Backtracking(Box::new(fancy)),
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
            is_confined: syntax::is_confined(&tree.expr, is_linear),
            tree: tree.expr,
        })
    }

    /// What runs it.
    #[cfg(test)]
    fn speed(&self) -> Speed {
        match self.engine {
            Engine::OnePass(..) => Speed::OnePass,
            Engine::Linear(_) => Speed::Linear,
            Engine::Backtracking(_) => Speed::Backtracking,
        }
    }

    /// Whether it matches where there is nothing.
    pub(super) fn is_empty_somewhere(&self) -> bool {
        let found = self.searcher().find("", 0..0, 0, true);
        found.is_ok_and(|found| found)
    }

    /// For each line of a match the literals that must stand there outside of these groups, in their order.
    pub(super) fn literals(&self, except: &[usize]) -> Vec<Vec<String>> {
        syntax::literals(&self.tree, except)
    }

    /// Something that searches with it.
    pub(super) fn searcher(&self) -> Searcher<'_> {
        Searcher {
            count: self.count,
            slots: vec![None; 2 * self.count],
            run: match &self.engine {
                Engine::OnePass(one_pass, linear) => Run::OnePass(
                    one_pass,
                    one_pass.create_cache(),
                    linear,
                    linear.create_cache(),
                ),
                Engine::Linear(linear) => Run::Linear(linear, linear.create_cache()),
                Engine::Backtracking(fancy) => Run::Backtracking(fancy),
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

/// Where an attempt took for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Endless(pub(super) usize);

/// An expression at work: what it found last.
pub(super) struct Searcher<'e> {
    run: Run<'e>,
    count: usize,
    slots: Vec<Option<NonMaxUsize>>,
}

enum Run<'e> {
    OnePass(
        &'e onepass::DFA,
        onepass::Cache,
        &'e meta::Regex,
        meta::Cache,
    ),
    Linear(&'e meta::Regex, meta::Cache),
    Backtracking(&'e fancy_regex::Regex),
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
            Run::Backtracking(_) => self.backtrack(text, window, place, is_here),
        }
    }

    fn backtrack(
        &mut self,
        text: &str,
        window: Range<usize>,
        place: usize,
        is_here: bool,
    ) -> std::result::Result<bool, Endless> {
        match self.attempt(text, &window, place, is_here) {
            Some(found) => Ok(found),
            None if is_here => Err(Endless(place)),
            // Each place has its own steps; only one that alone takes too many is one too much.
            None => {
                let places = text[place..window.end]
                    .char_indices()
                    .map(|(shift, _)| place + shift);
                for place in places.chain([window.end]) {
                    match self.attempt(text, &window, place, true) {
                        Some(true) => return Ok(true),
                        Some(false) => {}
                        None => return Err(Endless(place)),
                    }
                }
                Ok(false)
            }
        }
    }

    /// Nothing if it takes for ever.
    fn attempt(
        &mut self,
        text: &str,
        window: &Range<usize>,
        place: usize,
        is_here: bool,
    ) -> Option<bool> {
        let Run::Backtracking(fancy) = self.run else {
            return Some(false);
        };
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
        let mut searcher = expression.searcher();
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
