//! Where a machine listens, and where its peers are.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

use crate::drive::real::ephemeral;
use crate::drive::real::own_addresses::OwnAddresses;
use crate::drive::real::resolve;
use crate::error::{Error, Result};
use crate::model::address::Address;
use crate::model::message::MachineId;

/// Connections that the system keeps waiting; it lowers this to its own bound.
const BACKLOG: i32 = 4096;

/// How a machine gets its listening socket.
#[derive(Debug)]
pub enum Listening {
    /// On this port (0: a free one) of this host. Without a host: of loopback
    /// if there are peers and all of them are loopback, else of all interfaces.
    On {
        /// A name or address of this host.
        host: Option<String>,
        /// The TCP port.
        port: u16,
    },
    /// A socket that listens already.
    Bound(TcpListener),
}

/// All addresses of each peer, none of which is twice in the list.
pub fn find(id: MachineId, peers: &[Address]) -> Result<Vec<Vec<SocketAddr>>> {
    for (position, peer) in peers.iter().enumerate() {
        if peers[..position].contains(peer) {
            return Err(Error::invalid(format!(
                "machine {id}: the peer {peer} is listed twice"
            )));
        }
    }
    peers.iter().map(resolve::lookup).collect()
}

/// The listening socket of machine `id`, and its address as the log tells it.
pub fn bind(
    id: MachineId,
    listening: Listening,
    peers: &[Address],
    found: &[Vec<SocketAddr>],
) -> Result<(TcpListener, Address)> {
    let (listener, host) = match listening {
        Listening::Bound(listener) => (listener, None),
        Listening::On {
            host: Some(host),
            port,
        } => {
            let address = Address::new(host.clone(), port)?;
            let first = resolve::lookup(&address)?.into_iter().next();
            let socket =
                first.ok_or_else(|| Error::invalid(format!("host {host:?} has no address")))?;
            (listen(id, socket)?, Some(host))
        }
        Listening::On { host: None, port } => {
            let is_local =
                !found.is_empty() && found.iter().flatten().all(|peer| peer.ip().is_loopback());
            (
                if is_local {
                    listen(id, (Ipv4Addr::LOCALHOST, port).into())?
                } else {
                    listen_everywhere(id, port)?
                },
                None,
            )
        }
    };
    listener
        .set_nonblocking(true)
        .map_err(|source| broken(id, source))?;
    let own = own(id, &listener)?;
    for (peer, found) in peers.iter().zip(found) {
        if found.iter().any(|socket| is_self(own, *socket)) {
            return Err(Error::invalid(format!(
                "machine {id}: the peer {peer} is its own address; list only the other machines"
            )));
        }
    }
    let host = host.unwrap_or_else(|| own.ip().to_canonical().to_string());
    Ok((listener, Address::new(host, own.port())?))
}

/// Where the socket of machine `id` listens.
pub fn own(id: MachineId, listener: &TcpListener) -> Result<SocketAddr> {
    listener.local_addr().map_err(|source| broken(id, source))
}

fn broken(id: MachineId, source: std::io::Error) -> Error {
    Error::io(format!("machine {id}: the listening socket"), source)
}

/// Whether a machine that listens at `own` is reached at `peer`.
pub fn is_self(own: SocketAddr, peer: SocketAddr) -> bool {
    let (own_ip, peer_ip) = (own.ip().to_canonical(), peer.ip().to_canonical());
    let is_here = || own_ip.is_unspecified() && OwnAddresses::now().contains(peer_ip);
    own.port() == peer.port() && (own_ip == peer_ip || is_here())
}

fn listen_everywhere(id: MachineId, port: u16) -> Result<TcpListener> {
    let all = |ip: IpAddr| listen(id, SocketAddr::new(ip, port));
    // One socket for IPv6 and IPv4 where the system has IPv6 at all.
    match all(Ipv6Addr::UNSPECIFIED.into()) {
        Err(Error::Io { source, .. }) if source.kind() != std::io::ErrorKind::AddrInUse => {
            all(Ipv4Addr::UNSPECIFIED.into())
        }
        other => other,
    }
}

fn listen(id: MachineId, socket: SocketAddr) -> Result<TcpListener> {
    let listen = || {
        let listener = Socket::new(
            Domain::for_address(socket),
            Type::STREAM,
            Some(Protocol::TCP),
        )?;
        // A port whose old connections are only timing out can be taken again.
        listener.set_reuse_address(true)?;
        if socket.is_ipv6() {
            listener.set_only_v6(false)?;
        }
        listener.bind(&socket.into())?;
        listener.listen(BACKLOG)?;
        Ok(listener.into())
    };
    listen().map_err(|source: std::io::Error| {
        let hint = if source.kind() == std::io::ErrorKind::AddrInUse {
            ephemeral::hint(socket.port())
        } else {
            String::new()
        };
        let (port, host) = (socket.port(), socket.ip());
        Error::io(
            format!("machine {id} cannot listen on port {port} of {host}{hint}"),
            source,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(host: Option<&str>, port: u16) -> Listening {
        Listening::On {
            host: host.map(str::to_owned),
            port,
        }
    }

    fn bind_to(listening: Listening, peers: &[&str]) -> Result<(TcpListener, Address)> {
        let peers: Vec<Address> = peers.iter().map(|peer| peer.parse().unwrap()).collect();
        bind(1, listening, &peers, &find(1, &peers)?)
    }

    #[test]
    fn loopback_only_if_all_peers_are() {
        assert_eq!(
            bind_to(on(None, 0), &["localhost:9", "127.0.0.2:9"])
                .unwrap()
                .1
                .host,
            "127.0.0.1"
        );
        for peers in [&[][..], &["192.0.2.1:9", "127.0.0.1:9"]] {
            let host = bind_to(on(None, 0), peers).unwrap().1.host;
            assert!(host == "::" || host == "0.0.0.0", "{host}");
        }
        assert_eq!(
            bind_to(on(Some("localhost"), 0), &[]).unwrap().1.host,
            "localhost"
        );
    }

    #[test]
    fn a_port_in_use_is_named() {
        let (_held, address) = bind_to(on(None, 0), &["127.0.0.1:9"]).unwrap();
        let error = bind_to(on(Some("127.0.0.1"), address.port), &[])
            .unwrap_err()
            .to_string();
        assert!(error.contains(&format!("port {}", address.port)), "{error}");
    }

    #[test]
    fn bad_peers_are_refused() {
        let (held, address) = bind_to(on(None, 0), &["127.0.0.1:9"]).unwrap();
        let own = format!("127.0.0.1:{}", address.port);
        let error = bind_to(Listening::Bound(held), &[&own])
            .unwrap_err()
            .to_string();
        assert!(error.contains("its own address"), "{error}");
        let error = bind_to(on(None, 0), &["127.0.0.1:9", "127.0.0.1:9"])
            .unwrap_err()
            .to_string();
        assert!(error.contains("twice"), "{error}");
        let error = bind_to(on(None, 0), &["no-such-host.invalid:9"])
            .unwrap_err()
            .to_string();
        assert!(error.contains("no-such-host.invalid"), "{error}");
    }
}
