//! Finds the end of a block of lines, looking at each byte once however it arrives.

use memchr::memchr;

use crate::refusal::Refusal;

/// The caps of one block, each with the refusal that names it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BlockCaps {
    pub(crate) bytes_max: usize,
    pub(crate) too_many_bytes: Refusal,
    /// Lines including the first, without the empty one that ends the block.
    pub(crate) lines_max: usize,
    pub(crate) too_many_lines: Refusal,
    pub(crate) line_bytes_max: usize,
    pub(crate) first_line_too_long: Refusal,
    pub(crate) line_too_long: Refusal,
}

/// Where the search for the empty line stands. Three numbers: a half-read head costs its own bytes and nothing else.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct BlockScanner {
    /// Bytes before this hold no line end that has not been counted.
    scanned: usize,
    line_start: usize,
    lines: usize,
}

impl BlockScanner {
    /// Looks at what is new in `input`; returns the length of the block, with its empty line, once that is known.
    ///
    /// `input` must start at the same byte in each call.
    pub(crate) fn advance(
        &mut self,
        input: &[u8],
        caps: &BlockCaps,
    ) -> Result<Option<usize>, Refusal> {
        loop {
            let Some(feed) = memchr(b'\n', input.get(self.scanned..).unwrap_or_default()) else {
                self.scanned = input.len();
                self.check(input.len(), caps)?;
                return Ok(None);
            };
            let end = self.scanned + feed;
            self.check(end, caps)?;
            let line = input.get(self.line_start..end).unwrap_or_default();
            let Some((b'\r', line)) = line.split_last() else {
                return Err(Refusal::BareLineFeed);
            };
            self.scanned = end + 1;
            if self.scanned > caps.bytes_max {
                return Err(caps.too_many_bytes);
            }
            if line.is_empty() {
                return Ok(Some(self.scanned));
            }
            self.line_start = self.scanned;
            self.lines += 1;
            if self.lines > caps.lines_max {
                return Err(caps.too_many_lines);
            }
        }
    }

    /// How many lines are complete.
    pub(crate) fn lines(&self) -> usize {
        self.lines
    }

    /// Refuses for the cap that was passed first, so that the reason doesn't depend on how the bytes arrived.
    fn check(&self, bytes: usize, caps: &BlockCaps) -> Result<(), Refusal> {
        // One more than the line's own bytes: its carriage return may be among them.
        let line_end_max = self.line_start.saturating_add(caps.line_bytes_max).saturating_add(1);
        if bytes <= line_end_max.min(caps.bytes_max) {
            return Ok(());
        }
        Err(match (line_end_max <= caps.bytes_max, self.lines) {
            (true, 0) => caps.first_line_too_long,
            (true, _) => caps.line_too_long,
            (false, _) => caps.too_many_bytes,
        })
    }
}

/// The lines of a block that `BlockScanner` has measured, without their line ends and without the empty one.
pub(crate) fn lines(block: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = block;
    std::iter::from_fn(move || {
        let feed = memchr(b'\n', rest)?;
        let (line, after) = rest.split_at_checked(feed)?;
        rest = after.get(1..).unwrap_or_default();
        line.strip_suffix(b"\r").filter(|line| !line.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPS: BlockCaps = BlockCaps {
        bytes_max: 40,
        too_many_bytes: Refusal::HeadTooLarge,
        lines_max: 3,
        too_many_lines: Refusal::TooManyFields,
        line_bytes_max: 10,
        first_line_too_long: Refusal::RequestLineTooLong,
        line_too_long: Refusal::FieldLineTooLong,
    };

    fn scan(input: &[u8]) -> Result<Option<usize>, Refusal> {
        BlockScanner::default().advance(input, &CAPS)
    }

    #[test]
    fn a_block_ends_at_the_empty_line() {
        assert_eq!(scan(b"a\r\nb\r\n\r\nrest"), Ok(Some(8)));
        assert_eq!(scan(b"a\r\nb\r\n\r"), Ok(None));
        assert_eq!(lines(b"a\r\nbc\r\n\r\n").collect::<Vec<_>>(), [&b"a"[..], b"bc"]);
    }

    #[test]
    fn fr2_bare_line_feed() {
        assert_eq!(scan(b"a\nb\r\n\r\n"), Err(Refusal::BareLineFeed));
        assert_eq!(scan(b"a\r\n\n"), Err(Refusal::BareLineFeed));
        assert_eq!(scan(b"\n"), Err(Refusal::BareLineFeed));
    }

    #[test]
    fn lm2_caps_hold_on_whole_and_on_unfinished_blocks() {
        assert_eq!(scan(b"0123456789\r\n\r\n"), Ok(Some(14)));
        assert_eq!(scan(b"0123456789a\r\n\r\n"), Err(Refusal::RequestLineTooLong));
        assert_eq!(scan(b"0123456789ab"), Err(Refusal::RequestLineTooLong));
        assert_eq!(scan(b"a\r\n0123456789ab"), Err(Refusal::FieldLineTooLong));
        assert_eq!(scan(b"a\r\nb\r\nc\r\nd\r\n\r\n"), Err(Refusal::TooManyFields));
        let full = b"012345678\r\n012345678\r\n012345678012\r\n\r\n";
        let caps = BlockCaps { line_bytes_max: 12, ..CAPS };
        assert_eq!(BlockScanner::default().advance(full, &caps), Ok(Some(38)));
        let caps = BlockCaps { bytes_max: 37, ..caps };
        assert_eq!(BlockScanner::default().advance(full, &caps), Err(Refusal::HeadTooLarge));
        let long = b"012345678\r\n012345678\r\n012345678\r\n012345678";
        assert_eq!(scan(long), Err(Refusal::HeadTooLarge));
    }

    #[test]
    fn each_byte_is_looked_at_once() {
        let block = b"abc\r\ndef\r\n\r\n";
        let mut scanner = BlockScanner::default();
        for end in 0..block.len() {
            assert_eq!(scanner.advance(&block[..end], &CAPS), Ok(None));
            assert_eq!(scanner.scanned, end);
        }
        assert_eq!(scanner.advance(block, &CAPS), Ok(Some(block.len())));
    }
}
