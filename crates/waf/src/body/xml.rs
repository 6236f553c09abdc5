//! Reads XML as far as rules look at it: all text, and the values of attributes.
//!
//! No entity is fetched or expanded. The texts of entities that a document declares count as its
//! text, so that nothing hides in them. A faulty document is read as far as it can be.

use super::BodyError;

#[derive(Debug, Default)]
pub(crate) struct Document {
    /// The text of the root element and everything in it.
    pub text: Vec<u8>,
    pub attributes: Vec<Vec<u8>>,
}

struct Reader<'a> {
    input: &'a [u8],
    at: usize,
    open: Vec<&'a [u8]>,
    document: Document,
}

/// Reads as much as can be read; the error is the first fault.
pub(crate) fn read(
    input: &[u8],
    depth_max: usize,
    attributes_max: usize,
) -> (Document, Option<BodyError>) {
    let mut reader = Reader { input, at: 0, open: Vec::new(), document: Document::default() };
    let fault = reader.run(depth_max, attributes_max).err();
    (reader.document, fault)
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a [u8] {
        self.input.get(self.at..).unwrap_or_default()
    }

    fn error(&self, message: &str) -> BodyError {
        BodyError::at(message, self.at)
    }

    /// What comes before `end`; the reader then stands after it.
    fn until(&mut self, end: &[u8]) -> Result<&'a [u8], BodyError> {
        let rest = self.rest();
        let Some(found) = memchr::memmem::find(rest, end) else {
            return Err(self.error("the document ends early"));
        };
        self.at += found + end.len();
        Ok(rest.get(..found).unwrap_or_default())
    }

    fn run(&mut self, depth_max: usize, attributes_max: usize) -> Result<(), BodyError> {
        let mut seen_root = false;
        while !self.rest().is_empty() {
            let rest = self.rest();
            let text = memchr::memchr(b'<', rest).unwrap_or(rest.len());
            let plain = rest.get(..text).unwrap_or_default();
            self.at += text;
            if !self.open.is_empty() {
                unescape(plain, &mut self.document.text);
            } else if !plain.trim_ascii().is_empty() && !plain.starts_with(b"\xef\xbb\xbf") {
                // Text outside of the root is no XML, but worth a look.
                unescape(plain, &mut self.document.text);
                return Err(self.error("text outside of the document"));
            }
            let rest = self.rest();
            if rest.is_empty() {
                break;
            } else if rest.starts_with(b"<!--") {
                self.at += 4;
                self.until(b"-->")?;
            } else if rest.starts_with(b"<![CDATA[") {
                self.at += 9;
                let data = self.until(b"]]>")?;
                self.document.text.extend_from_slice(data);
            } else if rest.starts_with(b"<?") {
                self.until(b"?>")?;
            } else if rest.starts_with(b"<!") {
                self.declaration()?;
            } else if rest.starts_with(b"</") {
                self.close()?;
            } else {
                if self.open.is_empty() && seen_root {
                    return Err(self.error("a second root"));
                }
                seen_root = true;
                self.element(depth_max, attributes_max)?;
            }
        }
        match (self.open.is_empty(), seen_root) {
            (true, true) => Ok(()),
            (false, _) => Err(self.error("an element does not end")),
            (true, false) => Err(self.error("no element")),
        }
    }

    /// `<!DOCTYPE …>` with what it may declare.
    fn declaration(&mut self) -> Result<(), BodyError> {
        let mut brackets = 0usize;
        self.at += 2;
        loop {
            let Some(byte) = self.input.get(self.at).copied() else {
                return Err(self.error("the document ends early"));
            };
            self.at += 1;
            match byte {
                b'"' | b'\'' => {
                    let literal = self.until(&[byte])?;
                    if brackets > 0 {
                        unescape(literal, &mut self.document.text);
                        self.document.text.push(b' ');
                    }
                }
                b'[' => brackets += 1,
                b']' => brackets = brackets.saturating_sub(1),
                b'<' if self.rest().starts_with(b"!--") => {
                    self.until(b"-->")?;
                }
                b'>' if brackets == 0 => return Ok(()),
                _ => {}
            }
        }
    }

    fn close(&mut self) -> Result<(), BodyError> {
        self.at += 2;
        let name = self.until(b">")?.trim_ascii();
        match self.open.pop() {
            Some(open) if open == name => Ok(()),
            _ => Err(self.error("an end tag does not fit")),
        }
    }

    fn element(&mut self, depth_max: usize, attributes_max: usize) -> Result<(), BodyError> {
        self.at += 1;
        let name = self.name();
        if name.is_empty() {
            return Err(self.error("an element without a name"));
        }
        loop {
            self.skip_space();
            match self.rest() {
                [b'/', b'>', ..] => {
                    self.at += 2;
                    return Ok(());
                }
                [b'>', ..] => {
                    self.at += 1;
                    if self.open.len() >= depth_max {
                        return Err(self.error("nested too deeply"));
                    }
                    self.open.push(name);
                    return Ok(());
                }
                _ => self.attribute(attributes_max)?,
            }
        }
    }

    fn skip_space(&mut self) {
        while self.rest().first().is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    fn name(&mut self) -> &'a [u8] {
        let rest = self.rest();
        let ends =
            |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>' | b'=' | b'<');
        let length = rest.iter().position(ends).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    fn attribute(&mut self, attributes_max: usize) -> Result<(), BodyError> {
        let name = self.name();
        self.skip_space();
        if name.is_empty() || self.rest().first() != Some(&b'=') {
            return Err(self.error("expected an attribute"));
        }
        self.at += 1;
        self.skip_space();
        let quote = match self.rest().first() {
            Some(quote @ (b'"' | b'\'')) => *quote,
            _ => return Err(self.error("expected a quote")),
        };
        self.at += 1;
        let raw = self.until(&[quote])?;
        if name == b"xmlns" || name.starts_with(b"xmlns:") {
            return Ok(());
        }
        if self.document.attributes.len() >= attributes_max {
            return Err(self.error("too many attributes"));
        }
        let mut value = Vec::new();
        unescape(raw, &mut value);
        self.document.attributes.push(value);
        Ok(())
    }
}

