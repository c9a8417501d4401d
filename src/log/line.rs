//! What a log holds: one entry per line.
//!
//! [`Startup`], [`Connect`], [`Delivery`] and [`End`] are lines both ways: `write/writer.rs` writes them by serde, and
//! `read/parse.rs` reads them into the same structs. Events are too many for that: they are written and read by hand.

use std::borrow::Cow;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::log::columns::Micros;
use crate::model::address::Address;
use crate::model::behavior::Probabilities;
use crate::model::event::Event;
use crate::model::handled::HandledStep;
use crate::model::lateness::Summary;
use crate::model::manner::Manner;
use crate::model::message::{MachineId, Message, Nanos};
use crate::model::nonce::Nonce;

/// One line of a log before it is text.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// When it happened, on the driver's clock.
    pub time: Nanos,
    /// What happened.
    pub what: What,
}

impl Entry {
    /// How many lines it is.
    #[inline]
    pub fn lines(&self) -> u64 {
        match &self.what {
            What::Step(step) => 1 + step.caused.len() as u64,
            _ => 1,
        }
    }
}

/// The kinds of lines.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// The machine started; its peers and the version are for the writer to add.
    Startup(Box<Startup<'static>>),
    /// A handshake of this machine as a sender succeeded.
    Connect {
        /// The peer's position in the list of peers.
        peer: u32,
        /// The id it told.
        peer_id: MachineId,
        /// The history it told.
        peer_history: Nonce,
    },
    /// A step of the clock.
    Event {
        /// The step.
        event: Event,
        /// Whether it was made by hand.
        manual: bool,
    },
    /// A step of a machine with an algorithm: its event and the sends that follow from it, a line each.
    Step(Box<HandledStep>),
    /// A message left in the queue at the end.
    Unread(Message),
    /// The machine ended in order.
    End(Box<End>),
}

impl What {
    /// A step of the clock, by a tick or by hand.
    pub fn event(event: Event, is_by_hand: bool) -> Self {
        Self::Event {
            event,
            manual: is_by_hand,
        }
    }
}

/// Where a machine is, as logs tell: `["host", port]`; in virtual time the port is its number.
///
/// Other programs also write `"host:port"`, or the number of a machine, which has no host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place<'a>(pub Cow<'a, str>, pub u64);

/// The host of a place that is the number of a machine, until that is found; no other has it.
pub(crate) const NUMBER: &str = "\0";

impl Place<'static> {
    /// A TCP address.
    pub fn at(address: &Address) -> Self {
        Self(address.host.clone().into(), address.port.into())
    }

    /// The place of a machine in virtual time.
    pub fn in_virtual_time(machine: MachineId) -> Self {
        Self("virtual".into(), machine)
    }
}

impl Place<'_> {
    /// The same, independent of the line.
    pub fn into_owned(self) -> Place<'static> {
        Place(self.0.into_owned().into(), self.1)
    }

    /// The machine that is there, in virtual time.
    pub fn machine(&self) -> Option<MachineId> {
        (self.0 == "virtual").then_some(self.1)
    }
}

/// What a machine is, as its STARTUP line tells; logs of other programs may tell less.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Startup<'a> {
    /// Ticks per second.
    pub clock_rate: Option<f64>,
    /// The clock at the start: 0, or the recovered value.
    pub local_clock: Option<u64>,
    /// The machine's past, as JSON.
    #[serde(serialize_with = "written::as_it_stands")]
    pub history: Option<Cow<'a, str>>,
    /// Where it listens.
    pub listen: Option<Place<'a>>,
    /// The machines it sends to.
    pub peers: Vec<Place<'a>>,
    /// Only machines of this run connect to each other.
    pub run_id: Option<Cow<'a, str>>,
    /// The seed of its draws.
    pub seed: Option<u64>,
    /// What idle ticks do.
    #[serde(flatten)]
    pub probabilities: Probabilities,
    /// What it has of its own beside that.
    #[serde(flatten)]
    pub manner: Manner,
    /// Whether its time is virtual.
    #[serde(rename = "time", serialize_with = "written::virtual_or_real")]
    pub is_virtual: bool,
    /// The version of the package that wrote it.
    pub version: Option<Cow<'a, str>>,
    /// The class of its algorithm, `module:Class`, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<Cow<'a, str>>,
    /// What the class is called with, as a JSON object.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "written::as_it_stands"
    )]
    pub arguments: Option<Cow<'a, str>>,
    /// The minor version of the interpreter that runs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub python: Option<Cow<'a, str>>,
}

impl Startup<'_> {
    /// The same, independent of the line.
    pub fn into_owned(self) -> Startup<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Startup {
            clock_rate: self.clock_rate,
            local_clock: self.local_clock,
            history: self.history.map(owned),
            listen: self.listen.map(Place::into_owned),
            peers: self.peers.into_iter().map(Place::into_owned).collect(),
            run_id: self.run_id.map(owned),
            seed: self.seed,
            probabilities: self.probabilities,
            manner: self.manner,
            is_virtual: self.is_virtual,
            version: self.version.map(owned),
            algorithm: self.algorithm.map(owned),
            arguments: self.arguments.map(owned),
            python: self.python.map(owned),
        }
    }
}

/// A handshake with a peer, as a CONNECT line tells.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Connect<'a> {
    /// The peer's address.
    pub peer: Place<'a>,
    /// Its number.
    pub peer_id: u64,
    /// Its history, as JSON.
    #[serde(serialize_with = "written::as_it_stands")]
    pub peer_history: Option<Cow<'a, str>>,
}

