//! Refuses what may stand anywhere: `x-portcullis-` fields, of which this version knows none, and
//! media types that hold control characters.

use crate::{reasons, shape};
use portcullis_core::{
    diagnostic::{Diagnostic, Diagnostics},
    tree::{Entry, Node},
};

const OURS: &str = "x-portcullis-";

/// Fields whose keys are names that the author chose, so that any text may stand there.
const NAMED: &[&str] = &[
    "$defs",
    "callbacks",
    "content",
    "definitions",
    "dependentRequired",
    "dependentSchemas",
    "encoding",
    "headers",
    "links",
    "mapping",
    "parameters",
    "pathItems",
    "patternProperties",
    "properties",
    "requestBodies",
    "schemas",
    "scopes",
    "securitySchemes",
    "variables",
    "webhooks",
];

/// Fields that hold data, not parts of the document.
const DATA: &[&str] = &["const", "default", "enum", "example", "examples", "security"];

/// Lists every field of ours in a document, and every media type that no one may be shown.
pub(crate) fn refuse(node: &Node, problems: &mut Diagnostics) {
    for item in node.items() {
        refuse(item, problems);
    }
    for entry in node.entries() {
        refuse_entry(entry, problems);
    }
}

fn refuse_entry(entry: &Entry, problems: &mut Diagnostics) {
    let key = entry.key.as_str();
    if is_ours(key) {
        problems.push(unknown(entry));
    } else if key == "responses" {
        // Statuses, of which `default` is one, and extensions.
        for response in entry.value.entries() {
            match is_ours(&response.key) {
                true => problems.push(unknown(response)),
                false => refuse(&response.value, problems),
            }
        }
    } else if NAMED.contains(&key) {
        if key == "content" {
            for media in entry.value.entries() {
                shape::no_controls(&media.key, media.key_span, "a media type", problems);
            }
        }
        // The names are skipped, what they name is not.
        let named = entry.value.entries().iter().map(|named| &named.value);
        named.chain(entry.value.items()).for_each(|part| refuse(part, problems));
    } else if !DATA.contains(&key) {
        refuse(&entry.value, problems);
    }
}

fn is_ours(key: &str) -> bool {
    key.get(..OURS.len()).is_some_and(|start| start.eq_ignore_ascii_case(OURS))
}

fn unknown(entry: &Entry) -> Diagnostic {
    let message = format!("`{}` is not known", entry.key);
    Diagnostic::new(&reasons::UNKNOWN_EXTENSION, entry.key_span, message)
        .label("this version knows no such field")
        .note("an `x-portcullis-…` in a document can only tighten; this version knows none")
        .hint("remove the field, and say the same in the gateway's config under `operations`")
}
