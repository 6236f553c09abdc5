//! Whether an expectation holds, and what came instead.

use crate::{
    expect::{Expectation, Expected, Pattern, Sight},
    seen::{Call, Seen},
};
use http::{HeaderMap, HeaderName};
use portcullis_core::{record::Outcome, step::StepId};
use portcullis_policies::pipeline::ORDER;
use serde_json::Value;

/// The longest part of a body that a report shows, in characters.
const SHOWN_MAX: usize = 600;

/// What came instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// For a person.
    pub(crate) got: String,
    /// The line that would hold; `None` where only a person can say what is meant.
    pub(crate) correct: Option<String>,
}

impl Pattern {
    fn holds(&self, value: &str) -> bool {
        match self {
            Self::Exact(exact) => value == exact,
            Self::Prefix(prefix) => value.starts_with(prefix),
        }
    }
}

impl Mismatch {
    /// Something that is said to a person only.
    fn only(got: impl Into<String>) -> Self {
        Self { got: got.into(), correct: None }
    }

    /// A line that would hold.
    fn line(line: impl Into<String>) -> Self {
        let line = format!("> {}", line.into());
        Self { got: line.clone(), correct: Some(line) }
    }
}

impl Expectation<'_> {
    /// Compares with what came.
    pub(crate) fn check(&self, seen: &Seen) -> Result<(), Mismatch> {
        let (holds, otherwise) = match &self.expected {
            Expected::Status(status) => {
                (seen.status == *status, Mismatch::line(seen.status.as_str()))
            }
            Expected::Header(name, pattern) => return header(&seen.headers, name, pattern),
            Expected::NoHeader(name) => return no_header(&seen.headers, name),
            Expected::BodyIs(text) => (same(text, &seen.body), body_line(&seen.body)),
            Expected::BodyContains(text) => {
                let body = String::from_utf8_lossy(&seen.body);
                (body.contains(text), Mismatch::only(format!("> body is {}", shown(&seen.body))))
            }
            Expected::Reason(code) => match seen.reason() {
                Some(reason) => (
                    reason.code == code,
                    Mismatch {
                        got: format!("> reason: {} ({})", reason.code, reason.title),
                        correct: Some(format!("> reason: {}", reason.code)),
                    },
                ),
                None => (false, Mismatch::only("no reason: no step refused or answered")),
            },
            Expected::NotCalled => return not_called(&seen.calls),
            Expected::Saw(sight) => return saw(&seen.calls, sight),
            Expected::Step(step, outcome) => {
                (seen.mark(*step) == Some(*outcome), Mismatch::only(mark_line(seen, *step)))
            }
            Expected::NoStep(step) => {
                (seen.mark(*step).is_none(), Mismatch::only(mark_line(seen, *step)))
            }
            Expected::End(end) => {
                (seen.end() == end, Mismatch::only(format!("> record: end {}", seen.end())))
            }
        };
        if holds { Ok(()) } else { Err(otherwise) }
    }
}

fn values(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    let values = headers.get_all(name).iter();
    values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
}

/// With several fields of the name it is enough that one is as expected.
fn header(headers: &HeaderMap, name: &HeaderName, pattern: &Pattern) -> Result<(), Mismatch> {
    let values = values(headers, name);
    if values.iter().any(|value| pattern.holds(value)) {
        return Ok(());
    }
    Err(match values.as_slice() {
        [] => Mismatch::line(format!("no {name}")),
        [value] => Mismatch::line(format!("{name}: {value}")),
        several => Mismatch::only(format!("> {name}: {}", several.join(&format!("\n> {name}: ")))),
    })
}

fn no_header(headers: &HeaderMap, name: &HeaderName) -> Result<(), Mismatch> {
    match values(headers, name).first() {
        None => Ok(()),
        Some(value) => Err(Mismatch::line(format!("{name}: {value}"))),
    }
}

fn not_called(calls: &[Call]) -> Result<(), Mismatch> {
    match calls.first() {
        None => Ok(()),
        Some(call) => Err(Mismatch::only(saw_request(call))),
    }
}

fn saw_request(call: &Call) -> String {
    format!("> upstream: saw {} {}", call.method, call.target)
}

fn saw(calls: &[Call], sight: &Sight) -> Result<(), Mismatch> {
    let Some(call) = calls.last() else {
        return Err(Mismatch::only("> upstream: not called"));
    };
    let upstream =
        |mismatch: Mismatch| Mismatch::only(mismatch.got.replace("> ", "> upstream: saw "));
    match sight {
        Sight::Request(method, target) if call.method == method && call.target == *target => Ok(()),
        Sight::Request(..) => Err(Mismatch::only(saw_request(call))),
        Sight::Header(name, pattern) => header(&call.headers, name, pattern).map_err(upstream),
        Sight::NoHeader(name) => no_header(&call.headers, name).map_err(upstream),
        Sight::Body(text) if same(text, &call.body) => Ok(()),
        Sight::Body(_) => {
            Err(Mismatch::only(format!("> upstream: saw body {}", shown(&call.body))))
        }
    }
}

fn mark_line(seen: &Seen, step: StepId) -> String {
    let name = ORDER.get(usize::from(step.0)).map_or("?", |line| line.name);
    match seen.mark(step) {
        Some(outcome) => format!("> record: {name} {}", word(outcome)),
        None => format!("> record: no {name}"),
    }
}

/// Equal as JSON if both are JSON, else as text without the newline at its end.
fn same(expected: &str, body: &[u8]) -> bool {
    let json = serde_json::from_slice::<Value>(body);
    match (serde_json::from_str::<Value>(expected), json) {
        (Ok(expected), Ok(got)) => expected == got,
        _ => std::str::from_utf8(body).is_ok_and(|body| body.trim_end() == expected),
    }
}

/// The `body is` line that would hold, if the body fits into a line.
fn body_line(body: &[u8]) -> Mismatch {
    if let Ok(json) = serde_json::from_slice::<Value>(body) {
        let correct = Some(format!("> body is {json}"));
        return Mismatch { got: format!("> body is {}", shown(body)), correct };
    }
    let text = std::str::from_utf8(body).map(str::trim_end);
    let line = text.ok().filter(|text| !text.contains(['\n', '\r']) && text.trim_start() == *text);
    let correct = line.map(|line| format!("> body is {line}").trim_end().to_owned());
    Mismatch { got: format!("> body is {}", shown(body)).trim_end().to_owned(), correct }
}

/// The beginning of a body, for a person.
fn shown(body: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(body) else {
        return format!("… {} bytes that are not UTF-8", body.len());
    };
    let text = text.trim_end();
    match text.char_indices().nth(SHOWN_MAX) {
        Some((at, _)) => format!("{}… ({} bytes)", text.get(..at).unwrap_or(""), body.len()),
        None => text.to_owned(),
    }
}

/// What a `record:` line calls it.
pub(crate) fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Refused => "refused",
        Outcome::Answered => "answered",
    }
}
