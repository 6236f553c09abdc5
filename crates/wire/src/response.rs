//! A response's head: as strict as a request's, with the exceptions that its upstream was granted by name.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, Version, header};

use crate::fields::Fields;
use crate::framing::{self, AnswerTo, BodyLength};
use crate::limits::{Laxities, Limits};
use crate::lines::{self, BlockCaps, BlockScanner};
use crate::options::ConnectionOptions;
use crate::refusal::Refusal;
use crate::{grammar, request};

/// A response as it was read. Its reason phrase is dropped: nothing may depend on it (RFC 9112 §4).
#[derive(Clone)]
pub struct ResponseHead {
    /// 100 to 599.
    pub status: StatusCode,
    /// 1.0 or 1.1.
    pub version: Version,
    /// Every field as it came. The serialiser writes framing and hop-by-hop ones anew.
    pub fields: HeaderMap,
    /// What was declared. For HEAD and 304 this is metadata and no body follows.
    pub body: BodyLength,
    /// Whether a body comes behind this head: not for 1xx, 204, 304, an answer to HEAD, or a length of 0.
    pub body_follows: bool,
    /// The upstream would take another request on this connection.
    pub persistent: bool,
}

impl std::fmt::Debug for ResponseHead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResponseHead")
            .field("status", &self.status)
            .field("version", &self.version)
            .field("fields", &self.fields.len())
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}

/// Reads one head, interim or final, from bytes that come in any pieces.
#[derive(Clone, Copy, Debug, Default)]
pub struct ResponseReader {
    scanner: BlockScanner,
}

impl ResponseReader {
    /// Takes a head from the front of `input` once it is complete; until then `input` must keep what it has.
    pub fn read(
        &mut self,
        input: &mut BytesMut,
        answer_to: AnswerTo,
        limits: &Limits,
        laxities: Laxities,
    ) -> Result<Option<ResponseHead>, Refusal> {
        if !b"HTTP/1.".iter().zip(input.iter()).all(|(want, have)| want == have) {
            return Err(Refusal::InvalidStatusLine);
        }
        let Some(length) = self.scanner.advance(input, &caps(limits))? else {
            return Ok(None);
        };
        let lines = self.scanner.lines();
        *self = Self::default();
        let head = input.split_to(length).freeze();
        read_block(&head, lines, answer_to, limits, laxities).map(Some)
    }
}

fn caps(limits: &Limits) -> BlockCaps {
    BlockCaps {
        bytes_max: limits.head_bytes_max,
        too_many_bytes: Refusal::HeadTooLarge,
        lines_max: limits.fields_max.saturating_add(1),
        too_many_lines: Refusal::TooManyFields,
        line_bytes_max: limits.line_bytes_max,
        first_line_too_long: Refusal::StatusLineTooLong,
        line_too_long: Refusal::FieldLineTooLong,
    }
}

fn read_block(
    head: &Bytes,
    lines: usize,
    answer_to: AnswerTo,
    limits: &Limits,
    laxities: Laxities,
) -> Result<ResponseHead, Refusal> {
    let mut block = lines::lines(head);
    let (version, status) = read_line(block.next().unwrap_or_default(), laxities)?;
    let count = lines.saturating_sub(1);
    let fields = Fields::read(head, block, count, limits.field_name_bytes_max)?;
    let body = framing::of_response(&fields, version, status, answer_to, laxities)?;
    if status.is_informational() && version != Version::HTTP_11 {
        return Err(Refusal::InterimInHttp10);
    }
    let connection = ConnectionOptions::of(fields.all(&header::CONNECTION))?;
    let persistent = connection.persistent(version) && body != BodyLength::UntilClose;
    let body_follows = !body.is_empty() && framing::sends_body(status, answer_to);
    Ok(ResponseHead { status, version, fields: fields.map, body, body_follows, persistent })
}

