//! The chunked coding (RFC 9112 §7.1), read one way and consumed as it comes.

use bytes::{Buf, BytesMut};
use memchr::memchr;

use crate::body::{BodyPiece, take};
use crate::framing::NUMBER_MAX;
use crate::grammar;
use crate::limits::Limits;
use crate::refusal::Refusal;
use crate::trailers::TrailerReader;

/// Where in a chunked body we are, and what it has cost so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChunkedReader {
    state: State,
    chunks: u64,
    data_bytes: u64,
    extension_bytes: u64,
}

#[derive(Clone, Debug)]
enum State {
    /// A size line; bytes before `scanned` hold no line feed.
    Size {
        scanned: usize,
    },
    Data {
        left: u64,
    },
    /// The line end behind a chunk's data.
    DataEnd,
    Trailers(TrailerReader),
}

impl Default for State {
    fn default() -> Self {
        Self::Size { scanned: 0 }
    }
}

impl ChunkedReader {
    /// Takes framing and data from the front of `input` until there is something to hand out or nothing left.
    pub(crate) fn read(
        &mut self,
        input: &mut BytesMut,
        limits: &Limits,
    ) -> Result<Option<BodyPiece>, Refusal> {
        loop {
            match &mut self.state {
                State::Size { .. } => {
                    if !self.read_size(input, limits)? {
                        return Ok(None);
                    }
                }
                State::Data { left } => {
                    let Some(data) = take(input, *left) else { return Ok(None) };
                    *left = left.saturating_sub(data.len() as u64);
                    if *left == 0 {
                        self.state = State::DataEnd;
                    }
                    return Ok(Some(BodyPiece::Data(data)));
                }
                State::DataEnd => match input.as_ref() {
                    [b'\r', b'\n', ..] => {
                        input.advance(2);
                        self.state = State::default();
                    }
                    [] | [b'\r'] => return Ok(None),
                    [b'\n', ..] => return Err(Refusal::BareLineFeedInChunk),
                    _ => return Err(Refusal::UnterminatedChunk),
                },
                State::Trailers(trailers) => {
                    return Ok(trailers.read(input, limits)?.map(BodyPiece::End));
                }
            }
        }
    }

    /// Takes one size line; false if it isn't complete.
    fn read_size(&mut self, input: &mut BytesMut, limits: &Limits) -> Result<bool, Refusal> {
        let State::Size { scanned } = &mut self.state else { return Ok(false) };
        let Some(feed) = memchr(b'\n', input.get(*scanned..).unwrap_or_default()) else {
            *scanned = input.len();
            return match input.len() <= limits.chunk_line_bytes_max.saturating_add(1) {
                true => Ok(false),
                false => Err(Refusal::ChunkLineTooLong),
            };
        };
        let line = input.split_to(*scanned + feed + 1);
        let line = line.strip_suffix(b"\n").unwrap_or_default();
        if line.len() > limits.chunk_line_bytes_max.saturating_add(1) {
            return Err(Refusal::ChunkLineTooLong);
        }
        let line = line.strip_suffix(b"\r").ok_or(Refusal::BareLineFeedInChunk)?;
        let (size, extensions) = read_size_line(line)?;
        self.charge(size, extensions, limits)?;
        self.state = match size {
            0 => State::Trailers(TrailerReader::default()),
            left => State::Data { left },
        };
        Ok(true)
    }

    /// Counts a chunk against the budgets: many small ones cost far more to handle than they carry.
    fn charge(&mut self, size: u64, extensions: usize, limits: &Limits) -> Result<(), Refusal> {
        self.extension_bytes = self.extension_bytes.saturating_add(extensions as u64);
        if self.extension_bytes > limits.chunk_extension_bytes_max {
            return Err(Refusal::ChunkExtensionsTooLong);
        }
        self.chunks = self.chunks.saturating_add(1);
        self.data_bytes = self.data_bytes.saturating_add(size);
        let counted = self.chunks.saturating_sub(limits.chunks_free_max);
        if counted.saturating_mul(limits.chunk_bytes_average_min) > self.data_bytes {
            return Err(Refusal::TooManySmallChunks);
        }
        Ok(())
    }
}

