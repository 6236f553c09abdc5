//! The operations of a document: each method of each path, with what it inherits.

use crate::{
    Operation, Security, Shape, Unsupported, example::Examples, fields, reasons,
    references::References, responses, security::Schemes, segments, servers, shape,
};
use http::Method;
use portcullis_core::{
    diagnostic::{Diagnostic, Diagnostics},
    source::Span,
    template::{BadTemplate, PathTemplate},
    tree::{Entry, Node},
};
use std::collections::{HashMap, HashSet};

/// Reads `paths`, and gathers what stands there.
pub(crate) struct Operations<'a, 'c> {
    references: &'c References<'a>,
    schemes: &'c Schemes<'a>,
    base_paths: &'c [String],
    /// The document's own `security`, for operations without.
    security: &'c Security,
    problems: &'c mut Diagnostics,
    examples: Examples<'a, 'c>,
    /// Each `operationId` and where it stands.
    ids: HashMap<&'a str, Span>,
    operations: Vec<Operation>,
    unsupported: Vec<Unsupported>,
}

/// A path, and what its operations have in common.
struct Path<'a> {
    key: &'a Entry,
    /// `None` if it is faulty.
    template: Option<Template>,
    /// The base paths of the path's own `servers`.
    base_paths: Option<Vec<String>>,
}

/// What a path says.
struct Template {
    /// `Err` says why it is not supported.
    parsed: Result<PathTemplate, String>,
    /// The same taken apart, for what is not supported.
    segments: Vec<Shape>,
}

/// A method, or why it is not supported.
type Verb = Result<Method, &'static str>;

impl<'a, 'c> Operations<'a, 'c> {
    /// For one document.
    pub(crate) fn new(
        references: &'c References<'a>,
        schemes: &'c Schemes<'a>,
        base_paths: &'c [String],
        security: &'c Security,
        problems: &'c mut Diagnostics,
    ) -> Self {
        Self {
            references,
            schemes,
            base_paths,
            security,
            problems,
            examples: Examples::new(references),
            ids: HashMap::new(),
            operations: Vec::new(),
            unsupported: Vec::new(),
        }
    }

    /// Reads `paths`.
    pub(crate) fn read(&mut self, paths: &'a Node) {
        let entries = shape::map(paths, "`paths`", self.problems).unwrap_or(&[]);
        for entry in entries.iter().filter(|entry| !shape::is_extension(&entry.key)) {
            self.path(entry);
        }
    }

    /// What was found.
    pub(crate) fn finish(self) -> (Vec<Operation>, Vec<Unsupported>) {
        (self.operations, self.unsupported)
    }

    fn path(&mut self, key: &'a Entry) {
        shape::no_controls(&key.key, key.key_span, "a path", self.problems);
        let template = self.template(key);
        let items = self.items(key);
        let servers = items.iter().find_map(|item| item.get("servers"));
        let base_paths = servers.map(|servers| servers::base_paths(Some(servers), self.problems));
        let path = Path { key, template, base_paths };

        let mut seen: HashMap<&str, Span> = HashMap::new();
        for entry in items.iter().flat_map(|item| item.entries()) {
            let Some(verb) = verb(&entry.key) else {
                if entry.key == "additionalOperations" {
                    self.additional(&path, &entry.value);
                }
                continue;
            };
            if let Some(first) = seen.insert(&entry.key, entry.key_span) {
                self.problems.push(described_twice(entry, first));
            }
            self.operation(&path, entry, verb);
        }
    }

