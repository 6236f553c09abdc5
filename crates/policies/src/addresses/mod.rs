//! Which addresses may call.
//!
//! For APIs that only certain networks should reach, and for networks that should reach nothing. It is
//! no authentication: an address says where a packet came from, not who sent it.
//!
//! The gateway's lists are asked before a route is looked for, those of an API and of a route
//! afterwards; all of them must pass.

mod audit;
mod build;
mod config;
mod policy;
#[cfg(test)]
mod tests;

use crate::policy::{Card, Combine, Level, Policy, Posture, Site, Status};
pub use config::{AddressBlock, AddressesConfig};
pub use policy::AddressLists;
use portcullis_core::{finding::Finding, source::At};

/// The policy `addresses`.
pub struct Addresses;

impl Policy for Addresses {
    const CARD: Card = Card {
        name: "addresses",
        summary: "Which addresses may call.",
        status: Status::Preview,
        posture: Posture::RobustToCallers,
        combine: Combine::Accumulate,
        levels: &[Level::Gateway, Level::Api, Level::Route, Level::Operation],
        per_route: false,
        reasons: policy::REASONS,
        formats: config::FORMATS,
    };

    type Config = AddressesConfig;
    type Runtime = AddressLists;

    fn build(levels: &[At<&AddressesConfig>], site: &mut Site<'_>) -> Option<AddressLists> {
        Some(build::build(levels, site))
    }

    fn audit(config: At<&AddressesConfig>) -> Vec<Finding> {
        audit::audit(config)
    }
}
