//! Base64, hexadecimal and URL encoding.

use super::decode::{hex_digit, hex_pair};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64_value(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

/// Decodes up to the first byte that is not base64, or around such bytes when `lenient`.
///
/// Version 3 of ModSecurity leaves a value alone unless it is well padded; an attacker's decoder
/// does not, so we follow version 2 here.
pub(super) fn base64_decode(input: &[u8], out: &mut Vec<u8>, lenient: bool) {
    let (mut bits, mut count) = (0u32, 0);
    for byte in input {
        let Some(value) = base64_value(*byte) else {
            if lenient {
                continue;
            }
            break;
        };
        bits = (bits << 6 | value) & 0xff_ffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 0xff) as u8);
        }
    }
}

pub(super) fn base64_encode(input: &[u8], out: &mut Vec<u8>) {
    for chunk in input.chunks(3) {
        let mut group = 0u32;
        for index in 0..3 {
            group = group << 8 | u32::from(chunk.get(index).copied().unwrap_or(0));
        }
        for index in 0..4 {
            let symbol = (group >> (18 - 6 * index) & 63) as usize;
            let padded = index > chunk.len();
            out.push(if padded { b'=' } else { ALPHABET.get(symbol).copied().unwrap_or(b'=') });
        }
    }
}

pub(super) fn hex_encode(input: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in input {
        for nibble in [byte >> 4, byte & 15] {
            out.push(DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0'));
        }
    }
}

pub(super) fn hex_decode(input: &[u8], out: &mut Vec<u8>) {
    for pair in input.chunks_exact(2) {
        let (high, low) = (hex_digit(pair.first()), hex_digit(pair.get(1)));
        out.push(high.unwrap_or(0) << 4 | low.unwrap_or(0));
    }
}

/// `0x414243` becomes the bytes it spells.
pub(super) fn sql_hex_decode(input: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(byte) = input.get(at) {
        let prefix = *byte == b'0' && matches!(input.get(at + 1), Some(b'x' | b'X'));
        if !prefix || hex_pair(input, at + 2).is_none() {
            out.push(*byte);
            at += 1;
            continue;
        }
        at += 2;
        while let Some(value) = hex_pair(input, at) {
            out.push(value);
            at += 2;
        }
    }
}

pub(super) fn url_encode(input: &[u8], out: &mut Vec<u8>) {
    for byte in input {
        match byte {
            b' ' => out.push(b'+'),
            b'*' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => out.push(*byte),
            _ => {
                out.push(b'%');
                hex_encode(&[*byte], out);
            }
        }
    }
}
