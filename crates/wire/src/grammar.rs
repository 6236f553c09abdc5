//! The byte classes and small words of HTTP/1.1, in one table that reader and serialiser share.
//!
//! What is written is held against the same table as what is read, so the two can't drift apart.

const TOKEN: u8 = 1;
const PATH: u8 = 2;
const QUERY: u8 = 4;
const METHOD: u8 = 8;
/// Token bytes that other readers take for `-`.
const ALIAS: u8 = 16;

static CLASSES: [u8; 256] = classes();

/// `tchar` of RFC 9110 §5.6.2.
pub(crate) fn is_token_byte(byte: u8) -> bool {
    class(byte) & TOKEN != 0
}

/// A non-empty `token` of RFC 9110 §5.6.2.
pub(crate) fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().fold(true, |all, byte| all & is_token_byte(*byte))
}

/// How many bytes of a token `text` begins with, and whether `_` or `.` is among them.
pub(crate) fn token_prefix(text: &[u8]) -> (usize, bool) {
    let mut union = 0;
    for (length, byte) in text.iter().enumerate() {
        let class = class(*byte);
        if class & TOKEN == 0 {
            return (length, union & ALIAS != 0);
        }
        union |= class;
    }
    (text.len(), union & ALIAS != 0)
}

/// A field value as it may stand after trimming: `field-vchar`, space and tab (RFC 9110 §5.5).
pub(crate) fn is_value(text: &[u8]) -> bool {
    // Comparisons and no early exit, so that it is done sixteen bytes at a time.
    text.iter().fold(true, |all, byte| all & ((*byte >= b' ' && *byte != 0x7f) | (*byte == b'\t')))
}

/// The bytes of a path: `pchar` and `/` of RFC 3986 §3.3, and `[`, `]`, `|`, which browsers leave as they are.
///
/// Not among them: `"`, `<`, `>`, `\`, `^`, `` ` ``, `{`, `}`. Nothing sends these raw in a path that
/// follows the URL standard, and a backslash is a slash to some readers.
pub(crate) fn is_path(text: &[u8]) -> bool {
    text.iter().fold(true, |all, byte| all & (class(*byte) & PATH != 0))
}

/// The bytes of a query: those of a path, `?`, and what the URL standard leaves raw in a query (`{}^\` and the backtick).
pub(crate) fn is_query(text: &[u8]) -> bool {
    text.iter().fold(true, |all, byte| all & (class(*byte) & QUERY != 0))
}

/// A method as it is registered: upper-case letters, `-` and `_`. Methods are case-sensitive (RFC 9110 §9.1).
pub(crate) fn is_upper_case_method(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|byte| class(*byte) & METHOD != 0)
}

/// Removes optional whitespace (`OWS`: space and tab, RFC 9110 §5.6.3) from both ends.
pub(crate) fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = text {
        text = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// The members of a comma-separated list, trimmed, without the empty ones (RFC 9110 §5.6.1).
pub(crate) fn list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|byte| *byte == b',').map(trim).filter(|member| !member.is_empty())
}

/// Which of the bytes that no field, target or chunk line may hold came first in `text`, if any.
pub(crate) fn first_control(text: &[u8]) -> Option<u8> {
    text.iter().copied().find(|byte| (*byte < b' ' && *byte != b'\t') || *byte == 0x7f)
}

fn class(byte: u8) -> u8 {
    #[expect(clippy::indexing_slicing, reason = "a byte can't exceed the last of 256 entries")]
    CLASSES[byte as usize]
}

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, where a fault is an error")]
const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        let alphanumeric = b.is_ascii_alphanumeric();
        let mut class = 0;
        if alphanumeric || among(b, b"!#$%&'*+-.^_`|~") {
            class |= TOKEN;
        }
        if alphanumeric || among(b, b"-._~!$&'()*+,;=:@%/[]|") {
            class |= PATH | QUERY;
        }
        if among(b, b"?{}^`\\") {
            class |= QUERY;
        }
        if b.is_ascii_uppercase() || b == b'-' || b == b'_' {
            class |= METHOD;
        }
        if b == b'_' || b == b'.' {
            class |= ALIAS;
        }
        table[byte] = class;
        byte += 1;
    }
    table
}

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, where a fault is an error")]
const fn among(byte: u8, set: &[u8]) -> bool {
    let mut i = 0;
    while i < set.len() {
        if set[i] == byte {
            return true;
        }
        i += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The `http` crate holds what we parsed; a byte that we let pass and it does not would be a refusal without a name.
    #[test]
    fn whatever_passes_here_the_http_types_can_hold() {
        for byte in 0..=255_u8 {
            if is_token_byte(byte) {
                assert!(http::HeaderName::from_bytes(&[byte]).is_ok(), "name {byte:#x}");
                assert!(http::Method::from_bytes(&[byte]).is_ok(), "method {byte:#x}");
            }
            assert_eq!(is_value(&[byte]), http::HeaderValue::from_bytes(&[byte]).is_ok());
            if is_path(&[byte]) {
                let path = [b'/', byte];
                assert!(http::uri::PathAndQuery::try_from(&path[..]).is_ok(), "path {byte:#x}");
            }
            if is_query(&[byte]) {
                let query = [b'/', b'?', byte];
                assert!(http::uri::PathAndQuery::try_from(&query[..]).is_ok(), "query {byte:#x}");
            }
        }
    }

    #[test]
    fn no_class_holds_what_frames_a_message() {
        for byte in [b'\r', b'\n', 0, 0x0b, 0x0c, 0x7f] {
            assert_eq!(class(byte), 0, "{byte:#x}");
        }
        for byte in [b' ', b'\t', 0x80, 0xff] {
            assert_eq!(class(byte), 0, "{byte:#x}");
        }
        assert!(!is_path(b"#") && !is_query(b"#"));
    }

    #[test]
    fn a_list_has_no_empty_members() {
        let members: Vec<_> = list(b" a , ,b,\t").collect();
        assert_eq!(members, [b"a", b"b"]);
    }
}
