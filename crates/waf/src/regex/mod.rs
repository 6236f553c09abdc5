//! Patterns: Perl syntax, matched in linear time over bytes.
//!
//! A pattern is parsed by us, not by the regex library, because Perl's syntax and the library's
//! differ in small ways that would turn into missed attacks (brackets inside classes, `\<`,
//! possessive repeats, literal braces).

pub(crate) mod ast;
mod backtrack;
mod class;
pub(crate) mod literals;
mod long;
mod lower;
pub(crate) mod needs;
mod parse;

pub(crate) use backtrack::OutOfSteps;
pub(crate) use parse::PatternError;

use backtrack::Backtracker;
use long::LongSearch;
use regex_automata::meta;
use regex_automata::util::captures::Captures;
use regex_automata::{Anchored, Input, MatchKind};
use regex_syntax::hir::Hir;
use std::sync::OnceLock;

/// The lazily built automaton of one pattern may take this much memory per concurrent user.
const CACHE_BYTES: usize = 1 << 19;
const PROGRAM_BYTES: usize = 10 << 20;
/// Longer texts are searched with automata that can give up.
const LONG: usize = 8 << 10;
/// What a byte costs when they did.
const SLOW_WEIGHT: u64 = 64;
/// Capture groups that a rule can use: `TX.0` to `TX.9`.
pub(crate) const GROUPS: usize = 10;

/// Byte ranges of the whole match and its first nine groups.
pub(crate) type Groups = [Option<(usize, usize)>; GROUPS];

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct Pattern {
    linear: meta::Regex,
    /// Present when `linear` only over-approximates the pattern.
    exact: Option<Backtracker>,
    hir: Hir,
    /// Built when the first long text is searched.
    long: OnceLock<Option<LongSearch>>,
}

impl Pattern {
    pub(crate) fn new(pattern: &[u8], fold_case: bool) -> Result<Self, PatternError> {
        let (ast, captures) = parse::parse(pattern, fold_case)?;
        let hir = lower::lower(&ast);
        let too_large = |what: String| PatternError { offset: 0, message: what };
        let linear = meta::Builder::new()
            .configure(config())
            .build_from_hir(&hir)
            .map_err(|error| too_large(format!("cannot be compiled: {error}")))?;
        let exact = match ast.needs_backtracking() {
            false => None,
            true => Some(
                Backtracker::new(&ast, captures)
                    .ok_or_else(|| too_large("grows too large".into()))?,
            ),
        };
        Ok(Self { linear, exact, hir, long: OnceLock::new() })
    }

    pub(crate) fn hir(&self) -> &Hir {
        &self.hir
    }

    /// Whether the pattern occurs in `text`; `steps` is what the search may cost and is reduced.
    pub(crate) fn is_match(&self, text: &[u8], steps: &mut u64) -> Result<bool, OutOfSteps> {
        let likely = match self.find_long(text, steps)? {
            Some(found) => found.is_some(),
            None => self.linear.is_match(text),
        };
        match &self.exact {
            Some(exact) if likely => Ok(exact.find(text, steps)?.is_some()),
            _ => Ok(likely),
        }
    }

    /// The leftmost match; with its groups if these are wanted.
    pub(crate) fn groups(
        &self,
        text: &[u8],
        wanted: bool,
        steps: &mut u64,
    ) -> Result<Option<Groups>, OutOfSteps> {
        let mut groups = Groups::default();
        let [whole, ..] = &mut groups;
        let long = self.find_long(text, steps)?;
        let found = match long {
            Some(found) => found,
            None if self.exact.is_some() => self.linear.is_match(text).then_some((0, text.len())),
            None => self.linear.find(text).map(|found| (found.start(), found.end())),
        };
        let Some((start, end)) = found else { return Ok(None) };
        if let Some(exact) = &self.exact {
            let Some(slots) = exact.find(text, steps)? else { return Ok(None) };
            for (group, pair) in groups.iter_mut().zip(slots.chunks(2)) {
                if let [Some(start), Some(end)] = pair {
                    *group = Some((*start, *end));
                }
            }
            return Ok(Some(groups));
        }
        *whole = Some((start, end));
        if !wanted || self.linear.captures_len() == 1 {
            return Ok(Some(groups));
        }
        if long.is_some() {
            charge(steps, end - start)?;
        }
        let mut captures: Captures = self.linear.create_captures();
        let input = Input::new(text).range(start..end).anchored(Anchored::Yes);
        self.linear.search_captures(&input, &mut captures);
        for (index, group) in groups.iter_mut().enumerate().skip(1) {
            *group = captures.get_group(index).map(|span| (span.start, span.end));
        }
        Ok(Some(groups))
    }

