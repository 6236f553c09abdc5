//! What a document says about who may call: `security` and the schemes that it names.

use crate::{Alternative, Requirement, Security, reasons, references::References, shape};
use portcullis_core::{
    diagnostic::{Diagnostic, Diagnostics},
    name::nearest,
    source::At,
    tree::{Entry, Node},
};
use std::collections::HashSet;

/// How many names a note lists.
const NAMES_SHOWN: usize = 20;

/// The names that `components.securitySchemes` defines.
pub(crate) struct Schemes<'a> {
    names: HashSet<&'a str>,
    in_order: Vec<&'a str>,
}

impl<'a> Schemes<'a> {
    /// The schemes of a document.
    pub(crate) fn of(
        root: &'a Node,
        references: &References<'a>,
        problems: &mut Diagnostics,
    ) -> Self {
        let schemes = root.get("components").and_then(|all| all.get("securitySchemes"));
        let schemes = schemes.and_then(|it| shape::map(it, "`securitySchemes`", problems));
        let mut in_order = Vec::new();
        for entry in schemes.unwrap_or(&[]) {
            shape::no_controls(&entry.key, entry.key_span, "a security scheme", problems);
            check_scheme(entry, references, problems);
            in_order.push(entry.key.as_str());
        }
        Self { names: in_order.iter().copied().collect(), in_order }
    }

    /// The `security` of an operation or of the whole document; `None` if it has none. Where it is
    /// faulty, there is a problem, and what is returned is never used.
    pub(crate) fn security(&self, of: &Node, problems: &mut Diagnostics) -> Option<Security> {
        let node = of.get("security")?;
        let items = shape::list(node, "`security`", problems).unwrap_or(&[]);
        let alternatives =
            items.iter().filter_map(|item| self.alternative(item, problems)).collect();
        Some(Security::AnyOf { alternatives, span: node.span })
    }

    fn alternative(&self, node: &Node, problems: &mut Diagnostics) -> Option<Alternative> {
        let entries = shape::map(node, "an entry of `security`", problems)?;
        let schemes = entries.iter().filter_map(|entry| self.requirement(entry, problems));
        Some(Alternative { schemes: schemes.collect(), span: node.span })
    }

    fn requirement(&self, entry: &Entry, problems: &mut Diagnostics) -> Option<Requirement> {
        let name = entry.key.as_str();
        if !self.names.contains(name) {
            problems.push(self.unknown(entry));
        }
        let scopes = shape::list(&entry.value, &format!("`{name}`"), problems)?;
        let mut text = |scope| {
            let text = shape::text(scope, "a scope", problems)?;
            shape::no_controls(text, scope.span, "a scope", problems);
            Some(text.to_owned())
        };
        let scopes = scopes.iter().filter_map(&mut text).collect();
        Some(Requirement { scheme: At { value: name.into(), span: entry.key_span }, scopes })
    }

    fn unknown(&self, entry: &Entry) -> Diagnostic {
        let message = format!("`{}` is not a security scheme of this document", entry.key);
        let problem = Diagnostic::new(&reasons::UNKNOWN_SCHEME, entry.key_span, message);
        let problem = match nearest(&entry.key, self.in_order.iter().copied()) {
            Some(near) => problem
                .label(format!("did you mean `{near}`?"))
                .hint(format!("write `{near}`, or define `{}`", entry.key)),
            None => problem
                .label("not under `components.securitySchemes`")
                .hint(format!("define `{}` under `components.securitySchemes`", entry.key)),
        };
        if self.in_order.is_empty() {
            return problem.note("this document defines no security schemes");
        }
        let shown = self.in_order.iter().take(NAMES_SHOWN).copied().collect::<Vec<_>>();
        let more = if self.in_order.len() > shown.len() { ", …" } else { "" };
        problem.note(format!("schemes: {}{more}", shown.join(", ")))
    }
}

fn check_scheme<'a>(
    entry: &'a Entry,
    references: &References<'a>,
    problems: &mut Diagnostics,
) -> Option<()> {
    shape::map(&entry.value, &format!("the security scheme `{}`", entry.key), problems)?;
    let broken = references.resolve(&entry.value).err()?;
    let message = format!("the security scheme `{}` is not in this document", entry.key);
    problems.push(
        Diagnostic::new(&reasons::BAD_REFERENCE, entry.key_span, message)
            .label(broken.why())
            .hint("write the scheme out here"),
    );
    Some(())
}
