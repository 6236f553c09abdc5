//! What came of a request: the answer, what the upstream saw, the record.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use portcullis_core::{
    reason::Reason,
    record::{End, Outcome, Record},
    step::StepId,
};

/// What came of a request.
#[derive(Debug)]
pub(crate) struct Seen {
    /// The status of the answer.
    pub(crate) status: StatusCode,
    /// The fields of the answer.
    pub(crate) headers: HeaderMap,
    /// The body of the answer, as far as it came.
    pub(crate) body: Bytes,
    /// The calls of an upstream.
    pub(crate) calls: Vec<Call>,
    /// The record.
    pub(crate) record: Option<Box<Record>>,
}

/// A request as an upstream saw it.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// The method.
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) target: String,
    /// The header fields.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) body: Bytes,
}

impl Seen {
    /// The reason of what ended the request: of the refusal, or of the step that answered.
    pub(crate) fn reason(&self) -> Option<&'static Reason> {
        let record = self.record.as_deref()?;
        if let Some(ground) = record.refusal() {
            return Some(ground.reason);
        }
        let answered = record.marks.iter().find(|mark| mark.outcome == Outcome::Answered);
        answered.map(|mark| mark.ground.reason)
    }

    /// What a step said; `None` if it left no mark.
    pub(crate) fn mark(&self, step: StepId) -> Option<Outcome> {
        let record = self.record.as_deref()?;
        record.marks.iter().find(|mark| mark.step == step).map(|mark| mark.outcome)
    }

    /// How the record ended, in one word.
    pub(crate) fn end(&self) -> &'static str {
        match self.record.as_deref().map_or(End::Open, |record| record.end) {
            End::Open => "open",
            End::Answered(_) => "answered",
            End::Refused(..) => "refused",
            End::CallerGone => "gone",
            End::Cut(_) => "cut",
        }
    }
}

/// The words of [`Seen::end`] that a request of a case can come to.
pub(crate) const ENDS: [&str; 4] = ["answered", "refused", "gone", "cut"];
