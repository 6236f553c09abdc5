//! Operations that an OpenAPI document describes.

use super::{Api, Compiler, NewRoute};
use crate::{
    reasons::{AMBIGUOUS_OPERATION, NOT_UNDECLARED, UNKNOWN_NAME},
    shape::Openings,
};
use portcullis_contract::{Alternative, Document, Operation, Piece, Security, Shape, Unsupported};
use portcullis_core::{
    access::AccessRule,
    canonical::decode_segment,
    diagnostic::Diagnostic,
    reasons,
    source::{At, Span},
    template::{Mixed, PathTemplate, Segment},
    tree::Node,
};
use portcullis_policies::{
    blueprint::{ClosedBecause, Unserved},
    policy::Level,
    table::Configs,
};
use std::collections::HashMap;

impl Compiler<'_, '_> {
    /// Adds the operations of an API's document. Nothing outside of it can be reached.
    pub(super) fn documented(&mut self, api: &Api<'_>, name: &At<String>) {
        let path = self.folder.join(&name.value);
        let file = match self.loading.read(&path) {
            Ok(file) => file,
            Err(error) => {
                let message = format!("`{}` cannot be read: {error}", path.display());
                return self.problem(
                    Diagnostic::new(&reasons::FILE_UNREADABLE, name.span, message)
                        .hint("correct the path, which starts from this file's folder, or the permissions"),
                );
            }
        };
        let loading = &mut *self.loading;
        let document = portcullis_contract::load(&loading.sources, file, &mut loading.problems);
        let Some(document) = document else { return };
        let keys = self.keys(&document);
        self.check_openings(api, &document, &keys);
        let policies = self.operation_policies(api, &document, &keys);
        let none = Configs::default();
        for (index, operation) in document.operations.iter().enumerate() {
            let policies = policies.get(&index).map_or(&none, |(configs, _)| configs);
            self.operation(api, &document, operation, policies);
        }
        for unsupported in &document.unsupported {
            self.unsupported(api, unsupported);
        }
    }

    /// What an operation can be called in a config, its id or `GET /path`, and which it is. An id that
    /// reads like another operation's path would let one word open two doors.
    fn keys(&mut self, document: &Document) -> HashMap<String, usize> {
        let operations = document.operations.iter().enumerate();
        let mut keys: HashMap<String, usize> =
            operations.clone().map(|(index, operation)| (path_key(operation), index)).collect();
        for (index, operation) in operations {
            let Some(id) = &operation.id else { continue };
            match keys.insert(id.clone(), index) {
                Some(other) if other != index => {
                    let message = format!("the `operationId` `{id}` reads like another operation");
                    let mut problem =
                        Diagnostic::new(&AMBIGUOUS_OPERATION, operation.span, message)
                            .label("this operation's id")
                            .hint("give the operation another `operationId`");
                    if let Some(other) = document.operations.get(other) {
                        problem = problem.related(other.span, "the method and path of this one");
                    }
                    self.problem(problem);
                }
                _ => {}
            }
        }
        keys
    }

    /// Keeps closed what cannot be served, so that no wider route beside it takes its requests.
    fn unsupported(&mut self, api: &Api<'_>, unsupported: &Unsupported) {
        let Some(method) = unsupported.http_method.clone() else {
            self.unserved.push(Unserved {
                api: api.name.clone(),
                method: unsupported.method.clone(),
                path: unsupported.path.clone(),
                why: unsupported.why.clone(),
            });
            return;
        };
        let none = Configs::default();
        // RFC 6570 spells "everything from here on" so; OpenAPI does not, but its reader may.
        let last = unsupported.path.rsplit('/').next().unwrap_or_default();
        let wildcard = ["*}", "+}"].iter().any(|end| last.ends_with(end)) || last.starts_with("{+");
        for base in &unsupported.bases {
            let text = format!("{base}{}", unsupported.path);
            let template =
                PathTemplate::shadow(&text, shadow(base, &unsupported.segments, wildcard));
            let new = NewRoute {
                template,
                method: method.clone(),
                span: unsupported.span,
                access: AccessRule::closed(self.place(unsupported.span)),
                closed: Some(ClosedBecause::Unsupported(unsupported.why.clone())),
                policies: &none,
                operation: None,
            };
            self.add(api, new);
        }
    }

    fn operation(
        &mut self,
        api: &Api<'_>,
        document: &Document,
        operation: &Operation,
        policies: &Configs,
    ) {
        let (access, closed) = self.access_of_operation(api, operation);
        for base in &document.base_paths {
            let template = match PathTemplate::under(base, operation.path.as_str()) {
                Ok(template) => template,
                Err(why) => {
                    self.unserved.push(Unserved {
                        api: api.name.clone(),
                        method: operation.method.to_string(),
                        path: format!("{base}{}", operation.path),
                        why: why.to_string(),
                    });
                    continue;
                }
            };
            let new = NewRoute {
                template,
                method: operation.method.clone(),
                span: operation.span,
                access: access.clone(),
                closed: closed.clone(),
                policies,
                operation: Some(operation),
            };
            self.add(api, new);
        }
    }

