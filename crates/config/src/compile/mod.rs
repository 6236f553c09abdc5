//! From a tree whose shape is known to a blueprint. Everything that is wrong with its meaning is
//! listed; a part whose shape is wrong is passed over, so that the others are looked at as well.

mod access;
mod documented;
mod endpoints;
mod written;

use crate::{
    load::{Completeness, Loading},
    reasons::{API_CONTRADICTS, EQUAL_ROUTES, NO_UPSTREAM},
    shape::{AdminConfig, ApiConfig},
};
use http::Method;
use portcullis_contract::Operation;
use portcullis_core::{
    access::AccessRule,
    diagnostic::Diagnostic,
    finding::Finding,
    name::{ApiName, BadName},
    ports::upstream::UpstreamPlan,
    reason::Reason,
    reasons,
    record::RouteLabel,
    router::{Conflict, HostPattern},
    source::{PlaceId, Places, Span},
    template::PathTemplate,
    tree::{Entry, Node, de::from_node},
    version::BlueprintVersion,
};
use portcullis_policies::{
    blueprint::{ApiSummary, Blueprint, ClosedBecause, Listener, Route, Unserved},
    policy::{Level, Site},
    table::{Configs, Shared, Slots},
};
use serde::de::DeserializeOwned;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Compiles a config; what is wrong goes to `loading`.
pub(crate) fn compile(
    root: &Node,
    folder: &Path,
    completeness: Completeness,
    loading: &mut Loading<'_>,
) -> Option<(Blueprint, Vec<Finding>)> {
    let mut compiler = Compiler {
        loading,
        folder,
        completeness,
        places: Places::default(),
        shared: Shared::default(),
        findings: Vec::new(),
        listeners: Vec::new(),
        upstreams: Vec::new(),
        routes: Vec::new(),
        route_spans: Vec::new(),
        unserved: Vec::new(),
        apis: Vec::new(),
    };
    compiler.listeners(root);
    compiler.upstreams(root);
    let gateway = compiler.configs(root, Level::Gateway);
    let gateway = compiler.slots(&[&gateway], None);
    for entry in root.get("apis").map(Node::entries).unwrap_or_default() {
        compiler.api(entry);
    }
    let admin_socket = compiler.admin_socket(root);
    compiler.finish(gateway, admin_socket)
}

struct Compiler<'c, 'l> {
    loading: &'c mut Loading<'l>,
    folder: &'c Path,
    completeness: Completeness,
    places: Places,
    shared: Shared,
    findings: Vec<Finding>,
    listeners: Vec<Listener>,
    upstreams: Vec<Arc<UpstreamPlan>>,
    routes: Vec<Route>,
    /// Where each route is declared, for those that turn out to be equal.
    route_spans: Vec<Span>,
    unserved: Vec<Unserved>,
    apis: Vec<ApiSummary>,
}

/// What all routes of an API share.
struct Api<'a> {
    name: ApiName,
    span: Span,
    node: &'a Node,
    config: ApiConfig,
    hosts: Vec<HostPattern>,
    listeners: Vec<usize>,
    upstream: Option<Arc<UpstreamPlan>>,
    policies: Configs,
}

/// One method of one path, ready to be added.
struct NewRoute<'a> {
    template: PathTemplate,
    method: Method,
    span: Span,
    access: AccessRule,
    closed: Option<ClosedBecause>,
    policies: &'a Configs,
    operation: Option<&'a Operation>,
}

impl Compiler<'_, '_> {
    fn api(&mut self, entry: &Entry) {
        let Some(name) = self.name(entry, ApiName::new) else { return };
        let Some(config) = self.section::<ApiConfig>(&entry.value) else { return };
        let hosts = self.hosts(&config);
        let listeners = self.api_listeners(&config, entry.key_span);
        let upstream = self.api_upstream(&config);
        let policies = self.configs(&entry.value, Level::Api);
        let serving = listeners.iter().filter_map(|index| self.listeners.get(*index));
        self.apis.push(ApiSummary {
            name: name.clone(),
            hosts: config
                .hosts
                .iter()
                .flat_map(|hosts| &hosts.value)
                .map(|h| h.value.clone())
                .collect(),
            listeners: serving.map(|listener| listener.name.clone()).collect(),
        });
        let (span, node) = (entry.key_span, &entry.value);
        let api = Api { name, span, node, config, hosts, listeners, upstream, policies };
        match (&api.config.openapi, &api.config.routes) {
            (Some(document), None) => self.documented(&api, document),
            (None, Some(_)) => self.written(&api),
            (Some(document), Some(routes)) => self.problem(
                Diagnostic::new(
                    &API_CONTRADICTS,
                    routes.span,
                    "an API has either `openapi` or `routes`",
                )
                .label("written routes")
                .related(document.span, "and a document")
                .hint("put the written routes into an API of their own"),
            ),
            // A misspelt `routes` has been named; that there are none is no news.
            (None, None) if self.loading.problems.any_within(entry.value.span) => {}
            (None, None) => self.problem(
                Diagnostic::new(
                    &API_CONTRADICTS,
                    entry.key_span,
                    "an API without anything to reach",
                )
                .label("neither `openapi` nor `routes`")
                .hint("name an OpenAPI document under `openapi`, or write `routes`"),
            ),
        }
    }

