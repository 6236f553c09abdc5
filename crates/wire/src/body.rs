//! A body: its bytes as they come, then its end, with a cap on both bytes and bookkeeping.

use bytes::{Bytes, BytesMut};

use crate::chunked::ChunkedReader;
use crate::framing::BodyLength;
use crate::limits::Limits;
use crate::refusal::Refusal;
use crate::trailers::Trailers;

/// A piece of a body.
#[derive(Debug)]
pub enum BodyPiece {
    /// Bytes of it, sharing the memory they were read into.
    Data(Bytes),
    /// Its end. Trailers only if it came in chunks and had some.
    End(Option<Trailers>),
}

/// Reads one body from bytes that come in any pieces.
#[derive(Clone, Debug)]
pub struct BodyReader {
    framing: Framing,
    received: u64,
    bytes_max: u64,
}

#[derive(Clone, Debug)]
enum Framing {
    Known { left: u64 },
    Chunked(ChunkedReader),
    UntilClose,
    Ended,
}

impl BodyReader {
    /// A reader for a body of this length, which refuses to go beyond `bytes_max`.
    ///
    /// A length that is declared and too large is refused at once; no byte of it has to come first.
    pub fn new(length: BodyLength, bytes_max: u64) -> Result<Self, Refusal> {
        let framing = match length {
            BodyLength::Absent => Framing::Known { left: 0 },
            BodyLength::Known(bytes) if bytes > bytes_max => return Err(Refusal::BodyTooLarge),
            BodyLength::Known(bytes) => Framing::Known { left: bytes },
            BodyLength::Chunked => Framing::Chunked(ChunkedReader::default()),
            BodyLength::UntilClose => Framing::UntilClose,
        };
        Ok(Self { framing, received: 0, bytes_max })
    }

    /// Takes what it can from the front of `input`: data, or the end (once), or nothing yet.
    pub fn read(
        &mut self,
        input: &mut BytesMut,
        limits: &Limits,
    ) -> Result<Option<BodyPiece>, Refusal> {
        let piece = match &mut self.framing {
            Framing::Known { left: 0 } => Some(BodyPiece::End(None)),
            Framing::Known { left } => take(input, *left).map(|data| {
                *left = left.saturating_sub(data.len() as u64);
                BodyPiece::Data(data)
            }),
            Framing::Chunked(chunked) => chunked.read(input, limits)?,
            Framing::UntilClose => take(input, u64::MAX).map(BodyPiece::Data),
            Framing::Ended => None,
        };
        match &piece {
            Some(BodyPiece::Data(data)) => {
                self.received = self.received.saturating_add(data.len() as u64);
                if self.received > self.bytes_max {
                    return Err(Refusal::BodyTooLarge);
                }
            }
            Some(BodyPiece::End(_)) => self.framing = Framing::Ended,
            None => {}
        }
        Ok(piece)
    }

    /// The connection has ended: the end of a body that lasts until then, and too early for every other.
    pub fn read_eof(&mut self) -> Result<BodyPiece, Refusal> {
        let framing = std::mem::replace(&mut self.framing, Framing::Ended);
        match framing {
            Framing::UntilClose | Framing::Known { left: 0 } => Ok(BodyPiece::End(None)),
            _ => Err(Refusal::TruncatedBody),
        }
    }

    /// Bytes of data so far, for rates and totals.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// How many bytes are still to come, where that is known.
    pub fn left(&self) -> Option<u64> {
        match &self.framing {
            Framing::Known { left } => Some(*left),
            Framing::Ended => Some(0),
            Framing::Chunked(_) | Framing::UntilClose => None,
        }
    }
}

/// Up to `bytes_max` from the front of `input`, or nothing if there is nothing.
pub(crate) fn take(input: &mut BytesMut, bytes_max: u64) -> Option<Bytes> {
    let bytes = usize::try_from(bytes_max).unwrap_or(usize::MAX).min(input.len());
    (bytes > 0).then(|| input.split_to(bytes).freeze())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fr3_a_known_body_is_exactly_as_long_as_declared() {
        let limits = Limits::default();
        let mut reader = BodyReader::new(BodyLength::Known(5), 10).unwrap();
        let mut input = BytesMut::from(&b"abc"[..]);
        let Ok(Some(BodyPiece::Data(data))) = reader.read(&mut input, &limits) else { panic!() };
        assert_eq!(data, "abc");
        assert!(reader.read(&mut input, &limits).unwrap().is_none());
        assert_eq!((reader.received(), reader.left()), (3, Some(2)));
        input.extend_from_slice(b"deGET");
        let Ok(Some(BodyPiece::Data(data))) = reader.read(&mut input, &limits) else { panic!() };
        assert_eq!(data, "de");
        assert!(matches!(reader.read(&mut input, &limits), Ok(Some(BodyPiece::End(None)))));
        assert!(reader.read(&mut input, &limits).unwrap().is_none(), "the end comes once");
        assert_eq!(input, "GET");
    }

    #[test]
    fn fr3_a_cut_body_is_no_body() {
        let mut reader = BodyReader::new(BodyLength::Known(5), 10).unwrap();
        assert_eq!(reader.read_eof().map(drop), Err(Refusal::TruncatedBody));
        let mut reader = BodyReader::new(BodyLength::Chunked, 10).unwrap();
        assert_eq!(reader.read_eof().map(drop), Err(Refusal::TruncatedBody));
        let mut reader = BodyReader::new(BodyLength::UntilClose, 10).unwrap();
        assert!(matches!(reader.read_eof(), Ok(BodyPiece::End(None))));
    }

    #[test]
    fn lm1_a_body_over_the_cap_is_refused_declared_or_not() {
        let declared = BodyReader::new(BodyLength::Known(11), 10);
        assert_eq!(declared.map(drop), Err(Refusal::BodyTooLarge));
        let mut reader = BodyReader::new(BodyLength::UntilClose, 10).unwrap();
        let mut input = BytesMut::from(&b"12345678901"[..]);
        let read = reader.read(&mut input, &Limits::default());
        assert_eq!(read.map(drop), Err(Refusal::BodyTooLarge));
    }
}
