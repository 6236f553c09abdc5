//! `portcullis test`: case files.

use crate::out::{say, tell};
use portcullis_cases::{Options, run_paths};
use portcullis_core::ports::files::Files as _;
use std::{path::PathBuf, process::ExitCode};

/// What `test` takes.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Case files, and folders that hold some
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Also write a JUnit report
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

/// Runs case files: 0 if all cases pass, 1 if one fails.
pub(crate) fn test(args: &Args) -> Result<ExitCode, String> {
    let update = crate::files::SystemFiles.variable("PORTCULLIS_UPDATE").is_some_and(|v| v == "1");
    let report = run_paths(&args.paths, &Options { update }).map_err(|error| error.to_string())?;
    if let Some(path) = &args.junit {
        std::fs::write(path, report.junit())
            .map_err(|error| format!("`{}` cannot be written: {error}", path.display()))?;
    }
    if report.failed() == 0 {
        say(&report.text());
        return Ok(ExitCode::SUCCESS);
    }
    tell(&report.text());
    Ok(ExitCode::FAILURE)
}
