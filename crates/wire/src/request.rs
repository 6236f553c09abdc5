//! A request's head: bytes in, one reading or a refusal out.

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, Method, Version, header, uri};
use memchr::{memchr, memrchr};

use crate::fields::Fields;
use crate::framing::{self, BodyLength};
use crate::limits::Limits;
use crate::lines::{self, BlockCaps, BlockScanner};
use crate::options::{self, ConnectionOptions, UpgradeOffer};
use crate::refusal::Refusal;
use crate::target::{self, Target};
use crate::{authority, grammar};

/// A request as it was read. What frames it is also data here, so that nobody reads those fields a second time.
#[derive(Clone)]
pub struct RequestHead {
    /// Never CONNECT; upper case.
    pub method: Method,
    /// The target as it was written.
    pub target: Target,
    /// 1.0 or 1.1.
    pub version: Version,
    /// The one `Host`, equal to the target's authority if that has one.
    pub authority: uri::Authority,
    /// Every field as it came, framing and hop-by-hop ones too. The serialiser writes those anew.
    pub fields: HeaderMap,
    /// Where the body ends. Never `UntilClose`.
    pub body: BodyLength,
    /// The client waits for `100 Continue` before it sends the body (RFC 9110 §10.1.1).
    pub expects_continue: bool,
    /// The protocols it would switch to. `None` if the request has a body.
    pub upgrade: Option<UpgradeOffer>,
    /// `TE: trailers` was sent (RFC 9110 §10.1.4).
    pub accepts_trailers: bool,
    /// The client would send another request on this connection. Always false for HTTP/1.0.
    pub persistent: bool,
}

/// Neither target nor values: both hold secrets (EV1).
impl std::fmt::Debug for RequestHead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestHead")
            .field("method", &self.method)
            .field("target", &self.target)
            .field("version", &self.version)
            .field("fields", &self.fields.len())
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}

/// Reads one head from bytes that come in any pieces.
#[derive(Clone, Copy, Debug, Default)]
pub struct RequestReader {
    scanner: BlockScanner,
    empty_line_skipped: bool,
    line_checked: bool,
}

impl RequestReader {
    /// Takes a head from the front of `input` once it is complete.
    ///
    /// Until then nothing is taken but one empty line before it, and `input` must keep what it has.
    pub fn read(
        &mut self,
        input: &mut BytesMut,
        limits: &Limits,
    ) -> Result<Option<RequestHead>, Refusal> {
        self.skip_empty_line(input)?;
        check_first_byte(input)?;
        let scanned = self.scanner.advance(input, &caps(limits));
        let Ok(Some(length)) = scanned else {
            self.check_line_early(input, limits)?;
            return scanned.map(|_| None);
        };
        let count = self.scanner.lines();
        let head = input.split_to(length).freeze();
        *self = Self::default();
        read_block(&head, count, limits).map(Some)
    }

    /// Whether `input` holds anything of a head, as opposed to an empty line that is forgiven.
    pub fn begun(&self, input: &[u8]) -> bool {
        let after = if self.empty_line_skipped { None } else { input.strip_prefix(b"\r\n") };
        !after.unwrap_or(input).is_empty()
    }

    /// RFC 9112 §2.2 asks to ignore an empty line before the request line. One: old clients write one after a body.
    fn skip_empty_line(&mut self, input: &mut BytesMut) -> Result<(), Refusal> {
        if !input.starts_with(b"\r\n") {
            return Ok(());
        }
        if self.empty_line_skipped {
            return Err(Refusal::EmptyLinesBeforeRequest);
        }
        input.advance(2);
        *self = Self { empty_line_skipped: true, ..Self::default() };
        if input.starts_with(b"\r\n") { Err(Refusal::EmptyLinesBeforeRequest) } else { Ok(()) }
    }

    /// Refuses what is no HTTP as soon as its first line shows it, not when the head's deadline runs out.
    fn check_line_early(&mut self, input: &[u8], limits: &Limits) -> Result<(), Refusal> {
        if self.line_checked || self.scanner.lines() == 0 {
            return Ok(());
        }
        self.line_checked = true;
        let line = lines::lines(input).next().unwrap_or_default();
        RequestLine::read(&Bytes::copy_from_slice(line), limits).map(drop)
    }
}

