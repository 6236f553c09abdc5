//! The services behind the gateway.

use super::Pending;
use crate::{access::Authorized, body::Body, canonical::Host, name::UpstreamName, reason::Reason};
use http::{HeaderMap, Response};
use std::{sync::Arc, time::Duration};

/// The services behind the gateway.
pub trait Upstreams: Send + Sync {
    /// Sends a request and waits for the head of the answer.
    ///
    /// The permit is taken by value: what goes out is made from what was authorised, and only once.
    fn call(&self, permit: Authorized, call: Call) -> Pending<'_, Result<Response<Body>, Fault>>;
}

/// What is sent beside the authorised target.
#[derive(Debug)]
pub struct Call {
    /// The upstream.
    pub upstream: Arc<UpstreamPlan>,
    /// The header fields, complete: nothing is added but what framing needs.
    pub headers: HeaderMap,
    /// The body.
    pub body: Body,
}

/// An upstream as the config describes it. Connections live outside the blueprint, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamPlan {
    /// Its name.
    pub name: UpstreamName,
    /// Where it runs; never empty.
    pub targets: Vec<UpstreamTarget>,
    /// How long connecting may take.
    pub connect_time_max: Duration,
    /// How long it may take until the head of the answer.
    pub head_time_max: Duration,
}

/// One place where an upstream runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamTarget {
    /// The host, as the config names it.
    pub host: Host,
    /// The port.
    pub port: u16,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No connection, or it was closed before an answer.
    Unreachable,
    /// Nothing came in time.
    TimedOut,
    /// What came is no HTTP that can be passed on.
    Malformed,
    /// Its name resolves only to addresses that are never dialled.
    Forbidden,
    /// The caller's body ended before its end.
    CallerBody(crate::body::BodyError),
}

impl Fault {
    /// The reason that the refusal carries.
    pub fn reason(self) -> &'static Reason {
        use crate::{body::BodyError, reasons};
        match self {
            Self::Unreachable => &reasons::UPSTREAM_UNREACHABLE,
            Self::TimedOut => &reasons::UPSTREAM_TIMEOUT,
            Self::Malformed => &reasons::UPSTREAM_MALFORMED,
            Self::Forbidden => &reasons::UPSTREAM_FORBIDDEN,
            Self::CallerBody(BodyError::TooLarge) => &reasons::BODY_TOO_LARGE,
            Self::CallerBody(BodyError::Malformed) => &reasons::AMBIGUOUS_FRAMING,
            Self::CallerBody(BodyError::TimedOut) => &reasons::TOO_SLOW,
            Self::CallerBody(BodyError::Broken) => &reasons::CALLER_GONE,
        }
    }
}
