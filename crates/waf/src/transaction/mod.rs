//! One request and its response on their way through the rules.

pub(crate) mod bodies;
pub(crate) mod budget;
mod effects;
mod engine;
mod judge;
mod request;
mod state;
mod targets;
pub(crate) mod values;
mod verdict;

pub use budget::{Exceeded, Limits};
pub use request::{RequestHead, ResponseHead};
pub use verdict::{Interruption, MatchedValue, Outcome, RuleMatch, Score};

use crate::program::Program;
use crate::program::rule::Rule;
use crate::seclang::ast::{EngineMode, LimitAction};
use crate::variable::Variable;
use crate::{Options, ScoreNames};
use engine::Engine;
use state::State;
use std::net::IpAddr;
use std::sync::Arc;

/// The memory of a transaction, to be used by the next one.
#[derive(Debug, Default)]
pub struct Scratch(Box<State>);

/// One request with its response. Its phases are called in order; any may be left out.
#[derive(Debug)]
pub struct Transaction {
    program: Arc<Program>,
    options: Arc<Options>,
    state: Box<State>,
}

impl Transaction {
    pub(crate) fn new(program: Arc<Program>, options: Arc<Options>, scratch: Scratch) -> Self {
        let mut state = scratch.0;
        state.reset(&program, options.limits);
        Self { program, options, state }
    }

    /// Gives the memory back for the next transaction.
    pub fn into_scratch(self) -> Scratch {
        Scratch(self.state)
    }

    /// Who asks, and where.
    pub fn connection(&mut self, client: IpAddr, client_port: u16, server: IpAddr, port: u16) {
        self.state.set_single(Variable::RemoteAddr, client.to_string().as_bytes());
        self.state.set_single(Variable::RemotePort, client_port.to_string().as_bytes());
        self.state.set_single(Variable::ServerAddr, server.to_string().as_bytes());
        self.state.set_single(Variable::ServerPort, port.to_string().as_bytes());
    }

    /// The name of the transaction that rules see as `UNIQUE_ID`.
    pub fn unique_id(&mut self, id: &[u8]) {
        self.state.set_single(Variable::UniqueId, id);
    }

    /// How long the transaction has taken so far, as rules see it in `DURATION`.
    pub fn duration(&mut self, micros: u64) {
        self.state.set_single(Variable::Duration, micros.to_string().as_bytes());
    }

    /// Phase 1: the head of the request.
    pub fn request_head(&mut self, head: &RequestHead<'_>) -> Outcome {
        self.state.request_head(head, &self.program);
        self.phase(1)
    }

    /// Phase 2: the whole body of the request, decoded and possibly empty.
    pub fn request_body(&mut self, body: &[u8]) -> Outcome {
        self.request_body_proven(body, &[])
    }

    /// Phase 2, when something else has proven some arguments harmless (a schema that says `integer`).
    /// Rules do not look at the values of arguments with these names.
    pub fn request_body_proven(&mut self, body: &[u8], harmless: &[&[u8]]) -> Outcome {
        let settings = &self.program.settings;
        let mut body = body;
        if self.state.request_body_access {
            let limit = usize::try_from(settings.request_body_limit).unwrap_or(usize::MAX);
            if body.len() > limit {
                if self.rejects(settings.request_body_limit_action) {
                    return self.refuse(413);
                }
                body = body.get(..limit).unwrap_or(body);
            }
            self.state.request_body(body, &self.program, self.options.request_body);
        }
        for name in harmless {
            for list in [Variable::Args, Variable::ArgsPost, Variable::ArgsGet] {
                self.state.mark_harmless(list, name);
            }
        }
        self.phase(2)
    }

    /// Phase 3: the head of the response.
    pub fn response_head(&mut self, head: &ResponseHead<'_>) -> Outcome {
        self.state.response_head(head);
        self.phase(3)
    }

    /// Whether the rules want to see the body of the response whose head was given.
    pub fn wants_response_body(&self) -> bool {
        let media = self.state.single(Variable::ResponseContentType).to_ascii_lowercase();
        let types = &self.program.settings.response_mime_types;
        self.state.response_body_access && types.iter().any(|known| known.as_bytes() == media)
    }

    /// How much of a response's body the rules look at.
    pub fn response_body_limit(&self) -> u64 {
        self.program.settings.response_body_limit
    }

    /// Phase 4: the body of the response; cut at the limit of the rules.
    pub fn response_body(&mut self, body: &[u8]) -> Outcome {
        if self.wants_response_body() {
            let limit = usize::try_from(self.response_body_limit()).unwrap_or(usize::MAX);
            if body.len() > limit && self.rejects(self.program.settings.response_body_limit_action)
            {
                return self.refuse(403);
            }
            let body = body.get(..limit).unwrap_or(body);
            self.state.set_single(Variable::ResponseBody, body);
            let length = body.len().to_string();
            self.state.set_single(Variable::ResponseContentLength, length.as_bytes());
        }
        self.phase(4)
    }

