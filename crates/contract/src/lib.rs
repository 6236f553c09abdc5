//! OpenAPI documents, read with places, for a gateway that is closed until opened.
//!
//! [`load`] turns a document into its [`Operation`]s: what may be routed, and what the document says
//! about who may call it. It decides nothing: an operation whose [`Security`] is undeclared is
//! handed on as undeclared. A document with a fault gives nothing at all, since a part that is
//! misread could be the part that protects; what is sound but not supported is kept apart, as
//! [`Unsupported`], and never routed.
//!
//! *Not read yet:* parameters, request bodies, callbacks, webhooks, and references to other files.

mod example;
mod extensions;
mod fields;
mod media;
mod operations;
pub mod reasons;
mod references;
mod responses;
mod root;
mod security;
mod segments;
mod servers;
mod shape;

use portcullis_core::{
    diagnostic::{Diagnostic, Diagnostics},
    source::{At, FileId, Sources, Span},
    template::PathTemplate,
    tree,
};
use std::collections::HashSet;

/// What a document declares.
#[derive(Debug, Clone)]
pub struct Document {
    /// `info.title`, or the file's name.
    pub title: String,
    /// The version of OpenAPI, as `openapi` writes it.
    pub version: String,
    /// The base paths of `servers`, each once, in order: `""`, `/v1`. There is at least one. Hosts
    /// are ignored.
    pub base_paths: Vec<String>,
    /// What can be routed, in the order of the document.
    pub operations: Vec<Operation>,
    /// Sound operations that use what is not supported. They stay closed.
    pub unsupported: Vec<Unsupported>,
}

/// A method of a path.
#[derive(Debug, Clone)]
pub struct Operation {
    /// The method.
    pub method: http::Method,
    /// The path, without a base path. It has no `{rest*}`.
    pub path: PathTemplate,
    /// `operationId`; no other operation of the document has the same.
    pub id: Option<String>,
    /// The effective `security`: the operation's own, else the document's.
    pub security: Security,
    /// Where the method stands.
    pub span: Span,
    /// Where the path stands.
    pub path_span: Span,
    /// What a mock answers; `None` if the document gives too little for that.
    pub example: Option<Example>,
    /// Whether the document says that it should no longer be used.
    pub deprecated: bool,
}

/// What a document says about who may call an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Security {
    /// Neither the operation nor the document has `security`.
    Undeclared,
    /// One of these must be satisfied.
    AnyOf {
        /// The alternatives as written. None at all, `security: []`, is the word for public.
        alternatives: Vec<Alternative>,
        /// Where the list stands.
        span: Span,
    },
}

/// An entry of `security`: all its requirements must be met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alternative {
    /// The requirements as written. None at all, `{}`, is an anonymous caller.
    pub schemes: Vec<Requirement>,
    /// Where the entry stands.
    pub span: Span,
}

/// A security scheme and the scopes that a caller needs there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The name of a scheme that `components.securitySchemes` defines.
    pub scheme: At<String>,
    /// The scopes, or roles, as written.
    pub scopes: Vec<String>,
}

/// What a mock answers in the place of an upstream: the successful answer that the document shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The lowest documented status of success.
    pub status: http::StatusCode,
    /// The media type of the body; a sound field value. `None` without a body.
    pub content_type: Option<String>,
    /// The body, ready to be sent.
    pub body: Vec<u8>,
}

/// A sound operation that uses what is not supported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsupported {
    /// The method, in capitals.
    pub method: String,
    /// The same as requests have it; `None` if no request can.
    pub http_method: Option<http::Method>,
    /// The path as the document writes it, without a base path.
    pub path: String,
    /// The base paths under which it may be meant: the document's, and those of its own `servers`.
    /// Each once; there is at least one.
    pub bases: Vec<String>,
    /// The path taken apart, as far as [`path`](Self::path) goes. There is at least one segment.
    pub segments: Vec<Shape>,
    /// What is not supported: lower case, without a full stop.
    pub why: String,
    /// Where the method stands.
    pub span: Span,
}

/// What a segment of a path looks like, so that what is not supported can be recognized and kept
/// closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// This text, decoded: `pets`.
    Literal(String),
    /// A parameter, whatever its name: `{id}`, `{path*}`.
    Any,
    /// Text and parameters, or several parameters, in order: `pets.{format}`, `{a}{b}`. There is at
    /// least one hole, and no text is empty or follows another.
    Mixed(Vec<Piece>),
}

/// A part of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// This text, decoded.
    Text(String),
    /// A parameter. `{?query}` is one to us, so it may stand for nothing at all.
    Hole,
}

/// Reads an OpenAPI 3.0, 3.1 or 3.2 document.
///
/// `None` if it is faulty; then all its faults are among the problems.
pub fn load(sources: &Sources, file: FileId, problems: &mut Diagnostics) -> Option<Document> {
    // A list of its own: a full one would take no more, and a fault would go unseen.
    let mut faults = Diagnostics::default();
    let tree = tree::parse(sources, file, &mut faults);
    let document = tree.and_then(|tree| root::read(&tree, &mut faults));
    let sound = faults.is_empty();
    problems.extend(once_each(faults.sorted()).map(printable));
    let mut document = document.filter(|_| sound)?;
    if document.title.is_empty() {
        document.title = sources.file(file).map_or_else(String::new, |file| file.name.to_string());
    }
    Some(document)
}

/// What a `$ref` leads to is read from each place that refers to it, and so are its faults.
fn once_each(faults: Vec<Diagnostic>) -> impl Iterator<Item = Diagnostic> {
    let mut seen = HashSet::new();
    faults
        .into_iter()
        .filter(move |fault| seen.insert((fault.span, fault.reason.code, fault.message.clone())))
}

/// What a fault quotes from the document is read in a terminal, which would obey control characters.
fn printable(mut fault: Diagnostic) -> Diagnostic {
    let related = fault.related.iter_mut().map(|(_, label)| label);
    let texts = [&mut fault.message, &mut fault.label].into_iter().chain(related);
    for text in texts.chain(&mut fault.notes).chain(&mut fault.hint) {
        if text.contains(char::is_control) {
            *text = text.chars().fold(String::new(), |mut shown, c| {
                match c.is_control() {
                    true => shown.extend(c.escape_default()),
                    false => shown.push(c),
                }
                shown
            });
        }
    }
    fault
}

#[cfg(test)]
mod tests;
