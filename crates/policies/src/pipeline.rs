//! THE order: what happens to a request, in which order, and why there.
//!
//! The table below is both what runs and what `portcullis order` prints. A line has the step's name,
//! why it stands at this place, and what it does, or by whom it is done outside of a request; a line
//! that does nothing yet keeps a place that is decided. The order cannot be configured. `forward.rs` of the gateway calls the stages in turn.

use crate::{blueprint::Blueprint, steps};
use http::Response;
use portcullis_core::{
    body::Body,
    canonical::RawHead,
    exchange::{Ended, Exchange},
    reasons,
    step::{StepId, Verdict},
    stop::Stop,
};
use std::sync::Arc;

order! {
    /// What the listener does before there is a request.
    accept {
        Accept "accept", "connection budgets, PROXY protocol of listed peers and TLS, before a byte of HTTP"
            by listener;
    }

    /// From bytes to the one canonical request.
    admit(x, blueprint, head: RawHead<'_>) {
        Admit "admit", "one reading or a refusal: no later step decodes anything again"
            => steps::admit(x, head);
    }

    /// Everything that the head alone decides: who is calling, and may they.
    decide_head(x, blueprint) {
        ClientAddress "client address", "every later step relies on it"
            => steps::client_address(x);
        Addresses "addresses", "the gateway's lists are cheap and need no credential"
            => when(&blueprint.gateway.addresses, |lists| lists.decide(x.client));
        Geography "geography", "like addresses, by what is known of them";
        Flood "flood limit", "a scan of unknown paths must cost the scanner too";
        Blocks "blocks", "who was blocked costs nothing more";
        Overload "overload", "shed what cannot be served before working on it";
        Route "route", "only what is declared goes on: no path 404, no method 405"
            => steps::route(x, blueprint);
        Closed "closed", "a closed operation is closed to everyone: no credential is looked at"
            => steps::closed(x, blueprint);
        RouteTls "route tls", "the route's TLS policy, or 421: before its credentials are read";
        RouteAddresses "route addresses", "the lists of the API and of the route"
            => when(&blueprint.policies(x).addresses, |lists| lists.decide(x.client));
        Redirect "https redirect", "nothing is decided in the clear on a route that wants TLS";
        Preflight "cors preflight", "it carries no credential, so it is answered before one is asked for";
        FailedAttempts "failed attempts", "an address that guesses is stopped before any cryptography";
        Who "who", "from the head alone: certificate, key, token, session";
        Csrf "csrf", "needs to know whether a browser sent the credential by itself";
        Behaviour "behaviour", "blocks of callers, now that they are known";
        Access "access", "scopes, roles and ownership: cheap, and before anything is charged"
            => steps::access(x, blueprint);
        Rate "rate", "before anything costly is done on the caller's behalf";
        CostlyAccess "costly access", "policies and authorizers that take time, for callers within their limits";
        Parameters "parameters", "is the head sound: path, query and header parameters";
        MediaType "media type", "what cannot be checked is not let through";
        DeclaredSize "declared size", "a body that is too large is refused before it is sent"
            => steps::declared_size(x);
        FirewallHead "firewall on the head", "after what is cheap, before the body is read";
    }

    /// What needs the body. A route without such a step streams.
    decide_body(x, blueprint) {
        ReadBody "read body", "only now is the caller asked to send it";
        BodySchema "body schema", "decoded, guarded, then compared with the contract";
        FirewallBody "firewall on the body", "on what the schema left open";
        BodyAccess "access by body", "rules on fields of a body that is known to be sound";
        Quota "quota", "only sound requests are counted";
        Idempotency "idempotency", "a repeated request is answered with its first answer";
        Transform "transform", "on what was authorised; the result is made canonical again";
    }

    /// One attempt at an answer.
    attempt(x, blueprint) {
        CacheLookup "cache lookup", "after all that decides; by identity unless public";
        Mock "mock", "the document's example answers in the upstream's place"
            => when(&blueprint.policies(x).mock, |mock| mock.answer());
        Target "target", "where to, for this attempt";
        Credentials "upstream credentials", "for this target only";
        SignedIdentity "signed identity", "names one upstream, so that no other can use it";
        Forward "forward", "with the permit that access left behind, or not at all"
            => steps::forward(x, blueprint).await;
    }

    /// Is the answer sound, and may this caller see all of it?
    answer(x, blueprint) {
        AnswerSchema "answer schema", "before the cache: what is not sound is not kept";
        CacheStore "cache store", "before masks: those depend on who reads";
        Leakage "leakage", "what must never leave";
        Mask "mask", "what this caller may not see";
        AnswerTransform "answer transform", "last, on what is left";
    }

    /// On every answer, refusals too, or browsers could not read a 401.
    finish(x, blueprint) {
        Cors "cors", "lets a page read the answer, whatever it is";
        SecurityHeaders "security headers", "by content type";
        RateHeaders "rate headers", "what is left, and when more comes";
        FailedAttemptCharge "failed attempt charge", "once it is known that the attempt failed";
    }

    /// When the answer has ended.
    record {
        Record "record", "what each step said: bounded, and never in the way of traffic"
            by telemetry;
    }
}

