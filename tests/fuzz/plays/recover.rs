//! A machine comes back with any bytes as its log.

use lamport::channel::channels::Channels;
use lamport::channel::identity::{Identity, Nonce};
use lamport::log::read::recover::recover;

/// The whole of it is the log.
pub(crate) fn play(data: &[u8]) {
    let Ok(Some(found)) = recover(data, "machine_1.log") else {
        return;
    };
    let length = usize::try_from(found.length).expect("the log is in memory");
    assert!(length > 0 && data[length - 1] == b'\n');
    // What does not count says nothing: without it the same is found, but for the time of the last line.
    let again = recover(&data[..length], "machine_1.log")
        .expect("it was read")
        .expect("it has lines");
    assert_eq!(
        (again.clock, again.ticks, again.starts),
        (found.clock, found.ticks, found.starts)
    );
    assert_eq!(again.past, found.past);
    for peer in &found.past.peers {
        assert!(peer.sent.is_sorted_by(|before, after| before <= after));
        assert!(peer.sent.last().is_none_or(|&newest| newest <= found.clock));
        assert!(peer.left == 0 || peer.sent.binary_search(&peer.left).is_ok());
    }
    assert!(found.declared <= found.peers.len() && found.peers.len() == found.past.peers.len());
    let me = Identity {
        id: found.machine_id,
        run_id: found.run_id,
        history: found.history,
        instance: Nonce(1),
    };
    let peers = found.peers.len();
    let channels = Channels::resumed(me, found.past);
    assert!((0..peers).all(|peer| channels.undelivered(peer) <= channels.kept(peer)));
}
