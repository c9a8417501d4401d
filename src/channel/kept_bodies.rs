//! What the messages that are kept for peers say: one body for each SEND, whatever the number of its recipients.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::model::body::Body;

/// Reads what was said before a machine came back.
pub trait ReadBody: std::fmt::Debug + Send + Sync {
    /// What the SEND says whose line begins at this byte of the log, or why that cannot be read.
    fn read(&self, at: u64) -> Result<Body, String>;
}

/// The bodies of a machine with an algorithm; null has none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct KeptBodies {
    /// By timestamp.
    kept: BTreeMap<u64, KeptBody>,
    forgotten: KeptSize,
    log: EarlierLog,
}

/// What messages that are kept take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct KeptSize {
    /// How many there are, each recipient counted.
    pub messages: u64,
    /// The bytes of their bodies, each SEND counted once; those in the log take none.
    pub bytes: u64,
}

/// A body and how many recipients may still need it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct KeptBody {
    said: SaidBody,
    recipients: usize,
}

/// A body, or where it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum SaidBody {
    Here(Arc<str>),
    /// In the log of a life before: its line begins at this byte.
    Logged(u64),
}

/// The log of the lives before, if there were any. It tells no two machines apart: what it holds is told already.
#[derive(Debug, Clone, Default)]
struct EarlierLog(Option<Arc<dyn ReadBody>>);

impl PartialEq for EarlierLog {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for EarlierLog {}

impl Hash for EarlierLog {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl KeptBodies {
    /// Those of a machine that comes back: of each SEND that says something its timestamp and where its line is, and for each
    /// peer the timestamps of all that was sent to it.
    pub fn logged<'a>(bodies: &[(u64, u64)], sent: impl Iterator<Item = &'a [u64]>) -> Self {
        let bodies = bodies.iter().map(|&(timestamp, at)| {
            let said = SaidBody::Logged(at);
            let recipients = 0;
            (timestamp, KeptBody { said, recipients })
        });
        let mut kept: BTreeMap<u64, KeptBody> = bodies.collect();
        for timestamp in sent.flatten() {
            if let Some(body) = kept.get_mut(timestamp) {
                body.recipients += 1;
            }
        }
        Self {
            kept,
            ..Self::default()
        }
    }

    /// The same, with the log that has them.
    #[must_use]
    pub fn read_by(mut self, log: Arc<dyn ReadBody>) -> Self {
        self.log = EarlierLog(Some(log));
        self
    }

    /// What a SEND to so many peers says.
    pub(super) fn keep(&mut self, timestamp: u64, body: Body, recipients: usize) {
        if let Some(text) = body
            && recipients > 0
        {
            let said = SaidBody::Here(text);
            self.kept.insert(timestamp, KeptBody { said, recipients });
        }
    }

    /// What a message that is kept says, or why that cannot be read.
    pub(super) fn of(&self, timestamp: u64) -> Result<Body, String> {
        match self.kept.get(&timestamp).map(|kept| &kept.said) {
            None => Ok(None),
            Some(SaidBody::Here(text)) => Ok(Some(text.clone())),
            Some(SaidBody::Logged(at)) => match &self.log.0 {
                Some(log) => log.read(*at),
                None => Err("nobody reads the log that has it".to_owned()),
            },
        }
    }

    /// One recipient of a message does not need it any more.
    pub(super) fn forget(&mut self, timestamp: u64) {
        self.forgotten.messages += 1;
        let Some(kept) = self.kept.get_mut(&timestamp) else {
            return;
        };
        kept.recipients -= 1;
        if kept.recipients == 0 {
            if let SaidBody::Here(text) = &kept.said {
                self.forgotten.bytes += text.len() as u64;
            }
            self.kept.remove(&timestamp);
        }
    }

    /// What was kept, and is no more.
    pub fn forgotten(&self) -> KeptSize {
        self.forgotten
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Told;

    impl ReadBody for Told {
        fn read(&self, at: u64) -> Result<Body, String> {
            if at == 70 {
                return Err("it is gone".to_owned());
            }
            Ok(Some(format!("\"at {at}\"").into()))
        }
    }

    #[test]
    fn what_was_said_before_is_read_as_long_as_someone_needs_it() {
        let sent: [&[u64]; 2] = [&[5, 6], &[6, 7]];
        let bodies = KeptBodies::logged(&[(5, 50), (6, 60), (7, 70)], sent.into_iter());
        assert!(bodies.of(5).unwrap_err().contains("nobody reads"));
        let mut bodies = bodies.read_by(Arc::new(Told));
        let said = |bodies: &KeptBodies, timestamp| {
            bodies
                .of(timestamp)
                .map(|body| body.map(|text| text.to_string()))
        };
        assert_eq!(said(&bodies, 6), Ok(Some("\"at 60\"".to_owned())));
        assert_eq!(said(&bodies, 7), Err("it is gone".to_owned()));
        bodies.forget(6);
        assert!(said(&bodies, 6).unwrap().is_some());
        bodies.forget(6);
        assert_eq!(said(&bodies, 6), Ok(None));
        let KeptSize { messages, bytes } = bodies.forgotten();
        assert_eq!((messages, bytes), (2, 0));
    }
}
