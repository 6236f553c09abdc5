//! Reads `multipart/form-data`, and notes everything about it that two readers may see differently.

use super::BodyError;

/// Departures from the form that browsers send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flags {
    pub boundary_quoted: bool,
    pub boundary_whitespace: bool,
    pub data_before: bool,
    pub data_after: bool,
    pub header_folding: bool,
    pub invalid_header_folding: bool,
    pub invalid_part: bool,
    pub invalid_quoting: bool,
    pub lf_line: bool,
    pub missing_semicolon: bool,
    pub unmatched_boundary: bool,
}

impl Flags {
    pub(crate) fn strict_error(&self) -> bool {
        let Self { unmatched_boundary: _, .. } = self;
        self.boundary_quoted
            || self.boundary_whitespace
            || self.data_before
            || self.data_after
            || self.header_folding
            || self.invalid_header_folding
            || self.invalid_part
            || self.invalid_quoting
            || self.lf_line
            || self.missing_semicolon
    }
}

#[derive(Debug, Default)]
pub(crate) struct Part<'a> {
    pub name: Vec<u8>,
    /// A file when it has one.
    pub filename: Option<Vec<u8>>,
    pub headers: Vec<Vec<u8>>,
    pub content: &'a [u8],
}

#[derive(Debug, Default)]
pub(crate) struct Parts<'a> {
    pub parts: Vec<Part<'a>>,
    pub flags: Flags,
    pub fault: Option<BodyError>,
}

/// Headers of one part and parts of a body; more is a fault.
const HEADERS_MAX: usize = 32;

/// Reads a whole body. On a fault the parts before it stay.
pub(crate) fn read<'a>(body: &'a [u8], content_type: &[u8], parts_max: usize) -> Parts<'a> {
    let mut out = Parts::default();
    let Some(boundary) = boundary(content_type, &mut out) else {
        let fault = BodyError("the content type names no usable boundary".into());
        out.fault.get_or_insert(fault);
        return out;
    };
    let mut delimiter = b"--".to_vec();
    delimiter.extend_from_slice(&boundary);
    let mut state = State { out, delimiter, open: None, seen: false, closed: false, parts_max };
    let mut at = 0;
    while at < body.len() {
        let rest = body.get(at..).unwrap_or_default();
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |newline| newline + 1);
        state.line(body, at, at + length);
        if state.out.fault.is_some() {
            break;
        }
        at += length;
    }
    state.finish(body)
}

struct Open<'a> {
    part: Part<'a>,
    in_headers: bool,
    content: (usize, usize),
}

struct State<'a> {
    out: Parts<'a>,
    delimiter: Vec<u8>,
    open: Option<Open<'a>>,
    seen: bool,
    closed: bool,
    parts_max: usize,
}

impl<'a> State<'a> {
    fn fault(&mut self, message: &str, at: usize) {
        self.out.fault.get_or_insert(BodyError::at(message, at));
    }

    fn line(&mut self, body: &'a [u8], start: usize, end: usize) {
        let line = body.get(start..end).unwrap_or_default();
        let text = match line {
            [text @ .., b'\r', b'\n'] => text,
            [text @ .., b'\n'] => {
                self.out.flags.lf_line |= self.open.as_ref().is_none_or(|open| open.in_headers);
                text
            }
            _ => line,
        };
        if let Some(after) = text.strip_prefix(self.delimiter.as_slice()) {
            match after.trim_ascii_end() {
                b"" => return self.next_part(body, start, end),
                b"--" => {
                    self.end_part(body, start);
                    self.closed = true;
                    return;
                }
                _ => self.out.flags.unmatched_boundary = true,
            }
        } else if text.starts_with(b"--") && self.open.as_ref().is_some_and(|o| !o.in_headers) {
            let inner = text.get(2..).unwrap_or_default();
            let boundary = self.delimiter.get(2..).unwrap_or_default();
            self.out.flags.unmatched_boundary |= memchr::memmem::find(inner, boundary).is_some();
        }
        if self.closed {
            self.out.flags.data_after |= !text.trim_ascii().is_empty();
            return;
        }
        match &mut self.open {
            None => self.out.flags.data_before |= !text.is_empty(),
            Some(open) if open.in_headers => self.header(text, start, end),
            Some(open) => open.content.1 = end,
        }
    }

    fn next_part(&mut self, body: &'a [u8], start: usize, end: usize) {
        if self.closed {
            self.out.flags.data_after = true;
        }
        self.end_part(body, start);
        self.seen = true;
        if self.out.parts.len() >= self.parts_max {
            return self.fault("too many parts", start);
        }
        self.open = Some(Open { part: Part::default(), in_headers: true, content: (end, end) });
    }

