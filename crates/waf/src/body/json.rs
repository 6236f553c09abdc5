//! Reads JSON into flat names: `json.items.array_0.name`.

use super::BodyError;

/// Receives the leaves of a document.
pub(crate) trait Leaves {
    /// One leaf; false to stop reading.
    fn leaf(&mut self, path: &[u8], value: &[u8]) -> bool;
}

enum Level {
    Object,
    /// With the index of the next element.
    Array(u32),
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    path: Vec<u8>,
    /// Open containers, each with the length of the path before its member.
    levels: Vec<(Level, usize)>,
    value: Vec<u8>,
}

enum Next {
    Value,
    AfterValue,
    End,
}

/// Reads a whole document. An empty one has no leaves and is no error.
pub(crate) fn read(
    text: &[u8],
    depth_max: usize,
    leaves: &mut dyn Leaves,
) -> Result<(), BodyError> {
    if text.is_empty() {
        return Ok(());
    }
    let mut reader =
        Reader { text, at: 0, path: b"json".to_vec(), levels: Vec::new(), value: Vec::new() };
    let mut next = Next::Value;
    loop {
        reader.skip_space();
        next = match next {
            Next::Value => reader.value(depth_max, leaves)?,
            Next::AfterValue => reader.after_value()?,
            Next::End if reader.at < text.len() => {
                return Err(reader.error("something follows the document"));
            }
            Next::End => return Ok(()),
        };
    }
}

