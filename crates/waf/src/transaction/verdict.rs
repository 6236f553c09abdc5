//! What came of a transaction, with the reasons.

use super::budget::Exceeded;
use super::values::ValueId;
use crate::variable::Variable;

/// What to do with the message after a phase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing stands against it so far.
    Continue,
    /// A rule refuses the message.
    Interrupted(Interruption),
    /// A bound was reached before all rules had run.
    BudgetExceeded(Exceeded),
}

/// A rule's decision to refuse. In detection-only mode none is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interruption {
    /// The rule.
    pub rule: u64,
    /// The status that it asks for.
    pub status: u16,
    /// Close the connection without an answer.
    pub drop: bool,
    /// Where it sends the caller instead.
    pub redirect: Option<Vec<u8>>,
}

/// One value that a rule matched, as numbers of the transaction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evidence {
    pub rule: u32,
    pub variable: Variable,
    pub key: ValueId,
    /// As it was received, and as the rule saw it.
    pub original: ValueId,
    pub value: ValueId,
    /// What matched within the latter.
    pub span: (u32, u32),
}

/// A rule that has matched, as numbers of the transaction.
#[derive(Clone, Debug)]
pub(super) struct Hit {
    pub rule: u32,
    pub msg: Option<ValueId>,
    pub log_data: Option<ValueId>,
    pub evidence: (u32, u32),
}

/// A rule that has matched and asks to be logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleMatch<'a> {
    /// The id of the rule.
    pub id: u64,
    /// The phase, from 1 to 5.
    pub phase: u8,
    /// `msg`, macros expanded.
    pub msg: &'a [u8],
    /// `logdata`, macros expanded.
    pub log_data: &'a [u8],
    /// `severity`, 0 for an emergency to 7.
    pub severity: Option<u8>,
    /// Tags as the rule spells them.
    pub tags: Vec<String>,
    /// `ver`.
    pub version: Option<&'a str>,
    /// Where the rule stands, as `file:line:column`.
    pub position: String,
    /// The first values that matched, over all rules of the chain.
    pub evidence: Vec<MatchedValue<'a>>,
}

/// One value that a rule matched. Nothing is redacted: that is for whoever shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchedValue<'a> {
    /// The variable.
    pub variable: Variable,
    /// The name within a collection; empty for variables with one value.
    pub name: &'a [u8],
    /// The value as it was received.
    pub original: &'a [u8],
    /// The value as the rule saw it.
    pub value: &'a [u8],
    /// The part of it that matched.
    pub matched: &'a [u8],
    /// The transformations between the two, in order.
    pub transformations: Vec<&'static str>,
}

impl MatchedValue<'_> {
    /// `ARGS:id`, as rules would select it.
    pub fn path(&self) -> String {
        match self.name {
            [] => self.variable.name().to_string(),
            name => format!("{}:{}", self.variable.name(), String::from_utf8_lossy(name)),
        }
    }
}

/// The anomaly score of a transaction and the threshold at which the rules refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Score {
    /// The score of the request.
    pub inbound: i64,
    /// Where requests are refused.
    pub inbound_threshold: Option<i64>,
    /// The score of the answer.
    pub outbound: i64,
    /// Where answers are refused.
    pub outbound_threshold: Option<i64>,
}
