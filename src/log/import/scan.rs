//! What patterns find in a stretch of text.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::alike::LeftAside;
use super::expression::{Endless, Expression, Searcher};
use super::fields::Field;
use super::intern::NOTHING;
use super::portions::PORTION;
use super::row_writer::{Flaw, RowWriter, StretchRows, ValueForm, ValueReaders};
use super::words::{Meaning, Words};

/// Patterns, tried in their order, and what their groups are for.
#[derive(Debug)]
pub(super) struct Patterns {
    pub(super) expressions: Vec<Expression>,
    /// For each, its named groups.
    pub(super) groups: Vec<Vec<(usize, Field)>>,
    /// For each line of a match of each, the literals that must stand there.
    pub(super) literals: Vec<Vec<String>>,
    /// Whether no match goes beyond its line.
    pub(super) is_confined: bool,
}

/// The text of one execution: what patterns see.
#[derive(Debug)]
pub(super) struct Region<'t> {
    pub(super) text: &'t str,
    pub(super) range: Range<usize>,
    /// The machine whose file it is.
    pub(super) owner: Option<&'t str>,
    /// Where long ways to the next match of each pattern begin and end, as threads find them.
    ways: Vec<Mutex<Vec<(usize, usize)>>>,
}

/// What was found in a stretch of a region.
#[derive(Default)]
pub(super) struct Found {
    pub(super) rows: StretchRows,
    /// Where each match lies and how many rows were there before, unless patterns are confined.
    pub(super) spans: Vec<(usize, usize, usize)>,
    /// Where the search for more goes on.
    pub(super) end: usize,
    /// What was left aside before the first match, and behind.
    pub(super) head: LeftAside,
    pub(super) left: LeftAside,
    /// How many matches there are, those left aside too.
    pub(super) matches: u64,
    pub(super) flaw: Option<Flaw>,
}

impl<'t> Region<'t> {
    pub(super) fn new(
        text: &'t str,
        range: Range<usize>,
        owner: Option<&'t str>,
        patterns: usize,
    ) -> Self {
        Self {
            text,
            range,
            owner,
            ways: (0..patterns).map(|_| Mutex::default()).collect(),
        }
    }

    /// Where the next match of a pattern begins, if a thread has been that way already.
    fn known_way(&self, pattern: usize, place: usize) -> Option<usize> {
        let ways = self.ways[pattern]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let way = ways
            .iter()
            .find(|&&(start, end)| (start..=end).contains(&place));
        way.map(|&(_, end)| end)
    }

    fn keep_way(&self, pattern: usize, place: usize, end: usize) {
        if end - place > PORTION / 2 {
            let mut ways = self.ways[pattern]
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            ways.push((place, end));
        }
    }
}

/// Looks through a stretch of a region that begins on this line.
pub(super) fn scan(
    patterns: &Patterns,
    reading: &ValueReaders,
    region: &Region<'_>,
    range: Range<usize>,
    line: u32,
    is_stopped: &AtomicBool,
) -> Found {
    let mut scan = Scan::new(patterns, reading, region, (range.start, line), is_stopped);
    let result = if patterns.is_confined {
        scan.lines(range)
    } else {
        scan.everything(range.end)
    };
    let flaw = result.err();
    scan.found.flaw = flaw;
    scan.found.rows = scan.writer.rows;
    scan.found
}

/// What is left aside between two places.
pub(super) fn left_between(
    patterns: &Patterns,
    readers: &ValueReaders,
    region: &Region<'_>,
    (place, line): (usize, u32),
    end: usize,
) -> LeftAside {
    let goes_on = AtomicBool::new(false);
    let mut scan = Scan::new(patterns, readers, region, (place, line), &goes_on);
    scan.skip(place, end);
    scan.found.head
}

struct Scan<'s> {
    patterns: &'s Patterns,
    searchers: Vec<Searcher<'s>>,
    is_stopped: &'s AtomicBool,
    region: &'s Region<'s>,
    words: &'s Words,
    writer: RowWriter<'s>,
    found: Found,
    /// A place and its line, from which lines are counted.
    counted: (usize, u32),
    /// Where the next match of each pattern begins, as far as it is known.
    next: Vec<Option<usize>>,
}

impl<'s> Scan<'s> {
    fn new(
        patterns: &'s Patterns,
        reading: &'s ValueReaders,
        region: &'s Region<'s>,
        (place, line): (usize, u32),
        is_stopped: &'s AtomicBool,
    ) -> Self {
        let expressions = patterns.expressions.iter();
        Self {
            patterns,
            searchers: expressions
                .map(|expression| expression.searcher(is_stopped))
                .collect(),
            is_stopped,
            region,
            words: &reading.words,
            writer: RowWriter::new(reading, region.owner),
            found: Found {
                end: place,
                ..Found::default()
            },
            counted: (place, line),
            next: vec![None; patterns.expressions.len()],
        }
    }

