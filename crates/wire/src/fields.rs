//! A block of field lines becomes a `HeaderMap`, or a refusal that says which rule it broke.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::{grammar, refusal::Refusal};

/// Fields, with a note of which of the few that this crate reads are among them.
///
/// Most requests have none of them, and each look-up for nothing costs as much as reading a short line.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    pub(crate) map: HeaderMap,
    seen: u8,
    /// Some name holds `_` or `.`, which other readers may take for `-`.
    pub(crate) any_alias: bool,
}

/// The fields that this crate reads.
const KNOWN: [HeaderName; 7] = [
    header::HOST,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::UPGRADE,
    header::EXPECT,
    header::TE,
];

/// Values that no `Debug` may show (EV1).
const SECRET: [HeaderName; 4] =
    [header::AUTHORIZATION, header::PROXY_AUTHORIZATION, header::COOKIE, header::SET_COOKIE];

impl Fields {
    /// Reads `lines`, all of them slices of `block`, into fields that share the block's memory.
    pub(crate) fn read<'a>(
        block: &'a Bytes,
        lines: impl Iterator<Item = &'a [u8]>,
        count: usize,
        name_bytes_max: usize,
    ) -> Result<Self, Refusal> {
        let map = HeaderMap::try_with_capacity(count).map_err(|_| Refusal::TooManyFields)?;
        let mut fields = Self { map, seen: 0, any_alias: false };
        let mut first = true;
        for line in lines {
            let (name, value, alias) = split(line, first)?;
            first = false;
            fields.any_alias |= alias;
            if name.len() > name_bytes_max {
                return Err(Refusal::FieldNameTooLong);
            }
            let name = HeaderName::from_bytes(name).map_err(|_| Refusal::InvalidFieldName)?;
            let value = HeaderValue::from_maybe_shared(block.slice_ref(value))
                .map_err(|_| fault_of(value).unwrap_or(Refusal::ControlByte))?;
            fields.add(name, value)?;
        }
        Ok(fields)
    }

    /// All values of one of the fields in `KNOWN`.
    pub(crate) fn all(&self, name: &HeaderName) -> impl Iterator<Item = &HeaderValue> {
        let seen = self.seen & bit(name) != 0;
        seen.then(|| self.map.get_all(name)).into_iter().flatten()
    }

    fn add(&mut self, name: HeaderName, mut value: HeaderValue) -> Result<(), Refusal> {
        self.seen |= bit(&name);
        value.set_sensitive(SECRET.contains(&name));
        self.map.try_append(name, value).map(drop).map_err(|_| Refusal::TooManyFields)
    }
}

fn bit(name: &HeaderName) -> u8 {
    KNOWN.iter().enumerate().fold(0, |bits, (i, known)| bits | u8::from(known == name) << i)
}

/// Splits one line at its colon and trims the value, which `HeaderValue` checks (RFC 9112 §5); says whether the
/// name holds `_` or `.`.
fn split(line: &[u8], first: bool) -> Result<(&[u8], &[u8], bool), Refusal> {
    if let Some(b' ' | b'\t') = line.first() {
        return Err(match first {
            true => Refusal::WhitespaceBeforeFirstField,
            false => Refusal::ObsoleteLineFolding,
        });
    }
    let (end, alias) = grammar::token_prefix(line);
    match line.split_at_checked(end) {
        Some((name @ [_, ..], [b':', value @ ..])) => Ok((name, grammar::trim(value), alias)),
        _ => Err(fault_of_name(line)),
    }
}

/// Why a line does not begin with a token and a colon.
fn fault_of_name(line: &[u8]) -> Refusal {
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
    match name {
        [] => Refusal::EmptyFieldName,
        name if name.len() == line.len() => fault_of(line).unwrap_or(Refusal::MissingColon),
        [.., b' ' | b'\t'] => Refusal::SpaceBeforeColon,
        name => fault_of(name).unwrap_or(Refusal::InvalidFieldName),
    }
}

/// Which of the bytes that are nowhere allowed in a field stands first in `text`.
fn fault_of(text: &[u8]) -> Option<Refusal> {
    grammar::first_control(text).map(|control| match control {
        0 => Refusal::NulByte,
        b'\r' => Refusal::BareCarriageReturn,
        _ => Refusal::ControlByte,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    impl From<HeaderMap> for Fields {
        fn from(map: HeaderMap) -> Self {
            let mut fields = Self::default();
            for (name, value) in &map {
                fields.any_alias |= grammar::token_prefix(name.as_str().as_bytes()).1;
                fields.add(name.clone(), value.clone()).unwrap();
            }
            fields
        }
    }

    fn check(line: &[u8], expected: Result<(&[u8], &[u8]), Refusal>) {
        let block = Bytes::from([b"first: 1\r\n", line, b"\r\n\r\n"].concat());
        let lines = block.split(|byte| *byte == b'\n').filter_map(|line| line.strip_suffix(b"\r"));
        let read = Fields::read(&block, lines.filter(|line| !line.is_empty()), 2, 256);
        let expected = expected.map(|(name, value)| (name.to_vec(), value.to_vec()));
        let read = read.map(|fields| {
            let (name, value) = fields.map.iter().nth(1).unwrap();
            (name.as_str().as_bytes().to_vec(), value.as_bytes().to_vec())
        });
        assert_eq!(read, expected, "{:?}", line.escape_ascii().to_string());
    }

    #[test]
    fn a_line_is_a_name_a_colon_and_a_trimmed_value() {
        check(b"a: b", Ok((b"a", b"b")));
        check(b"a:b", Ok((b"a", b"b")));
        check(b"a:\t b c \t", Ok((b"a", b"b c")));
        check(b"a:", Ok((b"a", b"")));
        check(b"a:b:c", Ok((b"a", b"b:c")));
        check(b"a: \xe4\xff", Ok((b"a", b"\xe4\xff")));
    }

    #[test]
    fn fr2_fields_with_more_than_one_reading() {
        check(b" a: b", Err(Refusal::ObsoleteLineFolding));
        check(b"\ta: b", Err(Refusal::ObsoleteLineFolding));
        check(b"a : b", Err(Refusal::SpaceBeforeColon));
        check(b"a\t: b", Err(Refusal::SpaceBeforeColon));
        check(b"a b: c", Err(Refusal::InvalidFieldName));
        check(b"a", Err(Refusal::MissingColon));
        check(b"a: b\rc: d", Err(Refusal::BareCarriageReturn));
        check(b"a\r: b", Err(Refusal::BareCarriageReturn));
        check(b"a\rb", Err(Refusal::BareCarriageReturn));
        check(b"a: b\r", Err(Refusal::BareCarriageReturn));
        check(b"a: b\0c", Err(Refusal::NulByte));
        check(b"a\0: b", Err(Refusal::NulByte));
        check(b"a: \x0bchunked", Err(Refusal::ControlByte));
        check(b"a: \x7f", Err(Refusal::ControlByte));
        check(b"\xe4: b", Err(Refusal::InvalidFieldName));
        assert_eq!(split(b" a: b", true), Err(Refusal::WhitespaceBeforeFirstField));
    }

    #[test]
    fn cve_2023_25725_empty_field_name() {
        check(b": b", Err(Refusal::EmptyFieldName));
        check(b" : b", Err(Refusal::ObsoleteLineFolding));
    }

    #[test]
    fn ev1_secrets_are_not_shown() {
        let block = Bytes::from_static(b"cookie: hush\r\n\r\n");
        let fields = Fields::read(&block, crate::lines::lines(&block), 1, 256).unwrap();
        assert!(!format!("{fields:?}").contains("hush"));
    }
}
