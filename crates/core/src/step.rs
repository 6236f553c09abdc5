//! Steps and their verdicts.

use crate::{body::Body, canonical::Inadmissible, reason::Reason, source::PlaceId, stop::Stop};
use http::Response;
use std::{fmt, net::IpAddr};

/// A step of the order, by its place in it. What each is called and why it stands there, the order
/// itself says; a record holds only the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepId(pub u8);

/// What a step says of a request.
#[derive(Debug)]
pub enum Verdict {
    /// Nothing is set for this request here. Leaves no mark.
    Skipped,
    /// The request may go on.
    Passed(Ground),
    /// The request is answered here; no upstream is called.
    Answered(Ground, Response<Body>),
    /// The request ends here.
    Refused(Stop),
}

/// Why: the reason, where in the config it stands, and the value that decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ground {
    /// The reason.
    pub reason: &'static Reason,
    /// The line of config that decided; for a refusal the predicate that failed.
    pub place: PlaceId,
    /// The value that was compared.
    pub detail: Detail,
}

/// The value that decided, small enough to copy. Text is made of it when somebody reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Nothing beyond the reason.
    None,
    /// An address.
    Address(IpAddr),
    /// A number of bytes.
    Bytes(u64),
    /// What kept a head from having one reading.
    Inadmissible(Inadmissible),
    /// An HTTP status.
    Status(u16),
    /// A word on which of several cases it was.
    Case(&'static str),
}

impl Ground {
    /// A reason that no line of config stands behind.
    pub fn bare(reason: &'static Reason) -> Self {
        Self { reason, place: PlaceId::NOWHERE, detail: Detail::None }
    }

    /// A reason and the line behind it.
    pub fn at(reason: &'static Reason, place: PlaceId) -> Self {
        Self { reason, place, detail: Detail::None }
    }

    /// With the value that decided.
    #[must_use]
    pub fn with(self, detail: Detail) -> Self {
        Self { detail, ..self }
    }
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Address(address) => address.fmt(f),
            Self::Bytes(bytes) => write!(f, "{bytes} bytes"),
            Self::Inadmissible(why) => why.fmt(f),
            Self::Status(status) => status.fmt(f),
            Self::Case(case) => f.write_str(case),
        }
    }
}
