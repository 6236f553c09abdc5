//! From a tree to the types of the config, with places kept.
//!
//! [`At<T>`] as the type of a field asks for the place of its value. What the walk in
//! [`check`](super::check) has found sound can fail here only in a type's own `Deserialize`.

use super::{Entry, Kind, Node};
use crate::source::{At, FileId, Span};
use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, Visitor, value};
use std::{fmt, marker::PhantomData};

/// Why a tree is not the value asked for, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What is wrong.
    pub message: String,
    /// Where; filled in by the innermost node.
    pub span: Option<Span>,
}

/// Reads a value from a tree.
pub fn from_node<T: de::DeserializeOwned>(node: &Node) -> Result<T, Error> {
    T::deserialize(Reader(node))
}

struct Reader<'a>(&'a Node);

const AT: &str = "$portcullis::At";

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { message: message.to_string(), span: None }
    }
}

impl std::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl<'a> Reader<'a> {
    /// Gives an error the place of this node, unless a node further in gave it one.
    fn place(&self, error: Error) -> Error {
        Error { span: error.span.or(Some(self.0.span)), ..error }
    }

    fn visit<V: Visitor<'a>>(&self, visitor: V) -> Result<V::Value, Error> {
        match &self.0.kind {
            Kind::Null => visitor.visit_unit(),
            Kind::List(items) => {
                visitor.visit_seq(value::SeqDeserializer::new(items.iter().map(Reader)))
            }
            Kind::Map(entries) => {
                visitor.visit_map(value::MapDeserializer::new(entries.iter().map(pair)))
            }
            Kind::Scalar(scalar) => match (self.0.boolean(), scalar.number()) {
                (Some(truth), _) => visitor.visit_bool(truth),
                (None, Some(number)) => match (number.as_u64(), number.as_i64()) {
                    (Some(n), _) => visitor.visit_u64(n),
                    (None, Some(n)) => visitor.visit_i64(n),
                    (None, None) => visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN)),
                },
                (None, None) => visitor.visit_borrowed_str(&scalar.text),
            },
        }
    }
}

fn pair(entry: &Entry) -> (Key<'_>, Reader<'_>) {
    (Key(entry), Reader(&entry.value))
}

impl<'de> IntoDeserializer<'de, Error> for Reader<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let result = self.visit(visitor);
        result.map_err(|error| self.place(error))
    }

    /// A field of text takes what stands there, also `80` and `true`.
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0.text() {
            Some(text) => {
                let result = visitor.visit_borrowed_str(text);
                result.map_err(|error| self.place(error))
            }
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.kind == Kind::Null { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name == AT {
            visitor.visit_seq(PlaceThenValue { value: What::Node(self.0), step: 0 })
        } else {
            visitor.visit_newtype_struct(self)
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let result = match &self.0.kind {
            Kind::Scalar(scalar) => {
                let word: value::StrDeserializer<'_, Error> =
                    scalar.text.as_str().into_deserializer();
                visitor.visit_enum(word)
            }
            Kind::Map(entries) => visitor.visit_enum(value::MapAccessDeserializer::new(
                value::MapDeserializer::new(entries.iter().map(pair)),
            )),
            Kind::Null | Kind::List(_) => return self.deserialize_any(visitor),
        };
        result.map_err(|error| self.place(error))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// A key, which may be asked for its place as well.
struct Key<'a>(&'a Entry);

impl<'de> IntoDeserializer<'de, Error> for Key<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Key<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let result: Result<V::Value, Error> = visitor.visit_borrowed_str(&self.0.key);
        result.map_err(|error| Error { span: error.span.or(Some(self.0.key_span)), ..error })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name == AT {
            visitor.visit_seq(PlaceThenValue { value: What::Key(self.0), step: 0 })
        } else {
            visitor.visit_newtype_struct(self)
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        option unit unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// How a place travels through serde: three numbers, then the value.
struct PlaceThenValue<'a> {
    value: What<'a>,
    step: u8,
}

enum What<'a> {
    Node(&'a Node),
    Key(&'a Entry),
}

impl<'de> de::SeqAccess<'de> for PlaceThenValue<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let span = match self.value {
            What::Node(node) => node.span,
            What::Key(entry) => entry.key_span,
        };
        self.step += 1;
        match (self.step, &self.value) {
            (1, _) => seed.deserialize(span.file.index().into_deserializer()),
            (2, _) => seed.deserialize(span.start.into_deserializer()),
            (3, _) => seed.deserialize(span.end.into_deserializer()),
            (_, What::Node(node)) => seed.deserialize(Reader(node)),
            (_, What::Key(entry)) => seed.deserialize(Key(entry)),
        }
        .map(Some)
    }
}

impl<'de, T: de::Deserialize<'de>> de::Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(AT, AtVisitor(PhantomData))
    }
}

struct AtVisitor<T>(PhantomData<T>);

impl<'de, T: de::Deserialize<'de>> Visitor<'de> for AtVisitor<T> {
    type Value = At<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value with its place")
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<At<T>, A::Error> {
        let mut number = || seq.next_element::<u32>().map(Option::unwrap_or_default);
        let (file, start, end) = (number()?, number()?, number()?);
        let span = Span { file: FileId::from_index(file), start, end };
        let missing = || de::Error::custom("a value is missing");
        let value = seq.next_element()?.ok_or_else(missing)?;
        Ok(At { value, span })
    }
}

impl<T: schemars::JsonSchema> schemars::JsonSchema for At<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{diagnostic::Diagnostics, source::Sources, tree::parse};
    use serde::Deserialize;
    use std::collections::BTreeMap;

    #[derive(Debug, Deserialize)]
    struct Sample {
        name: At<String>,
        port: Option<At<u16>>,
        #[serde(default)]
        list: Vec<At<String>>,
        #[serde(default)]
        map: BTreeMap<String, At<bool>>,
    }

    fn read(text: &str) -> Result<Sample, Error> {
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", text);
        let node = parse(&sources, file, &mut Diagnostics::default()).unwrap();
        from_node(&node)
    }

    #[test]
    fn every_value_knows_its_place() {
        let text = "name: 80\nport: 8080\nlist: [a, bc]\nmap: { x: true }\n";
        let sample = read(text).unwrap();
        assert_eq!(*sample.name, "80");
        assert_eq!(&text[sample.port.unwrap().span.range()], "8080");
        assert_eq!(&text[sample.list[1].span.range()], "bc");
        assert_eq!(&text[sample.map["x"].span.range()], "true");
    }

    #[test]
    fn an_error_knows_its_place_too() {
        let text = "name: a\nport: 99999\n";
        let error = read(text).unwrap_err();
        assert_eq!(&text[error.span.unwrap().range()], "99999");
    }
}
