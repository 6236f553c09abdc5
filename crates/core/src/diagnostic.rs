//! What is wrong with a config, said to the person who wrote it.

use crate::{reason::Reason, source::Span};

/// One thing that is wrong: what, where, why, and what to type next.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// Its code and page.
    pub reason: &'static Reason,
    /// One sentence, lower case, without a full stop. Never holds a secret.
    pub message: String,
    /// Where; `None` if the file itself is missing.
    pub span: Option<Span>,
    /// What to write under the marked stretch.
    pub label: String,
    /// Other places that belong to it, each with its label.
    pub related: Vec<(Span, String)>,
    /// What helps to see the choice, such as the list of known fields.
    pub notes: Vec<String>,
    /// What to type.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// A problem at a place.
    pub fn new(reason: &'static Reason, span: Span, message: impl Into<String>) -> Self {
        Self { span: Some(span), ..Self::without_place(reason, message) }
    }

    /// A problem that has no place in any file.
    pub fn without_place(reason: &'static Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            span: None,
            label: String::new(),
            related: Vec::new(),
            notes: Vec::new(),
            hint: None,
        }
    }

    /// Writes this under the marked stretch.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Adds a note.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Says what to type.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Shows another place that belongs to it.
    #[must_use]
    pub fn related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related.push((span, label.into()));
        self
    }
}

/// All that is wrong, gathered so that it can be shown at once.
#[derive(Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

/// How many diagnostics are kept; a file that has more is shown these and told that there are more.
pub const DIAGNOSTICS_MAX: usize = 200;

impl Diagnostics {
    /// Adds one, unless there are more than anyone would read.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.list.len() < DIAGNOSTICS_MAX {
            self.list.push(diagnostic);
        }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many things are wrong.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether something is wrong within a stretch.
    pub fn any_within(&self, stretch: Span) -> bool {
        self.list.iter().filter_map(|problem| problem.span).any(|span| stretch.holds(span))
    }

    /// Whether this is said of this stretch already.
    pub fn any_with(&self, reason: &Reason, stretch: Span) -> bool {
        self.list.iter().any(|problem| problem.reason == reason && problem.span == Some(stretch))
    }

    /// Leaves only what `keep` says to keep, which may change what it is shown.
    pub fn retain(&mut self, keep: impl FnMut(&mut Diagnostic) -> bool) {
        self.list.retain_mut(keep);
    }

    /// All of them, by file and place, those without a place first.
    pub fn sorted(mut self) -> Vec<Diagnostic> {
        self.list.sort_by_key(|diagnostic| diagnostic.span);
        self.list
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, iter: I) {
        iter.into_iter().for_each(|diagnostic| self.push(diagnostic));
    }
}
