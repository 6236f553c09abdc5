//! The top of a document: its version, and all that its operations inherit.

use crate::{
    Document, Security, extensions, fields, operations::Operations, reasons,
    references::References, security::Schemes, servers, shape,
};
use portcullis_core::{
    diagnostic::{Diagnostic, Diagnostics},
    source::Span,
    tree::Node,
};

/// Reads a whole document. What it returns beside a problem is never used.
pub(crate) fn read(root: &Node, problems: &mut Diagnostics) -> Option<Document> {
    // What another version means by the rest is anyone's guess, so nothing more is said about it.
    let version = version(root, problems)?;
    extensions::refuse(root, problems);
    fields::check(root, &fields::DOCUMENT, problems);
    let references = References::new(root);
    let base_paths = servers::base_paths(root.get("servers"), problems);
    let schemes = Schemes::of(root, &references, problems);
    let security = schemes.security(root, problems).unwrap_or(Security::Undeclared);

    let paths = root.get("paths");
    if paths.is_none() && version.starts_with("3.0.") {
        problems.push(no_paths(root));
    }
    let mut operations = Operations::new(&references, &schemes, &base_paths, &security, problems);
    if let Some(paths) = paths {
        operations.read(paths);
    }
    let (operations, unsupported) = operations.finish();
    let title = root.get("info").and_then(|info| info.get("title"));
    let title = title.and_then(|title| Some((title.text()?, title.span)));
    if let Some((title, span)) = title {
        shape::no_controls(title, span, "the title", problems);
    }
    let title = title.map_or_else(String::new, |(title, _)| title.to_owned());
    Some(Document { title, version: version.to_owned(), base_paths, operations, unsupported })
}

fn version<'a>(root: &'a Node, problems: &mut Diagnostics) -> Option<&'a str> {
    shape::map(root, "an OpenAPI document", problems)?;
    if let Some(swagger) = root.entry("swagger") {
        let message = "this is a document of Swagger 2.0, which is not read";
        let problem = Diagnostic::new(&reasons::VERSION, swagger.key_span, message);
        problems.push(
            problem
                .label("OpenAPI 3.0, 3.1 or 3.2 expected")
                .hint("convert it, for example with `swagger2openapi` or editor.swagger.io"),
        );
        return None;
    }
    let Some(openapi) = root.get("openapi") else {
        let problem = Diagnostic::new(&reasons::VERSION, top(root), "there is no `openapi`");
        problems.push(
            problem
                .label("not an OpenAPI document")
                .hint("write `openapi: 3.1.0` on top, or name another file"),
        );
        return None;
    };
    let known = openapi.text().filter(|text| is_known(text));
    if known.is_none() {
        let message = "this version of OpenAPI is not read";
        let problem = Diagnostic::new(&reasons::VERSION, openapi.span, message);
        let problem = problem.label("3.0.x, 3.1.x or 3.2.x expected");
        problems.push(problem.hint("write all three numbers, such as `openapi: 3.1.0`"));
    }
    known
}

fn is_known(version: &str) -> bool {
    let patch = ["3.0.", "3.1.", "3.2."].iter().find_map(|known| version.strip_prefix(known));
    patch.is_some_and(|patch| !patch.is_empty() && patch.bytes().all(|b| b.is_ascii_digit()))
}

fn no_paths(root: &Node) -> Diagnostic {
    Diagnostic::new(&reasons::WRONG_SHAPE, top(root), "the document has no `paths`")
        .label("no `paths`")
        .hint("add `paths: {}`, with the operations in it")
}

/// A document spans the whole file; its first key is a better mark.
fn top(root: &Node) -> Span {
    root.entries().first().map_or(root.span, |entry| entry.key_span)
}
