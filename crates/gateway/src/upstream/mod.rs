//! Calls to the services behind the gateway: one connection for each request.

mod dial;

use crate::connection::Received;
use http::{Request, Response, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use portcullis_core::{
    access::Authorized,
    body::{Body, BodyError},
    ports::{
        Pending,
        upstream::{Call, Fault, UpstreamPlan, Upstreams},
    },
};
use std::{
    error::Error,
    sync::atomic::{AtomicUsize, Ordering},
};

/// HTTP/1.1 in the clear, a fresh connection for each request, targets in turn.
#[derive(Debug, Default)]
pub struct HttpUpstreams {
    turn: AtomicUsize,
}

impl Upstreams for HttpUpstreams {
    fn call(&self, permit: Authorized, call: Call) -> Pending<'_, Result<Response<Body>, Fault>> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            let stream = connect(&call.upstream, turn).await?;
            let head_time_max = call.upstream.head_time_max;
            let request = outgoing(&permit, call)?;
            let (mut sender, connection) =
                http1::handshake(TokioIo::new(stream)).await.map_err(|_| Fault::Unreachable)?;
            // Ends by itself: when the answer's body has ended or is dropped.
            tokio::spawn(connection);
            let answer = tokio::time::timeout(head_time_max, sender.send_request(request)).await;
            let answer = answer.map_err(|_| Fault::TimedOut)?.map_err(|error| fault(&error))?;
            refuse_odd_framing(&answer)?;
            Ok(answer.map(|body| Body::stream(Received(body))))
        })
    }
}

async fn connect(plan: &UpstreamPlan, turn: usize) -> Result<tokio::net::TcpStream, Fault> {
    let index = turn.checked_rem(plan.targets.len()).ok_or(Fault::Unreachable)?;
    let target = plan.targets.get(index).ok_or(Fault::Unreachable)?;
    let connecting = dial::dial(&target.host, target.port);
    let stream = tokio::time::timeout(plan.connect_time_max, connecting).await;
    stream.map_err(|_| Fault::TimedOut)?
}

/// The request that goes out: its target is what was authorised, and nothing else.
fn outgoing(permit: &Authorized, call: Call) -> Result<Request<Body>, Fault> {
    let target = permit.target();
    let request = Request::builder().method(target.method.clone()).uri(target.path_and_query());
    let mut request = request.body(call.body).map_err(|_| Fault::Malformed)?;
    *request.headers_mut() = call.headers;
    let close = http::HeaderValue::from_static("close");
    request.headers_mut().insert(header::CONNECTION, close);
    Ok(request)
}

/// An answer whose end callers could see elsewhere than we do is not passed on: two framings at once,
/// or a switch to another protocol that nobody asked for.
fn refuse_odd_framing<B>(answer: &Response<B>) -> Result<(), Fault> {
    let both = answer.headers().contains_key(header::TRANSFER_ENCODING)
        && answer.headers().contains_key(header::CONTENT_LENGTH);
    if both || answer.status().is_informational() { Err(Fault::Malformed) } else { Ok(()) }
}

/// Whose fault it is that there is no answer.
fn fault(error: &hyper::Error) -> Fault {
    let body_error = error.source().and_then(|source| source.downcast_ref::<BodyError>());
    match body_error {
        Some(body_error) => Fault::CallerBody(*body_error),
        None if error.is_parse() => Fault::Malformed,
        None => Fault::Unreachable,
    }
}