    /// The document's word is kept: `security: []` is public. What it leaves open, the config may
    /// open; what it secures, only an authenticator can, and no kind of authenticator exists yet.
    fn access_of_operation(
        &mut self,
        api: &Api<'_>,
        operation: &Operation,
    ) -> (AccessRule, Option<ClosedBecause>) {
        if let Security::AnyOf { alternatives, span } = &operation.security {
            if alternatives.is_empty() {
                return (AccessRule::public(self.place(*span)), None);
            }
            if !is_undeclared(operation) {
                let why = ClosedBecause::NoAuthenticator(schemes(operation));
                return (AccessRule::closed(self.place(*span)), Some(why));
            }
        }
        let undeclared = api.config.undeclared.as_ref();
        let opening = undeclared.map(|undeclared| &undeclared.public);
        let opens = opening.is_some_and(|public| match &public.value {
            Openings::All => true,
            Openings::These(ids) => ids.iter().any(|id| is_called(operation, &id.value)),
        });
        match opening {
            Some(public) if opens => (AccessRule::public(self.place(public.span)), None),
            _ => {
                let place = self.place(operation.span);
                let why = match &operation.security {
                    Security::Undeclared => ClosedBecause::Undeclared,
                    Security::AnyOf { .. } => ClosedBecause::Optional,
                };
                (AccessRule::closed(place), Some(why))
            }
        }
    }

    /// `undeclared` may name only operations that are there and undeclared.
    fn check_openings(
        &mut self,
        api: &Api<'_>,
        document: &Document,
        keys: &HashMap<String, usize>,
    ) {
        let undeclared = api.config.undeclared.as_ref();
        let Some(Openings::These(ids)) = undeclared.map(|undeclared| &undeclared.public.value)
        else {
            return;
        };
        for id in ids {
            match keys.get(&id.value).and_then(|index| document.operations.get(*index)) {
                Some(operation) if is_undeclared(operation) => {}
                Some(operation) => self.problem(
                    Diagnostic::new(
                        &NOT_UNDECLARED,
                        id.span,
                        format!("`{}` is not undeclared", id.value),
                    )
                    .label("its document says who may call it")
                    .related(operation.span, "this operation")
                    .hint("remove it here; what the document says about an operation is kept"),
                ),
                None => self.unknown_operation(id, document),
            }
        }
    }

    /// The policies of single operations. An operation that is called by its id and by its path has them
    /// in two places, of which one would be lost.
    fn operation_policies(
        &mut self,
        api: &Api<'_>,
        document: &Document,
        keys: &HashMap<String, usize>,
    ) -> HashMap<usize, (Configs, Span)> {
        let mut policies: HashMap<usize, (Configs, Span)> = HashMap::new();
        for entry in api.node.get("operations").map(Node::entries).unwrap_or_default() {
            let configs = self.configs(&entry.value, Level::Operation);
            let Some(index) = keys.get(&entry.key) else {
                let key = At { value: entry.key.clone(), span: entry.key_span };
                self.unknown_operation(&key, document);
                continue;
            };
            if let Some((_, first)) = policies.insert(*index, (configs, entry.key_span)) {
                let message = format!("`{}` is an operation that stands here already", entry.key);
                self.problem(
                    Diagnostic::new(&AMBIGUOUS_OPERATION, entry.key_span, message)
                        .label("the same operation again")
                        .related(first, "first here")
                        .hint("put its policies under one of the two"),
                );
            }
        }
        policies
    }

    fn unknown_operation(&mut self, key: &At<String>, document: &Document) {
        let message = format!("the document has no operation `{}`", key.value);
        let called =
            |operation: &Operation| operation.id.clone().unwrap_or_else(|| path_key(operation));
        let names: Vec<String> = document.operations.iter().map(called).collect();
        let known = names.iter().map(String::as_str);
        self.unknown_name(&UNKNOWN_NAME, key.span, message, &key.value, known);
    }
}

fn path_key(operation: &Operation) -> String {
    format!("{} {}", operation.method, operation.path)
}

fn is_called(operation: &Operation, key: &str) -> bool {
    operation.id.as_deref() == Some(key) || path_key(operation) == key
}

/// The segments of a path that cannot be routed, wide enough to take every request that may mean it.
fn shadow(base: &str, shapes: &[Shape], wildcard: bool) -> Vec<Segment> {
    let base = base.trim_matches('/').split('/').filter(|segment| !segment.is_empty());
    let base = base.map(|text| Segment::Literal(decode_segment(text).into_owned()));
    let hole = || String::from("*");
    let path = shapes.iter().enumerate().map(|(index, shape)| match shape {
        Shape::Literal(text) => Segment::Literal(text.clone()),
        Shape::Any if wildcard && index + 1 == shapes.len() => Segment::Rest(hole()),
        Shape::Any => Segment::Param(hole()),
        Shape::Mixed(pieces) => Segment::Mixed(Mixed::uncaptured(texts(pieces))),
    });
    base.chain(path).collect()
}

/// The texts of a segment with a hole between each two of them.
fn texts(pieces: &[Piece]) -> Vec<String> {
    let mut texts = vec![String::new()];
    for piece in pieces {
        match (piece, texts.last_mut()) {
            (Piece::Text(text), Some(last)) => last.push_str(text),
            (Piece::Hole, _) | (_, None) => texts.push(String::new()),
        }
    }
    texts
}

/// Nothing says who may call it, or the document allows anonymous callers beside others.
fn is_undeclared(operation: &Operation) -> bool {
    let anonymous = |alternative: &Alternative| alternative.schemes.is_empty();
    match &operation.security {
        Security::Undeclared => true,
        Security::AnyOf { alternatives, .. } => alternatives.iter().any(anonymous),
    }
}

/// What each alternative of the document needs.
fn schemes(operation: &Operation) -> Vec<Vec<String>> {
    let Security::AnyOf { alternatives, .. } = &operation.security else { return Vec::new() };
    let names = |alternative: &Alternative| {
        alternative.schemes.iter().map(|need| need.scheme.value.clone()).collect()
    };
    alternatives.iter().map(names).collect()
}
