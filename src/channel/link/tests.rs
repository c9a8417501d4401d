use super::*;
use proptest::prelude::*;

/// One step of a hostile world around a channel.
#[derive(Debug, Clone)]
enum LinkStep {
    Send(u64),
    Transmit(usize),
    Log(usize),
    Acknowledge,
    Cut,
    Reconnect,
}

fn step() -> impl Strategy<Value = LinkStep> {
    prop_oneof![
        3 => (1_u64..5).prop_map(LinkStep::Send),
        3 => (1_usize..4).prop_map(LinkStep::Transmit),
        2 => (1_usize..4).prop_map(LinkStep::Log),
        2 => Just(LinkStep::Acknowledge),
        1 => Just(LinkStep::Cut),
        1 => Just(LinkStep::Reconnect),
    ]
}

#[test]
fn what_a_resumed_machine_sent_is_given_up_once_it_is_known_to_be_logged() {
    let mut outbox = Outbox::resumed((1..=10_000).collect(), 10_000);
    let marks = Marks {
        logged: 9_990,
        accepted: 9_995,
    };
    outbox.connected(marks).unwrap();
    assert_eq!(outbox.kept(), 10);
    assert!(outbox.kept.capacity() < 100, "{}", outbox.kept.capacity());
}

proptest! {
    /// Whatever is cut and whenever, the queue gets each message once, in order,
    /// and the sender keeps all that is not logged.
    #[test]
    fn messages_enter_once_and_in_order(steps in prop::collection::vec(step(), 0..300)) {
        let (mut outbox, mut inbox) = (Outbox::default(), Inbox::default());
        let (mut sent, mut queue, mut logged) = (Vec::new(), Vec::new(), 0);
        // In flight from sender to receiver and back; `None` while cut.
        let mut wire: Option<(VecDeque<u64>, VecDeque<Marks>)> = None;
        let mut clock = 0;
        for step in steps.into_iter().chain([LinkStep::Cut, LinkStep::Reconnect, LinkStep::Transmit(1000)]) {
            match step {
                LinkStep::Send(gap) => {
                    clock += gap;
                    sent.push(clock);
                    outbox.push(clock);
                }
                LinkStep::Transmit(count) => {
                    let Some((forward, backward)) = &mut wire else { continue };
                    while let Some(timestamp) = outbox.next_unsent() {
                        forward.push_back(timestamp);
                    }
                    for timestamp in forward.drain(..count.min(forward.len())) {
                        if inbox.accept(timestamp).unwrap() {
                            queue.push(timestamp);
                        }
                    }
                    backward.push_back(inbox.marks());
                }
                LinkStep::Log(count) => {
                    logged = (logged + count).min(queue.len());
                    if logged > 0 {
                        inbox.logged(queue[logged - 1]);
                    }
                }
                LinkStep::Acknowledge => {
                    let Some((_, backward)) = &mut wire else { continue };
                    if let Some(marks) = backward.pop_front() {
                        outbox.acknowledged(marks).unwrap();
                    }
                }
                LinkStep::Cut => wire = None,
                LinkStep::Reconnect => {
                    wire = Some((VecDeque::new(), VecDeque::new()));
                    outbox.connected(inbox.connected()).unwrap();
                }
            }
            prop_assert!(sent.starts_with(&queue));
            prop_assert!(outbox.kept() >= sent.len() - logged);
        }
        prop_assert_eq!(queue, sent);
        prop_assert_eq!(outbox.acknowledged(inbox.marks()), Ok(()));
        prop_assert_eq!(outbox.undelivered(), 0);
    }
}