impl Connect<'_> {
    /// The same, independent of the line.
    pub fn into_owned(self) -> Connect<'static> {
        Connect {
            peer: self.peer.into_owned(),
            peer_id: self.peer_id,
            peer_history: self.peer_history.map(|text| text.into_owned().into()),
        }
    }
}

/// A message at its recipient: what an UNREAD line tells, and a RECEIVE of the message it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// Who sent it, unless it was delivered by hand.
    pub sender: Option<u64>,
    /// Its timestamp; base-field logs have none.
    pub sent_clock: Option<u64>,
    /// When it entered the queue.
    #[serde(rename = "arrival_time", serialize_with = "written::seconds")]
    pub arrival: Option<Micros>,
}

impl Delivery {
    /// That of an event that receives nothing.
    pub const NONE: Self = Self {
        sender: None,
        sent_clock: None,
        arrival: None,
    };
}

/// What a machine was, as its END line tells.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct End {
    /// The clock after the last event.
    pub final_clock: u64,
    /// The messages left in the queue, if told.
    pub queue_len: Option<u64>,
    /// The ticks that happened, if told.
    pub ticks: Option<u64>,
    /// How late they were; unknown where some ticks of the last start were made by hand and others were due.
    pub lateness: Option<Quantiles>,
    /// For each peer with any, the messages newer than the last *accepted* heard, if told.
    pub undelivered: Option<Vec<(Option<MachineId>, u64)>>,
    /// In real time, of each peer and minute the message that was heard of soonest. A machine that adds delays to
    /// what arrives has none: its arrival times tell less.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heard: Option<Vec<HeardOf>>,
}

/// A message and how soon it was heard of that its recipient has it: `[peer_id, sent_clock, seconds]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeardOf {
    /// The recipient.
    pub peer_id: MachineId,
    /// The timestamp.
    pub sent_clock: u64,
    /// From the time of its SEND on.
    pub took: Micros,
}

impl Serialize for HeardOf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.peer_id, self.sent_clock, i128::from(self.took)).serialize(serializer)
    }
}

impl End {
    /// What it counts as undelivered, by peer; nothing if it does not tell.
    pub fn counts(&self) -> &[(Option<MachineId>, u64)] {
        self.undelivered.as_deref().unwrap_or_default()
    }
}

/// A summary of how late ticks were, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Quantiles {
    /// The median.
    #[serde(serialize_with = "written::micros")]
    pub p50: f64,
    /// The 99th percentile.
    #[serde(serialize_with = "written::micros")]
    pub p99: f64,
    /// The maximum.
    #[serde(serialize_with = "written::micros")]
    pub max: f64,
}

impl From<Summary> for Quantiles {
    /// In whole microseconds, rounded down.
    fn from(late: Summary) -> Self {
        let seconds = |nanos: Nanos| (nanos / 1000) as f64 / 1e6;
        Self {
            p50: seconds(late.p50),
            p99: seconds(late.p99),
            max: seconds(late.max),
        }
    }
}

/// A history as lines have it, in JSON.
pub fn json(history: Nonce) -> Cow<'static, str> {
    format!("\"{history}\"").into()
}

mod place {
    use std::borrow::Cow;
    use std::fmt;

    use serde::de::value::SeqAccessDeserializer;
    use serde::de::{Error, SeqAccess, Unexpected, Visitor};
    use serde::{Deserialize, Deserializer};

    use super::{NUMBER, Place};

    #[derive(Deserialize)]
    #[serde(expecting = "an address")]
    struct Pair<'a>(#[serde(borrow)] Cow<'a, str>, u64);

    struct Forms;

    impl<'de> Visitor<'de> for Forms {
        type Value = Place<'de>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an address")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
            let Pair(host, port) = Pair::deserialize(SeqAccessDeserializer::new(seq))?;
            Ok(Place(host, port))
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            let parts = text.rsplit_once(':').map(|(host, port)| {
                let bare = host
                    .strip_prefix('[')
                    .and_then(|rest| rest.strip_suffix(']'));
                (bare.unwrap_or(host), port.parse::<u16>())
            });
            match parts {
                Some((host, Ok(port))) if !host.is_empty() => {
                    Ok(Place(host.to_owned().into(), port.into()))
                }
                _ => Err(E::invalid_value(Unexpected::Str(text), &self)),
            }
        }

        fn visit_u64<E: Error>(self, id: u64) -> Result<Self::Value, E> {
            Ok(Place(NUMBER.into(), id))
        }
    }

    impl<'de: 'a, 'a> Deserialize<'de> for Place<'a> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(Forms)
        }
    }
}

/// How the fields are written that serde alone would write otherwise.
///
/// Nothing but a time is an integer of 128 bits: that many microseconds are, in the style of logs (`write/style.rs`),
/// seconds with six decimals.
mod written {
    #![expect(
        clippy::ref_option,
        clippy::trivially_copy_pass_by_ref,
        reason = "serde hands fields over by reference"
    )]

    use super::{Cow, Micros, RawValue, Serialize, Serializer};

    pub(super) fn seconds<S: Serializer>(
        time: &Option<Micros>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        time.map(i128::from).serialize(serializer)
    }

    pub(super) fn micros<S: Serializer>(seconds: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i128((seconds * 1e6).round() as i128)
    }

    pub(super) fn as_it_stands<S: Serializer>(
        json: &Option<Cow<'_, str>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let raw = json.as_deref().map(serde_json::from_str::<&RawValue>);
        let raw = raw.transpose().map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }

    pub(super) fn virtual_or_real<S: Serializer>(
        is_virtual: &bool,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if *is_virtual { "virtual" } else { "real" })
    }
}
