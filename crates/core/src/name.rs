//! Names that people give to things in a config, one type for each kind of thing.

use schemars::JsonSchema;
use std::{fmt, sync::Arc};

/// The longest name, in bytes.
pub const NAME_BYTES_MAX: usize = 64;

/// Why a text is not a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadName;

impl fmt::Display for BadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a name has 1 to {NAME_BYTES_MAX} letters, digits, `_` or `-`, and starts with a letter"
        )
    }
}

fn check(text: &str) -> Result<(), BadName> {
    let mut bytes = text.bytes();
    let starts_well = bytes.next().is_some_and(|b| b.is_ascii_alphabetic());
    let goes_on_well = bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if starts_well && goes_on_well && text.len() <= NAME_BYTES_MAX { Ok(()) } else { Err(BadName) }
}

macro_rules! names {
    ($($(#[$doc:meta])+ $name:ident;)+) => {$(
        $(#[$doc])+
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
        #[schemars(inline, with = "String", extend("format" = "name"))]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes a text that keeps to the rule for names.
            pub fn new(text: &str) -> Result<Self, BadName> {
                check(text).map(|()| Self(text.into()))
            }

            /// The name as it was written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
                Self::new(&text).map_err(serde::de::Error::custom)
            }
        }
    )+};
}

names! {
    /// The name of a listener.
    ListenerName;
    /// The name of an API.
    ApiName;
    /// The name of an upstream.
    UpstreamName;
    /// The name of an authenticator.
    AuthenticatorName;
    /// The name of a consumer: a person, team or system that calls.
    ConsumerName;
}

/// Whether `text` keeps to the rule for names; the schema walk asks by format.
pub(crate) fn check_name(text: &str) -> Result<(), String> {
    check(text).map_err(|bad| bad.to_string())
}

/// The known name that is nearest to `wrong`, if one is near enough to be what was meant.
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| {
            (strsim::damerau_levenshtein(&wrong.to_lowercase(), &name.to_lowercase()), name)
        })
        .filter(|(distance, name)| *distance <= 1.max(name.len().max(wrong.len()) / 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_words() {
        for good in ["orders", "a", "orders-v2", "Orders_2"] {
            assert!(ApiName::new(good).is_ok(), "{good}");
        }
        for bad in ["", "2orders", "-a", "a b", "a/b", "a.b", "é", &"a".repeat(65)] {
            assert_eq!(ApiName::new(bad), Err(BadName), "{bad}");
        }
    }

    #[test]
    fn a_near_miss_is_found_and_a_far_one_is_not() {
        let fields = ["rate", "burst", "concurrency", "quota"];
        assert_eq!(nearest("rat", fields), Some("rate"));
        assert_eq!(nearest("RATE", fields), Some("rate"));
        assert_eq!(nearest("concurency", fields), Some("concurrency"));
        assert_eq!(nearest("colour", fields), None);
    }
}
