//! What attacks are counted by.

/// What happened in a world, or in many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    pub schedules: u64,
    pub steps: u64,
    pub crashes: u64,
    /// Crashes that left part of a write in the log.
    pub torn: u64,
    pub restarts: u64,
    /// Logs that lost their end with a crash of their host.
    pub lost_tails: u64,
    /// Refusals because of that.
    pub alarms: u64,
    /// Connections made, and those that broke.
    pub connections: u64,
    pub cuts: u64,
    /// Answers of "no".
    pub refusals: u64,
    /// Hellos of an impostor that were answered with ok.
    pub impostors: u64,
    pub messages: u64,
    /// Messages that came a second time and were dropped.
    pub dropped: u64,
    pub received: u64,
    pub unread: u64,
    /// Schedules whose logs were verified.
    pub verified: u64,
}

impl std::ops::AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.schedules += other.schedules;
        self.steps += other.steps;
        self.crashes += other.crashes;
        self.torn += other.torn;
        self.restarts += other.restarts;
        self.lost_tails += other.lost_tails;
        self.alarms += other.alarms;
        self.connections += other.connections;
        self.cuts += other.cuts;
        self.refusals += other.refusals;
        self.impostors += other.impostors;
        self.messages += other.messages;
        self.dropped += other.dropped;
        self.received += other.received;
        self.unread += other.unread;
        self.verified += other.verified;
    }
}
