//! Sorts directives into rules, markers, defaults and what changes rules afterwards.

use super::settings::Settings;
use crate::diagnostic::{Position, Problems};
use crate::files::{Files, split_path};
use crate::seclang::ast::{
    Action, ActionKind, Directive, Operator, Placed, RuleSelector, Setting, Target,
};
use crate::transform::UnicodeMap;
use hashbrown::HashMap;

/// A rule before it is compiled.
#[derive(Debug)]
pub(super) struct RawRule {
    pub position: Position,
    /// Without an operator it is a `SecAction`.
    pub operator: Option<Operator>,
    pub targets: Vec<Target>,
    pub actions: Vec<Action>,
    /// The default actions in force, per phase, as indexes.
    pub defaults: [Option<usize>; 6],
    /// Whether it is a later link of a chain.
    pub link: bool,
    pub removed: bool,
}

impl RawRule {
    pub(super) fn id(&self) -> Option<u64> {
        self.actions.iter().find_map(|action| match action.kind {
            ActionKind::Id(id) => Some(id),
            _ => None,
        })
    }

    pub(super) fn has(&self, wanted: &ActionKind) -> bool {
        self.actions.iter().any(|action| action.kind == *wanted)
    }

    /// Whether updates and removals that name `selector` mean this rule.
    pub(super) fn is_meant(&self, selector: &RuleSelector) -> bool {
        if self.link {
            return false;
        }
        match selector {
            RuleSelector::Ids(ranges) => self.id().is_some_and(|id| {
                ranges.iter().any(|(first, last)| (*first..=*last).contains(&id))
            }),
            RuleSelector::Tag(tag) => self.has(&ActionKind::Tag(tag.clone())),
            RuleSelector::Msg(msg) => self.has(&ActionKind::Msg(msg.clone())),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub rules: Vec<RawRule>,
    /// Each marker and the number of rules before it.
    pub markers: Vec<(String, usize)>,
    pub defaults: Vec<Vec<Action>>,
    pub settings: Settings,
    pub map: UnicodeMap,
}

/// Sorts `directives`; updates and removals are applied, to rules before and after them alike.
pub(super) fn gather(
    directives: Vec<Placed>,
    files: &dyn Files,
    problems: &mut Problems,
) -> Gathered {
    let mut gathered = Gathered::default();
    let mut defaults = [None; 6];
    let mut changes = Vec::new();
    let mut open_chain: Option<Position> = None;
    for Placed { directive, position } in directives {
        let (operator, targets, actions) = match directive {
            Directive::Rule { targets, operator, actions } => (Some(operator), targets, actions),
            Directive::Action(actions) => (None, Vec::new(), actions),
            Directive::DefaultAction(actions) => {
                match phase_of(&actions).and_then(|phase| defaults.get_mut(usize::from(phase))) {
                    Some(slot) => *slot = Some(gathered.defaults.len()),
                    None => problems.error(&position, "default actions need a phase"),
                }
                gathered.defaults.push(actions);
                continue;
            }
            Directive::Marker(name) => {
                gathered.markers.push((name, gathered.rules.len()));
                continue;
            }
            Directive::Setting(setting) => {
                set(&mut gathered, setting, &position, files, problems);
                continue;
            }
            change => {
                changes.push((change, position));
                continue;
            }
        };
        let link = open_chain.is_some();
        let rule = RawRule { position, operator, targets, actions, defaults, link, removed: false };
        open_chain = rule.has(&ActionKind::Chain).then(|| rule.position.clone());
        gathered.rules.push(rule);
    }
    if let Some(position) = open_chain {
        problems.error(&position, "the chain has no next rule");
    }
    check_ids(&gathered, problems);
    for (change, position) in changes {
        apply(&mut gathered, change, &position, problems);
    }
    gathered
}

pub(super) fn phase_of(actions: &[Action]) -> Option<u8> {
    actions.iter().find_map(|action| match action.kind {
        ActionKind::Phase(phase) => Some(phase),
        _ => None,
    })
}

fn set(
    gathered: &mut Gathered,
    setting: Setting,
    position: &Position,
    files: &dyn Files,
    problems: &mut Problems,
) {
    let Setting::UnicodeMap { path, code_point } = &setting else {
        return gathered.settings.apply(setting);
    };
    let path = match path.starts_with('/') {
        true => path.clone(),
        false => format!("{}{path}", split_path(&position.file).0),
    };
    match files.read(&path).map_err(|error| format!("cannot read `{path}`: {error}")) {
        Ok(text) => match UnicodeMap::parse(&text, *code_point) {
            Ok(map) => gathered.map = map,
            Err(message) => problems.error(position, message),
        },
        Err(message) => problems.error(position, message),
    }
}

fn check_ids(gathered: &Gathered, problems: &mut Problems) {
    let mut seen: HashMap<u64, &Position> = HashMap::new();
    for rule in gathered.rules.iter().filter(|rule| !rule.link) {
        match rule.id() {
            None => problems.error(&rule.position, "the rule has no id"),
            Some(id) => match seen.get(&id) {
                Some(first) => {
                    problems.error(&rule.position, format!("the id {id} is taken: see {first}"));
                }
                None => {
                    seen.insert(id, &rule.position);
                }
            },
        }
    }
}

fn apply(gathered: &mut Gathered, change: Directive, position: &Position, problems: &mut Problems) {
    let mut found = false;
    let mut removed_before = false;
    for rule in &mut gathered.rules {
        // A removed chain takes its links along.
        if rule.link {
            rule.removed |= removed_before;
            continue;
        }
        match &change {
            Directive::Remove(selector) if rule.is_meant(selector) => {
                (rule.removed, found) = (true, true);
            }
            Directive::UpdateTargets(selector, targets) if rule.is_meant(selector) => {
                rule.targets.extend(targets.iter().cloned());
                found = true;
            }
            Directive::UpdateActions(id, actions) if rule.id() == Some(*id) => {
                let disrupts = |action: &Action| matches!(action.kind, ActionKind::Disrupt(_));
                if actions.iter().any(disrupts) {
                    rule.actions.retain(|action| !disrupts(action));
                }
                rule.actions.extend(actions.iter().cloned());
                found = true;
            }
            _ => {}
        }
        removed_before = rule.removed;
    }
    if !found {
        problems.remark(position, "no rule is meant by this");
    }
}