#[test]
fn a_lower_or_late_acknowledgement_changes_nothing() {
    let mut outbox = Outbox::default();
    (1..=10).for_each(|timestamp| outbox.push(timestamp));
    let marks = |logged, accepted| Marks { logged, accepted };
    outbox.connected(marks(0, 0)).unwrap();
    while outbox.next_unsent().is_some_and(|timestamp| timestamp < 9) {}
    outbox.acknowledged(marks(4, 7)).unwrap();
    let before = outbox.clone();
    assert_eq!((before.kept(), before.undelivered()), (6, 3));
    for (logged, accepted) in [(4, 7), (4, 6), (3, 7), (0, 0), (4, 4), (2, 6), (0, 7)] {
        outbox.acknowledged(marks(logged, accepted)).unwrap();
        assert_eq!(outbox, before, "{logged} {accepted}");
    }
    // One mark is late, the other is news.
    outbox.acknowledged(marks(5, 6)).unwrap();
    assert_eq!((outbox.kept(), outbox.undelivered()), (5, 3));
    outbox.acknowledged(marks(3, 8)).unwrap();
    assert_eq!((outbox.kept(), outbox.undelivered()), (5, 2));
    assert_eq!(outbox.next_unsent(), Some(10));
    // What was heard before counts at the next handshake.
    assert_eq!(
        outbox.connected(marks(4, 4)),
        Err(LinkError::Lost { first: 5, last: 5 })
    );
    for accepted in [5, 8] {
        outbox.connected(marks(4, accepted)).unwrap();
        assert_eq!(outbox.kept(), 5);
        assert_eq!(outbox.undelivered() as u64, 10 - accepted);
        assert_eq!(outbox.next_unsent(), Some(accepted + 1));
    }
}

#[test]
fn the_marks_of_a_receiver_never_go_back() {
    let mut inbox = Inbox::resumed(3);
    let marks = |logged, accepted| Marks { logged, accepted };
    assert_eq!(inbox.connected(), marks(3, 3));
    // Sent again by one that restarts too early.
    assert_eq!(inbox.accept(2), Ok(false));
    assert_eq!(inbox.accept(3), Ok(false));
    assert_eq!(inbox.accept(6), Ok(true));
    assert_eq!(inbox.accept(8), Ok(true));
    inbox.logged(8);
    inbox.logged(6);
    assert_eq!(inbox.marks(), marks(8, 8));
    assert_eq!(inbox.connected(), marks(8, 8));
    assert_eq!(inbox.accept(7), Ok(false));
    assert_eq!(inbox.marks(), marks(8, 8));
    assert_eq!(inbox.accept(9), Ok(true));
    assert_eq!(inbox.marks(), marks(8, 9));
}

#[test]
fn a_mark_up_to_the_newest_that_was_sent_is_right() {
    let marks = |logged, accepted| Marks { logged, accepted };
    for newest in [0, 1, 7] {
        let mut outbox = Outbox::resumed((1..=newest).collect(), newest);
        assert_eq!(outbox.connected(marks(newest, newest)), Ok(()));
        assert_eq!(outbox.acknowledged(marks(newest, newest)), Ok(()));
        assert_eq!((outbox.kept(), outbox.undelivered()), (0, 0));
        let beyond = Err(LinkError::NeverSent {
            mark: newest + 1,
            newest,
        });
        assert_eq!(outbox.acknowledged(marks(newest, newest + 1)), beyond);
    }
}

#[test]
fn a_receiver_that_forgot_what_it_had_not_logged_gets_it_again() {
    let mut outbox = Outbox::default();
    for timestamp in [3, 5, 8] {
        outbox.push(timestamp);
    }
    outbox.connected(Marks::default()).unwrap();
    assert_eq!(
        std::iter::from_fn(|| outbox.next_unsent()).collect::<Vec<_>>(),
        [3, 5, 8]
    );
    outbox
        .acknowledged(Marks {
            logged: 3,
            accepted: 8,
        })
        .unwrap();
    assert_eq!((outbox.undelivered(), outbox.kept()), (0, 2));
    outbox
        .connected(Marks {
            logged: 3,
            accepted: 3,
        })
        .unwrap();
    assert_eq!(
        std::iter::from_fn(|| outbox.next_unsent()).collect::<Vec<_>>(),
        [5, 8]
    );
    assert_eq!(outbox.undelivered(), 2);
}

