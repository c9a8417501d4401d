//! Lines that no pattern matches: what there is of them, and which look like events after all.

use std::collections::{BTreeMap, BTreeSet};

use super::words::{Meaning, Words};

/// So many shapes of lines are kept.
const MOST_SHAPES: usize = 1000;
/// So many lines that match are looked at for their shape.
const MOST_MATCHED: usize = 500;
/// So many lines left aside are searched for words of events, and so many words of each.
const MOST_WORDED: u64 = 1000;
const MOST_PLACES: usize = 12;
/// So much of a line counts.
const LONGEST: usize = 200;
/// So many characters that are no blanks make literals telling.
const TELLING: usize = 2;

/// Where lines are, and the first of them.
#[derive(Debug, Default)]
struct LinesAlike {
    lines: Vec<u32>,
    first: String,
}

/// The lines of a stretch of text that belong to no match.
#[derive(Debug, Default)]
pub(super) struct LeftAside {
    pub(super) count: u64,
    /// The first, and where it is.
    pub(super) first: Option<(u32, String)>,
    /// Those that have the literals of a pattern.
    alike: LinesAlike,
    /// Those that have a word for an event at each place, counted in words.
    worded: BTreeMap<usize, LinesAlike>,
    /// At which places lines that match have such a word.
    word_places: BTreeSet<usize>,
    /// Those of each shape.
    shapes: BTreeMap<String, LinesAlike>,
    /// The shapes of lines that match.
    matched: BTreeSet<String>,
    looked: usize,
}

impl LeftAside {
    /// Takes a line that belongs to no match.
    pub(super) fn skip(&mut self, line: u32, text: &str, literals: &[Vec<String>], words: &Words) {
        let text = text.trim_end();
        if text.is_empty() {
            return;
        }
        self.count += 1;
        self.first
            .get_or_insert_with(|| (line, shortened(text).to_owned()));
        if literals.iter().any(|literals| has_literals(text, literals)) {
            self.alike.take(line, text);
        }
        let shape = shape(text);
        if self.shapes.len() < MOST_SHAPES || self.shapes.contains_key(&shape) {
            self.shapes.entry(shape).or_default().take(line, text);
        }
        // An event has a number at least.
        if self.count <= MOST_WORDED && text.contains(|letter: char| letter.is_ascii_digit()) {
            for (place, word) in shortened(text)
                .split_whitespace()
                .take(MOST_PLACES)
                .enumerate()
            {
                if is_event(bare(word), words) {
                    self.worded.entry(place).or_default().take(line, text);
                }
            }
        }
    }

    /// Whether more matches are to be looked at.
    #[inline]
    pub(super) fn is_looking(&self) -> bool {
        self.looked < MOST_MATCHED
    }

    /// Takes the text of a match, and the word for the event behind what stands before it in its line.
    pub(super) fn matched(&mut self, text: &str, word: Option<(&str, &str)>, words: &Words) {
        if self.is_looking() {
            self.looked += 1;
            if let Some((before, word)) = word
                && let Some(word) = word.split_whitespace().next()
                && is_event(bare(word), words)
            {
                self.word_places.insert(before.split_whitespace().count());
            }
            for line in text.lines() {
                self.matched.insert(shape(line));
            }
        }
    }

    /// Takes what was left aside behind this.
    pub(super) fn append(&mut self, later: Self) {
        self.count += later.count;
        self.first = self.first.take().or(later.first);
        self.alike.append(later.alike);
        for (shape, lines) in later.shapes {
            if self.shapes.len() < MOST_SHAPES || self.shapes.contains_key(&shape) {
                self.shapes.entry(shape).or_default().append(lines);
            }
        }
        self.matched.extend(later.matched);
        for (place, lines) in later.worded {
            self.worded.entry(place).or_default().append(lines);
        }
        self.word_places.extend(later.word_places);
    }

    /// The first line that looks like one that matches.
    pub(super) fn first_alike(&self) -> Option<(u32, &str)> {
        let first = |lines: &LinesAlike| lines.lines.first().copied();
        let all = self.like_matched();
        all.filter_map(|lines| Some((first(lines)?, lines.first.as_str())))
            .min()
    }

