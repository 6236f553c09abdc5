//! `portcullis order`: the order in which a request is decided, and why.

use crate::out::say;
use portcullis_policies::pipeline::{Done, ORDER};
use std::process::ExitCode;

/// Prints the order. Steps that do nothing yet stand in parentheses.
pub(crate) fn order() -> Result<ExitCode, String> {
    let mut stage = "";
    for line in ORDER {
        if line.stage != stage {
            stage = line.stage;
            say(&format!("\n{}\n", stage.replace('_', " ")));
        }
        let name = match line.done {
            Done::Here | Done::Outside => line.name.to_owned(),
            Done::NotYet => format!("({})", line.name),
        };
        say(&format!("  {name:<25} {}\n", line.why));
    }
    say("\nA step in parentheses has its place and does nothing yet.\n");
    Ok(ExitCode::SUCCESS)
}
