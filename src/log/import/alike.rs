//! Lines that no pattern matches: what there is of them, and which look like events after all.

use std::collections::{BTreeMap, BTreeSet};

/// So many shapes of lines are kept.
const MOST_SHAPES: usize = 1000;
/// So many lines that match are looked at for their shape.
const MOST_MATCHED: usize = 500;
/// So much of a line counts.
const LONGEST: usize = 200;
/// So many characters that are no blanks make literals telling.
const TELLING: usize = 2;

/// The lines of a stretch of text that belong to no match.
#[derive(Debug, Default)]
pub(super) struct LeftAside {
    pub(super) count: u64,
    /// The first, and where it is.
    pub(super) first: Option<(u32, String)>,
    /// The first that has the literals of a pattern.
    pub(super) alike: Option<(u32, String)>,
    /// The first of each shape.
    shapes: BTreeMap<String, (u32, String)>,
    /// The shapes of lines that match.
    matched: BTreeSet<String>,
    looked: usize,
}

impl LeftAside {
    /// Takes a line that belongs to no match.
    pub(super) fn skip(&mut self, line: u32, text: &str, literals: &[Vec<String>]) {
        let text = text.trim_end();
        if text.is_empty() {
            return;
        }
        self.count += 1;
        let here = || (line, shortened(text).to_owned());
        self.first.get_or_insert_with(here);
        if self.alike.is_none() && literals.iter().any(|literals| has_literals(text, literals)) {
            self.alike = Some(here());
        }
        if self.shapes.len() < MOST_SHAPES {
            self.shapes.entry(shape(text)).or_insert_with(here);
        }
    }

    /// Takes the text of a match.
    #[inline]
    pub(super) fn matched(&mut self, text: &str) {
        if self.looked < MOST_MATCHED {
            self.looked += 1;
            for line in text.lines() {
                self.matched.insert(shape(line));
            }
        }
    }

    /// Takes what was left aside behind this.
    pub(super) fn append(&mut self, later: Self) {
        self.count += later.count;
        self.first = self.first.take().or(later.first);
        self.alike = self.alike.take().or(later.alike);
        for (shape, first) in later.shapes {
            if self.shapes.len() < MOST_SHAPES {
                self.shapes.entry(shape).or_insert(first);
            }
        }
        self.matched.extend(later.matched);
    }

    /// The first line that looks like one that matches.
    pub(super) fn first_alike(&self) -> Option<&(u32, String)> {
        let same = self
            .shapes
            .iter()
            .filter(|(shape, _)| self.matched.contains(*shape));
        same.map(|(_, first)| first).chain(&self.alike).min()
    }
}

/// Whether the literals of one line of a pattern stand in this line, in their order.
fn has_literals(text: &str, literals: &[String]) -> bool {
    let mut rest = text;
    literals
        .iter()
        .all(|literal| match rest.find(literal.as_str()) {
            Some(place) => {
                rest = &rest[place + literal.len()..];
                true
            }
            None => false,
        })
}

/// Whether literals tell events from other lines.
pub(super) fn are_telling(literals: &[String]) -> bool {
    let letters = literals.iter().flat_map(|literal| literal.chars());
    letters.filter(|letter| !letter.is_whitespace()).count() >= TELLING
}

/// A line with every word and every number made equal.
fn shape(text: &str) -> String {
    let mut shape = String::new();
    for letter in shortened(text.trim()).chars() {
        let class = match letter {
            _ if letter.is_numeric() => '9',
            _ if letter.is_alphabetic() => 'a',
            _ if letter.is_whitespace() => ' ',
            other => other,
        };
        if !shape.ends_with(class) || !matches!(class, '9' | 'a' | ' ') {
            shape.push(class);
        }
    }
    shape
}

/// So much of a line that it can be kept.
pub(super) fn shortened(text: &str) -> &str {
    let mut end = LONGEST.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::import::expression::Expression;

    fn left(pattern: &str, matched: &[&str], skipped: &[&str]) -> LeftAside {
        let expression = Expression::new("pattern", pattern).unwrap();
        let literals = expression.literals(&[2]);
        let mut left = LeftAside::default();
        for text in matched {
            left.matched(text);
        }
        for (line, text) in skipped.iter().enumerate() {
            left.skip(line as u32 + 1, text, &literals);
        }
        left
    }

    #[test]
    fn lines_like_the_others_are_found() {
        let pattern = r"(?<time>[\d.]+), (?<event>SEND|RECEIVE), L=(?<clock>\d+)";
        let matched = ["1.5, SEND, L=1"];
        let alike = |lines: &[&str]| {
            left(pattern, &matched, lines)
                .first_alike()
                .map(|(line, _)| *line)
        };
        assert_eq!(alike(&["# a comment", "", "connected to 2"]), None);
        assert_eq!(alike(&["# a comment", "1.5, INTERNAL, L=2"]), Some(2));
        assert_eq!(alike(&["22.25, WAIT, X=12"]), Some(1));
        assert_eq!(left(pattern, &matched, &["", "  ", "x"]).count, 1);
    }
}
