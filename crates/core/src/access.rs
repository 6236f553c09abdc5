//! Who may call: the rule of a route, and the permit that a passed rule leaves behind.
//!
//! [`Authorized`] can be made in this module only, by a rule that let a request pass. A call to an
//! upstream asks for one, so a request that no rule allowed cannot be forwarded: it does not compile.

use crate::{
    canonical::{Canonical, Target},
    identity::{Identities, Identity, Principal, Scopes},
    name::AuthenticatorName,
    reason::Reason,
    reasons,
    source::PlaceId,
    step::{Detail, Ground},
};
use std::sync::Arc;

/// Who may call a route. There is no default: whoever makes a route must make one of these.
#[derive(Debug, Clone)]
pub struct AccessRule {
    kind: Kind,
    place: PlaceId,
}

#[derive(Debug, Clone)]
enum Kind {
    Public,
    Closed,
    AnyOf(Vec<AllOf>),
}

/// One entry of `access`: every authenticator named in it must have proved an identity that has the
/// scopes.
#[derive(Debug, Clone)]
pub struct AllOf {
    /// What each authenticator must have proved. Never empty: an empty entry would allow anyone.
    needs: Vec<Need>,
    place: PlaceId,
}

/// An authenticator and the scopes that its identity must have.
#[derive(Debug, Clone)]
pub struct Need {
    /// The authenticator.
    pub authenticator: AuthenticatorName,
    /// The scopes.
    pub scopes: Scopes,
    /// Where it is written.
    pub place: PlaceId,
}

/// Proof that an access rule let this request pass.
///
/// It holds what was authorised, and what is forwarded is made from it alone. It is neither `Clone`
/// nor made anywhere else; later steps take it and hand it on, and one that refuses drops it.
#[derive(Debug)]
pub struct Authorized {
    target: Arc<Target>,
    principal: Arc<Principal>,
    ground: Ground,
}

/// Why a rule did not let a request pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Denied {
    /// What the answer says.
    pub reason: &'static Reason,
    /// The predicate that failed: of the entry that came furthest, the first need not met.
    pub ground: Ground,
}

impl AccessRule {
    /// Anyone may call. `place` is where somebody wrote so.
    pub fn public(place: PlaceId) -> Self {
        Self { kind: Kind::Public, place }
    }

    /// Nobody may call. `place` is what left it closed.
    pub fn closed(place: PlaceId) -> Self {
        Self { kind: Kind::Closed, place }
    }

    /// Callers that satisfy one of the entries. Without an entry the rule is closed.
    pub fn any_of(entries: Vec<AllOf>, place: PlaceId) -> Self {
        let kind = if entries.is_empty() { Kind::Closed } else { Kind::AnyOf(entries) };
        Self { kind, place }
    }

    /// Whether nobody may call.
    pub fn is_closed(&self) -> bool {
        matches!(self.kind, Kind::Closed)
    }

    /// Whether anyone may call.
    pub fn is_public(&self) -> bool {
        matches!(self.kind, Kind::Public)
    }

    /// Where the rule is written.
    pub fn place(&self) -> PlaceId {
        self.place
    }

    /// Decides. The first satisfied entry, as written, gives the principal.
    pub fn decide(&self, request: &Canonical, who: &Identities) -> Result<Authorized, Denied> {
        let ground = |reason, place| Ground { reason, place, detail: Detail::None };
        let (principal, ground) = match &self.kind {
            Kind::Closed => {
                let reason = &reasons::CLOSED;
                return Err(Denied { reason, ground: ground(reason, self.place) });
            }
            Kind::Public => (Principal::default(), ground(&reasons::PUBLIC, self.place)),
            Kind::AnyOf(entries) => {
                let (identities, place) = first_satisfied(entries, who)?;
                refuse_mixed_consumers(&identities, place)?;
                (Principal { identities }, ground(&reasons::ALLOWED, place))
            }
        };
        let target = Arc::clone(request.target());
        Ok(Authorized { target, principal: Arc::new(principal), ground })
    }
}

impl AllOf {
    /// An entry; `None` without a need, since that would allow anyone.
    pub fn new(needs: Vec<Need>, place: PlaceId) -> Option<Self> {
        (!needs.is_empty()).then_some(Self { needs, place })
    }

    /// The identities that satisfy it, or the first need that is not met and how many were before.
    fn decide(&self, who: &Identities) -> Result<Vec<Identity>, (usize, Denied)> {
        let mut identities = Vec::new();
        for (met, need) in self.needs.iter().enumerate() {
            let deny = |reason, detail| {
                (met, Denied { reason, ground: Ground { reason, place: need.place, detail } })
            };
            let Some(identity) = who.by(&need.authenticator) else {
                return Err(deny(&reasons::NOT_AUTHENTICATED, Detail::None));
            };
            if identity.scopes.missing(&need.scopes).is_some() {
                return Err(deny(&reasons::SCOPE_MISSING, Detail::None));
            }
            identities.push(identity.clone());
        }
        Ok(identities)
    }
}

fn first_satisfied(
    entries: &[AllOf],
    who: &Identities,
) -> Result<(Vec<Identity>, PlaceId), Denied> {
    let mut furthest: Option<(bool, usize, Denied)> = None;
    for entry in entries {
        match entry.decide(who) {
            Ok(identities) => return Ok((identities, entry.place)),
            Err((met, denied)) => {
                // A known caller that lacks a scope is told so, rather than asked to log in again.
                let known = denied.reason == &reasons::SCOPE_MISSING;
                if furthest.as_ref().is_none_or(|(k, m, _)| (known, met) > (*k, *m)) {
                    furthest = Some((known, met, denied));
                }
            }
        }
    }
    let reason = &reasons::CLOSED;
    let nothing = Ground { reason, place: PlaceId::NOWHERE, detail: Detail::None };
    Err(furthest.map_or(Denied { reason, ground: nothing }, |(_, _, denied)| denied))
}

fn refuse_mixed_consumers(identities: &[Identity], place: PlaceId) -> Result<(), Denied> {
    let mut consumers = identities.iter().filter_map(|identity| identity.consumer.as_ref());
    let first = consumers.next();
    if consumers.all(|other| Some(other) == first) {
        return Ok(());
    }
    let reason = &reasons::MIXED_CONSUMERS;
    Err(Denied { reason, ground: Ground { reason, place, detail: Detail::None } })
}

impl Authorized {
    /// What was authorised, and is forwarded.
    pub fn target(&self) -> &Arc<Target> {
        &self.target
    }

    /// The caller.
    pub fn principal(&self) -> &Arc<Principal> {
        &self.principal
    }

    /// Why it was allowed.
    pub fn ground(&self) -> Ground {
        self.ground
    }
}

#[cfg(test)]
mod tests;
