//! One line of a log, read into typed values.

use std::borrow::Cow;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::error::clipped;
use crate::log::columns::Micros;
use crate::log::handled_row::HandledRow;
use crate::log::line::{Connect, Delivery, End, HeardOf, NUMBER, Place, Quantiles, Startup};
use crate::log::prompt::Prompt;
use crate::log::read::diagnose::{diagnose, not_whole};
use crate::log::read::rows::UNTOLD;
use crate::log::read::seconds::{decimals, micros};
use crate::log::schema::EventKind;
use crate::model::behavior::Probabilities;
use crate::model::clock::MAX_CLOCK;
use crate::model::manner::Manner;
use crate::model::message::Nanos;
use crate::model::rate_steps::RateSteps;
use crate::model::ticking::Ticking;
use crate::model::weights::Weights;
use crate::setting::MAX_DURATION;

/// A line of a log.
#[derive(Debug, PartialEq)]
pub struct Line<'a> {
    /// `system_time`, in microseconds.
    pub time: Micros,
    /// The machine that wrote it.
    pub machine_id: u64,
    /// Whether the event was made by hand.
    pub is_manual: bool,
    /// Whether it is a SEND that follows from the event before it.
    pub is_caused: bool,
    /// Whether the message was delivered by hand, in the name of its sender.
    pub is_by_hand: bool,
    /// When the machine began to tick, if the line says so; in microseconds.
    pub began: Option<Micros>,
    /// With how many decimals `system_time` is written, and `arrival_time` or, where there is none, again that.
    pub decimals: [u8; 2],
    /// What it says.
    pub body: LineBody<'a>,
}

/// What a line says.
#[derive(Debug, PartialEq)]
pub enum LineBody<'a> {
    /// The machine started or came back.
    Startup(Box<Startup<'a>>),
    /// A handshake with a peer succeeded.
    Connect(Connect<'a>),
    /// A step of the clock.
    Event(EventLine<'a>),
    /// A message left in the queue at the end.
    Unread(Delivery),
    /// The machine ended.
    End(End),
}

/// The line of an event.
#[derive(Debug, PartialEq)]
pub struct EventLine<'a> {
    /// What it is.
    pub kind: EventKind,
    /// The clocks before and after; one before that is not told is beyond every clock.
    pub clocks: (u64, u64),
    /// Where the message goes, if one is sent.
    pub recipients: Vec<Place<'a>>,
    /// Who they are, as far as known then; as long as `recipients`, or empty.
    pub recipient_ids: Vec<Option<u64>>,
    /// What is known of the message received, if one is.
    pub message: Delivery,
    /// The messages that still wait, where one is received.
    pub queue_len: Option<u64>,
    /// What only machines with an algorithm say.
    pub handled: HandledRow,
}

/// The union of the fields of all lines.
#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow)]
    system_time: &'a RawValue,
    machine_id: u64,
    old_clock: Option<u64>,
    new_clock: Option<u64>,
    #[serde(borrow)]
    recipients: Option<Vec<Place<'a>>>,
    recipient_ids: Option<Vec<Option<u64>>>,
    queue_len: Option<u64>,
    sender: Option<u64>,
    sent_clock: Option<u64>,
    #[serde(borrow)]
    arrival_time: Option<&'a RawValue>,
    clock_rate: Option<f64>,
    local_clock: Option<u64>,
    #[serde(borrow)]
    listen: Option<Place<'a>>,
    #[serde(borrow)]
    peers: Option<Vec<Place<'a>>>,
    #[serde(borrow)]
    run_id: Option<Cow<'a, str>>,
    seed: Option<u64>,
    manual: Option<bool>,
    by_hand: Option<bool>,
    internal_probability: Option<f64>,
    broadcast_share: Option<f64>,
    #[serde(borrow)]
    weights: Option<&'a RawValue>,
    #[serde(borrow)]
    ticking: Option<&'a RawValue>,
    #[serde(borrow)]
    rates: Option<&'a RawValue>,
    #[serde(borrow)]
    since: Option<&'a RawValue>,
    #[serde(borrow)]
    peer: Option<Place<'a>>,
    peer_id: Option<u64>,
    #[serde(borrow)]
    peer_history: Option<&'a RawValue>,
    #[serde(borrow)]
    history: Option<&'a RawValue>,
    #[serde(borrow)]
    time: Option<&'a RawValue>,
    #[serde(borrow)]
    version: Option<&'a RawValue>,
    final_clock: Option<u64>,
    ticks: Option<u64>,
    lateness: Option<Quantiles>,
    undelivered: Option<Vec<(Option<u64>, u64)>>,
    #[serde(borrow)]
    heard: Option<&'a RawValue>,
    #[serde(borrow)]
    began: Option<&'a RawValue>,
    #[serde(borrow)]
    caused: Option<&'a RawValue>,
    #[serde(borrow)]
    start: Option<&'a RawValue>,
    #[serde(borrow)]
    timer: Option<&'a RawValue>,
    #[serde(borrow)]
    due: Option<&'a RawValue>,
    #[serde(borrow)]
    body: Option<&'a RawValue>,
    #[serde(borrow)]
    state: Option<&'a RawValue>,
    #[serde(borrow)]
    algorithm: Option<&'a RawValue>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
    #[serde(borrow)]
    python: Option<&'a RawValue>,
}

