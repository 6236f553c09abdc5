//! Sockets: opening, accepting, and handing over when the config changes.

use crate::connection::{self, Shared};
use portcullis_core::{
    facts::{ConnectionFacts, PeerAddr, Protocol},
    limits,
    name::ListenerName,
};
use portcullis_policies::blueprint::Blueprint;
use socket2::{Domain, Socket, Type};
use std::{collections::HashMap, fmt, io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinHandle,
};

/// Connections that wait to be accepted.
const BACKLOG: i32 = 1024;
/// How long to wait when the system has no more descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The sockets of a gateway, by the address that the config names. A config that keeps an address
/// keeps its socket: closing one would reset the connections that wait in it.
pub struct Listeners {
    shared: Shared,
    open: HashMap<SocketAddr, Open>,
    slots: Arc<Semaphore>,
    draining: watch::Sender<bool>,
}

struct Open {
    accepting: JoinHandle<()>,
    local: SocketAddr,
}

/// An address that cannot be listened on.
#[derive(Debug)]
pub struct CannotListen {
    /// The listener.
    pub listener: ListenerName,
    /// The address.
    pub address: SocketAddr,
    /// Why.
    pub error: io::Error,
}

impl fmt::Display for CannotListen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { listener, address, error } = self;
        write!(f, "listener `{listener}` cannot listen on {address}: {error}")
    }
}

impl std::error::Error for CannotListen {}

impl Listeners {
    /// No sockets yet.
    pub fn new(shared: Shared) -> Self {
        let slots = Arc::new(Semaphore::new(limits::CONNECTIONS_MAX));
        Self { shared, open: HashMap::new(), slots, draining: watch::Sender::new(false) }
    }

    /// Makes `blueprint` the one that decides. New sockets are opened first: if one cannot be, nothing
    /// changes. Requests under way end with the blueprint they began with.
    pub fn adopt(&mut self, blueprint: Blueprint) -> Result<(), CannotListen> {
        let mut fresh = Vec::new();
        for listener in &blueprint.listeners {
            if !self.open.contains_key(&listener.address) {
                let socket = bind(listener.address).map_err(|error| CannotListen {
                    listener: listener.name.clone(),
                    address: listener.address,
                    error,
                })?;
                fresh.push((listener.address, socket));
            }
        }
        let wanted: Vec<SocketAddr> = blueprint.listeners.iter().map(|l| l.address).collect();
        self.shared.blueprint.store(Arc::new(blueprint));
        self.open.retain(|address, open| {
            let keep = wanted.contains(address);
            if !keep {
                open.accepting.abort();
            }
            keep
        });
        for (address, socket) in fresh {
            let local = socket.local_addr().unwrap_or(address);
            let accepting = tokio::spawn(accept(
                socket,
                address,
                self.shared.clone(),
                Arc::clone(&self.slots),
                self.draining.subscribe(),
            ));
            self.open.insert(address, Open { accepting, local });
        }
        Ok(())
    }

    /// Where a configured address really listens: it differs if the config says port 0.
    pub fn local(&self, address: SocketAddr) -> Option<SocketAddr> {
        self.open.get(&address).map(|open| open.local)
    }

    /// Accepts no more, lets requests under way end, and returns whether all did in time.
    pub async fn drain(self) -> bool {
        self.open.values().for_each(|open| open.accepting.abort());
        self.draining.send_replace(true);
        let all = u32::try_from(limits::CONNECTIONS_MAX).unwrap_or(u32::MAX);
        let idle = self.slots.acquire_many(all);
        tokio::time::timeout(limits::DRAIN_TIME_MAX, idle).await.is_ok()
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // A port in TIME_WAIT may be taken again; one that another process listens on may not.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

async fn accept(
    socket: TcpListener,
    address: SocketAddr,
    shared: Shared,
    slots: Arc<Semaphore>,
    draining: watch::Receiver<bool>,
) {
    loop {
        // With every slot taken, connections wait in the backlog, which is bounded too.
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
        let (stream, peer) = match socket.accept().await {
            Ok(accepted) => accepted,
            Err(_) => {
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Some(facts) = facts(&shared, address, peer, &stream) else { continue };
        let (shared, draining) = (shared.clone(), draining.clone());
        tokio::spawn(async move {
            connection::run(stream, facts, shared, draining).await;
            drop(slot);
        });
    }
}

/// What is known of a fresh connection; `None` if its listener has just been removed.
fn facts(
    shared: &Shared,
    address: SocketAddr,
    peer: SocketAddr,
    stream: &TcpStream,
) -> Option<Arc<ConnectionFacts>> {
    // Small answers should not wait for a full packet. If it fails, they do.
    let _ = stream.set_nodelay(true);
    let blueprint = shared.blueprint.load();
    let listener = blueprint.listener_at(address)?;
    Some(Arc::new(ConnectionFacts {
        listener: listener.name.clone(),
        address,
        peer: PeerAddr::new(peer),
        protocol: Protocol::Http1,
        tls: None,
    }))
}
