//! What holds in every state.

use lamport::channel::wire::{self, Reply};
use stateright::{Model, Property};

use crate::model::{Action, Bounds};
use crate::state::{Line, State};

/// Whether nothing can happen but faults.
fn is_quiet(bounds: &Bounds, state: &State) -> bool {
    let mut actions = Vec::new();
    bounds.actions(state, &mut actions);
    actions.into_iter().all(|action| match action {
        Action::Crash(_)
        | Action::Reset(_)
        | Action::Lose(_)
        | Action::Pose
        | Action::Lie
        | Action::Unmask => true,
        Action::Say(..) => bounds.next_state(state, action).is_none(),
        _ => false,
    })
}

pub fn all() -> Vec<Property<Bounds>> {
    /// What a recipient has that its sender's log has lost shows when the sender hears of it, if not before.
    fn is_once_and_in_order(_: &Bounds, state: &State) -> bool {
        (0..2).all(|to| {
            let (recipient, sender) = (&state.machines[to], &state.machines[1 - to]);
            let process = sender.process.as_ref();
            if sender.has_lost && !process.is_some_and(|process| process.endpoint.is_sending_to(0))
            {
                return true;
            }
            let process = recipient.process.iter();
            let rest = process.flat_map(|process| {
                let pending = process.pending.and_then(|line| match line {
                    Line::Receive(timestamp) => Some(timestamp),
                    _ => None,
                });
                pending.into_iter().chain(process.queue.iter().copied())
            });
            let mut sent = state.machines[1 - to].sent();
            recipient
                .received()
                .chain(rest)
                .all(|timestamp| sent.next() == Some(timestamp))
        })
    }
    fn is_kept_until_logged(_: &Bounds, state: &State) -> bool {
        (0..2).all(|from| {
            let sender = &state.machines[from];
            let Some(process) = &sender.process else {
                return true;
            };
            // What it has acknowledged no one has any more.
            if state.machines[1 - from].has_lost {
                return true;
            }
            let told = process
                .told
                .iter()
                .filter(|line| matches!(line, Line::Send(_)));
            let kept = process.endpoint.channels().kept(0) + told.count();
            kept + state.machines[1 - from].received().count() >= sender.sent().count()
        })
    }
    fn is_logged_before_acknowledged(_: &Bounds, state: &State) -> bool {
        state.connections.iter().all(|connection| {
            let recipient = &state.machines[1 - connection.from];
            // What it said in a former life may be under way.
            if recipient.has_lost {
                return true;
            }
            let newest = recipient.received().last().unwrap_or(0);
            connection.flows[1].iter().all(|line| {
                let marks = match Reply::parse(line) {
                    Ok(Reply::Ok { marks, .. }) => Some(marks),
                    _ => wire::parse_ack(line).ok(),
                };
                marks.is_none_or(|marks| marks.logged <= newest)
            })
        })
    }
    fn is_delivered_at_last(bounds: &Bounds, state: &State) -> bool {
        let is_all_there = || {
            (0..2).all(|from| {
                let (sender, recipient) = (&state.machines[from], &state.machines[1 - from]);
                let process = sender.process.as_ref();
                if process.is_some_and(|process| process.is_alarmed) {
                    // It has said so, and what is kept counts as undelivered.
                    return true;
                }
                sender.sent().count() == bounds.messages[from]
                    && sender.sent().eq(recipient.received())
            })
        };
        // Whoever is taken for a machine is so for good.
        !is_quiet(bounds, state) || state.impostor.is_heard || is_all_there()
    }
    vec![
        Property::always("no fault", |_, state: &State| state.fault.is_none()),
        Property::always("once and in order", is_once_and_in_order),
        Property::always("kept until logged", is_kept_until_logged),
        Property::always("logged before acknowledged", is_logged_before_acknowledged),
        Property::always("delivered when faults stop", is_delivered_at_last),
        Property::sometimes(
            "all faults happen and all is received",
            |bounds, state: &State| {
                state.crashes + state.resets + state.impostor.hellos + state.losses == 0
                    && state.machines[1].received().count() == bounds.messages[0]
            },
        ),
    ]
}
