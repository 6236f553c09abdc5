//! A record as text: every step, its verdict, the reason, the line of config.

use portcullis_core::{
    reason::Kind,
    record::{End, Mark, Outcome, Record},
    source::{Place, PlaceId, Places},
    step::{Detail, Ground},
};
use portcullis_policies::pipeline;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt};

/// A record made readable. The admin socket sends it as JSON; [`fmt::Display`] writes it for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The request's id.
    pub id: String,
    /// When its head had been read (RFC 3339).
    pub time: String,
    /// The version of the config that decided.
    pub config: String,
    /// The caller's address.
    pub client: String,
    /// The listener.
    pub listener: String,
    /// Method, host and path; values of the query are left out.
    pub request: Option<String>,
    /// The API and the route's template.
    pub route: Option<String>,
    /// The route's place in the config.
    pub route_place: Option<String>,
    /// The steps that said something, in their order.
    pub steps: Vec<StepView>,
    /// The upstream that was called.
    pub upstream: Option<String>,
    /// How it ended.
    pub end: String,
    /// The status.
    pub status: u16,
    /// The reason of a refusal, and what would have changed it.
    pub refusal: Option<RefusalView>,
    /// From the head of the request to the end of the answer, in microseconds.
    pub duration_us: u64,
}

/// What one step said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepView {
    /// The step.
    pub step: String,
    /// `passed`, `answered` or `refused`.
    pub outcome: String,
    /// The reason's code.
    pub code: String,
    /// The reason.
    pub reason: String,
    /// The value that decided.
    pub detail: String,
    /// `file:line:column`.
    pub place: Option<String>,
    /// The line of config.
    pub line: Option<String>,
}

/// Why a request was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusalView {
    /// The reason's code.
    pub code: String,
    /// What the caller was told.
    pub title: String,
    /// When this happens and why it is so.
    pub explanation: String,
    /// What would have changed it.
    pub remedy: String,
}

impl Explanation {
    /// Makes a record readable. `places` are those of the blueprint that decided; without them, since
    /// it is long gone, the lines of config are missing.
    pub fn of(record: &Record, places: Option<&Places>) -> Self {
        let place = |id: PlaceId| places.and_then(|places| places.get(id));
        Self {
            id: record.id.to_string(),
            time: record.began.to_string(),
            config: record.version.to_string(),
            client: record.client.to_string(),
            listener: record.facts.listener.to_string(),
            request: record.target.as_deref().map(|target| {
                let query = target.query.as_ref().map_or("", |_| "?…");
                format!("{} {}{}{query}", target.method, target.authority, target.path)
            }),
            route: record.route.as_deref().map(|route| format!("{} {}", route.api, route.template)),
            route_place: record
                .route
                .as_deref()
                .and_then(|route| place(route.place))
                .map(Place::to_string),
            steps: record.marks.iter().map(|mark| view(mark, place(mark.ground.place))).collect(),
            upstream: record.upstream.as_ref().map(|upstream| {
                let micros = upstream.duration.as_micros();
                match upstream.status {
                    Some(status) => {
                        format!("{} answered {status} after {micros} µs", upstream.name)
                    }
                    None => format!("{} did not answer, {micros} µs", upstream.name),
                }
            }),
            end: end(record),
            status: record.status(),
            refusal: record.refusal().map(refusal),
            duration_us: u64::try_from(record.duration.as_micros()).unwrap_or(u64::MAX),
        }
    }
}

fn view(mark: &Mark, place: Option<&Place>) -> StepView {
    let Ground { reason, detail, .. } = mark.ground;
    StepView {
        step: pipeline::line(mark.step).map_or("?", |line| line.name).to_owned(),
        outcome: match mark.outcome {
            Outcome::Passed => "passed",
            Outcome::Answered => "answered",
            Outcome::Refused => "refused",
        }
        .to_owned(),
        code: reason.code.to_owned(),
        reason: reason.title.to_owned(),
        detail: if detail == Detail::None { String::new() } else { detail.to_string() },
        place: place.map(Place::to_string),
        line: place.map(|place| place.text.to_string()),
    }
}

