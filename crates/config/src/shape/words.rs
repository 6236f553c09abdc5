//! Fields that take a word or a list, and lists of words with a rule.

use http::Method;
use portcullis_core::{source::At, tree::check::FormatCheck};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use std::{borrow::Cow, fmt};

/// The formats of this module.
pub(crate) const FORMATS: &[(&str, FormatCheck)] = &[("method", |text| method(text).map(drop))];

/// Operations to open: `all`, or a list of ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Openings {
    /// Every undeclared operation.
    All,
    /// These.
    These(Vec<At<String>>),
}

impl<'de> Deserialize<'de> for Openings {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(AllOrList)
    }
}

struct AllOrList;

impl<'de> de::Visitor<'de> for AllOrList {
    type Value = Openings;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`all` or a list of operation ids")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Openings, E> {
        if word == "all" { Ok(Openings::All) } else { Err(E::custom("the only word is `all`")) }
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Openings, A::Error> {
        let mut list = Vec::new();
        while let Some(id) = seq.next_element()? {
            list.push(id);
        }
        Ok(Openings::These(list))
    }
}

impl JsonSchema for Openings {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("Openings")
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "oneOf": [
                { "const": "all" },
                { "type": "array", "minItems": 1, "items": { "type": "string" } },
            ],
        })
    }
}

/// The methods of a route.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Methods(pub Vec<At<MethodName>>);

/// A method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodName(pub Method);

impl<'de> Deserialize<'de> for MethodName {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(d)?;
        method(&text).map(Self).map_err(de::Error::custom)
    }
}

/// Reads a method. Methods are case-sensitive (RFC 9110, 9.1), so `get` is not `GET`.
fn method(text: &str) -> Result<Method, String> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'-');
    match Method::from_bytes(text.as_bytes()) {
        Ok(method) if plain && ![Method::CONNECT, Method::TRACE].contains(&method) => Ok(method),
        _ => Err(String::from(
            "a method is written in capitals, such as GET; CONNECT and TRACE are never routed",
        )),
    }
}

impl JsonSchema for Methods {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("Methods")
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "array",
            "minItems": 1,
            "items": { "type": "string", "format": "method" },
        })
    }
}
