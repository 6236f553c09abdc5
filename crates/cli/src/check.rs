//! `portcullis check`: whether a config loads, and what it opens.

use crate::{
    files::SystemFiles,
    list::list,
    origin::OriginArgs,
    out::{colour, say, tell},
};
use clap::ValueEnum;
use portcullis_config::{
    load::{Completeness, Loaded, Origin, Refused, load},
    render,
};
use portcullis_core::{finding::Finding, reasons, source::Sources};
use portcullis_gateway::explain::printable;
use serde_json::{Value, json};
use std::process::ExitCode;

/// What `check` takes.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    origin: OriginArgs,
    /// How to say it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Checks a config: 0 if it would run, 1 if not, 2 if it cannot be read.
pub(crate) fn check(args: &Args) -> Result<ExitCode, String> {
    let origin = args.origin.origin()?;
    match (load(&SystemFiles, &origin, Completeness::Whole), args.format) {
        (Ok(loaded), Format::Text) => sound_text(&loaded),
        (Ok(loaded), Format::Json) => sound_json(&loaded),
        (Err(refused), Format::Text) => return Ok(refused_text(&refused, &origin)),
        (Err(refused), Format::Json) => {
            let problems = render::json(&refused.problems, &refused.sources);
            say(&json_lines(&json!({ "sound": false, "problems": problems })));
            return Ok(exit_code(&refused, &origin));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows everything that is wrong.
pub(crate) fn refused_text(refused: &Refused, origin: &Origin) -> ExitCode {
    tell(&render::text(&refused.problems, &refused.sources, colour()));
    exit_code(refused, origin)
}

/// A config that could not even be read was not tried, nor was a document that the command line names.
/// One that a config names belongs to what is checked: without it, that config is not sound.
fn exit_code(refused: &Refused, origin: &Origin) -> ExitCode {
    let unreadable = |code| code == reasons::FILE_UNREADABLE.code;
    let untried = match origin {
        Origin::File(_) => refused.sources.files().is_empty(),
        Origin::Text { .. } => refused.problems.iter().any(|p| unreadable(p.reason.code)),
    };
    if untried { ExitCode::from(2) } else { ExitCode::FAILURE }
}

/// Findings for a terminal, one line each.
pub(crate) fn findings_lines(findings: &[Finding], sources: &Sources) -> String {
    // One by one, so that a line end inside a finding is not taken for its end.
    let line = |finding: &Finding| {
        let text = render::findings_text(std::slice::from_ref(finding), sources);
        format!("{}\n", printable(text.trim_end_matches('\n')))
    };
    findings.iter().map(line).collect()
}

/// JSON for people, without bare control characters.
pub(crate) fn json_lines(value: &Value) -> String {
    let text = format!("{value:#}");
    let lines = text.lines().map(portcullis_telemetry::escape_controls);
    lines.map(|line| line + "\n").collect()
}

fn sound_text(loaded: &Loaded) {
    say(&findings_lines(&loaded.findings, &loaded.sources));
    say(&list(&loaded.blueprint, usize::MAX));
    say(&format!("config {} is sound\n", loaded.blueprint.version));
}

fn sound_json(loaded: &Loaded) {
    let routes: serde_json::Value = loaded
        .blueprint
        .routes
        .iter()
        .map(|route| {
            json!({
                "api": route.label.api.as_str(),
                "method": route.method.as_str(),
                "path": &*route.label.template,
                "operation": route.label.operation.as_deref(),
                "access": if route.access.is_closed() { "closed" }
                    else if route.access.is_public() { "public" } else { "callers" },
            })
        })
        .collect();
    let findings = render::findings_json(&loaded.findings, &loaded.sources);
    let version = loaded.blueprint.version.to_string();
    say(&json_lines(
        &json!({ "sound": true, "config": version, "routes": routes, "findings": findings }),
    ));
}
