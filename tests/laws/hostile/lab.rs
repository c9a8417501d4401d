//! A place to ill-treat machines in.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use lamport::drive::real::listen::Listening;
use lamport::drive::real::machine::{Config, Machine};
use lamport::drive::real::machine_list::MachineList;
use lamport::drive::real::poll_thread::PollThread;
use lamport::drive::real::running::Running;
use lamport::drive::real::supervisor::{self, FaultPlan};
use lamport::model::address::Address;
use lamport::model::behavior::Behavior;
use lamport::model::event::Recipients;
use serde_json::Value;
use socket2::{Domain, Socket, Type};

/// Long enough for anything on a busy host; a test that waits so long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Ticks per second of a machine of the lab.
const RATE: f64 = 50.0;

/// A directory of its own, removed at the end.
pub(crate) struct Lab(PathBuf);

impl Lab {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "lamport-hostile-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    /// A machine of run `lab` that ticks 50 times a second and only by itself:
    /// it sends what a test tells it to send.
    pub(crate) fn config(&self, id: u64, peers: Vec<Address>) -> Config {
        Config {
            machine_id: id,
            listening: Listening::On {
                host: Some("127.0.0.1".into()),
                port: 0,
            },
            peers,
            log: self.log(id),
            overwrite: false,
            resume: false,
            moved: Vec::new(),
            is_synced: false,
            duration: 0.5,
            clock_rate: Some(RATE),
            max_rate: 6,
            behavior: Behavior::new(1.0, 1.0).unwrap(),
            latency: lamport::model::latency::Latency::Constant(0.0),
            seed: Some(1),
            run_id: "lab".into(),
            senders: None,
            allowed: vec!["127.0.0.0/8".parse().unwrap()],
            key: None,
            is_precise: false,
            manner: lamport::model::manner::Manner::default(),
            unix_origin: None,
            peer_ids: None,
            algorithm: None,
            began: None,
        }
    }

    pub(crate) fn log(&self, id: u64) -> PathBuf {
        self.0.join(format!("machine_{id}.log"))
    }

