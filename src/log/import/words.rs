//! The words by which logs say what an event is.

use std::collections::BTreeMap;

use crate::error::clipped;
use crate::log::schema::EventKind;

/// What a word says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The event is of this kind.
    Kind(EventKind),
    /// The event receives and sends.
    Both,
    /// The line is no event, and left aside.
    Aside,
}

/// Words for the kinds that the field uses, in any case, `_` and `-` being blanks.
const SENDING: &[&str] = &[
    "send",
    "sent",
    "sends",
    "sending",
    "snd",
    "tx",
    "transmit",
    "transmitted",
    "broadcast",
    "broadcasted",
    "broadcasting",
    "multicast",
    "emit",
    "emitted",
    "publish",
    "published",
];
const RECEIVING: &[&str] = &[
    "receive",
    "received",
    "receives",
    "receiving",
    "recv",
    "recvd",
    "rcv",
    "rcvd",
    "rx",
    "deliver",
    "delivered",
    "delivers",
    "delivery",
    "recieve",
    "recieved",
];
const LOCAL: &[&str] = &[
    "internal",
    "local",
    "exec",
    "execute",
    "executed",
    "execution",
    "compute",
    "computed",
    "computation",
    "internally",
    "locally",
    "step",
];
/// What may stand behind or in front of such a word and says nothing.
const FILLERS: &[&str] = &[
    "event", "events", "message", "messages", "msg", "msgs", "a", "an", "the", "all", "both",
];
/// Words that mean a receipt where they stand for an event, but may mean something else: they are only proposed.
const MAYBE_RECEIVING: &[&str] = &[
    "process",
    "processed",
    "processing",
    "handle",
    "handled",
    "handling",
    "got",
    "get",
    "consume",
    "consumed",
    "dequeue",
    "dequeued",
    "pop",
    "popped",
    "arrive",
    "arrived",
    "r",
];
/// Words of lines that are often no events.
const MAYBE_ASIDE: &[&str] = &[
    "start",
    "started",
    "starting",
    "startup",
    "stop",
    "stopped",
    "stopping",
    "init",
    "initialized",
    "initializing",
    "connect",
    "connected",
    "connecting",
    "connection",
    "listen",
    "listening",
    "shutdown",
    "end",
    "ended",
    "exit",
    "finished",
    "closed",
    "closing",
    "error",
    "warning",
    "info",
];

/// What words mean: those declared, and the usual ones.
#[derive(Debug, Clone, Default)]
pub struct Words {
    declared: BTreeMap<String, Meaning>,
    /// The same, folded.
    folded: BTreeMap<String, Meaning>,
}

impl Words {
    /// With the words of a declaration, which come before the usual ones.
    pub fn new(declared: BTreeMap<String, Meaning>) -> Self {
        let folded = declared
            .iter()
            .map(|(word, &meaning)| (folded(word), meaning));
        Self {
            folded: folded.collect(),
            declared,
        }
    }

    /// What a word means, if that is known.
    pub fn meaning(&self, word: &str) -> Option<Meaning> {
        if let Some(&meaning) = self.declared.get(word) {
            return Some(meaning);
        }
        let plain = folded(word);
        if let Some(&meaning) = self.folded.get(&plain) {
            return Some(meaning);
        }
        usual(&plain).map(Meaning::Kind)
    }

    /// What the first word of a text means, if that is known.
    pub fn first(&self, text: &str) -> Option<Meaning> {
        let is_in_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        let end = text
            .find(|letter| !is_in_word(letter))
            .unwrap_or(text.len());
        self.meaning(&text[..end])
    }
}

fn folded(word: &str) -> String {
    let blank = |letter: char| {
        if letter == '_' || letter == '-' {
            ' '
        } else {
            letter
        }
    };
    let folded: String = word.trim().to_lowercase().chars().map(blank).collect();
    // One or several, as in "message(s) sent".
    folded.replace("(s)", "")
}

/// What an unknown word most likely means.
fn proposed(word: &str) -> Option<EventKind> {
    let plain = folded(word);
    let parts = || plain.split(|letter: char| !letter.is_alphanumeric());
    let has = |known: &[&str]| parts().any(|part| known.contains(&part));
    let kind = |is: fn(EventKind) -> bool| EventKind::ALL.iter().copied().find(|&kind| is(kind));
    if has(SENDING) || has(&["s"]) {
        kind(EventKind::sends)
    } else if has(RECEIVING) || has(MAYBE_RECEIVING) {
        kind(EventKind::receives)
    } else if has(MAYBE_ASIDE) && !has(LOCAL) {
        None
    } else {
        kind(|kind| !kind.sends() && !kind.receives())
    }
}

