//! What the admin socket answers.

use arc_swap::ArcSwap;
use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use portcullis_core::{
    record::{Record, RequestId},
    source::Places,
};
use portcullis_gateway::explain::Explanation;
use portcullis_policies::blueprint::Blueprint;
use portcullis_telemetry::{Metrics, Recent};
use serde_json::json;
use std::{collections::HashMap, sync::Arc};

/// The most records that one answer lists.
const LISTED_MAX: usize = 1_000;

/// What the answers are made of.
#[derive(Clone)]
pub struct Facts {
    /// The blueprint of the moment.
    pub blueprint: Arc<ArcSwap<Blueprint>>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The newest records.
    pub recent: Arc<Recent>,
}

/// Every route of the socket. All of them only read.
pub fn routes(facts: Facts) -> Router {
    Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .route("/metrics", get(metrics))
        .route("/records", get(records))
        .route("/records/{id}", get(record))
        .fallback(|| async {
            let paths = "/health/live, /health/ready, /metrics, /records, /records/{id}";
            problem(StatusCode::NOT_FOUND, &format!("there is {paths}"))
        })
        .with_state(facts)
}

async fn live() -> Json<serde_json::Value> {
    Json(json!({ "live": true }))
}

/// The socket opens once the config is loaded and the listeners are open, so who reaches it is told yes.
async fn ready(State(facts): State<Facts>) -> Json<serde_json::Value> {
    let blueprint = facts.blueprint.load();
    Json(json!({
        "ready": true,
        "version": env!("CARGO_PKG_VERSION"),
        "config": blueprint.version.to_string(),
        "routes": blueprint.routes.len(),
    }))
}

async fn metrics(State(facts): State<Facts>) -> impl IntoResponse {
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, content_type)], facts.metrics.text())
}

async fn records(
    State(facts): State<Facts>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let count = match query.get("count").map(|text| text.parse::<usize>()) {
        None => 20,
        Some(Ok(count)) => count.min(LISTED_MAX),
        Some(Err(_)) => return problem(StatusCode::BAD_REQUEST, "`count` is a number"),
    };
    let newest = facts.recent.newest(count);
    let explain = |(record, places): &(Arc<Record>, Option<Arc<Places>>)| {
        Explanation::of(record, places.as_deref())
    };
    let list: Vec<Explanation> = newest.iter().map(explain).collect();
    Json(list).into_response()
}

async fn record(State(facts): State<Facts>, Path(id): Path<String>) -> Response {
    let Ok(id) = id.parse::<RequestId>() else {
        return problem(StatusCode::BAD_REQUEST, "a request id is 32 hexadecimal digits");
    };
    match facts.recent.find(id) {
        Some((record, places)) => Json(Explanation::of(&record, places.as_deref())).into_response(),
        None => {
            problem(StatusCode::NOT_FOUND, "no record of this request is kept any more, or yet")
        }
    }
}

fn problem(status: StatusCode, detail: &str) -> Response {
    let body = Json(json!({ "status": status.as_u16(), "detail": detail }));
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
}
