//! Compiles the actions of rules.

use super::compile::Compiler;
use super::gather::{Gathered, RawRule};
use super::rule::{
    Control, Effects, Exclusion, Meta, RuleSet, SetName, SetValue, SetVar, TargetRemoval,
};
use super::template::Template;
use crate::diagnostic::Position;
use crate::seclang::ast::{self, Action, ActionKind, Assignment, Disruption};
use crate::transform::Transformation;
use crate::variable::Variable;
use std::sync::Arc;

/// What the actions of one rule add up to.
pub(super) struct Actions {
    pub effects: Effects,
    pub steps: Vec<Transformation>,
    pub skip: Option<Skip>,
    pub disruption: Option<Disruption>,
    pub redirect: Option<Template>,
    pub status: Option<u16>,
    pub log: Option<bool>,
    pub meta: Meta,
    pub capture: bool,
    pub multi_match: bool,
}

pub(super) enum Skip {
    Count(u32),
    After(String),
}

impl Compiler<'_> {
    fn template(&mut self, text: &str, position: &Position) -> Template {
        Template::parse(text, &mut self.names).unwrap_or_else(|message| {
            self.problems.error(position, message);
            Template { pieces: Box::default() }
        })
    }

    /// Adds up the actions of a rule, after what the defaults of its phase transform.
    pub(super) fn actions(
        &mut self,
        raw: &RawRule,
        defaults: &[Action],
        gathered: &Gathered,
    ) -> Actions {
        let meta = Meta {
            position: raw.position.clone(),
            msg: None,
            log_data: None,
            severity: None,
            tags: Vec::new(),
            version: None,
        };
        let mut out = Actions {
            effects: Effects::default(),
            steps: Vec::new(),
            skip: None,
            disruption: None,
            redirect: None,
            status: None,
            log: None,
            meta,
            capture: false,
            multi_match: false,
        };
        out.steps.extend(defaults.iter().filter_map(|action| match action.kind {
            ActionKind::Transform(step) => Some(step),
            _ => None,
        }));
        for action in &raw.actions {
            self.action(action, raw, gathered, &mut out);
        }
        out
    }

    fn action(&mut self, action: &Action, raw: &RawRule, gathered: &Gathered, out: &mut Actions) {
        let at = &action.position;
        match &action.kind {
            ActionKind::Id(_) | ActionKind::Phase(_) if raw.link => {
                self.problems.error(at, "only the first rule of a chain has an id and a phase");
            }
            ActionKind::Id(_)
            | ActionKind::Phase(_)
            | ActionKind::Chain
            | ActionKind::Annotation => {}
            ActionKind::AuditLog(_) => {}
            ActionKind::ExpireVar => self
                .problems
                .remark(at, "`expirevar` does nothing: collections last one transaction"),
            ActionKind::Msg(text) => out.meta.msg = Some(self.template(text, at)),
            ActionKind::LogData(text) => out.meta.log_data = Some(self.template(text, at)),
            ActionKind::Severity(level) => out.meta.severity = Some(*level),
            ActionKind::Tag(text) => {
                let tag = self.template(text, at);
                out.meta.tags.push(tag);
            }
            ActionKind::Version(text) => out.meta.version = Some(text.clone()),
            ActionKind::Transform(step) => out.steps.push(*step),
            ActionKind::TransformNone => out.steps.clear(),
            ActionKind::SetVar(set) => {
                let set = self.set_var(set, at);
                out.effects.set.push(set);
            }
            ActionKind::InitCol(collection, key) => {
                self.problems.remark(at, "`initcol` opens a collection for one transaction");
                let key = self.template(key, at);
                out.effects.init.push((*collection, key));
            }
            ActionKind::Control(control) => {
                let control = self.control(control, gathered);
                out.effects.controls.extend(control);
            }
            ActionKind::Skip(count) => out.skip = Some(Skip::Count(*count)),
            ActionKind::SkipAfter(name) => out.skip = Some(Skip::After(name.clone())),
            ActionKind::Capture => out.capture = true,
            ActionKind::MultiMatch => out.multi_match = true,
            ActionKind::Log(on) => out.log = Some(*on),
            ActionKind::Disrupt(disruption) => out.disruption = Some(*disruption),
            ActionKind::Redirect(url) => out.redirect = Some(self.template(url, at)),
            ActionKind::Status(status) => out.status = Some(*status),
        }
    }

    fn set_var(&mut self, set: &ast::SetVar, at: &Position) -> SetVar {
        let name = self.template(&set.name, at);
        let name = match (set.collection, name.constant()) {
            (Variable::Tx, Some(text)) => {
                let text = text.to_vec();
                SetName::Slot(self.names.slot_of(&text))
            }
            (collection, _) => SetName::Dynamic(collection, name),
        };
        let value = match &set.assignment {
            Assignment::Set(text) => SetValue::Set(self.template(text, at)),
            Assignment::Add(text) => SetValue::Add(self.template(text, at)),
            Assignment::Subtract(text) => SetValue::Subtract(self.template(text, at)),
            Assignment::Unset => SetValue::Unset,
        };
        SetVar { name, value }
    }

    fn control(&mut self, control: &ast::Control, gathered: &Gathered) -> Option<Control> {
        let meant = |selector: &ast::RuleSelector| {
            let mut set = RuleSet::default();
            for (index, rule) in gathered.rules.iter().enumerate() {
                if rule.is_meant(selector) {
                    set.insert(index);
                }
            }
            set
        };
        Some(match control {
            ast::Control::RuleEngine(mode) => Control::RuleEngine(*mode),
            ast::Control::RemoveRules(selector) => Control::RemoveRules(meant(selector)),
            ast::Control::RemoveTargets(selector, targets) => {
                let exclusions = targets
                    .iter()
                    .filter_map(|target| {
                        Some(Exclusion { variable: target.variable, key: self.key(target)? })
                    })
                    .collect();
                let removal = TargetRemoval { rules: meant(selector), exclusions };
                Control::RemoveTargets(Arc::new(removal))
            }
            ast::Control::RequestBodyProcessor(processor) => {
                Control::RequestBodyProcessor(*processor)
            }
            ast::Control::ForceRequestBodyVariable(on) => Control::ForceRequestBodyVariable(*on),
            ast::Control::RequestBodyAccess(on) => Control::RequestBodyAccess(*on),
            ast::Control::ResponseBodyAccess(on) => Control::ResponseBodyAccess(*on),
            ast::Control::Audit => return None,
        })
    }
}

pub(super) fn status(actions: &[Action]) -> Option<u16> {
    actions.iter().find_map(|action| match action.kind {
        ActionKind::Status(status) => Some(status),
        _ => None,
    })
}

pub(super) fn log(actions: &[Action]) -> Option<bool> {
    actions.iter().rev().find_map(|action| match action.kind {
        ActionKind::Log(on) => Some(on),
        _ => None,
    })
}
