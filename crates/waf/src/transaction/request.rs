//! Turns the heads of messages into variables.

use super::state::State;
use super::values::ValueId;
use crate::program::Program;
use crate::seclang::ast::BodyProcessor;
use crate::transform::{Transformation, UnicodeMap};
use crate::variable::Variable;

/// A request as it was received, before any decoding.
#[derive(Clone, Copy, Debug)]
pub struct RequestHead<'a> {
    /// The whole first line without its end; when empty it is put together from the next three.
    pub line: &'a [u8],
    /// The method.
    pub method: &'a [u8],
    /// The target as it was sent, with its query.
    pub uri: &'a [u8],
    /// `HTTP/1.1`.
    pub protocol: &'a [u8],
    /// The header fields, in their order.
    pub headers: &'a [(&'a [u8], &'a [u8])],
}

/// A response as the upstream gave it.
#[derive(Clone, Copy, Debug)]
pub struct ResponseHead<'a> {
    /// The status.
    pub status: u16,
    /// `HTTP/1.1`.
    pub protocol: &'a [u8],
    /// The header fields, in their order.
    pub headers: &'a [(&'a [u8], &'a [u8])],
}

impl State {
    pub(super) fn request_head(&mut self, head: &RequestHead<'_>, program: &Program) {
        self.request_line(head);
        self.uri(head.uri, program);
        for (name, value) in head.headers {
            self.push(Variable::RequestHeaders, name, value);
            self.push(Variable::RequestHeadersNames, name, name);
            if name.eq_ignore_ascii_case(b"cookie") {
                self.cookies(value);
            } else if name.eq_ignore_ascii_case(b"content-type") {
                self.content_type(value);
            } else if name.eq_ignore_ascii_case(b"host") {
                let host = value.split(|byte| *byte == b':').next().unwrap_or_default();
                self.set_single(Variable::ServerName, host);
            }
        }
        self.sum_arguments();
    }

    pub(super) fn response_head(&mut self, head: &ResponseHead<'_>) {
        self.set_single(Variable::ResponseStatus, head.status.to_string().as_bytes());
        self.set_single(Variable::ResponseProtocol, head.protocol);
        for (name, value) in head.headers {
            self.push(Variable::ResponseHeaders, name, value);
            self.push(Variable::ResponseHeadersNames, name, name);
            if name.eq_ignore_ascii_case(b"content-type") {
                let media = value.split(|byte| *byte == b';').next().unwrap_or_default();
                self.set_single(Variable::ResponseContentType, media.trim_ascii());
            }
        }
    }

    fn request_line(&mut self, head: &RequestHead<'_>) {
        if head.line.is_empty() {
            let mut line = std::mem::take(&mut self.buffer);
            line.clear();
            line.extend_from_slice(head.method);
            line.push(b' ');
            line.extend_from_slice(head.uri);
            line.push(b' ');
            line.extend_from_slice(head.protocol);
            self.set_single(Variable::RequestLine, &line);
            self.buffer = line;
        } else {
            self.set_single(Variable::RequestLine, head.line);
        }
        self.set_single(Variable::RequestMethod, head.method);
        self.set_single(Variable::RequestProtocol, head.protocol);
        self.set_single(Variable::RequestUriRaw, head.uri);
    }

    fn uri(&mut self, raw: &[u8], program: &Program) {
        let local = without_authority(raw);
        let local = local.split(|byte| *byte == b'#').next().unwrap_or_default();
        let (path, query) = match memchr::memchr(b'?', local) {
            Some(at) => (local.get(..at), local.get(at + 1..)),
            None => (Some(local), None),
        };
        let (path, query) = (path.unwrap_or_default(), query.unwrap_or_default());
        let mut decoded = std::mem::take(&mut self.buffer);
        percent_decode(local, &mut decoded);
        self.set_single(Variable::RequestUri, &decoded);
        percent_decode(path, &mut decoded);
        self.set_single(Variable::RequestFilename, &decoded);
        self.set_single(Variable::PathInfo, &decoded);
        let base = decoded.iter().rposition(|byte| matches!(byte, b'/' | b'\\'));
        let base = decoded.get(base.map_or(0, |at| at + 1)..).unwrap_or_default();
        self.set_single(Variable::RequestBasename, base);
        self.buffer = decoded;
        self.set_single(Variable::QueryString, query);
        self.arguments(query, Variable::ArgsGet, program);
    }

