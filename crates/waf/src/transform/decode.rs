//! Undoes encodings: URLs, HTML entities, escapes of JavaScript, CSS and shells.

use super::text::is_space;
use super::unicode::UnicodeMap;

pub(super) fn hex_digit(byte: Option<&u8>) -> Option<u8> {
    byte.and_then(|byte| char::from(*byte).to_digit(16)).map(|digit| digit as u8)
}

/// Two hexadecimal digits at `at`.
pub(super) fn hex_pair(input: &[u8], at: usize) -> Option<u8> {
    Some(hex_digit(input.get(at))? << 4 | hex_digit(input.get(at + 1))?)
}

fn hex_quad(input: &[u8], at: usize) -> Option<u16> {
    Some(u16::from(hex_pair(input, at)?) << 8 | u16::from(hex_pair(input, at + 2)?))
}

/// The low byte of a code point; full-width ASCII counts as ASCII.
fn narrow(code: u16) -> u8 {
    let low = (code & 0xff) as u8;
    if code >> 8 == 0xff && (1..0x5f).contains(&low) { low + 0x20 } else { low }
}

/// Percent signs and pluses, as in a query string.
pub(super) fn url(input: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(byte) = input.get(at) {
        at += 1;
        match byte {
            b'+' => out.push(b' '),
            b'%' => match hex_pair(input, at) {
                Some(value) => {
                    out.push(value);
                    at += 2;
                }
                None => out.push(b'%'),
            },
            _ => out.push(*byte),
        }
    }
}

/// Like [`url`], with `%uXXXX` read through the map of a code page.
pub(super) fn url_unicode(input: &[u8], map: &UnicodeMap, out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(byte) = input.get(at) {
        at += 1;
        match byte {
            b'+' => out.push(b' '),
            b'%' if matches!(input.get(at), Some(b'u' | b'U')) => match hex_quad(input, at + 1) {
                Some(code) => {
                    out.push(map.byte(code).unwrap_or_else(|| narrow(code)));
                    at += 5;
                }
                None => {
                    out.push(b'%');
                }
            },
            b'%' => match hex_pair(input, at) {
                Some(value) => {
                    out.push(value);
                    at += 2;
                }
                None => out.push(b'%'),
            },
            _ => out.push(*byte),
        }
    }
}

pub(super) fn html_entities(input: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(byte) = input.get(at) {
        if *byte == b'&'
            && let Some((value, mut next)) = entity(input, at + 1)
        {
            out.push(value);
            if input.get(next) == Some(&b';') {
                next += 1;
            }
            at = next;
            continue;
        }
        out.push(*byte);
        at += 1;
    }
}

/// The byte an entity stands for and where its name ends.
fn entity(input: &[u8], start: usize) -> Option<(u8, usize)> {
    if input.get(start) == Some(&b'#') {
        let (radix, digits) = match input.get(start + 1) {
            Some(b'x' | b'X') => (16, start + 2),
            _ => (10, start + 1),
        };
        let mut end = digits;
        let mut value = 0u32;
        while let Some(digit) = input.get(end).and_then(|byte| char::from(*byte).to_digit(radix)) {
            value = value.wrapping_mul(radix).wrapping_add(digit);
            end += 1;
        }
        return (end > digits).then_some(((value & 0xff) as u8, end));
    }
    let length = input.get(start..)?.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let name = input.get(start..start + length)?;
    let named: [(&[u8], u8); 5] =
        [(b"quot", b'"'), (b"amp", b'&'), (b"lt", b'<'), (b"gt", b'>'), (b"nbsp", 0xa0)];
    // The beginning of the name decides and all of it goes, as in ModSecurity 3.
    let starts = |known: &[u8]| {
        name.get(..known.len()).is_some_and(|start| start.eq_ignore_ascii_case(known))
    };
    let (_, value) = named.iter().find(|(known, _)| starts(known))?;
    Some((*value, start + length))
}

fn control_letter(letter: u8) -> Option<u8> {
    Some(match letter {
        b'a' => 0x07,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        _ => return None,
    })
}

/// Up to three octal digits of a value below 256, and how many there are.
fn octal(input: &[u8], at: usize) -> Option<(u8, usize)> {
    let digits = input
        .get(at..)?
        .iter()
        .take(3)
        .take_while(|byte| (b'0'..=b'7').contains(*byte))
        .copied()
        .collect::<Vec<u8>>();
    let length = match digits.as_slice() {
        [] => return None,
        // Three digits above \377 count as two.
        [first, _, _] if *first > b'3' => 2,
        digits => digits.len(),
    };
    let value =
        digits.iter().take(length).fold(0u32, |sum, digit| sum * 8 + u32::from(digit - b'0'));
    Some(((value & 0xff) as u8, length))
}

pub(super) fn js(input: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(byte) = input.get(at) {
        at += 1;
        let Some(letter) = input.get(at).filter(|_| *byte == b'\\') else {
            out.push(*byte);
            continue;
        };
        if *letter == b'u'
            && let Some(code) = hex_quad(input, at + 1)
        {
            out.push(narrow(code));
            at += 5;
        } else if *letter == b'x'
            && let Some(value) = hex_pair(input, at + 1)
        {
            out.push(value);
            at += 3;
        } else if let Some((value, length)) = octal(input, at) {
            out.push(value);
            at += length;
        } else {
            out.push(control_letter(*letter).unwrap_or(*letter));
            at += 1;
        }
    }
}

pub(super) fn css(input: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(byte) = input.get(at) {
        at += 1;
        if *byte != b'\\' {
            out.push(*byte);
            continue;
        }
        let Some(next) = input.get(at) else {
            // A backslash at the end goes.
            break;
        };
        let rest = input.get(at..).unwrap_or_default();
        let digits = rest.iter().take(6).take_while(|byte| byte.is_ascii_hexdigit()).count();
        if digits > 0 {
            out.push(css_code(input.get(at..at + digits).unwrap_or_default()));
            at += digits;
            if input.get(at).is_some_and(|byte| is_space(*byte)) {
                at += 1;
            }
        } else if *next == b'\n' {
            at += 1;
        } else {
            out.push(*next);
            at += 1;
        }
    }
}

/// The last two digits count; full-width forms are those with `ff` before them.
fn css_code(digits: &[u8]) -> u8 {
    let value = digits
        .iter()
        .fold(0u32, |sum, digit| sum << 4 | u32::from(hex_digit(Some(digit)).unwrap_or(0)));
    if digits.len() >= 4 { narrow((value & 0xffff) as u16) } else { (value & 0xff) as u8 }
}

/// The escapes of ANSI C, as shells read them in `$'…'`.
pub(super) fn escape_sequences(input: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(byte) = input.get(at) {
        at += 1;
        let Some(letter) = input.get(at).filter(|_| *byte == b'\\') else {
            out.push(*byte);
            continue;
        };
        if matches!(letter, b'x' | b'X')
            && let Some(value) = hex_pair(input, at + 1)
        {
            out.push(value);
            at += 3;
        } else if let Some((value, length)) = octal(input, at) {
            out.push(value);
            at += length;
        } else {
            out.push(control_letter(*letter).unwrap_or(*letter));
            at += 1;
        }
    }
}