/// The kind of a usual word, which is folded.
fn usual(word: &str) -> Option<EventKind> {
    let mut words = word
        .split(' ')
        .filter(|word| !FILLERS.contains(word) && !word.is_empty());
    let (word, None) = (words.next()?, words.next()) else {
        return None;
    };
    let kind = |is: fn(EventKind) -> bool| EventKind::ALL.iter().copied().find(|&kind| is(kind));
    if SENDING.contains(&word) {
        kind(EventKind::sends)
    } else if RECEIVING.contains(&word) {
        kind(EventKind::receives)
    } else if LOCAL.contains(&word) {
        kind(|kind| !kind.sends() && !kind.receives())
    } else {
        None
    }
}

/// What to say of words that mean nothing, each with how often it stands there; `place` is the first.
pub fn unknown(words: &BTreeMap<&str, u64>, place: &str) -> String {
    const SHOWN: usize = 8;
    const PROPOSED: usize = 4;
    let mut by_count: Vec<_> = words.iter().collect();
    by_count.sort_by_key(|&(word, &count)| (std::cmp::Reverse(count), *word));
    let shown = by_count.iter().take(SHOWN);
    let shown: Vec<String> = shown
        .map(|&(word, count)| format!("{:?} ({count})", clipped(word)))
        .collect();
    let more = if by_count.len() > SHOWN {
        format!(" and {} more", by_count.len() - SHOWN)
    } else {
        String::new()
    };
    let proposals = by_count.iter().take(PROPOSED).map(|(word, _)| {
        let kind = proposed(word).map_or("None".to_owned(), |kind| format!("{:?}", kind.name()));
        format!("{:?}: {kind}", clipped(word))
    });
    let proposals: Vec<String> = proposals.collect();
    let kinds: Vec<&str> = EventKind::ALL.iter().map(|kind| kind.name()).collect();
    format!(
        "no kind of event is known by {}{more} (first in {place}): say what they are, as in \
         events={{{}}}, of {}, or None for lines to leave aside",
        shown.join(", "),
        proposals.join(", "),
        kinds.join(", "),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(word: &str) -> Option<&'static str> {
        match Words::default().meaning(word) {
            Some(Meaning::Kind(kind)) => Some(kind.name()),
            _ => None,
        }
    }

    #[test]
    fn usual_words_are_known_in_any_case() {
        for word in [
            "send",
            "SENT",
            "Sending",
            " tx ",
            "SEND_EVENT",
            "message sent",
            "Broadcast",
            "MESSAGE(S) SENT",
            "Messages sent",
            "Send All",
        ] {
            assert_eq!(kind(word), Some("SEND"), "{word}");
        }
        for word in [
            "Receive",
            "recv",
            "RECEIVED",
            "receive-event",
            "Received message",
            "rcv",
        ] {
            assert_eq!(kind(word), Some("RECEIVE"), "{word}");
        }
        for word in [
            "INTERNAL",
            "local",
            "Exec",
            "internal event",
            "Internal_Event",
            "Local Event",
        ] {
            assert_eq!(kind(word), Some("INTERNAL"), "{word}");
        }
        for word in ["", "INIT", "SEND(3)", "send receive", "sent to", "message"] {
            assert_eq!(kind(word), None, "{word}");
        }
        assert!(Words::default().first("SEND 120").is_some());
        assert!(Words::default().first("Prepare to send").is_none());
    }

    #[test]
    fn what_is_declared_comes_first() {
        let declared = [("Processed", Meaning::Both), ("send", Meaning::Aside)];
        let declared = declared.map(|(word, meaning)| (word.to_owned(), meaning));
        let words = Words::new(declared.into());
        assert_eq!(words.meaning("Processed"), Some(Meaning::Both));
        assert_eq!(words.meaning("processed"), Some(Meaning::Both));
        assert_eq!(words.meaning("SEND"), Some(Meaning::Aside));
        assert!(matches!(words.meaning("sent"), Some(Meaning::Kind(_))));
    }

    #[test]
    fn unknown_words_are_listed_with_their_counts() {
        let words = BTreeMap::from([("INIT", 3), ("STOP", 12)]);
        let text = unknown(&words, "a.log:7");
        assert!(
            text.contains("\"STOP\" (12), \"INIT\" (3) (first in a.log:7)"),
            "{text}"
        );
        let proposed = "events={\"STOP\": None, \"INIT\": None}, of";
        assert!(text.contains(proposed), "{text}");
        for (word, kind) in [
            ("Processed message", "\"RECEIVE\""),
            ("sent to", "\"SEND\""),
            ("R", "\"RECEIVE\""),
            ("think", "\"INTERNAL\""),
            ("Connected", "None"),
        ] {
            let text = unknown(&BTreeMap::from([(word, 1)]), "a.log:7");
            assert!(text.contains(&format!("{{{word:?}: {kind}}}")), "{text}");
        }
    }
}
