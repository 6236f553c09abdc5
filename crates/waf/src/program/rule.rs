//! One compiled rule.

use super::template::Template;
use crate::diagnostic::Position;
use crate::regex::Pattern;
use crate::seclang::ast::{BodyProcessor, Disruption, EngineMode};
use crate::variable::Variable;
use std::sync::Arc;

#[derive(Clone, Debug)]
pub(crate) enum Key {
    All,
    /// Lower case.
    Name(Box<[u8]>),
    /// A name of `TX`.
    Slot(u16),
    Pattern(Arc<Pattern>),
}

#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub variable: Variable,
    pub key: Key,
    pub count: bool,
    /// The views whose collected candidates tell whether any value can match: one for each form
    /// in which the rule sees the values. None when the rule has to look itself.
    pub views: Vec<u16>,
}

#[derive(Clone, Debug)]
pub(crate) struct Exclusion {
    pub variable: Variable,
    pub key: Key,
}

#[derive(Clone, Debug)]
pub(crate) enum SetName {
    Slot(u16),
    /// The name has to be expanded, or belongs to another collection than `TX`.
    Dynamic(Variable, Template),
}

#[derive(Clone, Debug)]
pub(crate) enum SetValue {
    Set(Template),
    Add(Template),
    Subtract(Template),
    Unset,
}

#[derive(Clone, Debug)]
pub(crate) struct SetVar {
    pub name: SetName,
    pub value: SetValue,
}

/// A set of rules, one bit each.
#[derive(Clone, Debug, Default)]
pub(crate) struct RuleSet(pub Vec<u64>);

impl RuleSet {
    pub(crate) fn insert(&mut self, rule: usize) {
        if self.0.len() <= rule / 64 {
            self.0.resize(rule / 64 + 1, 0);
        }
        if let Some(word) = self.0.get_mut(rule / 64) {
            *word |= 1 << (rule % 64);
        }
    }

    pub(crate) fn contains(&self, rule: usize) -> bool {
        self.0.get(rule / 64).is_some_and(|word| word >> (rule % 64) & 1 == 1)
    }

    pub(crate) fn union(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine |= theirs;
        }
    }

    pub(crate) fn clear(&mut self) {
        self.0.fill(0);
    }
}

/// What `ctl` does when its rule has matched.
#[derive(Clone, Debug)]
pub(crate) enum Control {
    RuleEngine(EngineMode),
    RemoveRules(RuleSet),
    RemoveTargets(Arc<TargetRemoval>),
    RequestBodyProcessor(BodyProcessor),
    ForceRequestBodyVariable(bool),
    RequestBodyAccess(bool),
    ResponseBodyAccess(bool),
}

#[derive(Clone, Debug)]
pub(crate) struct TargetRemoval {
    pub rules: RuleSet,
    pub exclusions: Vec<Exclusion>,
}

/// What a rule says about itself.
#[derive(Clone, Debug)]
pub(crate) struct Meta {
    pub position: Position,
    pub msg: Option<Template>,
    pub log_data: Option<Template>,
    pub severity: Option<u8>,
    pub tags: Vec<Template>,
    pub version: Option<String>,
}

/// Actions that most rules do without.
#[derive(Clone, Debug, Default)]
pub(crate) struct Effects {
    pub set: Vec<SetVar>,
    pub init: Vec<(Variable, Template)>,
    pub controls: Vec<Control>,
}

#[derive(Debug)]
pub(crate) struct Rule {
    /// Zero for the later links of a chain.
    pub id: u64,
    pub phase: u8,
    /// No targets: a `SecAction`, which always matches.
    pub targets: Vec<Target>,
    pub exclusions: Vec<Exclusion>,
    pub chain: u16,
    pub multi_match: bool,
    pub operator: u32,
    pub negated: bool,
    /// The operator's bit in the prefilter of the rule's side.
    pub bit: Option<u16>,
    pub capture: bool,
    pub next: Option<u32>,
    pub effects: Effects,
    /// Where to go on in the list of the phase after a match.
    pub skip_to: Option<u32>,
    pub disruption: Disruption,
    pub redirect: Option<Template>,
    pub status: u16,
    pub log: bool,
    pub meta: Meta,
}
