//! Work on many pieces of text by a few threads, its result the same for any number of them.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::error::{Error, Result};

/// How much text is one piece of work, about.
pub(super) const PORTION: usize = 1 << 20;

/// How often is asked whether to go on.
const LOOK: Duration = Duration::from_millis(20);

/// So many threads are worth it for this much text.
pub(super) fn threads(bytes: usize) -> usize {
    let most = thread::available_parallelism().map_or(1, usize::from);
    (bytes / PORTION).clamp(1, most)
}

/// Does each piece of work, in order if one thread does all; after one that `is_last` says is the last, those
/// behind it may be missing.
///
/// `go_on` is asked every few milliseconds; once it says no, all work is told to stop and what it gives is lost.
pub(super) fn each<T: Send>(
    threads: usize,
    count: usize,
    work: &(dyn Fn(usize, &AtomicBool) -> T + Sync),
    is_last: fn(&T) -> bool,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Vec<T>> {
    let next = AtomicUsize::new(0);
    let last = AtomicUsize::new(usize::MAX);
    let is_stopped = AtomicBool::new(false);
    let run = || {
        let mut done = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let is_over = place >= count || place > last.load(Ordering::Relaxed);
            if is_over || is_stopped.load(Ordering::Relaxed) {
                return done;
            }
            let result = work(place, &is_stopped);
            if is_last(&result) {
                last.fetch_min(place, Ordering::Relaxed);
            }
            done.push((place, result));
        }
    };
    let run = &run;
    let mut done = thread::scope(|scope| {
        let (ends, ended) = mpsc::channel::<()>();
        let workers: Vec<_> = (0..threads.clamp(1, count.max(1)))
            .map(|_| {
                let ends = ends.clone();
                scope.spawn(move || {
                    let done = run();
                    drop(ends);
                    done
                })
            })
            .collect();
        drop(ends);
        // This thread only looks whether it is to go on.
        while ended.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
            if !go_on() {
                is_stopped.store(true, Ordering::Relaxed);
            }
        }
        let mut done = Vec::with_capacity(count);
        for worker in workers {
            done.extend(worker.join().expect("reading does not panic"));
        }
        done
    });
    if is_stopped.into_inner() {
        return Err(Error::state("reading was interrupted"));
    }
    done.sort_by_key(|&(place, _)| place);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

/// Does one piece of work that can be told to stop.
pub(super) fn one<T: Send>(
    work: &(dyn Fn(&AtomicBool) -> T + Sync),
    go_on: &mut dyn FnMut() -> bool,
) -> Result<T> {
    let done = each(1, 1, &|_, is_stopped| work(is_stopped), |_| true, go_on)?;
    Ok(done.into_iter().next().expect("the work is done"))
}

/// The text from `start` to `end` in portions that begin at lines: where each begins, and on which line, from `line` on.
pub(super) fn split(
    text: &str,
    start: usize,
    end: usize,
    line: u32,
) -> Vec<(std::ops::Range<usize>, u32)> {
    let bytes = text.as_bytes();
    let mut portions = Vec::new();
    let (mut start, mut line) = (start, line);
    while start < end {
        let goal = (start + PORTION).min(end);
        let newline = memchr::memchr(b'\n', &bytes[goal - 1..end]);
        let stop = newline.map_or(end, |newline| goal + newline);
        portions.push((start..stop, line));
        line += memchr::memchr_iter(b'\n', &bytes[start..stop]).count() as u32;
        start = stop;
    }
    portions
}
