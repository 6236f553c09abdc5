//! SQL and script injection, judged by libinjection's port.

use crate::transform::classes;
use libinjectionrs::{detect_sqli, detect_xss};

/// Whether `value` looks like injected SQL.
pub(crate) fn is_sqli(value: &[u8]) -> bool {
    detect_sqli(value).is_injection()
}

/// The fingerprint by which SQL was recognised.
pub(crate) fn sqli_fingerprint(value: &[u8]) -> Option<Vec<u8>> {
    let result = detect_sqli(value);
    let fingerprint = result.is_injection().then_some(result.fingerprint).flatten()?;
    let bytes = fingerprint.as_bytes();
    let length = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    bytes.get(..length).map(<[u8]>::to_vec)
}

/// Whether `value` looks like injected script.
pub(crate) fn is_xss(value: &[u8]) -> bool {
    detect_xss(value).is_injection()
}

/// libinjection finds script by a tag, a comment or an attribute's value; without `<` and `=` there
/// is none of these.
pub(crate) fn cannot_be_script(kinds: u32) -> bool {
    kinds & (classes::LESS | classes::EQUALS) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_attacks_and_harmless_texts() {
        assert!(is_sqli(b"1' or '1'='1"));
        assert!(is_sqli(b"-1 union select password from users--"));
        assert!(!is_sqli(b"O'Brien and sons"));
        assert_eq!(sqli_fingerprint(b"1' or '1'='1").as_deref(), Some(&b"s&sos"[..]));
        assert!(is_xss(b"<script>alert(1)</script>"));
        assert!(is_xss(b"x onerror=alert(1)"));
        assert!(!is_xss(b"a < b"));
    }

    /// Random values without the two bytes, out of what scripts are made of.
    #[test]
    fn no_script_without_tags_and_values() {
        let pieces = [
            "script",
            "on",
            "error",
            "onload",
            ">",
            "\"",
            "'",
            "`",
            " ",
            "/",
            "!",
            "-",
            "--",
            "[",
            "]",
            "javascript:",
            "style",
            "href",
            "&#60;",
            "%3c",
            "svg",
            "\0",
            "?",
            "xml",
            "!doctype",
            "\n",
        ];
        let mut seed = 0x9e37_79b9_7f4a_7c15u64;
        for _ in 0..100_000 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let pick = |step: u64| pieces[(seed >> (step * 6) & 63) as usize % pieces.len()];
            let value: String = (0..1 + seed % 10).map(pick).collect();
            assert!(cannot_be_script(classes::of(value.as_bytes())));
            assert!(!is_xss(value.as_bytes()), "{value}");
        }
    }
}