    /// The map of a path, and behind it those to which its `$ref` leads.
    fn items(&mut self, path: &'a Entry) -> Vec<&'a Node> {
        let what = format!("the path `{}`", path.key);
        let mut items: Vec<&'a Node> = Vec::new();
        let mut next = Some(&path.value);
        while let Some(item) = next {
            if items.iter().any(|seen| std::ptr::eq(*seen, item)) {
                self.problems.push(bad_reference(item, &what, "it leads back to itself"));
                break;
            }
            if shape::map(item, &what, self.problems).is_none() {
                break;
            }
            fields::check(item, &fields::PATH, self.problems);
            items.push(item);
            next = item.get("$ref").and_then(|reference| {
                let target = self.references.target(reference);
                target
                    .map_err(|broken| {
                        self.problems.push(bad_reference(reference, &what, &broken.why()));
                    })
                    .ok()
            });
        }
        items
    }

    fn template(&mut self, path: &Entry) -> Option<Template> {
        let parsed = match PathTemplate::parse(&path.key) {
            // In a document this is a parameter with an odd name; to us it would be much more.
            Ok(_) if path.key.contains("*}") => Err(BadTemplate::RestNotLast),
            parsed => parsed,
        };
        let normal = "write the path in its normal form; a query belongs under `parameters`";
        let (why, hint) = match (parsed, segments::of(&path.key)) {
            (Ok(template), Ok(segments)) => {
                return Some(Template { parsed: Ok(template), segments });
            }
            (Err(BadTemplate::RestNotLast), Ok(segments)) => {
                let why = "a parameter's name ends with `*`; OpenAPI has no wildcard";
                return Some(Template { parsed: Err(why.into()), segments });
            }
            (
                Err(
                    bad @ (BadTemplate::PartOfSegment(_)
                    | BadTemplate::BadName(_)
                    | BadTemplate::TooLong),
                ),
                Ok(segments),
            ) => return Some(Template { parsed: Err(bad.to_string()), segments }),
            (Err(bad @ BadTemplate::NoSlash), _) => {
                (bad.to_string(), format!("write `/{}`", path.key))
            }
            (Err(bad @ BadTemplate::RepeatedName(_)), _) => {
                (bad.to_string(), "give each parameter a name of its own".into())
            }
            (Err(bad @ BadTemplate::NotCanonical(_)), _) => (bad.to_string(), normal.into()),
            (Err(BadTemplate::PartOfSegment(_)), Err(why)) => {
                (why, "write each parameter as `{name}`, and the rest in its normal form".into())
            }
            (_, Err(why)) => (why, normal.into()),
        };
        let message = format!("`{}` is no path that a request can have", path.key);
        let problem = Diagnostic::new(&reasons::BAD_PATH, path.key_span, message);
        self.problems.push(problem.label(why).hint(hint));
        None
    }

    fn additional(&mut self, path: &Path<'a>, operations: &'a Node) {
        let entries = shape::map(operations, "`additionalOperations`", self.problems);
        for entry in entries.unwrap_or(&[]) {
            if !shape::is_extension(&entry.key) {
                shape::no_controls(&entry.key, entry.key_span, "a method", self.problems);
                self.operation(path, entry, Err("`additionalOperations` are not supported yet"));
            }
        }
    }

    fn operation(&mut self, path: &Path<'a>, entry: &'a Entry, verb: Verb) {
        let node = &entry.value;
        let method = entry.key.to_ascii_uppercase();
        let what = format!("{method} of `{}`", path.key.key);
        if shape::map(node, &what, self.problems).is_none() {
            return;
        }
        if let Some(reference) = node.get("$ref") {
            // Its own `security` would stand behind it, unseen.
            let why = "OpenAPI has no references in the place of an operation";
            self.problems.push(bad_reference(reference, &what, why));
            return;
        }
        fields::check(node, &fields::OPERATION, self.problems);
        let id = self.operation_id(path, node);
        let security = self.schemes.security(node, self.problems);
        responses::check(node, self.problems);
        let moved = self.moved(path, node);

        let Some(template) = &path.template else { return };
        let supported = match (verb, &template.parsed, &moved) {
            (Err(why), _, _) => Err(why.into()),
            (_, Err(why), _) => Err(why.clone()),
            (_, _, Some(_)) => {
                Err("its own `servers` lead to another base path than the document's".into())
            }
            (Ok(method), Ok(template), None) => Ok((method, template.clone())),
        };
        match supported {
            Ok((method, template)) => self.operations.push(Operation {
                method,
                path: template,
                id,
                security: security.unwrap_or_else(|| self.security.clone()),
                span: entry.key_span,
                path_span: path.key.key_span,
                example: self.examples.of(node),
                deprecated: node.get("deprecated").and_then(Node::boolean) == Some(true),
            }),
            Err(why) => {
                let bases = self.base_paths.iter().cloned().chain(moved.unwrap_or_default());
                self.unsupported.push(Unsupported {
                    http_method: Method::from_bytes(method.as_bytes()).ok(),
                    method,
                    path: path.key.key.clone(),
                    bases: once_each(bases),
                    segments: template.segments.clone(),
                    why,
                    span: entry.key_span,
                });
            }
        }
    }

    fn operation_id(&mut self, path: &Path<'a>, operation: &'a Node) -> Option<String> {
        let node = operation.get("operationId")?;
        let id = shape::text(node, "`operationId`", self.problems)?;
        shape::no_controls(id, node.span, "an `operationId`", self.problems);
        if let Some(&first) = self.ids.get(id) {
            // A path item that serves two paths has its operations twice, in one place.
            let span = if first == node.span { path.key.key_span } else { node.span };
            let message = format!("`{id}` names two operations");
            self.problems.push(
                Diagnostic::new(&reasons::REPEATED_OPERATION_ID, span, message)
                    .label("again here")
                    .related(first, "first here")
                    .hint("give each operation an `operationId` of its own"),
            );
        }
        self.ids.entry(id).or_insert(node.span);
        Some(id.to_owned())
    }

    /// The base paths of an operation that is not where the document's servers are.
    ///
    /// The base paths must be the same, not only among the same: else the operation would be open
    /// where nobody has put it.
    fn moved(&mut self, path: &Path<'a>, operation: &Node) -> Option<Vec<String>> {
        let own = operation.get("servers");
        let own = own.map(|servers| servers::base_paths(Some(servers), self.problems));
        let bases = own.or_else(|| path.base_paths.clone())?;
        let same = bases.len() == self.base_paths.len()
            && bases.iter().all(|base| self.base_paths.contains(base));
        (!same).then_some(bases)
    }
}

fn once_each(bases: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = HashSet::new();
    bases.filter(|base| seen.insert(base.clone())).collect()
}

fn verb(key: &str) -> Option<Verb> {
    Some(match key {
        "get" => Ok(Method::GET),
        "put" => Ok(Method::PUT),
        "post" => Ok(Method::POST),
        "delete" => Ok(Method::DELETE),
        "options" => Ok(Method::OPTIONS),
        "head" => Ok(Method::HEAD),
        "patch" => Ok(Method::PATCH),
        "trace" => Err("TRACE would send a caller's credentials back to it"),
        "connect" => Err("CONNECT opens a tunnel, in which nothing can be checked"),
        "query" => Err("the method QUERY is not supported yet"),
        _ => return None,
    })
}

fn bad_reference(place: &Node, what: &str, why: &str) -> Diagnostic {
    let message = format!("what {what} refers to cannot be read");
    Diagnostic::new(&reasons::BAD_REFERENCE, place.span, message).label(why).hint(
        "write it out here, or put the path under `components.pathItems` of this document \
         and refer to `#/components/pathItems/…`",
    )
}

fn described_twice(entry: &Entry, first: Span) -> Diagnostic {
    let message = format!("`{}` of this path is described twice", entry.key);
    Diagnostic::new(&reasons::REPEATED_OPERATION, entry.key_span, message)
        .label("again behind the `$ref`")
        .related(first, "first here")
        .hint("keep one of the two")
}
