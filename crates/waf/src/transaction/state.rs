//! What a transaction knows: values by variable, what rules have stored, what has matched.

use super::budget::{Budget, Exceeded, Limits};
use super::values::{EMPTY, ValueId, Values};
use super::verdict::{Evidence, Hit, Interruption};
use crate::program::Program;
use crate::program::prefilter::PrefilterCache;
use crate::program::rule::{RuleSet, TargetRemoval};
use crate::regex::Pattern;
use crate::seclang::ast::{BodyProcessor, EngineMode};
use crate::variable::{Kind, Variable};
use std::sync::Arc;

/// Memory a scratch keeps from one transaction to the next.
const KEEP_BYTES: usize = 1 << 20;

#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub key: ValueId,
    pub value: ValueId,
    /// Kinds of bytes in the value.
    pub kinds: u32,
    /// Proven harmless by the caller: rules do not look at the value.
    pub harmless: bool,
}

impl Entry {
    pub(super) fn new(key: ValueId, value: ValueId, kinds: u32) -> Self {
        Self { key, value, kinds, harmless: false }
    }
}

/// A value that the rule under evaluation has matched.
#[derive(Clone, Copy, Debug)]
pub(super) struct Matched {
    pub variable: Variable,
    pub key: ValueId,
    pub value: ValueId,
}

/// All memory of a transaction. Kept and handed to the next one, it spares allocations.
#[derive(Debug, Default)]
pub(super) struct State {
    /// The program that the scratch was last used with.
    program: u64,
    pub values: Values,
    lists: Vec<Vec<Entry>>,
    pub tx: Vec<Option<ValueId>>,
    /// `TX` variables whose names were made up while running.
    pub tx_extra: Vec<(ValueId, ValueId)>,
    /// Variables of `IP`, `GLOBAL` and the like.
    pub stored: Vec<(Variable, ValueId, ValueId)>,
    pub matched: Vec<Matched>,
    pub evidence: Vec<Evidence>,
    pub hits: Vec<Hit>,
    pub removed_rules: RuleSet,
    pub any_removed: bool,
    pub removed_targets: Vec<Arc<TargetRemoval>>,
    pub engine: Option<EngineMode>,
    pub processor: Option<BodyProcessor>,
    pub force_request_body: bool,
    pub request_body_access: bool,
    pub response_body_access: bool,
    pub budget: Option<Budget>,
    pub interruption: Option<Interruption>,
    /// `allow` stops the phases up to this one.
    pub allowed_until: u8,
    pub assembled: Vec<(Vec<u8>, Arc<Pattern>)>,
    pub buffer: Vec<u8>,
    pub second_buffer: Vec<u8>,
    pub prefilters: [PrefilterCache; 2],
    /// Candidates of whole views, per side, and which views are up to date.
    pub view_rows: Vec<u64>,
    pub view_known: Vec<bool>,
}

impl State {
    pub(super) fn reset(&mut self, program: &Program, limits: Limits) {
        if self.program != program.number {
            // What automata have built so far belongs to the rules it was built for.
            self.prefilters = Default::default();
            self.program = program.number;
        }
        self.values.clear(KEEP_BYTES);
        for buffer in [&mut self.buffer, &mut self.second_buffer] {
            buffer.clear();
            buffer.shrink_to(KEEP_BYTES);
        }
        self.lists.resize_with(Variable::COUNT, Vec::new);
        self.lists.iter_mut().for_each(Vec::clear);
        for (list, single) in self.lists.iter_mut().zip(Variable::SINGLES) {
            if single {
                list.push(Entry::new(EMPTY, EMPTY, 0));
            }
        }
        self.tx.clear();
        for initial in &program.tx_initial {
            let value = initial.map(|id| self.values.intern(program.constants.get(id)));
            self.tx.push(value);
        }
        self.tx_extra.clear();
        self.stored.clear();
        self.matched.clear();
        self.evidence.clear();
        self.hits.clear();
        self.removed_rules.clear();
        self.any_removed = false;
        self.removed_targets.clear();
        self.engine = Some(program.settings.engine);
        self.processor = None;
        self.force_request_body = false;
        self.request_body_access = program.settings.request_body_access;
        self.response_body_access = program.settings.response_body_access;
        self.budget = Some(Budget::new(limits));
        self.interruption = None;
        self.allowed_until = 0;
        self.forget_views(program);
    }

    /// Views are gathered anew in each phase: what they show may have grown.
    pub(super) fn forget_views(&mut self, program: &Program) {
        let words = program.words();
        self.view_known.clear();
        self.view_known.resize(program.views.len(), false);
        self.view_rows.clear();
        self.view_rows.resize(program.views.len() * words, 0);
    }

    pub(super) fn list(&self, variable: Variable) -> &[Entry] {
        self.lists.get(variable.index()).map_or(&[], Vec::as_slice)
    }

    pub(super) fn entry(&self, variable: Variable, at: usize) -> Option<Entry> {
        self.list(variable).get(at).copied()
    }

    /// The value of a variable that has one.
    pub(super) fn single(&self, variable: Variable) -> &[u8] {
        self.list(variable).first().map_or(&[], |entry| self.values.get(entry.value))
    }

    pub(super) fn charge(&mut self, work: u64) {
        if let Some(budget) = &mut self.budget {
            budget.charge(work);
        }
    }

    pub(super) fn exceeded(&self) -> Option<Exceeded> {
        self.budget.as_ref().and_then(|budget| budget.exceeded)
    }

    pub(super) fn exceed(&mut self, what: Exceeded) {
        if let Some(budget) = &mut self.budget {
            budget.exceed(what);
        }
    }

    /// Interns a value, within the bounds of the transaction.
    pub(super) fn intern(&mut self, value: &[u8]) -> ValueId {
        let Some(budget) = &mut self.budget else { return EMPTY };
        budget.charge(value.len() as u64 / 2 + 4);
        if self.values.size() + value.len() > budget.limits.bytes {
            budget.exceed(Exceeded::Bytes);
            return EMPTY;
        }
        self.values.intern(value)
    }

    pub(super) fn set_single(&mut self, variable: Variable, value: &[u8]) {
        debug_assert_eq!(variable.kind(), Kind::Single);
        let value = self.intern(value);
        let kinds = self.values.kinds(value);
        if let Some(entry) = self.lists.get_mut(variable.index()).and_then(|list| list.first_mut())
        {
            *entry = Entry::new(EMPTY, value, kinds);
        }
    }

    pub(super) fn push(&mut self, variable: Variable, key: &[u8], value: &[u8]) {
        let (key, value) = (self.intern(key), self.intern(value));
        self.push_interned(variable, key, value);
    }

    pub(super) fn push_interned(&mut self, variable: Variable, key: ValueId, value: ValueId) {
        if !self.budget.as_mut().is_some_and(Budget::field) {
            return;
        }
        let kinds = self.values.kinds(value);
        if let Some(list) = self.lists.get_mut(variable.index()) {
            list.push(Entry::new(key, value, kinds));
        }
    }

    pub(super) fn mark_harmless(&mut self, variable: Variable, key: &[u8]) {
        let Self { values, lists, .. } = self;
        for entry in lists.get_mut(variable.index()).into_iter().flatten() {
            entry.harmless |= values.get(entry.key) == key;
        }
    }
}
