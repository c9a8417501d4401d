//! Whose the lines of files are: blocks, sorted by machine.
//!
//! Nearly every file is the log of one machine, and its blocks go on as they are. A file with the lines of several
//! machines is a part of the log of each. Only where a log says itself that it is of one machine, as ours do, a line that
//! names another is damaged: it counts as one that cannot be read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::log::history::{Mark, Note, Skipped};
use crate::log::line::Startup;
use crate::log::newer_version::newer_version;
use crate::log::read::bad_line::{BadLine, error_at, wrong};
use crate::log::read::block::BlockContents;
use crate::log::read::reclaim::{lines_of_rows, reclaim};
use crate::log::read::workers::LogBlocks;

/// What one file says of one machine.
pub(super) struct FilePart {
    /// The machine.
    pub(super) id: u64,
    /// The file as it was named.
    pub(super) file: String,
    pub(super) path: PathBuf,
    pub(super) blocks: Vec<BlockContents>,
    /// Where its lines stand in the file: from which one on, and where that one is.
    pub(super) stretches: Vec<(u64, u64)>,
    pub(super) lines: u64,
    /// Whether a last line without a newline follows its lines.
    pub(super) is_torn: bool,
    /// Whether the file is compressed and cut off there.
    pub(super) is_cut: bool,
}

/// What one file says.
pub(super) struct FileParts {
    /// By machine.
    pub(super) parts: Vec<FilePart>,
    /// The blocks of a file in which no line tells whose it is.
    pub(super) nobodys: Vec<BlockContents>,
    /// The first line that cannot be read, where that is an error.
    pub(super) error: Option<Error>,
}

/// Sorts the blocks of a file by machine.
pub(super) fn split(path: &Path, read: LogBlocks) -> FileParts {
    let file = path.display().to_string();
    let sole = sole_machine(&file, &read.blocks);
    let mut parts: BTreeMap<u64, FilePart> = BTreeMap::new();
    let (mut early, mut error) = (Vec::new(), None);
    let (mut lines, mut last) = (0, None);
    for mut block in read.blocks {
        if let Some(id) = sole
            && (!block.others.is_empty() || block.owner.is_some_and(|owner| owner != id))
        {
            block = reclaim(block, id);
        }
        let bad_line = block.bad_line.take();
        let others = std::mem::take(&mut block.others);
        last = block.owner.or(last);
        let before = lines;
        for block in others.into_iter().chain([block]) {
            lines += block.lines;
            let Some(id) = block.owner.or(last) else {
                early.push((block, before));
                continue;
            };
            let part = parts.entry(id).or_insert_with(|| FilePart {
                id,
                file: file.clone(),
                path: path.to_owned(),
                blocks: Vec::new(),
                stretches: Vec::new(),
                lines: 0,
                is_torn: false,
                is_cut: false,
            });
            for (block, before) in early.drain(..) {
                part.push(block, before);
            }
            part.push(block, before);
        }
        if let Some((line, bad_line)) = bad_line {
            let startups = parts.values().flat_map(FilePart::startups);
            let newer = newer_version(startups.map(|(_, startup)| startup));
            error = Some(error_at(&file, before + line, bad_line, newer));
            break;
        }
    }
    if parts.len() > 1 {
        share_gaps(&mut parts);
    }
    if let Some(part) = last.and_then(|id| parts.get_mut(&id)) {
        part.is_torn = read.torn;
        part.is_cut = read.cut;
    }
    FileParts {
        parts: parts.into_values().collect(),
        nobodys: early.into_iter().map(|(block, _)| block).collect(),
        error,
    }
}

impl FilePart {
    /// Takes a block before which there are so many lines in the file.
    fn push(&mut self, block: BlockContents, before: u64) {
        let own = [(1, 1)];
        let stretches = if block.stretches.is_empty() {
            &own[..]
        } else {
            &block.stretches
        };
        if block.lines > 0 {
            for &(line, there) in stretches {
                let (line, there) = (self.lines + line, before + there);
                let last = self.stretches.last();
                if last.is_none_or(|&(first, at)| there - at != line - first) {
                    self.stretches.push((line, there));
                }
            }
        }
        self.lines += block.lines;
        self.blocks.push(block);
    }

