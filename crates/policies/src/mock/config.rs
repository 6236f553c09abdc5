//! What a person writes.

use schemars::JsonSchema;
use serde::Deserialize;

/// Whether the document's examples answer in the upstream's place. An operation's own word counts
/// before the API's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(rename = "Mock", example = serde_json::json!(true))]
pub struct MockConfig(pub bool);