/// `HTTP-version SP status-code SP [ reason-phrase ]` (RFC 9112 §4).
fn read_line(line: &[u8], laxities: Laxities) -> Result<(Version, StatusCode), Refusal> {
    let (version, rest) = line.split_at_checked(8).ok_or(Refusal::InvalidStatusLine)?;
    let version = request::read_version(version)?;
    let rest = rest.strip_prefix(b" ").ok_or(Refusal::InvalidStatusLine)?;
    let (code, reason) = rest.split_at_checked(3).ok_or(Refusal::InvalidStatusLine)?;
    let reason = match reason {
        [] if !laxities.missing_reason_phrase => return Err(Refusal::MissingReasonPhrase),
        [] => &[],
        [b' ', reason @ ..] => reason,
        _ => return Err(Refusal::InvalidStatusLine),
    };
    if !code.iter().all(u8::is_ascii_digit) || !matches!(code, [b'1'..=b'5', ..]) {
        return Err(Refusal::InvalidStatusCode);
    }
    if !grammar::is_value(reason) {
        return Err(Refusal::InvalidReasonPhrase);
    }
    let status = StatusCode::from_bytes(code).map_err(|_| Refusal::InvalidStatusCode)?;
    Ok((version, status))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Result<u16, Refusal> {
        read_line(text.as_bytes(), Laxities::default()).map(|(_, status)| status.as_u16())
    }

    #[test]
    fn status_lines_with_one_reading() {
        assert_eq!(line("HTTP/1.1 200 OK"), Ok(200));
        assert_eq!(line("HTTP/1.0 599 "), Ok(599));
        assert_eq!(line("HTTP/1.1 404 Not  F\u{f6}und"), Ok(404));
    }

    #[test]
    fn fr2_status_lines_with_more_than_one_reading() {
        for (text, refusal) in [
            ("HTTP/1.1 200", Refusal::MissingReasonPhrase),
            ("HTTP/1.1", Refusal::InvalidStatusLine),
            ("HTTP/1.1  200 OK", Refusal::InvalidStatusLine),
            ("HTTP/1.1 20 OK", Refusal::InvalidStatusLine),
            ("HTTP/1.1 2000 OK", Refusal::InvalidStatusLine),
            ("HTTP/1.1 +20 OK", Refusal::InvalidStatusCode),
            ("HTTP/1.1 099 OK", Refusal::InvalidStatusCode),
            ("HTTP/1.1 600 OK", Refusal::InvalidStatusCode),
            ("HTTP/1.1 2x0 OK", Refusal::InvalidStatusCode),
            ("HTTP/1.1 200 O\rK", Refusal::InvalidReasonPhrase),
            ("HTTP/1.1 200 \0", Refusal::InvalidReasonPhrase),
            ("HTTP/1.1\t200 OK", Refusal::InvalidStatusLine),
            ("http/1.1 200 OK", Refusal::InvalidVersion),
            ("ICY 200 OK", Refusal::InvalidVersion),
            ("HTTP/2.0 200 OK", Refusal::UnsupportedVersion),
        ] {
            assert_eq!(line(text), Err(refusal), "{text:?}");
        }
    }

    #[test]
    fn a_missing_reason_can_be_granted() {
        let lax = Laxities { missing_reason_phrase: true, ..Laxities::default() };
        assert!(read_line(b"HTTP/1.1 200", lax).is_ok());
        assert!(read_line(b"HTTP/1.1 200OK", lax).is_err());
    }

    #[test]
    fn fr4_a_body_until_close_leaves_nothing_to_reuse() {
        let mut input = BytesMut::from("HTTP/1.1 200 OK\r\n\r\n");
        let laxities = Laxities { close_delimited_body: true, ..Laxities::default() };
        let mut reader = ResponseReader::default();
        let read = reader.read(&mut input, AnswerTo::Other, &Limits::default(), laxities);
        let head = read.unwrap().unwrap();
        assert_eq!((head.body, head.persistent), (BodyLength::UntilClose, false));
        assert!(head.body_follows);
    }

    #[test]
    fn what_is_no_http_is_refused_at_its_first_bytes() {
        let mut input = BytesMut::from(&b"SSH-2.0"[..]);
        let read = ResponseReader::default().read(
            &mut input,
            AnswerTo::Other,
            &Limits::default(),
            Laxities::default(),
        );
        assert_eq!(read.map(drop), Err(Refusal::InvalidStatusLine));
    }
}
