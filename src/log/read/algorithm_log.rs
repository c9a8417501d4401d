//! What a log tells of the algorithm of its machine.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::BufRead;

use crate::error::{Error, Result};
use crate::log::columns::Micros;
use crate::log::line::{Place, Startup};
use crate::log::read::lines::Lines;
use crate::log::read::parse::LineBody;
use crate::model::message::MachineId;

/// The algorithm of a machine and the place of that among others, as its log tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlgorithmLog {
    /// The machine's number.
    pub machine_id: MachineId,
    /// The seed of its draws.
    pub seed: Option<u64>,
    /// ``module:Class``.
    pub algorithm: String,
    /// What the class is called with, as JSON.
    pub arguments: String,
    /// The minor version of the interpreter, of the last life.
    pub python: Option<String>,
    /// Where it listens.
    pub listen: Option<Place<'static>>,
    /// The machines it sends to, with their ids if it heard of them.
    pub peers: Vec<(Place<'static>, Option<MachineId>)>,
    /// When it began to tick; 0 if it never did.
    pub began: Micros,
}

/// Reads what a log tells of an algorithm; `None` if its machine has none.
///
/// `name` is the file, for errors.
pub fn algorithm_log<R: BufRead>(mut lines: Lines<R>, name: &str) -> Result<Option<AlgorithmLog>> {
    let mut ids = BTreeMap::new();
    let mut began = None;
    let mut last: Option<Startup<'static>> = None;
    let mut machine_id = None;
    while let Some((number, line)) = lines.next_read()? {
        if line.machine_id != *machine_id.get_or_insert(line.machine_id) {
            let why =
                "a line of another machine than the first: each machine's log is played by itself";
            return Err(Error::log(name, number, why));
        }
        // An UNREAD line does not count where the machine comes back after it.
        if !matches!(line.body, LineBody::Unread(_)) {
            began = began.or(line.began);
        }
        match line.body {
            LineBody::Startup(startup) => last = Some(startup.into_owned()),
            LineBody::Connect(connect) => {
                ids.insert(connect.peer.into_owned(), connect.peer_id);
            }
            LineBody::Event(event) => {
                let Some(startup) = &last else {
                    return Ok(None);
                };
                // Who was told the ids of its peers names them before they connect.
                if ids.len() < startup.peers.len() {
                    let told = event.recipients.into_iter().zip(event.recipient_ids);
                    for (place, id) in told.filter_map(|(place, id)| Some((place, id?))) {
                        ids.entry(place.into_owned()).or_insert(id);
                    }
                }
            }
            _ if last.is_none() => return Ok(None),
            _ => {}
        }
        if last
            .as_ref()
            .is_some_and(|startup| startup.algorithm.is_none())
        {
            return Ok(None);
        }
    }
    let (Some(startup), Some(machine_id)) = (last, machine_id) else {
        return Ok(None);
    };
    let Some(algorithm) = startup.algorithm else {
        return Ok(None);
    };
    let peers = startup.peers.into_iter().map(|place| {
        let id = ids.get(&place).copied().or_else(|| place.machine());
        (place, id)
    });
    Ok(Some(AlgorithmLog {
        machine_id,
        seed: startup.seed,
        algorithm: algorithm.into_owned(),
        arguments: startup
            .arguments
            .unwrap_or(Cow::Borrowed("{}"))
            .into_owned(),
        python: startup.python.map(Cow::into_owned),
        listen: startup.listen,
        peers: peers.collect(),
        began: began.unwrap_or_default(),
    }))
}
