//! Walks a tree beside the JSON Schema of what it should be, and lists everything that is wrong.
//!
//! serde stops at the first problem; a person wants all of them. The walk knows the part of JSON
//! Schema that our own types produce: `type`, `properties`, `required`, `additionalProperties`,
//! `items`, `enum`, `const`, `oneOf`/`anyOf` whose branches differ in kind, `minimum`, `maximum`,
//! `minItems`, `$ref` into `$defs`, and our own `format`s.

use super::{Entry, Kind, Node, Scalar};
use crate::{
    diagnostic::{Diagnostic, Diagnostics},
    name::{check_name, nearest},
    reasons,
    units::{ByteSize, Period},
};
use serde_json::Value;

/// Checks a text against a `format`; the error says what is accepted.
pub type FormatCheck = fn(&str) -> Result<(), String>;

/// Our own formats, by name.
pub const FORMATS: &[(&str, FormatCheck)] = &[
    ("name", check_name),
    ("duration", |text| Period::parse(text).map(drop)),
    ("size", |text| ByteSize::parse(text).map(drop)),
];

/// A schema document and the formats that its scalars use.
pub struct Checker<'a> {
    root: &'a Value,
    formats: Vec<(&'static str, FormatCheck)>,
}

impl<'a> Checker<'a> {
    /// A checker for `root`, which may have `$defs`, with further formats beside [`FORMATS`].
    pub fn new(root: &'a Value, formats: &[(&'static str, FormatCheck)]) -> Self {
        Self { root, formats: [FORMATS, formats].concat() }
    }

    /// Lists everything in `node` that is not as the root schema says.
    pub fn check(&self, node: &Node, problems: &mut Diagnostics) {
        let field = Field { name: None, thing: title(self.root) };
        self.walk(node, self.root, &field, problems);
    }

    fn walk(&self, node: &Node, schema: &Value, field: &Field<'_>, problems: &mut Diagnostics) {
        let schema = self.resolve(schema);
        if let Some(branches) = alternatives(schema) {
            return self.walk_branches(node, branches, field, problems);
        }
        if let Some(words) = words(schema) {
            return self.check_word(node, &words, &[], field, problems);
        }
        if !kind_fits(node, schema) {
            let expected = expectation(schema);
            problems.push(wrong_type(node, &expected, field));
            return;
        }
        match &node.kind {
            Kind::Map(entries) => self.walk_map(node, entries, schema, field, problems),
            Kind::List(items) => self.walk_list(node, items, schema, field, problems),
            Kind::Scalar(scalar) => self.check_scalar(node, scalar, schema, problems),
            Kind::Null => {}
        }
    }

    /// Of several branches the one whose kind fits is meant; branches of ours never share a kind,
    /// save words, which are tried together.
    fn walk_branches(
        &self,
        node: &Node,
        branches: &[Value],
        field: &Field<'_>,
        problems: &mut Diagnostics,
    ) {
        let branches: Vec<&Value> = branches.iter().map(|branch| self.resolve(branch)).collect();
        let all_words: Option<Vec<Vec<&str>>> = branches.iter().map(|b| words(b)).collect();
        if let Some(all_words) = all_words {
            return self.check_word(node, &all_words.concat(), &[], field, problems);
        }
        let fitting = branches.iter().find(|branch| match words(branch) {
            Some(_) => node.text().is_some(),
            None => kind_fits(node, branch),
        });
        match fitting {
            Some(branch) if words(branch).is_some() => {
                let words = words(branch).unwrap_or_default();
                let others = branches.iter().filter(|other| !std::ptr::eq(**other, *branch));
                let others: Vec<String> = others.map(|other| expectation(other)).collect();
                self.check_word(node, &words, &others, field, problems);
            }
            Some(branch) => self.walk(node, branch, field, problems),
            None => {
                let expected: Vec<String> = branches.iter().map(|b| expectation(b)).collect();
                problems.push(wrong_type(node, &expected.join(" or "), field));
            }
        }
    }

    fn walk_map(
        &self,
        node: &Node,
        entries: &[Entry],
        schema: &Value,
        field: &Field<'_>,
        problems: &mut Diagnostics,
    ) {
        let known = schema.get("properties").and_then(Value::as_object);
        let free = schema.get("additionalProperties");
        for entry in entries {
            let inner = Field { name: Some(&entry.key), thing: None };
            let known_field = known.is_some_and(|known| known.contains_key(&entry.key));
            if entry.value.kind == Kind::Null && (known_field || free != Some(&Value::Bool(false)))
            {
                problems.push(says_nothing(entry));
                continue;
            }
            match (known.and_then(|known| known.get(&entry.key)), free) {
                (Some(schema), _) => {
                    let inner = Field { thing: title(self.resolve(schema)), ..inner };
                    self.walk(&entry.value, schema, &inner, problems);
                }
                (None, Some(Value::Bool(false))) => {
                    problems.push(unknown_field(entry, known, field));
                }
                (None, Some(schema @ Value::Object(_))) => {
                    let inner = Field { thing: title(self.resolve(schema)), ..inner };
                    self.walk(&entry.value, schema, &inner, problems);
                }
                (None, _) => {}
            }
        }
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        for name in required.filter_map(Value::as_str) {
            if !entries.iter().any(|entry| entry.key == name) {
                problems.push(missing_field(node, name, title(schema).or(field.thing), field));
            }
        }
    }

    fn walk_list(
        &self,
        node: &Node,
        items: &[Node],
        schema: &Value,
        field: &Field<'_>,
        problems: &mut Diagnostics,
    ) {
        let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0);
        if (items.len() as u64) < least {
            let message = format!("{} is empty", field.quoted());
            let diagnostic = Diagnostic::new(&reasons::BAD_VALUE, node.span, message);
            problems.push(diagnostic.label(format!("at least {least} expected")));
        }
        if let Some(schema) = schema.get("items") {
            let inner = Field { thing: title(self.resolve(schema)), ..*field };
            items.iter().for_each(|item| self.walk(item, schema, &inner, problems));
        }
    }

    fn check_scalar(
        &self,
        node: &Node,
        scalar: &Scalar,
        schema: &Value,
        problems: &mut Diagnostics,
    ) {
        let shown =
            if scalar.secret { "the referenced value" } else { &format!("`{}`", scalar.text) };
        let format = schema.get("format").and_then(Value::as_str);
        if format == Some("secret") && !scalar.secret {
            let message = "a secret is written out in the file";
            let diagnostic = Diagnostic::new(&reasons::SECRET_IN_FILE, node.span, message);
            problems.push(diagnostic.hint("write `${env:NAME}` or `${file:path}` in its place"));
        }
        let check = format.and_then(|format| self.format(format));
        if let Some(Err(accepted)) = check.map(|check| check(&scalar.text)) {
            let message = format!("{shown} cannot be read here");
            problems.push(Diagnostic::new(&reasons::BAD_VALUE, node.span, message).note(accepted));
        }
        let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
        let number = scalar.number().and_then(|number| number.as_f64());
        let (least, most) = (bound("minimum"), bound("maximum"));
        let outside = number.is_some_and(|number| {
            least.is_some_and(|least| number < least) || most.is_some_and(|most| number > most)
        });
        if outside {
            let range = match (least, most) {
                (Some(least), Some(most)) => format!("from {least} to {most}"),
                (Some(least), None) => format!("{least} or more"),
                (None, most) => format!("{} or less", most.unwrap_or_default()),
            };
            let message = format!("{shown} is out of range");
            problems.push(Diagnostic::new(&reasons::BAD_VALUE, node.span, message).label(range));
        }
    }

    fn check_word(
        &self,
        node: &Node,
        words: &[&str],
        others: &[String],
        field: &Field<'_>,
        problems: &mut Diagnostics,
    ) {
        let list = words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        let Some(text) = node.text() else {
            problems.push(wrong_type(node, &format!("one of {list}"), field));
            return;
        };
        if words.contains(&text) {
            return;
        }
        let message = format!("`{text}` is not a word that {} takes", field.quoted());
        let mut diagnostic = Diagnostic::new(&reasons::BAD_VALUE, node.span, message);
        if let Some(near) = nearest(text, words.iter().copied()) {
            diagnostic = diagnostic.label(format!("did you mean `{near}`?"));
        }
        let takes = [&[list], others].concat().join(" or ");
        problems.push(diagnostic.note(format!("{} takes {takes}", field.quoted())));
    }

    fn format(&self, name: &str) -> Option<FormatCheck> {
        self.formats.iter().find(|(known, _)| *known == name).map(|(_, check)| *check)
    }

    fn resolve(&self, schema: &'a Value) -> &'a Value {
        let pointer = schema.get("$ref").and_then(Value::as_str);
        let target = pointer.and_then(|pointer| pointer.strip_prefix('#'));
        target.and_then(|pointer| self.root.pointer(pointer)).unwrap_or(schema)
    }
}

