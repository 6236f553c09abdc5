//! Gives the rules that can run their places in prefilters and views.

use super::chains::Chains;
use super::prefilter::{Builder, Prefilter};
use super::rule::{Key, Rule};
use super::{Side, View};
use crate::operator::Operator;
use crate::variable::Kind;
use hashbrown::HashMap;

type Assigned = ([Prefilter; 2], Vec<View>, Vec<Option<u16>>);

/// Sets the bits and views of the rules marked as live; returns what they refer to.
pub(super) fn assign(
    rules: &mut [Rule],
    live: &[bool],
    operators: &[Operator],
    chains: &mut Chains,
) -> Result<Assigned, String> {
    let mut builders = [Builder::default(), Builder::default()];
    let mut numbers: HashMap<View, u16> = HashMap::new();
    let mut views = Vec::new();
    for (rule, _) in rules.iter_mut().zip(live).filter(|(_, live)| **live) {
        let side = Side::of_phase(rule.phase);
        let many = rule.targets.iter().any(|target| {
            matches!(target.key, Key::All | Key::Pattern(_))
                && matches!(target.variable.kind(), Kind::Many | Kind::Matched)
        });
        rule.bit = match (operators.get(rule.operator as usize), builders.get_mut(side.index())) {
            (Some(operator), Some(builder)) if !rule.negated => {
                builder.bit(rule.operator, operator, many)
            }
            _ => None,
        };
        for target in &mut rule.targets {
            let whole = matches!(target.key, Key::All)
                && matches!(target.variable.kind(), Kind::Single | Kind::Many);
            if !whole || target.count || rule.bit.is_none() {
                continue;
            }
            for chain in stages(rule.chain, rule.multi_match, chains) {
                let side_index = side.index() as u8;
                let view = View { variable: target.variable, chain, side_index };
                let next = views.len() as u16;
                target.views.push(*numbers.entry(view).or_insert_with(|| {
                    views.push(view);
                    next
                }));
            }
        }
    }
    let base_views = base_views(&mut views);
    let [request, response] = builders;
    Ok(([request.build(operators)?, response.build(operators)?], views, base_views))
}

/// The chains after which a rule looks at a value: its own, or every beginning of it.
fn stages(chain: u16, multi_match: bool, chains: &mut Chains) -> Vec<u16> {
    if !multi_match {
        return vec![chain];
    }
    let steps = chains.chains.get(usize::from(chain)).map(|chain| chain.steps.clone());
    let steps = steps.unwrap_or_default();
    (0..=steps.len())
        .map(|length| chains.number(steps.get(..length).unwrap_or_default().to_vec()))
        .collect()
}

/// Adds to each view with transformations the one without, which most values share.
fn base_views(views: &mut Vec<View>) -> Vec<Option<u16>> {
    let mut bases = Vec::new();
    let mut at = 0;
    while let Some(view) = views.get(at).copied() {
        at += 1;
        let base = View { chain: 0, ..view };
        if view.chain == 0 {
            bases.push(None);
            continue;
        }
        let known = views.iter().position(|other| *other == base).unwrap_or_else(|| {
            views.push(base);
            views.len() - 1
        });
        bases.push(Some(known as u16));
    }
    bases
}
