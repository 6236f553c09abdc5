//! From JSON text (RFC 8259) to a tree.
//!
//! JSON is YAML but for the escapes of characters beyond the basic plane, and large documents are read
//! several times faster by a reader that need not think of indentation.

use super::{DEPTH_MAX, Entry, Kind, NODES_MAX, Node, Scalar};
use crate::{
    diagnostic::{Diagnostic, Diagnostics},
    reasons,
    source::{FileId, Span},
};
use std::collections::HashMap;

/// Why a text is not JSON that is read, and at which byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) what: &'static str,
}

/// Reads a whole text as one JSON value. Keys that stand twice go to `problems`.
pub(super) fn parse(text: &str, file: FileId, problems: &mut Diagnostics) -> Result<Node, Fault> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, file, nodes: 0, problems };
    reader.skip_space();
    let node = reader.value(0)?;
    reader.skip_space();
    if reader.at == text.len() {
        Ok(node)
    } else {
        reader.fail("something stands behind the value")
    }
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    file: FileId,
    nodes: usize,
    problems: &'a mut Diagnostics,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Result<Node, Fault> {
        self.nodes += 1;
        if depth > DEPTH_MAX {
            return self.fail("too many levels of nesting");
        }
        if self.nodes > NODES_MAX {
            return self.fail("too many values");
        }
        let start = self.at;
        let kind = match self.peek() {
            Some(b'{') => self.map(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => {
                Kind::Scalar(Scalar { text: self.string()?, plain: false, secret: false })
            }
            Some(_) => self.word()?,
            None => return self.fail("a value was expected here"),
        };
        Ok(Node { span: Span::new(self.file, start, self.at), kind })
    }

    fn list(&mut self, depth: usize) -> Result<Kind, Fault> {
        let mut items = Vec::new();
        self.open();
        while !self.closes(b']', items.is_empty())? {
            items.push(self.value(depth + 1)?);
            self.skip_space();
        }
        Ok(Kind::List(items))
    }

    fn map(&mut self, depth: usize) -> Result<Kind, Fault> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen: HashMap<String, Span> = HashMap::new();
        self.open();
        while !self.closes(b'}', entries.is_empty())? {
            let start = self.at;
            if self.peek() != Some(b'"') {
                return self.fail("a key in quotes was expected here");
            }
            let key = self.string()?;
            let key_span = Span::new(self.file, start, self.at);
            if let Some(first) = seen.insert(key.clone(), key_span) {
                self.problems.push(super::repeated_key(&key, key_span, first));
            }
            self.skip_space();
            if !self.take(b':') {
                return self.fail("a `:` was expected here");
            }
            self.skip_space();
            let value = self.value(depth + 1)?;
            entries.push(Entry { key, key_span, value });
            self.skip_space();
        }
        Ok(Kind::Map(entries))
    }

    fn open(&mut self) {
        self.at += 1;
        self.skip_space();
    }

    /// Whether the list or map ends here; if not, takes the comma that must stand before the next.
    fn closes(&mut self, bracket: u8, first: bool) -> Result<bool, Fault> {
        if self.take(bracket) {
            return Ok(true);
        }
        if first {
            return Ok(false);
        }
        if !self.take(b',') {
            return self.fail("a `,` or the end was expected here");
        }
        self.skip_space();
        if self.peek() == Some(bracket) { self.fail("a `,` before the end") } else { Ok(false) }
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> Result<Kind, Fault> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let end = rest.find([',', ']', '}', ' ', '\t', '\r', '\n', ':', '"']).unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default();
        let is_number = || serde_json::from_str::<serde_json::Number>(word).is_ok();
        if word != "true" && word != "false" && word != "null" && !is_number() {
            return self.fail("neither a number, nor `true`, `false` or `null`");
        }
        self.at += end;
        if word == "null" {
            return Ok(Kind::Null);
        }
        Ok(Kind::Scalar(Scalar { text: word.to_owned(), plain: true, secret: false }))
    }

    fn string(&mut self) -> Result<String, Fault> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let stop = rest.find(|c: char| c == '"' || c == '\\' || c < ' ').unwrap_or(rest.len());
            text.push_str(rest.get(..stop).unwrap_or_default());
            self.at += stop;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape()?),
                Some(_) => return self.fail("a control character inside a text"),
                None => return self.fail("a text that does not end"),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let start = self.at;
        let letter = self.bytes.get(self.at + 1).copied();
        self.at += 2;
        match letter {
            Some(b'"') => Ok('"'),
            Some(b'\\') => Ok('\\'),
            Some(b'/') => Ok('/'),
            Some(b'b') => Ok('\u{8}'),
            Some(b'f') => Ok('\u{c}'),
            Some(b'n') => Ok('\n'),
            Some(b'r') => Ok('\r'),
            Some(b't') => Ok('\t'),
            Some(b'u') => self.code_point().ok_or(Fault { at: start, what: "half of a character" }),
            _ => Err(Fault { at: start, what: "an escape that JSON does not have" }),
        }
    }

    /// Behind `\u`: four digits, or twelve that make a pair (RFC 8259, 7).
    fn code_point(&mut self) -> Option<char> {
        let high = self.four_digits()?;
        if !(0xd800..0xdc00).contains(&high) {
            return char::from_u32(high);
        }
        let pair = self.text.get(self.at..self.at + 2) == Some("\\u");
        self.at += 2;
        let low = if pair { self.four_digits()? } else { return None };
        if !(0xdc00..0xe000).contains(&low) {
            return None;
        }
        char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))
    }

    fn four_digits(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        let plain = digits.bytes().all(|b| b.is_ascii_hexdigit());
        self.at += 4;
        if plain { u32::from_str_radix(digits, 16).ok() } else { None }
    }

    fn skip_space(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')).count();
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_it = self.peek() == Some(byte);
        self.at += usize::from(is_it);
        is_it
    }

    fn fail<T>(&self, what: &'static str) -> Result<T, Fault> {
        Err(Fault { at: self.at, what })
    }
}

