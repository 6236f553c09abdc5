//! The ends of the gateway: listeners, upstreams, and which API uses which.

use super::Compiler;
use crate::{
    load::Completeness,
    reasons::{
        BAD_HOST_PATTERN, BAD_LISTEN_ADDRESS, BAD_TARGET, EQUAL_LISTENERS, NO_LISTENER,
        UNKNOWN_NAME,
    },
    shape::{ApiConfig, ListenerConfig, UpstreamConfig},
};
use portcullis_core::{
    canonical::{Authority, Scheme},
    diagnostic::Diagnostic,
    limits,
    name::{ListenerName, UpstreamName},
    ports::upstream::{UpstreamPlan, UpstreamTarget},
    router::{HostPattern, Router},
    source::{At, Span},
    tree::Node,
};
use portcullis_policies::blueprint::Listener;
use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

/// What a fragment's own listener and upstream are called.
const SUPPLIED: &str = "default";

impl Compiler<'_, '_> {
    pub(super) fn listeners(&mut self, root: &Node) {
        for entry in root.get("listeners").map(Node::entries).unwrap_or_default() {
            let Some(name) = self.name(entry, ListenerName::new) else { continue };
            // A listener that is wrong is kept by name, so that those who name it are not wrong too.
            let config = self.section::<ListenerConfig>(&entry.value);
            let address = config.and_then(|config| {
                let address = self.listen_address(&config.address)?;
                self.refuse_equal_listeners(address, config.address.span);
                Some(address)
            });
            let address = address.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
            self.listeners.push(Listener { name, address, router: Router::default() });
        }
        if self.listeners.is_empty() && self.completeness == Completeness::Fragment {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            if let Ok(name) = ListenerName::new(SUPPLIED) {
                self.listeners.push(Listener { name, address, router: Router::default() });
            }
        }
    }

    /// A connection belongs to the listener of its address, so no two have the same.
    fn refuse_equal_listeners(&mut self, address: SocketAddr, span: Span) {
        if let Some(other) = self.listeners.iter().find(|listener| listener.address == address) {
            let message = format!("the listener `{}` has this address too", other.name);
            self.problem(
                Diagnostic::new(&EQUAL_LISTENERS, span, message)
                    .label("the same address again")
                    .hint("give each listener an address of its own"),
            );
        }
    }

    fn listen_address(&mut self, text: &At<String>) -> Option<SocketAddr> {
        let address = text.parse().ok();
        if address.is_none() {
            let message = format!("`{}` is not an address to listen on", text.value);
            self.problem(
                Diagnostic::new(&BAD_LISTEN_ADDRESS, text.span, message)
                    .label("expected `address:port`")
                    .hint(
                        "write `127.0.0.1:8080` or `[::1]:8080`; `0.0.0.0:8080` for every address",
                    ),
            );
        }
        address
    }

    pub(super) fn upstreams(&mut self, root: &Node) {
        for entry in root.get("upstreams").map(Node::entries).unwrap_or_default() {
            let Some(name) = self.name(entry, UpstreamName::new) else { continue };
            let config = self.section::<UpstreamConfig>(&entry.value);
            let plan = match config {
                Some(config) => self.upstream(name, &config),
                None => plan(name, Vec::new()),
            };
            self.upstreams.push(Arc::new(plan));
        }
        if self.completeness == Completeness::Fragment
            && let Ok(name) = UpstreamName::new(SUPPLIED)
            && self.upstreams.iter().all(|upstream| upstream.name != name)
        {
            self.upstreams.push(Arc::new(plan(name, Vec::new())));
        }
    }

    fn upstream(&mut self, name: UpstreamName, config: &UpstreamConfig) -> UpstreamPlan {
        let targets = config.targets.iter().filter_map(|text| self.target(text)).collect();
        let plan = plan(name, targets);
        let or = |period: &Option<At<portcullis_core::units::Period>>, default| {
            period.as_ref().map_or(default, |period| period.value.0)
        };
        UpstreamPlan {
            connect_time_max: or(&config.connect_time_max, plan.connect_time_max),
            head_time_max: or(&config.answer_time_max, plan.head_time_max),
            ..plan
        }
    }

