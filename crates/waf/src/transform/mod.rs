//! Transformations: what a rule does to a value before it looks at it.
//!
//! Each names the bytes without which it changes nothing, so that most values skip most of them.

mod decode;
mod digest;
mod encode;
mod path;
mod text;
mod unicode;

pub(crate) use unicode::UnicodeMap;

/// Kinds of bytes that occur in a value, as a set of bits.
pub(crate) mod classes {
    use crate::regex::ast::ByteSet;

    pub(crate) const PERCENT: u32 = 1;
    pub(crate) const PLUS: u32 = 1 << 1;
    pub(crate) const AMPERSAND: u32 = 1 << 2;
    pub(crate) const BACKSLASH: u32 = 1 << 3;
    pub(crate) const SLASH: u32 = 1 << 4;
    pub(crate) const DOT: u32 = 1 << 5;
    pub(crate) const UPPER: u32 = 1 << 6;
    pub(crate) const LOWER: u32 = 1 << 7;
    pub(crate) const SPACE: u32 = 1 << 8;
    /// Tab, newline, vertical tab, form feed, carriage return.
    pub(crate) const CONTROL_SPACE: u32 = 1 << 9;
    pub(crate) const NBSP: u32 = 1 << 10;
    pub(crate) const NUL: u32 = 1 << 11;
    pub(crate) const HIGH: u32 = 1 << 12;
    /// `"`, `'`, `^`, comma and semicolon.
    pub(crate) const SHELL: u32 = 1 << 13;
    pub(crate) const DASH: u32 = 1 << 14;
    pub(crate) const HASH: u32 = 1 << 15;
    pub(crate) const STAR: u32 = 1 << 16;
    pub(crate) const LESS: u32 = 1 << 17;
    pub(crate) const EQUALS: u32 = 1 << 18;
    /// Anything that is not a letter, a digit, `_` or `.`.
    pub(crate) const NOT_WORD: u32 = 1 << 19;
    pub(crate) const DIGIT: u32 = 1 << 20;
    pub(crate) const QUOTE: u32 = 1 << 21;
    pub(crate) const PARENTHESIS: u32 = 1 << 22;
    pub(crate) const DOLLAR: u32 = 1 << 23;
    pub(crate) const BACKTICK: u32 = 1 << 24;
    pub(crate) const BRACE: u32 = 1 << 25;
    pub(crate) const BRACKET: u32 = 1 << 26;
    pub(crate) const PIPE: u32 = 1 << 27;
    pub(crate) const COLON: u32 = 1 << 28;
    pub(crate) const GREATER: u32 = 1 << 29;
    /// What no other kind names.
    pub(crate) const OTHER: u32 = 1 << 30;
    /// Always triggers.
    pub(crate) const ANY: u32 = 1 << 31;

    const fn of_byte(byte: u8) -> u32 {
        let class = match byte {
            b'%' => PERCENT,
            b'+' => PLUS,
            b'&' => AMPERSAND,
            b'\\' => BACKSLASH,
            b'/' => SLASH,
            b'.' => DOT,
            b'A'..=b'Z' => UPPER,
            b'a'..=b'z' => LOWER,
            b'0'..=b'9' => DIGIT,
            b' ' => SPACE,
            b'\t'..=b'\r' => CONTROL_SPACE,
            0 => NUL,
            b'"' | b'\'' => SHELL | QUOTE,
            b'^' | b',' | b';' => SHELL,
            b'-' => DASH,
            b'#' => HASH,
            b'*' => STAR,
            b'<' => LESS,
            b'=' => EQUALS,
            b'(' | b')' => PARENTHESIS,
            b'$' => DOLLAR,
            b'`' => BACKTICK,
            b'{' | b'}' => BRACE,
            b'[' | b']' => BRACKET,
            b'|' => PIPE,
            b':' => COLON,
            b'>' => GREATER,
            0xa0 => NBSP | HIGH,
            0x80..=0xff => HIGH,
            _ => OTHER,
        };
        let word = byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.';
        if word { class } else { class | NOT_WORD }
    }

    #[expect(clippy::indexing_slicing, reason = "evaluated while compiling")]
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            table[byte] = of_byte(byte as u8);
            byte += 1;
        }
        table
    };

    /// The kind that tells most about a byte.
    pub(crate) fn telling(byte: u8) -> u32 {
        let kinds = of_byte(byte) & !NOT_WORD;
        for special in [QUOTE, NBSP] {
            if kinds & special != 0 {
                return special;
            }
        }
        kinds
    }

    /// The kinds of which some byte is not in the set.
    pub(crate) fn not_within(set: &ByteSet) -> u32 {
        let outside = (0..=u8::MAX).filter(|byte| !set.contains(*byte));
        outside.fold(0, |kinds, byte| kinds | telling(byte))
    }

    /// The kinds of bytes in `value`. A lone dot counts as a path, for it can be resolved like one.
    pub(crate) fn of(value: &[u8]) -> u32 {
        let lone_dot = if value == b"." { SLASH } else { 0 };
        lone_dot
            | value
                .iter()
                .fold(ANY, |all, byte| all | TABLE.get(usize::from(*byte)).copied().unwrap_or(0))
    }
}

