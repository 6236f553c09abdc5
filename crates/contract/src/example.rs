//! What a mock answers: an example that the document gives, or one composed of those it gives.
//!
//! Nothing is invented: a string without an example stays unsaid, and what requires it does too.

use crate::{Example, media::Media, references::References, responses};
use http::StatusCode;
use portcullis_core::tree::{Kind, Node};
use serde_json::{Map, Value};
use std::collections::HashSet;

/// The most values of which one example is composed.
const VALUES_MAX: usize = 20_000;
/// The deepest nesting of schemas that an example is composed of.
const DEPTH_MAX: usize = 32;
/// The most values that are looked at for all examples of a document.
const VALUES_OF_ALL_MAX: usize = 4_000_000;
/// The most bytes that all examples of a document take, and also any one while it is composed.
const BYTES_MAX: usize = 64 << 20;
/// What a value takes in memory beside its text, which is no less than what it takes when written.
const VALUE_BYTES: usize = 32;

/// Finds the examples of one document's operations.
pub(crate) struct Examples<'a, 'c> {
    references: &'c References<'a>,
    values_left: usize,
    bytes_left: usize,
}

impl<'a, 'c> Examples<'a, 'c> {
    /// For the document of `references`.
    pub(crate) fn new(references: &'c References<'a>) -> Self {
        Self { references, values_left: VALUES_OF_ALL_MAX, bytes_left: BYTES_MAX }
    }

    /// The example of an operation; `None` if the document gives too little.
    pub(crate) fn of(&mut self, operation: &'a Node) -> Option<Example> {
        let (status, response) = responses::success(operation)?;
        let response = self.references.resolve(response).ok()?;
        let content = response.get("content").map(Node::entries).unwrap_or_default();
        let bodiless = matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT);
        if bodiless || content.is_empty() {
            return Some(Example { status, content_type: None, body: Vec::new() });
        }
        let known = content.iter().filter_map(|entry| Some((Media::of(&entry.key)?, &entry.value)));
        let (json, others): (Vec<_>, Vec<_>) = known.partition(|(media, _)| media.json);
        let (media, body) = json.into_iter().chain(others).find_map(|(media, node)| {
            let body = media.write(self.value(node)?)?;
            Some((media, body))
        })?;
        self.bytes_left = self.bytes_left.checked_sub(body.len())?;
        Some(Example { status, content_type: Some(media.content_type), body })
    }

    fn value(&mut self, media: &'a Node) -> Option<Value> {
        let media = self.references.resolve(media).ok()?;
        if let Some(example) = media.get("example") {
            return self.shown(example);
        }
        let examples = media.get("examples").map(Node::entries).unwrap_or_default();
        let shown = examples.iter().find_map(|entry| {
            let example = self.references.resolve(&entry.value).ok()?;
            example.get("value").or_else(|| example.get("dataValue"))
        });
        match shown {
            Some(value) => self.shown(value),
            None => self.composed(media.get("schema")?),
        }
    }

    fn shown(&mut self, example: &Node) -> Option<Value> {
        let size = Size::of(example);
        self.values_left = self.values_left.saturating_sub(size.values);
        (self.values_left > 0 && size.bytes <= self.bytes_left).then(|| example.to_json())
    }

    fn composed(&mut self, schema: &'a Node) -> Option<Value> {
        let values = VALUES_MAX.min(self.values_left);
        let left = Size { values, bytes: self.bytes_left };
        let mut composer = Composer { references: self.references, open: Vec::new(), left };
        let value = composer.value(schema);
        self.values_left -= values - composer.left.values;
        // What ran into the limit was left out; an example with holes is none.
        value.filter(|_| composer.left.is_some())
    }
}

/// Composes one example from a schema.
struct Composer<'a, 'c> {
    references: &'c References<'a>,
    /// The schemas inside which we are; one that contains itself is not followed.
    open: Vec<&'a Node>,
    /// What may still be taken; nothing once a limit was met.
    left: Size,
}

/// How much a value takes.
#[derive(Debug, Clone, Copy)]
struct Size {
    values: usize,
    bytes: usize,
}

/// The parts of an object, gathered from all schemas that describe it.
#[derive(Default)]
struct Parts<'a> {
    fields: Map<String, Value>,
    required: Vec<&'a str>,
    /// What is only ever sent by the caller.
    write_only: HashSet<&'a str>,
}