    /// Where in the file one of its lines stands.
    pub(super) fn line_in_file(&self, line: u64) -> u64 {
        let after = self.stretches.partition_point(|&(first, _)| first <= line);
        match after.checked_sub(1).map(|at| self.stretches[at]) {
            Some((first, there)) => there + line - first,
            None => line,
        }
    }

    /// Its STARTUPs, each with its line.
    pub(super) fn startups(&self) -> impl Iterator<Item = (u64, &Startup<'static>)> {
        let mut lines = 0;
        self.blocks.iter().flat_map(move |block| {
            let before = lines;
            lines += block.lines;
            block.marks.iter().filter_map(move |mark| match &mark.note {
                Note::Startup(startup) => Some((before + u64::from(mark.line), startup.as_ref())),
                _ => None,
            })
        })
    }

    /// The first line that cannot be read, and why.
    pub(super) fn first_gap(&self) -> Option<(u64, String)> {
        let mut lines = 0;
        for block in &self.blocks {
            if let Some((skipped, bad_line)) = block.gaps.first() {
                let line = lines + u64::from(skipped.line);
                return Some((line, wrong(line, bad_line)));
            }
            lines += block.lines;
        }
        None
    }
}

/// The machine whose log a file says it is: its name has its number, it begins with its STARTUP, and no other starts there.
fn sole_machine(file: &str, blocks: &[BlockContents]) -> Option<u64> {
    let all = || {
        let each = blocks.iter().flat_map(BlockContents::each);
        each.filter(|block| block.owner.is_some())
    };
    let own = all().next()?.owner?;
    if all().all(|block| block.owner == Some(own)) {
        return None; // There is nobody else.
    }
    let start = blocks.iter().find(|block| block.owner.is_some())?;
    let first_line = |block: &&BlockContents| block.line_in_block(block.first_told().into());
    let first = start.each().min_by_key(first_line)?;
    let id = first.owner?;
    let name = Path::new(file).file_name()?.to_str()?;
    let mut numbers = name.split(|c: char| !c.is_ascii_digit());
    let has_number = numbers.any(|digits| digits.parse() == Ok(id));
    let mark = first.marks.first()?;
    let begins = mark.line == first.first_told()
        && matches!(&mark.note, Note::Startup(startup) if startup.local_clock == Some(0));
    let others_start = all()
        .filter(|block| block.owner != Some(id))
        .any(|block| block.marks.iter().any(Mark::is_startup));
    (has_number && begins && !others_start).then_some(id)
}

/// A line of a file that cannot be read may be of any machine in it: the others have a gap there too.
fn share_gaps(parts: &mut BTreeMap<u64, FilePart>) {
    let mut gaps = Vec::new();
    for part in parts.values() {
        let mut lines = 0;
        for block in &part.blocks {
            let there = block
                .gaps
                .iter()
                .map(|(skipped, _)| lines + u64::from(skipped.line));
            gaps.extend(there.map(|line| part.line_in_file(line)));
            lines += block.lines;
        }
    }
    gaps.sort_unstable();
    if gaps.is_empty() {
        return;
    }
    for part in parts.values_mut() {
        // Between two stretches of its lines, or at their ends.
        let starts = part
            .stretches
            .iter()
            .map(|&(line, there)| (line - 1, there));
        let ends: Vec<_> = starts.chain([(part.lines, u64::MAX)]).collect();
        for (at, &(line, until)) in ends.iter().enumerate() {
            let from = match at {
                0 => 0,
                _ => part.line_in_file(line),
            };
            let next = gaps.partition_point(|&gap| gap <= from);
            if gaps.get(next).is_some_and(|&gap| gap < until) {
                part.add_gap(line);
            }
        }
    }
}

impl FilePart {
    /// Says that something may be missing after one of its lines.
    fn add_gap(&mut self, line: u64) {
        let mut before = 0;
        let mut block = 0;
        while block + 1 < self.blocks.len() && line > before + self.blocks[block].lines {
            before += self.blocks[block].lines;
            block += 1;
        }
        let block = &mut self.blocks[block];
        let line = (line - before) as u32;
        let row = lines_of_rows(block).partition_point(|&own| own <= line);
        let place = block
            .gaps
            .partition_point(|(skipped, _)| skipped.line <= line);
        let skipped = Skipped {
            line,
            count: 0,
            row,
            why: String::new(),
        };
        block.gaps.insert(place, (skipped, BadLine::Elsewhere));
    }
}
