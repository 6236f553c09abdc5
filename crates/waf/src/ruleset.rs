//! A compiled set of rules and what can be chosen about it.

use crate::diagnostic::{Diagnostic, LoadError};
use crate::files::Files;
use crate::program::{Program, compile};
use crate::transaction::{Limits, Scratch, Transaction};
use std::sync::Arc;

/// When `REQUEST_BODY` holds the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum RequestBodyVariable {
    /// As it is documented: for urlencoded forms, and for what no processor reads when rules force
    /// it. The Core Rule Set is written for this.
    #[default]
    Unparsed,
    /// Always, as libmodsecurity does it: also JSON and XML, which rules then see twice.
    Always,
}

/// The `TX` variables in which rules keep their anomaly scores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoreNames {
    /// The first of these that is set.
    pub inbound: Vec<String>,
    /// The threshold for requests.
    pub inbound_threshold: String,
    /// The first of these that is set, for answers.
    pub outbound: Vec<String>,
    /// The threshold for answers.
    pub outbound_threshold: String,
}

impl Default for ScoreNames {
    /// Those of the Core Rule Set, 4 and 3.
    fn default() -> Self {
        let names = |names: [&str; 2]| names.map(String::from).to_vec();
        Self {
            inbound: names(["blocking_inbound_anomaly_score", "anomaly_score"]),
            inbound_threshold: "inbound_anomaly_score_threshold".into(),
            outbound: names(["blocking_outbound_anomaly_score", "outbound_anomaly_score"]),
            outbound_threshold: "outbound_anomaly_score_threshold".into(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
/// How rules are loaded and run.
pub struct Options {
    /// What a transaction may take.
    pub limits: Limits,
    /// When `REQUEST_BODY` holds the body.
    pub request_body: RequestBodyVariable,
    /// Load rules that ask name servers or a geography database (`@rbl`, `@geoLookup`), which then
    /// never match. Otherwise they are refused.
    pub lookups_never_match: bool,
    /// Where the rules keep their scores.
    pub score: ScoreNames,
    /// Fold at load what always happens, and let prefilters choose what runs. Without, every rule
    /// looks at every value: slow, with the same outcome. Tests compare the two.
    pub shortcuts: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            request_body: RequestBodyVariable::default(),
            lookups_never_match: false,
            score: ScoreNames::default(),
            shortcuts: true,
        }
    }
}

/// Compiled rules. Cloning shares them.
#[derive(Clone, Debug)]
pub struct Ruleset {
    program: Arc<Program>,
    options: Arc<Options>,
}

impl Ruleset {
    /// Reads and compiles rule files in order. On any problem nothing is loaded.
    pub fn load(files: &dyn Files, paths: &[&str], options: &Options) -> Result<Self, LoadError> {
        let program = compile::load(files, paths, options)?;
        Ok(Self { program: Arc::new(program), options: Arc::new(options.clone()) })
    }

    /// A transaction that uses the memory of an earlier one.
    pub fn transaction(&self, scratch: Scratch) -> Transaction {
        Transaction::new(self.program.clone(), self.options.clone(), scratch)
    }

    /// What whoever wrote the rules should know, though nothing is wrong.
    pub fn remarks(&self) -> &[Diagnostic] {
        &self.program.remarks
    }

    /// How many rules are in force, chains counted once.
    pub fn rule_count(&self) -> usize {
        self.program.phases.iter().map(Vec::len).sum()
    }
}
