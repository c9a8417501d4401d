//! What the logs say at the end, read as plainly as can be: every message sent is received or queued,
//! once and in order, and no clock goes back.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use lamport::causality::verify::report::Rule;
use lamport::causality::verify::{Options, verify};
use lamport::log::read::reader::read_history;
use memchr::{memchr_iter, memchr2, memmem};

use super::host::Alarm;
use super::world::{Machine, World};

/// What the log of a machine says.
#[derive(Debug, Default)]
struct LogAccount {
    /// By port, what was sent there.
    sent: BTreeMap<u64, Vec<u64>>,
    /// By sender, what was received and then what was left unread.
    received: BTreeMap<u64, Vec<u64>>,
    receipts: u64,
    unread: u64,
}

/// What the logs of a run say.
#[derive(Debug)]
pub struct Account(Vec<LogAccount>);

impl Account {
    pub fn of(world: &World<'_>) -> Result<Self, String> {
        let logs = world.machines.iter().enumerate();
        let accounts = logs.map(|(index, machine)| LogAccount::of(index as u64 + 1, &machine.log));
        accounts.collect::<Result<_, _>>().map(Self)
    }

    /// Compares what was sent with what was received or queued, channel by channel.
    pub fn check(&self, world: &mut World<'_>) -> Result<(), String> {
        let none = Vec::new();
        for (from, sender) in self.0.iter().enumerate() {
            for (to, recipient) in self.0.iter().enumerate() {
                let peers = world.setup.peers[from].iter().enumerate();
                let entries = peers.filter(|(_, (peer, _))| *peer == to);
                let mut sent: Vec<u64> = Vec::new();
                for (position, (_, is_alias)) in entries {
                    if !world.machines[from].is_double[position] {
                        let port = if *is_alias { 6001 } else { 5001 } + to as u64;
                        sent.extend(sender.sent.get(&port).unwrap_or(&none));
                    }
                }
                // Through two entries, one timestamp may go twice.
                sent.sort_unstable();
                sent.dedup();
                let got = recipient.received.get(&(from as u64 + 1)).unwrap_or(&none);
                if let Some(alarm) = alarm(world, from, to) {
                    told(world, (from, to), alarm, &sent, got)?;
                } else if *got != sent {
                    return Err(difference(from + 1, to + 1, &sent, got));
                }
                world.figures.messages += sent.len() as u64;
            }
            world.figures.received += sender.receipts;
            world.figures.unread += sender.unread;
        }
        Ok(())
    }

    /// Lets the verifier judge the logs, as `lamport verify` does.
    pub fn verify(&self, world: &mut World<'_>) -> Result<(), String> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::temp_dir();
        let name = |machine| {
            format!(
                "lamport-links-{}-{number}-{machine}.log",
                std::process::id()
            )
        };
        let paths: Vec<_> = (1..=self.0.len())
            .map(|machine| directory.join(name(machine)))
            .collect();
        for (path, machine) in paths.iter().zip(&world.machines) {
            std::fs::write(path, &machine.log).unwrap();
        }
        let report = read_history(&paths, &BTreeMap::new(), &mut || true)
            .and_then(|history| verify(&history, &Options::default(), &mut || true));
        for path in &paths {
            std::fs::remove_file(path).unwrap();
        }
        world.figures.verified += 1;
        let report = report.map_err(|error| format!("the verifier: {error}"))?;
        // A queue may have held what its sender's log has lost: no one who reads the logs can know that.
        let has_lost = |machine: &Machine| !machine.lost.sends.is_empty();
        let is_hidden = |rule| rule == Rule::Queue && world.machines.iter().any(has_lost);
        let mut violations = report.violations.iter();
        match violations.find(|violation| !is_hidden(violation.rule)) {
            None => Ok(()),
            Some(violation) => Err(format!("the verifier: {violation:?}")),
        }
    }
}

/// What a machine has said to the end of a peer, and where in its list that is.
fn alarm(world: &World<'_>, from: usize, to: usize) -> Option<(usize, Alarm)> {
    let mut entries = world.setup.peers[from].iter();
    let position = entries.position(|&(peer, _)| peer == to)?;
    world.machines[from].alarms[position].map(|alarm| (position, alarm))
}

/// A channel that a machine has refused to the end: what did not arrive is counted as such.
fn told(
    world: &World<'_>,
    (from, to): (usize, usize),
    (position, alarm): (usize, Alarm),
    sent: &[u64],
    got: &[u64],
) -> Result<(), String> {
    let missing = sent.iter().filter(|message| !got.contains(message));
    let missing = missing.count();
    let process = world.machines[from].process.as_ref().unwrap();
    let counted = process.endpoint.channels().undelivered(position);
    let (from, to) = (from + 1, to + 1);
    // What the other had acknowledged is not kept any more: only the refusal tells of it.
    if alarm == Alarm::Forgotten && counted < missing {
        return Err(format!(
            "lost: {missing} of what {from} sent to {to} is missing, {counted} counts as undelivered"
        ));
    }
    if !got.is_sorted_by(|before, after| before < after) {
        return Err(format!("out of order: {to} has {got:?} of {from}"));
    }
    Ok(())
}