    /// Phase 5: what rules want to say at the end. Runs even after an interruption.
    pub fn finish(&mut self) -> Outcome {
        self.phase(5)
    }

    fn rejects(&self, action: LimitAction) -> bool {
        action == LimitAction::Reject && self.state.engine == Some(EngineMode::On)
    }

    /// A limit of the rules, not a rule, refuses the message.
    fn refuse(&mut self, status: u16) -> Outcome {
        let interruption = Interruption { rule: 0, status, drop: false, redirect: None };
        self.state.interruption = Some(interruption.clone());
        Outcome::Interrupted(interruption)
    }

    fn phase(&mut self, phase: u8) -> Outcome {
        Engine::new(&self.program, &mut self.state).run_phase(phase);
        match (&self.state.interruption, self.state.exceeded()) {
            (Some(interruption), _) => Outcome::Interrupted(interruption.clone()),
            (None, Some(exceeded)) => Outcome::BudgetExceeded(exceeded),
            (None, None) => Outcome::Continue,
        }
    }

    /// Ids of the rules that have matched and ask to be logged, in order.
    pub fn matched_ids(&self) -> impl Iterator<Item = u64> + '_ {
        self.state.hits.iter().filter_map(|hit| Some(self.rule(hit.rule)?.id))
    }

    /// The rules that have matched, with what they matched.
    pub fn matches(&self) -> Vec<RuleMatch<'_>> {
        self.state.hits.iter().filter_map(|hit| self.rule_match(hit)).collect()
    }

    /// The anomaly score so far and its thresholds, where the rules keep one.
    pub fn score(&self) -> Score {
        let ScoreNames { inbound, inbound_threshold, outbound, outbound_threshold } =
            &self.options.score;
        let sum = |names: &[String]| names.iter().find_map(|name| self.tx_number(name));
        Score {
            inbound: sum(inbound).unwrap_or(0),
            inbound_threshold: self.tx_number(inbound_threshold),
            outbound: sum(outbound).unwrap_or(0),
            outbound_threshold: self.tx_number(outbound_threshold),
        }
    }

    /// Units of work spent so far.
    pub fn work(&self) -> u64 {
        self.state.budget.as_ref().map_or(0, budget::Budget::spent)
    }

    fn tx_number(&self, name: &str) -> Option<i64> {
        let slot = self.program.tx_names.find(name.to_ascii_lowercase().as_bytes())?;
        let value = self.state.tx.get(usize::from(slot)).copied().flatten()?;
        Some(crate::operator::number(self.state.values.get(value)))
    }

    fn rule(&self, index: u32) -> Option<&Rule> {
        self.program.rules.get(index as usize)
    }

    fn rule_match(&self, hit: &verdict::Hit) -> Option<RuleMatch<'_>> {
        let rule = self.rule(hit.rule)?;
        let values = &self.state.values;
        let (first, last) = hit.evidence;
        let evidence = self.state.evidence.get(first as usize..last as usize).unwrap_or_default();
        let text = |template: &crate::program::template::Template| {
            let text = template.constant().unwrap_or(b"%{...}");
            String::from_utf8_lossy(text).into_owned()
        };
        Some(RuleMatch {
            id: rule.id,
            phase: rule.phase,
            msg: hit.msg.map_or(&[], |msg| values.get(msg)),
            log_data: hit.log_data.map_or(&[], |data| values.get(data)),
            severity: rule.meta.severity,
            tags: rule.meta.tags.iter().map(text).collect(),
            version: rule.meta.version.as_deref(),
            position: rule.meta.position.to_string(),
            evidence: evidence.iter().map(|evidence| self.matched_value(evidence)).collect(),
        })
    }

    fn matched_value(&self, evidence: &verdict::Evidence) -> MatchedValue<'_> {
        let values = &self.state.values;
        let value = values.get(evidence.value);
        let (start, end) = evidence.span;
        let chain = self.rule(evidence.rule).map_or(0, |rule| rule.chain);
        let steps = self.program.chains.get(usize::from(chain));
        MatchedValue {
            variable: evidence.variable,
            name: values.get(evidence.key),
            original: values.get(evidence.original),
            value,
            matched: value.get(start as usize..end as usize).unwrap_or_default(),
            transformations: steps
                .map(|chain| chain.steps.iter().map(|step| step.name()).collect())
                .unwrap_or_default(),
        }
    }
}
