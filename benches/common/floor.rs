//! The least that three machines cost: their lines over loopback, and nothing else.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use crate::common::Scratch;

/// As much as the machines gather for a write, and take with a read.
const CHUNK: usize = 64 * 1024;
const SCRATCH: usize = 256 * 1024;
const MACHINES: usize = 3;

/// Messages received a second; for each, `log_bytes` go to a file in `directory`.
pub(crate) fn run(seconds: f64, log_bytes: u64, directory: &Path) -> f64 {
    let scratch = Scratch::new(directory);
    let mut sockets: [Vec<TcpStream>; MACHINES] = Default::default();
    for (one, other) in [(0, 1), (0, 2), (1, 2)] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        sockets[one].push(TcpStream::connect(address).expect("it listens"));
        sockets[other].push(listener.accept().expect("it is connected").0);
    }
    let barrier = Barrier::new(MACHINES);
    let (barrier, scratch) = (&barrier, &scratch);
    let received: u64 = thread::scope(|scope| {
        let threads: Vec<_> = sockets
            .into_iter()
            .enumerate()
            .map(|(machine, sockets)| {
                let log = File::create(scratch.0.join(format!("{machine}"))).expect("a new file");
                scope.spawn(move || {
                    let mut peers: Vec<Peer> = sockets.into_iter().map(Peer::new).collect();
                    barrier.wait();
                    exchange(machine, &mut peers, log, log_bytes, seconds)
                })
            })
            .collect();
        let joined = threads
            .into_iter()
            .map(|thread| thread.join().expect("it does not panic"));
        joined.sum()
    });
    received as f64 / seconds
}

struct Peer {
    stream: TcpStream,
    out: Vec<u8>,
    written: usize,
}

impl Peer {
    fn new(stream: TcpStream) -> Self {
        stream.set_nonblocking(true).expect("the system can");
        stream.set_nodelay(true).expect("the system can");
        Self {
            stream,
            out: Vec::new(),
            written: 0,
        }
    }

    /// Fills what goes out with new lines once the last are gone, and writes. Whether anything went.
    fn write(&mut self, clock: &mut u64, machine: usize) -> bool {
        if self.written == self.out.len() {
            self.out.clear();
            self.written = 0;
            while self.out.len() < CHUNK {
                *clock += 1;
                writeln!(self.out, "{clock}:{machine}").expect("a Vec takes every byte");
            }
        }
        match self.stream.write(&self.out[self.written..]) {
            Ok(count) => {
                self.written += count;
                true
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => false,
            // The other thread ended first.
            Err(_) => false,
        }
    }

    /// Reads once and takes the timestamps; how many lines there were.
    fn read(&mut self, scratch: &mut [u8], newest: &mut u64) -> u64 {
        let Ok(count) = self.stream.read(scratch) else {
            return 0;
        };
        let mut lines = 0;
        let mut timestamp = 0;
        for &byte in &scratch[..count] {
            match byte {
                b'0'..=b'9' => timestamp = timestamp * 10 + u64::from(byte - b'0'),
                b'\n' => {
                    lines += 1;
                    timestamp = 0;
                }
                _ => {
                    *newest = timestamp.max(*newest);
                    timestamp = 0;
                }
            }
        }
        lines
    }
}

fn exchange(
    machine: usize,
    peers: &mut [Peer],
    mut log: File,
    log_bytes: u64,
    seconds: f64,
) -> u64 {
    let mut scratch = vec![0; SCRATCH];
    let line = vec![b'x'; CHUNK];
    let (mut clock, mut newest, mut received) = (0, 0, 0);
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    while Instant::now() < end {
        let mut is_idle = true;
        for peer in &mut *peers {
            is_idle &= !peer.write(&mut clock, machine);
            let lines = peer.read(&mut scratch, &mut newest);
            is_idle &= lines == 0;
            received += lines;
            let mut rest = (lines * log_bytes) as usize;
            while rest > 0 {
                let part = rest.min(line.len());
                log.write_all(&line[..part]).expect("the disk has room");
                rest -= part;
            }
        }
        if is_idle {
            thread::yield_now();
        }
    }
    std::hint::black_box(newest);
    received
}
