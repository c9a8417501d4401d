//! One that says hello as machine 2 before machine 2 does, or after it: what it may do without a key.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread;

use crate::lab::{
    Lab, Line, PATIENCE, arrived, ended_unreached, hello, loopback, open, send, start, timestamps,
    undelivered, until,
};
use lamport::drive::real::listen::Listening;
use lamport::drive::real::machine::{Config, Machine};
use lamport::model::node::Node;
use socket2::{Domain, Socket, Type};

/// How it comes about.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is tried with each")]
struct Case {
    /// The machine that is deceived has no address of machine 2.
    is_one_way: bool,
    /// It has known machine 2, and comes back from its log.
    is_resumed: bool,
    /// Machine 2 is connected before the impostor comes.
    is_real_first: bool,
    /// The impostor stays connected.
    is_held: bool,
    /// It sends a message.
    speaks: bool,
}

impl Case {
    /// Only who speaks first takes the place of a machine whose address cannot be reached, or is not
    /// known; what a log tells of its history stays known.
    fn is_taken(self) -> bool {
        self.speaks && !self.is_real_first && (self.is_one_way || !self.is_resumed)
    }
}

/// A port that no one else gets, however often its machine comes back.
struct Reserved(Socket);

impl Reserved {
    fn new() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_reuse_address(true).unwrap();
        socket
            .bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())
            .unwrap();
        Self(socket)
    }

    fn port(&self) -> u16 {
        self.0.local_addr().unwrap().as_socket().unwrap().port()
    }
}

struct Scene {
    case: Case,
    /// The ports of both machines.
    ports: [Reserved; 2],
    lab: Lab,
    warnings: Vec<String>,
}

impl Scene {
    /// The machine that is deceived.
    fn receiver(&self, resume: bool) -> Arc<Machine> {
        let [own, peer] = &self.ports;
        let peers = if self.case.is_one_way {
            vec![]
        } else {
            vec![loopback(peer.port())]
        };
        open(Config {
            listening: on(own.port()),
            resume,
            ..self.lab.config(1, peers)
        })
    }

    fn real(&self, resume: bool) -> Arc<Machine> {
        let [peer, own] = &self.ports;
        open(Config {
            listening: on(own.port()),
            resume,
            ..self.lab.config(2, vec![loopback(peer.port())])
        })
    }

    /// Both machines in their first life, in which machine 2 speaks and is heard.
    fn first_life(&self) {
        let (receiver, real) = (self.receiver(false), self.real(false));
        until("both are connected", || {
            real.missing_peers().is_empty() && receiver.missing_peers().is_empty()
        });
        send(&real, 3);
        until("they arrive", || receiver.queue_len() == 3);
        for _ in 0..3 {
            receiver.step(true, Node::receive).unwrap();
        }
        real.abandon();
        receiver.abandon();
    }

    /// The impostor says hello, and more if that is its way. Its connection, if it holds that.
    fn impostor(&self, receiver: &Machine) -> Option<Line> {
        let mut line = Line::to(receiver);
        line.say(&hello("lab", 2, 0x8888, 0x8888));
        let answer = line.hear().unwrap();
        let Case {
            is_one_way,
            is_resumed,
            is_real_first,
            speaks,
            ..
        } = self.case;
        if answer.starts_with("ok ") && speaks {
            line.say("9:2\n");
            line.acknowledged(0, 9);
        }
        // Where it is known who machine 2 is, it is refused.
        let is_known = if is_real_first {
            !is_one_way || speaks
        } else {
            is_resumed && !is_one_way
        };
        assert_eq!(answer.starts_with("no "), is_known, "{answer}");
        self.case.is_held.then_some(line)
    }

    fn play(mut self) {
        let is_resumed = self.case.is_resumed;
        if is_resumed {
            self.first_life();
        }
        let receiver = self.receiver(is_resumed);
        let (real, impostor) = if self.case.is_real_first {
            let real = self.real(is_resumed);
            let has_connected = |machine: &Machine| {
                let log = std::fs::read_to_string(self.lab.log(machine.id())).unwrap();
                let life = log.rsplit("STARTUP").next().unwrap();
                machine.peers().is_empty() || life.contains("\"CONNECT\"")
            };
            until("both are connected", || {
                has_connected(&real) && has_connected(&receiver)
            });
            if self.case.speaks || (self.case.is_resumed && !self.case.is_one_way) {
                send(&real, 1);
                until("it is heard", || receiver.queue_len() == 1);
            }
            (real, self.impostor(&receiver))
        } else {
            let impostor = self.impostor(&receiver);
            (self.real(is_resumed), impostor)
        };
        self.settle(&receiver, &real);
        drop(impostor);
        self.judge(&receiver, &real);
    }

    /// Waits until it is known who is machine 2.
    fn settle(&mut self, receiver: &Machine, real: &Machine) {
        let is_taken = self.case.is_taken();
        if !is_taken {
            let before = receiver.queue_len();
            send(real, 5);
            until("machine 2 is heard", || receiver.queue_len() >= before + 5);
            until("it is reached", || receiver.missing_peers().is_empty());
            return;
        }
        let is_one_way = self.case.is_one_way;
        until("machine 2 is refused, and not reached", || {
            self.warnings.extend(receiver.take_warnings());
            let has = |words| self.warnings.iter().any(|text| text.contains(words));
            has("refused machine 2 at 127.0.0.1") && (is_one_way || has("no connection to"))
        });
    }

    fn judge(self, receiver: &Arc<Machine>, real: &Arc<Machine>) {
        let Case {
            is_one_way,
            is_resumed,
            ..
        } = self.case;
        let [one, two] = [receiver, real].map(|machine| start(machine, 0.3));
        let is_taken = self.case.is_taken();
        if is_taken && !is_one_way {
            ended_unreached(&one, "no connection to");
        } else {
            assert!(one.join(Some(PATIENCE)).unwrap());
        }
        if is_taken && !is_resumed {
            ended_unreached(&two, "it refused this machine");
        } else {
            assert!(two.join(Some(PATIENCE)).unwrap());
        }
        let (got, sent) = (
            arrived(&self.lab.lines(1)),
            timestamps(&self.lab.lines(2), "SEND"),
        );
        if is_taken {
            let mut heard = if is_resumed { vec![1, 2, 3] } else { vec![] };
            heard.push(9);
            assert_eq!(got, heard);
        } else {
            assert_eq!(got, sent);
            assert_eq!(undelivered(&self.lab.lines(2), Some(1)), 0);
        }
    }
}

fn on(port: u16) -> Listening {
    Listening::On {
        host: Some("127.0.0.1".into()),
        port,
    }
}

#[test]
fn an_early_hello_takes_no_place_and_an_early_message_only_where_no_one_can_be_reached() {
    let cases = (0_u8..32).map(|bits| {
        let [is_one_way, is_resumed, is_real_first, is_held, speaks] =
            [1, 2, 4, 8, 16].map(|bit| bits & bit != 0);
        Case {
            is_one_way,
            is_resumed,
            is_real_first,
            is_held,
            speaks,
        }
    });
    let play = |case| {
        let scene = Scene {
            case,
            ports: [(); 2].map(|()| Reserved::new()),
            lab: Lab::new(),
            warnings: Vec::new(),
        };
        let name = format!("{case:?}");
        let thread = thread::Builder::new().name(name);
        (case, thread.spawn(move || scene.play()).unwrap())
    };
    let played: Vec<_> = cases.map(play).collect();
    let failed: Vec<Case> = played
        .into_iter()
        .filter_map(|(case, thread)| thread.join().is_err().then_some(case))
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
}
