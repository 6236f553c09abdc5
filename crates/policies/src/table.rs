//! What comes from the table of policies: the fields of the config at each level, the compiled slots,
//! the schema, the reasons and the formats.

use crate::policy::{Card, Level, Policy, Site};
use portcullis_core::{
    diagnostic::{Diagnostic, Diagnostics},
    finding::Finding,
    reason::Reason,
    reasons,
    source::{At, Span},
    tree::{Node, check::FormatCheck, de::from_node},
};
use schemars::{Schema, SchemaGenerator};
use std::{any::Any, collections::HashMap, sync::Arc};

macro_rules! policies {
    ($($field:ident: $policy:ident;)+) => {
        /// What one level of the config says about each policy.
        #[derive(Default)]
        pub struct Configs {
            $(#[doc = concat!("The `", stringify!($field), "` of this level.")]
            pub $field: Option<At<<crate::$field::$policy as Policy>::Config>>,)+
        }

        /// What decides at one site; `None` costs a request nothing.
        #[derive(Default, Clone)]
        pub struct Slots {
            $(#[doc = concat!("What `", stringify!($field), "` became.")]
            pub $field: Option<Arc<<crate::$field::$policy as Policy>::Runtime>>,)+
        }

        /// The cards of all policies, in the order of the table.
        pub const CARDS: &[Card] = &[$(<crate::$field::$policy as Policy>::CARD),+];

        impl Configs {
            /// Reads the policies of one level. What is not one is left to others.
            pub fn read(node: &Node, level: Level, problems: &mut Diagnostics) -> Self {
                Self { $($field: read::<crate::$field::$policy>(node, level, problems)),+ }
            }

            /// What a reviewer would ask about in this level.
            pub fn audit(&self) -> Vec<Finding> {
                let mut findings = Vec::new();
                $(if let Some(config) = &self.$field {
                    findings.extend(<crate::$field::$policy as Policy>::audit(config.as_ref()));
                })+
                findings
            }
        }

        impl Slots {
            /// No policy.
            pub const NONE: Self = Self { $($field: None),+ };

            /// Builds what decides at one site from the levels that apply there, outermost first.
            pub fn build(levels: &[&Configs], site: &mut Site<'_>, shared: &mut Shared) -> Self {
                Self {
                    $($field: {
                        let levels: Vec<_> = levels
                            .iter()
                            .filter_map(|level| level.$field.as_ref().map(At::as_ref))
                            .collect();
                        build::<crate::$field::$policy>(&levels, site, shared)
                    }),+
                }
            }
        }

        fn schema_of(name: &str, generator: &mut SchemaGenerator) -> Option<Schema> {
            $(if name == stringify!($field) {
                type Config = <crate::$field::$policy as Policy>::Config;
                return Some(generator.subschema_for::<Config>());
            })+
            None
        }
    };
}

table!(policies);

/// What was built and can serve several sites, by policy and by the places of its levels. A list of
/// 100,000 addresses at an API is built once, however many routes the API has.
#[derive(Default)]
pub struct Shared(HashMap<(&'static str, Vec<Span>), Arc<dyn Any + Send + Sync>>);

/// The policy fields of one level, each with its schema.
pub fn properties(level: Level, generator: &mut SchemaGenerator) -> Vec<(&'static str, Schema)> {
    let here = CARDS.iter().filter(|card| card.levels.contains(&level));
    here.filter_map(|card| Some((card.name, schema_of(card.name, generator)?))).collect()
}

/// The reasons of all policies.
pub fn policy_reasons() -> impl Iterator<Item = &'static Reason> {
    CARDS.iter().flat_map(|card| card.reasons.iter().copied())
}

/// The formats that policies add to those of the core.
pub fn policy_formats() -> Vec<(&'static str, FormatCheck)> {
    CARDS.iter().flat_map(|card| card.formats.iter().copied()).collect()
}

fn read<P: Policy>(node: &Node, level: Level, problems: &mut Diagnostics) -> Option<At<P::Config>> {
    let entry = node.entry(P::CARD.name)?;
    if !P::CARD.levels.contains(&level) {
        return None; // The walk beside the schema has said that the field is not one of this level.
    }
    match from_node(&entry.value) {
        Ok(value) => Some(At { value, span: entry.key_span }),
        Err(error) => {
            let span = error.span.unwrap_or(entry.value.span);
            if !problems.any_within(entry.value.span) {
                problems.push(Diagnostic::new(&reasons::BAD_VALUE, span, error.message));
            }
            None
        }
    }
}

fn build<P: Policy>(
    levels: &[At<&P::Config>],
    site: &mut Site<'_>,
    shared: &mut Shared,
) -> Option<Arc<P::Runtime>> {
    if levels.is_empty() {
        return None;
    }
    if P::CARD.per_route {
        return P::build(levels, site).map(Arc::new);
    }
    let key = (P::CARD.name, levels.iter().map(|level| level.span).collect());
    if let Some(known) = shared.0.get(&key) {
        return Arc::clone(known).downcast().ok();
    }
    let built = Arc::new(P::build(levels, site)?);
    shared.0.insert(key, built.clone());
    Some(built)
}
