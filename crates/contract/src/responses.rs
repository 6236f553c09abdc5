//! The `responses` of an operation: whether their keys are statuses, and which one is the success.

use crate::{reasons, shape};
use http::StatusCode;
use portcullis_core::{
    diagnostic::{Diagnostic, Diagnostics},
    tree::{Entry, Node},
};

/// Lists the keys of an operation's `responses` that are no status.
pub(crate) fn check(operation: &Node, problems: &mut Diagnostics) {
    let Some(responses) = operation.get("responses") else { return };
    for entry in shape::map(responses, "`responses`", problems).unwrap_or(&[]) {
        let key = entry.key.as_str();
        let known = key == "default" || shape::is_extension(key) || is_range(key);
        if !known && status(key).is_none() {
            problems.push(no_status(entry));
        }
    }
}

/// The documented success: the lowest 2xx, else `2XX` or `default` as 200.
pub(crate) fn success(operation: &Node) -> Option<(StatusCode, &Node)> {
    let responses = operation.get("responses")?;
    let successes = responses.entries().iter().filter_map(|entry| {
        Some((status(&entry.key).filter(StatusCode::is_success)?, &entry.value))
    });
    let any = || responses.get("2XX").or_else(|| responses.get("default"));
    successes.min_by_key(|(status, _)| *status).or_else(|| Some((StatusCode::OK, any()?)))
}

fn status(key: &str) -> Option<StatusCode> {
    StatusCode::from_bytes(key.as_bytes()).ok().filter(|status| status.as_u16() < 600)
}

fn is_range(key: &str) -> bool {
    matches!(key, "1XX" | "2XX" | "3XX" | "4XX" | "5XX")
}

fn no_status(entry: &Entry) -> Diagnostic {
    let message = format!("`{}` is not a status", entry.key);
    let problem = Diagnostic::new(&reasons::BAD_STATUS, entry.key_span, message)
        .label("expected a status, a range or `default`");
    let capitals = entry.key.to_ascii_uppercase();
    if is_range(&capitals) {
        return problem.hint(format!("write `{capitals}`"));
    }
    problem.hint("write a status such as `200`, a range such as `2XX`, or `default`")
}
