//! Machines with an algorithm in a virtual time of their own: what their logs hold.

use std::collections::hash_map::DefaultHasher;
use std::convert::Infallible;
use std::hash::{Hash, Hasher};

use lamport::log::line::{End, Entry, Place, Startup, What, json};
use lamport::log::write::writer::Formatter;
use lamport::model::event::Recipients;
use lamport::model::handled::Handled;
use lamport::model::handler::{Call, Effects, Handler, Moment, SendRoom};
use lamport::model::message::Message;
use lamport::model::nonce::Nonce;
use lamport::model::random::Generator;
use lamport::model::timers::TimerChange;

/// An algorithm that does anything, all of it by what it was told so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chatter {
    pub has_idle: bool,
    pub peers: u32,
    /// Everything it was ever told, mixed.
    pub seen: u64,
}

impl Chatter {
    pub fn new(machine: u64, peers: u32, has_idle: bool) -> Self {
        Self {
            has_idle,
            peers,
            seen: machine,
        }
    }
}

impl Handler for Chatter {
    type Error = Infallible;

    fn has_idle(&self) -> bool {
        self.has_idle
    }

    fn handle(
        &mut self,
        moment: &Moment,
        call: Call<'_>,
        effects: &mut Effects,
    ) -> Result<(), Infallible> {
        let mut hasher = DefaultHasher::new();
        (self.seen, moment.now, moment.clock, moment.sent_clock).hash(&mut hasher);
        format!("{call:?}").hash(&mut hasher);
        self.seen = hasher.finish();
        let mut rest = self.seen;
        let mut draw = |below: u64| {
            let drawn = rest % below;
            rest /= below;
            drawn
        };
        // A message leads to less than one on average, so that traffic ends; timers keep it going.
        let sends = match call {
            Call::Message { .. } => [0, 0, 0, 1, 1, 2][draw(6) as usize],
            Call::Start => 1,
            Call::Timer(_) => draw(3),
            Call::Idle => draw(2),
        };
        for number in 0..sends {
            let recipients = if draw(8) == 0 {
                Recipients::All
            } else {
                Recipients::One(draw(u64::from(self.peers)) as u32)
            };
            let body = (draw(4) > 0).then(|| format!("[\"{}\", {number}]", self.seen).into());
            effects.sends.push((recipients, body));
        }
        let name = ["a", "b", "c \" d"][draw(3) as usize];
        match draw(4) {
            0 => effects.timers.push(TimerChange::Cancel(name.into())),
            1 | 2 => {
                let after = draw(400_000) as i64;
                effects.timers.push(TimerChange::Set(name.into(), after));
            }
            _ => {}
        }
        if draw(3) == 0 {
            effects.state = Some(format!("{{\"seen\": {}}}", self.seen).into());
        }
        Ok(())
    }
}

/// The entries of the logs of `machines` machines, everyone's peer, from the start to an end in order.
pub fn run(seed: u64, machines: u64, ticks: usize, has_idle: bool) -> Vec<Vec<Entry>> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut draw = move |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let peers = machines as u32 - 1;
    let mut all: Vec<_> = (1..=machines)
        .map(|id| {
            let handled = Handled::new(Generator::new(seed, id, 0), 0);
            (handled, Chatter::new(id, peers, has_idle), Vec::new(), 0)
        })
        .collect();
    for (id, (_, _, log, _)) in (1..).zip(&mut all) {
        let startup = Startup {
            clock_rate: Some(100.0),
            local_clock: Some(0),
            history: Some(json(Nonce(id))),
            run_id: Some("handled".into()),
            seed: Some(seed),
            is_virtual: true,
            algorithm: Some("tests:Chatter".into()),
            arguments: Some("{\"a\": [1, 2.50]}".into()),
            python: Some("3.12".into()),
            ..Startup::default()
        };
        log.push(entry(0, What::Startup(Box::new(startup))));
    }
    let mut newest = vec![vec![0; machines as usize]; machines as usize];
    let mut time = 0;
    for _ in 0..ticks {
        // Several machines tick at one time, and one may tick again.
        time += [0, 1, 1_000, 40_000_000][draw(4) as usize] * (1 + draw(900));
        let place = draw(machines) as usize;
        let (handled, chatter, log, ticks) = &mut all[place];
        let mut sent = Vec::new();
        if draw(20) == 0 && handled.has_started() {
            let recipients = Recipients::One(draw(u64::from(peers)) as u32);
            let (node, manual) = (handled.node_mut(), true);
            let event = if draw(2) == 0 {
                node.internal().without_body()
            } else {
                node.send(recipients).without_body()
            };
            if let Some(recipients) = event.recipients() {
                sent.push((event.new_clock(), recipients.clone(), None));
            }
            log.push(entry(time, What::Event { event, manual }));
        } else {
            let Some(begun) = handled.begin(time, has_idle) else {
                continue;
            };
            let mut effects = Effects::default();
            let moment = begun.moment(SendRoom::WHOLE, false);
            let Ok(()) = chatter.handle(&moment, begun.call(), &mut effects);
            let step = handled.carry_out(begun, &mut effects);
            *ticks += 1;
            let sends = step.caused.iter();
            sent.extend(sends.map(|s| (s.new_clock, s.recipients.clone(), s.body.clone())));
            log.push(entry(time, What::Step(Box::new(step))));
        }
        for (timestamp, recipients, body) in sent {
            for position in recipients.positions(peers) {
                let to = position as usize + usize::from(position as usize >= place);
                let arrival = (time + 1 + draw(60_000_000)).max(newest[place][to]);
                newest[place][to] = arrival;
                let letter = Message::saying(body.clone(), place as u64 + 1, timestamp, arrival);
                all[to].0.deliver(letter);
            }
        }
    }
    let logs = all.into_iter().map(|(mut handled, _, mut log, ticks)| {
        let clock = handled.node().clock();
        let left: Vec<_> = handled.node_mut().drain().collect();
        let arrived = left.iter().filter(|letter| letter.arrival <= time);
        let unread = arrived.map(|letter| entry(time, What::Unread(letter.without_body())));
        let before = log.len();
        log.extend(unread);
        let queue_len = Some((log.len() - before) as u64);
        let end = End {
            final_clock: clock,
            queue_len,
            ticks: Some(ticks),
            lateness: None,
            undelivered: None,
            heard: None,
        };
        log.push(entry(time, What::End(Box::new(end))));
        log
    });
    logs.collect()
}

/// The text of the log of machine `id` of `machines`.
pub fn text(entries: &[Entry], id: u64, machines: u64) -> String {
    let others = || (1..=machines).filter(|&other| other != id);
    let places = others().map(Place::in_virtual_time).collect();
    let mut formatter = Formatter::new(id, 0, places);
    formatter.know(others().map(Some));
    let mut out = Vec::new();
    for entry in entries {
        formatter.format(entry, &mut out);
    }
    String::from_utf8(out).unwrap()
}

fn entry(time: u64, what: What) -> Entry {
    Entry { time, what }
}
