//! A SecLang engine: runs the OWASP Core Rule Set exactly, at a small fraction of ModSecurity's cost.
//!
//! [`Ruleset::load`] compiles rule files once, or says everything that is wrong with them. Each
//! request then gets a [`Transaction`], which is given the message phase by phase and says whether
//! to go on. The crate does no I/O and reads no clock.
//!
//! ```
//! use portcullis_waf::{MemoryFiles, Options, RequestHead, Ruleset, Scratch};
//!
//! let files = MemoryFiles::single(
//!     "main.conf",
//!     "SecRule ARGS \"@detectSQLi\" \"id:1,phase:1,deny,t:urlDecodeUni,msg:'SQL'\"",
//! );
//! let rules = Ruleset::load(&files, &["main.conf"], &Options::default())?;
//! let mut transaction = rules.transaction(Scratch::default());
//! transaction.request_head(&RequestHead {
//!     line: b"",
//!     method: b"GET",
//!     uri: b"/?id=1'%20or%20'1'='1",
//!     protocol: b"HTTP/1.1",
//!     headers: &[],
//! });
//! assert_eq!(transaction.matched_ids().collect::<Vec<_>>(), [1]);
//! assert_eq!(transaction.matches()[0].evidence[0].path(), "ARGS:id");
//! # Ok::<(), portcullis_waf::LoadError>(())
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "a test that breaks here has failed"
    )
)]

mod body;
mod diagnostic;
mod files;
mod operator;
mod program;
mod regex;
mod ruleset;
mod seclang;
mod transaction;
mod transform;
mod variable;

pub use diagnostic::{Diagnostic, LoadError, Position};
pub use files::{Files, MemoryFiles, wildcard};
pub use ruleset::{Options, RequestBodyVariable, Ruleset, ScoreNames};
pub use transaction::{
    Exceeded, Interruption, Limits, MatchedValue, Outcome, RequestHead, ResponseHead, RuleMatch,
    Score, Scratch, Transaction,
};
pub use variable::Variable;