/// Resolves character references and the five named ones.
fn unescape(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'&', rest) {
        let (before, after) = rest.split_at(at);
        out.extend_from_slice(before);
        let end = after.iter().take(12).position(|byte| *byte == b';');
        let character = end.and_then(|end| reference(after.get(1..end)?));
        match (character, end) {
            (Some(character), Some(end)) => {
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                rest = after.get(end + 1..).unwrap_or_default();
            }
            _ => {
                out.push(b'&');
                rest = after.get(1..).unwrap_or_default();
            }
        }
    }
    out.extend_from_slice(rest);
}

fn reference(name: &[u8]) -> Option<char> {
    Some(match name {
        b"lt" => '<',
        b"gt" => '>',
        b"amp" => '&',
        b"quot" => '"',
        b"apos" => '\'',
        _ => {
            let digits = std::str::from_utf8(name.strip_prefix(b"#")?).ok()?;
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(code)?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(input: &str) -> (String, Vec<String>, bool) {
        let (document, fault) = read(input.as_bytes(), 10, 10);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let attributes = document.attributes.iter().map(|value| text(value)).collect();
        (text(&document.text), attributes, fault.is_none())
    }

    /// As libmodsecurity 3.0.15 sees the same documents.
    #[test]
    fn text_and_attributes() {
        let input = "<?xml version=\"1.0\"?><a x=\"1\"><b y='2'>t1</b> t2 &lt;<!-- c --><![CDATA[<z>]]></a>";
        assert_eq!(shown(input), ("t1 t2 <<z>".into(), vec!["1".into(), "2".into()], true));
        assert_eq!(shown("<a x=\"1\"><b>t1</c> t2"), ("t1".into(), vec!["1".into()], false));
    }

    #[test]
    fn nothing_hides_in_entities() {
        let input = "<!DOCTYPE a [<!ENTITY e \"evil\">]><a>&e;</a>";
        assert_eq!(shown(input).0, "evil &e;");
        assert!(shown(input).2);
    }

    #[test]
    fn bounds_hold() {
        assert!(!shown(&"<a>".repeat(50)).2);
        assert!(!shown(&format!("<a {}/>", "b='' ".repeat(50))).2);
        assert!(!shown("<a").2);
        assert!(!shown("").2);
    }
}
