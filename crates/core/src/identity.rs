//! Who is calling.

use crate::name::{AuthenticatorName, ConsumerName};
use std::{collections::BTreeSet, sync::Arc};

/// What one authenticator proved about the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The authenticator that proved it.
    pub authenticator: AuthenticatorName,
    /// Who it is, in that authenticator's words: a token's `sub`, a key's id, a certificate's name.
    pub subject: Arc<str>,
    /// The consumer that it belongs to, if it is bound to one.
    pub consumer: Option<ConsumerName>,
    /// What it may do.
    pub scopes: Scopes,
    /// Further verified facts, by name. A claim with several values has them all.
    pub claims: Arc<[(Box<str>, ClaimValues)]>,
    /// How the credential came; what a browser sends by itself needs protection against forgery.
    pub carrier: Carrier,
}

/// The values of one claim.
pub type ClaimValues = Box<[Box<str>]>;

/// The scopes of a credential or of a rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scopes(BTreeSet<Box<str>>);

impl Scopes {
    /// Whether every scope of `needed` is here; otherwise the first that is not.
    pub fn missing<'a>(&self, needed: &'a Scopes) -> Option<&'a str> {
        needed.0.iter().find(|scope| !self.0.contains(*scope)).map(AsRef::as_ref)
    }

    /// The scopes in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }
}

impl<S: Into<Box<str>>> FromIterator<S> for Scopes {
    fn from_iter<I: IntoIterator<Item = S>>(iter: I) -> Self {
        Self(iter.into_iter().map(Into::into).collect())
    }
}

/// How a credential travelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// In a field that the caller's program set.
    Header,
    /// In the query, where the document of the API says so.
    Query,
    /// In a cookie, which a browser sends by itself.
    Cookie,
    /// In the TLS handshake.
    Certificate,
}

/// The identities that the credentials of one request proved, at most one for each authenticator.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identities(Vec<Identity>);

impl Identities {
    /// Adds what an authenticator proved. A second identity of the same one replaces the first.
    pub fn add(&mut self, identity: Identity) {
        self.0.retain(|known| known.authenticator != identity.authenticator);
        self.0.push(identity);
    }

    /// What an authenticator proved.
    pub fn by(&self, authenticator: &AuthenticatorName) -> Option<&Identity> {
        self.0.iter().find(|identity| identity.authenticator == *authenticator)
    }

    /// Whether nobody showed a credential.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The caller, as far as the route asked: the identities of the entry that was satisfied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Principal {
    /// The identities, in the order of the entry; none if anyone may call.
    pub identities: Vec<Identity>,
}

impl Principal {
    /// The one consumer that all identities belong to.
    pub fn consumer(&self) -> Option<&ConsumerName> {
        self.identities.iter().find_map(|identity| identity.consumer.as_ref())
    }

    /// Who it is, in the words of the first identity.
    pub fn subject(&self) -> Option<&str> {
        self.identities.first().map(|identity| &*identity.subject)
    }
}
