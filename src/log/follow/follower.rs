//! The logs of a directory, followed while they are written.
//!
//! [`Follower::poll`] reads what was added since, and returns texts of JSON; what they say stands in `update.rs`.
//! However much is written, it keeps no more than what may be told: events are thinned message by message above `limit`
//! a second, and of what is there at the beginning the newest are told. Nothing that is read ends it: what is wrong with
//! a file or a line is a warning. Time is an argument.

use crate::error::{Error, Result};
use crate::log::columns::Micros;
use crate::log::follow::followed_files::{Followed, FollowedFiles};
use crate::log::follow::growing_file::GrowingFile;
use crate::log::follow::kept_events::{Allowance, KeptEvents};
use crate::log::follow::known_machines::{KnownMachines, MOST_MACHINES, StruckMachine};
use crate::log::follow::update::{Updates, begin, end};
use crate::log::read::lines::Lines;

/// The bytes of a second above which they are.
const BYTES: usize = 1_000_000;
/// What is read at once of one file, and in one call; more than the second of many files at the first look.
const CHUNK: usize = 1 << 18;
const READ: usize = 8 << 20;
const FIRST_CHUNK: usize = 1 << 15;
/// Warnings of one file, and those that wait.
const MOST_OF_FILE: u64 = 10;
const MOST_WAITING: usize = 100;
/// What befell machines and waits: all of them may end at once, or crash and come back.
const MOST_STRUCK: usize = 2 * MOST_MACHINES;
/// A log that is written now is at most so much behind or before the clock.
const NOW: Micros = 60_000_000;
/// The most bytes that others may put at the beginning.
const MOST_HEAD: usize = 24_000;

/// Follows logs.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is of its own")]
pub struct Follower {
    limit: usize,
    head: String,
    /// As many machines as the run is said to have.
    expected: usize,
    files: FollowedFiles,
    /// The file at which reading begins, so that none is always the last.
    first: usize,
    known: KnownMachines,
    kept: KeptEvents,
    struck: Vec<StruckMachine>,
    warnings: Vec<String>,
    /// Warnings for which there was no place.
    unsaid: u64,
    zero: Option<Micros>,
    /// The beginnings of ticking that were read so far, the earliest.
    began: Option<Micros>,
    earliest: Option<Micros>,
    latest: Option<Micros>,
    /// Whether lines came about when they were written.
    is_now: bool,
    polled: Option<Micros>,
    allowance: Allowance,
    /// Whether there was more to read at the end of the last call.
    is_behind: bool,
    forgotten: usize,
    has_begun: bool,
    /// Whether what was told before is no longer so.
    is_again: bool,
    has_ended: bool,
    buffer: Vec<u8>,
    is_beyond: bool,
}

impl Follower {
    /// Follows these logs, above so many events a second with some left out.
    pub fn new(followed: Followed, limit: usize) -> Result<Self> {
        if limit == 0 {
            return Err(Error::invalid(
                "limit is 0: it must be at least 1 event a second",
            ));
        }
        Ok(Self {
            limit,
            head: String::new(),
            expected: 0,
            files: FollowedFiles::new(followed),
            first: 0,
            known: KnownMachines::default(),
            kept: KeptEvents::new(),
            struck: Vec::new(),
            warnings: Vec::new(),
            unsaid: 0,
            zero: None,
            began: None,
            earliest: None,
            latest: None,
            is_now: false,
            polled: None,
            allowance: Allowance {
                events: limit,
                bytes: BYTES,
            },
            is_behind: true,
            forgotten: 0,
            has_begun: false,
            is_again: false,
            has_ended: false,
            buffer: Vec::new(),
            is_beyond: false,
        })
    }

    /// Says what stands at the beginning beside what logs tell, as a JSON object, and how many machines there are.
    pub fn describe(&mut self, head: &str, machines: usize) -> Result<()> {
        let is_object = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(head);
        if is_object.is_err() || head.len() > MOST_HEAD || head.contains('\n') {
            return Err(Error::invalid(format!(
                "the head is no JSON object of one line and at most {MOST_HEAD} bytes"
            )));
        }
        let fields = head.trim().trim_start_matches('{').trim_end();
        let fields = fields.strip_suffix('}').unwrap_or(fields);
        self.head = if fields.trim().is_empty() {
            String::new()
        } else {
            format!("{fields},")
        };
        self.expected = machines;
        self.known.is_changed = true;
        Ok(())
    }

