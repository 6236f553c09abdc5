//! Finds the values a rule looks at and shows it those that it may match.

use super::engine::Engine;
use super::state::Entry;
use super::values::ValueId;
use super::verdict::Evidence;
use crate::operator::Operator;
use crate::program::View;
use crate::program::rule::{Exclusion, Key, Rule, Target};
use crate::variable::{Kind, Variable};

impl Engine<'_> {
    /// Whether any value of the rule's targets matches. Each match takes its effect.
    pub(super) fn targets(&mut self, index: u32, rule: &Rule) -> bool {
        let mut found = false;
        for target in &rule.targets {
            if self.state.exceeded().is_some() {
                return false;
            }
            found |= match target.variable.kind() {
                _ if target.count => self.count(index, rule, target),
                Kind::Single | Kind::Many => self.listed(index, rule, target),
                Kind::Stored => self.stored(index, rule, target),
                Kind::Matched => self.matched(index, rule, target),
            };
        }
        found
    }

    fn listed(&mut self, index: u32, rule: &Rule, target: &Target) -> bool {
        if let (false, Some(bit)) = (target.views.is_empty(), rule.bit)
            && !target.views.iter().any(|view| self.view_has(*view, bit))
        {
            return false;
        }
        let mut found = false;
        let mut at = 0;
        while let Some(entry) = self.state.entry(target.variable, at) {
            at += 1;
            if entry.harmless || !self.selects(&target.key, entry.key) {
                continue;
            }
            if self.is_excluded(index, rule, target.variable, entry.key) {
                continue;
            }
            found |= self.value(index, rule, target.variable, entry);
        }
        found
    }

    fn value(&mut self, index: u32, rule: &Rule, variable: Variable, entry: Entry) -> bool {
        if !rule.multi_match {
            let value = self.transform(entry.value, rule.chain);
            return self.value_as(index, rule, variable, entry, value);
        }
        // Every stage that changes the value is shown to the rule.
        let program = self.program;
        let steps = program.chains.get(usize::from(rule.chain)).map_or(&[][..], |c| &c.steps);
        let mut value = entry.value;
        let mut found = self.value_as(index, rule, variable, entry, value);
        for step in steps {
            let next = self.step(value, *step);
            if next != value {
                value = next;
                found |= self.value_as(index, rule, variable, entry, value);
            }
        }
        found
    }

    fn value_as(
        &mut self,
        index: u32,
        rule: &Rule,
        variable: Variable,
        entry: Entry,
        value: ValueId,
    ) -> bool {
        let Some(span) = self.test(rule, value) else { return false };
        let Entry { key, value: original, .. } = entry;
        let evidence = Evidence { rule: index, variable, key, original, value, span };
        self.value_matched(rule, evidence);
        true
    }

    fn count(&mut self, index: u32, rule: &Rule, target: &Target) -> bool {
        let count = match target.variable.kind() {
            Kind::Single | Kind::Many => {
                let list = self.state.list(target.variable);
                list.iter().filter(|entry| self.selects(&target.key, entry.key)).count()
            }
            Kind::Stored => self.stored_entries(target).len(),
            Kind::Matched => self.state.matched.len(),
        };
        if let Some(Operator::Compare(comparison, template)) =
            self.program.operators.get(rule.operator as usize)
            && let Some(text) = template.constant()
            && comparison.holds(count as i64, crate::operator::number(text)) == rule.negated
        {
            return false;
        }
        let value = self.state.intern(count.to_string().as_bytes());
        let key = match &target.key {
            Key::Name(name) => self.state.intern(name),
            Key::Slot(slot) => self.state.intern(self.program.tx_names.name(*slot)),
            _ => Self::nothing(),
        };
        self.value(index, rule, target.variable, Entry::new(key, value, 0))
    }

    fn stored(&mut self, index: u32, rule: &Rule, target: &Target) -> bool {
        if let (Variable::Tx, Key::Slot(slot)) = (target.variable, &target.key) {
            let Some(value) = self.state.tx.get(usize::from(*slot)).copied().flatten() else {
                return false;
            };
            if self.number_fails(rule, value) {
                return false;
            }
            let key = self.state.intern(self.program.tx_names.name(*slot));
            if self.is_excluded(index, rule, Variable::Tx, key) {
                return false;
            }
            return self.value(index, rule, Variable::Tx, Entry::new(key, value, 0));
        }
        let mut found = false;
        for entry in self.stored_entries(target) {
            if !self.is_excluded(index, rule, target.variable, entry.key) {
                found |= self.value(index, rule, target.variable, entry);
            }
        }
        found
    }

    /// A quick no for the commonest rules: a number in `TX` compared with a constant.
    fn number_fails(&self, rule: &Rule, value: ValueId) -> bool {
        if rule.chain != 0 {
            return false;
        }
        match self.program.operators.get(rule.operator as usize) {
            Some(Operator::Compare(comparison, template)) => {
                template.constant().is_some_and(|text| {
                    let left = crate::operator::number(self.state.values.get(value));
                    comparison.holds(left, crate::operator::number(text)) == rule.negated
                })
            }
            _ => false,
        }
    }

    fn stored_entries(&mut self, target: &Target) -> Vec<Entry> {
        let entry = |key, value| Entry::new(key, value, 0);
        let mut entries = Vec::new();
        if target.variable == Variable::Tx {
            if let Key::Slot(slot) = target.key {
                let value = self.state.tx.get(usize::from(slot)).copied().flatten();
                return value.map(|value| entry(Self::nothing(), value)).into_iter().collect();
            }
            for slot in 0..self.state.tx.len() {
                if let Some(value) = self.state.tx.get(slot).copied().flatten() {
                    let name = self.program.tx_names.name(slot as u16);
                    if self.key_selects(&target.key, name) {
                        let key = self.state.intern(name);
                        entries.push(entry(key, value));
                    }
                }
            }
            entries.extend(self.state.tx_extra.iter().map(|(key, value)| entry(*key, *value)));
        } else {
            let stored = self.state.stored.iter().filter(|(owner, ..)| *owner == target.variable);
            entries.extend(stored.map(|(_, key, value)| entry(*key, *value)));
        }
        entries.retain(|entry| self.selects(&target.key, entry.key));
        entries
    }

    fn matched(&mut self, index: u32, rule: &Rule, target: &Target) -> bool {
        let matched = self.state.matched.clone();
        let chosen = match target.variable {
            Variable::MatchedVar | Variable::MatchedVarName => {
                matched.get(matched.len().saturating_sub(1)..).unwrap_or_default()
            }
            _ => &matched,
        };
        let by_name =
            matches!(target.variable, Variable::MatchedVarName | Variable::MatchedVarsNames);
        let mut found = false;
        for earlier in chosen {
            let value = match by_name {
                true => self.matched_name(*earlier),
                false => earlier.value,
            };
            let entry = Entry::new(earlier.key, value, 0);
            found |= self.value(index, rule, earlier.variable, entry);
        }
        found
    }

    fn selects(&self, key: &Key, name: ValueId) -> bool {
        matches!(key, Key::All) || self.key_selects(key, self.state.values.get(name))
    }

    fn key_selects(&self, key: &Key, name: &[u8]) -> bool {
        match key {
            Key::All => true,
            Key::Name(wanted) => name.eq_ignore_ascii_case(wanted),
            Key::Slot(slot) => name.eq_ignore_ascii_case(self.program.tx_names.name(*slot)),
            Key::Pattern(pattern) => {
                let mut steps = name.len() as u64 * 100 + 1_000;
                // Selecting too much is the safe side of a pattern that takes too long.
                pattern.is_match(name, &mut steps).unwrap_or(true)
            }
        }
    }

    fn is_excluded(&self, index: u32, rule: &Rule, variable: Variable, name: ValueId) -> bool {
        let excludes = |exclusion: &Exclusion| {
            exclusion.variable == variable && self.selects(&exclusion.key, name)
        };
        rule.exclusions.iter().any(excludes)
            || self.state.removed_targets.iter().any(|removal| {
                removal.rules.contains(index as usize) && removal.exclusions.iter().any(excludes)
            })
    }

    /// Whether any value of a view is a candidate of the operator with `bit`.
    fn view_has(&mut self, view: u16, bit: u16) -> bool {
        let start = usize::from(view) * self.program.words();
        if self.state.view_known.get(usize::from(view)) != Some(&true) {
            self.gather_view(view, start);
        }
        self.state
            .view_rows
            .get(start + usize::from(bit) / 64)
            .is_none_or(|word| word >> (bit % 64) & 1 == 1)
    }

    fn gather_view(&mut self, number: u16, start: usize) {
        let program = self.program;
        let Some(View { variable, chain, side_index }) =
            program.views.get(usize::from(number)).copied()
        else {
            return;
        };
        let side = usize::from(side_index);
        let trigger = program.chains.get(usize::from(chain)).map_or(!0, |chain| chain.trigger);
        let base = program.base_views.get(usize::from(number)).copied().flatten();
        if let Some(base) = base {
            // What the chain leaves alone was gathered already for the values as they are.
            let words = program.words();
            let from = usize::from(base) * words;
            if self.state.view_known.get(usize::from(base)) != Some(&true) {
                self.gather_view(base, from);
            }
            self.state.view_rows.copy_within(from..from + words, start);
        }
        let mut at = 0;
        while let Some(entry) = self.state.entry(variable, at) {
            at += 1;
            if entry.harmless || (base.is_some() && entry.kinds & trigger == 0) {
                continue;
            }
            let value = self.transform(entry.value, chain);
            if base.is_some() && value == entry.value {
                continue;
            }
            self.scan(value, side);
            self.add_candidates(value, side, start);
        }
        self.state.charge(at as u64);
        if let Some(known) = self.state.view_known.get_mut(usize::from(number)) {
            *known = true;
        }
    }
}
