//! What the logs of a world tell in the end, beside a machine that never died.
//!
//! Such a machine is made here: it is given the messages of a log at their times of arrival and ticks at the times of
//! its steps, and has to do what the log tells. It knows nothing of recovery.

use std::collections::BTreeMap;
use std::fs;

use lamport::causality::verify::{Options, verify};
use lamport::log::line::Place;
use lamport::log::prompt::Prompt;
use lamport::log::read::parse::{EventLine, Line, LineBody, parse};
use lamport::log::read::reader::read_history;
use lamport::model::handled::{Cause, Caused, Handled};
use lamport::model::handler::{Effects, Handler, SendRoom};
use lamport::model::message::Message;
use lamport::model::random::Generator;

use crate::handled::Chatter;
use crate::world::{World, peer, place};

/// For each sender and recipient, timestamps in order.
type Stamps = BTreeMap<(usize, usize), Vec<u64>>;

pub fn check(world: &mut World) -> Result<(), String> {
    let (mut sent, mut received) = (Stamps::new(), Stamps::new());
    for machine in 0..world.machines.len() {
        let text = String::from_utf8(world.machines[machine].log.clone()).unwrap();
        let peers = world.machines.len() - 1;
        let mut alone = Uninterrupted::new(machine, peers, world.has_idle);
        for line in text.lines() {
            let line = parse(line)?;
            if let LineBody::Event(event) = &line.body {
                for place in &event.recipients {
                    let to = usize::try_from(place.1).unwrap() - 5001;
                    sent.entry((machine, to)).or_default().push(event.clocks.1);
                }
                if let Some(sender) = event.message.sender {
                    let channel = received.entry((sender as usize - 1, machine)).or_default();
                    channel.push(event.message.sent_clock.unwrap());
                }
            }
            alone
                .line(line)
                .map_err(|why| format!("machine {}: {why}", machine + 1))?;
        }
        alone.end()?;
        let life = world.machines[machine].life.as_ref().unwrap();
        if life.handler.chatter.seen != alone.chatter.seen {
            return Err(format!("machine {}: its state is another", machine + 1));
        }
        if life.handled.timers() != alone.handled.timers() {
            return Err(format!("machine {}: its timers are others", machine + 1));
        }
        if life.handled.node().clock() != alone.handled.node().clock() {
            return Err(format!("machine {}: its clock is another", machine + 1));
        }
    }
    for (channel, received) in received {
        let sent = sent.remove(&channel).unwrap_or_default();
        if !sent.starts_with(&received) {
            return Err(format!("{channel:?}: sent {sent:?}, received {received:?}"));
        }
    }
    Ok(())
}

/// Whether verification takes the logs for what a run can leave.
pub fn judge(world: &World, seed: u64) {
    let name = format!("lamport-relive-{}-{seed}", std::process::id());
    let home = std::env::temp_dir().join(name);
    fs::create_dir(&home).unwrap();
    let mut paths = Vec::new();
    for (id, machine) in (1..).zip(&world.machines) {
        let path = home.join(format!("machine_{id}.log"));
        fs::write(&path, &machine.log).unwrap();
        paths.push(path);
    }
    let history = read_history(&paths, &BTreeMap::new(), &mut || true).unwrap();
    fs::remove_dir_all(&home).unwrap();
    let report = verify(&history, &Options::default(), &mut || true).unwrap();
    assert!(report.is_ok(), "seed {seed}: {:#?}", report.violations);
    assert!(report.matched > 0);
}

struct Uninterrupted {
    handled: Handled,
    chatter: Chatter,
    machine: usize,
    peers: usize,
    began: Option<i64>,
    /// What the last step sends, and at what time.
    owed: std::collections::VecDeque<Caused>,
    time: i64,
}

impl Uninterrupted {
    fn new(machine: usize, peers: usize, has_idle: bool) -> Self {
        Self {
            handled: Handled::new(Generator::new(0, 0, 0), 0),
            chatter: Chatter::new(machine as u64 + 1, peers as u32, has_idle),
            machine,
            peers,
            began: None,
            owed: std::collections::VecDeque::new(),
            time: 0,
        }
    }

    fn line(&mut self, line: Line<'_>) -> Result<(), String> {
        if let (None, Some(began)) = (self.began, line.began) {
            self.began = Some(began);
            self.handled.begin_at(began);
        }
        let LineBody::Event(event) = line.body else {
            return self.end();
        };
        if line.is_caused {
            return self.caused(&event, line.time);
        }
        self.end()?;
        if line.is_manual && !event.kind.receives() {
            self.handled.node_mut().set_clock(event.clocks.1);
            return Ok(());
        }
        let time = line.time as u64 * 1000;
        if event.kind.receives() {
            let arrival = event.message.arrival.unwrap() as u64 * 1000;
            let timestamp = event.message.sent_clock.unwrap();
            let body = event.handled.body.clone();
            self.handled.deliver(match event.message.sender {
                Some(sender) => Message::saying(body, sender, timestamp, arrival),
                None => Message::by_hand_saying(body, None, timestamp, arrival),
            });
        }
        let begun = if line.is_manual {
            self.handled.begin_receipt(time)
        } else {
            self.handled.begin(time, self.chatter.has_idle)
        };
        let begun = begun.ok_or_else(|| format!("a step at {} where none is due", line.time))?;
        let told = match event.handled.prompt.as_deref() {
            Some(Prompt::Start) => "start".to_owned(),
            Some(Prompt::Timer { name, due }) => format!("timer {name} {due}"),
            None if event.kind.receives() => "message".to_owned(),
            None => "idle".to_owned(),
        };
        let made = match &begun.cause {
            Cause::Start => "start".to_owned(),
            Cause::Timer(timer) => format!("timer {} {}", timer.name, timer.due),
            Cause::Message => "message".to_owned(),
            Cause::Idle => "idle".to_owned(),
        };
        let clocks = (begun.event.old_clock(), begun.event.new_clock());
        if (&told, event.clocks) != (&made, clocks) {
            return Err(format!(
                "{told} {:?} at {}, not {made} {clocks:?}",
                event.clocks, line.time
            ));
        }
        let mut effects = Effects::default();
        let moment = begun.moment(SendRoom::WHOLE, false);
        let Ok(()) = self.chatter.handle(&moment, begun.call(), &mut effects);
        let step = self.handled.carry_out(begun, &mut effects);
        if step.state != event.handled.state {
            return Err(format!(
                "state {:?}, not {:?}",
                event.handled.state, step.state
            ));
        }
        self.owed = step.caused.into();
        self.time = line.time;
        Ok(())
    }

    fn caused(&mut self, event: &EventLine<'_>, time: i64) -> Result<(), String> {
        let send = self.owed.pop_front().ok_or("a SEND of no step")?;
        let to = send.recipients.positions(self.peers as u32);
        let to: Vec<Place<'_>> = to
            .map(|to| place(peer(self.machine, to as usize)))
            .collect();
        let told = (event.clocks.1, &event.handled.body, &event.recipients, time);
        let made = (send.new_clock, &send.body, &to, self.time);
        if told != made {
            return Err(format!("SEND {told:?}, not {made:?}"));
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        match self.owed.len() {
            0 => Ok(()),
            missing => Err(format!("{missing} SENDs of a step are missing")),
        }
    }
}