    /// Whether there is more to read at once.
    pub fn is_behind(&self) -> bool {
        self.is_behind && self.polled.is_some()
    }

    /// What is new at `now`, a Unix time in microseconds.
    pub fn poll(&mut self, now: Micros) -> Vec<String> {
        if self.has_ended {
            return Vec::new();
        }
        let elapsed = self
            .polled
            .map_or(0, |before| (now - before).clamp(0, 1_000_000));
        self.polled = Some(now);
        self.allow(elapsed as usize);
        if let Some(words) = self.files.list(now) {
            self.warn(words);
        }
        if self.files.is_beyond {
            self.say_beyond();
        }
        let was_behind = self.is_behind;
        self.is_behind = self.read(was_behind);
        self.set_zero();
        if let Some(latest) = self.latest
            && !self.is_now
        {
            self.is_now = !self.known.is_virtual && (now - latest).abs() <= NOW;
        }
        if was_behind && !self.is_behind {
            let forgotten = self.kept.forget_oldest(self.allowance) + self.forgotten;
            self.forgotten = 0;
            if forgotten > 0 {
                self.warn(format!(
                    "{forgotten} events that were there before are not shown, the newest {} are",
                    self.kept.len()
                ));
            }
        }
        self.texts(now)
    }

    /// Allows more to be told for the microseconds that went by.
    fn allow(&mut self, elapsed: usize) {
        let more = |left: usize, each: usize| (left + each * elapsed / 1_000_000).min(each);
        self.allowance = Allowance {
            events: more(self.allowance.events, self.limit),
            bytes: more(self.allowance.bytes, BYTES),
        };
    }

    /// Reads what there is, each file in its turn; whether there is more.
    fn read(&mut self, was_behind: bool) -> bool {
        let count = self.files.files.len();
        let mut left: Vec<usize> = (self.first..count)
            .chain(0..self.first.min(count))
            .collect();
        let mut bytes = 0;
        let mut is_first = true;
        while !left.is_empty() && (is_first || bytes < READ) {
            let most = if is_first && count * CHUNK > READ {
                FIRST_CHUNK
            } else {
                CHUNK
            };
            let mut is_full = false;
            left.retain(|&place| {
                if bytes >= READ && !(is_first && self.files.files[place].is_new) {
                    // The first that has to wait is the first of the next look.
                    if !is_full {
                        self.first = place;
                    }
                    is_full = true;
                    return true;
                }
                let (read, has_more) = self.read_file(place, most);
                bytes += read;
                has_more
            });
            is_first = false;
        }
        if !was_behind {
            self.bound(false);
        }
        // What was read before is read again.
        !left.is_empty() || self.is_again
    }

    /// Leaves out of what is kept what may not be told.
    fn bound(&mut self, was_behind: bool) {
        if was_behind {
            self.forgotten += self.kept.forget_oldest(Allowance {
                events: self.limit,
                bytes: BYTES,
            });
        } else {
            self.kept.thin(self.allowance);
        }
    }

    /// Reads some lines of a file; how many bytes, and whether there are more.
    fn read_file(&mut self, place: usize, most: usize) -> (usize, bool) {
        let mut buffer = std::mem::take(&mut self.buffer);
        let look = self.files.files[place].file.look(&mut buffer, most);
        self.files.files[place].is_new = false;
        if let Some(words) = look.warning {
            self.warn_of(place, &words);
        }
        if look.is_another {
            self.begin_again(place);
        }
        if !buffer.is_empty() {
            self.read_lines(place, &buffer, look.number);
        }
        let count = buffer.len();
        if buffer.capacity() > 4 * CHUNK {
            buffer = Vec::new();
        }
        self.buffer = buffer;
        (count, look.has_more)
    }

