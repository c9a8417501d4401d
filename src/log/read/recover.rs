//! What a machine knows of itself after a crash: all that its log tells.

use std::collections::BTreeMap;
use std::io::BufRead;

use crate::error::{Error, Result};
use crate::log::columns::Micros;
use crate::log::line::{Connect, Place, Startup};
use crate::log::read::lines::Lines;
use crate::log::read::parse::{Body, Line};
use crate::model::message::MachineId;
use crate::model::nonce::Nonce;
use crate::model::past::Past;

/// The state of a machine as its log tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct Recovered {
    /// The machine's number.
    pub machine_id: MachineId,
    /// The run it belongs to.
    pub run_id: String,
    /// The version of the package that wrote the log.
    pub version: String,
    /// The name of its past.
    pub history: Nonce,
    /// Ticks per second.
    pub clock_rate: f64,
    /// The seed of its draws.
    pub seed: u64,
    /// The machines it sends to.
    pub peers: Vec<Place<'static>>,
    /// How often it started so far.
    pub starts: u64,
    /// The clock of its newest event.
    pub clock: u64,
    /// How many ticks happened.
    pub ticks: u64,
    /// The time of the last line.
    pub last_time: Micros,
    /// What was sent and received.
    pub past: Past,
    /// The bytes that count. What follows is a torn line, or an end that did not come about.
    pub length: u64,
}

/// Reads the log of a machine that has not ended; `None` if it has no whole line.
///
/// `name` is the file, for errors. A line counts only with its newline.
pub fn recover(log: impl BufRead, name: &str) -> Result<Option<Recovered>> {
    let mut lines = Lines::new(log, name);
    let mut recovered: Option<Recovered> = None;
    while let Some((number, line)) = lines.next_read()? {
        let at = |message: String| Error::log(name, number, message);
        let is_unread = matches!(line.body, Body::Unread(_));
        let recovered = match &mut recovered {
            None => recovered.insert(begin(line).map_err(at)?),
            Some(recovered) => {
                recovered.add(line).map_err(at)?;
                recovered
            }
        };
        if !is_unread {
            recovered.length = lines.length();
        }
    }
    Ok(recovered)
}

fn begin(line: Line<'_>) -> std::result::Result<Recovered, String> {
    let Body::Startup(startup) = line.body else {
        return Err("the first line of a log that can be resumed is STARTUP".into());
    };
    if startup.is_virtual {
        return Err("its time is virtual: only a machine in real time can be resumed".into());
    }
    let lacks = |name: &str| format!("a STARTUP that can be resumed needs the field {name:?}");
    let history = history(&startup)?.ok_or_else(|| lacks("history"))?;
    let peers: Vec<_> = startup.peers.into_iter().map(Place::into_owned).collect();
    Ok(Recovered {
        machine_id: line.machine_id,
        run_id: startup.run_id.ok_or_else(|| lacks("run_id"))?.into_owned(),
        version: startup.version.unwrap_or_default().into_owned(),
        history,
        clock_rate: startup.clock_rate.ok_or_else(|| lacks("clock_rate"))?,
        seed: startup.seed.ok_or_else(|| lacks("seed"))?,
        starts: 1,
        clock: startup.local_clock,
        ticks: 0,
        last_time: line.time,
        past: Past {
            sent: vec![Vec::new(); peers.len()],
            known: vec![None; peers.len()],
            received: BTreeMap::new(),
        },
        peers,
        length: 0,
    })
}

fn history(startup: &Startup<'_>) -> std::result::Result<Option<Nonce>, String> {
    startup.history.as_deref().map(nonce).transpose()
}

/// A history as JSON.
fn nonce(json: &str) -> std::result::Result<Nonce, String> {
    let text = json.trim_matches('"');
    text.parse().map_err(|error: Error| error.to_string())
}

impl Recovered {
    fn add(&mut self, line: Line<'_>) -> std::result::Result<(), String> {
        if line.machine_id != self.machine_id {
            return Err(format!(
                "machine_id is {}: this is the log of machine {}",
                line.machine_id, self.machine_id
            ));
        }
        self.last_time = self.last_time.max(line.time);
        match line.body {
            Body::Event(event) => {
                let (_, new_clock) = event.clocks;
                if new_clock <= self.clock {
                    return Err(format!(
                        "new_clock is {new_clock} after {}: a clock only goes up",
                        self.clock
                    ));
                }
                self.clock = new_clock;
                self.ticks += u64::from(!line.is_manual);
                for peer in &event.recipients {
                    let position = self.position(peer)?;
                    self.past.sent[position].push(new_clock);
                }
                // A name given by hand says nothing of what came by the channel.
                if !line.is_by_hand
                    && let (Some(sender), Some(timestamp)) =
                        (event.message.sender, event.message.sent_clock)
                {
                    let newest = self.past.received.entry(sender).or_default();
                    *newest = timestamp.max(*newest);
                }
            }
            Body::Connect(Connect {
                peer,
                peer_id,
                peer_history,
            }) => {
                let position = self.position(&peer)?;
                let history = nonce(&peer_history.unwrap_or_default())?;
                self.past.known[position] = Some((peer_id, history));
            }
            Body::Startup(startup) => {
                if history(&startup)? != Some(self.history) {
                    return Err(format!(
                        "a STARTUP of another history than {}: two machines wrote this log",
                        self.history
                    ));
                }
                self.starts += 1;
            }
            Body::End(_) => {
                return Err("the machine ended in order: there is nothing to resume".into());
            }
            Body::Unread(_) => {}
        }
        Ok(())
    }

