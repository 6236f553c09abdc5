//! A `>` line: what it says, and whether that is so.

use crate::{
    markdown::Line,
    request::Fault,
    seen::{Call, ENDS, Seen},
};
use http::{HeaderMap, HeaderName, Method, StatusCode};
use portcullis_config::reasons;
use portcullis_core::{record::Outcome, step::StepId};
use portcullis_policies::pipeline::ORDER;
use serde_json::Value;

/// The forms, as an error lists them.
const FORMS: &str = "  > 429                           the status
  > name: value                   a header field; `*` at the end stands for any rest
  > no name                       no such field
  > body is TEXT                  compared as JSON if both are
  > body contains TEXT
  > reason: PC0404                of the step that refused or answered
  > upstream: not called
  > upstream: saw METHOD PATH     or `saw name: value`, `saw no name`, `saw body TEXT`
  > record: STEP passed           or `STEP refused`, `STEP answered`, `no STEP`, `end refused`";

/// The longest part of a body that a report shows, in characters.
const SHOWN_MAX: usize = 600;

/// A `>` line.
#[derive(Debug)]
pub(crate) struct Expectation<'t> {
    /// Where it stands.
    pub(crate) line: Line<'t>,
    expected: Expected,
}

/// What a `>` line says.
#[derive(Debug)]
enum Expected {
    Status(StatusCode),
    Header(HeaderName, Pattern),
    NoHeader(HeaderName),
    BodyIs(String),
    BodyContains(String),
    Reason(String),
    NotCalled,
    Saw(Sight),
    Step(StepId, Outcome),
    NoStep(StepId),
    End(String),
}

/// What an upstream must have seen.
#[derive(Debug)]
enum Sight {
    Request(Method, String),
    Header(HeaderName, Pattern),
    NoHeader(HeaderName),
    Body(String),
}

/// A value, or its beginning.
#[derive(Debug)]
enum Pattern {
    Exact(String),
    Prefix(String),
}

/// What came instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// For a person.
    pub(crate) got: String,
    /// The line that would hold; `None` where only a person can say what is meant.
    pub(crate) correct: Option<String>,
}

/// Reads a `>` line.
pub(crate) fn read<'t>(line: Line<'t>) -> Result<Expectation<'t>, Fault> {
    let marker = line.text.find('>').unwrap_or(0);
    let rest = line.text.get(marker + 1..).unwrap_or("");
    let start = marker + 1 + (rest.len() - rest.trim_start().len());
    match expected(rest.trim()) {
        Ok(expected) => Ok(Expectation { line, expected }),
        Err(message) => Err(Fault::at(line, start, message)),
    }
}

fn expected(text: &str) -> Result<Expected, String> {
    if let Some(body) = text.strip_prefix("body contains ") {
        return Ok(Expected::BodyContains(body.trim().to_owned()));
    }
    if let Some(body) = text.strip_prefix("body is").filter(|b| b.is_empty() || b.starts_with(' '))
    {
        return Ok(Expected::BodyIs(body.trim().to_owned()));
    }
    if let Some(name) = text.strip_prefix("no ") {
        return header_name(name.trim()).map(Expected::NoHeader);
    }
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        let status = StatusCode::from_bytes(text.as_bytes());
        return status.map(Expected::Status).map_err(|_| format!("`{text}` is no HTTP status"));
    }
    let Some((name, value)) = text.split_once(':') else {
        return Err(format!("`> {text}` is no expectation; these are known:\n{FORMS}"));
    };
    let value = value.trim();
    match name.trim() {
        "reason" => reason(value),
        "upstream" => upstream(value),
        "record" => record(value),
        "body" => Err(format!("write `body is {value}` or `body contains {value}`")),
        name => Ok(Expected::Header(header_name(name)?, Pattern::of(value))),
    }
}

fn header_name(name: &str) -> Result<HeaderName, String> {
    let unknown = |_| format!("`{name}` is no header name; the known expectations are:\n{FORMS}");
    HeaderName::from_bytes(name.as_bytes()).map_err(unknown)
}

