//! Operations that an OpenAPI document describes.

use super::{Api, Compiler, NewRoute};
use crate::{
    reasons::{NOT_UNDECLARED, UNKNOWN_NAME},
    shape::Openings,
};
use portcullis_contract::{Alternative, Document, Operation, Security};
use portcullis_core::{
    access::AccessRule, diagnostic::Diagnostic, reasons, source::At, template::PathTemplate,
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
        self.check_openings(api, &document);
        let policies = self.operation_policies(api, &document);
        let none = Configs::default();
        for operation in &document.operations {
            let policies = keys(operation).find_map(|key| policies.get(&key)).unwrap_or(&none);
            self.operation(api, &document, operation, policies);
        }
        self.unserved.extend(document.unsupported.iter().map(|unsupported| Unserved {
            api: api.name.clone(),
            method: unsupported.method.clone(),
            path: unsupported.path.clone(),
            why: unsupported.why.clone(),
        }));
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
            Openings::These(ids) => ids.iter().any(|id| keys(operation).any(|key| key == id.value)),
        });
        match opening {
            Some(public) if opens => (AccessRule::public(self.place(public.span)), None),
            _ => {
                let place = self.place(operation.span);
                (AccessRule::closed(place), Some(ClosedBecause::Undeclared))
            }
        }
    }

    /// `undeclared` may name only operations that are there and undeclared.
    fn check_openings(&mut self, api: &Api<'_>, document: &Document) {
        let undeclared = api.config.undeclared.as_ref();
        let Some(Openings::These(ids)) = undeclared.map(|undeclared| &undeclared.public.value)
        else {
            return;
        };
        for id in ids {
            match find(document, &id.value) {
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

    /// The policies of single operations, by the key they stand under.
    fn operation_policies(
        &mut self,
        api: &Api<'_>,
        document: &Document,
    ) -> HashMap<String, Configs> {
        let mut policies = HashMap::new();
        for entry in api.node.get("operations").map(Node::entries).unwrap_or_default() {
            if find(document, &entry.key).is_none() {
                let key = At { value: entry.key.clone(), span: entry.key_span };
                self.unknown_operation(&key, document);
            }
            policies.insert(entry.key.clone(), self.configs(&entry.value, Level::Route));
        }
        policies
    }

    fn unknown_operation(&mut self, key: &At<String>, document: &Document) {
        let message = format!("the document has no operation `{}`", key.value);
        let names: Vec<String> =
            document.operations.iter().filter_map(|op| keys(op).next()).collect();
        let known = names.iter().map(String::as_str);
        self.unknown_name(&UNKNOWN_NAME, key.span, message, &key.value, known);
    }
}

/// What an operation can be called in a config: its id, and `GET /path`.
fn keys(operation: &Operation) -> impl Iterator<Item = String> {
    let path = format!("{} {}", operation.method, operation.path);
    operation.id.clone().into_iter().chain([path])
}

fn find<'d>(document: &'d Document, key: &str) -> Option<&'d Operation> {
    document.operations.iter().find(|operation| keys(operation).any(|known| known == key))
}

/// Nothing says who may call it, or the document allows anonymous callers beside others.
fn is_undeclared(operation: &Operation) -> bool {
    let anonymous = |alternative: &Alternative| alternative.schemes.is_empty();
    match &operation.security {
        Security::Undeclared => true,
        Security::AnyOf { alternatives, .. } => alternatives.iter().any(anonymous),
    }
}

fn schemes(operation: &Operation) -> Vec<String> {
    let Security::AnyOf { alternatives, .. } = &operation.security else { return Vec::new() };
    let requirements = alternatives.iter().flat_map(|alternative| &alternative.schemes);
    let mut names: Vec<String> = requirements.map(|need| need.scheme.value.clone()).collect();
    names.sort_unstable();
    names.dedup();
    names
}
