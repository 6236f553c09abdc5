//! The `portcullis` command: one file for each subcommand.

mod check;
mod explain;
mod files;
mod list;
mod order;
mod origin;
mod out;
mod reload;
mod run;
mod schema;
mod sockets;
mod test;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// An API gateway that is closed until you open it.
#[derive(Parser)]
#[command(name = "portcullis", version, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  all is well
  1  what you gave is not sound: a config with errors, a case that failed, a request that is refused
  2  it could not be tried: wrong arguments, a file or address that is not there";

#[derive(Subcommand)]
enum Command {
    /// Run the gateway
    Run(run::Args),
    /// Check a config, and list what is open, to whom
    Check(check::Args),
    /// Run case files
    Test(test::Args),
    /// Explain a reason code, a request that was served, or one written by hand
    Explain(explain::Args),
    /// Print the order in which a request is decided, and why
    Order,
    /// Print the JSON Schema of the config, for editors
    Schema,
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Run(args) => run::run(&args),
        Command::Check(args) => check::check(&args),
        Command::Test(args) => test::test(&args),
        Command::Explain(args) => explain::explain(&args),
        Command::Order => order::order(),
        Command::Schema => schema::schema(),
    };
    match done {
        Ok(code) => code,
        Err(message) => {
            out::tell(&format!("error: {message}\n"));
            ExitCode::from(2)
        }
    }
}
