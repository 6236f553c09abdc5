//! What is wrong with a set of rules: every problem at once, each with its place.

use std::fmt;
use std::sync::Arc;

/// A place in a rule file; lines and columns count from one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The file, as it was asked for.
    pub file: Arc<str>,
    /// The line.
    pub line: u32,
    /// The column, in bytes.
    pub column: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// One problem, or one remark, about the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where.
    pub position: Position,
    /// What is wrong, one sentence.
    pub message: String,
    /// What to write instead, where we know it.
    pub hint: Option<String>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.position, self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " (hint: {hint})"),
            None => Ok(()),
        }
    }
}

/// Why a set of rules was refused. Nothing of it is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    /// All problems, in the order of the files.
    pub diagnostics: Vec<Diagnostic>,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for diagnostic in &self.diagnostics {
            writeln!(f, "{diagnostic}")?;
        }
        let count = self.diagnostics.len();
        write!(f, "{count} problem{} in the rules", if count == 1 { "" } else { "s" })
    }
}

impl std::error::Error for LoadError {}

/// Collects problems while loading goes on.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    pub errors: Vec<Diagnostic>,
    pub remarks: Vec<Diagnostic>,
}

impl Problems {
    pub(crate) fn error(&mut self, position: &Position, message: impl Into<String>) {
        self.errors.push(Diagnostic {
            position: position.clone(),
            message: message.into(),
            hint: None,
        });
    }

    pub(crate) fn error_with_hint(
        &mut self,
        position: &Position,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.errors.push(Diagnostic {
            position: position.clone(),
            message: message.into(),
            hint: Some(hint.into()),
        });
    }

    pub(crate) fn remark(&mut self, position: &Position, message: impl Into<String>) {
        self.remarks.push(Diagnostic {
            position: position.clone(),
            message: message.into(),
            hint: None,
        });
    }
}