    /// Line by line.
    fn lines(&mut self, range: Range<usize>) -> Result<(), Flaw> {
        let text = self.region.text;
        let mut start = range.start;
        let mut line = self.counted.1;
        while start < range.end && !self.is_stopped.load(Ordering::Relaxed) {
            let newline = memchr::memchr(b'\n', &text.as_bytes()[start..range.end]);
            let end = newline.map_or(range.end, |newline| start + newline);
            self.counted = (start, line);
            self.writer.begin(line);
            let mut place = start;
            let mut has_match = false;
            while place < end {
                match self.in_line(start..end, place) {
                    Ok(Some(pattern)) => {
                        has_match = true;
                        place = self.take(pattern)?;
                    }
                    Ok(None) => break,
                    Err(flaw) => {
                        self.writer.skip(flaw)?;
                        has_match = true;
                        break;
                    }
                }
            }
            if !has_match {
                self.found
                    .left
                    .skip(line, &text[start..end], &self.patterns.literals, self.words);
            }
            line += 1;
            start = end + 1;
        }
        self.found.end = range.end;
        Ok(())
    }

    /// Which pattern matches first in a line from `place` on.
    #[inline]
    fn in_line(&mut self, line: Range<usize>, place: usize) -> Result<Option<usize>, Flaw> {
        if let Some(pattern) = self.at(line.clone(), place)? {
            return Ok(Some(pattern));
        }
        let text = self.region.text;
        let mut best: Option<(usize, usize)> = None;
        for (pattern, searcher) in self.searchers.iter_mut().enumerate() {
            let found = searcher.find(text, line.clone(), place, false);
            if found.map_err(|endless| flaw_of(&self.writer, endless))? {
                let (start, end) = searcher.span();
                if start < end && best.is_none_or(|(_, first)| start < first) {
                    best = Some((pattern, start));
                }
            }
        }
        Ok(best.map(|(pattern, _)| pattern))
    }

    /// Which pattern matches at a place.
    #[inline]
    fn at(&mut self, window: Range<usize>, place: usize) -> Result<Option<usize>, Flaw> {
        let text = self.region.text;
        for (pattern, searcher) in self.searchers.iter_mut().enumerate() {
            match searcher.find(text, window.clone(), place, true) {
                Ok(true) => {
                    let (start, end) = searcher.span();
                    if start < end {
                        return Ok(Some(pattern));
                    }
                }
                Ok(false) => {}
                Err(endless) => {
                    self.writer.begin(self.line_of(endless.place()));
                    return Err(flaw_of(&self.writer, endless));
                }
            }
        }
        Ok(None)
    }

    /// All matches that begin before `end`.
    fn everything(&mut self, end: usize) -> Result<(), Flaw> {
        while self.found.end < end && !self.is_stopped.load(Ordering::Relaxed) && self.next(end)? {}
        self.found.end = self.found.end.max(end);
        Ok(())
    }

    /// The next match, if it begins before `end`.
    fn next(&mut self, end: usize) -> Result<bool, Flaw> {
        let bytes = self.region.text.as_bytes();
        let place = self.found.end;
        let window = self.region.range.clone();
        let mut pattern = self.at(window.clone(), place)?;
        if pattern.is_none() && bytes[place] == b'\n' && place + 1 < end {
            pattern = self.at(window, place + 1)?;
        }
        let pattern = match pattern {
            Some(pattern) => Some(pattern),
            None => self.ahead(place, end)?,
        };
        let Some(pattern) = pattern else {
            self.skip(place, end);
            return Ok(false);
        };
        let (start, end) = self.searchers[pattern].span();
        self.skip(place, start);
        self.count_lines(start);
        let rows = self.writer.rows.line.len();
        self.found.spans.push((start, end, rows));
        self.found.end = end;
        self.take(pattern)?;
        Ok(true)
    }

    /// Which pattern matches first behind a place and before `end`.
    fn ahead(&mut self, place: usize, end: usize) -> Result<Option<usize>, Flaw> {
        let region = self.region;
        let window = region.range.clone();
        let mut best: Option<(usize, usize)> = None;
        for pattern in 0..self.searchers.len() {
            let known = self.next[pattern].filter(|&next| next >= place);
            let start = match known.or_else(|| region.known_way(pattern, place)) {
                Some(start) => start,
                None => self.search(pattern, place)?,
            };
            self.next[pattern] = Some(start);
            if start < end && best.is_none_or(|(_, first)| start < first) {
                best = Some((pattern, start));
            }
        }
        let Some((pattern, start)) = best else {
            return Ok(None);
        };
        self.writer.begin(self.line_of(start));
        let found = self.searchers[pattern].find(region.text, window, start, true);
        let is_there = found.map_err(|endless| flaw_of(&self.writer, endless))?;
        debug_assert!(is_there, "a match that was found is there");
        Ok(is_there.then_some(pattern))
    }

