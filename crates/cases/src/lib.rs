//! Case files: Markdown that holds a config, requests, and what must come of them.
//!
//! They are pages of the manual, our own tests, and what people write for their own config.
//! [`run_paths`] is behind `portcullis test`: `find` looks for the files, `markdown` and `parse`
//! read them, `run` sends each request through the same pipeline that serves sockets, in a `world`
//! of stubs, `compare` holds it against what was expected, and a [`report`] says what came of it. Nothing here opens a socket
//! or reads a clock to decide anything.

mod compare;
mod config;
mod expect;
mod files;
mod find;
mod http_block;
mod junit;
mod markdown;
mod parse;
pub mod report;
mod request;
mod run;
mod seen;
#[cfg(test)]
mod tests;
mod update;
mod world;

use report::{FileReport, Report};
use std::{
    fmt, io,
    path::{Path, PathBuf},
};

/// The largest case file, in bytes.
pub const FILE_BYTES_MAX: u64 = 4 << 20;
/// The most case files of one run.
pub const FILES_MAX: usize = 10_000;
/// The most cases of one file.
pub const CASES_MAX: usize = 10_000;
/// The most requests that one case sends, each of `N times` counted.
pub const CALLS_MAX: usize = 1_000_000;
/// The most that `N times` may say.
pub const TIMES_MAX: usize = 100_000;
/// The largest body of a request or answer, in bytes.
pub const BODY_BYTES_MAX: usize = 10 << 20;

/// How case files are run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Whether `>` lines and `errors` blocks that do not hold are rewritten in the files.
    pub update: bool,
}

/// Why nothing could be run.
#[derive(Debug)]
pub enum Problem {
    /// A file or folder cannot be read.
    Unreadable(PathBuf, io::Error),
    /// A file cannot be rewritten.
    Unwritable(PathBuf, io::Error),
    /// None of the paths holds a case. A run that tests nothing must not look like one that passed.
    NoCases(Vec<PathBuf>),
    /// There are more than [`FILES_MAX`] case files.
    TooManyFiles,
}

/// Runs every case file among `paths`: files, and folders with all that is below them.
pub fn run_paths(paths: &[PathBuf], options: &Options) -> Result<Report, Problem> {
    let mut files = Vec::new();
    for found in find::case_files(paths)? {
        files.push(run_file(&found, *options)?);
    }
    if files.is_empty() {
        return Err(Problem::NoCases(paths.to_vec()));
    }
    Ok(Report { files })
}

/// Runs one file. After a rewrite it is run again, so that what still does not hold is told.
fn run_file(found: &find::Found, options: Options) -> Result<FileReport, Problem> {
    let first = run::file(&found.path, &found.text);
    if !options.update || first.edits.is_empty() {
        return Ok(first.report);
    }
    let text = update::apply(&found.text, &first.edits);
    std::fs::write(&found.path, &text).map_err(|error| unwritable(&found.path, error))?;
    Ok(run::file(&found.path, &text).report)
}

fn unwritable(path: &Path, error: io::Error) -> Problem {
    Problem::Unwritable(path.to_owned(), error)
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(path, error) => {
                write!(f, "`{}` cannot be read: {error}", path.display())
            }
            Self::Unwritable(path, error) => {
                write!(f, "`{}` cannot be rewritten: {error}", path.display())
            }
            Self::NoCases(paths) => {
                let names: Vec<_> =
                    paths.iter().map(|path| format!("`{}`", path.display())).collect();
                write!(
                    f,
                    "no case found in {}: a case file is Markdown with an `http` or `errors` block",
                    names.join(", ")
                )
            }
            Self::TooManyFiles => write!(f, "more than {FILES_MAX} case files"),
        }
    }
}

impl std::error::Error for Problem {}
