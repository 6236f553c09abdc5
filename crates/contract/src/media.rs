//! Media types of an answer: which one a mock uses, and how a value is written in it.

use http::HeaderValue;
use serde_json::Value;

/// A media type in which an example can be written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Media {
    /// The field value to send.
    pub(crate) content_type: String,
    /// Whether values are written as JSON; else only text can be.
    pub(crate) json: bool,
}

impl Media {
    /// The media type of a key under `content`. A range that JSON is part of stands for JSON; any
    /// other range says too little.
    pub(crate) fn of(key: &str) -> Option<Self> {
        let essence = key.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        if matches!(essence.as_str(), "*/*" | "application/*") {
            return Some(Self { content_type: "application/json".into(), json: true });
        }
        if essence.contains('*') || !essence.contains('/') || HeaderValue::from_str(key).is_err() {
            return None;
        }
        let json = essence == "application/json" || essence.ends_with("+json");
        Some(Self { content_type: key.to_owned(), json })
    }

    /// A value as a body, if this media type can hold it.
    pub(crate) fn write(&self, value: Value) -> Option<Vec<u8>> {
        match value {
            value if self.json => serde_json::to_vec(&value).ok(),
            Value::String(text) => Some(text.into_bytes()),
            Value::Number(number) => Some(number.to_string().into_bytes()),
            Value::Bool(truth) => Some(truth.to_string().into_bytes()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }
}
