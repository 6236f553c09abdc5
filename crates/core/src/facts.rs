//! What is known about a connection before a byte of HTTP is read.

use crate::name::ListenerName;
use std::{
    fmt,
    net::{IpAddr, SocketAddr},
};

/// What is known about a connection. Fixed for its life; requests on it share one value.
#[derive(Debug, Clone)]
pub struct ConnectionFacts {
    /// The listener that accepted it, by the name it had then.
    pub listener: ListenerName,
    /// The address that the listener's config names. A connection belongs to this address for its life,
    /// whatever a later config calls the listener there.
    pub address: SocketAddr,
    /// The other end of the socket.
    pub peer: PeerAddr,
    /// How bytes become requests.
    pub protocol: Protocol,
    /// What TLS proved; `None` in the clear.
    pub tls: Option<TlsFacts>,
}

/// What a finished TLS handshake proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFacts {
    /// The name that the client asked for (RFC 6066), lower case, without a trailing dot.
    pub server_name: Option<Box<str>>,
    /// The client's verified certificate chain, each as DER, its own first; empty without one.
    pub client_chain: Vec<Box<[u8]>>,
}

/// How the bytes of a connection become requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1 (RFC 9112).
    Http1,
    /// HTTP/2 (RFC 9113).
    Http2,
}

/// The address of the socket's other end: a caller, or a proxy in front of us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerAddr(SocketAddr);

impl PeerAddr {
    /// Takes a socket's address; an IPv4 address in IPv6 clothes is an IPv4 address.
    pub fn new(address: SocketAddr) -> Self {
        Self(SocketAddr::new(address.ip().to_canonical(), address.port()))
    }

    /// The address without its port.
    pub fn ip(self) -> IpAddr {
        self.0.ip()
    }
}

impl fmt::Display for PeerAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The address of the caller, after trusted proxies are taken into account. What address lists,
/// limits and logs read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientIp(IpAddr);

impl ClientIp {
    /// The caller is the peer: no proxy in between is trusted.
    pub fn of_peer(peer: PeerAddr) -> Self {
        Self(peer.ip())
    }

    /// The address.
    pub fn ip(self) -> IpAddr {
        self.0
    }
}

impl fmt::Display for ClientIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lm7_a_mapped_address_is_the_address_it_maps() {
        let peer = PeerAddr::new("[::ffff:192.0.2.7]:5".parse().unwrap());
        assert_eq!(ClientIp::of_peer(peer).to_string(), "192.0.2.7");
    }
}
