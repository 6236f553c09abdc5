//! Bracketed classes, class shorthands and escapes of single bytes.

use super::ast::ByteSet;
use super::parse::{Parser, PatternError};

/// `\d`, `\W` and their kin.
pub(super) fn shorthand(letter: u8) -> Option<ByteSet> {
    let mut set = ByteSet::empty();
    match letter.to_ascii_lowercase() {
        b'd' => set.insert_range(b'0', b'9'),
        b's' => {
            set.insert_range(b'\t', b'\r');
            set.insert(b' ');
        }
        b'w' => {
            set.insert_range(b'0', b'9');
            set.insert_range(b'a', b'z');
            set.insert_range(b'A', b'Z');
            set.insert(b'_');
        }
        b'h' => [b'\t', b' ', 0xa0].into_iter().for_each(|byte| set.insert(byte)),
        b'v' => {
            set.insert_range(b'\n', b'\r');
            set.insert(0x85);
        }
        b'n' if letter == b'N' => {
            set.insert(b'\n');
            return Some(set.negated());
        }
        _ => return None,
    }
    Some(if letter.is_ascii_uppercase() { set.negated() } else { set })
}

/// The byte an escape stands for; the parser stands after the backslash.
pub(super) fn escaped_byte(parser: &mut Parser<'_>) -> Result<u8, PatternError> {
    let Some(byte) = parser.peek() else {
        return Err(parser.error("`\\` at the end of the pattern"));
    };
    parser.at += 1;
    Ok(match byte {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'f' => 0x0c,
        b'a' => 0x07,
        b'e' => 0x1b,
        b'x' => return hex(parser),
        b'0'..=b'7' => octal(parser, byte),
        b'c' => {
            let letter = parser.peek().ok_or_else(|| parser.error("`\\c` without a letter"))?;
            parser.at += 1;
            letter.to_ascii_uppercase() ^ 0x40
        }
        _ if byte.is_ascii_alphanumeric() => {
            parser.at -= 1;
            return Err(parser.error(format!("unknown escape `\\{}`", char::from(byte))));
        }
        _ => byte,
    })
}

fn octal(parser: &mut Parser<'_>, first: u8) -> u8 {
    let mut value = u32::from(first - b'0');
    for _ in 0..2 {
        match parser.peek() {
            Some(digit @ b'0'..=b'7') => {
                value = value * 8 + u32::from(digit - b'0');
                parser.at += 1;
            }
            _ => break,
        }
    }
    (value & 0xff) as u8
}

fn hex(parser: &mut Parser<'_>) -> Result<u8, PatternError> {
    let braces = parser.eat(b"{");
    let digits_max = if braces { 8 } else { 2 };
    let mut value = 0u32;
    let mut digits = 0;
    while digits < digits_max {
        let Some(digit) = parser.peek().and_then(|byte| char::from(byte).to_digit(16)) else {
            break;
        };
        value = value * 16 + digit;
        digits += 1;
        parser.at += 1;
    }
    if braces && !parser.eat(b"}") {
        return Err(parser.error("`\\x{` without `}`"));
    }
    u8::try_from(value).map_err(|_| {
        parser.error(format!("\\x{{{value:x}}} is above \\x{{ff}}, and patterns match bytes"))
    })
}

/// A bracketed class; the parser stands after the opening bracket.
pub(super) fn bracket(parser: &mut Parser<'_>, fold_case: bool) -> Result<ByteSet, PatternError> {
    let negated = parser.eat(b"^");
    let mut set = ByteSet::empty();
    let mut first = true;
    loop {
        let Some(byte) = parser.peek() else { return Err(parser.error("`[` without `]`")) };
        if byte == b']' && !first {
            parser.at += 1;
            break;
        }
        first = false;
        if byte == b'['
            && let Some(posix) = posix(parser)?
        {
            set.union(&posix);
            continue;
        }
        let Some(low) = item(parser, &mut set)? else { continue };
        range_or_byte(parser, &mut set, low)?;
    }
    if fold_case {
        set.fold_case();
    }
    Ok(if negated { set.negated() } else { set })
}

/// One byte of a class, or `None` after a shorthand was added to the set.
fn item(parser: &mut Parser<'_>, set: &mut ByteSet) -> Result<Option<u8>, PatternError> {
    let Some(byte) = parser.peek() else { return Err(parser.error("`[` without `]`")) };
    parser.at += 1;
    if byte != b'\\' {
        return Ok(Some(byte));
    }
    match parser.peek() {
        Some(b'b') => {
            parser.at += 1;
            Ok(Some(0x08))
        }
        Some(letter) => match shorthand(letter) {
            Some(shorthand) => {
                parser.at += 1;
                set.union(&shorthand);
                Ok(None)
            }
            None => escaped_byte(parser).map(Some),
        },
        None => Err(parser.error("`[` without `]`")),
    }
}

fn range_or_byte(parser: &mut Parser<'_>, set: &mut ByteSet, low: u8) -> Result<(), PatternError> {
    let rest = parser.rest();
    let is_range = rest.first() == Some(&b'-') && rest.get(1).is_some_and(|next| *next != b']');
    if !is_range {
        set.insert(low);
        return Ok(());
    }
    parser.at += 1;
    match item(parser, set)? {
        Some(high) if high < low => Err(parser.error("range out of order in a class")),
        Some(high) => {
            set.insert_range(low, high);
            Ok(())
        }
        // `[a-\d]`: the hyphen is an ordinary byte.
        None => {
            set.insert(low);
            set.insert(b'-');
            Ok(())
        }
    }
}

fn posix(parser: &mut Parser<'_>) -> Result<Option<ByteSet>, PatternError> {
    if !parser.rest().starts_with(b"[:") {
        return Ok(None);
    }
    let Some(end) = parser.rest().windows(2).position(|pair| pair == b":]") else {
        return Ok(None);
    };
    let name = parser.rest().get(2..end).unwrap_or_default();
    let (negated, name) = match name.strip_prefix(b"^") {
        Some(name) => (true, name),
        None => (false, name),
    };
    let member: fn(&u8) -> bool = match name {
        b"alpha" => u8::is_ascii_alphabetic,
        b"digit" => u8::is_ascii_digit,
        b"alnum" => u8::is_ascii_alphanumeric,
        b"upper" => u8::is_ascii_uppercase,
        b"lower" => u8::is_ascii_lowercase,
        b"punct" => u8::is_ascii_punctuation,
        b"cntrl" => u8::is_ascii_control,
        b"xdigit" => u8::is_ascii_hexdigit,
        b"graph" => u8::is_ascii_graphic,
        b"print" => |byte| byte.is_ascii_graphic() || *byte == b' ',
        b"space" => |byte| byte.is_ascii_whitespace() || *byte == 0x0b,
        b"word" => |byte| byte.is_ascii_alphanumeric() || *byte == b'_',
        b"blank" => |byte| *byte == b' ' || *byte == b'\t',
        b"ascii" => u8::is_ascii,
        _ => return Err(parser.error("unknown POSIX class")),
    };
    parser.at += end + 2;
    let mut set = ByteSet::empty();
    (0..=u8::MAX).filter(member).for_each(|byte| set.insert(byte));
    Ok(Some(if negated { set.negated() } else { set }))
}
