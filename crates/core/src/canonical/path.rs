//! A path in its one normal form.

use super::Inadmissible;
use std::{borrow::Cow, fmt};

/// A path that every server reads alike: it starts with `/`, has no empty or dot segment, no `;` and
/// no `\`, encodes nothing that need not be encoded, and writes what must be in capitals.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CanonicalPath(Box<str>);

impl CanonicalPath {
    /// The normal form of `raw`, or why there is none.
    ///
    /// Encoded unreserved characters are decoded (RFC 3986, 6.2.2.2); a few characters that browsers
    /// send bare are encoded. Nothing else is changed.
    pub fn admit(raw: &str) -> Result<Self, Inadmissible> {
        if !raw.starts_with('/') {
            return Err(Inadmissible::TargetForm);
        }
        let path = normal_percent(raw, admit_byte, Inadmissible::PathByte)?;
        let inner = path.strip_prefix('/').unwrap_or(&path);
        let last = inner.matches('/').count();
        for (index, segment) in inner.split('/').enumerate() {
            match segment {
                "" if index < last => return Err(Inadmissible::EmptySegment),
                "." | ".." => return Err(Inadmissible::DotSegment),
                _ => {}
            }
        }
        Ok(Self(path.into()))
    }

    /// The path as it goes into a request line.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The segments as the router sees them: decoded, so that `%21` and `!` are one name. A trailing
    /// slash is an empty last segment; `/` alone is one empty segment.
    pub fn segments(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.0.strip_prefix('/').unwrap_or(&self.0).split('/').map(decode_segment)
    }
}

impl fmt::Display for CanonicalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a segment of a normal path says. Normal paths decode to UTF-8, so nothing is lost.
pub fn decode_segment(segment: &str) -> Cow<'_, str> {
    if !segment.contains('%') {
        return Cow::Borrowed(segment);
    }
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let encoded = if byte == b'%' { read_hex(after) } else { None };
        bytes.push(encoded.unwrap_or(byte));
        rest = if encoded.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

/// What becomes of a bare byte.
pub(super) enum Bare {
    Keep,
    Encode,
    Refuse(Inadmissible),
}

fn admit_byte(byte: u8) -> Bare {
    match byte {
        b'/' | b':' | b'@' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b','
        | b'=' => Bare::Keep,
        byte if is_unreserved(byte) => Bare::Keep,
        // Not allowed bare by RFC 3986, yet browsers send them so (WHATWG URL), and no server
        // takes a path apart at them.
        b'|' | b'^' | b'[' | b']' => Bare::Encode,
        b';' => Bare::Refuse(Inadmissible::PathParameter),
        _ => Bare::Refuse(Inadmissible::PathByte),
    }
}

/// Encodings in one form: unreserved characters bare, the rest with capital digits.
pub(super) fn normal_percent(
    raw: &str,
    bare: impl Fn(u8) -> Bare,
    bad_byte: Inadmissible,
) -> Result<String, Inadmissible> {
    let mut text = String::with_capacity(raw.len());
    let mut decoded = Vec::new();
    let mut rest = raw.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%' {
            let byte = read_hex(after).ok_or(Inadmissible::BadPercent)?;
            rest = after.get(2..).unwrap_or_default();
            match byte {
                0..=0x1f | 0x7f => return Err(Inadmissible::EncodedDelimiter),
                b'/' | b'\\' if matches!(bad_byte, Inadmissible::PathByte) => {
                    return Err(Inadmissible::EncodedDelimiter);
                }
                byte if is_unreserved(byte) => text.push(char::from(byte)),
                byte => push_encoded(&mut text, byte),
            }
            decoded.push(byte);
            continue;
        }
        match bare(byte) {
            Bare::Keep => text.push(char::from(byte)),
            Bare::Encode => push_encoded(&mut text, byte),
            Bare::Refuse(why) => return Err(why),
        }
        decoded.push(byte);
    }
    std::str::from_utf8(&decoded).map_err(|_| Inadmissible::NotUtf8)?;
    Ok(text)
}

pub(super) fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn push_encoded(text: &mut String, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).map_or('0', |d| char::from(*d));
    text.extend(['%', digit(byte >> 4), digit(byte & 0xf)]);
}

fn read_hex(bytes: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*bytes.get(at)?).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}
