//! Answers from the examples of the document, in the upstream's place.
//!
//! For trying an API before it is built, and for tests of those who call it. Everything before the
//! upstream works as ever: who may call, and how. Not for written routes: without a document there is no
//! example.

mod audit;
mod build;
mod config;
mod policy;
#[cfg(test)]
mod tests;

use crate::policy::{Card, Combine, Level, Policy, Posture, Site, Status};
pub use config::MockConfig;
pub use policy::MockAnswer;
use portcullis_core::{finding::Finding, source::At};

/// The policy `mock`.
pub struct Mock;

impl Policy for Mock {
    const CARD: Card = Card {
        name: "mock",
        summary: "Answers from the examples of the document.",
        status: Status::Preview,
        posture: Posture::ReadsConfigOnly,
        combine: Combine::Replace,
        levels: &[Level::Api, Level::Operation],
        per_route: true,
        reasons: policy::REASONS,
        formats: &[],
    };

    type Config = MockConfig;
    type Runtime = MockAnswer;

    fn build(levels: &[At<&MockConfig>], site: &mut Site<'_>) -> Option<MockAnswer> {
        build::build(levels, site)
    }

    fn audit(config: At<&MockConfig>) -> Vec<Finding> {
        audit::audit(config)
    }
}