    /// Searches a long text. `None` when the text is short, or when the slow way has been paid for.
    fn find_long(
        &self,
        text: &[u8],
        steps: &mut u64,
    ) -> Result<Option<Option<(usize, usize)>>, OutOfSteps> {
        if text.len() <= LONG {
            return Ok(None);
        }
        let search = self.long.get_or_init(|| LongSearch::new(&self.hir));
        if let Some(Ok(found)) = search.as_ref().map(|search| search.find(text)) {
            return Ok(Some(found));
        }
        charge(steps, text.len())?;
        Ok(None)
    }
}

/// Pays for looking at `bytes` the slow way.
fn charge(steps: &mut u64, bytes: usize) -> Result<(), OutOfSteps> {
    *steps = steps.checked_sub(bytes as u64 * SLOW_WEIGHT).ok_or(OutOfSteps)?;
    Ok(())
}

fn config() -> meta::Config {
    meta::Config::new()
        .utf8_empty(false)
        .match_kind(MatchKind::LeftmostFirst)
        .hybrid_cache_capacity(CACHE_BYTES)
        .nfa_size_limit(Some(PROGRAM_BYTES))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &[u8]) -> bool {
        let mut steps = 100_000;
        match Pattern::new(pattern.as_bytes(), false) {
            Ok(pattern) => pattern.is_match(text, &mut steps) == Ok(true),
            Err(error) => panic!("{pattern}: {error:?}"),
        }
    }

    #[test]
    fn perl_syntax_that_the_library_reads_otherwise() {
        assert!(matches("[[]", b"["));
        assert!(matches("[]a]", b"]"));
        assert!(matches("\\<", b"<"));
        assert!(matches("a{,3}", b"a{,3}"));
        assert!(matches("{{", b"{{"));
        assert!(matches("[\\w-.]", b"-"));
        assert!(matches("[a&&b]", b"&"));
        assert!(matches("\\xe9", &[0xe9]));
        assert!(matches("[[:alpha:]_]{2}", b"a_"));
    }

    #[test]
    fn a_dot_matches_newlines_and_anchors_match_at_lines() {
        assert!(matches("a.b", b"a\nb"));
        assert!(matches("^b$", b"a\nb\nc"));
    }

    #[test]
    fn look_around_back_references_and_possessive_repeats() {
        assert!(matches("<\\?(?!xml)", b"<?php"));
        assert!(!matches("<\\?(?!xml)", b"<?xml"));
        assert!(matches("(a|b)=\\1", b"x b=b"));
        assert!(!matches("(a|b)=\\1", b"a=b"));
        assert!(!matches("a++ab", b"aaab"));
        assert!(matches("(?<!x)y", b"zy"));
        assert!(!matches("(?<!x)y", b"xy"));
    }

    #[test]
    fn backtracking_stops_at_its_limit() {
        let pattern = Pattern::new(b"(?!z)(?:a*)*\\1?b|(x)", false);
        assert!(pattern.is_err(), "a reference to a later group is refused");
        let pattern = Pattern::new(b"(?!z)(?:a|a)*(?:a|a)*(?:a|a)*$(?<!a)", false);
        let pattern = pattern.ok().filter(|pattern| pattern.exact.is_some());
        let mut steps = 10_000;
        let found = pattern.map(|pattern| pattern.is_match(&[b'a'; 200], &mut steps));
        assert_eq!(found, Some(Err(OutOfSteps)));
    }

    #[test]
    fn groups_are_reported() {
        let mut steps = 1000;
        let pattern = Pattern::new(b"a(.)(z)?", false).ok();
        let groups =
            pattern.and_then(|pattern| pattern.groups(b"xab", true, &mut steps).ok().flatten());
        assert_eq!(groups.map(|g| (g[0], g[1], g[2])), Some((Some((1, 3)), Some((2, 3)), None)));
    }
}
