//! Rules of recovery, to be broken on purpose, each of which is to be caught.

use std::convert::Infallible;

use lamport::model::handler::{Call, Effects, Handler, Moment};
use lamport::model::message::Micros;
use lamport::model::timers::TimerChange;

use crate::handled::Chatter;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// The SENDs that a torn step owes are dropped.
    OwedDropped,
    /// They are logged after the STARTUP, with the old time.
    OwedAfterStartup,
    /// They are logged at the next turn.
    OwedAtNextTurn,
    /// Each life has a generator of its own.
    OwnGenerator,
    /// What is sent again enters the outbox again.
    FilledOutbox,
    /// Handlers are told the time of the recovery.
    PresentTime,
    /// Handlers are told the clock of the recovery.
    PresentClock,
    /// The start is run in each life.
    StartTwice,
    /// Timers are lost.
    LostTimers,
    /// Timers count from the recovery.
    FreshTimers,
    /// Steps of idle ticks are not run again.
    NoIdle,
    /// What a message says is copied when it is written, not when it is sent.
    LateBody,
    /// A state is not written.
    NoState,
    /// A CONNECT stands among the lines of a step.
    ConnectInside,
    /// What was sent by hand is compared with what handlers send.
    ByHandCompared,
}

pub const ALL: [Broken; 15] = [
    Broken::OwedDropped,
    Broken::OwedAfterStartup,
    Broken::OwedAtNextTurn,
    Broken::OwnGenerator,
    Broken::FilledOutbox,
    Broken::PresentTime,
    Broken::PresentClock,
    Broken::StartTwice,
    Broken::LostTimers,
    Broken::FreshTimers,
    Broken::NoIdle,
    Broken::LateBody,
    Broken::NoState,
    Broken::ConnectInside,
    Broken::ByHandCompared,
];

/// An algorithm that recovery treats as a broken rule says.
pub struct Twisted {
    pub chatter: Chatter,
    pub broken: Option<Broken>,
    /// The time of the recovery, since ticking began.
    pub present: Micros,
}

impl Handler for Twisted {
    type Error = Infallible;

    fn has_idle(&self) -> bool {
        self.chatter.has_idle()
    }

    fn handle(
        &mut self,
        moment: &Moment,
        call: Call<'_>,
        effects: &mut Effects,
    ) -> Result<(), Infallible> {
        if !moment.is_replay {
            return self.chatter.handle(moment, call, effects);
        }
        let mut told = *moment;
        match self.broken {
            Some(Broken::PresentTime) => told.now = self.present,
            Some(Broken::PresentClock) => told.clock += 1,
            Some(Broken::NoIdle) if matches!(call, Call::Idle) => return Ok(()),
            _ => {}
        }
        // What handlers draw follows from what they are told; the log does not say that it is told again.
        told.is_replay = false;
        self.chatter.handle(&told, call, effects)?;
        match self.broken {
            Some(Broken::LostTimers) => effects.timers.clear(),
            Some(Broken::FreshTimers) => {
                for change in &mut effects.timers {
                    if let TimerChange::Set(_, after) = change {
                        *after += self.present - moment.now;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}
