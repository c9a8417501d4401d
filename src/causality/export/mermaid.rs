//! The events of a window as a sequence diagram in the language of Mermaid.
//!
//! Time goes down. A message is drawn where it is received, an arrow across from its sender with both clocks; where
//! it was sent, a note on the sender says to whom. INTERNALs of a machine between two of its other events are one
//! note. Mermaid refuses more than 50,000 characters and nobody reads more than some hundreds of lines, so
//! what goes beyond is left out, and the first note says so.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;

use super::excerpt::{Arrow, Excerpt, Picture};

use crate::causality::checkpoint::{Checkpoint, GoOn};
use crate::causality::matching::How;
use crate::causality::messages::{RECEIVED, UNDELIVERED, UNREAD};
use crate::error::{Error, Result, shortened};
use crate::log::schema::{UNKNOWN, known};

/// Lines of events.
const MOST_LINES: usize = 300;
/// Characters, of the 50,000 that Mermaid takes.
const MOST_CHARACTERS: usize = 45_000;
/// Machines: those with most events are drawn.
const MOST_MACHINES: usize = 30;
/// Characters of a machine's name.
const LONGEST_LABEL: usize = 40;
/// Recipients that a note names.
const MOST_NAMED: usize = 4;

/// What a diagram shows, and what there was to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// The events in it.
    pub events: u64,
    /// The events in the window.
    pub of_events: u64,
    /// The machines in it.
    pub machines: u64,
    /// The machines with events in the window.
    pub of_machines: u64,
}

/// Writes the diagram of a window to a file.
pub fn write(
    drawn: &Picture<'_>,
    window: Range<f64>,
    path: &Path,
    go_on: &mut GoOn<'_>,
) -> Result<Extent> {
    let mut checkpoint = Checkpoint::of_query(go_on);
    let excerpt = Excerpt::new(drawn, window, &mut checkpoint)?;
    let mut diagram = Diagram::new(&excerpt);
    diagram.fill(&mut checkpoint)?;
    let text = diagram.text();
    std::fs::write(path, text).map_err(|source| Error::io(path.display().to_string(), source))?;
    Ok(diagram.extent)
}

struct Diagram<'a> {
    excerpt: &'a Excerpt<'a>,
    /// The machines that are drawn, of those that have events.
    machines: BTreeSet<i64>,
    /// All lifelines, with those of machines that only send.
    lifelines: BTreeSet<i64>,
    /// By row, the messages that it sends, and that it receives, among the arrows.
    sent: BTreeMap<u32, Vec<usize>>,
    received: BTreeMap<u32, usize>,
    /// By machine, its INTERNALs that have no line yet: the first clock, the last, and how many.
    pending: BTreeMap<i64, (i64, i64, u64)>,
    lines: Vec<String>,
    characters: usize,
    /// When the last event that is drawn was.
    last: f64,
    extent: Extent,
}

impl<'a> Diagram<'a> {
    fn new(excerpt: &'a Excerpt<'a>) -> Self {
        let columns = excerpt.drawn.columns;
        let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
        for &row in &excerpt.rows {
            *counts.entry(columns.machine_id[row as usize]).or_default() += 1;
        }
        let mut busiest: Vec<(i64, u64)> = counts.into_iter().collect();
        let of_machines = busiest.len() as u64;
        busiest.sort_by_key(|&(id, count)| (std::cmp::Reverse(count), id));
        busiest.truncate(MOST_MACHINES);
        let machines: BTreeSet<i64> = busiest.into_iter().map(|(id, _)| id).collect();
        let (mut sent, mut received) = (BTreeMap::<u32, Vec<usize>>::new(), BTreeMap::new());
        for (place, arrow) in excerpt.arrows.iter().enumerate() {
            if let Some(row) = arrow.send {
                sent.entry(row).or_default().push(place);
            }
            if let Some(row) = arrow.receipt {
                received.insert(row, place);
            }
        }
        Self {
            excerpt,
            lifelines: machines.clone(),
            extent: Extent {
                events: 0,
                of_events: excerpt.rows.len() as u64,
                machines: machines.len() as u64,
                of_machines,
            },
            machines,
            sent,
            received,
            pending: BTreeMap::new(),
            lines: Vec::new(),
            characters: 0,
            last: f64::NAN,
        }
    }

