//! Compiles gathered rules into a program.

use super::actions::{Skip, log, status};
use super::assign::assign;
use super::chains::Chains;
use super::fold::{Folded, fold};
use super::gather::{Gathered, RawRule, gather, phase_of};
use super::rule::{Exclusion, Key, Rule, Target};
use super::{Names, Program};
use crate::Options;
use crate::diagnostic::{LoadError, Position, Problems};
use crate::files::Files;
use crate::operator::{self, Operator};
use crate::regex::Pattern;
use crate::seclang;
use crate::seclang::ast::{self, Action, ActionKind, Disruption};
use crate::transaction::values::Values;
use crate::variable::Variable;
use hashbrown::HashMap;
use std::sync::Arc;

const CHAIN_LINKS_MAX: usize = 32;
const DENY_STATUS: u16 = 403;

/// Reads and compiles `paths`; all problems are reported together.
pub(crate) fn load(
    files: &dyn Files,
    paths: &[&str],
    options: &Options,
) -> Result<Program, LoadError> {
    let mut problems = Problems::default();
    let directives = seclang::read(files, paths, &mut problems);
    let gathered = gather(directives, files, &mut problems);
    let mut names = Names::default();
    for group in 0..crate::regex::GROUPS {
        names.slot_of(group.to_string().as_bytes());
    }
    let compiler = Compiler {
        files,
        options,
        problems,
        names,
        chains: Chains::new(),
        operators: Vec::new(),
        operator_numbers: HashMap::new(),
        patterns: HashMap::new(),
    };
    compiler.program(gathered)
}

pub(super) struct Compiler<'a> {
    pub(super) files: &'a dyn Files,
    pub(super) options: &'a Options,
    pub(super) problems: Problems,
    pub(super) names: Names,
    pub(super) chains: Chains,
    pub(super) operators: Vec<Operator>,
    pub(super) operator_numbers: HashMap<(String, String, String), u32>,
    pub(super) patterns: HashMap<String, Arc<Pattern>>,
}

