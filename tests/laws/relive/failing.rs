//! Handlers that fail, and what becomes of their machines once they are mended.

use lamport::error::Error;
use lamport::log::line::{Entry, Place, What};
use lamport::log::read::recover::recover;
use lamport::log::read::relive::{ReliveError, relive};
use lamport::log::write::writer::Formatter;
use lamport::model::event::Recipients;
use lamport::model::handled::{Begun, Handled};
use lamport::model::handler::{Call, Effects, Handler, Moment, SendRoom};
use lamport::model::random::Generator;
use lamport::model::timers::TimerChange;

/// Sends twice at the timer, unless it fails.
#[derive(Default)]
struct Fragile {
    fails: bool,
}

impl Handler for Fragile {
    type Error = String;

    fn has_idle(&self) -> bool {
        false
    }

    fn handle(&mut self, _: &Moment, call: Call<'_>, effects: &mut Effects) -> Result<(), String> {
        if !matches!(call, Call::Timer(_)) {
            effects.timers.push(TimerChange::Set("t".into(), 10));
            return Ok(());
        }
        for number in 0..2 {
            let body = Some(number.to_string().into());
            effects.sends.push((Recipients::All, body));
        }
        effects.state = Some("{\"done\": true}".into());
        if self.fails { Err("no".into()) } else { Ok(()) }
    }
}

const STARTUP: &str = "{\"event\": \"STARTUP\", \"system_time\": 0.000000, \"machine_id\": 1, \"clock_rate\": 1, \"local_clock\": 0, \"history\": \"00000000000000ff\", \"peers\": [[\"virtual\", 2]], \"run_id\": \"lab\", \"seed\": 7, \"time\": \"real\", \"algorithm\": \"a:B\"}\n";

/// The log of a machine whose timer failed: the line of its event, and nothing of what it wanted.
fn failed() -> String {
    let mut formatter = Formatter::new(1, 0, vec![Place::in_virtual_time(2)]);
    formatter.begin(0);
    let mut handled = Handled::new(Generator::new(0, 1, 0), 0);
    let mut handler = Fragile { fails: true };
    let mut out = STARTUP.as_bytes().to_vec();
    for time in [1_000, 11_000] {
        let begun: Begun = handled.begin(time, false).unwrap();
        let mut effects = Effects::default();
        let moment = begun.moment(SendRoom::WHOLE, false);
        if handler.handle(&moment, begun.call(), &mut effects).is_err() {
            effects.clear();
        }
        let step = handled.carry_out(begun, &mut effects);
        let what = What::Step(Box::new(step));
        formatter.format(&Entry { time, what }, &mut out);
    }
    String::from_utf8(out).unwrap()
}

#[test]
fn the_same_code_fails_again_and_mended_code_goes_on() {
    let log = failed();
    let again = relive(log.as_bytes(), "1.log", 0, &mut Fragile { fails: true });
    let Err(ReliveError::Handler { line, now, error }) = again else {
        panic!("it fails again")
    };
    assert_eq!((line, now, error.as_str()), (3, 11, "no"));
    let mut recovered = recover(log.as_bytes(), "1.log").unwrap().unwrap();
    let relived = relive(log.as_bytes(), "1.log", 0, &mut Fragile::default()).unwrap();
    let lines = recovered.complete(&relived.owed.unwrap());
    let lines = String::from_utf8(lines).unwrap();
    assert_eq!(lines.lines().count(), 2);
    assert!(
        lines
            .lines()
            .all(|line| line.contains("\"system_time\": 0.000011"))
    );
    assert_eq!((recovered.clock, recovered.ticks), (4, 2));
    assert_eq!(recovered.past.peers[0].sent, [3, 4]);
    // Another crash, before and after the next STARTUP.
    let completed = log + &lines;
    let startup = STARTUP.replace("\"local_clock\": 0", "\"local_clock\": 4");
    for log in [completed.clone(), completed + &startup] {
        let relived = relive(log.as_bytes(), "1.log", 0, &mut Fragile::default()).unwrap();
        assert_eq!(relived.owed, None);
        assert_eq!(relived.handled.node().clock(), 4);
        assert!(relived.handled.timers().is_empty());
    }
}

/// What is wrong with a log, and at which line.
fn wrong(log: &str) -> String {
    match relive(log.as_bytes(), "1.log", 0, &mut Fragile::default()) {
        Err(ReliveError::Log(error)) => error.to_string(),
        Err(ReliveError::Differs(line)) => Error::from(line).to_string(),
        _ => panic!("it is taken"),
    }
}

#[test]
fn what_is_done_otherwise_is_an_error_that_names_the_line() {
    let whole = {
        let log = failed();
        let mut recovered = recover(log.as_bytes(), "1.log").unwrap().unwrap();
        let relived = relive(log.as_bytes(), "1.log", 0, &mut Fragile::default()).unwrap();
        let lines = String::from_utf8(recovered.complete(&relived.owed.unwrap())).unwrap();
        log.replace(
            "\"due\": 0.000011",
            "\"due\": 0.000011, \"state\": {\"done\": true}",
        ) + &lines
    };
    assert!(relive(whole.as_bytes(), "1.log", 0, &mut Fragile::default()).is_ok());
    for (from, to, line, why) in [
        (
            "{\"done\": true}",
            "{\"done\": 1}",
            3,
            "its state is {\"done\": 1} here",
        ),
        (
            "\"body\": 1",
            "\"body\": 2",
            5,
            "SEND 2 of this step says 2 here, and 1",
        ),
        (
            "\"due\": 0.000011",
            "\"due\": 0.000010",
            3,
            "timer \"t\" is due at 0.000010 here",
        ),
        (
            "\"timer\": \"t\"",
            "\"timer\": \"u\"",
            3,
            "no timer of this name is set",
        ),
        ("\"start\": true, ", "", 2, "its tick found nothing to do"),
        (
            "\"old_clock\": 1, \"new_clock\": 2",
            "\"old_clock\": 2, \"new_clock\": 3",
            3,
            "old_clock 2, where the lines before make it old_clock 1",
        ),
        (
            "\"old_clock\": 0, \"new_clock\": 1",
            "\"old_clock\": 0, \"new_clock\": 2",
            2,
            "new_clock 2, where the lines before make it new_clock 1",
        ),
        (
            "\"timer\": \"t\", \"due\": 0.000011, ",
            "",
            3,
            "its tick found nothing to do",
        ),
    ] {
        assert!(whole.contains(from), "{whole}");
        let found = wrong(&whole.replacen(from, to, 1));
        let expected = format!("1.log:{line}: not deterministic here: ");
        assert!(
            found.starts_with(&expected) && found.contains(why),
            "{found}"
        );
    }
    let next = "{\"event\": \"CONNECT\", \"system_time\": 0.000012, \"machine_id\": 1, \"peer\": [\"virtual\", 2], \"peer_id\": 2, \"peer_history\": \"0000000000000002\"}\n";
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    let torn = lines[..4].concat() + next;
    let found = wrong(&torn);
    assert!(
        found.starts_with(
            "1.log:5: not deterministic here: the step before has 1 SENDs here, and 2"
        ),
        "{found}"
    );
    let inside = lines[..4].concat() + next + lines[4];
    assert!(wrong(&inside).starts_with("1.log:5: "));
    let extra = whole.clone()
        + &lines[4].replace(
            "\"old_clock\": 3, \"new_clock\": 4",
            "\"old_clock\": 4, \"new_clock\": 5",
        );
    let found = wrong(&(extra + next));
    assert!(
        found.contains("1.log:6: not deterministic here: SEND 3 of this step is not made"),
        "{found}"
    );
}