    fn position(&self, peer: &Place<'_>) -> std::result::Result<usize, String> {
        let position = self.peers.iter().position(|known| known == peer);
        position.ok_or_else(|| format!("{}:{} is not in the list of peers", peer.0, peer.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STARTUP: &str = r#"{"event": "STARTUP", "system_time": 1.000000, "machine_id": 1, "clock_rate": 2.5, "local_clock": 0, "history": "00000000000000ff", "listen": ["127.0.0.1", 5001], "peers": [["localhost", 5002], ["10.0.0.3", 5003]], "run_id": "lab", "seed": 7, "internal_probability": 0.7, "broadcast_share": 0.25, "time": "real", "version": "0.1.0"}
"#;
    const LINES: [&str; 6] = [
        r#"{"event": "CONNECT", "system_time": 1.100000, "machine_id": 1, "peer": ["10.0.0.3", 5003], "peer_id": 3, "peer_history": "0000000000000003"}
"#,
        r#"{"event": "SEND", "system_time": 1.200000, "machine_id": 1, "old_clock": 0, "new_clock": 1, "recipients": [["localhost", 5002], ["10.0.0.3", 5003]], "recipient_ids": [null, 3]}
"#,
        r#"{"event": "RECEIVE", "system_time": 1.300000, "machine_id": 1, "old_clock": 1, "new_clock": 9, "queue_len": 1, "sender": 3, "sent_clock": 8, "arrival_time": 1.250000}
"#,
        r#"{"event": "INTERNAL", "system_time": 1.400000, "machine_id": 1, "old_clock": 9, "new_clock": 10, "manual": true}
"#,
        r#"{"event": "SEND", "system_time": 1.500000, "machine_id": 1, "old_clock": 10, "new_clock": 11, "recipients": [["localhost", 5002]], "recipient_ids": [null]}
"#,
        r#"{"event": "UNREAD", "system_time": 1.600000, "machine_id": 1, "sender": 3, "sent_clock": 12, "arrival_time": 1.550000}
"#,
    ];

    fn log(lines: &[&str]) -> String {
        STARTUP.to_owned() + &lines.concat()
    }

    fn read(text: &str) -> Result<Option<Recovered>> {
        recover(text.as_bytes(), "machine_1.log")
    }

    #[test]
    fn a_log_tells_all_that_a_machine_must_know() {
        let recovered = read(&log(&LINES)).unwrap().unwrap();
        assert_eq!(
            (recovered.clock, recovered.ticks, recovered.starts),
            (11, 3, 1)
        );
        assert_eq!(recovered.past.sent, [vec![1, 11], vec![1]]);
        assert_eq!(recovered.past.known, [None, Some((3, Nonce(3)))]);
        assert_eq!(recovered.past.received, BTreeMap::from([(3, 8)]));
        assert_eq!(recovered.history, Nonce(255));
        assert_eq!(
            (recovered.seed, recovered.clock_rate.to_bits()),
            (7, 2.5_f64.to_bits())
        );
        // An end that did not come about does not count.
        assert_eq!(recovered.length as usize, log(&LINES[..5]).len());
    }

    #[test]
    fn a_receipt_by_hand_moves_no_mark() {
        let by_hand = LINES[2].replace("}\n", ", \"by_hand\": true, \"manual\": true}\n");
        let recovered = read(&log(&[LINES[0], LINES[1], &by_hand]))
            .unwrap()
            .unwrap();
        assert_eq!(recovered.clock, 9);
        assert_eq!(recovered.past.received, BTreeMap::new());
    }

    #[test]
    fn a_torn_line_does_not_count() {
        let (whole, all) = (log(&LINES[..4]), log(&LINES[..5]));
        let expected = read(&whole).unwrap();
        assert_eq!(
            expected.as_ref().unwrap().length as usize,
            whole.len(),
            "all of it counts"
        );
        for cut in whole.len()..all.len() {
            assert_eq!(read(&all[..cut]).unwrap(), expected, "cut at {cut}");
        }
        for cut in 0..STARTUP.len() {
            assert_eq!(read(&STARTUP[..cut]).unwrap(), None, "cut at {cut}");
        }
    }

    #[test]
    fn what_cannot_be_resumed_is_named() {
        let end = r#"{"event": "END", "system_time": 2.000000, "machine_id": 1, "final_clock": 0, "queue_len": 0, "ticks": 0, "lateness": {"p50": 0.0, "p99": 0.0, "max": 0.0}, "undelivered": []}
"#;
        let other = STARTUP.replace("ff\"", "fe\"");
        for (text, words) in [
            (log(&[end]), ":2: the machine ended in order"),
            (log(&[&other]), ":2: a STARTUP of another history"),
            (LINES[0].to_owned(), ":1: the first line"),
            (
                STARTUP.replace("real", "virtual"),
                ":1: its time is virtual",
            ),
            (
                STARTUP.replace("\"seed\"", "\"sead\""),
                "the field \"seed\"",
            ),
            (log(&["{}\n"]), ":2: "),
            (log(&[LINES[1], LINES[1]]), ":3: new_clock is 1 after 1"),
            (
                log(&[&LINES[1].replace("5002", "5009")]),
                "localhost:5009 is not in the list of peers",
            ),
            (
                log(&[&LINES[3].replace("\"machine_id\": 1", "\"machine_id\": 2")]),
                ":2: machine_id is 2",
            ),
        ] {
            let error = read(&text).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
