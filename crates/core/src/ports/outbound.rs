//! Calls to services that are not upstreams: issuers, webhooks, collectors.

use super::{NotConfigured, Pending, Unavailable};
use bytes::Bytes;
use http::{Request, Response};
use std::time::Duration;

/// Calls to services that are not upstreams. Dials only what the config names or its tellers may
/// name; follows no redirect.
pub trait Outbound: Send + Sync {
    /// Sends a request and reads the whole answer.
    fn fetch(
        &self,
        request: Request<Bytes>,
        bounds: Bounds,
    ) -> Pending<'_, Result<Response<Bytes>, Unavailable>>;
}

/// What an outbound call may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// From the start to the last byte.
    pub time_max: Duration,
    /// The size of the answer's body, in bytes.
    pub bytes_max: usize,
}

impl Outbound for NotConfigured {
    fn fetch(
        &self,
        _: Request<Bytes>,
        _: Bounds,
    ) -> Pending<'_, Result<Response<Bytes>, Unavailable>> {
        Box::pin(std::future::ready(Err(Unavailable)))
    }
}