/// `chunk-size [ chunk-ext ]`: the size, and how many bytes the extensions took.
fn read_size_line(line: &[u8]) -> Result<(u64, usize), Refusal> {
    let end = line.iter().position(|byte| !byte.is_ascii_hexdigit()).unwrap_or(line.len());
    let (digits, rest) = line.split_at_checked(end).ok_or(Refusal::InvalidChunkSize)?;
    match (digits, rest) {
        (_, [] | [b';', ..]) => {}
        ([], [b'+' | b'-', ..]) => return Err(Refusal::SignedChunkSize),
        ([b'0'], [b'x' | b'X', ..]) => return Err(Refusal::PrefixedChunkSize),
        (_, [b' ' | b'\t', ..]) => return Err(Refusal::SpaceInChunkSize),
        (_, [b'\r', ..]) => return Err(Refusal::BareCarriageReturnInChunk),
        _ => return Err(Refusal::InvalidChunkSize),
    }
    let size = hexadecimal(digits)?;
    check_extensions(rest)?;
    Ok((size, rest.len()))
}

fn hexadecimal(digits: &[u8]) -> Result<u64, Refusal> {
    if digits.is_empty() {
        return Err(Refusal::EmptyChunkSize);
    }
    // Leading zeros count as digits: a size line can't be made long with them.
    if digits.len() > 16 {
        return Err(Refusal::ChunkSizeOverflow);
    }
    let mut number = 0_u64;
    for digit in digits {
        let digit = char::from(*digit).to_digit(16).ok_or(Refusal::InvalidChunkSize)?;
        number = number << 4 | u64::from(digit);
    }
    if number > NUMBER_MAX { Err(Refusal::ChunkSizeOverflow) } else { Ok(number) }
}

/// `*( ";" token [ "=" ( token / quoted-string ) ] )` (RFC 9112 §7.1.1), without the whitespace that the RFC
/// tolerates in bad senders. Extensions are checked because readers differ on where a bad one ends; none is kept.
fn check_extensions(mut rest: &[u8]) -> Result<(), Refusal> {
    while let [b';', after @ ..] = rest {
        rest = skip_token(after)?;
        if let [b'=', after @ ..] = rest {
            rest = match after {
                [b'"', quoted @ ..] => skip_quoted(quoted)?,
                token => skip_token(token)?,
            };
        }
    }
    match rest {
        [] => Ok(()),
        rest => Err(extension_fault(rest)),
    }
}

fn skip_token(text: &[u8]) -> Result<&[u8], Refusal> {
    let end = text.iter().position(|byte| !grammar::is_token_byte(*byte)).unwrap_or(text.len());
    match text.split_at_checked(end) {
        Some(([_, ..], rest)) => Ok(rest),
        _ => Err(extension_fault(text)),
    }
}

fn skip_quoted(mut text: &[u8]) -> Result<&[u8], Refusal> {
    loop {
        text = match text {
            [b'"', rest @ ..] => return Ok(rest),
            [b'\\', escaped, rest @ ..] if is_quotable(*escaped) => rest,
            [b'\\', ..] | [] => return Err(extension_fault(text)),
            [byte, rest @ ..] if is_quotable(*byte) => rest,
            _ => return Err(extension_fault(text)),
        };
    }
}

/// Narrower than RFC 9110 §5.6.4, which takes bytes above ASCII: a size line is text to some readers.
fn is_quotable(byte: u8) -> bool {
    byte == b'\t' || (b' '..=b'~').contains(&byte)
}