/// What a person calls the value that is being looked at.
#[derive(Clone, Copy)]
struct Field<'a> {
    name: Option<&'a str>,
    thing: Option<&'a str>,
}

impl Field<'_> {
    fn quoted(&self) -> String {
        self.name.map_or_else(|| String::from("the file"), |name| format!("`{name}`"))
    }
}

fn alternatives(schema: &Value) -> Option<&[Value]> {
    let list = schema.get("oneOf").or_else(|| schema.get("anyOf"))?;
    list.as_array().map(Vec::as_slice)
}

/// The words that a schema takes, if it takes words only.
fn words(schema: &Value) -> Option<Vec<&str>> {
    if let Some(word) = schema.get("const").and_then(Value::as_str) {
        return Some(vec![word]);
    }
    schema.get("enum")?.as_array()?.iter().map(Value::as_str).collect()
}

fn title(schema: &Value) -> Option<&str> {
    schema.get("x-thing").and_then(Value::as_str)
}

fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn kind_fits(node: &Node, schema: &Value) -> bool {
    let types = types(schema);
    types.is_empty()
        || types.iter().any(|name| match (*name, &node.kind) {
            ("object", Kind::Map(_)) | ("array", Kind::List(_)) | ("null", Kind::Null) => true,
            ("string", Kind::Scalar(_)) => true,
            ("boolean", Kind::Scalar(_)) => node.boolean().is_some(),
            ("integer", Kind::Scalar(scalar)) => {
                scalar.number().is_some_and(|number| number.is_i64() || number.is_u64())
            }
            ("number", Kind::Scalar(scalar)) => scalar.number().is_some(),
            _ => false,
        })
}

