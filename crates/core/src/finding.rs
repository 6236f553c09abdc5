//! Findings: a sound config that somebody should look at.

use crate::{reason::Reason, source::Span};

/// Something that is allowed, but that a reviewer would ask about.
///
/// Its reason's name reads well behind the word "allow": *allow any address*.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Its code and page.
    pub reason: &'static Reason,
    /// How much it matters.
    pub severity: Severity,
    /// What was found here, one sentence.
    pub message: String,
    /// Where.
    pub span: Span,
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Somebody should decide.
    Warning,
}