/// What is no HTTP at all, a TLS greeting for one, shows it here. A carriage return may begin the empty line.
fn check_first_byte(input: &[u8]) -> Result<(), Refusal> {
    match input.first() {
        Some(byte) if !grammar::is_token_byte(*byte) && *byte != b'\r' => {
            Err(Refusal::InvalidMethod)
        }
        _ => Ok(()),
    }
}

fn caps(limits: &Limits) -> BlockCaps {
    BlockCaps {
        bytes_max: limits.head_bytes_max,
        too_many_bytes: Refusal::HeadTooLarge,
        lines_max: limits.fields_max.saturating_add(1),
        too_many_lines: Refusal::TooManyFields,
        line_bytes_max: limits.line_bytes_max,
        first_line_too_long: Refusal::RequestLineTooLong,
        line_too_long: Refusal::FieldLineTooLong,
    }
}

fn read_block(head: &Bytes, lines: usize, limits: &Limits) -> Result<RequestHead, Refusal> {
    let mut block = lines::lines(head);
    let line = head.slice_ref(block.next().unwrap_or_default());
    let RequestLine { method, target, version } = RequestLine::read(&line, limits)?;
    let count = lines.saturating_sub(1);
    let fields = Fields::read(head, block, count, limits.field_name_bytes_max)?;

    let authority = authority::of_request(&fields)?;
    if let Some(absolute) = &target.absolute {
        let port = if absolute.scheme == uri::Scheme::HTTPS { 443 } else { 80 };
        if !authority::same(&absolute.authority, &authority, port) {
            return Err(Refusal::AbsoluteFormHostMismatch);
        }
    }
    let body = framing::of_request(&fields, version)?;
    let connection = ConnectionOptions::of(fields.all(&header::CONNECTION))?;
    let expects_continue = options::expects_continue(&fields, version)? && !body.is_empty();
    // A switch would begin behind the body; nothing real asks for that, so the wish is not heard (RFC 9110 §7.8).
    let upgrade = UpgradeOffer::of(&fields, connection, version)?.filter(|_| body.is_empty());
    Ok(RequestHead {
        accepts_trailers: options::accepts_trailers(&fields),
        persistent: version == Version::HTTP_11 && connection.persistent(version),
        method,
        target,
        version,
        authority,
        fields: fields.map,
        body,
        expects_continue,
        upgrade,
    })
}

/// `method SP request-target SP HTTP-version` (RFC 9112 §3).
struct RequestLine {
    method: Method,
    target: Target,
    version: Version,
}

impl RequestLine {
    fn read(line: &Bytes, limits: &Limits) -> Result<Self, Refusal> {
        if line.as_ref() == b"PRI * HTTP/2.0" {
            return Err(Refusal::Http2Preface);
        }
        let [method, target, version] = split(line)?;
        let method = read_method(method, limits)?;
        if target.contains(&b' ') {
            return Err(Refusal::SpaceInTarget);
        }
        let version = read_version(version)?;
        if method == Method::CONNECT {
            return Err(Refusal::ConnectMethod);
        }
        let target = target::read(line.slice_ref(target), &method)?;
        Ok(Self { method, target, version })
    }
}

/// At the first space and the last one, so that what stands between can be named as what it is.
fn split(line: &[u8]) -> Result<[&[u8]; 3], Refusal> {
    let first = memchr(b' ', line).unwrap_or(line.len());
    let (method, rest) = line.split_at_checked(first).ok_or(Refusal::RequestLineIncomplete)?;
    if !grammar::is_token(method) {
        return Err(Refusal::InvalidMethod);
    }
    let rest = rest.get(1..).ok_or(Refusal::RequestLineIncomplete)?;
    let last = memrchr(b' ', rest).ok_or(Refusal::RequestLineIncomplete)?;
    let (target, version) = rest.split_at_checked(last).ok_or(Refusal::RequestLineIncomplete)?;
    if target.is_empty() {
        return Err(Refusal::RequestLineIncomplete);
    }
    Ok([method, target, version.get(1..).unwrap_or_default()])
}

fn read_method(method: &[u8], limits: &Limits) -> Result<Method, Refusal> {
    if method.len() > limits.method_bytes_max {
        return Err(Refusal::MethodTooLong);
    }
    if !grammar::is_upper_case_method(method) {
        return Err(Refusal::MethodNotUpperCase);
    }
    Method::from_bytes(method).map_err(|_| Refusal::InvalidMethod)
}