impl Reader<'_> {
    fn error(&self, message: &str) -> BodyError {
        BodyError::at(message, self.at)
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn value(&mut self, depth_max: usize, leaves: &mut dyn Leaves) -> Result<Next, BodyError> {
        let Some(byte) = self.peek() else { return Err(self.error("the document ends early")) };
        match byte {
            b'{' | b'[' => return self.open(byte, depth_max),
            b'"' => self.string()?,
            b'-' | b'0'..=b'9' => self.number()?,
            _ => self.word()?,
        }
        if leaves.leaf(&self.path, &self.value) {
            Ok(Next::AfterValue)
        } else {
            Err(self.error("too many values"))
        }
    }

    fn open(&mut self, byte: u8, depth_max: usize) -> Result<Next, BodyError> {
        self.at += 1;
        if self.levels.len() >= depth_max {
            return Err(self.error("nested too deeply"));
        }
        self.skip_space();
        let base = self.path.len();
        if byte == b'{' {
            self.levels.push((Level::Object, base));
            if self.peek() == Some(b'}') {
                return self.close();
            }
            self.key()?;
        } else {
            self.levels.push((Level::Array(0), base));
            if self.peek() == Some(b']') {
                return self.close();
            }
            self.element();
        }
        Ok(Next::Value)
    }

    fn close(&mut self) -> Result<Next, BodyError> {
        self.at += 1;
        if let Some((_, base)) = self.levels.pop() {
            self.path.truncate(base);
        }
        Ok(Next::AfterValue)
    }

    fn after_value(&mut self) -> Result<Next, BodyError> {
        let Some((level, base)) = self.levels.last() else { return Ok(Next::End) };
        let object = matches!(level, Level::Object);
        self.path.truncate(*base);
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                self.skip_space();
                if object {
                    self.key()?;
                } else {
                    self.element();
                }
                Ok(Next::Value)
            }
            Some(b'}') if object => self.close(),
            Some(b']') if !object => self.close(),
            Some(_) => Err(self.error("expected a comma or a closing bracket")),
            None => Err(self.error("the document ends early")),
        }
    }

    fn key(&mut self) -> Result<(), BodyError> {
        if self.peek() != Some(b'"') {
            return Err(self.error("expected a name"));
        }
        self.string()?;
        self.path.push(b'.');
        let name = if self.value.is_empty() { b"empty-key" } else { self.value.as_slice() };
        self.path.extend_from_slice(name);
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.error("expected a colon"));
        }
        self.at += 1;
        Ok(())
    }

    fn element(&mut self) {
        if let Some((Level::Array(index), _)) = self.levels.last_mut() {
            self.path.extend_from_slice(b".array_");
            self.path.extend_from_slice(index.to_string().as_bytes());
            *index = index.saturating_add(1);
        }
    }

    fn word(&mut self) -> Result<(), BodyError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        for (word, value) in [(&b"true"[..], &b"true"[..]), (b"false", b"false"), (b"null", b"")] {
            if rest.starts_with(word) {
                self.at += word.len();
                self.value.clear();
                self.value.extend_from_slice(value);
                return Ok(());
            }
        }
        Err(self.error("expected a value"))
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Result<(), BodyError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let zero = self.peek() == Some(b'0');
        let whole = self.digits();
        if whole == 0 || (zero && whole > 1) {
            return Err(self.error("bad number"));
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(self.error("bad number"));
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(self.error("bad number"));
            }
        }
        self.value.clear();
        self.value.extend_from_slice(self.text.get(start..self.at).unwrap_or_default());
        Ok(())
    }

    /// A string, unescaped into `value`. Bytes that are not UTF-8 are kept: rules look at bytes.
    fn string(&mut self) -> Result<(), BodyError> {
        self.value.clear();
        self.at += 1;
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let plain =
                rest.iter().take_while(|b| **b != b'"' && **b != b'\\' && **b >= 0x20).count();
            self.value.extend_from_slice(rest.get(..plain).unwrap_or_default());
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape()?;
                }
                Some(_) => return Err(self.error("control character in a string")),
                None => return Err(self.error("a string does not end")),
            }
        }
    }

    fn escape(&mut self) -> Result<(), BodyError> {
        let byte = self.peek().ok_or_else(|| self.error("a string does not end"))?;
        self.at += 1;
        let plain = match byte {
            b'"' | b'\\' | b'/' => byte,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => return self.code_point(),
            _ => return Err(self.error("unknown escape")),
        };
        self.value.push(plain);
        Ok(())
    }

    fn hex_quad(&mut self) -> Result<u32, BodyError> {
        let digits = self.text.get(self.at..self.at + 4);
        let quad = digits.and_then(|digits| {
            digits
                .iter()
                .try_fold(0, |sum, digit| Some(sum << 4 | char::from(*digit).to_digit(16)?))
        });
        self.at += 4;
        quad.ok_or_else(|| self.error("bad \\u escape"))
    }

    fn code_point(&mut self) -> Result<(), BodyError> {
        let mut code = self.hex_quad()?;
        if (0xd800..0xdc00).contains(&code)
            && self.text.get(self.at..).is_some_and(|rest| rest.starts_with(b"\\u"))
        {
            let back = self.at;
            self.at += 2;
            let low = self.hex_quad()?;
            if (0xdc00..0xe000).contains(&low) {
                code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            } else {
                self.at = back;
            }
        }
        // A lone surrogate is shown as what most readers make of it.
        let character = char::from_u32(code).unwrap_or('?');
        self.value.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Found(Vec<(String, String)>);

    impl Leaves for Found {
        fn leaf(&mut self, path: &[u8], value: &[u8]) -> bool {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            self.0.push((text(path), text(value)));
            self.0.len() < 100
        }
    }

    fn leaves(text: &str) -> (String, bool) {
        let mut found = Found::default();
        let ok = read(text.as_bytes(), 10, &mut found).is_ok();
        let shown: Vec<String> =
            found.0.iter().map(|(path, value)| format!("{path}={value}")).collect();
        (shown.join(" "), ok)
    }

    /// The names are those of libmodsecurity 3.0.15.
    #[test]
    fn names_of_leaves() {
        assert_eq!(
            leaves(r#"{"a":1,"b":[1,"x",{"c":null,"":true}],"d":{"e":[[1],2]}}"#),
            (
                "json.a=1 json.b.array_0=1 json.b.array_1=x json.b.array_2.c= \
                 json.b.array_2.empty-key=true json.d.e.array_0.array_0=1 json.d.e.array_1=2"
                    .into(),
                true
            )
        );
        assert_eq!(leaves(r#"[1,{"a":2}]"#), ("json.array_0=1 json.array_1.a=2".into(), true));
        assert_eq!(leaves(r#""\u0041\n\ud83d\ude00""#), ("json=A\n😀".into(), true));
        assert_eq!(leaves(""), (String::new(), true));
    }

    #[test]
    fn faults_keep_what_was_read() {
        for faulty in ["{\"a\":1,\"b\":", "{\"a\":1 x", "{\"a\":1}{", "{\"a\":1,}"] {
            assert_eq!(leaves(faulty), ("json.a=1".into(), false), "{faulty}");
        }
        for faulty in ["[01]", "[1.]", "nul", "\"\\x\"", "{1:2}", "[\"\u{1}\"]"] {
            assert!(!leaves(faulty).1, "{faulty}");
        }
        assert!(!leaves(&"[".repeat(20)).1);
        assert!(!leaves(&format!("[{}1]", "1,".repeat(200))).1);
    }
}