/// Reads one line; the error says what is wrong and what would be right.
pub fn parse(text: &str) -> Result<Line<'_>, String> {
    let fields: Fields = serde_json::from_str(text).map_err(|error| diagnose(text, &error))?;
    let time = micros("system_time", fields.system_time)?;
    let machine_id = whole("machine_id", fields.machine_id)?;
    Ok(Line {
        time,
        machine_id,
        is_manual: fields.manual.unwrap_or(false),
        is_caused: is_true(fields.caused) && fields.event == EventKind::Send.name(),
        is_by_hand: fields.by_hand.unwrap_or(false),
        // We write a time; anything else is another program's.
        began: fields.began.and_then(|time| micros("began", time).ok()),
        decimals: [
            decimals(fields.system_time),
            decimals(fields.arrival_time.unwrap_or(fields.system_time)),
        ],
        body: body(fields)?,
    })
}

fn body(fields: Fields<'_>) -> Result<LineBody<'_>, String> {
    let event = fields.event.as_ref();
    let need = |name, value| need(event, name, value);
    let clocks = || {
        if let (Some(old), Some(new)) = (fields.old_clock, fields.new_clock) {
            return Ok::<_, String>((whole("old_clock", old)?, whole("new_clock", new)?));
        }
        let new = whole("new_clock", need("new_clock", fields.new_clock)?)?;
        Ok((UNTOLD, new))
    };
    let delivery = || {
        Ok::<_, String>(Delivery {
            sender: option("sender", fields.sender)?,
            sent_clock: option("sent_clock", fields.sent_clock)?,
            arrival: match fields.arrival_time {
                Some(time) => Some(micros("arrival_time", time)?),
                None => None,
            },
        })
    };
    let is_event = |kind: &&EventKind| kind.name() == event;
    if let Some(&kind) = EventKind::ALL.iter().find(is_event) {
        let mut line = EventLine {
            kind,
            clocks: clocks()?,
            recipients: Vec::new(),
            recipient_ids: Vec::new(),
            message: Delivery::NONE,
            queue_len: None,
            handled: handled(&fields, kind),
        };
        if kind.sends() {
            let (recipients, ids) = (fields.recipients, fields.recipient_ids);
            line.recipients = recipients.ok_or_else(|| missing(event, "recipients"))?;
            let numbers = numbers(&mut line.recipients);
            line.recipient_ids = ids.unwrap_or(numbers);
            check_ids(&line)?;
        }
        if kind.receives() {
            line.message = delivery()?;
            line.queue_len = option("queue_len", fields.queue_len)?;
        }
        return Ok(LineBody::Event(line));
    }
    Ok(match event {
        "UNREAD" => {
            need("sent_clock", fields.sent_clock)?;
            LineBody::Unread(delivery()?)
        }
        "CONNECT" => LineBody::Connect(Connect {
            peer_id: whole("peer_id", need("peer_id", fields.peer_id)?)?,
            peer: fields.peer.ok_or_else(|| missing(event, "peer"))?,
            peer_history: fields.peer_history.map(|json| json.get().into()),
        }),
        "END" => LineBody::End(End {
            final_clock: whole("final_clock", need("final_clock", fields.final_clock)?)?,
            queue_len: option("queue_len", fields.queue_len)?,
            ticks: option("ticks", fields.ticks)?,
            lateness: fields.lateness,
            undelivered: fields.undelivered.map(undelivered).transpose()?,
            heard: fields.heard.and_then(heard),
        }),
        "STARTUP" => {
            if let Some(rate) = fields.clock_rate.filter(|rate| *rate <= 0.0) {
                return Err(format!(
                    "clock_rate is {rate}: it must be a positive number"
                ));
            }
            let manner = manner(&fields);
            LineBody::Startup(Box::new(Startup {
                clock_rate: fields.clock_rate,
                local_clock: option("local_clock", fields.local_clock)?,
                listen: fields.listen,
                peers: fields.peers.unwrap_or_default(),
                run_id: fields.run_id,
                seed: fields.seed,
                probabilities: Probabilities {
                    internal_probability: fields.internal_probability,
                    broadcast_share: fields.broadcast_share,
                },
                manner,
                history: fields.history.map(|json| json.get().into()),
                is_virtual: fields.time.is_some_and(|time| time.get() == "\"virtual\""),
                // We write a string; anything else is another program's.
                version: own_text(fields.version),
                algorithm: own_text(fields.algorithm),
                arguments: object(fields.arguments).map(Cow::Borrowed),
                python: own_text(fields.python),
            }))
        }
        _ => {
            let kinds: Vec<_> = EventKind::ALL.iter().map(|kind| kind.name()).collect();
            return Err(format!(
                "event {:?} is not known: it is STARTUP, CONNECT, {}, UNREAD or END",
                clipped(event),
                kinds.join(", ")
            ));
        }
    })
}

/// What only machines with an algorithm say of an event. Anything else by these names is another program's.
fn handled(fields: &Fields<'_>, kind: EventKind) -> HandledRow {
    let timer = || {
        let name = own_text(fields.timer)?;
        let due = micros("due", fields.due?).ok()?;
        Some(Prompt::Timer {
            name: name.into(),
            due,
        })
    };
    let says = kind.sends() || kind.receives();
    let prompt = if says {
        None
    } else if is_true(fields.start) {
        Some(Prompt::Start)
    } else {
        timer()
    };
    let body = fields.body.map(RawValue::get);
    HandledRow {
        prompt: prompt.map(Arc::new),
        body: body.filter(|json| says && *json != "null").map(Arc::from),
        state: object(fields.state).map(Arc::from),
    }
}

fn is_true(json: Option<&RawValue>) -> bool {
    json.is_some_and(|json| json.get() == "true")
}

/// A text, where we write one.
fn own_text(json: Option<&RawValue>) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
    let Text(text) = serde_json::from_str(json?.get()).ok()?;
    Some(text)
}

