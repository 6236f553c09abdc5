//! What a person writes, as types. Their doc comments are the reference.
//!
//! Policies are not fields here: [`schema`](crate::schema) adds them to every type that is a level
//! (`x-level`), from the table of policies.

mod access;
mod words;

pub use access::{AccessConfig, AccessEntry};
use portcullis_core::{
    name::{ApiName, ListenerName, UpstreamName},
    source::At,
    units::Period,
};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
pub(crate) use words::FORMATS;
pub use words::{MethodName, Methods, Openings};

/// The config of a gateway. Policies that stand here apply to every request.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Gateway", extend("x-thing" = "a gateway", "x-level" = "gateway"))]
pub struct GatewayConfig {
    /// Where requests come in, by name.
    #[schemars(example = serde_json::json!({ "public": { "address": "127.0.0.1:8080" } }))]
    pub listeners: BTreeMap<ListenerName, ListenerConfig>,
    /// The services behind the gateway, by name.
    #[schemars(example = serde_json::json!({ "orders": { "targets": ["http://10.0.0.5:8080"] } }))]
    #[serde(default)]
    pub upstreams: BTreeMap<UpstreamName, UpstreamConfig>,
    /// The APIs, by name. Nothing else can be reached.
    pub apis: BTreeMap<ApiName, ApiConfig>,
    /// How the gateway is asked about itself.
    #[serde(default)]
    pub admin: Option<AdminConfig>,
}

/// Where requests come in.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Listener", extend("x-thing" = "a listener"))]
pub struct ListenerConfig {
    /// The address and port to listen on, such as `0.0.0.0:8080` or `[::1]:8080`.
    #[schemars(example = &"127.0.0.1:8080")]
    pub address: At<String>,
}

/// A service behind the gateway.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Upstream", extend("x-thing" = "an upstream"))]
pub struct UpstreamConfig {
    /// Where it runs: one or more of `http://host:port`. An address or `localhost` written here is
    /// permission to call it; a name may lead to any address that is not link-local.
    #[schemars(length(min = 1), example = serde_json::json!(["http://10.0.0.5:8080"]))]
    pub targets: At<Vec<At<String>>>,
    /// How long connecting may take.
    #[schemars(example = &"2s", default = "defaults::connect_time_max")]
    pub connect_time_max: Option<At<Period>>,
    /// How long it may take until the head of an answer.
    #[schemars(example = &"30s", default = "defaults::answer_time_max")]
    pub answer_time_max: Option<At<Period>>,
}

/// An API: a document or a list of routes, and where its requests go. Policies that stand here apply
/// to all of its routes.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(rename = "Api", extend("x-thing" = "an API", "x-level" = "api"))]
pub struct ApiConfig {
    /// The hosts that it answers to: `api.example.com`, or `*.example.com` for every host below.
    /// Without this field it answers to any.
    #[schemars(length(min = 1), example = serde_json::json!(["api.example.com"]))]
    pub hosts: Option<At<Vec<At<String>>>>,
    /// The listeners that serve it. Must be there if there is more than one listener.
    #[schemars(length(min = 1), example = serde_json::json!(["public"]))]
    pub listeners: Option<At<Vec<At<String>>>>,
    /// The upstream that its requests go to.
    #[schemars(example = &"orders")]
    pub upstream: Option<At<String>>,
    /// An OpenAPI document (3.0, 3.1, 3.2), relative to this file. Nothing outside of it can be reached.
    #[schemars(example = &"orders.openapi.yaml")]
    pub openapi: Option<At<String>>,
    /// Opens operations whose document says nothing about who may call them.
    pub undeclared: Option<At<UndeclaredConfig>>,
    /// Policies for single operations of the document, by `operationId` or as `GET /path`.
    #[schemars(with = "Option<BTreeMap<String, OperationConfig>>")]
    pub operations: Option<serde::de::IgnoredAny>,
    /// Written routes, for an API without a document.
    #[schemars(length(min = 1), with = "Option<Vec<RouteConfig>>")]
    pub routes: Option<At<serde::de::IgnoredAny>>,
}

/// Which undeclared operations anyone may call.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Undeclared", extend("x-thing" = "`undeclared`"))]
pub struct UndeclaredConfig {
    /// The `operationId`s that anyone may call, or `all`.
    #[schemars(example = serde_json::json!(["listPets"]))]
    pub public: At<Openings>,
}

/// A route: a path, its methods, and who may call. Policies that stand here apply to it alone.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(rename = "Route", extend("x-thing" = "a route", "x-level" = "route"))]
pub struct RouteConfig {
    /// The path: literal segments, `{name}` for any one segment, `{name*}` for all the rest.
    #[schemars(example = &"/reports/{id}")]
    pub path: At<String>,
    /// The methods, in capitals. HEAD is allowed where GET is.
    #[schemars(example = serde_json::json!(["GET"]))]
    pub methods: At<Methods>,
    /// Who may call: access is never implied and never inherited.
    #[schemars(example = &"public")]
    pub access: Option<At<AccessConfig>>,
}

/// Policies of one documented operation. Who may call it, its document says.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(rename = "Operation", extend("x-thing" = "an operation", "x-level" = "operation"))]
pub struct OperationConfig {}

/// How the gateway is asked about itself: health, metrics, records.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Admin", extend("x-thing" = "`admin`"))]
pub struct AdminConfig {
    /// The Unix socket that answers, readable by its owner only. Without this field it is
    /// `$XDG_RUNTIME_DIR/portcullis/PORT.sock`, or `/tmp/portcullis-UID/PORT.sock`, named after the
    /// first listener's port.
    #[schemars(example = &"/run/portcullis/admin.sock")]
    pub socket: Option<At<String>>,
}

/// The defaults that the reference shows, from the limits that apply.
mod defaults {
    use portcullis_core::{limits, units::Period};

    pub(super) fn connect_time_max() -> Period {
        Period(limits::UPSTREAM_CONNECT_TIME_MAX)
    }

    pub(super) fn answer_time_max() -> Period {
        Period(limits::UPSTREAM_HEAD_TIME_MAX)
    }
}
