//! `access`: a word, or a list of entries.

use portcullis_core::{name::AuthenticatorName, source::At};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use std::{borrow::Cow, collections::BTreeMap, fmt};

/// Who may call a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessConfig {
    /// `public`: anyone.
    Public,
    /// Callers that satisfy one of the entries.
    AnyOf(Vec<At<AccessEntry>>),
}

/// An entry: every authenticator named in it, each with the scopes that it must have proved.
pub type AccessEntry = BTreeMap<At<AuthenticatorName>, Vec<At<String>>>;

impl<'de> Deserialize<'de> for AccessConfig {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(WordOrList)
    }
}

struct WordOrList;

impl<'de> de::Visitor<'de> for WordOrList {
    type Value = AccessConfig;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`public` or a list of entries")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<AccessConfig, E> {
        match word {
            "public" => Ok(AccessConfig::Public),
            _ => Err(E::custom("the only word for `access` is `public`")),
        }
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<AccessConfig, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = seq.next_element()? {
            entries.push(entry);
        }
        Ok(AccessConfig::AnyOf(entries))
    }
}

impl JsonSchema for AccessConfig {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("Access")
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Who may call: `public`, or a list. One entry of the list must be satisfied; an entry names authenticators, all of which must have proved an identity with the scopes that are listed.",
            "x-thing": "`access`",
            "examples": ["public", [{ "corp": ["reports:read"] }]],
            "oneOf": [
                { "const": "public" },
                {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "propertyNames": { "format": "name" },
                        "additionalProperties": { "type": "array", "items": { "type": "string" } },
                    },
                },
            ],
        })
    }
}
