//! Thousands of silent connections a second, and a machine with a key that is far away.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::lab::{Held, Lab, loopback, open, send, until};
use lamport::channel::key::Key;
use lamport::drive::real::clock::ProcessClock;
use lamport::drive::real::machine::Config;
use lamport::log::read::open_files;
use socket2::{Domain, Socket, Type};

/// How far away the machine is.
const DELAY: u64 = 50_000_000;
/// Silent connections a second, where the system is fast enough.
const RATE: u64 = 4_000;
/// So many of them stay open.
const OPEN: usize = 1_000;

/// Connects from another address than the flood comes from.
fn connect(from: [u8; 4], port: u16) -> std::io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((from, 0)).into())?;
    socket.connect(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())?;
    Ok(socket.into())
}

/// Waits until a time.
fn wait_for(time: u64) {
    while let Some(rest) = ProcessClock::of_process().until(time) {
        thread::park_timeout(rest);
    }
}

/// Connects and says nothing, until told to stop. Counts the connections.
fn flood(port: u16, count: &AtomicUsize, is_over: &AtomicBool) {
    let begin = ProcessClock::of_process().now();
    let mut kept = VecDeque::new();
    for number in 0.. {
        wait_for(begin + number * 1_000_000_000 / RATE);
        if is_over.load(Ordering::Relaxed) {
            return;
        }
        if let Ok(stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) {
            kept.push_back(stream);
            count.fetch_add(1, Ordering::Relaxed);
        }
        if kept.len() > OPEN {
            kept.pop_front();
        }
    }
}

/// Passes connections on, each byte a while after it came, from an address of its own.
struct Relay {
    port: u16,
    /// The connection that stands.
    near: Arc<std::sync::Mutex<Option<TcpStream>>>,
}

impl Relay {
    fn new(to: u16, is_over: Arc<AtomicBool>) -> Self {
        let listener = Held::new().listen();
        let port = listener.local_addr().unwrap().port();
        let near = Arc::default();
        let relay = Self { port, near };
        let near = relay.near.clone();
        thread::spawn(move || pass_on(&listener, to, &near, &is_over));
        relay
    }

    /// Breaks the connection that stands.
    fn cut(&self) {
        if let Some(stream) = self.near.lock().unwrap().take() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn pass_on(
    listener: &TcpListener,
    to: u16,
    kept: &std::sync::Mutex<Option<TcpStream>>,
    is_over: &AtomicBool,
) {
    listener.set_nonblocking(true).unwrap();
    while !is_over.load(Ordering::Relaxed) {
        let Ok((near, _)) = listener.accept() else {
            thread::park_timeout(Duration::from_millis(1));
            continue;
        };
        near.set_nonblocking(false).unwrap();
        let Ok(far) = connect([127, 0, 0, 3], to) else {
            continue;
        };
        *kept.lock().unwrap() = Some(near.try_clone().unwrap());
        pump(near.try_clone().unwrap(), far.try_clone().unwrap());
        pump(far, near);
    }
}

/// One direction of a connection.
fn pump(mut from: TcpStream, to: TcpStream) {
    let (tell, told) = channel();
    thread::spawn(move || {
        let mut buffer = [0; 8192];
        while let Ok(count) = from.read(&mut buffer)
            && count > 0
        {
            let due = ProcessClock::of_process().now() + DELAY;
            if tell.send((due, buffer[..count].to_vec())).is_err() {
                return;
            }
        }
    });
    thread::spawn(move || write_late(&told, to));
}

fn write_late(told: &Receiver<(u64, Vec<u8>)>, mut to: TcpStream) {
    for (due, bytes) in told {
        wait_for(due);
        if to.write_all(&bytes).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

/// `LAMPORT_FLOOD_SECONDS=20` goes on for so long, breaks the connection each second, and bounds how
/// long it takes to come back.
#[test]
fn a_flood_of_silent_connections_keeps_no_distant_machine_out() {
    open_files::ensure(3000, "or leave this test out").unwrap();
    let seconds: u64 =
        std::env::var("LAMPORT_FLOOD_SECONDS").map_or(0, |text| text.parse().unwrap());
    let lab = Lab::new();
    let keyed = |config| Config {
        key: Some(Key::new(&[1; 32]).unwrap()),
        allowed: vec![],
        ..config
    };
    let receiver = open(keyed(lab.config(1, vec![])));
    let (count, is_over) = (
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let flooding = {
        let (count, is_over, port) = (count.clone(), is_over.clone(), receiver.port());
        thread::spawn(move || flood(port, &count, &is_over))
    };
    until("the places are full", || {
        count.load(Ordering::Relaxed) > 500
    });
    let relay = Relay::new(receiver.port(), is_over.clone());
    let begin = ProcessClock::of_process().now();
    let sender = open(keyed(lab.config(2, vec![loopback(relay.port)])));
    until("it is connected", || sender.missing_peers().is_empty());
    let connects = || {
        let text = std::fs::read_to_string(lab.log(2)).unwrap();
        text.matches("\"CONNECT\"").count()
    };
    let mut outs = vec![ProcessClock::of_process().now() - begin];
    while ProcessClock::of_process().now() < begin + seconds * 1_000_000_000 {
        thread::park_timeout(Duration::from_secs(1));
        let (cut, before) = (ProcessClock::of_process().now(), connects());
        relay.cut();
        until("it is back", || connects() > before);
        outs.push(ProcessClock::of_process().now() - cut);
    }
    send(&sender, 3);
    until("they arrive", || receiver.queue_len() == 3);
    is_over.store(true, Ordering::Relaxed);
    flooding.join().unwrap();
    let longest = outs.iter().max().unwrap() / 1_000_000;
    println!(
        "{} silent connections, {} times out, for {longest} ms at most",
        count.load(Ordering::Relaxed),
        outs.len()
    );
    assert!(seconds == 0 || longest < 2_000, "{outs:?}");
    let warnings = receiver.take_warnings();
    assert!(warnings.len() < 5, "{warnings:?}");
    sender.abandon();
    receiver.abandon();
}
