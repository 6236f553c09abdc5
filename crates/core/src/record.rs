//! The decision record: every request leaves exactly one.
//!
//! A record is small values in a fixed array. Log line, metrics, problem document, `explain` and
//! `test` are views of it; text is made when somebody reads.

use crate::{
    access::Authorized,
    canonical::Target,
    clock::{Moment, WallTime},
    facts::{ClientIp, ConnectionFacts},
    identity::Principal,
    name::{ApiName, UpstreamName},
    ports::Ports,
    reasons,
    source::PlaceId,
    step::{Ground, StepId},
    version::BlueprintVersion,
};
use std::{fmt, sync::Arc, time::Duration};

/// The most steps that one request can leave a mark for.
pub const MARKS_MAX: usize = 32;

/// Identifies a request: 128 random bits, written as 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub [u8; 16]);

/// What happened to one request.
#[derive(Debug, Clone)]
pub struct Record {
    /// The id that the answer, the upstream and the log carry.
    pub id: RequestId,
    /// The version of the config that decided, from start to end.
    pub version: BlueprintVersion,
    /// The connection it came on.
    pub facts: Arc<ConnectionFacts>,
    /// The caller's address.
    pub client: ClientIp,
    /// When its head had been read.
    pub began: WallTime,
    /// The same moment on the clock that measures.
    pub began_at: Moment,
    /// What was asked for; `None` if it had no single reading.
    pub target: Option<Arc<Target>>,
    /// The route; `None` if there was none.
    pub route: Option<Arc<RouteLabel>>,
    /// Who it was; `None` before the access rule passed.
    pub principal: Option<Arc<Principal>>,
    /// What each step said, in order.
    pub marks: Marks,
    /// The upstream that was called.
    pub upstream: Option<UpstreamMark>,
    /// How it ended.
    pub end: End,
    /// Bytes of the answer's body.
    pub answer_bytes: u64,
    /// From the head of the request to the end of the answer.
    pub duration: Duration,
}

/// What people call a route. Made once, when the config is compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteLabel {
    /// The API.
    pub api: ApiName,
    /// The route's path template, with its base.
    pub template: Box<str>,
    /// The `operationId` of the document.
    pub operation: Option<Box<str>>,
    /// Where it is declared.
    pub place: PlaceId,
}

/// The call of an upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamMark {
    /// Its name.
    pub name: UpstreamName,
    /// The status it answered with; `None` if it did not.
    pub status: Option<u16>,
    /// From the call to the head of its answer.
    pub duration: Duration,
}

/// What one step said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The step.
    pub step: StepId,
    /// How it went.
    pub outcome: Outcome,
    /// Why.
    pub ground: Ground,
}

/// How a step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The request went on.
    Passed,
    /// The request was answered.
    Answered,
    /// The request was refused.
    Refused,
}

/// What the steps said, in order.
#[derive(Clone)]
pub struct Marks {
    list: [Option<Mark>; MARKS_MAX],
    count: usize,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It has not ended.
    Open,
    /// An answer with this status went out whole.
    Answered(u16),
    /// A refusal with this status went out.
    Refused(u16, Ground),
    /// The caller was gone before an answer began.
    CallerGone,
    /// The answer with this status began and was cut: by the caller, or by the upstream.
    Cut(u16),
}

impl Marks {
    /// Adds a mark. Marks beyond [`MARKS_MAX`] are dropped; the order has fewer steps than that.
    pub fn push(&mut self, mark: Mark) {
        if let Some(slot) = self.list.get_mut(self.count) {
            *slot = Some(mark);
            self.count += 1;
        }
    }

    /// The marks, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Mark> {
        self.list.iter().flatten()
    }

    /// The last mark.
    pub fn last(&self) -> Option<&Mark> {
        self.iter().last()
    }
}

impl Default for Marks {
    fn default() -> Self {
        Self { list: [None; MARKS_MAX], count: 0 }
    }
}

impl fmt::Debug for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Record {
    /// Takes note of a passed access rule.
    pub fn note_authorized(&mut self, permit: &Authorized) {
        self.principal = Some(Arc::clone(permit.principal()));
    }

    /// The status that the caller saw, or would have seen.
    pub fn status(&self) -> u16 {
        match self.end {
            End::Answered(status) | End::Refused(status, _) | End::Cut(status) => status,
            End::Open | End::CallerGone => reasons::CALLER_GONE.status().as_u16(),
        }
    }

    /// The ground of the refusal, if it was refused.
    pub fn refusal(&self) -> Option<Ground> {
        match self.end {
            End::Refused(_, ground) => Some(ground),
            End::CallerGone => Some(Ground::bare(&reasons::CALLER_GONE)),
            End::Open | End::Answered(_) | End::Cut(_) => None,
        }
    }
}

/// A record that is still being written. Dropping it, however that comes about, closes it and hands
/// it to the sink: no request is without a record, none has two.
pub struct OpenRecord {
    record: Option<Box<Record>>,
    ports: Arc<Ports>,
}

impl OpenRecord {
    /// Opens a record.
    pub fn new(record: Record, ports: Arc<Ports>) -> Self {
        Self { record: Some(Box::new(record)), ports }
    }

    /// Changes the record; does nothing once it is closed.
    pub fn update(&mut self, change: impl FnOnce(&mut Record)) {
        if let Some(record) = &mut self.record {
            change(record);
        }
    }

    /// Reads the record; `None` once it is closed.
    pub fn read(&self) -> Option<&Record> {
        self.record.as_deref()
    }

    /// Closes the record and hands it over.
    pub fn close(&mut self) {
        if let Some(mut record) = self.record.take() {
            if record.end == End::Open {
                record.end = End::CallerGone;
            }
            record.duration = self.ports.clock.now().since(record.began_at);
            self.ports.records.put(record);
        }
    }
}

impl Drop for OpenRecord {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::str::FromStr for RequestId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let plain = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let number = if plain { u128::from_str_radix(text, 16).ok() } else { None };
        number.map(|number| Self(number.to_be_bytes())).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_written_and_read_alike() {
        let id = RequestId([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255]);
        assert_eq!(id.to_string(), "000102030405060708090a0b0c0d0eff");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("+00102030405060708090a0b0c0d0eff".parse::<RequestId>(), Err(()));
    }

    #[test]
    fn lm1_a_record_is_small() {
        assert!(size_of::<Record>() <= 2048, "{}", size_of::<Record>());
    }
}
