//! From the document's example to a ready answer.

use super::{MockAnswer, MockConfig};
use crate::policy::Site;
use portcullis_core::{diagnostic::Diagnostic, reasons, source::At};

/// The innermost word counts. A mock without a document is a problem.
pub(super) fn build(levels: &[At<&MockConfig>], site: &mut Site<'_>) -> Option<MockAnswer> {
    let innermost = levels.last()?;
    if !innermost.value.0 {
        return None;
    }
    let Some(operation) = site.operation else {
        site.problem(
            Diagnostic::new(&reasons::BAD_VALUE, innermost.span, "a mock needs a document")
                .label("a written route has no example to answer with")
                .hint("remove `mock`, or describe the API in an OpenAPI document and name it under `openapi`"),
        );
        return None;
    };
    let place = site.place(operation.span);
    Some(MockAnswer::new(operation.example.as_ref(), place))
}
