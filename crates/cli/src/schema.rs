//! `portcullis schema`: the JSON Schema of the config.

use crate::out::say;
use std::process::ExitCode;

/// Prints the schema.
pub(crate) fn schema() -> Result<ExitCode, String> {
    let schema = portcullis_config::schema::schema();
    let text = serde_json::to_string_pretty(&schema).map_err(|error| error.to_string())?;
    say(&format!("{text}\n"));
    Ok(ExitCode::SUCCESS)
}
