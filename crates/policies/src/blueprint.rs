//! A blueprint: one config, compiled. Immutable; swapped whole.

use crate::table::Slots;
use http::Method;
use portcullis_core::{
    access::AccessRule,
    exchange::Exchange,
    name::{ApiName, ListenerName},
    ports::upstream::UpstreamPlan,
    record::RouteLabel,
    router::Router,
    source::Places,
    version::BlueprintVersion,
};
use std::{net::SocketAddr, path::PathBuf, sync::Arc};

/// One config, compiled. A request holds one from start to end.
pub struct Blueprint {
    /// Which config this is.
    pub version: BlueprintVersion,
    /// Where requests come in.
    pub listeners: Vec<Listener>,
    /// The APIs, in the order of the config.
    pub apis: Vec<ApiSummary>,
    /// Every route, by the index that the routers give.
    pub routes: Vec<Route>,
    /// The policies of the gateway itself, asked before a route is looked for.
    pub gateway: Slots,
    /// The places that records of this blueprint point at.
    pub places: Arc<Places>,
    /// Where the admin socket is; `None` for the default place.
    pub admin_socket: Option<PathBuf>,
    /// Operations of documents that are not served, and why.
    pub unserved: Vec<Unserved>,
}

/// Where requests come in.
pub struct Listener {
    /// Its name.
    pub name: ListenerName,
    /// Where it listens.
    pub address: SocketAddr,
    /// What it serves.
    pub router: Router<usize>,
}

/// Where an API can be reached, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiSummary {
    /// Its name.
    pub name: ApiName,
    /// The hosts that it answers to, as written; none means any.
    pub hosts: Vec<String>,
    /// The listeners that serve it.
    pub listeners: Vec<ListenerName>,
}

/// One method of one path.
pub struct Route {
    /// What people call it.
    pub label: Arc<RouteLabel>,
    /// The method.
    pub method: Method,
    /// Who may call.
    pub access: AccessRule,
    /// Whether a document describes it.
    pub documented: bool,
    /// Why nobody may, if so.
    pub closed: Option<ClosedBecause>,
    /// Where requests go; `None` if something answers in its place.
    pub upstream: Option<Arc<UpstreamPlan>>,
    /// The policies that apply, levels combined. Those of the gateway are not among them.
    pub policies: Slots,
}

/// Why a documented operation is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClosedBecause {
    /// The document says nothing about who may call, and the config does not open it.
    Undeclared,
    /// The document makes the credential optional, and the config does not open it.
    Optional,
    /// The document names security schemes that no authenticator answers for: alternatives, and
    /// what each of them needs.
    NoAuthenticator(Vec<Vec<String>>),
    /// The operation uses what is not supported; this is what.
    Unsupported(String),
}

/// An operation of a document that is not served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unserved {
    /// The API.
    pub api: ApiName,
    /// The method, as the document has it.
    pub method: String,
    /// The path, as the document has it.
    pub path: String,
    /// Why.
    pub why: String,
}

impl ClosedBecause {
    /// Why, for a record.
    pub fn case(&self) -> &'static str {
        match self {
            Self::Undeclared => "its document does not say who may call it",
            Self::Optional => {
                "its document makes the credential optional, which opens nothing by itself"
            }
            Self::NoAuthenticator(_) => "no authenticator answers for what its document asks for",
            Self::Unsupported(_) => "it uses what is not supported",
        }
    }
}

impl Blueprint {
    /// A blueprint that serves nothing: what a gateway has before its first config.
    pub fn empty() -> Self {
        Self {
            version: BlueprintVersion::of([]),
            listeners: Vec::new(),
            apis: Vec::new(),
            routes: Vec::new(),
            gateway: Slots::NONE,
            places: Arc::default(),
            admin_socket: None,
            unserved: Vec::new(),
        }
    }

    /// The route that an exchange has found.
    pub fn route(&self, x: &Exchange) -> Option<&Route> {
        self.routes.get(x.route?)
    }

    /// The policies of the route that an exchange has found; none before.
    pub fn policies(&self, x: &Exchange) -> &Slots {
        static NONE: Slots = Slots::NONE;
        self.route(x).map_or(&NONE, |route| &route.policies)
    }

    /// The listener at an address. No two have the same.
    pub fn listener_at(&self, address: SocketAddr) -> Option<&Listener> {
        self.listeners.iter().find(|listener| listener.address == address)
    }
}