/// What a person would say a schema expects.
fn expectation(schema: &Value) -> String {
    if let Some(words) = words(schema) {
        return words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or ");
    }
    let nouns = types(schema).into_iter().filter(|name| *name != "null").map(|name| match name {
        "object" => "a map",
        "array" => "a list",
        "boolean" => "`true` or `false`",
        "integer" => "a whole number",
        "number" => "a number",
        _ => "text",
    });
    nouns.collect::<Vec<_>>().join(" or ")
}

fn wrong_type(node: &Node, expected: &str, field: &Field<'_>) -> Diagnostic {
    let message = format!("{} takes {expected}, not {}", field.quoted(), node.noun());
    let problem = Diagnostic::new(&reasons::WRONG_TYPE, node.span, message)
        .label(format!("expected {expected}"));
    match &node.kind {
        Kind::Scalar(scalar) if expected == "a list" && !scalar.secret => {
            problem.hint(format!("write `[{}]`", scalar.text))
        }
        _ => problem,
    }
}

/// A field that is there says something: `allow:` with all its lines commented out is not the same as no
/// `allow`, and must not be read as it.
fn says_nothing(entry: &Entry) -> Diagnostic {
    let message = format!("`{}` says nothing", entry.key);
    Diagnostic::new(&reasons::WRONG_TYPE, entry.key_span, message)
        .label("no value")
        .hint("give it a value, or remove the line")
}

/// The note lists the fields that are a thing's own; policies, of which there may be many, are named only
/// if one is near.
fn unknown_field(
    entry: &Entry,
    known: Option<&serde_json::Map<String, Value>>,
    field: &Field<'_>,
) -> Diagnostic {
    let known = || known.into_iter().flatten();
    let of = field.thing.map_or_else(|| field.quoted(), String::from);
    let message = format!("`{}` is not a field of {of}", entry.key);
    let mut diagnostic = Diagnostic::new(&reasons::UNKNOWN_FIELD, entry.key_span, message);
    if let Some(near) = nearest(&entry.key, known().map(|(name, _)| name.as_str())) {
        diagnostic = diagnostic.label(format!("did you mean `{near}`?"));
    }
    let is_policy = |schema: &Value| schema.get("x-policy").is_some();
    let own = known().filter(|(_, schema)| !is_policy(schema)).map(|(name, _)| name.as_str());
    let mut list = own.collect::<Vec<_>>().join(", ");
    if known().any(|(_, schema)| is_policy(schema)) {
        list.push_str(if list.is_empty() { "policies" } else { ", and policies" });
    }
    diagnostic.note(format!("fields: {list}"))
}

fn missing_field(node: &Node, name: &str, thing: Option<&str>, field: &Field<'_>) -> Diagnostic {
    let of = thing.map_or_else(|| field.quoted(), String::from);
    let message = format!("{of} needs the field `{name}`");
    Diagnostic::new(&reasons::MISSING_FIELD, node.span, message).label(format!("no `{name}`"))
}
