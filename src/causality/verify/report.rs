//! What a verification found.

/// How many violations are listed; all are counted.
const LISTED: usize = 1000;

/// How many rules there are.
pub const RULES: usize = 15;

/// The rules, in the order of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// STARTUP first, END last, times that never go back, ids and histories that agree.
    Structure,
    /// How each event moves the clock.
    Step,
    /// Each receipt has one send.
    Match,
    /// Where a clock jumped, it was to what was sent.
    Jump,
    /// No more is received than was sent.
    Count,
    /// A send has a smaller clock than its receipt, and none comes after it.
    ClockCondition,
    /// Clocks are lengths of longest chains.
    Exactness,
    /// What arrives on a channel is a prefix of what was sent.
    Fifo,
    /// Queue lengths are what arrived less what was received.
    Queue,
    /// What was sent is somewhere.
    Conservation,
    /// Sent, arrived, received: in this order.
    Time,
    /// Ticks come at their rate.
    Schedule,
    /// Ticks do what the machine was started with.
    Settings,
    /// Only machines of the run take part in it.
    Membership,
    /// Logged vector clocks tell what happened before.
    Vector,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; RULES] = [
        Self::Structure,
        Self::Step,
        Self::Match,
        Self::Jump,
        Self::Count,
        Self::ClockCondition,
        Self::Exactness,
        Self::Fifo,
        Self::Queue,
        Self::Conservation,
        Self::Time,
        Self::Schedule,
        Self::Settings,
        Self::Membership,
        Self::Vector,
    ];

    /// As reports name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::Step => "step",
            Self::Match => "match",
            Self::Jump => "jump",
            Self::Count => "count",
            Self::ClockCondition => "clock condition",
            Self::Exactness => "exactness",
            Self::Fifo => "fifo",
            Self::Queue => "queue",
            Self::Conservation => "conservation",
            Self::Time => "time",
            Self::Schedule => "schedule",
            Self::Settings => "settings",
            Self::Membership => "membership",
            Self::Vector => "vector",
        }
    }
}

/// A line that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// The log; empty for a table.
    pub file: String,
    /// The line, from 1; for a table the row, from 0.
    pub line: u32,
    /// The machine.
    pub machine_id: u64,
    /// The clock after the event, if the line is one.
    pub clock: Option<u64>,
    /// What would be right.
    pub expected: String,
    /// What is there.
    pub found: String,
}

/// All that a verification found.
#[derive(Debug, Default)]
pub struct Report {
    /// Violations by rule, as many as are listed.
    pub violations: Vec<Violation>,
    /// How many violations there are, by [`Rule`].
    pub counts: [u64; RULES],
    /// How many things were checked, by [`Rule`].
    pub checked: [u64; RULES],
    /// How many messages were received over channels.
    pub received: u64,
    /// Of how many of them the SEND was found.
    pub matched: u64,
    /// What could not be checked, and why.
    pub unchecked: Vec<String>,
    listed: [usize; RULES],
}

impl Report {
    /// How many violations there are.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Whether no rule is broken.
    pub fn is_ok(&self) -> bool {
        self.counts.iter().all(|&count| count == 0)
    }

    /// Counts things that were checked.
    pub(super) fn checked(&mut self, rule: Rule, things: u64) {
        self.checked[rule as usize] += things;
    }

    /// Counts a violation, and lists it while there is room.
    pub(super) fn add(&mut self, rule: Rule, violation: impl FnOnce() -> Violation) {
        self.counts[rule as usize] += 1;
        if self.listed[rule as usize] < LISTED {
            self.listed[rule as usize] += 1;
            self.violations.push(violation());
        }
    }

    /// Says what could not be checked.
    pub(super) fn unchecked(&mut self, text: String) {
        self.unchecked.push(text);
    }

    /// Leaves as many violations as may be listed: an equal share for each rule that needs it.
    pub(super) fn finish(&mut self) {
        let mut shares = [0; RULES];
        let mut room = LISTED;
        while room > 0 {
            let wanting: Vec<usize> = (0..RULES)
                .filter(|&rule| shares[rule] < self.listed[rule])
                .collect();
            if wanting.is_empty() {
                break;
            }
            let share = (room / wanting.len()).max(1);
            for rule in wanting {
                let more = share.min(self.listed[rule] - shares[rule]).min(room);
                shares[rule] += more;
                room -= more;
            }
        }
        self.violations.sort_by_key(|violation| violation.rule);
        self.violations.retain(|violation| {
            let share = &mut shares[violation.rule as usize];
            let stays = *share > 0;
            *share = share.saturating_sub(1);
            stays
        });
    }
}
