//! What is open, to whom, and what is closed: for the start message and `check`.

use portcullis_gateway::explain::printable;
use portcullis_policies::blueprint::{ApiSummary, Blueprint, ClosedBecause, Route};
use std::fmt::Write as _;

/// The lines of each list that the start message shows.
pub(crate) const LINES_AT_START: usize = 40;
/// The width up to which paths stand in a column.
const COLUMN_MAX: usize = 48;

/// What is open, to whom, and what is closed and why, API by API. At most `lines_max` of each.
pub(crate) fn list(blueprint: &Blueprint, lines_max: usize) -> String {
    let mut text = String::new();
    if blueprint.routes.is_empty() && blueprint.unserved.is_empty() {
        text.push_str("no routes: every request is answered 404\n");
    }
    if blueprint.gateway.addresses.is_some() {
        text.push_str("the gateway's `addresses` are asked before everything else\n");
    }
    for api in &blueprint.apis {
        let routes = blueprint.routes.iter().filter(|route| route.label.api == api.name);
        let (closed, open): (Vec<&Route>, Vec<&Route>) =
            routes.partition(|route| route.access.is_closed());
        let _ = writeln!(text, "{}", printable(&heading(api)));
        section(&mut text, "open without a credential", &open, lines_max);
        section(&mut text, "closed (403)", &closed, lines_max);
    }
    if !blueprint.unserved.is_empty() {
        text.push_str("not served (404): what these use is not supported\n");
        for unserved in blueprint.unserved.iter().take(lines_max) {
            let line = format!("    {:<7} {}  {}", unserved.method, unserved.path, unserved.why);
            let _ = writeln!(text, "{}", printable(&line));
        }
        more(&mut text, blueprint.unserved.len(), lines_max);
    }
    text
}

fn heading(api: &ApiSummary) -> String {
    let hosts = if api.hosts.is_empty() { String::from("any host") } else { api.hosts.join(", ") };
    let listeners: Vec<&str> = api.listeners.iter().map(|listener| listener.as_str()).collect();
    format!("{} ({hosts}; listener {})", api.name, listeners.join(", "))
}

fn section(text: &mut String, title: &str, routes: &[&Route], lines_max: usize) {
    if routes.is_empty() {
        return;
    }
    let shown = routes.iter().take(lines_max);
    let width = shown.clone().map(|route| route.label.template.chars().count());
    let width = width.filter(|width| *width <= COLUMN_MAX).max().unwrap_or(0);
    let _ = writeln!(text, "  {title}");
    for route in shown {
        let method = route.method.as_str();
        let line = format!("    {method:<7} {:<width$}  {}", route.label.template, remarks(route));
        let _ = writeln!(text, "{}", printable(line.trim_end()));
    }
    more(text, routes.len(), lines_max);
}

/// The operation's id, what answers it, and what else decides.
fn remarks(route: &Route) -> String {
    let mut remarks: Vec<String> = route.label.operation.iter().map(ToString::to_string).collect();
    if route.access.is_closed() {
        remarks.extend(why_closed(route));
    } else {
        remarks.extend(route.policies.mock.as_ref().map(|_| String::from("mocked")));
        remarks.extend(
            route.policies.addresses.as_ref().map(|_| String::from("limited by `addresses`")),
        );
    }
    remarks.join(", ")
}

fn more(text: &mut String, all: usize, lines_max: usize) {
    if all > lines_max {
        let _ = writeln!(text, "    … and {} more; `portcullis check` lists all", all - lines_max);
    }
}

fn why_closed(route: &Route) -> Option<String> {
    Some(match route.closed.as_ref()? {
        ClosedBecause::Undeclared => String::from("its document does not say who may call it"),
        ClosedBecause::Optional => String::from(
            "its document makes the credential optional, which opens nothing by itself",
        ),
        ClosedBecause::NoAuthenticator(alternatives) => {
            let alternatives: Vec<String> =
                alternatives.iter().map(|schemes| schemes.join(" and ")).collect();
            format!("needs {}, which no authenticator answers for", alternatives.join(", or "))
        }
        ClosedBecause::Unsupported(why) => format!("not supported: {why}"),
    })
}

/// Whether something is closed only because its document does not decide.
pub(crate) fn has_undeclared(blueprint: &Blueprint) -> bool {
    let undecided = [Some(ClosedBecause::Undeclared), Some(ClosedBecause::Optional)];
    blueprint.routes.iter().any(|route| undecided.contains(&route.closed))
}

/// Whether something is closed because nobody can tell who calls.
pub(crate) fn has_secured(blueprint: &Blueprint) -> bool {
    let secured = |route: &Route| matches!(route.closed, Some(ClosedBecause::NoAuthenticator(_)));
    blueprint.routes.iter().any(secured)
}

/// Whether a document describes some of it, so that people may expect it to be enforced.
pub(crate) fn has_document(blueprint: &Blueprint) -> bool {
    blueprint.routes.iter().any(|route| route.documented) || !blueprint.unserved.is_empty()
}
