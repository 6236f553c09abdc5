//! Operators: what a rule asks of a value.

mod build;
mod injection;
mod network;
mod phrases;
mod validate;
mod words;

pub(crate) use build::{Context, build};
pub(crate) use injection::{cannot_be_script, is_sqli, is_xss, sqli_fingerprint};
pub(crate) use network::Networks;
pub(crate) use phrases::Phrases;
pub(crate) use validate::{url_encoding_is_valid, utf8_is_valid};
pub(crate) use words::is_plain;

use crate::program::template::Template;
use crate::regex::Pattern;
use crate::regex::ast::ByteSet;

/// How two numbers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    GreaterOrEqual,
    Greater,
    LessOrEqual,
    Less,
}

impl Comparison {
    pub(crate) fn holds(self, left: i64, right: i64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::GreaterOrEqual => left >= right,
            Self::Greater => left > right,
            Self::LessOrEqual => left <= right,
            Self::Less => left < right,
        }
    }
}

/// How a value is compared with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextTest {
    Equals,
    Contains,
    ContainsWord,
    BeginsWith,
    EndsWith,
    /// The value occurs in the text.
    Within,
}

#[derive(Debug)]
pub(crate) enum Operator {
    Pattern(Box<Pattern>),
    /// A pattern with macros, compiled when its text is known.
    Assembled(Template),
    Phrases(Box<Phrases>),
    Compare(Comparison, Template),
    Text(TextTest, Template),
    Networks(Networks),
    /// Holds when a byte lies outside of the set; only bytes of these kinds do.
    ByteRange(ByteSet, u32),
    UrlEncoding,
    Utf8,
    Sqli,
    Xss,
    Always,
    Never,
}

/// A number as the C library reads it: leading space, a sign, digits; else 0.
pub(crate) fn number(text: &[u8]) -> i64 {
    let text = text.trim_ascii_start();
    let (negative, digits) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    };
    let value = digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .fold(0i64, |sum, digit| sum.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
    if negative { -value } else { value }
}

impl TextTest {
    pub(crate) fn holds(self, value: &[u8], text: &[u8]) -> bool {
        match self {
            Self::Equals => value == text,
            Self::Contains => contains(value, text),
            Self::ContainsWord => contains_word(value, text),
            Self::BeginsWith => value.starts_with(text),
            Self::EndsWith => value.ends_with(text),
            Self::Within => contains(text, value),
        }
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    needle.is_empty() || memchr::memmem::find(haystack, needle).is_some()
}

fn contains_word(value: &[u8], word: &[u8]) -> bool {
    let is_word = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    word.is_empty()
        || memchr::memmem::find_iter(value, word).any(|at| {
            let before = at.checked_sub(1).and_then(|before| value.get(before));
            !is_word(before) && !is_word(value.get(at + word.len()))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_c_reads_them() {
        for (text, value) in [("12abc", 12), ("-3", -3), (" 7", 7), ("x", 0), ("", 0)] {
            assert_eq!(number(text.as_bytes()), value, "{text}");
        }
        assert_eq!(number(b"99999999999999999999"), i64::MAX);
    }

    #[test]
    fn text_tests() {
        assert!(TextTest::Within.holds(b"aab", b"xaabx"));
        assert!(TextTest::Within.holds(b"", b"abc"));
        assert!(TextTest::Contains.holds(b"aab", b""));
        assert!(!TextTest::Contains.holds(b"aab", b"AAB"));
        assert!(TextTest::ContainsWord.holds(b"a select b", b"select"));
        assert!(!TextTest::ContainsWord.holds(b"a selected b", b"select"));
    }
}