#[test]
fn a_receiver_that_lost_what_it_had_logged_is_refused_and_nothing_is_given_up() {
    let mut outbox = Outbox::default();
    (1..=8).for_each(|timestamp| outbox.push(timestamp));
    let marks = |logged, accepted| Marks { logged, accepted };
    outbox.connected(marks(0, 0)).unwrap();
    outbox.acknowledged(marks(6, 8)).unwrap();
    let before = outbox.clone();
    for (accepted, first) in [(0, 1), (5, 6)] {
        assert_eq!(
            outbox.connected(marks(0, accepted)),
            Err(LinkError::Lost { first, last: 6 })
        );
        assert_eq!(outbox, before);
    }
    // It lost what it had accepted, as a crash may.
    outbox.connected(marks(6, 6)).unwrap();
    assert_eq!(outbox.next_unsent(), Some(7));
}

#[test]
fn what_breaks_the_rules_is_named() {
    let mut outbox = Outbox::default();
    outbox.push(4);
    let marks = |logged, accepted| Marks { logged, accepted };
    assert_eq!(
        outbox.acknowledged(marks(0, 5)),
        Err(LinkError::NeverSent { mark: 5, newest: 4 })
    );
    assert_eq!(
        outbox.connected(marks(4, 3)),
        Err(LinkError::LoggedUnaccepted {
            logged: 4,
            accepted: 3
        })
    );
    let mut inbox = Inbox::default();
    assert_eq!(inbox.accept(4), Ok(true));
    assert_eq!(
        inbox.accept(4),
        Err(LinkError::NotRising { last: 4, found: 4 })
    );
    inbox.connected();
    assert_eq!(inbox.accept(4), Ok(false));
}

#[test]
fn only_what_can_have_left_can_have_been_accepted() {
    let marks = |logged, accepted| Marks { logged, accepted };
    // It sent 2, 4 and 6, of which 4 is the newest that can have left, and since its start 8.
    let mut outbox = Outbox::resumed(vec![2, 4, 6], 4);
    outbox.push(8);
    let before = outbox.clone();
    for mark in [1, 3, 5, 6, 7, 8, 9] {
        let forgotten = Err(LinkError::Forgotten { mark });
        assert_eq!(outbox.connected(marks(0, mark)), forgotten);
        assert_eq!(outbox, before);
    }
    for mark in [0, 2, 4] {
        let mut outbox = outbox.clone();
        assert_eq!(outbox.connected(marks(mark, mark)), Ok(()));
        let rest = std::iter::from_fn(|| outbox.next_unsent());
        let all = [2, 4, 6, 8].into_iter();
        assert!(rest.eq(all.filter(|&timestamp| timestamp > mark)));
    }
    // Nothing has left a machine that meets its peer for the first time.
    let mut first = Outbox::default();
    first.push(1);
    let unsent = Err(LinkError::NeverSent { mark: 1, newest: 1 });
    assert_eq!(first.connected(marks(0, 1)), unsent);
    assert_eq!(first.connected(marks(0, 0)), Ok(()));
}

#[test]
fn later_in_a_process_a_mark_is_what_was_logged_or_what_is_kept() {
    let marks = |logged, accepted| Marks { logged, accepted };
    let mut outbox = Outbox::resumed(vec![2, 4, 6], 6);
    outbox.connected(marks(0, 2)).unwrap();
    outbox.push(8);
    outbox.acknowledged(marks(4, 6)).unwrap();
    for (mark, expected) in [
        (3, Err(LinkError::Lost { first: 4, last: 4 })),
        (4, Ok(())),
        (5, Err(LinkError::NeverSent { mark: 5, newest: 8 })),
        (6, Ok(())),
        (7, Err(LinkError::NeverSent { mark: 7, newest: 8 })),
        (8, Ok(())),
        (9, Err(LinkError::NeverSent { mark: 9, newest: 8 })),
    ] {
        assert_eq!(outbox.clone().connected(marks(0, mark)), expected, "{mark}");
    }
}
