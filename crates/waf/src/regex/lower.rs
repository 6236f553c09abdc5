//! Turns a pattern's tree into the form the linear-time matcher is built from.

use super::ast::{Assertion, Ast, ByteSet, Greed};
use regex_syntax::hir::{Capture, Class, ClassBytes, ClassBytesRange, Hir, Look, Repetition};

/// Exact for patterns that need no backtracking. Otherwise it accepts at least what the pattern
/// accepts: look-arounds hold, back-references match anything, nothing is possessive.
pub(super) fn lower(ast: &Ast) -> Hir {
    match ast {
        Ast::Empty | Ast::Look { .. } => Hir::empty(),
        Ast::Set(set) => class(set),
        Ast::Concat(nodes) => Hir::concat(nodes.iter().map(lower).collect()),
        Ast::Alternation(nodes) => Hir::alternation(nodes.iter().map(lower).collect()),
        Ast::Repeat { node, min, max, greed } => Hir::repetition(Repetition {
            min: *min,
            max: *max,
            greedy: *greed != Greed::Lazy,
            sub: Box::new(lower(node)),
        }),
        Ast::Capture { index, node } => {
            Hir::capture(Capture { index: *index, name: None, sub: Box::new(lower(node)) })
        }
        Ast::Atomic(node) => lower(node),
        Ast::Assert(assertion) => match assertion {
            Assertion::LineStart => Hir::look(Look::StartLF),
            Assertion::LineEnd => Hir::look(Look::EndLF),
            Assertion::TextStart => Hir::look(Look::Start),
            Assertion::TextEnd => Hir::look(Look::End),
            Assertion::TextEndOrNewline => Hir::empty(),
            Assertion::WordBoundary => Hir::look(Look::WordAscii),
            Assertion::NotWordBoundary => Hir::look(Look::WordAsciiNegate),
        },
        Ast::BackReference { .. } => Hir::repetition(Repetition {
            min: 0,
            max: None,
            greedy: true,
            sub: Box::new(class(&ByteSet::all())),
        }),
    }
}

fn class(set: &ByteSet) -> Hir {
    Hir::class(Class::Bytes(ClassBytes::new(
        set.iter().map(|byte| ClassBytesRange::new(byte, byte)),
    )))
}
