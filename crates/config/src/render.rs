//! Diagnostics as a person reads them in a terminal, and as a program reads them.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use portcullis_core::{
    diagnostic::Diagnostic,
    finding::Finding,
    source::{SourceFile, Sources, Span},
};
use serde_json::{Value, json};
use std::ops::Range;

/// Whether colours are used. The text is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// ANSI colours.
    Yes,
    /// Plain text.
    No,
}

/// All of them, each with its line drawn, and the count.
pub fn text(problems: &[Diagnostic], sources: &Sources, colour: Colour) -> String {
    let renderer = match colour {
        Colour::Yes => Renderer::styled(),
        Colour::No => Renderer::plain(),
    };
    let mut out = String::new();
    for problem in problems {
        out.push_str(&renderer.render(&[draw(problem, sources)]));
        out.push_str("\n\n");
    }
    let name = sources.files().first().map_or("config", |file| &*file.name);
    let noun = if problems.len() == 1 { "error" } else { "errors" };
    out.push_str(&format!("{name}: {} {noun}\n", problems.len()));
    out
}

fn draw<'a>(problem: &'a Diagnostic, sources: &'a Sources) -> Group<'a> {
    let title = Level::ERROR.primary_title(&problem.message).id(problem.reason.code);
    let mut group = Group::with_title(title);
    let place = problem.span.and_then(|span| Some((span, sources.file(span.file)?)));
    if let Some((span, file)) = place {
        let mark = AnnotationKind::Primary.span(shown(span, file));
        let mut snippet = Snippet::source(&*file.text)
            .path(&*file.name)
            .annotation(if problem.label.is_empty() { mark } else { mark.label(&problem.label) });
        for (related, label) in problem.related.iter().filter(|(r, _)| r.file == span.file) {
            let mark = AnnotationKind::Context.span(shown(*related, file));
            snippet = snippet.annotation(mark.label(label));
        }
        group = group.element(snippet);
        for (related, label) in problem.related.iter().filter(|(r, _)| r.file != span.file) {
            if let Some(file) = sources.file(related.file) {
                let mark = AnnotationKind::Context.span(shown(*related, file)).label(label);
                group =
                    group.element(Snippet::source(&*file.text).path(&*file.name).annotation(mark));
            }
        }
    }
    for note in &problem.notes {
        group = group.element(Level::NOTE.message(note));
    }
    match &problem.hint {
        Some(hint) => group.element(Level::HELP.with_name(Some("hint")).message(hint)),
        None => group,
    }
}

/// A stretch that runs over several lines is shown to the end of its first.
fn shown(span: Span, file: &SourceFile) -> Range<usize> {
    let range = span.range();
    let start = range.start.min(file.text.len());
    let end = range.end.clamp(start, file.text.len());
    let stretch = file.text.get(start..end).unwrap_or("");
    let first = stretch.lines().next().unwrap_or("").trim_end();
    start..start + first.len()
}

/// All of them, for a program: a list of objects.
pub fn json(problems: &[Diagnostic], sources: &Sources) -> Value {
    problems
        .iter()
        .map(|problem| {
            json!({
                "code": problem.reason.code,
                "severity": "error",
                "message": problem.message,
                "place": place_json(problem.span, sources),
                "label": problem.label,
                "related": problem.related.iter().map(|(span, label)| {
                    json!({ "place": place_json(Some(*span), sources), "label": label })
                }).collect::<Value>(),
                "notes": problem.notes,
                "hint": problem.hint,
                "help": problem.reason.remedy,
            })
        })
        .collect()
}

/// Findings for a program: a list of objects.
pub fn findings_json(findings: &[Finding], sources: &Sources) -> Value {
    findings
        .iter()
        .map(|finding| {
            json!({
                "code": finding.reason.code,
                "severity": format!("{:?}", finding.severity).to_lowercase(),
                "allow": finding.reason.title,
                "message": finding.message,
                "place": place_json(Some(finding.span), sources),
            })
        })
        .collect()
}

fn place_json(span: Option<Span>, sources: &Sources) -> Value {
    let place = span.and_then(|span| Some((span, sources.file(span.file)?)));
    let Some((span, file)) = place else { return Value::Null };
    let (line, column) = file.line_and_column(span.start as usize);
    let (end_line, end_column) = file.line_and_column(shown(span, file).end);
    json!({
        "file": &*file.name, "line": line, "column": column,
        "end_line": end_line, "end_column": end_column,
    })
}

/// Findings as a person reads them: one line each.
pub fn findings_text(findings: &[Finding], sources: &Sources) -> String {
    let line = |finding: &Finding| {
        let severity = format!("{:?}", finding.severity).to_lowercase();
        let (code, place) = (finding.reason.code, sources.describe(finding.span));
        format!("{severity}[{code}] {place}: {}\n", finding.message)
    };
    findings.iter().map(line).collect()
}
