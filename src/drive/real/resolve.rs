//! Resolves names to addresses, off the poll thread: a lookup may take seconds.

use std::net::{SocketAddr, ToSocketAddrs};
use std::thread;

use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::error::{Error, Result};
use crate::model::address::Address;

/// What is asked: a name, and whom the answer is for.
#[derive(Debug)]
pub struct Question<T> {
    /// Given back with the answer.
    pub token: T,
    /// The names to look up.
    pub addresses: Vec<Address>,
}

/// What is answered.
#[derive(Debug)]
pub struct Answer<T> {
    /// The question's token.
    pub token: T,
    /// For each name all its addresses; empty where it has none now.
    pub found: Vec<Vec<SocketAddr>>,
}

/// A thread that looks names up. It ends when this is dropped.
#[derive(Debug)]
pub struct Resolver<T> {
    questions: Sender<Question<T>>,
    /// The answers, in the order of the questions.
    pub answers: Receiver<Answer<T>>,
}

impl<T: Send + 'static> Resolver<T> {
    /// Starts the thread; `wake` is called after each answer.
    pub fn start(wake: impl Fn() + Send + 'static) -> Result<Self> {
        let (questions, asked) = unbounded::<Question<T>>();
        let (tell, answers) = unbounded();
        // A lookup may take long, so no one waits for its end.
        thread::Builder::new()
            .name("lamport-resolve".into())
            .stack_size(256 * 1024)
            .spawn(move || {
                for Question { token, addresses } in asked {
                    let found = addresses
                        .iter()
                        .map(|address| lookup(address).unwrap_or_default())
                        .collect();
                    if tell.send(Answer { token, found }).is_err() {
                        return;
                    }
                    wake();
                }
            })
            .map_err(|source| Error::io("cannot start the thread that looks names up", source))?;
        Ok(Self { questions, answers })
    }

    /// Asks; the answer comes on `answers`.
    pub fn ask(&self, question: Question<T>) {
        // The thread ends only after this end of the channel is gone.
        let _ = self.questions.send(question);
    }
}

/// Looks a name up, now, on this thread.
pub fn lookup(address: &Address) -> Result<Vec<SocketAddr>> {
    let found = (address.host.as_str(), address.port)
        .to_socket_addrs()
        .map_err(|source| {
            Error::io(
                format!("unknown host {:?} of {address}", address.host),
                source,
            )
        })?;
    let mut list: Vec<SocketAddr> = Vec::new();
    for socket in found {
        // The scope of a link-local address must stay.
        let plain = match socket {
            SocketAddr::V6(v6) if v6.ip().to_ipv4_mapped().is_none() => socket,
            _ => SocketAddr::new(socket.ip().to_canonical(), socket.port()),
        };
        if !list.contains(&plain) {
            list.push(plain);
        }
    }
    Ok(list)
}