macro_rules! transformations {
    ($($name:ident = $($text:literal)|+, $trigger:expr;)*) => {
        /// A transformation of SecLang.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub(crate) enum Transformation { $($name),* }

        impl Transformation {
            pub(crate) const COUNT: usize = [$(Self::$name),*].len();

            pub(crate) fn parse(text: &str) -> Option<Self> {
                $($(if text.eq_ignore_ascii_case($text) { return Some(Self::$name); })+)*
                None
            }

            /// The name as rules write it.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$name => [$($text),+][0]),* }
            }

            /// Kinds of bytes of which a value must have one to be changed.
            pub(crate) fn trigger(self) -> u32 {
                use classes::*;
                match self { $(Self::$name => $trigger),* }
            }
        }
    };
}

transformations! {
    Base64Decode = "base64Decode", ANY;
    Base64DecodeExt = "base64DecodeExt", ANY;
    Base64Encode = "base64Encode", ANY;
    CmdLine = "cmdLine", UPPER | SHELL | BACKSLASH | SPACE | CONTROL_SPACE;
    CompressWhitespace = "compressWhitespace", SPACE | CONTROL_SPACE;
    CssDecode = "cssDecode", BACKSLASH;
    EscapeSeqDecode = "escapeSeqDecode", BACKSLASH;
    HexDecode = "hexDecode", ANY;
    HexEncode = "hexEncode", ANY;
    HtmlEntityDecode = "htmlEntityDecode", AMPERSAND;
    JsDecode = "jsDecode", BACKSLASH;
    Length = "length", ANY;
    Lowercase = "lowercase", UPPER;
    Md5 = "md5", ANY;
    NormalizePath = "normalizePath" | "normalisePath", SLASH;
    NormalizePathWin = "normalizePathWin" | "normalisePathWin", SLASH | BACKSLASH;
    RemoveComments = "removeComments", SLASH | LESS | DASH | HASH;
    RemoveCommentsChar = "removeCommentsChar", SLASH | STAR | LESS | DASH | HASH;
    RemoveNulls = "removeNulls", NUL;
    RemoveWhitespace = "removeWhitespace", SPACE | CONTROL_SPACE | NBSP;
    ReplaceComments = "replaceComments", SLASH;
    ReplaceNulls = "replaceNulls", NUL;
    Sha1 = "sha1", ANY;
    SqlHexDecode = "sqlHexDecode", DIGIT;
    Trim = "trim", SPACE | CONTROL_SPACE;
    TrimLeft = "trimLeft", SPACE | CONTROL_SPACE;
    TrimRight = "trimRight", SPACE | CONTROL_SPACE;
    Uppercase = "uppercase", LOWER;
    UrlDecode = "urlDecode", PERCENT | PLUS;
    UrlDecodeUni = "urlDecodeUni", PERCENT | PLUS;
    UrlEncode = "urlEncode", ANY;
    Utf8ToUnicode = "utf8toUnicode", HIGH | NUL;
}

impl Transformation {
    /// Writes the transformed `input` to `out`, which is emptied first.
    pub(crate) fn apply(self, input: &[u8], map: &UnicodeMap, out: &mut Vec<u8>) {
        out.clear();
        match self {
            Self::Base64Decode => encode::base64_decode(input, out, false),
            Self::Base64DecodeExt => encode::base64_decode(input, out, true),
            Self::Base64Encode => encode::base64_encode(input, out),
            Self::CmdLine => text::cmd_line(input, out),
            Self::CompressWhitespace => text::compress_whitespace(input, out),
            Self::CssDecode => decode::css(input, out),
            Self::EscapeSeqDecode => decode::escape_sequences(input, out),
            Self::HexDecode => encode::hex_decode(input, out),
            Self::HexEncode => encode::hex_encode(input, out),
            Self::HtmlEntityDecode => decode::html_entities(input, out),
            Self::JsDecode => decode::js(input, out),
            Self::Length => out.extend_from_slice(input.len().to_string().as_bytes()),
            Self::Lowercase => out.extend(input.iter().map(u8::to_ascii_lowercase)),
            Self::Md5 => out.extend_from_slice(&digest::md5(input)),
            Self::NormalizePath => path::normalize(input, out, false),
            Self::NormalizePathWin => path::normalize(input, out, true),
            Self::RemoveComments => text::remove_comments(input, out),
            Self::RemoveCommentsChar => text::remove_comments_char(input, out),
            Self::RemoveNulls => out.extend(input.iter().filter(|byte| **byte != 0)),
            Self::RemoveWhitespace => {
                out.extend(input.iter().filter(|byte| !text::is_space(**byte) && **byte != 0xa0));
            }
            Self::ReplaceComments => text::replace_comments(input, out),
            Self::ReplaceNulls => {
                out.extend(input.iter().map(|byte| if *byte == 0 { b' ' } else { *byte }));
            }
            Self::Sha1 => out.extend_from_slice(&digest::sha1(input)),
            Self::SqlHexDecode => encode::sql_hex_decode(input, out),
            Self::Trim => out.extend_from_slice(text::trim(input, true, true)),
            Self::TrimLeft => out.extend_from_slice(text::trim(input, true, false)),
            Self::TrimRight => out.extend_from_slice(text::trim(input, false, true)),
            Self::Uppercase => out.extend(input.iter().map(u8::to_ascii_uppercase)),
            Self::UrlDecode => decode::url(input, out),
            Self::UrlDecodeUni => decode::url_unicode(input, map, out),
            Self::UrlEncode => encode::url_encode(input, out),
            Self::Utf8ToUnicode => unicode::utf8_to_unicode(input, out),
        }
    }
}

#[cfg(test)]
mod tests;
