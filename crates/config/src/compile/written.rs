//! Routes that a person writes out.

use super::{Api, Compiler, NewRoute};
use crate::{
    reasons::{API_CONTRADICTS, BAD_PATH},
    shape::RouteConfig,
};
use portcullis_core::{diagnostic::Diagnostic, reasons, template::PathTemplate, tree::Node};
use portcullis_policies::policy::Level;

impl Compiler<'_, '_> {
    /// Adds the routes of an API without a document.
    pub(super) fn written(&mut self, api: &Api<'_>) {
        for field in ["operations", "undeclared"] {
            if let Some(entry) = api.node.entry(field) {
                let message = format!("`{field}` is about a document");
                self.problem(
                    Diagnostic::new(&API_CONTRADICTS, entry.key_span, message)
                        .label("but the API has written routes")
                        .hint(format!("remove `{field}`")),
                );
            }
        }
        for node in api.node.get("routes").map(Node::items).unwrap_or_default() {
            self.written_route(api, node);
        }
    }

    fn written_route(&mut self, api: &Api<'_>, node: &Node) {
        let Some(route) = self.section::<RouteConfig>(node) else { return };
        if self.loading.references.contains(&route.path.span) {
            self.problem(
                Diagnostic::new(
                    &reasons::BAD_REFERENCE,
                    route.path.span,
                    "a path cannot hold a reference",
                )
                .label("paths are shown in logs, metrics and explanations")
                .hint("write the path out"),
            );
        }
        let access = self.access_of(&route, node);
        let policies = self.configs(node, Level::Route);
        let template = match PathTemplate::parse(&route.path) {
            Ok(template) => template,
            Err(why) => {
                self.problem(Diagnostic::new(&BAD_PATH, route.path.span, why.to_string()).hint(
                    "a path is literal segments, `{name}` for one segment, `{name*}` for the rest",
                ));
                return;
            }
        };
        if let Some(hint) = foreign_spelling(&route.path) {
            self.problem(
                Diagnostic::new(
                    &BAD_PATH,
                    route.path.span,
                    "a segment that looks like another gateway's parameter",
                )
                .label("this would match only itself")
                .hint(hint),
            );
        }
        for method in &route.methods.0 {
            let new = NewRoute {
                template: template.clone(),
                method: method.value.0.clone(),
                span: route.path.span,
                access: access.clone(),
                closed: None,
                policies: &policies,
                operation: None,
            };
            self.add(api, new);
        }
    }
}

/// `:id` and `*` are text here. Who writes them almost certainly means a parameter, and would find a
/// route that nobody reaches.
fn foreign_spelling(path: &str) -> Option<String> {
    path.split('/').find_map(|segment| match segment.strip_prefix(':') {
        Some(name) => Some(format!("write `{{{name}}}`")),
        None if segment.contains('*') && !segment.contains('{') => {
            Some(String::from("write `{rest*}` for everything from here on"))
        }
        None => None,
    })
}
