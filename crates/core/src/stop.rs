//! A refusal: why a request ends, and what its answer needs beside the reason.

use crate::{reason::Reason, source::PlaceId, step::Ground};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

/// A refusal.
///
/// What the caller is told is the reason's title and code. Where it stands in the config and what was
/// compared go to the record only.
#[derive(Debug, Clone)]
pub struct Stop {
    /// Why.
    pub ground: Ground,
    /// Fields of the answer that say what to do next: `Allow`, `Retry-After`, `WWW-Authenticate`.
    pub headers: HeaderMap,
}

impl Stop {
    /// A refusal on a ground.
    pub fn new(ground: Ground) -> Self {
        Self { ground, headers: HeaderMap::new() }
    }

    /// A refusal that no line of config stands behind.
    pub fn bare(reason: &'static Reason) -> Self {
        Self::new(Ground::bare(reason))
    }

    /// A refusal by a line of config.
    pub fn at(reason: &'static Reason, place: PlaceId) -> Self {
        Self::new(Ground::at(reason, place))
    }

    /// With a field that says what to do next.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.ground.reason.status()
    }
}
