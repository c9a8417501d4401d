//! All blocks of all logs, read by a few threads.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::error::{Error, Result};
use crate::log::read::bad_line::BadLines;
use crate::log::read::block::BlockContents;
use crate::log::read::blocks::Blocks;
use crate::log::read::input::BYTE_ORDER_MARK;
use crate::log::read::scan::Scanner;

/// Bytes that keep one more thread busy.
const SHARE: u64 = 4 << 20;

/// Log files, and which of their lines are read.
#[derive(Debug, Clone, Copy)]
pub struct LogFiles<'a> {
    /// Where they are.
    pub paths: &'a [PathBuf],
    /// The run of the one execution that counts, if not all lines do.
    pub execution: Option<&'a str>,
}

impl<'a> LogFiles<'a> {
    /// All lines of these.
    pub fn whole(paths: &'a [PathBuf]) -> Self {
        Self {
            paths,
            execution: None,
        }
    }
}

/// What the blocks of a log say, in order, and how the file ended.
#[derive(Default)]
pub(crate) struct LogBlocks {
    pub(crate) blocks: Vec<BlockContents>,
    pub(crate) torn: bool,
    pub(crate) cut: bool,
}

/// What the threads share: they take files in order, then help with those that are not done.
struct Work {
    files: Vec<Mutex<Blocks>>,
    next: AtomicUsize,
    /// The first file with a bad line: those after it do not matter any more.
    faulty: AtomicUsize,
    is_stopped: AtomicBool,
    bad_lines: BadLines,
}

/// How many threads these files are worth.
pub(crate) fn threads(paths: &[PathBuf]) -> usize {
    let size = |path: &PathBuf| path.metadata().map_or(0, |meta| meta.len());
    let shares = paths.iter().map(size).sum::<u64>() / SHARE;
    let most = thread::available_parallelism().map_or(1, usize::from);
    usize::try_from(shares).map_or(most, |shares| shares.clamp(1, most))
}

/// The blocks of each file; an error if `go_on` said no.
///
/// Every block before the first bad line that is refused is there, however many threads read.
pub(crate) fn read(
    LogFiles { paths, execution }: LogFiles<'_>,
    threads: usize,
    bad_lines: BadLines,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Vec<LogBlocks>> {
    if paths.is_empty() {
        return Err(Error::invalid("no log files are given"));
    }
    let work = Work {
        files: paths
            .iter()
            .map(|path| Mutex::new(Blocks::new(path.clone(), execution)))
            .collect(),
        next: AtomicUsize::new(0),
        faulty: AtomicUsize::new(usize::MAX),
        is_stopped: AtomicBool::new(false),
        bad_lines,
    };
    let work = &work;
    let (mut contents, stopped) = thread::scope(|scope| {
        let others: Vec<_> = (1..threads)
            .map(|_| scope.spawn(move || work.run(&mut || true).0))
            .collect();
        let (mut contents, stopped) = work.run(go_on);
        for other in others {
            contents.extend(other.join().expect("reading does not panic"));
        }
        (contents, stopped)
    });
    if let Some(file) = stopped {
        let file = paths[file].display();
        return Err(Error::state(format!("reading {file} was interrupted")));
    }
    contents.sort_by_key(|&(file, block, _)| (file, block));
    let mut logs: Vec<LogBlocks> = work
        .files
        .iter()
        .map(|blocks| {
            let blocks = blocks.lock().unwrap_or_else(PoisonError::into_inner);
            LogBlocks {
                blocks: Vec::new(),
                torn: blocks.torn,
                cut: blocks.cut,
            }
        })
        .collect();
    for (file, _, block) in contents {
        logs[file].blocks.push(block);
    }
    Ok(logs)
}

/// A block with the number of its file and its own.
type Numbered = (usize, usize, BlockContents);

impl Work {
    /// Reads until nothing is left; the file at which it was stopped, if it was.
    fn run(&self, go_on: &mut dyn FnMut() -> bool) -> (Vec<Numbered>, Option<usize>) {
        let mut contents = Vec::new();
        let mut buffer = Vec::new();
        let mut scanner = Scanner::default();
        let mut events = 0;
        let mine = std::iter::from_fn(|| Some(self.next.fetch_add(1, Ordering::Relaxed)));
        let mine = mine.take_while(|&file| file < self.files.len());
        for file in mine.chain(0..self.files.len()) {
            while let Some((number, block)) =
                self.next_block(file, &mut buffer, &mut scanner, events)
            {
                // The blocks of a log are alike.
                events = block.rows.len() + block.rows.len() / 32;
                contents.push((file, number, block));
                if !go_on() {
                    self.is_stopped.store(true, Ordering::Relaxed);
                    return (contents, Some(file));
                }
            }
        }
        (contents, None)
    }

    /// The next block of this file.
    fn next_block(
        &self,
        file: usize,
        buffer: &mut Vec<u8>,
        scanner: &mut Scanner,
        events: usize,
    ) -> Option<(usize, BlockContents)> {
        if self.is_stopped.load(Ordering::Relaxed) || file > self.faulty.load(Ordering::Relaxed) {
            return None;
        }
        let blocks = &self.files[file];
        let next = || blocks.lock().unwrap_or_else(PoisonError::into_inner);
        let (number, length) = next().next(buffer)?;
        let block = match length {
            Ok(length) => {
                let text = &buffer[..length];
                let mark = if number == 0 { BYTE_ORDER_MARK } else { &[] };
                let text = text.strip_prefix(mark).unwrap_or(text);
                BlockContents::read(scanner, text, events, self.bad_lines)
            }
            Err(stop) => BlockContents::stopped(stop),
        };
        if block.bad_line.is_some() {
            self.faulty.fetch_min(file, Ordering::Relaxed);
            next().close();
        }
        Some((number, block))
    }
}
