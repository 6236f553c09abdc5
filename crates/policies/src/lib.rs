//! The policies, one folder each, and the order in which they decide.
//!
//! [`pipeline`] holds the order. [`table`] lists the policies; from it come the fields of the config,
//! the compiled slots, the schema and the reasons. [`blueprint`] is what a config compiles to. What is
//! a step but no policy, such as finding the route, is in [`steps`].

pub mod addresses;
pub mod blueprint;
pub mod mock;
pub mod pipeline;
pub mod policy;
pub mod steps;
pub mod table;
