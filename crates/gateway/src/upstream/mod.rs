//! Calls to the services behind the gateway: one connection for each request.

mod dial;
mod wire;

use http::Response;
use portcullis_core::{
    access::Authorized,
    body::Body,
    ports::{
        Pending,
        upstream::{Call, Fault, UpstreamPlan, Upstreams},
    },
};
use std::sync::atomic::{AtomicUsize, Ordering};

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
            let answer = wire::call(stream, &permit, call);
            tokio::time::timeout(head_time_max, answer).await.map_err(|_| Fault::TimedOut)?
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