    /// All such lines in their order, each with the first of its kind.
    pub(super) fn all_alike(&self) -> BTreeMap<u32, &str> {
        let all = self.like_matched();
        all.flat_map(|lines| lines.lines.iter().map(|&line| (line, lines.first.as_str())))
            .collect()
    }

    fn like_matched(&self) -> impl Iterator<Item = &LinesAlike> {
        let shapes = self.shapes.iter();
        let same = shapes.filter(|(shape, _)| self.matched.contains(*shape));
        let worded = self.worded.iter();
        let worded = worded.filter(|(place, _)| self.word_places.contains(place));
        same.map(|(_, lines)| lines)
            .chain(worded.map(|(_, lines)| lines))
            .chain([&self.alike])
    }
}

impl LinesAlike {
    fn take(&mut self, line: u32, text: &str) {
        if self.lines.is_empty() {
            shortened(text).clone_into(&mut self.first);
        }
        self.lines.push(line);
    }

    fn append(&mut self, mut later: Self) {
        if self.lines.is_empty() {
            self.first = later.first;
        }
        self.lines.append(&mut later.lines);
    }
}

/// Whether a word is one for an event.
fn is_event(word: &str, words: &Words) -> bool {
    word.starts_with(char::is_alphabetic)
        && matches!(words.meaning(word), Some(Meaning::Kind(_) | Meaning::Both))
}

/// A word without the marks around it.
fn bare(word: &str) -> &str {
    word.trim_matches(|letter: char| !letter.is_alphanumeric())
}

/// Whether the literals of one line of a pattern stand in this line, in their order.
fn has_literals(text: &str, literals: &[String]) -> bool {
    // Marks alone stand in the names of columns too, which have no number.
    let has_letters = literals
        .iter()
        .any(|literal| literal.contains(char::is_alphanumeric));
    if !has_letters && !text.contains(char::is_numeric) {
        return false;
    }
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
        let mut literals = expression.literals(&[2]);
        literals.retain(|literals| are_telling(literals));
        let words = Words::default();
        let mut left = LeftAside::default();
        for text in matched {
            let number = text.split(' ').position(|word| is_event(word, &words));
            let place = number.map(|number| {
                text.split(' ')
                    .take(number)
                    .map(|word| word.len() + 1)
                    .sum()
            });
            left.matched(text, place.map(|place: usize| text.split_at(place)), &words);
        }
        for (line, text) in skipped.iter().enumerate() {
            left.skip(line as u32 + 1, text, &literals, &words);
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
                .map(|(line, _)| line)
        };
        assert_eq!(alike(&["# a comment", "", "connected to 2"]), None);
        assert_eq!(alike(&["# a comment", "1.5, INTERNAL, L=2"]), Some(2));
        assert_eq!(alike(&["22.25, WAIT, X=12"]), Some(1));
        assert_eq!(left(pattern, &matched, &["", "  ", "x"]).count, 1);
    }

    #[test]
    fn words_of_events_where_events_have_them_make_lines_alike() {
        let pattern = r"^(?<event>recv|local) (?<clock>\d+)$";
        let alike = |matched: &[&str], lines: &[&str]| {
            left(pattern, matched, lines)
                .first_alike()
                .map(|(line, _)| line)
        };
        let events = ["recv 4", "local 5"];
        assert_eq!(alike(&events, &["rate: 3", "send 2 0.25 6"]), Some(2));
        assert_eq!(alike(&events, &["send to somebody"]), None);
        assert_eq!(alike(&events, &["rate: 3", "will send 2 messages"]), None);
        assert_eq!(alike(&["4 recv", "5 local"], &["send 2 0.25 6"]), None);
    }

    #[test]
    fn names_of_columns_are_not_alike() {
        let pattern = r"^(?<event>\w+),(?<time>[\d.]+),(?<clock>\d+),(?<queue_len>\d+)$";
        let alike = |line: &str| {
            left(pattern, &["send,1.5,2,0"], &[line])
                .first_alike()
                .is_some()
        };
        assert!(!alike("kind,at,clock time,queue"));
        assert!(alike("think,1.5,x,0"));
    }
}
