//! The policies, one folder each, and the order in which they decide.
//!
//! The table below lists the policies. [`pipeline`] holds the order. [`blueprint`] is what a config
//! compiles to. What is a step but no policy, such as finding the route, is in [`steps`].

/// THE table of policies. A line in it makes a folder a policy: its module, its field at each level of
/// the config, its compiled slot, its schema, its reasons and its formats.
macro_rules! table {
    ($expand:ident) => {
        $expand! {
            addresses: Addresses;
            mock: Mock;
        }
    };
}

macro_rules! modules {
    ($($field:ident: $policy:ident;)+) => { $(pub mod $field;)+ };
}
table!(modules);

pub mod blueprint;
pub mod pipeline;
pub mod policy;
pub mod steps;
pub mod table;
