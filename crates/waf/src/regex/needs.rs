//! Finds which kinds of bytes a matching text must contain.
//!
//! Patterns without literals worth looking for mostly need some special byte (`$`, `<`, a quote).
//! Most values have none, and are spared.

use crate::transform::classes;
use regex_syntax::hir::{Class, Hir, HirKind};

/// Clauses beyond this do not filter noticeably better.
const CLAUSES_MAX: usize = 6;

/// Masks of kinds: a match has a byte of at least one kind of each mask. The most telling come first.
pub(crate) fn kinds(hir: &Hir) -> Vec<u32> {
    let mut clauses = clauses(hir);
    clauses.sort_by_key(|clause| weight(*clause));
    clauses.dedup();
    clauses.truncate(CLAUSES_MAX);
    clauses
}

/// How much a clause lets through; letters and digits are everywhere.
fn weight(clause: u32) -> u32 {
    const COMMON: u32 = classes::LOWER | classes::UPPER | classes::DIGIT | classes::DOT;
    clause.count_ones() + if clause & COMMON == 0 { 0 } else { 100 }
}

fn clauses(hir: &Hir) -> Vec<u32> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Vec::new(),
        HirKind::Literal(literal) => {
            let mut clauses: Vec<u32> =
                literal.0.iter().map(|byte| classes::telling(*byte)).collect();
            clauses.sort_unstable();
            clauses.dedup();
            clauses
        }
        HirKind::Class(Class::Bytes(class)) => {
            let bytes = class.ranges().iter().flat_map(|range| range.start()..=range.end());
            vec![bytes.fold(0, |clause, byte| clause | classes::telling(byte))]
        }
        HirKind::Class(Class::Unicode(_)) => Vec::new(),
        HirKind::Repetition(repetition) if repetition.min == 0 => Vec::new(),
        HirKind::Repetition(repetition) => clauses(&repetition.sub),
        HirKind::Capture(capture) => clauses(&capture.sub),
        HirKind::Concat(nodes) => {
            let mut all: Vec<u32> = nodes.iter().flat_map(clauses).collect();
            all.sort_by_key(|clause| weight(*clause));
            all.dedup();
            all.truncate(CLAUSES_MAX * 4);
            all
        }
        HirKind::Alternation(nodes) => {
            // Of each branch the most telling clause; together they are one.
            let best = |node: &Hir| clauses(node).into_iter().min_by_key(|clause| weight(*clause));
            let branches: Option<Vec<u32>> = nodes.iter().map(best).collect();
            branches.map_or_else(Vec::new, |masks| vec![masks.into_iter().fold(0, |a, b| a | b)])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regex::Pattern;

    #[test]
    fn a_match_has_a_byte_of_each_mask() {
        let masks = |pattern: &str| kinds(Pattern::new(pattern.as_bytes(), false).unwrap().hir());
        assert_eq!(masks("<a"), [classes::LESS, classes::LOWER]);
        assert_eq!(masks("(?:\\$x|`)y"), [classes::DOLLAR | classes::BACKTICK, classes::LOWER]);
        assert_eq!(masks("a*"), []);
        for (pattern, text) in [("[\\n;]x", ";x"), ("\"?=", "="), ("\\$\\{[^}]+\\}", "${1}")] {
            let kinds = classes::of(text.as_bytes());
            assert!(masks(pattern).iter().all(|mask| kinds & mask != 0), "{pattern}");
        }
    }
}
