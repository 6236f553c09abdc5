//! A cheap proof that a value holds no SQL, so that libinjection need not look.
//!
//! libinjection turns a value into a fingerprint of token types and looks that up. Without quotes,
//! comments, parentheses, variables and words that SQL knows, the only types are names, numbers,
//! operators and separators, and no fingerprint in its table is made of these alone. A test
//! checks that claim against the table.

use hashbrown::HashSet;
use libinjectionrs::sqli::sqli_data::SQL_KEYWORDS;
use std::sync::OnceLock;

const WORD_MAX: usize = 40;

/// The words that SQL knows, and those that start a phrase it knows; upper case.
fn sql_words() -> &'static HashSet<&'static [u8]> {
    static WORDS: OnceLock<HashSet<&'static [u8]>> = OnceLock::new();
    WORDS.get_or_init(|| {
        let known = SQL_KEYWORDS.iter().filter(|keyword| keyword.token_type != b'F');
        known
            .flat_map(|keyword| {
                [Some(keyword.word), keyword.word.split(' ').next()].into_iter().flatten()
            })
            .map(str::as_bytes)
            .collect()
    })
}

/// True only when libinjection would find no SQL in `value`.
pub(crate) fn is_plain(value: &[u8]) -> bool {
    let mut at = 0;
    while let Some(byte) = value.get(at) {
        let next = value.get(at + 1);
        match byte {
            _ if in_word(*byte) => {
                let rest = value.get(at..).unwrap_or_default();
                let length =
                    rest.iter().take_while(|byte| in_word(**byte) || **byte == b'.').count();
                if !plain_run(rest.get(..length).unwrap_or_default()) {
                    return false;
                }
                at += length;
                continue;
            }
            b'-' if next == Some(&b'-') => return false,
            b'/' if next == Some(&b'*') => return false,
            b' ' | b',' | b'-' | b'/' | b':' | b';' | b'+' | b'=' | b'%' | b'?' => {}
            _ => return false,
        }
        at += 1;
    }
    true
}

fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || (byte >= 0x80 && byte != 0xa0)
}

/// A run of word bytes and dots in which no part is a word of SQL.
fn plain_run(run: &[u8]) -> bool {
    let starts_with_digit = run.first().is_some_and(u8::is_ascii_digit);
    if !starts_with_digit {
        // A word is also looked up as far as each of its dots.
        let dots = run.iter().enumerate().filter(|(_, byte)| **byte == b'.');
        return !is_sql(run)
            && dots.into_iter().all(|(dot, _)| !is_sql(run.get(..dot).unwrap_or_default()));
    }
    let letters = run.iter().any(|byte| !byte.is_ascii_digit() && *byte != b'.');
    if letters && run.contains(&b'.') {
        return false;
    }
    // Where a number ends and a word starts depends on much: try every place.
    run.iter()
        .enumerate()
        .filter(|(_, byte)| letters && !byte.is_ascii_digit())
        .all(|(start, _)| !is_sql(run.get(start..).unwrap_or_default()))
}

fn is_sql(word: &[u8]) -> bool {
    let mut upper = [0; WORD_MAX];
    let Some(upper) = upper.get_mut(..word.len()) else { return false };
    upper.copy_from_slice(word);
    upper.make_ascii_uppercase();
    sql_words().contains(&*upper)
}

#[cfg(test)]
mod tests {
    use super::*;
    use libinjectionrs::detect_sqli;

    #[test]
    fn no_fingerprint_is_made_of_plain_types_alone() {
        let plain = b"1NO,:;.?";
        for keyword in SQL_KEYWORDS.iter().filter(|keyword| keyword.token_type == b'F') {
            let types = keyword.word.as_bytes().get(1..).unwrap_or_default();
            assert!(!types.iter().all(|kind| plain.contains(kind)), "{}", keyword.word);
        }
        assert!(SQL_KEYWORDS.iter().all(|keyword| keyword.word.len() < WORD_MAX));
    }

    #[test]
    fn plain_values() {
        for value in ["json.items.array_0.name", "Garden chair, oak", "2026-11-000482", "19.95"] {
            assert!(is_plain(value.as_bytes()), "{value}");
        }
        for value in ["1 union", "a or b", "1union", "select.x", "a--b", "x'y", "dbms_lock.sleep"] {
            assert!(!is_plain(value.as_bytes()), "{value}");
        }
    }

    /// Random values out of pieces that matter: whatever is plain, libinjection must not flag.
    #[test]
    fn plain_means_not_flagged() {
        let pieces = [
            "a", "x1", "1", "0x1", "1e", ".", " ", ",", "-", "/", ":", ";", "+", "=", "%", "?",
            "_", "union", "select", "or", "and", "sleep", "b", "n", "u", "12d", "at", "time",
            "zone", "\u{e9}", "left", "join", "1.", "foo", "in", "not", "is", "null", "d", "f",
        ];
        let mut seed = 0x2545_f491_4f6c_dd1du64;
        let mut plain = 0;
        for _ in 0..200_000 {
            let mut value = String::new();
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            for step in 0..1 + seed % 8 {
                value.push_str(pieces[(seed >> (step * 7) & 127) as usize % pieces.len()]);
            }
            if is_plain(value.as_bytes()) {
                plain += 1;
                assert!(!detect_sqli(value.as_bytes()).is_injection(), "{value}");
            }
        }
        assert!(plain > 10_000, "{plain}");
    }
}
