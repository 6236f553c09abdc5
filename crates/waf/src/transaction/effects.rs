//! What matching rules change: variables of their own, the engine, other rules.

use super::engine::Engine;
use super::state::State;
use super::values::ValueId;
use crate::operator::number;
use crate::program::rule::{Control, Rule, SetName, SetValue, SetVar};
use crate::program::template::{Piece, RuleField, Template};
use crate::variable::{Kind, Variable};

/// Variables that rules may make up while running.
const STORED_MAX: usize = 10_000;

impl Engine<'_> {
    /// What happens for every value that a rule matches.
    pub(super) fn effects(&mut self, rule: &Rule) {
        for set in &rule.effects.set {
            self.set_var(rule, set);
        }
    }

    /// What happens once, when a rule and the rest of its chain have matched.
    pub(super) fn controls(&mut self, rule: &Rule) {
        for (collection, key) in &rule.effects.init {
            let key = self.expand(key, rule);
            let name = self.state.intern(b"key");
            self.store(*collection, name, Some(key));
        }
        for control in &rule.effects.controls {
            match control {
                Control::RuleEngine(mode) => self.state.engine = Some(*mode),
                Control::RemoveRules(rules) => {
                    self.state.removed_rules.union(rules);
                    self.state.any_removed = true;
                }
                Control::RemoveTargets(removal) => self.state.removed_targets.push(removal.clone()),
                Control::RequestBodyProcessor(processor) => {
                    self.state.set_processor(Some(*processor));
                }
                Control::ForceRequestBodyVariable(on) => self.state.force_request_body = *on,
                Control::RequestBodyAccess(on) => self.state.request_body_access = *on,
                Control::ResponseBodyAccess(on) => self.state.response_body_access = *on,
            }
        }
    }

    fn set_var(&mut self, rule: &Rule, set: &SetVar) {
        let (collection, name) = match &set.name {
            SetName::Slot(slot) => {
                let now = self.state.tx.get(usize::from(*slot)).copied().flatten();
                let value = self.new_value(rule, &set.value, now);
                if let Some(place) = self.state.tx.get_mut(usize::from(*slot)) {
                    *place = value;
                }
                return;
            }
            SetName::Dynamic(collection, template) => (*collection, self.expand(template, rule)),
        };
        let lower = self.state.values.get(name).to_ascii_lowercase();
        if let (Variable::Tx, Some(slot)) = (collection, self.program.tx_names.find(&lower)) {
            let now = self.state.tx.get(usize::from(slot)).copied().flatten();
            let value = self.new_value(rule, &set.value, now);
            if let Some(place) = self.state.tx.get_mut(usize::from(slot)) {
                *place = value;
            }
            return;
        }
        let name = self.state.intern(&lower);
        let now = self.state.stored_value(collection, name);
        let value = self.new_value(rule, &set.value, now);
        self.store(collection, name, value);
    }

    fn new_value(
        &mut self,
        rule: &Rule,
        value: &SetValue,
        now: Option<ValueId>,
    ) -> Option<ValueId> {
        let (sign, amount) = match value {
            SetValue::Unset => return None,
            SetValue::Set(template) => return Some(self.expand(template, rule)),
            SetValue::Add(template) => (1, template),
            SetValue::Subtract(template) => (-1, template),
        };
        let amount = self.with_text(rule, amount, |_, text| number(text)).saturating_mul(sign);
        let before = now.map_or(0, |now| number(self.state.values.get(now)));
        let sum = before.saturating_add(amount).to_string();
        Some(self.state.intern(sum.as_bytes()))
    }

    fn store(&mut self, collection: Variable, name: ValueId, value: Option<ValueId>) {
        let state = &mut self.state;
        if collection == Variable::Tx {
            state.tx_extra.retain(|(other, _)| value.is_some() || *other != name);
            if let Some(value) = value {
                let room = state.tx_extra.len() < STORED_MAX;
                match state.tx_extra.iter_mut().find(|(other, _)| *other == name) {
                    Some((_, place)) => *place = value,
                    None if room => state.tx_extra.push((name, value)),
                    None => {}
                }
            }
            return;
        }
        let same = |entry: &(Variable, ValueId, ValueId)| entry.0 == collection && entry.1 == name;
        match (value, state.stored.iter().position(same)) {
            (None, Some(at)) => {
                state.stored.swap_remove(at);
            }
            (Some(value), Some(at)) => {
                state.stored.get_mut(at).into_iter().for_each(|entry| entry.2 = value);
            }
            (Some(value), None) if state.stored.len() < STORED_MAX => {
                state.stored.push((collection, name, value));
            }
            _ => {}
        }
    }

    /// Calls `then` with the text of a template, without copying it when it is one piece.
    pub(super) fn with_text<T>(
        &mut self,
        rule: &Rule,
        template: &Template,
        then: impl FnOnce(&State, &[u8]) -> T,
    ) -> T {
        match &*template.pieces {
            [] => then(self.state, b""),
            [Piece::Text(text)] => then(self.state, text),
            [Piece::Slot(slot)] => {
                let value = self.state.tx.get(usize::from(*slot)).copied().flatten();
                then(self.state, value.map_or(&[][..], |value| self.state.values.get(value)))
            }
            _ => {
                let id = self.expand(template, rule);
                then(self.state, self.state.values.get(id))
            }
        }
    }

    /// The text of a template as a value.
    pub(super) fn expand(&mut self, template: &Template, rule: &Rule) -> ValueId {
        if let [Piece::Slot(slot)] = &*template.pieces {
            return self.state.tx.get(usize::from(*slot)).copied().flatten().unwrap_or_default();
        }
        let mut out = std::mem::take(&mut self.state.second_buffer);
        out.clear();
        self.write(template, rule, &mut out, true);
        let id = self.state.intern(&out);
        self.state.second_buffer = out;
        id
    }

    fn write(&mut self, template: &Template, rule: &Rule, out: &mut Vec<u8>, outer: bool) {
        for piece in &template.pieces {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text),
                Piece::Slot(slot) => {
                    let value = self.state.tx.get(usize::from(*slot)).copied().flatten();
                    out.extend(value.map_or(&[][..], |value| self.state.values.get(value)));
                }
                Piece::Rule(RuleField::Id) => out.extend_from_slice(rule.id.to_string().as_bytes()),
                Piece::Rule(RuleField::Severity) => {
                    let severity = rule.meta.severity.map(|level| level.to_string());
                    out.extend_from_slice(severity.unwrap_or_default().as_bytes());
                }
                Piece::Rule(RuleField::Msg) => {
                    // A message that names itself is not expanded twice.
                    if let Some(msg) = rule.meta.msg.as_ref().filter(|_| outer) {
                        self.write(msg, rule, out, false);
                    }
                }
                Piece::Value(variable, key) => self.write_value(*variable, key.as_deref(), out),
            }
        }
    }

    fn write_value(&mut self, variable: Variable, key: Option<&[u8]>, out: &mut Vec<u8>) {
        let last = self.state.matched.last().copied();
        match (variable, variable.kind()) {
            (Variable::MatchedVarName | Variable::MatchedVarsNames, _) => {
                if let Some(last) = last {
                    let key = self.state.values.get(last.key);
                    super::judge::write_name(out, last.variable, key);
                }
            }
            (_, Kind::Matched) => {
                out.extend(last.map_or(&[][..], |last| self.state.values.get(last.value)));
            }
            (_, Kind::Stored) => {
                let stored = self.state.stored.iter().find(|(owner, name, _)| {
                    *owner == variable && key == Some(self.state.values.get(*name))
                });
                out.extend(stored.map_or(&[][..], |(_, _, value)| self.state.values.get(*value)));
            }
            _ => {
                let entries = self.state.list(variable).iter();
                let entry = entries.into_iter().find(|entry| {
                    key.is_none_or(|key| self.state.values.get(entry.key).eq_ignore_ascii_case(key))
                });
                out.extend(entry.map_or(&[][..], |entry| self.state.values.get(entry.value)));
            }
        }
    }
}

impl State {
    fn stored_value(&self, collection: Variable, name: ValueId) -> Option<ValueId> {
        if collection == Variable::Tx {
            return self.tx_extra.iter().find(|(other, _)| *other == name).map(|(_, value)| *value);
        }
        let mut stored = self.stored.iter();
        stored.find(|entry| entry.0 == collection && entry.1 == name).map(|entry| entry.2)
    }
}
