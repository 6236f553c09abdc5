//! Readers of request bodies. Each stops at its bounds and never recurses on input.

pub(crate) mod json;
pub(crate) mod multipart;
pub(crate) mod xml;

/// Why a body could not be read to its end. What came before stays in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BodyError(pub String);

impl BodyError {
    pub(crate) fn at(message: &str, offset: usize) -> Self {
        Self(format!("{message} at byte {offset}"))
    }
}