    /// Where the next match of a pattern begins that is not empty; the end of the region if there is none.
    fn search(&mut self, pattern: usize, place: usize) -> Result<usize, Flaw> {
        let region = self.region;
        let mut from = place;
        let start = loop {
            if from >= region.range.end {
                break region.range.end;
            }
            let searcher = &mut self.searchers[pattern];
            let found = searcher.find(region.text, region.range.clone(), from, false);
            let found = match found {
                Ok(found) => found,
                Err(endless) => {
                    self.writer.begin(self.line_of(endless.place()));
                    return Err(flaw_of(&self.writer, endless));
                }
            };
            if !found {
                break region.range.end;
            }
            let (start, end) = searcher.span();
            if start < end {
                break start;
            }
            let letter = region.text[start..].chars().next();
            from = start + letter.map_or(1, char::len_utf8);
        };
        region.keep_way(pattern, place, start);
        Ok(start)
    }

    /// The line on which a place is.
    fn line_of(&self, place: usize) -> u32 {
        let (from, line) = self.counted;
        let between = self.region.text.as_bytes().get(from..place);
        line + between.map_or(0, |bytes| memchr::memchr_iter(b'\n', bytes).count() as u32)
    }

    fn count_lines(&mut self, place: usize) {
        self.counted = (place, self.line_of(place));
    }

    /// The whole lines from `place` to `end` belong to no match.
    fn skip(&mut self, place: usize, end: usize) {
        let text = self.region.text;
        let bytes = text.as_bytes();
        let mut start = place;
        if place > self.region.range.start && bytes[place - 1] != b'\n' {
            // The rest of a line that a match is in.
            match memchr::memchr(b'\n', &bytes[place..end]) {
                Some(newline) => start = place + newline + 1,
                None => return,
            }
        }
        if start >= end {
            return;
        }
        let mut line = self.line_of(start);
        while start < end {
            let newline = memchr::memchr(b'\n', &bytes[start..end]);
            let Some(stop) = newline.map(|newline| start + newline).or_else(|| {
                // What a match follows in its line is no line left aside.
                (end == self.region.range.end || end == text.len()).then_some(end)
            }) else {
                return;
            };
            let left = if self.found.matches == 0 {
                &mut self.found.head
            } else {
                &mut self.found.left
            };
            left.skip(
                line,
                &text[start..stop],
                &self.patterns.literals,
                self.words,
            );
            line += 1;
            start = stop + 1;
        }
    }

    /// Makes a row of what a pattern found last; where the match ends.
    #[inline]
    fn take(&mut self, pattern: usize) -> Result<usize, Flaw> {
        let searcher = &self.searchers[pattern];
        let (start, end) = searcher.span();
        let text = self.region.text;
        self.found.matches += 1;
        if self.found.left.is_looking() {
            // The word of the event is the first of the groups.
            let word = self.patterns.groups[pattern]
                .first()
                .filter(|(_, field)| *field == Field::Event)
                .and_then(|&(group, _)| searcher.group(group))
                .map(|(first, last)| {
                    let line = memchr::memrchr(b'\n', &text.as_bytes()[..first]);
                    let line = line.map_or(0, |newline| newline + 1);
                    (&text[line..first], &text[first..last])
                });
            let left = &mut self.found.left;
            left.matched(&text[start..end], word, self.words);
        }
        let writer = &mut self.writer;
        writer.begin(self.counted.1);
        let filled = self.patterns.groups[pattern]
            .iter()
            .try_for_each(|&(group, field)| {
                let Some((start, end)) = searcher.group(group) else {
                    return Ok(());
                };
                if writer.is_aside() {
                    return Ok(());
                }
                writer.set(field, &text[start..end], ValueForm::Text)
            });
        if let Err(flaw) = filled.and_then(|()| writer.end().map(|_| ())) {
            writer.skip(flaw)?;
        }
        Ok(end)
    }
}

fn flaw_of(writer: &RowWriter<'_>, endless: Endless) -> Flaw {
    Flaw {
        is_general: !matches!(endless, Endless::Line(_)),
        ..writer.flaw(format!("the pattern {}", endless.why()))
    }
}

impl RowWriter<'_> {
    /// Whether the word of the row says that it is no event.
    #[inline]
    fn is_aside(&self) -> bool {
        let place = self.word();
        place != NOTHING && self.rows.meanings[place as usize] == Some(Meaning::Aside)
    }
}
