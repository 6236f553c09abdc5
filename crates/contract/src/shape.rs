//! Whether a part of a document is of the kind that OpenAPI has there.

use crate::reasons;
use portcullis_core::{
    diagnostic::{Diagnostic, Diagnostics},
    source::Span,
    tree::{Entry, Kind, Node},
};

/// The entries of what must be a map; a problem if it is not.
pub(crate) fn map<'a>(
    node: &'a Node,
    what: &str,
    problems: &mut Diagnostics,
) -> Option<&'a [Entry]> {
    match &node.kind {
        Kind::Map(entries) => Some(entries),
        _ => wrong(node, what, "a map", problems),
    }
}

/// The items of what must be a list; a problem if it is not.
pub(crate) fn list<'a>(
    node: &'a Node,
    what: &str,
    problems: &mut Diagnostics,
) -> Option<&'a [Node]> {
    match &node.kind {
        Kind::List(items) => Some(items),
        _ => wrong(node, what, "a list", problems),
    }
}

/// What must be text, and no number or truth value; a problem if it is not.
pub(crate) fn text<'a>(node: &'a Node, what: &str, problems: &mut Diagnostics) -> Option<&'a str> {
    match node.text() {
        Some(text) if node.noun() == "text" => Some(text),
        _ => wrong(node, what, "text", problems),
    }
}

/// Refuses a name that would reach a terminal with a control character in it.
pub(crate) fn no_controls(name: &str, span: Span, what: &str, problems: &mut Diagnostics) {
    if name.contains(char::is_control) {
        let message = format!("{what} holds a control character");
        let problem = Diagnostic::new(&reasons::CONTROL_CHARACTER, span, message);
        let hint = "write it without control characters";
        problems.push(problem.label(format!("it reads `{name}`")).hint(hint));
    }
}

/// Whether OpenAPI leaves the meaning of a key to others.
pub(crate) fn is_extension(key: &str) -> bool {
    key.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("x-"))
}

fn wrong<T>(node: &Node, what: &str, expected: &str, problems: &mut Diagnostics) -> Option<T> {
    let message = format!("{what} takes {expected}, not {}", node.noun());
    let problem = Diagnostic::new(&reasons::WRONG_SHAPE, node.span, message);
    problems.push(problem.label(format!("expected {expected}")));
    None
}