/// One attempt, as the answer that it came to.
pub async fn attempted(x: &mut Exchange, blueprint: &Blueprint) -> Result<Response<Body>, Ended> {
    match attempt(x, blueprint).await {
        Err(Ended::Answered(answer)) => Ok(*answer),
        Err(refused) => Err(refused),
        Ok(()) => Err(Ended::Refused(Box::new(Stop::bare(&reasons::INTERNAL)))),
    }
}

/// Asks a policy, if there is one.
fn when<P>(policy: &Option<Arc<P>>, ask: impl FnOnce(&P) -> Verdict) -> Verdict {
    policy.as_deref().map_or(Verdict::Skipped, ask)
}

/// A line of the order.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    /// The stage.
    pub stage: &'static str,
    /// The step's name.
    pub name: &'static str,
    /// Why it stands there.
    pub why: &'static str,
    /// Who does what happens there.
    pub done: Done,
}

/// Who does what happens at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// The pipeline: it leaves a mark in the record.
    Here,
    /// Somebody else, before or after there is a request.
    Outside,
    /// Nobody yet: the step has its place.
    NotYet,
}

/// The line of a step.
pub fn line(step: StepId) -> Option<&'static Line> {
    ORDER.get(usize::from(step.0))
}

/// Makes of the table: `Step`, `ORDER`, and one function for each stage that has arguments. A line
/// `Name "name", "why" => verdict;` becomes `x.settle(Step::Name.id(), verdict)?`.
macro_rules! order {
    ($($(#[$doc:meta])* $stage:ident $(($x:ident, $blueprint:ident $(, $more:ident: $type:ty)*))? {
        $($step:ident $name:literal, $why:literal $(by $whom:ident)? $(=> $verdict:expr)?;)+
    })+) => {
        /// The steps, in their order.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Step {
            $($(#[doc = $why] $step,)+)+
        }

        /// Every line of the order.
        pub const ORDER: &[Line] = &[
            $($(Line {
                stage: stringify!($stage),
                name: $name,
                why: $why,
                done: order!(@done $(by $whom)? $(=> $verdict)?),
            },)+)+
        ];

        $(order! { @stage $(#[$doc])* $stage $(($x, $blueprint $(, $more: $type)*))?
            { $($step $($verdict)?;)+ } })+
    };
    (@done) => { Done::NotYet };
    (@done by $whom:ident) => { Done::Outside };
    (@done => $verdict:expr) => { Done::Here };
    (@stage $(#[$doc:meta])* $stage:ident { $($step:ident;)+ }) => {};
    (@stage $(#[$doc:meta])* $stage:ident ($x:ident, $blueprint:ident $(, $more:ident: $type:ty)*)
        { $($step:ident $($verdict:expr)?;)+ }) => {
        $(#[$doc])*
        #[allow(clippy::unused_async, unused_variables, reason = "a stage may do nothing yet")]
        pub async fn $stage($x: &mut Exchange, $blueprint: &Blueprint $(, $more: $type)*)
            -> Result<(), Ended>
        {
            $($(let verdict = $verdict;
            $x.settle(Step::$step.id(), verdict)?;)?)+
            Ok(())
        }
    };
}
use order;

impl Step {
    /// The step as records have it.
    pub fn id(self) -> StepId {
        StepId(self as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_core::record::MARKS_MAX;

    #[test]
    fn every_active_step_fits_into_a_record() {
        assert!(ORDER.iter().filter(|line| line.done == Done::Here).count() <= MARKS_MAX);
        assert_eq!(line(Step::Admit.id()).unwrap().name, "admit");
    }

    #[test]
    fn who_and_may_stand_before_anything_that_forwards() {
        assert!(Step::Admit < Step::Route && Step::Route < Step::Who && Step::Who < Step::Access);
        assert!(Step::Access < Step::Rate && Step::Access < Step::CacheLookup);
        assert!(Step::Access < Step::Mock && Step::Mock < Step::Forward);
    }
}