fn refusal(ground: Ground) -> RefusalView {
    let reason = ground.reason;
    RefusalView {
        code: reason.code.to_owned(),
        title: reason.title.to_owned(),
        explanation: reason.explanation.trim().replace("\n ", " ").replace('\n', " "),
        remedy: reason.remedy.to_owned(),
    }
}

fn end(record: &Record) -> String {
    match record.end {
        End::Open => String::from("under way"),
        End::Answered(status) => format!("answered {status}"),
        End::Refused(status, ground) => format!("refused {status} {}", ground.reason.code),
        End::CallerGone => String::from("the caller went away before an answer"),
        End::Cut(status) => format!("answer {status} cut before its end"),
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whole lines are made printable, so that no field can be forgotten.
        let mut line = |text: fmt::Arguments<'_>| writeln!(f, "{}", printable(&text.to_string()));
        let request = self.request.as_deref().unwrap_or("(a request without a single reading)");
        line(format_args!("{request}"))?;
        line(format_args!("  from {} on listener {}", self.client, self.listener))?;
        if let Some(route) = &self.route {
            let place = self.route_place.as_deref().map(|place| format!(" ({place})"));
            line(format_args!("  route {route}{}", place.unwrap_or_default()))?;
        }
        line(format_args!(""))?;
        for step in &self.steps {
            let sign = match step.outcome.as_str() {
                "refused" => "✗",
                "answered" => "=",
                _ => "✓",
            };
            let detail =
                if step.detail.is_empty() { String::new() } else { format!(": {}", step.detail) };
            let (name, code, reason) = (&step.step, &step.code, &step.reason);
            line(format_args!("  {sign} {name:<22} {code} {reason}{detail}"))?;
            if let (Some(place), Some(text)) = (&step.place, &step.line) {
                line(format_args!("    {:<22} {place}: {text}", ""))?;
            }
        }
        line(format_args!(""))?;
        line(format_args!("  {}", self.end))?;
        if let Some(upstream) = &self.upstream {
            line(format_args!("  upstream {upstream}"))?;
        }
        if let Some(refusal) = &self.refusal {
            line(format_args!("  {}", refusal.explanation))?;
            line(format_args!("  what would change it: {}", refusal.remedy))?;
        }
        let (id, version, time, micros) = (&self.id, &self.config, &self.time, self.duration_us);
        let last = format!("  request {id}, config {version}, {time}, {micros} µs");
        f.write_str(&printable(&last))
    }
}

/// A line for a terminal: control characters, and those that turn the direction of writing, are
/// written as escapes. Documents, configs and callers put text into what people are shown; none of it
/// may move the cursor, begin a line or hide what stands beside it.
pub fn printable(line: &str) -> Cow<'_, str> {
    let acts =
        |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if !line.contains(acts) {
        return Cow::Borrowed(line);
    }
    let mut shown = String::with_capacity(line.len() + 16);
    for c in line.chars() {
        match acts(c) {
            true => shown.extend(c.escape_unicode()),
            false => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// A reason as `portcullis explain PC0404` prints it.
pub fn reason_page(reason: &portcullis_core::reason::Reason) -> String {
    let kind = match reason.kind {
        Kind::Refusal(status) => format!("refusal, status {status}"),
        Kind::Pass => String::from("pass"),
        Kind::Problem => String::from("problem of a config"),
        Kind::Finding => String::from("finding"),
    };
    let explanation: Vec<&str> = reason.explanation.lines().map(str::trim).collect();
    let mut page =
        format!("{}: {} ({kind})\n\n{}\n", reason.code, reason.title, explanation.join("\n"));
    if !reason.remedy.is_empty() {
        page.push_str(&format!("\nWhat would change it: {}.\n", reason.remedy));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_acts_on_is_printed() {
        assert_eq!(printable("/café {id}"), "/café {id}");
        assert_eq!(printable("a\u{1b}[2Jb\nc"), "a\\u{1b}[2Jb\\u{a}c");
        assert_eq!(printable("\u{7f}\u{9b}\u{202e}x"), "\\u{7f}\\u{9b}\\u{202e}x");
    }
}
