//! `portcullis check`: whether a config loads, and what it opens.

use crate::{
    files::SystemFiles,
    list::list,
    origin::OriginArgs,
    out::{colour, say, tell},
};
use clap::ValueEnum;
use portcullis_config::{
    load::{Completeness, Loaded, Refused, load},
    render,
};
use serde_json::json;
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
    match (load(&SystemFiles, &args.origin.origin()?, Completeness::Whole), args.format) {
        (Ok(loaded), Format::Text) => sound_text(&loaded),
        (Ok(loaded), Format::Json) => sound_json(&loaded),
        (Err(refused), Format::Text) => return Ok(refused_text(&refused)),
        (Err(refused), Format::Json) => {
            let problems = render::json(&refused.problems, &refused.sources);
            say(&format!("{:#}\n", json!({ "sound": false, "problems": problems })));
            return Ok(exit_code(&refused));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows everything that is wrong.
pub(crate) fn refused_text(refused: &Refused) -> ExitCode {
    tell(&render::text(&refused.problems, &refused.sources, colour()));
    exit_code(refused)
}

/// A config that could not even be read was not tried.
fn exit_code(refused: &Refused) -> ExitCode {
    if refused.sources.files().is_empty() { ExitCode::from(2) } else { ExitCode::FAILURE }
}

fn sound_text(loaded: &Loaded) {
    say(&render::findings_text(&loaded.findings, &loaded.sources));
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
    let report =
        json!({ "sound": true, "config": version, "routes": routes, "findings": findings });
    say(&format!("{report:#}\n"));
}
