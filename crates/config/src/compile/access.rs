//! From `access` to a rule.

use super::Compiler;
use crate::{
    reasons::{EMPTY_ACCESS, NO_ACCESS, NO_AUTHENTICATOR},
    shape::{AccessConfig, AccessEntry, RouteConfig},
};
use portcullis_core::{
    access::{AccessRule, AllOf, Need},
    diagnostic::Diagnostic,
    name::AuthenticatorName,
    source::{At, PlaceId},
    tree::Node,
};

/// The authenticators that a config defines. No kind of authenticator exists yet, so every name in
/// `access` is one that nothing answers for, and refuses to load.
const AUTHENTICATORS: &[AuthenticatorName] = &[];

impl Compiler<'_, '_> {
    /// The rule of a written route. What is wrong closes it; the config does not load then.
    pub(super) fn access_of(&mut self, route: &RouteConfig, node: &Node) -> AccessRule {
        let Some(access) = &route.access else {
            if node.get("access").is_some() {
                // It says nothing at all, which the walk beside the schema has said.
                return AccessRule::closed(PlaceId::NOWHERE);
            }
            let message = format!("route `{}` does not say who may call it", route.path.value);
            self.problem(
                Diagnostic::new(&NO_ACCESS, route.path.span, message)
                    .label("no `access`")
                    .hint("write `access: public` to say that this is meant; `portcullis explain PC0207` tells more"),
            );
            return AccessRule::closed(PlaceId::NOWHERE);
        };
        let place = self.place(access.span);
        match &access.value {
            AccessConfig::Public => AccessRule::public(place),
            AccessConfig::AnyOf(entries) => {
                if entries.is_empty() {
                    self.problem(
                        Diagnostic::new(&EMPTY_ACCESS, access.span, "`access` names nobody")
                            .label("an empty list")
                            .hint("name an authenticator, or write `access: public`"),
                    );
                }
                let rules = entries.iter().filter_map(|entry| self.entry(entry)).collect();
                AccessRule::any_of(rules, place)
            }
        }
    }

    fn entry(&mut self, entry: &At<AccessEntry>) -> Option<AllOf> {
        if entry.is_empty() {
            self.problem(
                Diagnostic::new(&EMPTY_ACCESS, entry.span, "an entry of `access` names nobody")
                    .label("this would allow anyone")
                    .hint("name an authenticator in it, or write `access: public`"),
            );
        }
        let mut needs = Vec::new();
        for (authenticator, scopes) in &entry.value {
            if !AUTHENTICATORS.contains(&authenticator.value) {
                let message = format!("there is no authenticator `{}`", authenticator.value);
                self.problem(
                    Diagnostic::new(&NO_AUTHENTICATOR, authenticator.span, message)
                        .label("nothing could tell who this is")
                        .hint("this version has no authenticators yet: write `access: public`, or leave the route out"),
                );
            }
            needs.push(Need {
                authenticator: authenticator.value.clone(),
                scopes: scopes.iter().map(|scope| scope.value.as_str()).collect(),
                place: self.place(authenticator.span),
            });
        }
        let place = self.place(entry.span);
        AllOf::new(needs, place)
    }
}
