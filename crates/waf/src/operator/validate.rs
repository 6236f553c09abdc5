//! Whether a value is well formed.

use crate::regex::ast::ByteSet;

/// The bytes of `1-9,32`, as `@validateByteRange` lists them.
pub(super) fn bytes_in(list: &str) -> Result<ByteSet, String> {
    let mut set = ByteSet::empty();
    for part in list.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        match (first.trim().parse::<u8>(), last.trim().parse::<u8>()) {
            (Ok(first), Ok(last)) if first <= last => set.insert_range(first, last),
            _ => return Err(format!("`{part}` is not a byte or a range of them")),
        }
    }
    Ok(set)
}

/// Whether every percent sign starts an encoded byte.
pub(crate) fn url_encoding_is_valid(value: &[u8]) -> bool {
    let mut rest = value;
    while let Some(at) = memchr::memchr(b'%', rest) {
        match rest.get(at + 1..at + 3) {
            Some([a, b]) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => {}
            _ => return false,
        }
        rest = rest.get(at + 3..).unwrap_or_default();
    }
    true
}

pub(crate) fn utf8_is_valid(value: &[u8]) -> bool {
    std::str::from_utf8(value).is_ok()
}