fn difference(from: usize, to: usize, sent: &[u64], got: &[u64]) -> String {
    let mut once = got.to_vec();
    once.sort_unstable();
    once.dedup();
    let what = if once.len() < got.len() {
        "doubled"
    } else if got.iter().any(|timestamp| !sent.contains(timestamp)) {
        "never sent"
    } else if once.len() < sent.len() {
        "lost"
    } else {
        "out of order"
    };
    format!("{what}: {from} sent {sent:?} to {to}, which has {got:?}")
}

impl LogAccount {
    /// Reads a log that must be whole, and whose clocks and times must go up.
    fn of(machine: u64, log: &[u8]) -> Result<Self, String> {
        let mut account = Self::default();
        let (mut clock, mut time, mut history) = (0, 0, None);
        let mut has_ended = false;
        let text = std::str::from_utf8(log).map_err(|error| error.to_string())?;
        if !text.ends_with('\n') {
            return Err(format!("the log of machine {machine} ends within a line"));
        }
        for (number, line) in text.lines().enumerate() {
            let at = |what: &str| format!("machine {machine}, line {}: {what}: {line}", number + 1);
            let field = |name: &str| {
                let start = memmem::find(line.as_bytes(), name.as_bytes())? + name.len();
                let rest = &line[start..];
                Some(&rest[..memchr2(b',', b'}', rest.as_bytes())?])
            };
            let count = |name: &str| -> Result<u64, String> {
                let value = field(name).and_then(|value| value.parse().ok());
                value.ok_or_else(|| at(name))
            };
            // END has an object in it.
            let most = if line.starts_with("{\"event\": \"END\"") {
                2
            } else {
                1
            };
            if !line.starts_with('{')
                || memchr_iter(b'{', line.as_bytes()).count() > most
                || !line.ends_with('}')
                || has_ended
            {
                return Err(at("this is no line of a log"));
            }
            let seconds = field("\"system_time\": ").ok_or_else(|| at("no time"))?;
            let now: u64 = seconds
                .replace('.', "")
                .parse()
                .map_err(|_| at("no time"))?;
            if now < time {
                return Err(at("time goes back"));
            }
            time = now;
            let event = field("\"event\": ").unwrap_or_default().trim_matches('"');
            if let "SEND" | "RECEIVE" | "INTERNAL" = event {
                let (old, new) = (count("\"old_clock\": ")?, count("\"new_clock\": ")?);
                let least = if event == "RECEIVE" {
                    count("\"sent_clock\": ")?
                } else {
                    0
                };
                if old != clock || new != old.max(least) + 1 {
                    return Err(at("the clock does not follow the model"));
                }
                clock = new;
            }
            match event {
                "SEND" => {
                    for port in ports(line).ok_or_else(|| at("no recipients"))? {
                        account.sent.entry(port).or_default().push(clock);
                    }
                }
                "RECEIVE" | "UNREAD" => {
                    let (sender, sent) = (count("\"sender\": ")?, count("\"sent_clock\": ")?);
                    account.received.entry(sender).or_default().push(sent);
                    if event == "RECEIVE" {
                        account.receipts += 1;
                    } else {
                        account.unread += 1;
                    }
                }
                "STARTUP" => {
                    let found = field("\"history\": ");
                    if *history.get_or_insert(found) != found {
                        return Err(at("another history"));
                    }
                    if count("\"local_clock\": ")? != clock {
                        return Err(at("it does not start from its last clock"));
                    }
                }
                "END" => {
                    has_ended = true;
                    if count("\"final_clock\": ")? != clock
                        || count("\"queue_len\": ")? != account.unread
                    {
                        return Err(at("it does not end as it was"));
                    }
                }
                _ => {}
            }
            if number == 0 && event != "STARTUP" {
                return Err(at("STARTUP is not the first line"));
            }
        }
        if !has_ended {
            return Err(format!("machine {machine} has not ended"));
        }
        Ok(account)
    }
}

/// The ports that a SEND names.
fn ports(line: &str) -> Option<Vec<u64>> {
    let (_, list) = line.split_once("\"recipients\": [[")?;
    let (list, _) = list.split_once("]]")?;
    let port = |place: &str| place.rsplit(' ').next()?.parse().ok();
    list.split("], [").map(port).collect()
}
