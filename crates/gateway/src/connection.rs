//! One connection of a caller: bytes to requests, answers to bytes.
//!
//! HTTP/1.1 in the clear, read by hyper. What hyper itself refuses (a head that is no HTTP, one that is
//! too large or too slow) is answered here without a record; everything it accepts is judged once more
//! by the canonical form.

use crate::forward::serve;
use arc_swap::ArcSwap;
use http::{Request, Response, Uri};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use portcullis_core::{
    body::{Body, BodyError},
    canonical::{RawHead, Scheme},
    facts::ConnectionFacts,
    limits,
    ports::Ports,
};
use portcullis_policies::blueprint::Blueprint;
use std::{
    borrow::Cow,
    convert::Infallible,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{net::TcpStream, sync::watch};

/// How long a connection without a request is kept once the gateway drains: its first may be on the way.
const UNUSED_TIME_MAX: Duration = Duration::from_millis(500);

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
pub async fn run(
    stream: TcpStream,
    facts: Arc<ConnectionFacts>,
    shared: Shared,
    mut draining: watch::Receiver<bool>,
) {
    let used = AtomicBool::new(false);
    let service = service_fn(|request| {
        used.store(true, Ordering::Relaxed);
        answer(request, Arc::clone(&facts), shared.clone())
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HEAD_TIME_MAX)
        .max_headers(limits::HEAD_FIELDS_MAX)
        .max_buf_size(limits::HEAD_BYTES_MAX)
        .half_close(false)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    // How a connection ends tells nothing that a record does not: an error here is a caller that went
    // away or that hyper has answered.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = draining.wait_for(|draining| *draining) => connection.as_mut().graceful_shutdown(),
    }
    // hyper closes an idle connection at once, but waits on one that has had no request yet.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = tokio::time::sleep(UNUSED_TIME_MAX) => {}
    }
    if used.load(Ordering::Relaxed) {
        let _ = connection.await;
    }
}

async fn answer(
    request: Request<Incoming>,
    facts: Arc<ConnectionFacts>,
    shared: Shared,
) -> Result<Response<Body>, Infallible> {
    let (parts, body) = request.into_parts();
    let target = target(&parts.uri);
    let head = RawHead {
        method: parts.method,
        scheme: if facts.tls.is_some() { Scheme::Https } else { Scheme::Http },
        target: &target,
        authority: None,
        headers: parts.headers,
    };
    let blueprint = shared.blueprint.load_full();
    Ok(serve(blueprint, shared.ports, facts, head, incoming(body)).await)
}

/// The request target as it was sent, as far as hyper still knows it.
fn target(uri: &Uri) -> Cow<'_, str> {
    match (uri.scheme(), uri.path_and_query()) {
        (None, Some(path_and_query)) => Cow::Borrowed(path_and_query.as_str()),
        _ => Cow::Owned(uri.to_string()),
    }
}

fn incoming(body: Incoming) -> Body {
    if http_body::Body::is_end_stream(&body) {
        return Body::Empty;
    }
    Body::stream(Received(body))
}

/// A body as it comes from a socket, of a caller or of an upstream.
pub(crate) struct Received(pub(crate) Incoming);

impl http_body::Body for Received {
    type Data = bytes::Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<bytes::Bytes>, BodyError>>> {
        let frame = std::pin::Pin::new(&mut self.0).poll_frame(context);
        frame.map(|frame| frame.map(|frame| frame.map_err(|_| BodyError::Broken)))
    }

    fn is_end_stream(&self) -> bool {
        http_body::Body::is_end_stream(&self.0)
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::Body::size_hint(&self.0)
    }
}
