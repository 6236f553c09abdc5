//! Code points: the best-fit map of a code page, and UTF-8 spelt out.

use std::io::Write;

/// Which byte a code point is taken for (`SecUnicodeMapFile`). Empty unless rules load one.
#[derive(Clone, Debug, Default)]
pub(crate) struct UnicodeMap(Option<Box<[Option<u8>]>>);

impl UnicodeMap {
    /// Reads the section of `code_page`: a line with its number, then a line of `code:byte` pairs.
    pub(crate) fn parse(text: &[u8], code_page: u32) -> Result<Self, String> {
        let text = String::from_utf8_lossy(text);
        let mut lines = text.lines().map(str::trim);
        let wanted = code_page.to_string();
        let found = lines
            .any(|line| line.split_whitespace().next() == Some(&wanted) && !line.contains(':'));
        if !found {
            return Err(format!("there is no code page {code_page} in the map"));
        }
        let mut table = vec![None; 1 << 16];
        for line in lines.take_while(|line| !line.is_empty()) {
            for pair in line.split_whitespace() {
                let entry = pair.split_once(':').and_then(|(code, byte)| {
                    let code = usize::from_str_radix(code, 16).ok()?;
                    Some((code, u8::from_str_radix(byte, 16).ok()?))
                });
                let Some((code, byte)) = entry else {
                    return Err(format!("`{pair}` is not an entry of a code page"));
                };
                if let Some(slot) = table.get_mut(code) {
                    *slot = Some(byte);
                }
            }
        }
        Ok(Self(Some(table.into_boxed_slice())))
    }

    pub(crate) fn byte(&self, code: u16) -> Option<u8> {
        self.0.as_ref()?.get(usize::from(code)).copied().flatten()
    }
}

/// Characters above ASCII become `%uXXXX`; bytes that are not UTF-8 stay.
pub(super) fn utf8_to_unicode(input: &[u8], out: &mut Vec<u8>) {
    for chunk in input.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character == '\0' {
                // ModSecurity 3 drops it here.
            } else if character.is_ascii() {
                out.push(character as u8);
            } else {
                // Writing to a vector cannot fail.
                let _ = write!(out, "%u{:04x}", u32::from(character));
            }
        }
        out.extend_from_slice(chunk.invalid());
    }
}
