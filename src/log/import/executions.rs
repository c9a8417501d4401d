//! Several executions of a program in one file.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use super::expression::Expression;
use super::source::Contents;
use crate::error::{Error, Result};
use crate::log::execution::Execution;

/// The group of a delimiter that names the execution behind it.
const NAME: &str = "trace";
/// So many are listed.
const SHOWN: usize = 10;

/// A stretch of a file that is of one execution.
struct Stint {
    file: usize,
    range: Range<usize>,
    /// As the delimiter before it tells.
    name: Option<String>,
    /// Its number in the file, from 1.
    number: usize,
}

/// The stretches of text, by their files, that are of the execution that is wanted.
pub(super) fn choose(
    contents: &[Contents],
    starts: &[usize],
    delimiter: Option<&Expression>,
    wanted: Option<&Execution>,
    is_stopped: &AtomicBool,
) -> Result<Vec<(usize, Range<usize>)>> {
    let mut stints: Vec<Stint> = Vec::new();
    for (file, (contents, &start)) in contents.iter().zip(starts).enumerate() {
        part_file(file, contents, start, delimiter, &mut stints, is_stopped)?;
    }
    let mut titles: Vec<String> = Vec::new();
    for stint in &stints {
        let title = stint.title();
        if !titles.contains(&title) {
            titles.push(title);
        }
    }
    let wanted = match wanted {
        None if titles.len() <= 1 => titles.first().cloned().unwrap_or_default(),
        None => {
            let shown: Vec<&str> = titles.iter().take(SHOWN).map(String::as_str).collect();
            let more = if titles.len() > SHOWN { ", ..." } else { "" };
            return Err(Error::invalid(format!(
                "{} holds {} executions: say which one, execution=1 or by its name; they are {}{more}",
                contents.first().map_or("", |contents| &contents.name),
                titles.len(),
                shown.join(", ")
            )));
        }
        Some(Execution::Number(number)) => {
            let title = number.checked_sub(1).and_then(|place| titles.get(place));
            title.cloned().ok_or_else(|| {
                Error::invalid(format!(
                    "execution={number}: there are {}, counted from 1",
                    titles.len()
                ))
            })?
        }
        Some(Execution::Name(name)) => {
            let is_it = |stint: &&Stint| stint.name.as_ref() == Some(name);
            let title = stints.iter().find(is_it).map(Stint::title);
            title.ok_or_else(|| {
                let shown: Vec<&str> = titles.iter().take(SHOWN).map(String::as_str).collect();
                Error::invalid(format!(
                    "execution={name:?}: there is no such execution; there are {}",
                    shown.join(", ")
                ))
            })?
        }
    };
    let chosen = stints.into_iter().filter(|stint| stint.title() == wanted);
    Ok(chosen.map(|stint| (stint.file, stint.range)).collect())
}

impl Stint {
    fn title(&self) -> String {
        match &self.name {
            Some(name) => format!("{name:?}"),
            None => self.number.to_string(),
        }
    }
}

/// The stretches of one file that hold anything.
fn part_file(
    file: usize,
    contents: &Contents,
    start: usize,
    delimiter: Option<&Expression>,
    stints: &mut Vec<Stint>,
    is_stopped: &AtomicBool,
) -> Result<()> {
    let text = contents.text.as_str();
    let known = stints.len();
    let mut add = |range: Range<usize>, name: &Option<String>| {
        if !text[range.clone()].trim_ascii().is_empty() {
            let number = stints.len() - known + 1;
            let name = name.clone();
            stints.push(Stint {
                file,
                range,
                name,
                number,
            });
        }
    };
    let Some(delimiter) = delimiter else {
        add(start..text.len(), &None);
        return Ok(());
    };
    let group = delimiter.groups.iter().find(|(_, name)| name == NAME);
    let group = group.or(delimiter.groups.first()).map(|&(place, _)| place);
    // One without a name will do.
    let group = group.or((delimiter.count > 1).then_some(1));
    let mut searcher = delimiter.searcher(is_stopped);
    let (mut begin, mut place) = (start, start);
    let mut name = None;
    while place < text.len() && !is_stopped.load(Ordering::Relaxed) {
        let found = searcher
            .find(text, start..text.len(), place, false)
            .map_err(|endless| {
                let before = &text.as_bytes()[..endless.place()];
                let line = memchr::memchr_iter(b'\n', before).count() as u64 + 1;
                Error::log(
                    contents.name.clone(),
                    line,
                    format!("the delimiter {}", endless.why()),
                )
            })?;
        if !found {
            break;
        }
        let (first, last) = searcher.span();
        if first == last {
            let letter = text[last..].chars().next();
            place = last + letter.map_or(1, char::len_utf8);
            continue;
        }
        add(begin..first, &name);
        let title = group.and_then(|group| searcher.group(group));
        name = title.map(|(first, last)| text[first..last].trim().to_owned());
        name = name.filter(|name| !name.is_empty());
        (begin, place) = (last, last);
    }
    add(begin..text.len(), &name);
    Ok(())
}
