//! Values that are never shown.

use schemars::JsonSchema;
use std::fmt;
use zeroize::Zeroizing;

/// A text that no log, error, `Debug` or admin answer shows, and that is wiped when dropped.
///
/// In a config it can only be written as a reference; the loader refuses a secret that is written
/// out before this type is asked for.
#[derive(Clone, JsonSchema)]
#[schemars(inline, with = "String", extend("format" = "secret"))]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a text over.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself. Every call is a place to review.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<'de> serde::Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ev1_a_secret_is_not_shown() {
        let secret = Secret::new(String::from("canary-7f3a"));
        assert!(!format!("{secret:?}").contains("canary"));
        assert_eq!(secret.expose(), "canary-7f3a");
    }
}
