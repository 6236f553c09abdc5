//! One connection of a caller: bytes to requests, answers to bytes.
//!
//! HTTP/1.1 in the clear, read by our own engine, `wire`. One task owns the socket and polls in turn what a
//! request waits for: the order, the socket, the timer. Nothing is spawned for a request.
//!
//! ```text
//! head → serve (body pieces as they are asked for) → answer → next head, or drain, linger, close
//! ```
//!
//! **Who is gone.** A connection that is reset ends its request at once, and the record says that the
//! caller went away; so it is looked for whenever the request's body is whole or waited for. A caller
//! that closes its writing side only may still read, and TCP shows no difference between that and one
//! that left: it is answered, and that nobody takes the answer shows when it is written.

mod answer;
mod body;
mod head;
#[cfg(test)]
mod tests;
mod timer;

use crate::{
    forward,
    transport::{self, Socket, Transport},
};
use arc_swap::ArcSwap;
use body::Feed;
use bytes::BytesMut;
use head::Came;
use http::Version;
use portcullis_core::{facts::ConnectionFacts, ports::Ports, stop::Stop};
use portcullis_policies::blueprint::Blueprint;
use portcullis_wire::{
    deadline::{Timeouts, Wait},
    server::connection::{Connection, Next},
};
use std::{
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use timer::{State, Timer};
use tokio::{sync::watch, time::Sleep};

/// What connections share: the config of the moment, and the world.
#[derive(Clone)]
pub struct Shared {
    /// The blueprint of the moment. Each request takes the one that it finds and keeps it.
    pub blueprint: Arc<ArcSwap<Blueprint>>,
    /// The world.
    pub ports: Arc<Ports>,
}

/// Serves a connection to its end. Once `draining` says so, the request under way is answered and the
/// connection closed.
pub async fn run<S: Socket>(
    socket: S,
    facts: Arc<ConnectionFacts>,
    shared: Shared,
    draining: watch::Receiver<bool>,
) {
    // How a connection ends tells nothing that a record does not.
    let _ = Caller::new(socket, facts, shared, draining).run().await;
}

/// The connection is of no more use.
struct Gone;

/// A caller's connection.
struct Caller<S> {
    wire: Connection,
    transport: Transport<S>,
    input: BytesMut,
    /// Where the body of the present request goes. `None` once it is whole, or if there is none.
    feed: Option<Feed>,
    /// The version of the present request.
    version: Version,
    /// The caller sends no more.
    ended: bool,
    /// It ended in the middle of a body.
    cut: bool,
    timer: Timer,
    timeouts: Timeouts,
    facts: Arc<ConnectionFacts>,
    shared: Shared,
    draining: watch::Receiver<bool>,
    drained: Pin<Box<dyn Future<Output = ()> + Send>>,
    /// Set once the gateway drains: how long a connection without a request is still kept.
    leaving: Option<Pin<Box<Sleep>>>,
}

impl<S: Socket> Caller<S> {
    fn new(
        socket: S,
        facts: Arc<ConnectionFacts>,
        shared: Shared,
        draining: watch::Receiver<bool>,
    ) -> Self {
        let mut told = draining.clone();
        Self {
            wire: Connection::new(transport::limits()),
            transport: Transport::new(socket),
            input: BytesMut::new(),
            feed: None,
            version: Version::HTTP_11,
            ended: false,
            cut: false,
            timer: Timer::new(),
            timeouts: timer::timeouts(),
            facts,
            shared,
            draining,
            drained: Box::pin(async move {
                // An error is a gateway that is gone without having drained: the same to us.
                let _ = told.wait_for(|draining| *draining).await;
            }),
            leaving: None,
        }
    }

    async fn run(&mut self) -> Result<(), Gone> {
        loop {
            match self.wire.next(&self.input) {
                Next::Read => match self.head().await {
                    Came::Request(head) => self.exchange(head).await?,
                    Came::Refused(stop) => self.refuse(stop).await?,
                    Came::Nothing => return Ok(()),
                },
                Next::Drain => self.discard().await?,
                Next::Linger => {
                    self.shut_down().await?;
                    self.discard().await?;
                }
                // Nothing is ever upgraded here, and after an answer nothing is busy.
                Next::Close | Next::Tunnel | Next::Busy => return Ok(()),
            }
        }
    }

    /// Answers what never became a request, and leaves its record.
    async fn refuse(&mut self, stop: Stop) -> Result<(), Gone> {
        let blueprint = self.shared.blueprint.load_full();
        let (ports, facts) = (Arc::clone(&self.shared.ports), Arc::clone(&self.facts));
        let answer = forward::refuse(blueprint, ports, facts, stop).await;
        if !self.wire.can_respond() {
            return Err(Gone);
        }
        self.version = Version::HTTP_11;
        self.send(answer, false).await
    }

    /// Looks at the timer: the wait that lasted too long, once there is one.
    fn poll_overdue(&mut self, context: &mut Context<'_>) -> Poll<Wait> {
        let Self { wire, transport, input, feed, timer, timeouts, .. } = self;
        let body_wanted = feed.as_ref().is_some_and(|feed| feed.is_wanted(context));
        timer.poll(context, timeouts, || State {
            waits: wire.waits(input, !transport.out.is_empty()),
            body_wanted,
            body_bytes: wire.body_bytes(),
            written: transport.written,
        })
    }

    /// Drops the rest of an unwanted body, or what comes behind the last answer, until there is
    /// something else to do.
    pub(super) async fn discard(&mut self) -> Result<(), Gone> {
        poll_fn(|context| self.poll_discard(context)).await
    }

    /// Says that nothing more comes from here. A socket that is closed with bytes unread resets, and
    /// the reset can overtake the answer: so the caller's end is waited for.
    pub(super) async fn shut_down(&mut self) -> Result<(), Gone> {
        let shut = poll_fn(|context| self.transport.poll_shutdown(context)).await;
        shut.map_err(|_| Gone)
    }

    fn poll_discard(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Gone>> {
        let before = self.wire.next(&self.input);
        loop {
            if self.wire.receive(&mut self.input).is_err() {
                return Poll::Ready(Err(Gone));
            }
            let next = self.wire.next(&self.input);
            if next != before || !matches!(next, Next::Drain | Next::Linger) {
                return Poll::Ready(Ok(()));
            }
            match self.transport.poll_read(context, &mut self.input) {
                Poll::Ready(Ok(0)) => {
                    self.ended = true;
                    if self.wire.receive_eof(&self.input).is_err() {
                        return Poll::Ready(Err(Gone));
                    }
                }
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(_)) => return Poll::Ready(Err(Gone)),
                Poll::Pending => return self.poll_overdue(context).map(|_| Err(Gone)),
            }
        }
    }
}
