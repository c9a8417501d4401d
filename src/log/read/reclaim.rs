//! Lines of others in the log of one machine: such as cannot be read.

use crate::log::history::Skipped;
use crate::log::read::bad_line::BadLine;
use crate::log::read::block::BlockContents;

/// The block with the lines of this machine alone, counted as in the file; the others are gaps.
pub(super) fn reclaim(mut block: BlockContents, id: u64) -> BlockContents {
    let bad_line = block.bad_line.take();
    let others = std::mem::take(&mut block.others);
    let all: u64 = others.iter().chain([&block]).map(|each| each.lines).sum();
    let (mut own, mut skipped) = (None, Vec::new());
    for mut each in others.into_iter().chain([block]) {
        let is_own = each.owner == Some(id);
        let there = |line: u32, block: &BlockContents| block.line_in_block(line.into()) as u32;
        // What tells nothing, each line of it.
        let blanks = std::mem::take(&mut each.blanks).into_iter();
        let gaps = std::mem::take(&mut each.gaps).into_iter();
        let nothing: Vec<_> = blanks
            .map(|lines| (lines, None))
            .chain(gaps.map(|(lines, why)| (lines, Some(why))))
            .collect();
        let mut told = vec![true; each.lines as usize];
        for (lines, _) in &nothing {
            for line in lines.line..lines.line + lines.count {
                told[line as usize - 1] = false;
            }
        }
        for (lines, why) in nothing {
            skipped.push((there(lines.line, &each), lines.count, why));
        }
        if is_own {
            own = Some(each);
            continue;
        }
        let stray = each.owner.unwrap_or_default();
        for line in (1..=each.lines as u32).filter(|&line| told[line as usize - 1]) {
            let why = BadLine::Stray { id: stray, own: id };
            skipped.push((there(line, &each), 1, Some(why)));
        }
    }
    let mut own = own.unwrap_or_else(|| BlockContents {
        owner: Some(id),
        ..BlockContents::default()
    });
    skipped.sort_by_key(|&(line, ..)| line);
    own.place(all, skipped);
    own.bad_line = bad_line;
    own
}

impl BlockContents {
    /// Counts its lines as in the block, where `skipped` are those that are not its own.
    fn place(&mut self, lines: u64, skipped: Vec<(u32, u32, Option<BadLine>)>) {
        let stretches = std::mem::take(&mut self.stretches);
        let there = |line: u32| {
            let after = stretches.partition_point(|&(first, _)| first <= u64::from(line));
            let stretch = after.checked_sub(1).map(|at| stretches[at]);
            stretch.map_or(line, |(first, there)| line - first as u32 + there as u32)
        };
        for mark in &mut self.marks {
            mark.line = there(mark.line);
        }
        for beginning in &mut self.beginnings {
            beginning.line = there(beginning.line);
        }
        self.recipients.place(there);
        self.lines = lines;
        for (line, count, why) in skipped {
            let lines = |row| Skipped {
                line,
                count,
                row,
                why: String::new(),
            };
            match why {
                None => self.blanks.push(lines(0)),
                Some(why) => self.gaps.push((lines(0), why)),
            }
        }
        let rows = lines_of_rows(self);
        for lines in self
            .blanks
            .iter_mut()
            .chain(self.gaps.iter_mut().map(|(lines, _)| lines))
        {
            lines.row = rows.partition_point(|&line| line < lines.line);
        }
    }
}

/// The line of each row of a block: those that are not taken by what is no event.
pub(super) fn lines_of_rows(block: &BlockContents) -> Vec<u32> {
    let marks = block.marks.iter().map(|mark| (mark.line, 1));
    let blanks = block.blanks.iter().map(|lines| (lines.line, lines.count));
    let gaps = block
        .gaps
        .iter()
        .map(|(lines, _)| (lines.line, lines.count));
    let mut others: Vec<_> = marks
        .chain(blanks)
        .chain(gaps.filter(|gap| gap.1 > 0))
        .collect();
    others.sort_unstable();
    let mut rows = Vec::with_capacity(block.rows.len());
    let mut line = 1;
    for (taken, count) in others {
        rows.extend(line..taken);
        line = taken + count;
    }
    rows.extend(line..=block.lines as u32);
    rows
}
