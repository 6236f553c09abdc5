//! Writes bodies: exactly what the head declared, in chunks where it declared none.

use std::fmt::Write;

use bytes::Bytes;
use http::HeaderMap;

use crate::fault::SendFault;
use crate::output::{Output, Text};
use crate::{trailers, write_head};

/// How the body that follows a head is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyWriter {
    /// This many bytes are owed.
    Known {
        left: u64,
    },
    Chunked,
    /// To a client of HTTP/1.0, which knows no chunks.
    UntilClose,
    /// The status or method allows no body; what is given is dropped, so that HEAD can be answered like GET.
    Suppressed,
}

impl BodyWriter {
    /// Writes a piece of the body. An empty one is nothing: as a chunk it would end the body.
    pub(crate) fn data<O: Output>(&mut self, data: Bytes, out: &mut O) -> Result<(), SendFault> {
        if data.is_empty() {
            return Ok(());
        }
        match self {
            Self::Known { left } => {
                let rest = left.checked_sub(data.len() as u64);
                *left = rest.ok_or(SendFault::BodyLongerThanDeclared)?;
                out.data(data);
            }
            Self::Chunked => {
                // `Text` can't fail; its result is that of the trait.
                let _ = write!(Text(out), "{:x}\r\n", data.len());
                out.data(data);
                out.framing(b"\r\n");
            }
            Self::UntilClose => out.data(data),
            Self::Suppressed => {}
        }
        Ok(())
    }

    /// Ends the body. Trailers need chunks; without them they are dropped, as any recipient may do (RFC 9110 §6.5).
    pub(crate) fn end<O: Output>(
        &mut self,
        trailers: Option<&HeaderMap>,
        out: &mut O,
    ) -> Result<(), SendFault> {
        match self {
            Self::Known { left: 1.. } => Err(SendFault::BodyShorterThanDeclared),
            Self::Chunked => {
                let none = HeaderMap::new();
                let fields = trailers.unwrap_or(&none);
                if fields.keys().any(trailers::is_forbidden) {
                    return Err(SendFault::ForbiddenTrailer);
                }
                write_head::check_fields(fields)?;
                out.framing(b"0\r\n");
                write_head::trailers(fields, out);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn write(mut writer: BodyWriter, pieces: &[&'static str]) -> Result<String, SendFault> {
        let mut out = Vec::new();
        for piece in pieces {
            writer.data(Bytes::from_static(piece.as_bytes()), &mut out)?;
        }
        writer.end(None, &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn fr3_a_body_is_as_long_as_its_head_says() {
        let known = BodyWriter::Known { left: 3 };
        assert_eq!(write(known, &["ab", "", "c"]).as_deref(), Ok("abc"));
        assert_eq!(write(known, &["ab"]), Err(SendFault::BodyShorterThanDeclared));
        assert_eq!(write(known, &["abcd"]), Err(SendFault::BodyLongerThanDeclared));
    }

    #[test]
    fn an_empty_piece_does_not_end_a_chunked_body() {
        let written = write(BodyWriter::Chunked, &["", "0123456789abcdef", "", "z"]);
        assert_eq!(written.as_deref(), Ok("10\r\n0123456789abcdef\r\n1\r\nz\r\n0\r\n\r\n"));
        assert_eq!(write(BodyWriter::Suppressed, &["a"]).as_deref(), Ok(""));
    }

    #[test]
    fn fr7_no_trailer_is_written_that_frames() {
        let mut out = Vec::new();
        let forged = [(HeaderName::from_static("content-length"), HeaderValue::from_static("1"))];
        let end = BodyWriter::Chunked.end(Some(&forged.into_iter().collect()), &mut out);
        assert_eq!((end, out.len()), (Err(SendFault::ForbiddenTrailer), 0));
        let named = [(HeaderName::from_static("grpc-status"), HeaderValue::from_static("0"))];
        BodyWriter::Chunked.end(Some(&named.into_iter().collect()), &mut out).unwrap();
        assert_eq!(out, b"0\r\ngrpc-status: 0\r\n\r\n");
    }
}
