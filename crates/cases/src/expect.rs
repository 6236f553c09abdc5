//! A `>` line, and what it says.

use crate::{compare::word, markdown::Line, request::Fault, seen::ENDS};
use http::{HeaderName, Method, StatusCode};
use portcullis_config::reasons;
use portcullis_core::{record::Outcome, step::StepId};
use portcullis_policies::pipeline::{Done, ORDER};

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

/// A `>` line.
#[derive(Debug)]
pub(crate) struct Expectation<'t> {
    /// Where it stands.
    pub(crate) line: Line<'t>,
    /// What it says.
    pub(crate) expected: Expected,
}

/// What a `>` line says.
#[derive(Debug)]
pub(crate) enum Expected {
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
pub(crate) enum Sight {
    Request(Method, String),
    Header(HeaderName, Pattern),
    NoHeader(HeaderName),
    Body(String),
}

/// A value, or its beginning.
#[derive(Debug)]
pub(crate) enum Pattern {
    Exact(String),
    Prefix(String),
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
    let active = found.and_then(|at| ORDER.get(at)).is_some_and(|line| line.done == Done::Here);
    match id {
        Some(id) if active => Ok(id),
        Some(_) => Err(format!("the step `{name}` does nothing in this version")),
        None => {
            let active = ORDER.iter().filter(|line| line.done == Done::Here).map(|line| line.name);
            let known: Vec<&str> = active.collect();
            Err(format!("there is no step `{name}`; these are: {}", known.join(", ")))
        }
    }
}

impl Pattern {
    fn of(text: &str) -> Self {
        match text.strip_suffix('*') {
            Some(prefix) => Self::Prefix(prefix.to_owned()),
            None => Self::Exact(text.to_owned()),
        }
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
}
