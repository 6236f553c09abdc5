//! What is open, to whom, and what is closed: for the start message and `check`.

use portcullis_gateway::explain::printable;
use portcullis_policies::blueprint::{Blueprint, ClosedBecause, Route};
use std::fmt::Write as _;

/// The lines of each list that the start message shows.
pub(crate) const LINES_AT_START: usize = 40;

/// What is open, to whom, and what is closed and why. At most `lines_max` of each.
pub(crate) fn list(blueprint: &Blueprint, lines_max: usize) -> String {
    let (closed, open): (Vec<&Route>, Vec<&Route>) =
        blueprint.routes.iter().partition(|route| route.access.is_closed());
    let mut text = String::new();
    if blueprint.routes.is_empty() && blueprint.unserved.is_empty() {
        text.push_str("no routes: every request is answered 404\n");
    }
    section(&mut text, "open to anyone", &open, lines_max, |_| String::new());
    section(&mut text, "closed (403)", &closed, lines_max, why_closed);
    if !blueprint.unserved.is_empty() {
        text.push_str("not served (404): what these use is not supported\n");
        for unserved in blueprint.unserved.iter().take(lines_max) {
            let line = format!("  {:<7} {}  {}", unserved.method, unserved.path, unserved.why);
            let _ = writeln!(text, "{}", printable(&line));
        }
        more(&mut text, blueprint.unserved.len(), lines_max);
    }
    text
}

fn section(
    text: &mut String,
    title: &str,
    routes: &[&Route],
    lines_max: usize,
    remark: impl Fn(&Route) -> String,
) {
    if routes.is_empty() {
        return;
    }
    let shown = routes.iter().take(lines_max);
    let width = shown.clone().map(|route| route.label.template.chars().count());
    let width = width.max().unwrap_or(0).min(48);
    let _ = writeln!(text, "{title}");
    for route in shown {
        let operation = route.label.operation.as_deref().unwrap_or_default();
        let mocked = route.policies.mock.is_some() && !route.access.is_closed();
        let answers = if mocked { "mocked" } else { "" };
        let remarks = [operation, answers, &remark(route)].map(str::to_owned);
        let remarks: Vec<String> =
            remarks.into_iter().filter(|remark| !remark.is_empty()).collect();
        let method = route.method.as_str();
        let line =
            format!("  {method:<7} {:<width$}  {}", route.label.template, remarks.join(", "));
        let _ = writeln!(text, "{}", printable(line.trim_end()));
    }
    more(text, routes.len(), lines_max);
}

fn more(text: &mut String, all: usize, lines_max: usize) {
    if all > lines_max {
        let _ = writeln!(text, "  … and {} more; `portcullis check` lists all", all - lines_max);
    }
}

fn why_closed(route: &Route) -> String {
    match &route.closed {
        Some(ClosedBecause::Undeclared) => {
            String::from("its document does not say who may call it")
        }
        Some(ClosedBecause::NoAuthenticator(schemes)) => {
            format!("needs {}, which no authenticator answers for", schemes.join(", "))
        }
        Some(ClosedBecause::Unsupported(why)) => format!("not supported: {why}"),
        None => String::new(),
    }
}

/// Whether something is closed only because its document is silent.
pub(crate) fn has_undeclared(blueprint: &Blueprint) -> bool {
    blueprint.routes.iter().any(|route| route.closed == Some(ClosedBecause::Undeclared))
}

/// Whether a document describes some of it, so that people may expect it to be enforced.
pub(crate) fn has_document(blueprint: &Blueprint) -> bool {
    blueprint.routes.iter().any(|route| route.documented) || !blueprint.unserved.is_empty()
}