fn reason(code: &str) -> Result<Expected, String> {
    if reasons::all().iter().any(|reason| reason.code == code) {
        return Ok(Expected::Reason(code.to_owned()));
    }
    Err(format!("no reason has the code `{code}` in this version"))
}

fn upstream(text: &str) -> Result<Expected, String> {
    if text == "not called" {
        return Ok(Expected::NotCalled);
    }
    let Some(sight) = text.strip_prefix("saw ").map(str::trim) else {
        return Err(format!(
            "`upstream: {text}`: write `upstream: not called` or `upstream: saw …`"
        ));
    };
    if let Some(body) = sight.strip_prefix("body ") {
        return Ok(Expected::Saw(Sight::Body(body.trim().to_owned())));
    }
    if let Some(name) = sight.strip_prefix("no ") {
        return header_name(name.trim()).map(|name| Expected::Saw(Sight::NoHeader(name)));
    }
    if let Some((method, target)) = sight.split_once(' ')
        && target.trim().starts_with('/')
        && let Ok(method) = Method::from_bytes(method.as_bytes())
    {
        return Ok(Expected::Saw(Sight::Request(method, target.trim().to_owned())));
    }
    let Some((name, value)) = sight.split_once(':') else {
        return Err(format!(
            "`saw {sight}`: write `saw GET /path`, `saw name: value`, `saw no name` or `saw body TEXT`"
        ));
    };
    Ok(Expected::Saw(Sight::Header(header_name(name.trim())?, Pattern::of(value.trim()))))
}

fn record(text: &str) -> Result<Expected, String> {
    if let Some(end) = text.strip_prefix("end ").map(str::trim) {
        if ENDS.contains(&end) {
            return Ok(Expected::End(end.to_owned()));
        }
        return Err(format!("`end {end}`: a record ends {}", ENDS.join(", ")));
    }
    if let Some(name) = text.strip_prefix("no ") {
        return step(name.trim()).map(Expected::NoStep);
    }
    let (name, outcome) = text.rsplit_once(' ').unwrap_or((text, ""));
    let outcomes = [Outcome::Passed, Outcome::Refused, Outcome::Answered];
    match outcomes.into_iter().find(|known| word(*known) == outcome) {
        Some(outcome) => Ok(Expected::Step(step(name.trim())?, outcome)),
        None => Err(format!("`record: {text}`: a step has `passed`, `refused` or `answered`")),
    }
}

/// A step that does something in this version. What expects one that does nothing could never fail,
/// or never hold.
fn step(name: &str) -> Result<StepId, String> {
    let found = ORDER.iter().position(|line| line.name == name);
    let id = found.and_then(|at| u8::try_from(at).ok()).map(StepId);
    let active = found.and_then(|at| ORDER.get(at)).is_some_and(|line| line.active);
    match id {
        Some(id) if active => Ok(id),
        Some(_) => Err(format!("the step `{name}` does nothing in this version")),
        None => {
            let active = ORDER.iter().filter(|line| line.active).map(|line| line.name);
            let known: Vec<&str> = active.collect();
            Err(format!("there is no step `{name}`; these are: {}", known.join(", ")))
        }
    }
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Refused => "refused",
        Outcome::Answered => "answered",
    }
}

impl Pattern {
    fn of(text: &str) -> Self {
        match text.strip_suffix('*') {
            Some(prefix) => Self::Prefix(prefix.to_owned()),
            None => Self::Exact(text.to_owned()),
        }
    }

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
    /// The line as written.
    pub(crate) fn text(&self) -> &str {
        self.line.text.trim()
    }

    /// What stands before the `>`.
    pub(crate) fn indent(&self) -> String {
        let marker = self.line.text.find('>').unwrap_or(0);
        [self.line.indent, self.line.text.get(..marker).unwrap_or("")].concat()
    }

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