impl<'a> Composer<'a, '_> {
    fn value(&mut self, schema: &'a Node) -> Option<Value> {
        if let Some(own) = self.own(schema) {
            return Some(own);
        }
        let target = self.references.resolve(schema).ok()?;
        if !std::ptr::eq(target, schema)
            && let Some(own) = self.own(target)
        {
            return Some(own);
        }
        self.inside(target, |composer| composer.composed(target))
    }

    /// Runs `f` inside a schema, unless we are in it already, too deep, or at the limit.
    fn inside<T>(&mut self, schema: &'a Node, f: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        self.take(Size::ONE)?;
        if self.open.len() >= DEPTH_MAX || self.open.iter().any(|it| std::ptr::eq(*it, schema)) {
            return None;
        }
        self.open.push(schema);
        let result = f(self);
        self.open.pop();
        result
    }

    /// What the schema itself says a value looks like.
    fn own(&mut self, schema: &'a Node) -> Option<Value> {
        let first = |name: &str| schema.get(name).and_then(|list| list.items().first());
        let own = schema
            .get("example")
            .or_else(|| first("examples"))
            .or_else(|| schema.get("default"))
            .or_else(|| schema.get("const"))
            .or_else(|| first("enum"))?;
        self.take(Size::of(own))?;
        Some(own.to_json())
    }

    fn composed(&mut self, schema: &'a Node) -> Option<Value> {
        if let Some(items) = schema.get("items") {
            return self.list(schema, items);
        }
        if schema.get("properties").is_none() {
            let part = |name: &str| schema.get(name).map(Node::items).unwrap_or_default();
            match (part("allOf"), part("oneOf"), part("anyOf")) {
                ([only], [], []) => return self.value(only),
                ([], several, []) | ([], [], several) => {
                    return several.iter().find_map(|one| self.value(one));
                }
                _ => {}
            }
        }
        let mut parts = Parts::default();
        self.gather(schema, &mut parts)?;
        let has =
            |name: &&str| parts.fields.contains_key(*name) || parts.write_only.contains(*name);
        let complete = !parts.fields.is_empty() && parts.required.iter().all(has);
        complete.then_some(Value::Object(parts.fields))
    }

    fn list(&mut self, schema: &'a Node, items: &'a Node) -> Option<Value> {
        if schema.get("prefixItems").is_some() {
            return None;
        }
        let item = self.value(items)?;
        let least = schema.get("minItems").and_then(Node::text).and_then(|text| text.parse().ok());
        let count: usize = least.unwrap_or(1).max(1);
        let unique = schema.get("uniqueItems").and_then(Node::boolean) == Some(true);
        if unique && count > 1 {
            return None;
        }
        self.take(Size::of_json(&item).times(count - 1))?;
        Some(Value::Array(vec![item; count]))
    }

    /// Adds what one schema says about an object, with all that it includes.
    fn gather(&mut self, schema: &'a Node, parts: &mut Parts<'a>) -> Option<()> {
        for part in schema.get("allOf").map(Node::items).unwrap_or_default() {
            let target = self.references.resolve(part).ok()?;
            match self.own(part).or_else(|| self.own(target)) {
                Some(Value::Object(fields)) => parts.fields.extend(fields),
                Some(_) => return None,
                None => self.inside(target, |composer| composer.gather(target, parts))?,
            }
        }
        for property in schema.get("properties").map(Node::entries).unwrap_or_default() {
            self.take(Size { values: 1, bytes: text_bytes(&property.key) })?;
            if self.is_write_only(&property.value) {
                parts.write_only.insert(&property.key);
            } else if let Some(value) = self.value(&property.value) {
                parts.fields.insert(property.key.clone(), value);
            }
        }
        for name in ["oneOf", "anyOf"] {
            let branches = schema.get(name).map(Node::items).unwrap_or_default();
            let branch = branches.iter().find_map(|one| match self.value(one)? {
                Value::Object(fields) => Some(fields),
                _ => None,
            });
            match branch {
                Some(fields) => parts.fields.extend(fields),
                None if branches.is_empty() => {}
                None => return None,
            }
        }
        let required = schema.get("required").map(Node::items).unwrap_or_default();
        parts.required.extend(required.iter().filter_map(Node::text));
        Some(())
    }

    fn is_write_only(&self, schema: &'a Node) -> bool {
        let says = |node: &Node| node.get("writeOnly").and_then(Node::boolean) == Some(true);
        says(schema) || self.references.resolve(schema).is_ok_and(says)
    }

    fn take(&mut self, size: Size) -> Option<()> {
        self.left.values = self.left.values.saturating_sub(size.values);
        self.left.bytes = self.left.bytes.saturating_sub(size.bytes);
        self.left.is_some().then_some(())
    }
}

impl Size {
    const ONE: Self = Self { values: 1, bytes: VALUE_BYTES };

    /// Whether there is something of both.
    fn is_some(self) -> bool {
        self.values > 0 && self.bytes > 0
    }

    fn of(node: &Node) -> Self {
        match &node.kind {
            Kind::Null => Self::ONE,
            Kind::Scalar(scalar) => Self::ONE.and_text(&scalar.text),
            Kind::List(items) => items.iter().map(Self::of).fold(Self::ONE, Self::and),
            Kind::Map(entries) => {
                let sizes = entries.iter().map(|it| Self::of(&it.value).and_text(&it.key));
                sizes.fold(Self::ONE, Self::and)
            }
        }
    }

    fn of_json(value: &Value) -> Self {
        match value {
            Value::Array(items) => items.iter().map(Self::of_json).fold(Self::ONE, Self::and),
            Value::Object(fields) => {
                let sizes = fields.iter().map(|(key, value)| Self::of_json(value).and_text(key));
                sizes.fold(Self::ONE, Self::and)
            }
            Value::String(text) => Self::ONE.and_text(text),
            Value::Null | Value::Bool(_) | Value::Number(_) => Self::ONE,
        }
    }

    fn and(self, other: Self) -> Self {
        let values = self.values.saturating_add(other.values);
        Self { values, bytes: self.bytes.saturating_add(other.bytes) }
    }

    fn and_text(self, text: &str) -> Self {
        Self { bytes: self.bytes.saturating_add(text_bytes(text)), ..self }
    }

    fn times(self, count: usize) -> Self {
        let values = self.values.saturating_mul(count);
        Self { values, bytes: self.bytes.saturating_mul(count) }
    }
}

/// What a text takes when written as JSON, with the escapes.
fn text_bytes(text: &str) -> usize {
    let byte = |byte: u8| match byte {
        0..=0x1f => 6,
        b'"' | b'\\' => 2,
        _ => 1,
    };
    text.bytes().map(byte).sum()
}