    /// Draws events while there is room.
    fn fill(&mut self, checkpoint: &mut Checkpoint<'_>) -> Result<()> {
        let columns = self.excerpt.drawn.columns;
        for &row in &self.excerpt.rows {
            checkpoint.row()?;
            let at = row as usize;
            let (id, kind, clock) = (
                columns.machine_id[at],
                columns.event[at],
                columns.new_clock[at],
            );
            if !self.machines.contains(&id) {
                continue;
            }
            if self.lines.len() >= MOST_LINES || self.characters >= MOST_CHARACTERS {
                break;
            }
            if kind.sends() || kind.receives() {
                self.settle(id);
            }
            if kind.sends() {
                self.draw_send(row, id, clock);
            } else if kind.receives() {
                self.draw_receipt(row, id, clock);
            } else {
                let run = self.pending.entry(id).or_insert((clock, clock, 0));
                (run.1, run.2) = (clock, run.2 + 1);
            }
            self.extent.events += 1;
            self.last = columns.time[at];
        }
        for id in self.machines.clone() {
            self.settle(id);
        }
        Ok(())
    }

    fn push(&mut self, line: String) {
        self.characters += line.chars().count() + 1;
        self.lines.push(line);
    }

    /// Draws the INTERNALs of a machine that have no line yet.
    fn settle(&mut self, id: i64) {
        let text = match self.pending.remove(&id) {
            None => return,
            Some((clock, _, 1)) => format!("{clock}"),
            Some((first, last, count)) => format!("{first} to {last}, {count} events"),
        };
        self.push(format!("Note over {}: {text}", lifeline(id)));
    }

    fn draw_send(&mut self, row: u32, id: i64, clock: i64) {
        let excerpt = self.excerpt;
        let messages = excerpt.drawn.messages;
        let to = excerpt.drawn.columns.recipients(row as usize);
        let arrows = self.sent.remove(&row).unwrap_or_default();
        let mut note = format!("Note over {}: {clock} SEND", lifeline(id));
        if to.len() > MOST_NAMED {
            let _ = write!(note, " to {} machines", to.len());
        } else if !to.is_empty() {
            let names = to
                .iter()
                .map(|&id| known(id).map_or("?".into(), |_| self.name(id)));
            let _ = write!(note, " to {}", names.collect::<Vec<_>>().join(", "));
        }
        self.push(note);
        for place in arrows {
            let Arrow {
                message, receipt, ..
            } = excerpt.arrows[place];
            if receipt.is_some() {
                continue;
            }
            let recipient = messages.recipient[message];
            if !self.is_drawn(recipient) {
                continue;
            }
            let (arrow, what) = match messages.status[message] {
                RECEIVED => ("--)", "received later"),
                UNREAD => ("-x", "never read"),
                UNDELIVERED => ("-x", "did not arrive"),
                _ if messages.matched[message] == How::Ambiguous as i8 => {
                    ("--)", "perhaps received")
                }
                _ => ("-x", "not received"),
            };
            self.push(format!(
                "{}{arrow}{}: {clock}, {what}",
                lifeline(id),
                lifeline(recipient)
            ));
        }
    }

