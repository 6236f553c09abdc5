//! Reads target lists: `ARGS|!ARGS:/^x/|&TX:score|XML:/*`.

use super::ast::{Selector, Target};
use super::source::Argument;
use crate::diagnostic::Problems;
use crate::variable::{Kind, Variable};

/// Reads a whole list; problems are reported and the faulty parts left out.
pub(super) fn read(argument: &Argument<'_>, problems: &mut Problems) -> Vec<Target> {
    split(&argument.text)
        .into_iter()
        .filter_map(|(start, end)| one(&argument.slice(start, end).trimmed(), problems))
        .collect()
}

/// The parts between bars (or commas, in updates), outside of patterns and quotes.
fn split(text: &str) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut parts = Vec::new();
    let (mut start, mut at) = (0, 0);
    let mut closing: Option<u8> = None;
    while let Some(byte) = bytes.get(at) {
        match (closing, byte) {
            (Some(_), b'\\') => at += 1,
            (Some(close), byte) if *byte == close => closing = None,
            (Some(_), _) => {}
            (None, b'|' | b',') => {
                parts.push((start, at));
                start = at + 1;
            }
            (None, b'\'') => closing = Some(b'\''),
            (None, b':') if bytes.get(at + 1) == Some(&b'/') => {
                let name = text.get(start..at).unwrap_or_default();
                if !name.trim_start_matches(['&', '!']).eq_ignore_ascii_case("XML") {
                    closing = Some(b'/');
                    at += 1;
                }
            }
            (None, _) => {}
        }
        at += 1;
    }
    parts.push((start, text.len()));
    parts
}

fn one(argument: &Argument<'_>, problems: &mut Problems) -> Option<Target> {
    let position = argument.position(0);
    let text = argument.text.as_str();
    let (exclude, text) = strip(text, '!');
    let (count, text) = strip(text, '&');
    let (name, selector) = match text.split_once(':') {
        Some((name, selector)) => (name, Some(selector)),
        None => (text, None),
    };
    if name.eq_ignore_ascii_case("XML") {
        return xml(
            selector,
            Target {
                variable: Variable::XmlText,
                selector: Selector::All,
                count,
                exclude,
                position,
            },
            problems,
        );
    }
    let Some(variable) = Variable::parse(name) else {
        problems.error(&position, format!("`{name}` is not a variable"));
        return None;
    };
    let selector = match selector {
        None => Selector::All,
        Some(text) => selector_of(text),
    };
    let selectable = matches!(variable.kind(), Kind::Many | Kind::Stored)
        || matches!(variable, Variable::MatchedVars | Variable::MatchedVarsNames);
    if selector != Selector::All && !selectable {
        problems.error(&position, format!("`{name}` has one value; nothing can be selected in it"));
        return None;
    }
    Some(Target { variable, selector, count, exclude, position })
}

fn strip(text: &str, mark: char) -> (bool, &str) {
    match text.strip_prefix(mark) {
        Some(rest) => (true, rest),
        None => (false, text),
    }
}

fn selector_of(text: &str) -> Selector {
    let text = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')).unwrap_or(text);
    match text.strip_prefix('/').and_then(|text| text.strip_suffix('/')) {
        Some(pattern) => Selector::Pattern(pattern.replace("\\/", "/")),
        None => Selector::Name(text.to_string()),
    }
}

fn xml(selector: Option<&str>, mut target: Target, problems: &mut Problems) -> Option<Target> {
    target.variable = match selector {
        Some("/*") => Variable::XmlText,
        Some("//@*") => Variable::XmlAttributes,
        // Without a path the variable only says whether there is a document; exclusions name it so.
        None if target.exclude => Variable::XmlText,
        _ => {
            problems.error_with_hint(
                &target.position,
                "only the paths `XML:/*` and `XML://@*` can be read",
                "the first is all text of the document, the second each attribute's value",
            );
            return None;
        }
    };
    Some(target)
}
