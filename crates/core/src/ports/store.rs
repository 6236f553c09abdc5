//! Consumers and their keys.

use super::{NotConfigured, Unavailable};
use crate::{clock::WallTime, identity::Scopes, name::ConsumerName};
use std::sync::Arc;

/// Consumers and their keys. Reads come from a snapshot in memory, so they never wait; one that is
/// older than it may be is [`Unavailable`].
pub trait Store: Send + Sync {
    /// A consumer; `None` if there is none of that name.
    fn consumer(&self, name: &ConsumerName) -> Result<Option<Arc<Consumer>>, Unavailable>;

    /// A key by its public id; `None` if there is none.
    fn key(&self, id: &str) -> Result<Option<Arc<StoredKey>>, Unavailable>;
}

/// Somebody who calls: a person, team or system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consumer {
    /// Its name.
    pub name: ConsumerName,
    /// The plan whose limits apply.
    pub plan: Option<Box<str>>,
    /// Whether it may call at all.
    pub enabled: bool,
}

/// What is kept of an API key: never the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// HMAC-SHA-256 of the secret part, under the pepper.
    pub digest: [u8; 32],
    /// Whose it is.
    pub consumer: ConsumerName,
    /// What it allows.
    pub scopes: Scopes,
    /// From when on it is refused.
    pub expires: Option<WallTime>,
    /// Whether it was revoked.
    pub revoked: bool,
}

impl Store for NotConfigured {
    fn consumer(&self, _: &ConsumerName) -> Result<Option<Arc<Consumer>>, Unavailable> {
        Err(Unavailable)
    }

    fn key(&self, _: &str) -> Result<Option<Arc<StoredKey>>, Unavailable> {
        Err(Unavailable)
    }
}
