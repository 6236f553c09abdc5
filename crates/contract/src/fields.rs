//! The fields that OpenAPI knows where protection is declared.
//!
//! What stands beside them is refused: OpenAPI leaves no room for it but `x-…`, and a misspelt
//! `security` would otherwise protect nothing.

use crate::{reasons, shape};
use portcullis_core::{
    diagnostic::{Diagnostic, Diagnostics},
    name::nearest,
    tree::{Entry, Node},
};

/// A kind of object, with its fields in OpenAPI 3.0, 3.1 and 3.2 together.
pub(crate) struct Fields {
    what: &'static str,
    known: &'static [&'static str],
}

/// The document.
pub(crate) const DOCUMENT: Fields = Fields {
    what: "the document",
    known: &[
        "openapi",
        "$self",
        "info",
        "jsonSchemaDialect",
        "servers",
        "paths",
        "webhooks",
        "components",
        "security",
        "tags",
        "externalDocs",
    ],
};

/// What stands under a path. `connect` is not in OpenAPI, but says plainly what it is.
pub(crate) const PATH: Fields = Fields {
    what: "a path",
    known: &[
        "$ref",
        "summary",
        "description",
        "get",
        "put",
        "post",
        "delete",
        "options",
        "head",
        "patch",
        "trace",
        "connect",
        "query",
        "additionalOperations",
        "servers",
        "parameters",
    ],
};

/// An operation.
pub(crate) const OPERATION: Fields = Fields {
    what: "an operation",
    known: &[
        "tags",
        "summary",
        "description",
        "externalDocs",
        "operationId",
        "parameters",
        "requestBody",
        "responses",
        "callbacks",
        "deprecated",
        "security",
        "servers",
    ],
};

/// Lists every field of `node` that is not known.
pub(crate) fn check(node: &Node, fields: &Fields, problems: &mut Diagnostics) {
    for entry in node.entries() {
        let key = entry.key.as_str();
        if !fields.known.contains(&key) && !shape::is_extension(key) {
            problems.push(unknown(entry, fields));
        }
    }
}

fn unknown(entry: &Entry, fields: &Fields) -> Diagnostic {
    let Fields { what, known } = fields;
    let message = format!("`{}` is not a field of {what}", entry.key);
    let problem = Diagnostic::new(&reasons::UNKNOWN_FIELD, entry.key_span, message);
    let problem = problem.note(format!("fields: {}", known.join(", ")));
    let elsewhere = !known.contains(&"security");
    if elsewhere && nearest(&entry.key, ["security"]).is_some() {
        return problem
            .label("it would protect nothing here")
            .hint("`security` stands at an operation or at the document");
    }
    match nearest(&entry.key, known.iter().copied()) {
        Some(near) => {
            problem.label(format!("did you mean `{near}`?")).hint(format!("write `{near}`"))
        }
        None => problem
            .label("OpenAPI has no such field here")
            .hint("remove the field, or begin its name with `x-`"),
    }
}
