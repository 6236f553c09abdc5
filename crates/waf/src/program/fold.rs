//! Finds out at load what rules will do in every transaction, so that it need not be done again.
//!
//! Rule sets configure themselves with rules: set a level, set what is unset, skip what is above
//! the level. Walking through phase 1 with what is known about `TX` tells which rules always do
//! the same (they are done once, at load) and which can never run (they are dropped). Rules that
//! may be removed while running (`ctl`) are only dropped when whatever removes a skip in front of
//! them removes them as well.

use super::Names;
use super::known::{Answer, Known, Reach, State, add, expand, merge, merge_tx, slots_of};
use super::rule::{Control, Key, Rule, RuleSet, SetName, SetValue, Target};
use super::template::{Piece, Template};
use crate::operator::{Operator, number};
use crate::regex::GROUPS;
use crate::seclang::ast::Disruption;
use crate::variable::{Kind, Variable};

/// More removals than this and nothing is folded.
const REMOVALS_MAX: usize = 64;

/// What folding found out.
#[derive(Debug)]
pub(super) struct Folded {
    /// Values of `TX` before the first rule runs.
    pub tx: Vec<Option<Vec<u8>>>,
    /// Rules that have to be run, by index.
    pub kept: Vec<bool>,
}

impl Folded {
    /// Everything is left to be done while running.
    pub(super) fn nothing(rules: &[Rule], names: &Names) -> Self {
        Self { tx: vec![None; names.len()], kept: vec![true; rules.len()] }
    }
}

struct Folder<'a> {
    rules: &'a [Rule],
    operators: &'a [Operator],
    names: &'a Names,
    removals: Vec<&'a RuleSet>,
    kept: Vec<bool>,
    /// Slots that kept rules of phase 1 have read or written so far.
    touched: Vec<bool>,
    initial: Vec<Known>,
}

/// Folds the rules of all phases.
pub(super) fn fold(
    rules: &[Rule],
    phases: &[Vec<u32>; 6],
    operators: &[Operator],
    names: &Names,
) -> Folded {
    let removals: Vec<&RuleSet> = rules
        .iter()
        .flat_map(|rule| &rule.effects.controls)
        .filter_map(|control| match control {
            Control::RemoveRules(rules) => Some(rules),
            _ => None,
        })
        .collect();
    if removals.len() > REMOVALS_MAX {
        return Folded::nothing(rules, names);
    }
    let mut folder = Folder {
        rules,
        operators,
        names,
        removals,
        kept: vec![true; rules.len()],
        touched: vec![false; names.len()],
        initial: vec![Known::Unset; names.len()],
    };
    let mut tx = vec![Known::Unset; names.len()];
    tx.iter_mut().take(GROUPS).for_each(|slot| *slot = Known::Unknown);
    let [_, first, later @ ..] = phases;
    folder.phase(first, State { tx, reach: Reach::Always, removals: 0 }, true);
    let entry = folder.entry_of_later_phases(first, later);
    for phase in later {
        folder.phase(phase, entry.clone(), false);
    }
    let tx = folder.initial.iter().map(|known| match known {
        Known::Text(text) => Some(text.clone()),
        _ => None,
    });
    Folded { tx: tx.collect(), kept: folder.kept }
}

impl<'a> Folder<'a> {
    /// Walks one phase. In the first one, what always happens is moved to before it.
    fn phase(&mut self, order: &[u32], entry: State, first: bool) {
        let mut incoming: Vec<Option<State>> = vec![None; order.len() + 1];
        let mut sure_skips = Vec::new();
        let mut flow = Some(entry);
        for (at, index) in order.iter().enumerate() {
            let arrived = incoming.get_mut(at).and_then(Option::take);
            let Some(mut state) = merge(flow.take(), arrived) else {
                self.drop_rule(*index);
                continue;
            };
            let Some(rule) = self.rules.get(*index as usize) else { continue };
            let covering = self.covering(*index, !0);
            let never = match state.reach {
                Reach::Always => false,
                Reach::Removed(by) => by & !covering == 0,
            };
            if never {
                self.drop_rule(*index);
                flow = Some(state);
                continue;
            }
            let before = state.clone();
            let mut answer = self.rule(rule, &mut state);
            let removable = covering & before.removals;
            let certain = state.reach == Reach::Always && removable == 0;
            if answer == Answer::No {
                self.drop_rule(*index);
                flow = Some(state);
                continue;
            }
            if answer == Answer::Yes && certain && first && self.moves_to_start(rule, &state) {
                self.drop_rule(*index);
                flow = Some(state);
                continue;
            }
            if !certain {
                // It may also not run at all.
                let reach = state.reach;
                state.tx = merge_tx(&state.tx, &before.tx);
                if answer == Answer::Yes && reach != Reach::Always {
                    answer = Answer::Maybe;
                }
            }
            self.touch(rule);
            self.note_removals(rule, &mut state);
            let Some(target) = rule.skip_to.map(|to| (to as usize).min(order.len())) else {
                flow = Some(state);
                continue;
            };
            let jump = merge(incoming.get_mut(target).and_then(Option::take), Some(state.clone()));
            if let Some(slot) = incoming.get_mut(target) {
                *slot = jump;
            }
            flow = match answer {
                Answer::Yes if removable == 0 => None,
                Answer::Yes => Some(State { reach: Reach::Removed(removable), ..state }),
                _ => Some(state),
            };
            if answer == Answer::Yes && is_bare_skip(rule) {
                sure_skips.push((at, target, *index));
            }
        }
        self.drop_idle_skips(order, &sure_skips);
    }

