//! What came of the cases, for people and for programs.

use crate::junit;
use std::{fmt::Write as _, path::PathBuf, time::Duration};

/// What came of a run.
#[derive(Debug)]
pub struct Report {
    /// The files, in the order in which they were run.
    pub files: Vec<FileReport>,
}

/// What came of one file.
#[derive(Debug)]
pub struct FileReport {
    /// The file.
    pub path: PathBuf,
    /// Its `#` heading, or its name.
    pub title: String,
    /// Its cases, in order.
    pub cases: Vec<CaseReport>,
}

/// What came of one case.
#[derive(Debug)]
pub struct CaseReport {
    /// Its `##` heading.
    pub name: String,
    /// The line of the heading, or of the `errors` block.
    pub line: usize,
    /// How long it took.
    pub duration: Duration,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a case.
#[derive(Debug)]
pub enum Outcome {
    /// Every expectation held.
    Passed,
    /// These did not.
    Failed(Vec<Failure>),
    /// It could not be run: what is wrong with it, with its place.
    Broken(String),
}

/// An expectation that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The line of the expectation.
    pub line: usize,
    /// The expectation as written.
    pub expected: String,
    /// What came instead.
    pub got: String,
    /// Which call it was, if the request was sent several times.
    pub call: Option<String>,
    /// The record of the request, as text; empty where there was none.
    pub explanation: String,
}

impl Report {
    /// How many cases passed.
    pub fn passed(&self) -> usize {
        self.outcomes().filter(|outcome| matches!(outcome, Outcome::Passed)).count()
    }

    /// How many cases failed or could not be run.
    pub fn failed(&self) -> usize {
        self.outcomes().filter(|outcome| !matches!(outcome, Outcome::Passed)).count()
    }

    fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        self.files.iter().flat_map(|file| &file.cases).map(|case| &case.outcome)
    }

    /// What a person reads: each failure with its place, then the count.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for file in &self.files {
            for case in &file.cases {
                text.push_str(&case_text(file, case));
            }
        }
        let _ = writeln!(text, "{} passed, {} failed", self.passed(), self.failed());
        text
    }

    /// The same as JUnit XML, for a build server.
    pub fn junit(&self) -> String {
        junit::write(self)
    }
}

fn case_text(file: &FileReport, case: &CaseReport) -> String {
    let what = match &case.outcome {
        Outcome::Passed => return String::new(),
        Outcome::Failed(_) => "failed",
        Outcome::Broken(_) => "broken",
    };
    let place = format!("{}:{}", file.path.display(), case.line);
    let body = details(file, case);
    format!("{what}: {} › {} ({place})\n{}\n", file.title, case.name, indent(body.trim_end()))
}

/// What is wrong with a case, without its name.
pub(crate) fn details(file: &FileReport, case: &CaseReport) -> String {
    let failures = match &case.outcome {
        Outcome::Passed => return String::new(),
        Outcome::Broken(message) => return format!("{}\n", message.trim_end()),
        Outcome::Failed(failures) => failures,
    };
    let mut text = String::new();
    for (at, failure) in failures.iter().enumerate() {
        let place = format!("{}:{}", file.path.display(), failure.line);
        let call = failure.call.as_ref().map_or(String::new(), |call| format!(", {call}"));
        let _ = writeln!(text, "{place}{call}");
        let _ = writeln!(text, "  expected {}", hang(&failure.expected));
        let _ = writeln!(text, "  got      {}", hang(&failure.got));
        // The record of a request is shown once, below the last of its failures.
        let next = failures.get(at + 1).map(|next| &next.explanation);
        if !failure.explanation.is_empty() && next != Some(&failure.explanation) {
            let _ = write!(text, "\n{}\n", indent(&failure.explanation));
        }
    }
    text
}

/// Further lines stand below the first.
fn hang(text: &str) -> String {
    text.trim_end().replace('\n', "\n           ")
}

fn indent(text: &str) -> String {
    let indented = |line: &str| match line {
        "" => String::from("\n"),
        line => format!("  {line}\n"),
    };
    text.lines().map(indented).collect()
}