/// The text of an object, where we write one.
fn object(json: Option<&RawValue>) -> Option<&str> {
    let json = json?.get();
    json.starts_with('{').then_some(json)
}

/// What a STARTUP tells that only machines of a manner of their own have. Anything else is another program's.
fn manner(fields: &Fields<'_>) -> Manner {
    let weights = || Weights::new(0, &read::<Vec<u64>>(fields.weights)?).ok()?;
    let ticking = || read::<Ticking>(fields.ticking)?.checked().ok();
    let steps = || RateSteps::new(&read::<Vec<(f64, f64)>>(fields.rates)?).ok();
    let since = read::<f64>(fields.since).filter(|since| (0.0..=MAX_DURATION).contains(since));
    Manner {
        weights: weights(),
        ticking: ticking().unwrap_or_default(),
        steps: steps(),
        since: since.map_or(0, |since| (since * 1e9).round() as Nanos),
    }
}

fn read<T: DeserializeOwned>(json: Option<&RawValue>) -> Option<T> {
    serde_json::from_str(json?.get()).ok()
}

/// What an END tells of messages that were heard of. We write triples; anything else is another program's.
fn heard(json: &RawValue) -> Option<Vec<HeardOf>> {
    let triples: Vec<(u64, u64, &RawValue)> = serde_json::from_str(json.get()).ok()?;
    let triples = triples.into_iter().map(|(peer_id, sent_clock, seconds)| {
        Some(HeardOf {
            peer_id: whole("heard", peer_id).ok()?,
            sent_clock: whole("heard", sent_clock).ok()?,
            took: micros("heard", seconds).ok()?,
        })
    });
    triples.collect()
}

