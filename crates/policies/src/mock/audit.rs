//! What a reviewer would ask about.

use super::{MockConfig, policy::MOCKED_API};
use portcullis_core::{
    finding::{Finding, Severity},
    source::At,
};

/// A mock that went to production answers everyone with examples.
pub(super) fn audit(config: At<&MockConfig>) -> Vec<Finding> {
    if !config.value.0 {
        return Vec::new();
    }
    vec![Finding {
        reason: &MOCKED_API,
        severity: Severity::Note,
        message: String::from("examples answer here, no upstream is called"),
        span: config.span,
    }]
}