    fn draw_receipt(&mut self, row: u32, id: i64, clock: i64) {
        let excerpt = self.excerpt;
        let columns = excerpt.drawn.columns;
        let messages = excerpt.drawn.messages;
        let place = self.received.remove(&row);
        let from = place.map(|place| {
            let Arrow { message, send, .. } = excerpt.arrows[place];
            let sent_clock = messages.sent_clock[message];
            let how = messages.matched[message];
            (messages.sender[message], sent_clock, send.is_some(), how)
        });
        let drawn = from.filter(|&(sender, ..)| self.is_drawn(sender));
        if let Some((sender, sent_clock, is_in, how)) = drawn {
            let before = if is_in { "" } else { ", sent before" };
            let (arrow, inferred) = if how == How::Exact as i8 {
                ("->>", "")
            } else {
                ("-->>", ", inferred")
            };
            self.push(format!(
                "{}{arrow}{}: {sent_clock} → {clock}{inferred}{before}",
                lifeline(sender),
                lifeline(id)
            ));
            return;
        }
        let mut note = format!("Note over {}: {clock} RECEIVE", lifeline(id));
        let at = row as usize;
        if columns.sent_clock[at] != UNKNOWN {
            let _ = write!(note, " of {}", columns.sent_clock[at]);
        }
        if columns.sender[at] != UNKNOWN {
            let _ = write!(note, " from {}", self.name(columns.sender[at]));
        }
        self.push(note);
    }

    /// Whether a machine has a lifeline; one without events in the window gets one, while there is room.
    fn is_drawn(&mut self, id: i64) -> bool {
        let is_known = self.lifelines.contains(&id);
        let has_room =
            self.extent.machines == self.extent.of_machines && self.lifelines.len() < MOST_MACHINES;
        is_known || id != UNKNOWN && has_room && self.lifelines.insert(id)
    }

    fn name(&self, id: i64) -> String {
        escaped(&shortened(&self.excerpt.label(id), LONGEST_LABEL))
    }

    fn text(&self) -> String {
        let mut text = String::from("sequenceDiagram\n");
        for &id in &self.lifelines {
            let _ = writeln!(
                text,
                "    participant {} as {}",
                lifeline(id),
                self.name(id)
            );
        }
        if let (Some(&first), Some(&last)) = (self.lifelines.first(), self.lifelines.last()) {
            let all = if first == last {
                lifeline(first)
            } else {
                format!("{},{}", lifeline(first), lifeline(last))
            };
            let lines = self
                .words()
                .iter()
                .map(|line| escaped(line))
                .collect::<Vec<_>>();
            let _ = writeln!(text, "    Note over {all}: {}", lines.join("<br/>"));
        }
        for line in &self.lines {
            let _ = writeln!(text, "    {line}");
        }
        text
    }

    /// What the numbers are, and what is left out.
    fn words(&self) -> Vec<String> {
        let mut words = vec![
            "notes: the clock after an event".to_owned(),
            "arrows: the clock sent → the clock after the receipt".to_owned(),
        ];
        let Extent {
            events,
            of_events,
            machines,
            of_machines,
        } = self.extent;
        if machines < of_machines {
            words.push(format!("{machines} of {of_machines} machines"));
        }
        if events < of_events {
            words.push(format!(
                "{events} of {of_events} events, up to {:.6} s",
                self.last
            ));
        }
        words
    }
}

/// What stands for a machine in the diagram's own language.
fn lifeline(id: i64) -> String {
    format!("m{id}")
}

/// A text in which nothing means anything to Mermaid or to a page: signs are written by their number.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    // A word of the language is none without its first letter.
    let is_word = text.eq_ignore_ascii_case("end");
    for (place, character) in text.chars().enumerate() {
        let is_plain = character.is_alphanumeric() || " ,.→-_".contains(character);
        if is_plain && !(is_word && place == 0) {
            safe.push(character);
        } else {
            let _ = write!(safe, "#{};", character as u32);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_and_words_of_the_language_mean_nothing() {
        assert_eq!(escaped("machine 3, Ünal"), "machine 3, Ünal");
        assert_eq!(
            escaped("a;b#9829;%%\"<br>"),
            "a#59;b#35;9829#59;#37;#37;#34;#60;br#62;"
        );
        assert_eq!(escaped("END"), "#69;ND");
        assert_eq!(escaped("wrap:$$x$$"), "wrap#58;#36;#36;x#36;#36;");
    }
}
