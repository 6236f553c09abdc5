//! Runs the rules of a phase in order.

use super::state::{Matched, State};
use super::values::{EMPTY, ValueId};
use super::verdict::{Evidence, Hit, Interruption};
use crate::program::rule::Rule;
use crate::program::{Program, Side};
use crate::seclang::ast::{Disruption, EngineMode};

/// Matched values that a hit remembers.
const EVIDENCE_MAX: usize = 16;
const EVIDENCE_TOTAL_MAX: usize = 10_000;
const HITS_MAX: usize = 1_000;

pub(super) struct Engine<'a> {
    pub program: &'a Program,
    pub state: &'a mut State,
    pub side: Side,
}

impl<'a> Engine<'a> {
    pub(super) fn new(program: &'a Program, state: &'a mut State) -> Self {
        Self { program, state, side: Side::Request }
    }

    pub(super) fn run_phase(&mut self, phase: u8) {
        self.side = Side::of_phase(phase);
        self.state.forget_views(self.program);
        let program = self.program;
        let Some(order) = program.phases.get(usize::from(phase)) else { return };
        let mut at = 0;
        while let Some(index) = order.get(at).copied() {
            let stopped = self.state.exceeded().is_some()
                || (self.state.interruption.is_some() && phase != 5)
                || self.state.engine == Some(EngineMode::Off)
                || self.state.allowed_until >= phase;
            if stopped {
                break;
            }
            at += 1;
            let Some(rule) = program.rules.get(index as usize) else { continue };
            let removed =
                self.state.any_removed && self.state.removed_rules.contains(index as usize);
            if removed || !self.starter(index, rule) {
                continue;
            }
            if let Some(skip_to) = rule.skip_to {
                at = skip_to as usize;
            }
        }
    }

    /// Evaluates a chain from its first rule; true when all of it has matched.
    fn starter(&mut self, index: u32, rule: &Rule) -> bool {
        self.state.charge(1);
        let evidence_before = self.state.evidence.len();
        let found = self.link(index, rule);
        if found {
            self.matched_fully(index, rule, evidence_before);
        } else {
            self.state.evidence.truncate(evidence_before);
        }
        self.state.matched.clear();
        found
    }

    fn link(&mut self, index: u32, rule: &Rule) -> bool {
        let found = match rule.targets.is_empty() {
            true => {
                self.effects(rule);
                true
            }
            false => self.targets(index, rule),
        };
        if !found {
            return false;
        }
        let next = rule.next.and_then(|next| Some((next, self.program.rules.get(next as usize)?)));
        if let Some((next, link)) = next
            && !self.link(next, link)
        {
            return false;
        }
        self.controls(rule);
        true
    }

    /// Notes that a value matched; runs what the rule does for each match.
    pub(super) fn value_matched(&mut self, rule: &Rule, evidence: Evidence) {
        self.state.charge(8);
        let Evidence { variable, key, value, .. } = evidence;
        self.state.matched.push(Matched { variable, key, value });
        if self.state.evidence.len() < EVIDENCE_TOTAL_MAX {
            self.state.evidence.push(evidence);
        }
        self.effects(rule);
    }

    fn matched_fully(&mut self, index: u32, rule: &Rule, evidence_before: usize) {
        self.disrupt(rule);
        if !rule.log || self.state.hits.len() >= HITS_MAX {
            self.state.evidence.truncate(evidence_before);
            return;
        }
        self.state.evidence.truncate(evidence_before + EVIDENCE_MAX);
        let evidence = (evidence_before as u32, self.state.evidence.len() as u32);
        let msg = rule.meta.msg.as_ref().map(|msg| self.expand(msg, rule));
        let log_data = rule.meta.log_data.as_ref().map(|data| self.expand(data, rule));
        self.state.hits.push(Hit { rule: index, msg, log_data, evidence });
    }

    fn disrupt(&mut self, rule: &Rule) {
        match rule.disruption {
            Disruption::Pass | Disruption::Block => {
                if rule.redirect.is_none() {
                    return;
                }
            }
            Disruption::Allow => self.state.allowed_until = 4,
            Disruption::AllowRequest => self.state.allowed_until = 2,
            Disruption::AllowPhase => self.state.allowed_until = rule.phase,
            Disruption::Deny | Disruption::Drop => {}
        }
        let allows = matches!(
            rule.disruption,
            Disruption::Allow | Disruption::AllowRequest | Disruption::AllowPhase
        );
        if self.state.engine != Some(EngineMode::On) {
            // Only detecting: neither refusals nor permissions take effect.
            self.state.allowed_until = 0;
            return;
        }
        if allows || self.state.interruption.is_some() {
            return;
        }
        let redirect = rule.redirect.as_ref().map(|url| self.expand(url, rule));
        self.state.interruption = Some(Interruption {
            rule: rule.id,
            status: match redirect {
                Some(_) if !(300..400).contains(&rule.status) => 302,
                _ => rule.status,
            },
            drop: rule.disruption == Disruption::Drop,
            redirect: redirect.map(|url| self.state.values.get(url).to_vec()),
        });
    }

    /// The value a rule without a match on a value counts as having seen.
    pub(super) fn nothing() -> ValueId {
        EMPTY
    }
}
