//! A stranger says anything to a machine, as a sender and as a receiver.

use lamport::channel::channels::Channels;
use lamport::channel::identity::{Identity, Nonce};
use lamport::channel::lines::Partial;
use lamport::channel::wire::{self, Hello, Reply, WireError};
use lamport::model::event::Recipients;

/// All of it in pieces, the first byte of each piece saying how long it is.
pub(crate) fn play(data: &[u8]) {
    let me = Identity {
        id: 1,
        run_id: "lab".into(),
        history: Nonce(1),
        instance: Nonce(1),
    };
    let mut channels = Channels::new(me, 2);
    for timestamp in [2, 3, 5, 9] {
        channels.sent(timestamp, &Recipients::All);
    }
    let mut partial = Partial::default();
    let mut sender = None;
    let (mut accepted, mut is_greeted) = (Vec::new(), false);
    let mut each = |line: &[u8]| -> Result<(), WireError> {
        // As a receiver: a hello, then messages of that sender.
        match sender {
            None => {
                if let Ok(hello) = Hello::parse(line)
                    && channels.welcome(&hello).is_ok()
                {
                    sender = Some(hello.sender);
                }
            }
            Some(id) => {
                if let Ok(timestamp) = wire::parse_message(line, id)
                    && channels.accept(id, timestamp) == Ok(true)
                {
                    accepted.push(timestamp);
                    channels.received(id, timestamp);
                }
            }
        }
        // As a sender: an answer, then acknowledgements.
        if !is_greeted {
            if let Ok(Reply::Ok {
                receiver,
                history,
                marks,
            }) = Reply::parse(line)
            {
                is_greeted = channels.answered(0, receiver, history, marks).is_ok();
            }
        } else if let Ok(marks) = wire::parse_ack(line) {
            let _ = channels.acknowledged(0, marks);
        }
        Ok(())
    };
    let mut rest = data;
    while let Some((&length, more)) = rest.split_first() {
        let (piece, later) = more.split_at(more.len().min(usize::from(length)));
        rest = later;
        let bytes = [partial.kept(), piece].concat();
        if partial.cut(&bytes, &mut each).is_err() {
            break;
        }
        assert!(partial.kept().len() < wire::MAX_LINE);
    }
    assert!(accepted.is_sorted_by(|before, after| before < after));
    if let Some(id) = sender {
        let newest = accepted.last().copied().unwrap_or(0);
        assert_eq!(channels.marks(id).accepted, newest);
        assert_eq!(channels.marks(id).logged, newest);
    }
    assert!(channels.kept(0) <= 4 && channels.undelivered(0) <= channels.kept(0));
    assert_eq!(channels.kept(1), 4);
}
