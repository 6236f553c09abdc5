//! Reads SecLang: files → logical lines → directives.
//!
//! Nothing is skipped: a directive, variable, operator, transformation or action that is not
//! known is an error with its place. Reading goes on after an error, so that all are shown.

mod actions;
pub(crate) mod ast;
mod directives;
mod operators;
mod source;
mod targets;

pub(crate) use directives::read;