    /// A skip over rules none of which is left does nothing.
    fn drop_idle_skips(&mut self, order: &[u32], skips: &[(usize, usize, u32)]) {
        for (at, target, index) in skips.iter().rev() {
            let between = order.get(at + 1..*target).unwrap_or_default();
            if between.iter().all(|other| self.kept.get(*other as usize) == Some(&false)) {
                self.drop_rule(*index);
            }
        }
    }

    fn drop_rule(&mut self, index: u32) {
        let mut at = Some(index);
        while let Some(index) = at {
            if let Some(kept) = self.kept.get_mut(index as usize) {
                *kept = false;
            }
            at = self.rules.get(index as usize).and_then(|rule| rule.next);
        }
    }

    /// Which of the removals in `among` take the rule away.
    fn covering(&self, index: u32, among: u64) -> u64 {
        self.removals
            .iter()
            .enumerate()
            .filter(|(bit, rules)| among >> bit & 1 == 1 && rules.contains(index as usize))
            .fold(0, |bits, (bit, _)| bits | 1 << bit)
    }

    fn links(&self, rule: &'a Rule) -> impl Iterator<Item = &'a Rule> {
        let rules = self.rules;
        std::iter::successors(Some(rule), move |rule| {
            rule.next.and_then(|next| rules.get(next as usize))
        })
    }

    /// Whether a whole chain matches; notes in `state` what it sets.
    fn rule(&self, rule: &'a Rule, state: &mut State) -> Answer {
        let mut answer = Answer::Yes;
        for link in self.links(rule) {
            let own = self.link(link, &state.tx);
            match (answer, own) {
                (_, Answer::No) => return Answer::No,
                (Answer::Yes, Answer::Yes) => self.set(link, &mut state.tx),
                _ => {
                    let before = state.tx.clone();
                    self.set(link, &mut state.tx);
                    state.tx = merge_tx(&before, &state.tx);
                    answer = Answer::Maybe;
                }
            }
        }
        answer
    }

    fn link(&self, rule: &Rule, tx: &[Known]) -> Answer {
        if rule.targets.is_empty() {
            return Answer::Yes;
        }
        let [target] = rule.targets.as_slice() else { return Answer::Maybe };
        if rule.chain != 0 || !rule.exclusions.is_empty() || rule.multi_match {
            return Answer::Maybe;
        }
        let value = match self.target_value(target, tx) {
            Known::Unset => return Answer::No,
            Known::Unknown => return Answer::Maybe,
            Known::Text(text) => text,
        };
        let holds = match self.operators.get(rule.operator as usize) {
            Some(Operator::Compare(comparison, template)) => {
                expand(template, tx).map(|text| comparison.holds(number(&value), number(&text)))
            }
            Some(Operator::Text(test, template)) => {
                expand(template, tx).map(|text| test.holds(&value, &text))
            }
            Some(Operator::Always) => Some(true),
            _ => None,
        };
        match holds {
            Some(holds) if holds != rule.negated => Answer::Yes,
            Some(_) => Answer::No,
            None => Answer::Maybe,
        }
    }

    fn target_value(&self, target: &Target, tx: &[Known]) -> Known {
        let (Variable::Tx, Key::Slot(slot)) = (target.variable, &target.key) else {
            return Known::Unknown;
        };
        let known = tx.get(usize::from(*slot)).cloned().unwrap_or(Known::Unknown);
        match (target.count, known) {
            (true, Known::Unset) => Known::Text(b"0".to_vec()),
            (true, Known::Text(_)) => Known::Text(b"1".to_vec()),
            (_, known) => known,
        }
    }

    fn set(&self, rule: &Rule, tx: &mut [Known]) {
        for set in &rule.effects.set {
            let slot = match &set.name {
                SetName::Slot(slot) => usize::from(*slot),
                SetName::Dynamic(Variable::Tx, name) => {
                    self.forget_by_prefix(name, tx);
                    continue;
                }
                SetName::Dynamic(..) => continue,
            };
            let before = tx.get(slot).cloned().unwrap_or(Known::Unknown);
            let value = match &set.value {
                SetValue::Unset => Known::Unset,
                SetValue::Set(text) => expand(text, tx).map_or(Known::Unknown, Known::Text),
                SetValue::Add(text) => add(before, expand(text, tx), 1),
                SetValue::Subtract(text) => add(before, expand(text, tx), -1),
            };
            if let Some(place) = tx.get_mut(slot) {
                *place = value;
            }
        }
    }

    /// A name made up while running may be any that starts like it.
    fn forget_by_prefix(&self, name: &Template, tx: &mut [Known]) {
        let prefix = match name.pieces.first() {
            Some(Piece::Text(text)) => text.to_ascii_lowercase(),
            _ => Vec::new(),
        };
        for (slot, known) in tx.iter_mut().enumerate() {
            if self.names.name(slot as u16).starts_with(&prefix) {
                *known = Known::Unknown;
            }
        }
    }

    /// Whether all that a rule does is set constants that nothing before it looks at.
    fn moves_to_start(&mut self, rule: &'a Rule, state: &State) -> bool {
        let mut slots = Vec::new();
        for link in self.links(rule) {
            let quiet = link.effects.controls.is_empty()
                && link.effects.init.is_empty()
                && link.redirect.is_none()
                && !link.capture;
            if !quiet {
                return false;
            }
            for set in &link.effects.set {
                let SetName::Slot(slot) = set.name else { return false };
                let slot = usize::from(slot);
                if self.touched.get(slot) != Some(&false)
                    || state.tx.get(slot) == Some(&Known::Unknown)
                {
                    return false;
                }
                slots.push(slot);
            }
        }
        if rule.log || rule.skip_to.is_some() || rule.disruption != Disruption::Pass {
            return false;
        }
        for slot in slots {
            if let (Some(place), Some(known)) = (self.initial.get_mut(slot), state.tx.get(slot)) {
                *place = known.clone();
            }
        }
        true
    }

    /// Marks the slots that a kept rule reads or writes.
    fn touch(&mut self, rule: &'a Rule) {
        let links: Vec<&Rule> = self.links(rule).collect();
        for link in links {
            let names = self.names;
            let mut all = false;
            let mut mark = |slot: u16| {
                self.touched.get_mut(usize::from(slot)).into_iter().for_each(|t| *t = true);
            };
            for target in &link.targets {
                match (&target.key, target.variable) {
                    (Key::Slot(slot), _) => mark(*slot),
                    (_, variable) => all |= variable == Variable::Tx,
                }
            }
            let operator = match self.operators.get(link.operator as usize) {
                Some(Operator::Compare(_, t) | Operator::Text(_, t) | Operator::Assembled(t)) => {
                    Some(t)
                }
                _ => None,
            };
            let meta =
                [link.meta.msg.as_ref(), link.meta.log_data.as_ref(), link.redirect.as_ref()];
            let templates = meta.into_iter().flatten().chain(operator);
            templates.for_each(|template| slots_of(template).for_each(&mut mark));
            link.effects.init.iter().for_each(|(_, key)| slots_of(key).for_each(&mut mark));
            for set in &link.effects.set {
                match &set.name {
                    SetName::Slot(slot) => mark(*slot),
                    SetName::Dynamic(Variable::Tx, _) => all = true,
                    SetName::Dynamic(_, name) => slots_of(name).for_each(&mut mark),
                }
                match &set.value {
                    SetValue::Set(t) | SetValue::Add(t) | SetValue::Subtract(t) => {
                        slots_of(t).for_each(&mut mark);
                    }
                    SetValue::Unset => {}
                }
            }
            if all {
                (0..names.len() as u16).for_each(mark);
            }
        }
    }

    fn note_removals(&self, rule: &'a Rule, state: &mut State) {
        for link in self.links(rule) {
            for control in &link.effects.controls {
                if let Control::RemoveRules(rules) = control {
                    let number = self.removals.iter().position(|known| std::ptr::eq(*known, rules));
                    state.removals |= number.map_or(0, |bit| 1 << bit);
                }
            }
        }
    }

    /// What is certain when a later phase starts, wherever the earlier ones ended: what was moved to
    /// the start, unless a rule that is left writes it.
    fn entry_of_later_phases(&self, first: &[u32], later: &[Vec<u32>]) -> State {
        let mut tx = self.initial.clone();
        tx.iter_mut().take(GROUPS).for_each(|slot| *slot = Known::Unknown);
        let kept = first.iter().filter(|index| self.kept.get(**index as usize) == Some(&true));
        for index in kept.chain(later.iter().flatten()) {
            let Some(rule) = self.rules.get(*index as usize) else { continue };
            for set in self.links(rule).flat_map(|link| &link.effects.set) {
                match &set.name {
                    SetName::Slot(slot) => {
                        tx.get_mut(usize::from(*slot))
                            .into_iter()
                            .for_each(|k| *k = Known::Unknown);
                    }
                    SetName::Dynamic(Variable::Tx, name) => self.forget_by_prefix(name, &mut tx),
                    SetName::Dynamic(..) => {}
                }
            }
        }
        let all = self.removals.len() as u32;
        State { tx, reach: Reach::Always, removals: !0u64.checked_shl(all).unwrap_or(0) }
    }
}

fn is_bare_skip(rule: &Rule) -> bool {
    let effects = &rule.effects;
    rule.next.is_none()
        && !rule.log
        && rule.disruption == Disruption::Pass
        && rule.redirect.is_none()
        && effects.set.is_empty()
        && effects.controls.is_empty()
        && effects.init.is_empty()
        && rule.targets.iter().all(|target| target.variable.kind() == Kind::Stored)
}
