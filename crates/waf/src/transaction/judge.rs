//! Shows one value to one operator: transformations, prefilter, the operator itself.

use super::engine::Engine;
use super::values::{Injection, ValueId};
use crate::operator::{self, Operator};
use crate::program::rule::Rule;
use crate::program::template::Template;
use crate::regex::{Groups, OutOfSteps, Pattern};
use crate::transform::{Transformation, classes};
use crate::variable::Variable;
use std::sync::Arc;

/// Work per byte of what costs more than a scan.
const PATTERN_WEIGHT: u64 = 8;
const INJECTION_WEIGHT: u64 = 200;
const TRANSFORM_WEIGHT: u64 = 2;
const ASSEMBLE_WEIGHT: u64 = 1_000;
/// Patterns assembled at run time that are kept for later transactions.
const ASSEMBLED_MAX: usize = 16;

impl Engine<'_> {
    /// What a chain of transformations makes of a value.
    pub(super) fn transform(&mut self, value: ValueId, chain: u16) -> ValueId {
        let program = self.program;
        let Some(chain) = program.chains.get(usize::from(chain)) else { return value };
        let mut value = value;
        if self.state.values.kinds(value) & chain.trigger != 0 {
            for step in &chain.steps {
                value = self.step(value, *step);
            }
        }
        value
    }

    pub(super) fn step(&mut self, value: ValueId, step: Transformation) -> ValueId {
        if self.state.values.kinds(value) & step.trigger() == 0 {
            return value;
        }
        if let Some(known) = self.state.values.transformed(value, step) {
            return known;
        }
        let mut out = std::mem::take(&mut self.state.buffer);
        let input = self.state.values.get(value);
        let work = input.len() as u64 * TRANSFORM_WEIGHT;
        step.apply(input, &self.program.map, &mut out);
        self.state.charge(work);
        let result = self.state.intern(&out);
        self.state.buffer = out;
        self.state.values.remember_step(value, step, result);
        result
    }

    /// Makes sure that the candidates for a value are known.
    pub(super) fn scan(&mut self, value: ValueId, side: usize) {
        let Some(filter) = self.program.prefilters.get(side) else { return };
        if self.state.values.candidates(value, side, filter.words).is_some() {
            return;
        }
        let Some(cache) = self.state.prefilters.get_mut(side) else { return };
        let work = match self.state.values.new_candidates(value, side, filter.words) {
            Some((bytes, kinds, row)) => filter.scan(bytes, kinds, row, cache),
            None => 0,
        };
        self.state.charge(work * 2);
    }

    /// Adds the candidates for a value to a view's row.
    pub(super) fn add_candidates(&mut self, value: ValueId, side: usize, start: usize) {
        let words = self.program.prefilters.get(side).map_or(0, |filter| filter.words);
        let Some(row) = self.state.values.candidates(value, side, words) else { return };
        let Some(sums) = self.state.view_rows.get_mut(start..start + words) else { return };
        for (sum, word) in sums.iter_mut().zip(row) {
            *sum |= word;
        }
    }

    /// Where `value` matches the rule's operator. A match without a place spans all of the value.
    pub(super) fn test(&mut self, rule: &Rule, value: ValueId) -> Option<(u32, u32)> {
        if let Some(bit) = rule.bit {
            let side = self.side.index();
            self.scan(value, side);
            let words = self.program.prefilters.get(side)?.words;
            let row = self.state.values.candidates(value, side, words)?;
            let word = row.get(usize::from(bit) / 64).copied()?;
            if word >> (bit % 64) & 1 == 0 {
                return None;
            }
        }
        let program = self.program;
        let operator = program.operators.get(rule.operator as usize)?;
        let whole = (0, self.state.values.get(value).len() as u32);
        match operator {
            Operator::Pattern(pattern) => self.pattern(rule, pattern, value, whole),
            Operator::Assembled(template) => match self.assemble(rule, template) {
                Some(pattern) => self.pattern(rule, &pattern, value, whole),
                None => rule.negated.then_some(whole),
            },
            Operator::Phrases(phrases) => {
                self.state.charge(u64::from(whole.1));
                let found = phrases.find(self.state.values.get(value));
                let span = found.map(|(start, end)| (start as u32, end as u32));
                if rule.negated {
                    return span.is_none().then_some(whole);
                }
                self.capture_span(rule, value, span?);
                span
            }
            Operator::Sqli | Operator::Xss => {
                let found = self.injection(operator, value);
                (found != rule.negated).then(|| {
                    self.capture_injection(rule, operator, value, found);
                    whole
                })
            }
            _ => {
                self.state.charge(u64::from(whole.1) / 4 + 1);
                let found = self.simple(rule, operator, value);
                (found != rule.negated).then(|| {
                    self.capture_span(rule, value, whole);
                    whole
                })
            }
        }
    }

    fn pattern(
        &mut self,
        rule: &Rule,
        pattern: &Pattern,
        value: ValueId,
        whole: (u32, u32),
    ) -> Option<(u32, u32)> {
        self.state.charge(u64::from(whole.1) * PATTERN_WEIGHT + 16);
        let mut steps = self.state.budget.as_ref().map_or(0, |budget| budget.left);
        let before = steps;
        let bytes = self.state.values.get(value);
        let answer = match rule.negated {
            true => pattern.is_match(bytes, &mut steps).map(|found| found.then(Groups::default)),
            false => pattern.groups(bytes, rule.capture, &mut steps),
        };
        self.state.charge(before - steps);
        let groups = match answer {
            Ok(groups) => groups,
            Err(OutOfSteps) => {
                self.state.exceed(super::budget::Exceeded::Work);
                return None;
            }
        };
        if rule.negated {
            return groups.is_none().then_some(whole);
        }
        let groups = groups?;
        if rule.capture {
            for (slot, group) in groups.iter().enumerate() {
                if let Some((start, end)) = group {
                    self.capture(slot, value, (*start as u32, *end as u32));
                }
            }
        }
        let [first, ..] = groups;
        first.map(|(start, end)| (start as u32, end as u32))
    }

    /// The pattern that a template spells now; none when it cannot be compiled.
    fn assemble(&mut self, rule: &Rule, template: &Template) -> Option<Arc<Pattern>> {
        let text = self.expand(template, rule);
        let text = self.state.values.get(text);
        let known = self.state.assembled.iter().find(|(other, _)| other == text);
        if let Some((_, pattern)) = known {
            return Some(pattern.clone());
        }
        let (text, work) = (text.to_vec(), text.len() as u64 * ASSEMBLE_WEIGHT);
        self.state.charge(work);
        let pattern = Arc::new(Pattern::new(&text, false).ok()?);
        if self.state.assembled.len() >= ASSEMBLED_MAX {
            self.state.assembled.clear();
        }
        self.state.assembled.push((text, pattern.clone()));
        Some(pattern)
    }

    /// Stores a part of a value in `TX.n`.
    fn capture(&mut self, slot: usize, value: ValueId, span: (u32, u32)) {
        let mut buffer = std::mem::take(&mut self.state.buffer);
        buffer.clear();
        let bytes = self.state.values.get(value);
        buffer.extend_from_slice(bytes.get(span.0 as usize..span.1 as usize).unwrap_or_default());
        let id = self.state.intern(&buffer);
        self.state.buffer = buffer;
        if let Some(place) = self.state.tx.get_mut(slot) {
            *place = Some(id);
        }
    }

    fn capture_span(&mut self, rule: &Rule, value: ValueId, span: (u32, u32)) {
        if rule.capture {
            self.capture(0, value, span);
        }
    }

    fn injection(&mut self, operator: &Operator, value: ValueId) -> bool {
        let kind = match operator {
            Operator::Sqli => Injection::Sqli,
            _ => Injection::Xss,
        };
        if let Some(known) = self.state.values.verdict(value, kind) {
            return known;
        }
        let kinds = self.state.values.kinds(value);
        // Paid for first: on a long value it is the costliest look of all.
        let length = self.state.values.get(value).len() as u64;
        self.state.charge(length);
        let bytes = self.state.values.get(value);
        let harmless = match kind {
            Injection::Sqli => operator::is_plain(bytes),
            Injection::Xss => operator::cannot_be_script(kinds),
        };
        let found = !harmless && {
            self.state.charge(length * INJECTION_WEIGHT);
            let bytes = self.state.values.get(value);
            self.state.exceeded().is_none()
                && match kind {
                    Injection::Sqli => operator::is_sqli(bytes),
                    Injection::Xss => operator::is_xss(bytes),
                }
        };
        self.state.values.remember_verdict(value, kind, found);
        found
    }

    fn capture_injection(&mut self, rule: &Rule, operator: &Operator, value: ValueId, found: bool) {
        if !rule.capture || !found {
            return;
        }
        let id = match operator {
            Operator::Sqli => {
                let fingerprint = operator::sqli_fingerprint(self.state.values.get(value));
                self.state.intern(&fingerprint.unwrap_or_default())
            }
            _ => value,
        };
        if let Some(place) = self.state.tx.get_mut(0) {
            *place = Some(id);
        }
    }

    fn simple(&mut self, rule: &Rule, operator: &Operator, value: ValueId) -> bool {
        match operator {
            Operator::Compare(comparison, template) => {
                let right = self.with_text(rule, template, |_, text| operator::number(text));
                comparison.holds(operator::number(self.state.values.get(value)), right)
            }
            Operator::Text(test, template) => self
                .with_text(rule, template, |state, text| test.holds(state.values.get(value), text)),
            Operator::Networks(networks) => networks.contains(self.state.values.get(value)),
            Operator::ByteRange(set, outside) => {
                self.state.values.kinds(value) & outside != 0
                    && self.state.values.get(value).iter().any(|byte| !set.contains(*byte))
            }
            Operator::UrlEncoding => !operator::url_encoding_is_valid(self.state.values.get(value)),
            Operator::Utf8 => {
                self.state.values.kinds(value) & classes::HIGH != 0
                    && !operator::utf8_is_valid(self.state.values.get(value))
            }
            Operator::Always => true,
            _ => false,
        }
    }

    /// The text of `ARGS:name`, as rules call what has matched.
    pub(super) fn matched_name(&mut self, matched: super::state::Matched) -> ValueId {
        let mut name = std::mem::take(&mut self.state.buffer);
        name.clear();
        write_name(&mut name, matched.variable, self.state.values.get(matched.key));
        let id = self.state.intern(&name);
        self.state.buffer = name;
        id
    }
}

pub(super) fn write_name(out: &mut Vec<u8>, variable: Variable, key: &[u8]) {
    out.extend_from_slice(variable.name().as_bytes());
    if !key.is_empty() {
        out.push(b':');
        out.extend_from_slice(key);
    }
}
