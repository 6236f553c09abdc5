//! Reasons: the one vocabulary in which Portcullis says why.
//!
//! A [`Reason`] is a static value with a stable code. Refusals, passes, problems in a config and
//! findings all point at one, so that a log line, a problem document, a diagnostic, a page of the
//! manual and `portcullis explain PC0404` say the same thing.

use std::fmt;

/// One reason, defined once with [`reasons!`](crate::reasons!).
pub struct Reason {
    /// Stable for ever: `PC` and four digits.
    pub code: &'static str,
    /// What kind of statement this is.
    pub kind: Kind,
    /// What a caller may know. Lower case, no full stop, says nothing of the config.
    pub title: &'static str,
    /// What the operator should know: when this happens and why it is so.
    pub explanation: &'static str,
    /// What would have changed it.
    pub remedy: &'static str,
}

/// What kind of statement a [`Reason`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A request was refused with this HTTP status.
    Refusal(u16),
    /// A step let a request pass, or answered it.
    Pass,
    /// Something is wrong with what a person wrote; the config does not load.
    Problem,
    /// The config is sound, but somebody should look at it.
    Finding,
}

impl Reason {
    /// The HTTP status that a refusal answers with; 500 for anything that is not a refusal, since
    /// refusing for such a reason is a fault of ours.
    pub fn status(&self) -> http::StatusCode {
        match self.kind {
            Kind::Refusal(status) => http::StatusCode::from_u16(status).ok(),
            Kind::Pass | Kind::Problem | Kind::Finding => None,
        }
        .unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl fmt::Debug for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.code, self.title)
    }
}

impl PartialEq for Reason {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}

impl Eq for Reason {}

/// Defines reasons, each with its page: the doc comment is the explanation, the text behind `=>` is
/// what would have changed it. Also defines `REASONS`, the list of those defined here.
#[macro_export]
macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $kind:ident $(($status:literal))? $name:ident $code:literal $title:literal
        => $remedy:literal;)+) => {
        $($(#[doc = $doc])+
        pub static $name: $crate::reason::Reason = $crate::reason::Reason {
            code: $code,
            kind: $crate::reasons!(@kind $kind $($status)?),
            title: $title,
            explanation: concat!($($doc, "\n"),+),
            remedy: $remedy,
        };)+

        /// The reasons defined in this module, in the order of the file.
        pub static REASONS: &[&$crate::reason::Reason] = &[$(&$name),+];
    };
    (@kind refusal $status:literal) => { $crate::reason::Kind::Refusal($status) };
    (@kind pass) => { $crate::reason::Kind::Pass };
    (@kind problem) => { $crate::reason::Kind::Problem };
    (@kind finding) => { $crate::reason::Kind::Finding };
}
