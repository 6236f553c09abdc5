//! What a policy is: a card, a config, and how the config becomes something that decides.

use portcullis_contract::Operation;
use portcullis_core::{
    diagnostic::{Diagnostic, Diagnostics},
    finding::Finding,
    reason::Reason,
    source::{At, PlaceId, Places, Sources, Span},
    tree::check::FormatCheck,
};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

/// A policy: one folder, one field in the config, one place in the order.
pub trait Policy {
    /// What people and tools need to know of it.
    const CARD: Card;

    /// What a person writes. The doc comments of its fields are the reference page.
    type Config: DeserializeOwned + JsonSchema;

    /// What decides. Immutable, and cheap to ask.
    type Runtime: Send + Sync + 'static;

    /// Combines the levels that apply to one site into what decides there.
    ///
    /// Everything that is wrong goes to `site`, with its place and a way out; what is returned then
    /// does not matter, since the config does not load.
    fn build(levels: &[At<&Self::Config>], site: &mut Site<'_>) -> Option<Self::Runtime>;

    /// What a reviewer would ask about in one level's config.
    fn audit(config: At<&Self::Config>) -> Vec<Finding>;
}

/// What people and tools need to know of a policy.
#[derive(Debug, Clone, Copy)]
pub struct Card {
    /// The field in the config, and its name everywhere else.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// How far it can be relied on.
    pub status: Status,
    /// Whom it withstands.
    pub posture: Posture,
    /// How the levels of gateway, API and route combine.
    pub combine: Combine,
    /// Where it may be written.
    pub levels: &'static [Level],
    /// Whether it depends on the route it stands at, so that routes cannot share what is built.
    pub per_route: bool,
    /// The reasons it can give.
    pub reasons: &'static [&'static Reason],
    /// The formats that its config adds to those of the core.
    pub formats: &'static [(&'static str, FormatCheck)],
}

/// How far a policy can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Its config and behaviour change only with a major version.
    Stable,
    /// It works as described; its config may still change.
    Preview,
}

/// Whom a policy withstands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posture {
    /// It reads what strangers send, and stays bounded whatever that is.
    RobustToCallers,
    /// It reads only what the config says.
    ReadsConfigOnly,
}

/// How the levels of one policy combine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Combine {
    /// Every level's must pass.
    Accumulate,
    /// An inner level can only be stricter.
    TightenOnly,
    /// The innermost level alone counts.
    Replace,
}

/// Where a policy can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// At the top of the file: for every request, before a route is looked for.
    Gateway,
    /// At an API: for every route of it.
    Api,
    /// At a written route.
    Route,
    /// At a documented operation.
    Operation,
}

/// What a policy is built for, and where it says what is wrong.
pub struct Site<'a> {
    /// The files.
    pub sources: &'a Sources,
    /// The places that records can point at.
    pub places: &'a mut Places,
    /// What is wrong so far.
    pub problems: &'a mut Diagnostics,
    /// The documented operation, if the route is one.
    pub operation: Option<&'a Operation>,
}

impl Site<'_> {
    /// A place that records can point at.
    pub fn place(&mut self, span: Span) -> PlaceId {
        self.places.add(self.sources.place(span))
    }

    /// Says what is wrong.
    pub fn problem(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }
}

impl Level {
    /// What a person calls it.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Gateway => "the gateway",
            Self::Api => "an API",
            Self::Route => "a route",
            Self::Operation => "an operation",
        }
    }
}