/// The messages that an END counts as undelivered, by peer.
fn undelivered(counts: Vec<(Option<u64>, u64)>) -> Result<Vec<(Option<u64>, u64)>, String> {
    for &(peer, count) in &counts {
        option("undelivered", peer)?;
        whole("undelivered", count)?;
    }
    Ok(counts)
}

/// Who the recipients are that are the numbers of machines, if any is.
fn numbers(recipients: &mut [Place<'_>]) -> Vec<Option<u64>> {
    let number = |Place(host, id): &mut Place<'_>| {
        let is_number = host == NUMBER;
        if is_number {
            *host = Cow::Borrowed("");
        }
        is_number.then_some(*id)
    };
    let numbers: Vec<_> = recipients.iter_mut().map(number).collect();
    if numbers.iter().any(Option::is_some) {
        numbers
    } else {
        Vec::new()
    }
}

/// Whether a SEND names each recipient, or none.
fn check_ids(line: &EventLine<'_>) -> Result<(), String> {
    let (recipients, ids) = (line.recipients.len(), line.recipient_ids.len());
    if ids != 0 && ids != recipients {
        return Err(format!(
            "{recipients} recipients but {ids} recipient_ids: there must be one for each (null if unknown)"
        ));
    }
    for &id in &line.recipient_ids {
        option("recipient_ids", id)?;
    }
    Ok(())
}

fn missing(event: &str, name: &str) -> String {
    format!("a {event} line needs the field {name:?}: it is missing")
}

fn need(event: &str, name: &str, value: Option<u64>) -> Result<u64, String> {
    value.ok_or_else(|| missing(event, name))
}

fn whole(name: &str, value: u64) -> Result<u64, String> {
    if value <= MAX_CLOCK {
        return Ok(value);
    }
    Err(not_whole(name, value))
}

fn option(name: &str, value: Option<u64>) -> Result<Option<u64>, String> {
    value.map(|value| whole(name, value)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_classic_lines_are_read() {
        let line = parse(r#"{"event": "SEND", "system_time": 1677782102.954512, "machine_id": 1, "old_clock": 5, "new_clock": 6, "recipients": [["localhost", 5002]]}"#).unwrap();
        assert_eq!((line.time, line.machine_id), (1_677_782_102_954_512, 1));
        assert_eq!(
            line.body,
            LineBody::Event(EventLine {
                kind: EventKind::Send,
                clocks: (5, 6),
                recipients: vec![Place("localhost".into(), 5002)],
                recipient_ids: vec![],
                message: Delivery::NONE,
                queue_len: None,
                handled: HandledRow::default(),
            })
        );
        // Fields in any order, fields nobody knows, no spaces.
        let line = parse(r#"{"new_clock":8,"mood":{"a":[1]},"old_clock":2,"machine_id":3,"system_time":7,"event":"RECEIVE"}"#).unwrap();
        assert_eq!(line.time, 7_000_000);
        let LineBody::Event(event) = line.body else {
            panic!("{line:?}")
        };
        assert_eq!((event.kind, event.clocks), (EventKind::Receive, (2, 8)));
        assert_eq!(event.message, Delivery::NONE);
    }

    #[test]
    fn what_an_end_counts_is_bounded() {
        let end = |counts: &str| {
            let line = format!(
                r#"{{"event": "END", "system_time": 7.0, "machine_id": 3, "final_clock": 8, "queue_len": 0, "ticks": 8, "undelivered": {counts}}}"#
            );
            parse(&line).map(|_| ())
        };
        assert_eq!(end("[[2, 9007199254740991], [null, 0]]"), Ok(()));
        for counts in ["[[2, 18446744073709551615]]", "[[9007199254740992, 1]]"] {
            let error = end(counts).unwrap_err();
            assert!(error.starts_with("undelivered is "), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,60}|\\{(\"(event|system_time|old_clock|lateness|peers)\": ?(1|\"SEND\"|null|\\[\\]|\\{\\}),?){0,4}\\}") {
            let _ = parse(&text);
        }
    }
}
