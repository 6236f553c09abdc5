//! Trailers: read, kept apart from the head, and passed on only by name.

use bytes::BytesMut;
use http::{HeaderMap, HeaderName, header};

use crate::limits::Limits;
use crate::lines::{self, BlockCaps, BlockScanner};
use crate::refusal::Refusal;
use crate::{fields::Fields, hop_by_hop};

/// The trailer section of a body.
///
/// A type of its own, so that nothing merges it into a head by accident (FR7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trailers(HeaderMap);

impl Trailers {
    /// Those whose names a route allows. The rest is gone.
    pub fn permitted(mut self, permits: impl Fn(&HeaderName) -> bool) -> HeaderMap {
        let refused: Vec<_> = self.0.keys().filter(|name| !permits(name)).cloned().collect();
        for name in refused {
            self.0.remove(name);
        }
        self.0
    }

    /// How many field lines there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Fields that a recipient acts on before the body has come, so that coming late they could only deceive
/// (RFC 9110 §6.5.1): framing, routing, authentication, request modifiers, content's own description.
pub(crate) fn is_forbidden(name: &HeaderName) -> bool {
    const FORBIDDEN: [HeaderName; 27] = [
        header::CONTENT_LENGTH,
        header::TRANSFER_ENCODING,
        header::HOST,
        header::TRAILER,
        header::CONNECTION,
        header::UPGRADE,
        header::TE,
        header::EXPECT,
        header::MAX_FORWARDS,
        header::AUTHORIZATION,
        header::PROXY_AUTHORIZATION,
        header::WWW_AUTHENTICATE,
        header::PROXY_AUTHENTICATE,
        header::COOKIE,
        header::SET_COOKIE,
        header::FORWARDED,
        header::ORIGIN,
        header::RANGE,
        header::IF_MATCH,
        header::IF_NONE_MATCH,
        header::IF_MODIFIED_SINCE,
        header::CACHE_CONTROL,
        header::CONTENT_TYPE,
        header::CONTENT_ENCODING,
        header::CONTENT_RANGE,
        header::LOCATION,
        header::VARY,
    ];
    FORBIDDEN.contains(name) || hop_by_hop::is_hop_by_hop(name)
}

/// Reads a trailer section up to its empty line.
#[derive(Clone, Debug, Default)]
pub(crate) struct TrailerReader {
    scanner: BlockScanner,
}

impl TrailerReader {
    /// Takes the section from the front of `input` once it is complete.
    pub(crate) fn read(
        &mut self,
        input: &mut BytesMut,
        limits: &Limits,
    ) -> Result<Option<Option<Trailers>>, Refusal> {
        let Some(length) = self.scanner.advance(input, &caps(limits))? else {
            return Ok(None);
        };
        let block = input.split_to(length).freeze();
        let count = self.scanner.lines();
        if count == 0 {
            return Ok(Some(None));
        }
        let fields =
            Fields::read(&block, lines::lines(&block), count, limits.field_name_bytes_max)?;
        if fields.map.keys().any(is_forbidden) {
            return Err(Refusal::ForbiddenTrailer);
        }
        Ok(Some(Some(Trailers(fields.map))))
    }
}

fn caps(limits: &Limits) -> BlockCaps {
    BlockCaps {
        bytes_max: limits.trailer_bytes_max,
        too_many_bytes: Refusal::TrailersTooLarge,
        lines_max: limits.trailer_fields_max,
        too_many_lines: Refusal::TooManyTrailers,
        line_bytes_max: limits.line_bytes_max,
        first_line_too_long: Refusal::FieldLineTooLong,
        line_too_long: Refusal::FieldLineTooLong,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(section: &str) -> Result<Option<Trailers>, Refusal> {
        let mut input = BytesMut::from(section.as_bytes());
        TrailerReader::default().read(&mut input, &Limits::default()).map(Option::unwrap)
    }

    #[test]
    fn fr7_trailers_pass_by_name_alone() {
        assert_eq!(read("\r\n"), Ok(None));
        let trailers = read("grpc-status: 0\r\nx-role: admin\r\n\r\n").unwrap().unwrap();
        let passed = trailers.permitted(|name| name.as_str() == "grpc-status");
        assert_eq!(passed.keys().collect::<Vec<_>>(), ["grpc-status"]);
    }

    #[test]
    fn fr7_trailers_never_frame_route_or_authenticate() {
        for name in [
            "Content-Length",
            "transfer-encoding",
            "Host",
            "Authorization",
            "Connection",
            "keep-alive",
        ] {
            assert_eq!(
                read(&format!("{name}: 1\r\n\r\n")),
                Err(Refusal::ForbiddenTrailer),
                "{name}"
            );
        }
        assert_eq!(read("a : b\r\n\r\n"), Err(Refusal::SpaceBeforeColon));
        assert_eq!(read("a: b\n\r\n"), Err(Refusal::BareLineFeed));
    }

    #[test]
    fn lm2_trailer_budgets() {
        assert_eq!(read(&"a: b\r\n".repeat(33)), Err(Refusal::TooManyTrailers));
        assert_eq!(read(&format!("a: {}", "b".repeat(9000))), Err(Refusal::TrailersTooLarge));
        let long = format!("a: {}\r\n", "b".repeat(1000));
        assert_eq!(read(&long.repeat(9)), Err(Refusal::TrailersTooLarge));
    }
}