    /// The lines of a log that must be complete and well-formed.
    pub(crate) fn lines(&self, id: u64) -> Vec<Value> {
        let text = std::fs::read_to_string(self.log(id)).unwrap();
        assert!(text.ends_with('\n'));
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let (mut clock, mut time) = (0, 0.0);
        for line in &lines {
            let now = line["system_time"].as_f64().unwrap();
            assert!(now >= time, "{line}");
            time = now;
            if let Some(new) = line["new_clock"].as_u64() {
                assert_eq!(line["old_clock"], clock, "{line}");
                assert!(new > clock, "{line}");
                clock = new;
            }
        }
        assert_eq!(lines[0]["event"], "STARTUP");
        let end = &lines[lines.len() - 1];
        assert_eq!(end["event"], "END");
        assert_eq!(end["final_clock"], clock);
        assert_eq!(
            end["queue_len"].as_u64().unwrap() as usize,
            timestamps(&lines, "UNREAD").len()
        );
        lines
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

pub(crate) fn open(config: Config) -> Arc<Machine> {
    Machine::open(config, &PollThread::of_process().unwrap()).unwrap()
}

/// Starts a machine that waits for no one.
pub(crate) fn start(machine: &Arc<Machine>, duration: f64) -> Running {
    supervisor::start(
        MachineList::new(vec![machine.clone()]),
        duration,
        0.0,
        FaultPlan::default(),
    )
    .unwrap()
}

/// Waits for a run that ends in order, and with an error: that a link of it never worked.
#[track_caller]
pub(crate) fn ended_unreached(running: &Running, words: &str) {
    let error = running.join(Some(PATIENCE)).unwrap_err().to_string();
    assert!(error.contains("ever worked: "), "{error}");
    assert!(error.contains(words), "{error}");
}

/// Lets one machine tick while it is attacked, for as long as that takes and for `least` seconds.
/// It must tick every tick, end, and have a complete log, whose lines are returned with what it
/// warned of.
pub(crate) fn attacked(least: f64, attack: impl FnOnce(&Machine)) -> (Vec<String>, Vec<Value>) {
    let (warnings, lines) = attacked_as(|config| config, least, attack);
    assert_no_stall(&lines);
    (warnings, lines)
}

/// The same with a machine of this kind.
pub(crate) fn attacked_as(
    kind: impl FnOnce(Config) -> Config,
    least: f64,
    attack: impl FnOnce(&Machine),
) -> (Vec<String>, Vec<Value>) {
    // Longer than any attack: who is slow must not find the machine gone, or past its last tick.
    const ENDLESS: f64 = 3600.0;
    let lab = Lab::new();
    let machine = open(kind(Config {
        duration: ENDLESS,
        ..lab.config(1, vec![])
    }));
    let running = start(&machine, ENDLESS);
    attack(&machine);
    until("every tick that is due", || {
        let elapsed = running.elapsed();
        elapsed >= least && machine.ticks() >= (elapsed * RATE).floor() as u64
    });
    running.stop();
    assert!(running.join(Some(PATIENCE)).unwrap());
    // Those that are due by now, and the one at the very beginning.
    let most = (running.elapsed() * RATE).floor() as u64 + 1;
    let lines = lab.lines(1);
    let ticks = machine.ticks();
    assert!(ticks <= most, "{ticks} ticks, {most} were due");
    assert_eq!(lines[lines.len() - 1]["ticks"], ticks);
    let is_tick = |line: &&Value| line.get("new_clock").is_some() && line.get("manual").is_none();
    assert_eq!(lines.iter().filter(is_tick).count() as u64, ticks);
    (machine.take_warnings(), lines)
}

/// The median tick was not held up: it is no measure of speed, a machine that waits for others is
/// late by tenths of a second.
pub(crate) fn assert_no_stall(lines: &[Value]) {
    let late = &lines[lines.len() - 1]["lateness"];
    println!("late by {late}");
    assert!(late["p50"].as_f64().unwrap() < 0.05, "{late}");
}

/// Exactly these warnings, each known by some of its words, in any order.
pub(crate) fn assert_warnings(mut found: Vec<String>, expected: &[&str]) {
    let all = found.clone();
    for words in expected {
        let position = found.iter().position(|text| text.contains(words));
        found.remove(position.unwrap_or_else(|| panic!("no {words:?} in {all:#?}")));
    }
    assert!(found.is_empty(), "more than {expected:?}: {found:#?}");
    let plain = |text: &String| text.chars().all(|c| !c.is_control());
    assert!(all.iter().all(plain), "{all:?}");
}

/// The timestamps of the messages that lines of this kind tell of.
pub(crate) fn timestamps(lines: &[Value], event: &str) -> Vec<u64> {
    let field = if event == "SEND" {
        "new_clock"
    } else {
        "sent_clock"
    };
    lines
        .iter()
        .filter(|line| line["event"] == event)
        .map(|line| line[field].as_u64().unwrap())
        .collect()
}

/// What got into a machine: received, then unread.
pub(crate) fn arrived(lines: &[Value]) -> Vec<u64> {
    let mut all = timestamps(lines, "RECEIVE");
    all.extend(timestamps(lines, "UNREAD"));
    all
}

/// The count of END's `undelivered`, if that names this peer (or null) alone.
pub(crate) fn undelivered(lines: &[Value], peer: Option<u64>) -> u64 {
    let list = lines[lines.len() - 1]["undelivered"].as_array().unwrap();
    match list.as_slice() {
        [] => 0,
        [one] => {
            assert_eq!(one[0].as_u64(), peer);
            one[1].as_u64().unwrap()
        }
        more => panic!("{more:?}"),
    }
}

pub(crate) fn loopback(port: u16) -> Address {
    Address::new("127.0.0.1", port).unwrap()
}

/// A port that no one else can take and that refuses connections until it listens.
pub(crate) struct Held(Socket);

impl Held {
    pub(crate) fn new() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket
            .bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())
            .unwrap();
        Self(socket)
    }

    pub(crate) fn address(&self) -> Address {
        let address = self.0.local_addr().unwrap().as_socket().unwrap();
        loopback(address.port())
    }