    fn add(&mut self, api: &Api<'_>, new: NewRoute<'_>) {
        let policies = self.slots(&[&api.policies, new.policies], new.operation);
        let goes_nowhere = api.upstream.is_none() && policies.mock.is_none();
        if goes_nowhere && !new.access.is_closed() && api.config.upstream.is_none() {
            let unmocked = new.policies.mock.as_ref().filter(|mock| !mock.value.0);
            self.no_upstream(api, unmocked.map(|mock| mock.span));
        }
        let index = self.routes.len();
        let place = self.place(new.span);
        for listener in &api.listeners {
            for host in &api.hosts {
                let Some(listener) = self.listeners.get_mut(*listener) else { continue };
                let added =
                    listener.router.add(host.clone(), &new.template, new.method.clone(), index);
                if let Err(Conflict(other)) = added {
                    return self.equal_routes(&new, other);
                }
            }
        }
        let label = RouteLabel {
            api: api.name.clone(),
            template: new.template.as_str().into(),
            operation: new.operation.and_then(|operation| operation.id.as_deref().map(Into::into)),
            place,
        };
        self.route_spans.push(new.span);
        self.routes.push(Route {
            label: Arc::new(label),
            method: new.method,
            access: new.access,
            documented: new.operation.is_some(),
            closed: new.closed,
            upstream: api.upstream.clone(),
            policies,
        });
    }

    fn no_upstream(&mut self, api: &Api<'_>, unmocked: Option<Span>) {
        let span = unmocked.unwrap_or(api.span);
        if self.loading.problems.any_with(&NO_UPSTREAM, span) {
            return;
        }
        let message = format!("the API `{}` does not say where its requests go", api.name);
        let problem = Diagnostic::new(&NO_UPSTREAM, span, message);
        self.problem(match unmocked {
            Some(_) => problem
                .label("this operation is not mocked")
                .related(api.span, "and there is no `upstream` here")
                .hint("add `upstream: NAME` to the API"),
            None => problem
                .label("no `upstream`")
                .hint("add `upstream: NAME`, or `mock: true` to an API with a document"),
        });
    }

    fn equal_routes(&mut self, new: &NewRoute<'_>, other: usize) {
        let message =
            format!("`{} {}` cannot be told apart from another route", new.method, new.template);
        let mut diagnostic = Diagnostic::new(&EQUAL_ROUTES, new.span, message)
            .label("a request could be meant for this route…")
            .hint("remove one, or give their APIs different hosts or listeners");
        if let Some(first) = self.route_spans.get(other) {
            diagnostic = diagnostic.related(*first, "…or for this one");
        }
        self.problem(diagnostic);
    }

    fn admin_socket(&mut self, root: &Node) -> Option<PathBuf> {
        let admin = self.section::<AdminConfig>(root.get("admin")?)?;
        admin.socket.map(|socket| self.folder.join(&socket.value))
    }

    fn finish(
        self,
        gateway: Slots,
        admin_socket: Option<PathBuf>,
    ) -> Option<(Blueprint, Vec<Finding>)> {
        let texts = self.loading.sources.files().iter().map(|file| &*file.text);
        let version = BlueprintVersion::of(texts);
        let version = self.loading.values.map_or(version, |digest| version.with_values(digest));
        let blueprint = Blueprint {
            version,
            listeners: self.listeners,
            apis: self.apis,
            routes: self.routes,
            gateway,
            places: Arc::new(self.places),
            admin_socket,
            unserved: self.unserved,
        };
        Some((blueprint, self.findings))
    }

    /// Reads a part as its type. If the walk beside the schema has found something in it, that is
    /// said already.
    fn section<T: DeserializeOwned>(&mut self, node: &Node) -> Option<T> {
        match from_node(node) {
            Ok(value) => Some(value),
            Err(error) => {
                let span = error.span.unwrap_or(node.span);
                if !self.loading.problems.any_within(node.span) {
                    self.problem(Diagnostic::new(&reasons::BAD_VALUE, span, error.message));
                }
                None
            }
        }
    }

    /// The name that a thing is listed under.
    fn name<T>(&mut self, entry: &Entry, read: fn(&str) -> Result<T, BadName>) -> Option<T> {
        match read(&entry.key) {
            Ok(name) => Some(name),
            Err(rule) => {
                let message = format!("`{}` cannot be a name", entry.key);
                let problem = Diagnostic::new(&reasons::BAD_VALUE, entry.key_span, message);
                self.problem(problem.note(rule.to_string()));
                None
            }
        }
    }

    fn configs(&mut self, node: &Node, level: Level) -> Configs {
        let configs = Configs::read(node, level, &mut self.loading.problems);
        self.findings.extend(configs.audit());
        configs
    }

    fn slots(&mut self, levels: &[&Configs], operation: Option<&Operation>) -> Slots {
        let mut site = Site {
            sources: &self.loading.sources,
            places: &mut self.places,
            problems: &mut self.loading.problems,
            operation,
        };
        Slots::build(levels, &mut site, &mut self.shared)
    }

    fn place(&mut self, span: Span) -> PlaceId {
        self.places.add(self.loading.sources.place(span))
    }

    fn problem(&mut self, problem: Diagnostic) {
        self.loading.problems.push(problem);
    }

    /// A name that nothing defines, with the nearest that is defined.
    fn unknown_name<'n>(
        &mut self,
        reason: &'static Reason,
        span: Span,
        message: String,
        wrong: &str,
        known: impl Iterator<Item = &'n str> + Clone,
    ) {
        let near = portcullis_core::name::nearest(wrong, known.clone());
        let mut names: Vec<&str> = known.collect();
        names.sort_unstable();
        let list = if names.is_empty() { String::from("none") } else { names.join(", ") };
        let mut diagnostic = Diagnostic::new(reason, span, message).note(format!("known: {list}"));
        if let Some(near) = near {
            diagnostic = diagnostic.label(format!("did you mean `{near}`?"));
        }
        self.problem(diagnostic);
    }
}