    fn header(&mut self, text: &[u8], start: usize, end: usize) {
        let Some(open) = &mut self.open else { return };
        if text.is_empty() {
            open.in_headers = false;
            open.content = (end, end);
            return;
        }
        if text.first().is_some_and(|byte| matches!(byte, b' ' | b'\t')) {
            self.out.flags.header_folding = true;
            match open.part.headers.last_mut() {
                Some(last) => last.extend_from_slice(text),
                None => self.out.flags.invalid_header_folding = true,
            }
            return;
        }
        if open.part.headers.len() >= HEADERS_MAX {
            return self.fault("too many headers in a part", start);
        }
        if !text.contains(&b':') {
            self.out.flags.invalid_part = true;
        }
        open.part.headers.push(text.to_vec());
    }

    fn end_part(&mut self, body: &'a [u8], at: usize) {
        let Some(mut open) = self.open.take() else { return };
        if open.in_headers {
            self.out.flags.invalid_part = true;
        }
        let content = body.get(open.content.0..at.min(open.content.1)).unwrap_or_default();
        // The line end before a boundary belongs to the boundary.
        open.part.content = match content {
            [content @ .., b'\r', b'\n'] => content,
            [content @ .., b'\n'] => {
                self.out.flags.lf_line = true;
                content
            }
            content => content,
        };
        let dispositions = open.part.headers.iter().find_map(|header| {
            let colon = header.iter().position(|byte| *byte == b':')?;
            let (name, value) = header.split_at(colon);
            let wanted = name.trim_ascii().eq_ignore_ascii_case(b"content-disposition");
            wanted.then(|| value.get(1..).unwrap_or_default().to_vec())
        });
        match dispositions {
            Some(value) => disposition(&value, &mut open.part, &mut self.out.flags),
            None => self.out.flags.invalid_part = true,
        }
        self.out.parts.push(open.part);
    }

    fn finish(mut self, body: &'a [u8]) -> Parts<'a> {
        if !self.closed {
            self.end_part(body, body.len());
            let message = if self.seen { "the last boundary is missing" } else { "no part" };
            self.fault(message, body.len());
        }
        self.out
    }
}

/// `form-data; name="a"; filename="b"`.
fn disposition(value: &[u8], part: &mut Part<'_>, flags: &mut Flags) {
    let mut rest = value.trim_ascii();
    let kind = rest.iter().position(|byte| *byte == b';').unwrap_or(rest.len());
    if !rest.get(..kind).unwrap_or_default().trim_ascii().eq_ignore_ascii_case(b"form-data") {
        flags.invalid_part = true;
    }
    rest = rest.get(kind..).unwrap_or_default();
    let mut named = false;
    while !rest.is_empty() {
        match rest.split_first() {
            Some((b';', after)) => rest = after.trim_ascii_start(),
            _ => {
                flags.missing_semicolon = true;
                rest = rest.trim_ascii_start();
            }
        }
        let Some(equals) = rest.iter().position(|byte| *byte == b'=') else {
            flags.invalid_part |= !rest.is_empty();
            break;
        };
        let (name, after) = rest.split_at(equals);
        let (value, after) = parameter(after.get(1..).unwrap_or_default(), flags);
        rest = after.trim_ascii_start();
        match name.trim_ascii().to_ascii_lowercase().as_slice() {
            b"name" if !named => {
                part.name = value;
                named = true;
            }
            b"filename" if part.filename.is_none() => part.filename = Some(value),
            b"filename*" => {
                part.filename.get_or_insert(value);
                flags.invalid_part = true;
            }
            _ => flags.invalid_part = true,
        }
    }
    flags.invalid_part |= !named;
}

/// A value, quoted or not, and what follows it.
fn parameter<'b>(text: &'b [u8], flags: &mut Flags) -> (Vec<u8>, &'b [u8]) {
    let text = text.trim_ascii_start();
    if text.first() == Some(&b'\'') {
        flags.invalid_quoting = true;
    }
    let Some(quoted) = text.strip_prefix(b"\"") else {
        let end = text.iter().position(|byte| *byte == b';').unwrap_or(text.len());
        let value = text.get(..end).unwrap_or_default().trim_ascii_end();
        return (value.to_vec(), text.get(end..).unwrap_or_default());
    };
    let mut value = Vec::new();
    let mut at = 0;
    loop {
        match (quoted.get(at), quoted.get(at + 1)) {
            (Some(b'\\'), Some(next @ (b'"' | b'\\'))) => {
                value.push(*next);
                at += 2;
            }
            (Some(b'"'), _) => return (value, quoted.get(at + 1..).unwrap_or_default()),
            (Some(byte), _) => {
                value.push(*byte);
                at += 1;
            }
            (None, _) => {
                flags.invalid_quoting = true;
                return (value, &[]);
            }
        }
    }
}

