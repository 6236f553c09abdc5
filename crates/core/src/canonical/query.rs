//! A query in its one normal form.

use super::{
    Inadmissible,
    path::{Bare, decode_segment, is_unreserved, normal_percent},
};
use std::borrow::Cow;

/// A query string that every server takes apart alike: encodings in one form, and no bare byte that
/// RFC 3986 does not allow. What separates pairs (`&`, `=`) and what is encoded inside them stay apart,
/// since reserved characters are never decoded.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Query(Box<str>);

impl Query {
    /// The normal form of `raw`, which is the target behind the first `?`.
    pub fn admit(raw: &str) -> Result<Self, Inadmissible> {
        normal_percent(raw, admit_byte, Inadmissible::QueryByte).map(|text| Self(text.into()))
    }

    /// The query as it goes into a request line.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Names and values, in their order, `+` read as a space (WHATWG URL, 5.1). Empty pairs are
    /// passed over; a name without `=` has an empty value.
    pub fn pairs(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        self.0.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
    }
}

fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('+') {
        return decode_segment(text);
    }
    Cow::Owned(decode_segment(&text.replace('+', " ")).into_owned())
}

fn admit_byte(byte: u8) -> Bare {
    match byte {
        byte if is_unreserved(byte) => Bare::Keep,
        b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' | b':'
        | b'@' | b'/' | b'?' | b'[' | b']' => Bare::Keep,
        // Browsers send these bare (WHATWG URL); their encoded form means the same to everyone.
        b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => Bare::Encode,
        _ => Bare::Refuse(Inadmissible::QueryByte),
    }
}
