//! Counters and histograms in the text format of OpenMetrics.

use portcullis_core::record::Record;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};
use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError, atomic::AtomicU64},
};

/// The most routes that have series of their own; the rest share one. Routes come from the config, so
/// callers cannot make series.
const ROUTES_MAX: usize = 2_000;

/// What is counted.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    refusals: Family<RefusalLabels, Counter>,
    durations: Family<RouteLabels, Histogram, fn() -> Histogram>,
    answer_bytes: Counter,
    routes: Mutex<HashSet<String>>,
    reloads: Family<ReloadLabels, Counter>,
    /// Records that were dropped because the queue was full.
    pub records_dropped: Counter,
    /// Lines that could not be written.
    pub log_errors: Counter,
    config: Gauge<u64, AtomicU64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    api: String,
    route: String,
    method: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    api: String,
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusalLabels {
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReloadLabels {
    outcome: &'static str,
}

fn histogram() -> Histogram {
    Histogram::new([
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
    ])
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("portcullis"),
            requests: Family::default(),
            refusals: Family::default(),
            durations: Family::new_with_constructor(histogram),
            answer_bytes: Counter::default(),
            routes: Mutex::default(),
            reloads: Family::default(),
            records_dropped: Counter::default(),
            log_errors: Counter::default(),
            config: Gauge::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register(
            "requests",
            "Requests by route, method and status",
            self.requests.clone(),
        );
        registry.register("refusals", "Refused requests by reason", self.refusals.clone());
        let help = "From the head of the request to the end of the answer";
        registry.register_with_unit(
            "request_duration",
            help,
            Unit::Seconds,
            self.durations.clone(),
        );
        registry.register("answer_bytes", "Bytes of answers' bodies", self.answer_bytes.clone());
        registry.register(
            "config_loads",
            "Configs that were loaded, by outcome",
            self.reloads.clone(),
        );
        let help = "Records that were dropped because the queue was full";
        registry.register("records_dropped", help, self.records_dropped.clone());
        let help = "Lines of the log that could not be written";
        registry.register("log_errors", help, self.log_errors.clone());
        let help = "When the config in force was loaded, in seconds since 1970";
        registry.register("config_loaded_time", help, self.config.clone());
    }

    /// Counts a request.
    pub fn count(&self, record: &Record) {
        let (api, route) = match record.route.as_deref() {
            Some(route) => (route.api.to_string(), self.bounded(&route.template)),
            None => (String::new(), String::new()),
        };
        // Without a route the method is the caller's word, and would make series.
        let method = match (record.route.as_deref(), record.target.as_deref()) {
            (Some(_), Some(target)) => target.method.to_string(),
            _ => String::new(),
        };
        let labels = RequestLabels {
            api: api.clone(),
            route: route.clone(),
            method,
            status: record.status(),
        };
        self.requests.get_or_create(&labels).inc();
        let seconds = record.duration.as_secs_f64();
        self.durations.get_or_create(&RouteLabels { api, route }).observe(seconds);
        self.answer_bytes.inc_by(record.answer_bytes);
        if let Some(ground) = record.refusal() {
            self.refusals.get_or_create(&RefusalLabels { reason: ground.reason.code }).inc();
        }
    }

    /// Counts a config that was loaded, or refused.
    pub fn config_loaded(&self, sound: bool, at_unix_seconds: u64) {
        let outcome = if sound { "adopted" } else { "refused" };
        self.reloads.get_or_create(&ReloadLabels { outcome }).inc();
        if sound {
            self.config.set(at_unix_seconds);
        }
    }

    /// All of it, in the text format of OpenMetrics 1.0.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    fn bounded(&self, route: &str) -> String {
        let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        if !routes.contains(route) {
            if routes.len() >= ROUTES_MAX {
                return String::from("(others)");
            }
            routes.insert(route.to_owned());
        }
        route.to_owned()
    }
}