fn extension_fault(rest: &[u8]) -> Refusal {
    match rest.contains(&b'\r') {
        true => Refusal::BareCarriageReturnInChunk,
        false => Refusal::InvalidChunkExtension,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &[u8], limits: &Limits) -> Result<(Vec<u8>, bool), Refusal> {
        let (mut reader, mut input) = (ChunkedReader::default(), BytesMut::from(body));
        let mut data = Vec::new();
        loop {
            match reader.read(&mut input, limits)? {
                Some(BodyPiece::Data(piece)) => data.extend_from_slice(&piece),
                Some(BodyPiece::End(_)) => return Ok((data, true)),
                None => return Ok((data, false)),
            }
        }
    }

    fn check(body: &str, expected: Result<(&str, bool), Refusal>) {
        let read = read(body.as_bytes(), &Limits::default());
        assert_eq!(read, expected.map(|(data, ended)| (data.into(), ended)), "{body:?}");
    }

    #[test]
    fn chunks_with_one_reading() {
        check("3\r\nabc\r\n0\r\n\r\n", Ok(("abc", true)));
        check("003\r\nabc\r\n000\r\n\r\n", Ok(("abc", true)));
        check("A\r\n0123456789\r\n1\r\n\n\r\n0\r\n\r\n", Ok(("0123456789\n", true)));
        check("3;a;b=c;d=\"e\\\"; f\"\r\nabc\r\n0;x\r\n\r\n", Ok(("abc", true)));
        check("3\r\nabc\r\n0\r\n", Ok(("abc", false)));
        check("0\r\n\r", Ok(("", false)));
    }

    #[test]
    fn fr2_chunk_sizes_with_more_than_one_reading() {
        for (line, refusal) in [
            ("", Refusal::EmptyChunkSize),
            (";a", Refusal::EmptyChunkSize),
            ("+3", Refusal::SignedChunkSize),
            ("-3", Refusal::SignedChunkSize),
            ("0x3", Refusal::PrefixedChunkSize),
            ("0X3", Refusal::PrefixedChunkSize),
            (" 3", Refusal::SpaceInChunkSize),
            ("3 ", Refusal::SpaceInChunkSize),
            ("3\t", Refusal::SpaceInChunkSize),
            ("3 ;a", Refusal::SpaceInChunkSize),
            ("3\r", Refusal::BareCarriageReturnInChunk),
            ("3g", Refusal::InvalidChunkSize),
            ("g", Refusal::InvalidChunkSize),
            ("3,", Refusal::InvalidChunkSize),
            ("3_0", Refusal::InvalidChunkSize),
            ("3;", Refusal::InvalidChunkExtension),
            ("3;;", Refusal::InvalidChunkExtension),
            ("3;=a", Refusal::InvalidChunkExtension),
            ("3;a=", Refusal::InvalidChunkExtension),
            ("3;a b", Refusal::InvalidChunkExtension),
            ("3; a", Refusal::InvalidChunkExtension),
            ("3;a=\"b", Refusal::InvalidChunkExtension),
            ("3;a=\"b\\", Refusal::InvalidChunkExtension),
            ("3;a\0", Refusal::InvalidChunkExtension),
            ("3;a=\"\u{e4}\"", Refusal::InvalidChunkExtension),
            ("3;a=\"\\\u{7f}\"", Refusal::InvalidChunkExtension),
            ("3;a\rb", Refusal::BareCarriageReturnInChunk),
            ("3;a=\"\r\"", Refusal::BareCarriageReturnInChunk),
            ("8000000000000000", Refusal::ChunkSizeOverflow),
            ("10000000000000003", Refusal::ChunkSizeOverflow),
            ("00000000000000003", Refusal::ChunkSizeOverflow),
        ] {
            check(&format!("{line}\r\nabc\r\n0\r\n\r\n"), Err(refusal));
        }
    }

    #[test]
    fn fr2_chunk_lines_need_both_bytes_of_their_end() {
        check("3\nabc\r\n0\r\n\r\n", Err(Refusal::BareLineFeedInChunk));
        check("3;a\nabc\r\n0\r\n\r\n", Err(Refusal::BareLineFeedInChunk));
        check("3\r\nabc\n0\r\n\r\n", Err(Refusal::BareLineFeedInChunk));
        check("3\r\nabc\rX", Err(Refusal::UnterminatedChunk));
        check("3\r\nabcd\r\n", Err(Refusal::UnterminatedChunk));
        check("0\r\n\n", Err(Refusal::BareLineFeed));
    }

    #[test]
    fn lm2_chunk_budgets() {
        let limits = Limits { chunks_free_max: 3, ..Limits::default() };
        let one = b"1\r\na\r\n".repeat(4);
        assert_eq!(read(&one, &limits), Err(Refusal::TooManySmallChunks));
        let eight = b"8\r\n01234567\r\n".repeat(100);
        assert!(read(&eight, &limits).is_ok());
        let long = [b"3;".to_vec(), vec![b'a'; 600]].concat();
        assert_eq!(read(&long, &limits), Err(Refusal::ChunkLineTooLong));
        assert_eq!(
            read(&[long, b"\r\n".to_vec()].concat(), &limits),
            Err(Refusal::ChunkLineTooLong)
        );
    }

    #[test]
    fn cve_2023_39326_chunk_extension_flood() {
        let chunk = [b"8;".to_vec(), vec![b'a'; 500], b"\r\n01234567\r\n".to_vec()].concat();
        let refused = read(&chunk.repeat(10), &Limits::default());
        assert_eq!(refused, Err(Refusal::ChunkExtensionsTooLong));
    }
}
