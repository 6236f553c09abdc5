//! Documents and what comes of them.

mod examples;
mod faults;
mod public;
mod reading;

use crate::{Document, Operation, load};
use portcullis_core::{diagnostic::Diagnostics, source::Sources};
use std::fmt::Write;

/// What every test's document starts with.
const HEAD: &str = "openapi: 3.1.0\ninfo: { title: t, version: '1' }\n";

fn read(text: &str) -> (Option<Document>, String) {
    read_file("api.yaml", text)
}

/// A document, and its problems as a person reads them.
fn read_file(name: &str, text: &str) -> (Option<Document>, String) {
    let mut sources = Sources::default();
    let file = sources.add(name, text);
    let mut problems = Diagnostics::default();
    let document = load(&sources, file, &mut problems);
    assert_eq!(document.is_none(), !problems.is_empty(), "a fault, or a document");
    let mut shown = String::new();
    for problem in problems.sorted() {
        let place = problem.span.map(|span| sources.describe(span)).unwrap_or_default();
        let _ = writeln!(shown, "{place} {}: {}", problem.reason.code, problem.message);
        let _ = writeln!(shown, "    ^ {}", problem.label);
        for (span, label) in &problem.related {
            let _ = writeln!(shown, "    {} {label}", sources.describe(*span));
        }
        for note in &problem.notes {
            let _ = writeln!(shown, "    = {note}");
        }
        if let Some(hint) = &problem.hint {
            let _ = writeln!(shown, "    hint: {hint}");
        }
    }
    (document, shown)
}

/// A document that must be sound.
fn sound(text: &str) -> Document {
    let (document, problems) = read(text);
    document.unwrap_or_else(|| panic!("{problems}"))
}

fn operation<'a>(document: &'a Document, id: &str) -> &'a Operation {
    let named = |operation: &&Operation| operation.id.as_deref() == Some(id);
    document.operations.iter().find(named).expect("an operation of this name")
}