impl Compiler<'_> {
    fn program(mut self, gathered: Gathered) -> Result<Program, LoadError> {
        let raw = &gathered.rules;
        let mut rules = Vec::with_capacity(raw.len());
        let mut skips: Vec<(usize, Skip, Position)> = Vec::new();
        let mut phase = 2;
        let mut links = 0;
        for (index, rule) in raw.iter().enumerate() {
            if !rule.link {
                phase = phase_of(&rule.actions).unwrap_or(2);
                links = 0;
            }
            links += 1;
            if links > CHAIN_LINKS_MAX {
                self.problems.error(&rule.position, "the chain is too long");
            }
            let next = raw.get(index + 1).filter(|next| next.link).map(|_| index as u32 + 1);
            let (compiled, skip) = self.rule(rule, phase, next, &gathered);
            if let Some(skip) = skip {
                skips.push((index, skip, rule.position.clone()));
            }
            rules.push(compiled);
        }
        let mut phases: [Vec<u32>; 6] = Default::default();
        for (index, (raw, rule)) in raw.iter().zip(&rules).enumerate() {
            if !raw.link && !raw.removed {
                phases
                    .get_mut(usize::from(rule.phase))
                    .into_iter()
                    .for_each(|p| p.push(index as u32));
            }
        }
        for (index, skip, position) in skips {
            self.resolve_skip(index, &skip, &position, &gathered, &phases, &mut rules);
        }
        self.finish(rules, phases, gathered)
    }

    fn finish(
        self,
        rules: Vec<Rule>,
        phases: [Vec<u32>; 6],
        gathered: Gathered,
    ) -> Result<Program, LoadError> {
        let mut problems = self.problems;
        let (mut rules, mut phases) = (rules, phases);
        let folded = match self.options.shortcuts {
            true => fold(&rules, &phases, &self.operators, &self.names),
            false => Folded::nothing(&rules, &self.names),
        };
        keep(&mut phases, &mut rules, &folded.kept);
        let mut live = folded.kept;
        for (live, raw) in live.iter_mut().zip(&gathered.rules) {
            *live &= !raw.removed && self.options.shortcuts;
        }
        let mut chains = self.chains;
        let assigned = assign(&mut rules, &live, &self.operators, &mut chains);
        if let (Err(message), Some(first)) = (&assigned, gathered.rules.first()) {
            problems.error(&first.position, message);
        }
        let (prefilters, views, base_views) = assigned.unwrap_or_default();
        let mut constants = Values::new();
        let tx_initial =
            folded.tx.iter().map(|text| text.as_ref().map(|text| constants.intern(text)));
        let tx_initial = tx_initial.collect();
        if !problems.errors.is_empty() {
            problems.errors.sort_by(|a, b| a.position.cmp(&b.position));
            return Err(LoadError { diagnostics: problems.errors });
        }
        Ok(Program {
            number: Program::next_number(),
            rules,
            phases,
            operators: self.operators,
            chains: chains.chains,
            views,
            base_views,
            prefilters,
            constants,
            tx_initial,
            tx_names: self.names,
            settings: gathered.settings,
            map: gathered.map,
            remarks: problems.remarks,
        })
    }

    fn rule(
        &mut self,
        raw: &RawRule,
        phase: u8,
        next: Option<u32>,
        gathered: &Gathered,
    ) -> (Rule, Option<Skip>) {
        let defaults = raw
            .defaults
            .get(usize::from(phase))
            .copied()
            .flatten()
            .and_then(|index| gathered.defaults.get(index));
        let defaults = defaults.map_or(&[][..], Vec::as_slice);
        let actions = self.actions(raw, defaults, gathered);
        let chain = self.chains.number(actions.steps);
        let (operator, negated) = self.operator(raw);
        let mut rule = Rule {
            id: raw.id().filter(|_| !raw.link).unwrap_or(0),
            phase,
            targets: Vec::new(),
            exclusions: Vec::new(),
            chain,
            multi_match: actions.multi_match,
            operator,
            negated,
            bit: None,
            capture: actions.capture,
            next,
            effects: actions.effects,
            skip_to: None,
            disruption: self.disruption(actions.disruption, defaults),
            redirect: actions.redirect,
            status: actions.status.or_else(|| status(defaults)).unwrap_or(DENY_STATUS),
            log: actions.log.or_else(|| log(defaults)).unwrap_or(true),
            meta: actions.meta,
        };
        self.targets(raw, &mut rule);
        (rule, actions.skip)
    }

    /// `block` does what the defaults of the phase say; unless they say otherwise, it denies.
    fn disruption(&self, own: Option<Disruption>, defaults: &[Action]) -> Disruption {
        let default = defaults.iter().find_map(|action| match action.kind {
            ActionKind::Disrupt(disruption) => Some(disruption),
            _ => None,
        });
        match own {
            Some(Disruption::Block) | None => default.unwrap_or(Disruption::Pass),
            Some(disruption) => disruption,
        }
    }

    fn operator(&mut self, raw: &RawRule) -> (u32, bool) {
        let Some(written) = &raw.operator else {
            let key = (String::new(), String::new(), String::new());
            return (self.add_operator(key, Operator::Always), false);
        };
        let key = (
            written.name.to_ascii_lowercase(),
            written.parameter.clone(),
            match written.name.to_ascii_lowercase().contains('f') {
                // Data files are named relative to the rule file.
                true => written.position.file.to_string(),
                false => String::new(),
            },
        );
        let number = match self.operator_numbers.get(&key) {
            Some(number) => *number,
            None => {
                let mut context = operator::Context {
                    files: self.files,
                    names: &mut self.names,
                    allow_offline_only: self.options.lookups_never_match,
                };
                let built = operator::build(written, &mut context, &mut self.problems);
                self.add_operator(key, built.unwrap_or(Operator::Never))
            }
        };
        (number, written.negated)
    }

    fn add_operator(&mut self, key: (String, String, String), operator: Operator) -> u32 {
        if let Some(number) = self.operator_numbers.get(&key) {
            return *number;
        }
        let number = self.operators.len() as u32;
        self.operators.push(operator);
        self.operator_numbers.insert(key, number);
        number
    }

    fn targets(&mut self, raw: &RawRule, rule: &mut Rule) {
        for target in &raw.targets {
            let Some(key) = self.key(target) else { continue };
            if target.exclude {
                rule.exclusions.push(Exclusion { variable: target.variable, key });
                continue;
            }
            rule.targets.push(Target {
                variable: target.variable,
                key,
                count: target.count,
                views: Vec::new(),
            });
        }
        if raw.operator.is_some() && rule.targets.is_empty() {
            self.problems.error(&raw.position, "the rule looks at nothing");
        }
    }

    pub(super) fn key(&mut self, target: &ast::Target) -> Option<Key> {
        Some(match &target.selector {
            ast::Selector::All => Key::All,
            ast::Selector::Name(name) if target.variable == Variable::Tx => {
                Key::Slot(self.names.slot_of(name.as_bytes()))
            }
            ast::Selector::Name(name) => Key::Name(name.to_ascii_lowercase().into_bytes().into()),
            ast::Selector::Pattern(pattern) => {
                if let Some(known) = self.patterns.get(pattern) {
                    return Some(Key::Pattern(known.clone()));
                }
                match Pattern::new(pattern.as_bytes(), true) {
                    Ok(compiled) => {
                        let compiled = Arc::new(compiled);
                        self.patterns.insert(pattern.clone(), compiled.clone());
                        Key::Pattern(compiled)
                    }
                    Err(error) => {
                        let message = format!("in the selector: {}", error.message);
                        self.problems.error(&target.position, message);
                        return None;
                    }
                }
            }
        })
    }

    fn resolve_skip(
        &mut self,
        index: usize,
        skip: &Skip,
        position: &Position,
        gathered: &Gathered,
        phases: &[Vec<u32>; 6],
        rules: &mut [Rule],
    ) {
        // The links of a chain skip for their starter.
        let starter = (0..=index)
            .rev()
            .find(|at| gathered.rules.get(*at).is_some_and(|rule| !rule.link))
            .unwrap_or(index);
        let Some(rule) = rules.get_mut(starter) else { return };
        let Some(phase) = phases.get(usize::from(rule.phase)) else { return };
        let place = phase.partition_point(|other| (*other as usize) < starter);
        rule.skip_to = match skip {
            Skip::Count(count) => Some(place as u32 + 1 + count),
            Skip::After(name) => {
                let marker =
                    gathered.markers.iter().find(|(other, at)| other == name && *at > starter);
                let Some((_, at)) = marker else {
                    let message = format!("there is no marker `{name}` after this rule");
                    self.problems.error(position, message);
                    return;
                };
                Some(phase.partition_point(|other| (*other as usize) < *at) as u32)
            }
        };
    }
}

/// Leaves out of the phases what folding found needless, and moves the ends of skips along.
fn keep(phases: &mut [Vec<u32>; 6], rules: &mut [Rule], kept: &[bool]) {
    let is_kept = |index: &u32| kept.get(*index as usize) == Some(&true);
    for phase in phases {
        let mut left = 0;
        let mut moved = Vec::with_capacity(phase.len() + 1);
        for index in phase.iter() {
            moved.push(left);
            left += u32::from(is_kept(index));
        }
        moved.push(left);
        for index in phase.iter() {
            if let Some(to) = rules.get_mut(*index as usize).and_then(|rule| rule.skip_to.as_mut())
            {
                *to = moved.get(*to as usize).copied().unwrap_or(left);
            }
        }
        phase.retain(is_kept);
    }
}