pub(crate) fn read_version(version: &[u8]) -> Result<Version, Refusal> {
    match version {
        b"HTTP/1.1" => Ok(Version::HTTP_11),
        b"HTTP/1.0" => Ok(Version::HTTP_10),
        [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => {
            Err(Refusal::UnsupportedVersion)
        }
        _ => Err(Refusal::InvalidVersion),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Result<(), Refusal> {
        let line = Bytes::copy_from_slice(text.as_bytes());
        RequestLine::read(&line, &Limits::default()).map(drop)
    }

    #[test]
    fn fr2_request_lines_with_more_than_one_reading() {
        for (text, refusal) in [
            ("GET / HTTP/1.1 ", Refusal::SpaceInTarget),
            ("GET  / HTTP/1.1", Refusal::SpaceInTarget),
            ("GET /a b HTTP/1.1", Refusal::SpaceInTarget),
            ("GET /  HTTP/1.1", Refusal::SpaceInTarget),
            ("GET /", Refusal::RequestLineIncomplete),
            ("GET", Refusal::RequestLineIncomplete),
            ("GET ", Refusal::RequestLineIncomplete),
            ("GET  HTTP/1.1", Refusal::RequestLineIncomplete),
            ("GET / ", Refusal::InvalidVersion),
            ("GET\t/\tHTTP/1.1", Refusal::InvalidMethod),
            (" GET / HTTP/1.1", Refusal::InvalidMethod),
            ("G\u{e4}T / HTTP/1.1", Refusal::InvalidMethod),
            ("get / HTTP/1.1", Refusal::MethodNotUpperCase),
            ("GeT / HTTP/1.1", Refusal::MethodNotUpperCase),
            ("G!T / HTTP/1.1", Refusal::MethodNotUpperCase),
            ("CONNECT a:1 HTTP/1.1", Refusal::ConnectMethod),
            ("GET / http/1.1", Refusal::InvalidVersion),
            ("GET / HTTP/1.1.1", Refusal::InvalidVersion),
            ("GET / HTTP/11", Refusal::InvalidVersion),
            ("GET / HTTP/01.1", Refusal::InvalidVersion),
            ("GET / HTTP/1.1\r", Refusal::InvalidVersion),
            ("GET / HTTP/1.2", Refusal::UnsupportedVersion),
            ("GET / HTTP/2.0", Refusal::UnsupportedVersion),
            ("GET / HTTP/0.9", Refusal::UnsupportedVersion),
            ("PRI * HTTP/2.0", Refusal::Http2Preface),
            ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA / HTTP/1.1", Refusal::MethodTooLong),
        ] {
            assert_eq!(line(text), Err(refusal), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_http_is_refused_at_its_first_bytes() {
        let limits = Limits::default();
        let mut hello = BytesMut::from(&b"\x16\x03\x01\x02"[..]);
        let refused = RequestReader::default().read(&mut hello, &limits);
        assert_eq!(refused.map(drop), Err(Refusal::InvalidMethod));
        let mut smtp = BytesMut::from(&b"HELO example.com\r\nX"[..]);
        let refused = RequestReader::default().read(&mut smtp, &limits);
        assert_eq!(refused.map(drop), Err(Refusal::RequestLineIncomplete));
    }

    #[test]
    fn one_empty_line_is_forgiven() {
        let limits = Limits::default();
        let mut input = BytesMut::from(&b"\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n"[..]);
        assert!(RequestReader::default().read(&mut input, &limits).unwrap().is_some());
        for two in [&b"\r\n\r\nGET"[..], b"\r\n\r\n"] {
            let mut input = BytesMut::from(two);
            let refused = RequestReader::default().read(&mut input, &limits);
            assert_eq!(refused.map(drop), Err(Refusal::EmptyLinesBeforeRequest));
        }
        let (mut reader, mut input) = (RequestReader::default(), BytesMut::from("\r\n"));
        assert!(reader.read(&mut input, &limits).unwrap().is_none());
        input.extend_from_slice(b"\r\n");
        let refused = reader.read(&mut input, &limits);
        assert_eq!(refused.map(drop), Err(Refusal::EmptyLinesBeforeRequest));
    }

    #[test]
    fn ev1_debug_shows_no_values() {
        let mut input = BytesMut::from(&b"GET /hush HTTP/1.1\r\nhost: hush\r\nx: hush\r\n\r\n"[..]);
        let head = RequestReader::default().read(&mut input, &Limits::default()).unwrap().unwrap();
        assert!(!format!("{head:?}").contains("hush"));
    }
}
