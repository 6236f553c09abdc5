//! Host names and ports as they stand in `Host` and in absolute URLs.

use std::net::Ipv6Addr;

use bytes::Bytes;
use http::{header, uri};

use crate::{fields::Fields, refusal::Refusal};

/// The one `Host` of a request (RFC 9112 §3.2).
pub(crate) fn of_request(fields: &Fields) -> Result<uri::Authority, Refusal> {
    let mut hosts = fields.all(&header::HOST);
    let host = hosts.next().ok_or(Refusal::MissingHost)?;
    if hosts.next().is_some() {
        return Err(Refusal::RepeatedHost);
    }
    check(host.as_bytes())?;
    uri::Authority::try_from(host.as_bytes()).map_err(|_| Refusal::InvalidHost)
}

/// The authority of an absolute URL, which is `Bytes` of the head already.
pub(crate) fn of_target(text: Bytes) -> Result<uri::Authority, Refusal> {
    check(&text)?;
    uri::Authority::from_maybe_shared(text).map_err(|_| Refusal::InvalidHost)
}

/// Whether two authorities name the same place for `http` or `https`: letter case and a default port don't count.
pub(crate) fn same(one: &uri::Authority, other: &uri::Authority, scheme_port: u16) -> bool {
    let port = |authority: &uri::Authority| authority.port_u16().unwrap_or(scheme_port);
    one.host().eq_ignore_ascii_case(other.host()) && port(one) == port(other)
}

/// `uri-host [ ":" port ]` (RFC 9110 §7.2), narrower than RFC 3986: a name of letters, digits, `-`, `.`, `_`,
/// an IPv4 address, or an IPv6 address in brackets; a port of one to five digits.
///
/// Not taken: percent-encoding and sub-delims in names (a comma would make two hosts of one), an empty port,
/// zone identifiers, future literals.
pub(crate) fn check(text: &[u8]) -> Result<(), Refusal> {
    if text.contains(&b'@') {
        return Err(Refusal::UserinfoInAuthority);
    }
    let port = match text {
        [b'[', rest @ ..] => {
            let end = memchr::memchr(b']', rest).ok_or(Refusal::InvalidHost)?;
            let (address, after) = rest.split_at_checked(end).ok_or(Refusal::InvalidHost)?;
            let address = std::str::from_utf8(address).map_err(|_| Refusal::InvalidHost)?;
            address.parse::<Ipv6Addr>().map_err(|_| Refusal::InvalidHost)?;
            after.get(1..).unwrap_or_default()
        }
        name => {
            let end = memchr::memchr(b':', name).unwrap_or(name.len());
            let (name, port) = name.split_at_checked(end).ok_or(Refusal::InvalidHost)?;
            if name.is_empty() || !name.iter().all(is_name_byte) {
                return Err(Refusal::InvalidHost);
            }
            port
        }
    };
    match port {
        [] => Ok(()),
        [b':', digits @ ..] => check_port(digits),
        _ => Err(Refusal::InvalidHost),
    }
}

fn check_port(digits: &[u8]) -> Result<(), Refusal> {
    if digits.len() > 5 || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Refusal::InvalidHost);
    }
    let number = std::str::from_utf8(digits).map_err(|_| Refusal::InvalidHost)?;
    number.parse::<u16>().map(drop).map_err(|_| Refusal::InvalidHost)
}

fn is_name_byte(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_with_one_reading() {
        for host in ["a", "A.example.com.", "192.0.2.1:80", "[::1]", "[2001:db8::1]:8443", "a_b:1"]
        {
            assert_eq!(check(host.as_bytes()), Ok(()), "{host}");
            assert!(uri::Authority::try_from(host).is_ok(), "{host}");
        }
    }

    #[test]
    fn fr2_malformed_hosts() {
        for host in [
            "",
            ":80",
            "a:",
            "a:x",
            "a:+80",
            "a:65536",
            "a:000080",
            "a b",
            "a/b",
            "a,b",
            "a:80:80",
            "[::1",
            "::1",
            "[::1]x",
            "[::1%25eth0]",
            "[v1.x]",
            "a%2eb",
            "a;b",
            "a?b",
            "a#b",
            "a\\b",
            "[]",
            "[1.2.3.4]",
            "\u{e4}",
        ] {
            assert_eq!(check(host.as_bytes()), Err(Refusal::InvalidHost), "{host}");
        }
        assert_eq!(check(b"user@a"), Err(Refusal::UserinfoInAuthority));
    }

    #[test]
    fn az5_case_and_default_port_do_not_count() {
        let authority = |text: &'static str| uri::Authority::from_static(text);
        assert!(same(&authority("A.b"), &authority("a.B:80"), 80));
        assert!(!same(&authority("a.b:443"), &authority("a.b"), 80));
        assert!(!same(&authority("a.b."), &authority("a.b"), 80));
    }
}