    pub(crate) fn listen(self) -> TcpListener {
        self.0.listen(1024).unwrap();
        self.0.into()
    }
}

/// Sends by hand to all peers, `count` times.
pub(crate) fn send(machine: &Machine, count: usize) -> Vec<u64> {
    let one = || {
        let event = machine.step(true, |node, _| Some(node.send(Recipients::All)));
        event.unwrap().unwrap().new_clock()
    };
    (0..count).map(|_| one()).collect()
}

/// Waits until something holds.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..4000 {
        if holds() {
            return;
        }
        thread::park_timeout(Duration::from_millis(5));
    }
    panic!("{what}: not in time");
}

/// The first line of a machine `id` whose history and instance have these numbers.
pub(crate) fn hello(run_id: &str, id: u64, history: u64, instance: u64) -> String {
    format!("lamport/1 {run_id} {id} {history:016x} {instance:016x}\n")
}

/// One end of a connection, with lines.
pub(crate) struct Line {
    pub stream: TcpStream,
    reader: BufReader<TcpStream>,
}

impl Line {
    pub(crate) fn to(machine: &Machine) -> Self {
        Self::new(TcpStream::connect((Ipv4Addr::LOCALHOST, machine.port())).unwrap())
    }

    /// The next connection that comes.
    pub(crate) fn from(listener: &TcpListener) -> Self {
        listener.set_nonblocking(true).unwrap();
        let mut stream = None;
        until("a connection", || {
            stream = listener.accept().ok();
            stream.is_some()
        });
        Self::new(stream.unwrap().0)
    }

    pub(crate) fn new(stream: TcpStream) -> Self {
        stream.set_nonblocking(false).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        let reader = BufReader::new(stream.try_clone().unwrap());
        Self { stream, reader }
    }

    /// A connection after a handshake that must succeed, and the marks it told.
    pub(crate) fn sender(
        machine: &Machine,
        id: u64,
        history: u64,
        instance: u64,
    ) -> (Self, [u64; 2]) {
        let mut line = Self::to(machine);
        line.say(&hello("lab", id, history, instance));
        let answer = line.hear().expect("an answer to the hello");
        let words: Vec<&str> = answer.split(' ').collect();
        assert_eq!(words[0], "ok", "{answer}");
        assert_eq!(words[1], machine.id().to_string(), "{answer}");
        (line, [3, 4].map(|at: usize| words[at].parse().unwrap()))
    }

    /// Writes; the other end may have closed by then.
    pub(crate) fn say(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// The next line, `None` at the end of the connection.
    pub(crate) fn hear(&mut self) -> Option<String> {
        let mut text = String::new();
        match self.reader.read_line(&mut text) {
            Ok(0) => None,
            Ok(_) => Some(text.strip_suffix('\n').expect("a whole line").to_owned()),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => None,
            Err(error) => panic!("the other end neither spoke nor closed: {error}"),
        }
    }

    /// The next line, `None` if none comes within the time that reads are given.
    pub(crate) fn hear_in_time(&mut self) -> Option<String> {
        let mut text = String::new();
        match self.reader.read_line(&mut text) {
            Ok(_) => Some(text.strip_suffix('\n').expect("a whole line").to_owned()),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => None,
            Err(error) => panic!("the connection broke: {error}"),
        }
    }

    /// Waits until an acknowledgement covers `accepted` and, if given, `logged`.
    pub(crate) fn acknowledged(&mut self, logged: u64, accepted: u64) {
        loop {
            let line = self.hear().expect("an acknowledgement");
            let words: Vec<&str> = line.split(' ').collect();
            assert_eq!(words[0], "ack", "{line}");
            let marks = [1, 2].map(|at: usize| words[at].parse::<u64>().unwrap());
            if marks[0] >= logged && marks[1] >= accepted {
                return;
            }
        }
    }

    /// Reads until the other end closes.
    pub(crate) fn closed(&mut self) {
        let mut rest = Vec::new();
        match self.reader.read_to_end(&mut rest) {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
            Err(error) => panic!("the other end did not close: {error}"),
        }
    }
}

/// Kilobytes of memory that this process holds now.
pub(crate) fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