fn boundary(content_type: &[u8], out: &mut Parts<'_>) -> Option<Vec<u8>> {
    let lower = content_type.to_ascii_lowercase();
    // The word may occur in the boundary itself.
    let mut places = memchr::memmem::find_iter(&lower, b"boundary").filter(|at| {
        let after = lower.get(at + b"boundary".len()..).unwrap_or_default();
        after.trim_ascii_start().starts_with(b"=")
    });
    let start = places.next()?;
    if places.next().is_some() {
        out.fault = Some(BodyError("the content type names two boundaries".into()));
        return None;
    }
    let before = content_type.get(..start).unwrap_or_default().trim_ascii_end();
    out.flags.missing_semicolon |= !before.ends_with(b";");
    let after = content_type.get(start + b"boundary".len()..)?;
    out.flags.boundary_whitespace |= after.first().is_some_and(u8::is_ascii_whitespace);
    let value = after.trim_ascii_start().strip_prefix(b"=")?;
    out.flags.boundary_whitespace |= value.first().is_some_and(u8::is_ascii_whitespace);
    let value = value.trim_ascii();
    let value = match value.strip_prefix(b"\"") {
        Some(quoted) => {
            out.flags.boundary_quoted = true;
            quoted.get(..memchr::memchr(b'"', quoted)?)?
        }
        None => {
            let end =
                value.iter().position(|byte| matches!(byte, b';' | b',')).unwrap_or(value.len());
            value.get(..end)?.trim_ascii_end()
        }
    };
    out.flags.boundary_whitespace |= value.iter().any(u8::is_ascii_whitespace);
    out.flags.boundary_quoted |= value.contains(&b'"');
    (!value.is_empty() && value.len() <= 200).then(|| value.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &[u8] = b"multipart/form-data; boundary=b";

    #[test]
    fn parts_and_files() {
        let body = b"--b\r\nContent-Disposition: form-data; name=\"f1\"\r\n\r\nv1\r\n--b\r\n\
            Content-Disposition: form-data; name=\"up\"; filename=\"a;b.txt\"\r\nX-Foo: bar\r\n\r\n\
            file\ndata\r\n--b--\r\n";
        let read = read(body, TYPE, 10);
        assert_eq!(read.fault, None);
        assert_eq!(read.flags, Flags::default());
        assert_eq!(read.parts[0].name, b"f1");
        assert_eq!(read.parts[0].content, b"v1");
        assert_eq!(read.parts[1].filename.as_deref(), Some(&b"a;b.txt"[..]));
        assert_eq!(read.parts[1].headers[1], b"X-Foo: bar");
        assert_eq!(read.parts[1].content, b"file\ndata");
    }

    #[test]
    fn oddities_are_noted() {
        let part = "Content-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n";
        let flags = |body: &str| read(body.as_bytes(), TYPE, 10).flags;
        assert!(flags(&format!("x\r\n--b\r\n{part}--b--\r\n")).data_before);
        assert!(flags(&format!("--b\r\n{part}--b--\r\nx\r\n")).data_after);
        assert!(flags(&format!("--b\n{part}--b--\r\n")).lf_line);
        assert!(flags(&format!("--b\r\nX: 1\r\n 2\r\n{part}--b--\r\n")).header_folding);
        assert!(flags("--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n").invalid_part);
        assert!(flags(&format!("--b\r\n{part}--bx\r\n--b--\r\n")).unmatched_boundary);
        assert!(
            flags("--b\r\nContent-Disposition: form-data; name='a'\r\n\r\n\r\n--b--")
                .invalid_quoting
        );
        assert!(read(b"--b\r\n", b"multipart/form-data; boundary=\"b\"", 1).flags.boundary_quoted);
    }

    #[test]
    fn faults_keep_what_was_read() {
        let body = b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n";
        let open = read(body, TYPE, 10);
        assert_eq!(open.parts[0].content, b"x");
        assert!(open.fault.is_some());
        assert!(read(body, b"multipart/form-data", 10).fault.is_some());
        assert!(read(&body.repeat(5), TYPE, 2).fault.is_some());
    }
}