    fn read_lines(&mut self, place: usize, text: &[u8], number: u64) {
        let mut lines = Lines::new(text, self.files.files[place].name.clone()).behind(number);
        let mut wrong = 0_u64;
        loop {
            match lines.next_read() {
                Ok(None) => break,
                Ok(Some((_, line))) => {
                    let time = line.time;
                    let news = self.known.read(line);
                    if news.is_beyond {
                        self.say_beyond();
                        continue;
                    }
                    self.began = self.began.into_iter().chain(news.began).min();
                    self.latest = self.latest.max(Some(time));
                    if let Some(event) = news.event {
                        self.earliest = self.earliest.into_iter().chain([time]).min();
                        self.kept.add(event);
                        if self.kept.len() > 4 * self.limit || self.kept.bytes() > 4 * BYTES {
                            self.bound(self.is_behind);
                        }
                    }
                    let room = MOST_STRUCK.saturating_sub(self.struck.len());
                    self.struck.extend(news.struck.into_iter().take(room));
                }
                Err(error) => {
                    wrong += 1;
                    if wrong == 1 {
                        let file = &mut self.files.files[place];
                        file.warned += 1;
                        if file.warned <= MOST_OF_FILE {
                            let is_last = file.warned == MOST_OF_FILE;
                            let more = if is_last {
                                " (no more is said of this file)"
                            } else {
                                ""
                            };
                            self.warn(format!("{error}{more}"));
                        }
                    }
                }
            }
        }
        if wrong > 1 && self.files.files[place].warned < MOST_OF_FILE {
            self.warn_of(place, &format!("{} more lines cannot be read", wrong - 1));
        }
    }

    /// What was read of this file is no longer in it: all of them are read anew.
    fn begin_again(&mut self, place: usize) {
        self.known.forget();
        self.kept = KeptEvents::new();
        self.struck.clear();
        (self.zero, self.began, self.earliest, self.latest) = (None, None, None, None);
        self.is_now = false;
        self.is_again = true;
        for (other, file) in self.files.files.iter_mut().enumerate() {
            if other != place {
                file.file = GrowingFile::new(file.file.path().to_owned());
            }
        }
    }

    fn warn_of(&mut self, place: usize, words: &str) {
        let file = &mut self.files.files[place];
        file.warned += 1;
        if file.warned <= MOST_OF_FILE {
            let words = format!("{}: {words}", file.name);
            self.warn(words);
        }
    }

    fn warn(&mut self, words: String) {
        if self.warnings.len() < MOST_WAITING {
            self.warnings.push(words);
        } else {
            self.unsaid += 1;
        }
    }

    fn say_beyond(&mut self) {
        if !self.is_beyond {
            self.is_beyond = true;
            self.warn(format!(
                "there are more than {MOST_MACHINES} machines: the others are not shown"
            ));
        }
    }

    /// Times count from the earliest beginning that is known when the first event is read.
    fn set_zero(&mut self) {
        if self.zero.is_none() && self.earliest.is_some() {
            let virtual_zero = self.known.is_virtual.then_some(0);
            self.zero = virtual_zero.or(self.began).or(self.earliest);
        }
    }

    fn texts(&mut self, now: Micros) -> Vec<String> {
        let mut texts = Vec::new();
        let is_again = std::mem::take(&mut self.is_again);
        if !self.has_begun || self.known.is_changed || is_again {
            let head = if self.head.is_empty() {
                "\"title\":\"\",\"faults\":[],"
            } else {
                &self.head
            };
            texts.push(begin(&self.known, head, self.limit, is_again));
            self.has_begun = true;
            self.known.is_changed = false;
        }
        let zero = self.zero.unwrap_or(0);
        let has_ended = !self.is_behind && self.known.have_ended(self.expected);
        let now = match self.latest {
            _ if self.zero.is_none() => zero,
            Some(latest) if has_ended || !self.is_now => latest,
            _ => now,
        };
        let mut updates = Updates::new(zero, now, self.kept.every());
        if !self.is_behind {
            let spent = (self.kept.len(), self.kept.bytes());
            let is_few = 2 * spent.0 < self.allowance.events && 2 * spent.1 < self.allowance.bytes;
            for event in self.kept.take(is_few) {
                updates.event(&event);
            }
            self.allowance.events = self.allowance.events.saturating_sub(spent.0);
            self.allowance.bytes = self.allowance.bytes.saturating_sub(spent.1);
        }
        for (&id, machine) in &mut self.known.machines {
            if std::mem::take(&mut machine.is_changed) {
                updates.last(id, machine);
            }
        }
        if self.zero.is_some() {
            for struck in self.struck.drain(..) {
                updates.struck(&struck);
            }
        }
        for words in self.warnings.drain(..) {
            updates.warning(&words);
        }
        if self.unsaid > 0 {
            updates.warning(&format!("{} more warnings", self.unsaid));
            self.unsaid = 0;
        }
        texts.extend(updates.finish());
        if has_ended {
            self.has_ended = true;
            let count = self.known.machines.len();
            let words = if count == 1 {
                "the machine has ended".to_owned()
            } else {
                format!("all {count} machines have ended")
            };
            texts.push(end(&words));
        }
        texts
    }
}
