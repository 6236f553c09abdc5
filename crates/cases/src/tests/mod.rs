//! Pages, and what a report says of them.

mod failures;
mod malformed;
mod pages;
mod updates;

use crate::{report::Report, run};
use std::path::Path;

/// Runs a page that stands in no folder.
pub(super) fn ran(text: &str) -> Report {
    Report { files: vec![run::file(Path::new("page.md"), text).report] }
}

/// A page of one case with a config of one public route `/v1`.
pub(super) fn page(block: &str) -> String {
    format!(
        "# page\n\n```yaml\napis:\n  all:\n    routes:\n      - path: /v1\n        methods: [GET, POST]\n        \
         access: public\n```\n\n## case\n\n```http\n{block}```\n"
    )
}
