//! Rules of the resumable links, each broken on purpose. The switches are the harness's: the code
//! under test is the one that ships, and is used wrongly, or its word is twisted on the way (`shim`).

/// A rule that is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// *logged* rises when a message enters the queue.
    AcknowledgeOnAccept,
    /// Messages may leave before their SEND line is written.
    SendBeforeLog,
    /// *logged* rises before the RECEIVE line is written.
    MarkBeforeFlush,
    /// After a handshake the sender goes on where it stopped, not after *accepted*.
    OwnPosition,
    /// What is newer than *logged* enters the queue, from a sender that begins again at what it keeps.
    DuplicatesByLogged,
    /// What rises on its connection enters the queue, from a sender that begins again at what it keeps.
    DuplicatesByConnection,
    /// The sender forgets what *accepted* covers.
    ForgetOnAccepted,
    /// Each read is taken as lines, whole or not, and what is not a message is passed over.
    Fragment,
    /// Recovery counts a last line without its newline, if it can be read.
    TornLine,
    /// A machine comes back with its history but without its log.
    EmptyLog,
    /// Two entries of the list of peers may be one machine.
    TwoEntries,
    /// A machine that comes back takes any mark that is not above its newest message.
    AnyLowMark,
    /// A machine that comes back takes any of its messages for a mark, whether it can have left or not.
    AnyOfOutbox,
    /// Others hear of lines that are written and not yet on storage.
    TellBeforeKeep,
}

impl Broken {
    pub const ALL: [Self; 14] = [
        Self::AcknowledgeOnAccept,
        Self::SendBeforeLog,
        Self::MarkBeforeFlush,
        Self::OwnPosition,
        Self::DuplicatesByLogged,
        Self::DuplicatesByConnection,
        Self::ForgetOnAccepted,
        Self::Fragment,
        Self::TornLine,
        Self::EmptyLog,
        Self::TwoEntries,
        Self::AnyLowMark,
        Self::AnyOfOutbox,
        Self::TellBeforeKeep,
    ];
}

/// What becomes of a log when its machine dies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Host {
    /// The host goes on: what is written stays.
    #[default]
    Stands,
    /// The host crashes with it now and then, and forgets any part of the end of the log.
    Forgets,
    /// The same, and the machine syncs: what is kept stays.
    Syncs,
}

/// What a world is made to do other than usual.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Twist {
    pub broken: Option<Broken>,
    /// Senders begin again at the oldest message they keep, as a careful one might: the receiver
    /// has to drop what it accepted before. It breaks no rule.
    pub is_careful: bool,
    /// One machine stands twice in a list of peers, under two addresses.
    pub has_alias: bool,
    /// What becomes of a log when its machine dies.
    pub host: Host,
}

impl Twist {
    /// The world in which `broken` matters.
    pub fn with(broken: Broken) -> Self {
        Self {
            broken: Some(broken),
            ..Self::around(broken)
        }
    }

    /// A world whose hosts crash too.
    pub fn on(host: Host) -> Self {
        Self {
            host,
            ..Self::default()
        }
    }

    /// The same world with the rule kept.
    pub fn around(broken: Broken) -> Self {
        Self {
            broken: None,
            is_careful: matches!(
                broken,
                Broken::DuplicatesByLogged | Broken::DuplicatesByConnection
            ),
            has_alias: broken == Broken::TwoEntries,
            host: match broken {
                Broken::AnyLowMark | Broken::AnyOfOutbox => Host::Forgets,
                Broken::TellBeforeKeep => Host::Syncs,
                _ => Host::Stands,
            },
        }
    }

    /// Whether lines are looked at on their way between an endpoint and its connections.
    pub fn holds_lines(self) -> bool {
        self.is_careful
            || matches!(
                self.broken,
                Some(
                    Broken::OwnPosition
                        | Broken::ForgetOnAccepted
                        | Broken::TwoEntries
                        | Broken::AnyLowMark
                )
            )
    }

    pub fn is(self, broken: Broken) -> bool {
        self.broken == Some(broken)
    }
}
