//! Services that decide about requests.

use super::{NotConfigured, Pending, Unavailable};
use crate::{canonical::Target, identity::Principal};
use bytes::Bytes;
use http::HeaderMap;
use std::sync::Arc;

/// Services that decide about requests: external authorizers, token introspection.
pub trait Authorizers: Send + Sync {
    /// Asks the service that the config calls `name`.
    fn ask<'a>(
        &'a self,
        name: &'a str,
        question: Question,
    ) -> Pending<'a, Result<Opinion, Unavailable>>;
}

/// What a service is told.
#[derive(Debug, Clone)]
pub struct Question {
    /// What is asked for.
    pub target: Arc<Target>,
    /// Who asks.
    pub principal: Arc<Principal>,
    /// The header fields that the config shows it.
    pub headers: HeaderMap,
    /// The body, where the config shows it.
    pub body: Option<Bytes>,
}

/// What a service said.
#[derive(Debug, Clone)]
pub struct Opinion {
    /// Whether the request may go on.
    pub allow: bool,
    /// Fields that it wants the upstream to see.
    pub headers: HeaderMap,
}

impl Authorizers for NotConfigured {
    fn ask<'a>(&'a self, _: &'a str, _: Question) -> Pending<'a, Result<Opinion, Unavailable>> {
        Box::pin(std::future::ready(Err(Unavailable)))
    }
}
