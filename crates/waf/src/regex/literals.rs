//! Finds the literals of which a matching text must contain at least one.
//!
//! The prefilter looks for these with one scan over a value; a pattern none of whose literals
//! occurs cannot match. Everything is compared without regard to ASCII case.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Shorter literals occur so often that looking for them costs more than it saves.
pub(crate) const LITERAL_MIN: usize = 3;
/// More alternatives than this are not worth their place in the scan.
const ALTERNATIVES_MAX: usize = 300;
/// While crossing exact parts of a sequence.
const CROSS_MAX: usize = 64;
const LITERAL_LENGTH_MAX: usize = 24;
const CLASS_MAX: usize = 6;

type Literals = Vec<Vec<u8>>;

struct Info {
    /// Every text the node matches, when these are few.
    exact: Option<Literals>,
    /// A set of which every match contains a member.
    required: Option<Literals>,
}

/// The best set of required literals of a pattern, or `None` when it has none worth looking for.
pub(crate) fn required(hir: &Hir) -> Option<Literals> {
    let info = analyse(hir);
    let best = without_longer(better(info.exact, info.required)?);
    let shortest = best.iter().map(Vec::len).min().unwrap_or(0);
    (shortest >= LITERAL_MIN && best.len() <= ALTERNATIVES_MAX).then_some(best)
}

/// Drops what contains another member: finding the shorter one is enough.
fn without_longer(mut set: Literals) -> Literals {
    set.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    set.dedup();
    let mut kept: Literals = Vec::new();
    for text in set {
        let within = |short: &Vec<u8>| {
            !short.is_empty() && text.windows(short.len()).any(|window| window == short.as_slice())
        };
        if !kept.iter().any(within) {
            kept.push(text);
        }
    }
    kept
}

fn analyse(hir: &Hir) -> Info {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Info { exact: Some(vec![Vec::new()]), required: None },
        HirKind::Literal(literal) => {
            Info { exact: Some(vec![literal.0.to_ascii_lowercase()]), required: None }
        }
        HirKind::Class(Class::Bytes(class)) => {
            let mut bytes: Vec<u8> = Vec::new();
            for range in class.ranges() {
                for byte in range.start()..=range.end() {
                    let folded = byte.to_ascii_lowercase();
                    if !bytes.contains(&folded) {
                        bytes.push(folded);
                    }
                    if bytes.len() > CLASS_MAX {
                        return Info { exact: None, required: None };
                    }
                }
            }
            Info { exact: Some(bytes.into_iter().map(|byte| vec![byte]).collect()), required: None }
        }
        HirKind::Class(Class::Unicode(_)) => Info { exact: None, required: None },
        HirKind::Capture(capture) => analyse(&capture.sub),
        HirKind::Repetition(repetition) => {
            repeated(repetition.min, repetition.max, &repetition.sub)
        }
        HirKind::Concat(nodes) => concat(nodes),
        HirKind::Alternation(nodes) => alternation(nodes),
    }
}

fn repeated(min: u32, max: Option<u32>, sub: &Hir) -> Info {
    let inner = analyse(sub);
    if min == 0 {
        // `x?` is few texts when `x` is: the empty one and those of `x`.
        let exact = inner.exact.filter(|texts| max == Some(1) && texts.len() < CROSS_MAX);
        return Info {
            exact: exact.map(|mut texts| {
                texts.push(Vec::new());
                texts
            }),
            required: None,
        };
    }
    if min == 1 && max == Some(1) {
        return inner;
    }
    Info { exact: None, required: better(inner.exact, inner.required) }
}

fn concat(nodes: &[Hir]) -> Info {
    let mut run: Option<Literals> = Some(vec![Vec::new()]);
    let mut all_exact = true;
    let mut best: Option<Literals> = None;
    for node in nodes {
        let info = analyse(node);
        best = better(best, info.required);
        let crossed = match (&run, &info.exact) {
            (Some(run), Some(next)) => cross(run, next),
            _ => None,
        };
        if crossed.is_some() {
            run = crossed;
            continue;
        }
        all_exact = false;
        best = better(best, run.take());
        run = Some(info.exact.unwrap_or_else(|| vec![Vec::new()]));
    }
    if all_exact {
        return Info { exact: run, required: best };
    }
    Info { exact: None, required: better(best, run) }
}

fn cross(left: &Literals, right: &Literals) -> Option<Literals> {
    if left.len() * right.len() > CROSS_MAX {
        return None;
    }
    let mut out: Literals = Vec::with_capacity(left.len() * right.len());
    for head in left {
        for tail in right {
            let mut text = head.clone();
            text.extend_from_slice(tail);
            if text.len() > LITERAL_LENGTH_MAX {
                return None;
            }
            out.push(text);
        }
    }
    Some(out)
}

fn alternation(nodes: &[Hir]) -> Info {
    let infos: Vec<Info> = nodes.iter().map(analyse).collect();
    let exact: Option<Vec<Literals>> = infos.iter().map(|info| info.exact.clone()).collect();
    let exact = exact.map(|sets| sets.concat()).filter(|all| all.len() <= ALTERNATIVES_MAX);
    let required: Option<Vec<Literals>> =
        infos.into_iter().map(|info| better(info.exact, info.required)).collect();
    Info { exact, required: required.map(|sets| sets.concat()) }
}

/// The set that filters better: its shortest literal is longer, or, from the useful length on, it is smaller.
fn better(a: Option<Literals>, b: Option<Literals>) -> Option<Literals> {
    let (a, b) = match (a, b) {
        (Some(a), Some(b)) => (a, b),
        (a, b) => return a.or(b),
    };
    let score = |set: &Literals| {
        let shortest = set.iter().map(Vec::len).min().unwrap_or(0);
        (shortest.min(5), std::cmp::Reverse(set.len()))
    };
    Some(if score(&a) >= score(&b) { a } else { b })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regex::{ast, lower, parse};

    fn literals(pattern: &str) -> Option<Vec<String>> {
        let (tree, _): (ast::Ast, u32) = parse::parse(pattern.as_bytes(), false).ok()?;
        let mut found: Vec<String> = required(&lower::lower(&tree))?
            .into_iter()
            .map(|text| String::from_utf8_lossy(&text).into_owned())
            .collect();
        found.sort();
        Some(found)
    }

    fn some(texts: &[&str]) -> Option<Vec<String>> {
        Some(texts.iter().map(|text| text.to_string()).collect())
    }

    #[test]
    fn finds_what_every_match_contains() {
        assert_eq!(literals("(?i)select.*from"), some(&["select"]));
        assert_eq!(literals("a+(?:passwd|shadow)\\d"), some(&["passwd", "shadow"]));
        assert_eq!(literals("x(?:ab|cd)?y"), None);
        assert_eq!(literals("(?:foo|.*)bar(?:baz)?"), some(&["bar"]));
        assert_eq!(literals("(?:foo)*"), None);
        assert_eq!(literals("[^a]b"), None);
    }
}
