//! A stranger says anything to a machine, as a sender and as a receiver: to the endpoint that ships.

use std::net::SocketAddr;

use lamport::channel::channels::Channels;
use lamport::channel::endpoint::{ConnectionId, Endpoint, Output, Standing, Waits, Workspace};
use lamport::channel::identity::{Identity, Nonce};
use lamport::model::event::Recipients;

/// A machine, and what the driver around it knows.
struct Lab {
    endpoint: Endpoint,
    space: Workspace,
    accepted: Vec<u64>,
    /// What has left on each connection, and those that are closed.
    said: [usize; 2],
    closed: Vec<ConnectionId>,
}

impl Lab {
    /// Does what the endpoint asks for; those it connects to are told here.
    fn carry_out(&mut self, ids: [ConnectionId; 2]) {
        while let Some(action) = self.endpoint.next_output() {
            match action {
                Output::Record { connection, .. } => self.endpoint.recorded(1, connection, Ok(())),
                Output::Close { connection } => self.closed.push(connection),
                // Nobody answers at any other place.
                Output::Connect { connection, .. } => self.endpoint.broken(1, connection),
                Output::LookUp(_) | Output::Fail { .. } => panic!("{action:?}"),
                _ => {}
            }
        }
        for (id, said) in ids.into_iter().zip(&mut self.said) {
            loop {
                let count = self.endpoint.outgoing(1, id, 1).len();
                if count == 0 {
                    break;
                }
                self.endpoint.written(id, count);
                *said += count;
            }
        }
    }

    fn hear(&mut self, id: ConnectionId, piece: &[u8]) {
        self.endpoint.read(1, id, piece, &mut self.space);
        let (sender, messages) = self.space.messages();
        let receipts = messages.last().map(|&newest| (sender, newest));
        self.accepted.extend_from_slice(messages);
        self.endpoint.logged([], receipts);
        if let Some((sender, newest)) = receipts {
            let marks = self.endpoint.channels().marks(sender);
            assert_eq!((marks.logged, marks.accepted), (newest, newest));
        }
    }
}

/// All of it in pieces, the first byte of each piece saying how long it is.
pub(crate) fn play(data: &[u8]) {
    let me = Identity {
        id: 1,
        run_id: "lab".into(),
        history: Nonce(1),
        instance: Nonce(1),
    };
    let peers = ["10.0.0.2:1", "10.0.0.3:1"].map(|text| {
        let address = text.parse().expect("this is an address");
        (address, Vec::new())
    });
    let channels = Channels::new(me, 2);
    let mut endpoint = Endpoint::new(channels, peers.into(), None, Waits::default());
    let sends = [2, 3, 5, 9].map(|timestamp| (timestamp, Recipients::All));
    endpoint.logged(sends, []);
    let mut none = || panic!("there is no key");
    endpoint.enter(0);
    let Some(Output::Connect { connection, .. }) = endpoint.next_output() else {
        panic!("it connects to its first peer");
    };
    endpoint.connected(0, connection, &mut none);
    let remote = SocketAddr::from(([10, 0, 0, 4], 1));
    let other = endpoint.accepted(0, remote, Standing::Peer, &mut none);
    let ids = [connection, other.expect("without a key it is taken")];
    let mut lab = Lab {
        endpoint,
        space: Workspace::default(),
        accepted: Vec::new(),
        said: [0; 2],
        closed: Vec::new(),
    };
    lab.carry_out(ids);
    let mut rest = data;
    while let Some((&length, more)) = rest.split_first() {
        let (piece, later) = more.split_at(more.len().min(usize::from(length)));
        rest = later;
        for id in ids {
            lab.hear(id, piece);
            lab.carry_out(ids);
        }
    }
    for id in ids {
        lab.endpoint.ended(1, id);
        lab.carry_out(ids);
    }
    assert!(lab.accepted.is_sorted_by(|before, after| before < after));
    // A hello and four messages; an answer, and an acknowledgement for each piece at most.
    assert!(lab.said[0] <= 300 && lab.said[1] <= 256 + 45 * (data.len() + 1));
    assert!(lab.closed.contains(&ids[0]), "it has ended");
    let channels = lab.endpoint.channels();
    assert!(channels.kept(0) <= 4 && channels.undelivered(0) <= channels.kept(0));
    assert_eq!(channels.kept(1), 4);
}
