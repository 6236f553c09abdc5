//! A YAML or JSON text as a tree in which every node knows its place.
//!
//! One tree serves all readers of a file: the walk that lists every problem of shape
//! ([`check`](check::check)), the typed config ([`de`]), and documents that are read by hand.

pub mod check;
pub mod de;
mod json;
mod yaml;

use crate::{
    diagnostic::{Diagnostic, Diagnostics},
    reasons,
    source::{FileId, Sources, Span},
};

/// The deepest nesting that is read.
pub const DEPTH_MAX: usize = 128;
/// The most nodes that one file may have, aliases unfolded.
pub const NODES_MAX: usize = 1_000_000;

/// Reads a file of `sources`: as JSON if its name says so or its text is JSON, else as YAML.
///
/// Refused, each at its place: a second document, tags, keys that are not text, keys that stand twice,
/// nesting beyond [`DEPTH_MAX`], more than [`NODES_MAX`] nodes with aliases unfolded. An empty file is
/// [`Kind::Null`]. After a syntax error there is no tree.
pub fn parse(sources: &Sources, file: FileId, problems: &mut Diagnostics) -> Option<Node> {
    let source = sources.file(file)?;
    let named_json = source.name.ends_with(".json");
    if named_json || source.text.trim_start().starts_with(['{', '[']) {
        let mut repeated = Diagnostics::default();
        match json::parse(&source.text, file, &mut repeated) {
            Ok(node) => {
                problems.extend(repeated.sorted());
                return Some(node);
            }
            Err(fault) if named_json => {
                problems.push(fault.diagnostic(file));
                return None;
            }
            // A map in braces may be YAML that is no JSON.
            Err(_) => {}
        }
    }
    yaml::parse(sources, file, problems)
}

fn repeated_key(key: &str, again: Span, first: Span) -> Diagnostic {
    Diagnostic::new(&reasons::DUPLICATE_KEY, again, format!("`{key}` stands twice in one map"))
        .label("again here")
        .related(first, "first here")
}

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it stands. For a map or list: from its first to its last child.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
}

/// The kinds of value.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// `null`, `~`, or nothing at all.
    Null,
    /// A word, number or text.
    Scalar(Scalar),
    /// A list.
    List(Vec<Node>),
    /// A map; keys are text and stand once.
    Map(Vec<Entry>),
}

/// A word, number or text.
#[derive(Debug, Clone, PartialEq)]
pub struct Scalar {
    /// The text, without quotes and escapes.
    pub text: String,
    /// Whether it stood without quotes, and so may be a number or a truth value.
    pub plain: bool,
    /// Whether it came through a reference. It is never shown.
    pub secret: bool,
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The value of a key, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of a key, if this is a map that has it.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The entries, if this is a map; else none.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items, if this is a list; else none.
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    /// The text, if this is a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(&scalar.text),
            _ => None,
        }
    }

    /// The truth value, if this is a plain `true` or `false`.
    pub fn boolean(&self) -> Option<bool> {
        match &self.kind {
            Kind::Scalar(Scalar { text, plain: true, .. }) => match text.as_str() {
                "true" => Some(true),
                "false" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// What kind of value a person would call this.
    pub fn noun(&self) -> &'static str {
        match &self.kind {
            Kind::Null => "nothing",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a map",
            Kind::Scalar(scalar) => match scalar.number() {
                _ if self.boolean().is_some() => "a truth value",
                Some(_) => "a number",
                None => "text",
            },
        }
    }

    /// The same value as JSON. Numbers that JSON cannot write become text.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::List(items) => items.iter().map(Node::to_json).collect(),
            Kind::Map(entries) => Value::Object(
                entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect(),
            ),
            Kind::Scalar(scalar) => match (self.boolean(), scalar.number()) {
                (Some(truth), _) => Value::Bool(truth),
                (None, Some(number)) => Value::Number(number),
                (None, None) => Value::String(scalar.text.clone()),
            },
        }
    }
}

impl Scalar {
    /// The number, if it stood without quotes and is one that JSON can write.
    pub fn number(&self) -> Option<serde_json::Number> {
        let first = self.text.bytes().next()?;
        if !self.plain || !(first == b'-' || first.is_ascii_digit()) {
            return None;
        }
        serde_json::from_str(&self.text).ok()
    }
}