    /// Reads `a=1&b=2` into the arguments.
    pub(super) fn arguments(&mut self, text: &[u8], origin: Variable, program: &Program) {
        let separator = program.settings.argument_separator;
        for pair in text.split(|byte| *byte == separator).filter(|pair| !pair.is_empty()) {
            let (name, value) = match memchr::memchr(b'=', pair) {
                Some(at) => (pair.get(..at), pair.get(at + 1..)),
                None => (Some(pair), None),
            };
            let name = self.url_decoded(name.unwrap_or_default());
            let value = self.url_decoded(value.unwrap_or_default());
            if !self.argument(name, value, Some(origin), program) || self.exceeded().is_some() {
                return;
            }
        }
    }

    fn url_decoded(&mut self, text: &[u8]) -> ValueId {
        let mut decoded = std::mem::take(&mut self.buffer);
        Transformation::UrlDecode.apply(text, &UnicodeMap::default(), &mut decoded);
        let id = self.intern(&decoded);
        self.buffer = decoded;
        id
    }

    /// Adds an argument; false when there are too many.
    pub(super) fn argument(
        &mut self,
        name: ValueId,
        value: ValueId,
        origin: Option<Variable>,
        program: &Program,
    ) -> bool {
        if self.list(Variable::Args).len() as u64 >= program.settings.arguments_limit {
            self.set_single(Variable::ReqbodyError, b"1");
            self.set_single(Variable::ReqbodyErrorMsg, b"too many arguments");
            return false;
        }
        self.push_interned(Variable::Args, name, value);
        self.push_interned(Variable::ArgsNames, name, name);
        let (list, names) = match origin {
            Some(Variable::ArgsGet) => (Variable::ArgsGet, Variable::ArgsGetNames),
            Some(_) => (Variable::ArgsPost, Variable::ArgsPostNames),
            None => return true,
        };
        self.push_interned(list, name, value);
        self.push_interned(names, name, name);
        true
    }

    pub(super) fn sum_arguments(&mut self) {
        let length = |id| self.values.get(id).len();
        let args = self.list(Variable::Args).iter();
        let sum: usize = args.map(|entry| length(entry.key) + length(entry.value)).sum();
        self.set_single(Variable::ArgsCombinedSize, sum.to_string().as_bytes());
    }

    fn cookies(&mut self, header: &[u8]) {
        for cookie in header.split(|byte| *byte == b';') {
            let cookie = cookie.trim_ascii_start();
            if cookie.is_empty() {
                continue;
            }
            let (name, value) = match memchr::memchr(b'=', cookie) {
                Some(at) => (cookie.get(..at), cookie.get(at + 1..)),
                None => (Some(cookie), None),
            };
            let (name, value) = (name.unwrap_or_default(), value.unwrap_or_default());
            self.push(Variable::RequestCookies, name, value);
            self.push(Variable::RequestCookiesNames, name, name);
        }
    }

    fn content_type(&mut self, value: &[u8]) {
        let value = value.trim_ascii_start().to_ascii_lowercase();
        if value.starts_with(b"multipart/form-data") {
            self.set_processor(Some(BodyProcessor::Multipart));
        } else if value.starts_with(b"application/x-www-form-urlencoded") {
            self.set_processor(Some(BodyProcessor::UrlEncoded));
        }
    }

    pub(super) fn set_processor(&mut self, processor: Option<BodyProcessor>) {
        self.processor = processor;
        let name: &[u8] = match processor {
            Some(BodyProcessor::UrlEncoded) => b"URLENCODED",
            Some(BodyProcessor::Multipart) => b"MULTIPART",
            Some(BodyProcessor::Json) => b"JSON",
            Some(BodyProcessor::Xml) => b"XML",
            None => b"",
        };
        self.set_single(Variable::ReqbodyProcessor, name);
    }
}

/// `http://host/path` without what comes before the path.
fn without_authority(uri: &[u8]) -> &[u8] {
    if uri.starts_with(b"/") {
        return uri;
    }
    let scheme = uri.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let Some(rest) = uri.get(scheme..).and_then(|rest| rest.strip_prefix(b"://")) else {
        return uri;
    };
    match rest.iter().position(|byte| matches!(byte, b'/' | b'?')) {
        Some(path) => rest.get(path..).unwrap_or_default(),
        None => uri,
    }
}

/// Percent signs only: a plus in a path is a plus.
fn percent_decode(text: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        at += 1;
        let value = (*byte == b'%')
            .then(|| Some((digit(text.get(at))? << 4 | digit(text.get(at + 1))?) as u8))
            .flatten();
        match value {
            Some(value) => {
                out.push(value);
                at += 2;
            }
            None => out.push(*byte),
        }
    }
}
