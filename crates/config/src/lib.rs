//! The file a person writes, checked and compiled into a blueprint.
//!
//! [`load`](load::load) is the one way in: `run`, `check`, `test` and reload all use it. It reads the
//! file as a tree, resolves references, lists everything that is wrong with its [`shape`], then
//! compiles what is sound and lists everything that is wrong with its meaning. There is a blueprint
//! only if nothing is wrong.

mod compile;
pub mod load;
pub mod reasons;
pub mod reference;
mod references;
pub mod render;
pub mod schema;
pub mod shape;
