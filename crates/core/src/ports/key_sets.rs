//! The public keys of token issuers.

use super::{NotConfigured, Pending, Unavailable};
use crate::name::AuthenticatorName;
use std::sync::Arc;

/// The public keys of token issuers.
pub trait KeySets: Send + Sync {
    /// The key set that is good now. Never fetches on the request's time.
    fn current(&self, issuer: &AuthenticatorName) -> Result<Arc<KeySet>, Unavailable>;

    /// Asks for a newer set, since a key id is unknown. Waits for the one fetch that may be under way;
    /// an implementation limits how often it fetches, and answers the known set meanwhile.
    fn refreshed<'a>(
        &'a self,
        issuer: &'a AuthenticatorName,
    ) -> Pending<'a, Result<Arc<KeySet>, Unavailable>>;
}

/// A JSON Web Key Set (RFC 7517) as received; the authenticator parses it once for each version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySet {
    /// Grows by one with each change.
    pub version: u64,
    /// The document.
    pub document: Box<[u8]>,
}

impl KeySets for NotConfigured {
    fn current(&self, _: &AuthenticatorName) -> Result<Arc<KeySet>, Unavailable> {
        Err(Unavailable)
    }

    fn refreshed<'a>(
        &'a self,
        _: &'a AuthenticatorName,
    ) -> Pending<'a, Result<Arc<KeySet>, Unavailable>> {
        Box::pin(std::future::ready(Err(Unavailable)))
    }
}