    fn target(&mut self, text: &At<String>) -> Option<UpstreamTarget> {
        let bad = |label: &str| {
            Diagnostic::new(&BAD_TARGET, text.span, "a target that cannot be called")
                .label(label)
                .hint("write `http://host:port`")
        };
        let problem = match text.split_once("://") {
            Some(("http", rest)) => match rest.strip_suffix('/').unwrap_or(rest) {
                rest if rest.contains(['/', '?', '#']) => {
                    bad("a path does not belong here: what was authorised is forwarded as it is")
                }
                rest => match Authority::admit(rest, Scheme::Http) {
                    Ok(Authority { host, port }) => {
                        let port = port.unwrap_or(Scheme::Http.default_port());
                        return Some(UpstreamTarget { host, port });
                    }
                    Err(_) => bad("not a host with an optional port"),
                },
            },
            Some(("https", _)) => bad("TLS to upstreams is not there yet"),
            Some(_) => bad("not a scheme that upstreams speak"),
            None => bad("no `http://`"),
        };
        self.problem(problem);
        None
    }

    pub(super) fn hosts(&mut self, config: &ApiConfig) -> Vec<HostPattern> {
        let Some(hosts) = &config.hosts else { return vec![HostPattern::Any] };
        let mut patterns = Vec::new();
        for host in &hosts.value {
            match HostPattern::parse(host) {
                Some(pattern) if patterns.contains(&pattern) => {}
                Some(pattern) => patterns.push(pattern),
                None => self.problem(
                    Diagnostic::new(&BAD_HOST_PATTERN, host.span, format!("`{}` is not a host", host.value))
                        .hint("write `api.example.com`, or `*.example.com` for every host below; no port, no path"),
                ),
            }
        }
        patterns
    }

    pub(super) fn api_listeners(&mut self, config: &ApiConfig, api: Span) -> Vec<usize> {
        let Some(named) = &config.listeners else {
            if self.listeners.len() > 1 {
                let names: Vec<&str> = self.listeners.iter().map(|l| l.name.as_str()).collect();
                let list = names.join(", ");
                self.problem(
                    Diagnostic::new(
                        &NO_LISTENER,
                        api,
                        "an API that does not say which listeners serve it",
                    )
                    .label("no `listeners`")
                    .hint(format!("add `listeners: [NAME]` with one or more of {list}")),
                );
            }
            return (0..self.listeners.len()).collect();
        };
        let mut found = Vec::new();
        for name in &named.value {
            match self.listeners.iter().position(|listener| listener.name.as_str() == name.value) {
                Some(index) if found.contains(&index) => {}
                Some(index) => found.push(index),
                None => {
                    let names: Vec<ListenerName> =
                        self.listeners.iter().map(|listener| listener.name.clone()).collect();
                    let message = format!("there is no listener `{}`", name.value);
                    let known = names.iter().map(ListenerName::as_str);
                    self.unknown_name(&UNKNOWN_NAME, name.span, message, &name.value, known);
                }
            }
        }
        found
    }

    pub(super) fn api_upstream(&mut self, config: &ApiConfig) -> Option<Arc<UpstreamPlan>> {
        let upstreams = self.upstreams.clone();
        let by = |name: &str| upstreams.iter().find(|u| u.name.as_str() == name).cloned();
        let Some(name) = &config.upstream else {
            return if self.completeness == Completeness::Fragment { by(SUPPLIED) } else { None };
        };
        let found = by(&name.value);
        if found.is_none() {
            let message = format!("there is no upstream `{}`", name.value);
            let known = upstreams.iter().map(|upstream| upstream.name.as_str());
            self.unknown_name(&UNKNOWN_NAME, name.span, message, &name.value, known);
        }
        found
    }
}

fn plan(name: UpstreamName, targets: Vec<UpstreamTarget>) -> UpstreamPlan {
    UpstreamPlan {
        name,
        targets,
        connect_time_max: limits::UPSTREAM_CONNECT_TIME_MAX,
        head_time_max: limits::UPSTREAM_HEAD_TIME_MAX,
    }
}