impl Fault {
    pub(super) fn diagnostic(self, file: FileId) -> Diagnostic {
        Diagnostic::new(&reasons::SYNTAX, Span::new(file, self.at, self.at), self.what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Node, Fault> {
        let file = Sources::default().add("a.json", text);
        parse(text, file, &mut Diagnostics::default())
    }

    #[test]
    fn values_come_with_their_places() {
        let text = r#" {"a": [1, -2.5e3, true], "é": {"b": null, "c": "x\u00e9\ud83d\ude00\n"}} "#;
        let node = read(text).unwrap();
        let item = &node.get("a").unwrap().items()[1];
        assert_eq!(&text[item.span.range()], "-2.5e3");
        assert_eq!(node.get("é").unwrap().get("c").unwrap().text(), Some("xé😀\n"));
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for bad in [
            "",
            "{",
            "[1,]",
            "{\"a\":1,}",
            "[1 2]",
            "{a:1}",
            "01",
            "+1",
            "1.",
            ".5",
            "nul",
            "True",
            "[1]x",
            "\"a",
            "\"\t\"",
            "\"\\x\"",
            "\"\\ud83d\"",
            "\"\\ud83dx\"",
            "\"\\ude00\"",
            "\"\\u12\"",
            "\"\\u+123\"",
            "{\"a\"}",
            "{\"a\":}",
            "[,1]",
            "\"\\",
            "\"\\u00e",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert_eq!(read(&"[".repeat(100_000)).unwrap_err().what, "too many levels of nesting");
    }

    proptest! {
        /// What serde_json reads, this reads alike; what it does not read, this does not.
        #[test]
        fn reads_what_serde_json_reads(text in r#"[\[\]{}:,"a0-9.eE+\- nultrfs\\/ud\x00\x{e9}]{0,24}"#) {
            let theirs: Result<serde_json::Value, _> = serde_json::from_str(&text);
            match (read(&text), theirs) {
                (Ok(ours), Ok(theirs)) => prop_assert_eq!(ours.to_json(), theirs),
                (ours, theirs) => prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{}", text),
            }
        }
    }
}
