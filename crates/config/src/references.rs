//! References: `${env:NAME}` and `${file:path}` in any text of a config.
//!
//! What a reference leads to is never shown: not in a diagnostic, not by `explain`. `$${` writes a
//! literal `${`.

use portcullis_core::{
    diagnostic::{Diagnostic, Diagnostics},
    ports::files::Files,
    reasons,
    source::Span,
    tree::{Kind, Node, Scalar},
};
use std::{
    collections::HashSet,
    hash::{BuildHasher as _, DefaultHasher, Hash as _, RandomState},
    path::{Path, PathBuf},
    sync::LazyLock,
};

/// The most that a referenced file may hold, in bytes.
const VALUE_BYTES_MAX: usize = 64 * 1024;

/// Resolves every reference in a tree, in place.
pub(crate) struct Resolver<'a> {
    pub(crate) files: &'a dyn Files,
    /// The folder of the config; relative paths start there.
    pub(crate) folder: &'a Path,
    pub(crate) problems: &'a mut Diagnostics,
    /// The files that were read, to be watched.
    pub(crate) read: Vec<PathBuf>,
    /// Where references stand.
    pub(crate) spans: HashSet<Span>,
    /// What they lead to, under a key that only this process has.
    pub(crate) digest: DefaultHasher,
}

/// A digest of values, under a key that is drawn once for each process: it tells whether a value has
/// changed, and nothing else.
pub(crate) fn keyed() -> DefaultHasher {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    KEY.build_hasher()
}

/// What is wrong with a referenced value is said without the value, and not at all if the reference
/// itself led nowhere: then nothing else that is said of it means anything.
pub(crate) fn conceal(problems: &mut Diagnostics, spans: &HashSet<Span>) {
    let mut broken = HashSet::new();
    problems.retain(|problem| {
        let at_reference = problem.span.filter(|span| spans.contains(span));
        if problem.reason == &reasons::BAD_REFERENCE {
            broken.extend(at_reference);
        }
        true
    });
    problems.retain(|problem| {
        let Some(span) = problem.span.filter(|span| spans.contains(span)) else { return true };
        if problem.reason == &reasons::BAD_REFERENCE {
            return true;
        }
        *problem = Diagnostic::new(problem.reason, span, problem.reason.title)
            .label("the value behind this reference")
            .hint(problem.reason.remedy);
        !broken.contains(&span)
    });
}

impl Resolver<'_> {
    /// Resolves every reference below `node`.
    pub(crate) fn resolve(&mut self, node: &mut Node) {
        let span = node.span;
        match &mut node.kind {
            Kind::Null => {}
            Kind::List(items) => items.iter_mut().for_each(|item| self.resolve(item)),
            Kind::Map(entries) => {
                entries.iter_mut().for_each(|entry| self.resolve(&mut entry.value));
            }
            Kind::Scalar(scalar) => self.resolve_scalar(scalar, span),
        }
    }

    fn resolve_scalar(&mut self, scalar: &mut Scalar, span: Span) {
        if !scalar.text.contains("${") {
            return;
        }
        self.spans.insert(span);
        let mut resolved = String::new();
        let mut rest = scalar.text.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            if let Some(before) = before.strip_suffix('$') {
                resolved.push_str(before);
                resolved.push_str("${");
                rest = after;
                continue;
            }
            resolved.push_str(before);
            let Some((reference, after)) = after.split_once('}') else {
                self.problem(span, "a reference that is not closed", "write `${env:NAME}`");
                return;
            };
            match self.lookup(reference, span) {
                Some(value) => {
                    value.hash(&mut self.digest);
                    resolved.push_str(&value);
                }
                None => return,
            }
            scalar.secret = true;
            rest = after;
        }
        resolved.push_str(rest);
        scalar.text = resolved;
    }

    fn lookup(&mut self, reference: &str, span: Span) -> Option<String> {
        match reference.split_once(':') {
            Some(("env", name)) => {
                let value = self.files.variable(name);
                if value.is_none() {
                    let message = format!("the environment variable `{name}` is not set");
                    self.problem(span, &message, "set it where the gateway is started");
                }
                value
            }
            Some(("file", path)) => self.read_file(path, span),
            _ => {
                let message = format!("`${{{reference}}}` is no reference");
                self.problem(
                    span,
                    &message,
                    "write `${env:NAME}`, `${file:path}`, or `$${` for a literal `${`",
                );
                None
            }
        }
    }

    fn read_file(&mut self, path: &str, span: Span) -> Option<String> {
        let path = self.folder.join(path);
        let text = self.files.read(&path);
        self.read.push(path.clone());
        match text {
            Ok(text) if text.len() <= VALUE_BYTES_MAX => {
                Some(text.trim_end_matches(['\r', '\n']).to_owned())
            }
            Ok(_) => {
                let message = format!("`{}` is too large for a value", path.display());
                self.problem(span, &message, "a referenced file holds one value");
                None
            }
            Err(error) => {
                let message = format!("`{}` cannot be read: {error}", path.display());
                self.problem(span, &message, "correct the path or the permissions");
                None
            }
        }
    }

    fn problem(&mut self, span: Span, message: &str, hint: &str) {
        self.problems.push(Diagnostic::new(&reasons::BAD_REFERENCE, span, message).hint(hint));
    }
}
