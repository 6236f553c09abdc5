//! The fields that speak of the connection and not of the message: Connection, Upgrade, Expect, TE.

use http::{HeaderName, HeaderValue, Version, header};

use crate::{fields::Fields, grammar, refusal::Refusal};

/// What `Connection` says (RFC 9110 §7.6.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ConnectionOptions {
    pub(crate) close: bool,
    pub(crate) keep_alive: bool,
    pub(crate) upgrade: bool,
}

impl ConnectionOptions {
    /// Reads every `Connection` line; they are one list.
    pub(crate) fn of<'a>(lines: impl Iterator<Item = &'a HeaderValue>) -> Result<Self, Refusal> {
        let mut options = Self::default();
        for option in lines.flat_map(members) {
            if !grammar::is_token(option) {
                return Err(Refusal::InvalidConnectionOption);
            }
            if FRAMING.iter().any(|name| option.eq_ignore_ascii_case(name.as_str().as_bytes())) {
                return Err(Refusal::ConnectionNamesFramingField);
            }
            options.close |= option.eq_ignore_ascii_case(b"close");
            options.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
            options.upgrade |= option.eq_ignore_ascii_case(b"upgrade");
        }
        Ok(options)
    }

    /// Whether the peer would go on after this message (RFC 9112 §9.3).
    ///
    /// HTTP/1.0 can ask for it with `keep-alive`; that counts from an upstream, and is not offered to clients.
    pub(crate) fn persistent(self, version: Version) -> bool {
        !self.close && (version == Version::HTTP_11 || self.keep_alive)
    }
}

const FRAMING: [HeaderName; 3] = [header::HOST, header::CONTENT_LENGTH, header::TRANSFER_ENCODING];

/// The protocols that a client would switch to, in its order (RFC 9110 §7.8). Never empty, never `h2c`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpgradeOffer {
    protocols: Vec<HeaderValue>,
}

impl UpgradeOffer {
    /// Each protocol as it was written, with its version if it has one: `websocket`, `foo/2`.
    pub fn protocols(&self) -> impl Iterator<Item = &HeaderValue> {
        self.protocols.iter()
    }

    /// The offered protocol that `answer` names, if it names exactly one of them.
    pub fn matching(&self, answer: &[u8]) -> Option<&HeaderValue> {
        self.protocols.iter().find(|protocol| protocol.as_bytes().eq_ignore_ascii_case(answer))
    }

    /// The upgrade a request asks for, if it asks in a way that counts.
    ///
    /// Not for HTTP/1.0 (RFC 9110 §7.8), not without `Connection: upgrade`. `h2c` is left out: a tunnel to an
    /// upstream in another protocol would carry requests that nobody authorised.
    pub(crate) fn of(
        fields: &Fields,
        options: ConnectionOptions,
        version: Version,
    ) -> Result<Option<Self>, Refusal> {
        let mut protocols = Vec::new();
        for protocol in fields.all(&header::UPGRADE).flat_map(members) {
            if !is_protocol(protocol) {
                return Err(Refusal::InvalidUpgrade);
            }
            if protocols.len() == PROTOCOLS_MAX {
                return Err(Refusal::InvalidUpgrade);
            }
            if !is_http2(protocol) {
                let value = HeaderValue::from_bytes(protocol);
                protocols.push(value.map_err(|_| Refusal::InvalidUpgrade)?);
            }
        }
        let counts = options.upgrade && version == Version::HTTP_11 && !protocols.is_empty();
        Ok(counts.then_some(Self { protocols }))
    }
}

/// More than anyone offers; without it one line could name four thousand.
const PROTOCOLS_MAX: usize = 8;

/// Whether the client waits for `100 Continue` (RFC 9110 §10.1.1).
pub(crate) fn expects_continue(fields: &Fields, version: Version) -> Result<bool, Refusal> {
    let mut expectations = fields.all(&header::EXPECT);
    let Some(expectation) = expectations.next() else {
        return Ok(false);
    };
    if expectations.next().is_some()
        || !expectation.as_bytes().eq_ignore_ascii_case(b"100-continue")
    {
        return Err(Refusal::UnsupportedExpectation);
    }
    Ok(version == Version::HTTP_11)
}

/// Whether `TE: trailers` was sent, without which a trailer reaches nobody (RFC 9110 §10.1.4).
pub(crate) fn accepts_trailers(fields: &Fields) -> bool {
    let mut codings = fields.all(&header::TE).flat_map(members);
    codings.any(|coding| coding.eq_ignore_ascii_case(b"trailers"))
}

pub(crate) fn members(value: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    grammar::list(value.as_bytes())
}

/// `protocol-name [ "/" protocol-version ]`.
pub(crate) fn is_protocol(text: &[u8]) -> bool {
    match memchr::memchr(b'/', text).and_then(|slash| text.split_at_checked(slash)) {
        Some((name, [_, version @ ..])) => grammar::is_token(name) && grammar::is_token(version),
        _ => grammar::is_token(text),
    }
}

/// `h2c`, `h2` and spelled-out HTTP versions: none of them is a tunnel.
pub(crate) fn is_http2(protocol: &[u8]) -> bool {
    let name = protocol.split(|byte| *byte == b'/').next().unwrap_or_default();
    [&b"h2c"[..], b"h2", b"http"].iter().any(|http| name.eq_ignore_ascii_case(http))
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn map(lines: &[(&'static str, &'static str)]) -> Fields {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        lines.iter().map(pair).collect::<HeaderMap>().into()
    }

    fn offer(lines: &[(&'static str, &'static str)]) -> Result<Option<String>, Refusal> {
        let fields = map(lines);
        let options = ConnectionOptions::of(fields.all(&header::CONNECTION))?;
        let offer = UpgradeOffer::of(&fields, options, Version::HTTP_11)?;
        Ok(offer.map(|offer| {
            let names: Vec<_> = offer.protocols().map(|name| name.to_str().unwrap()).collect();
            names.join(",")
        }))
    }

    #[test]
    fn connection_lines_are_one_list() {
        let fields = map(&[("connection", "Keep-Alive,, x"), ("connection", "UPGRADE , close")]);
        let options = ConnectionOptions::of(fields.all(&header::CONNECTION)).unwrap();
        assert_eq!(options, ConnectionOptions { close: true, keep_alive: true, upgrade: true });
        assert!(!options.persistent(Version::HTTP_11));
    }

    #[test]
    fn hd2_connection_can_not_name_what_frames() {
        for value in ["host", "close, Content-Length", "transfer-encoding"] {
            let refusal =
                ConnectionOptions::of(map(&[("connection", value)]).all(&header::CONNECTION));
            assert_eq!(refusal, Err(Refusal::ConnectionNamesFramingField), "{value}");
        }
        let refusal = ConnectionOptions::of(map(&[("connection", "a b")]).all(&header::CONNECTION));
        assert_eq!(refusal, Err(Refusal::InvalidConnectionOption));
    }

    #[test]
    fn fr5_an_offer_needs_both_fields_and_is_never_h2c() {
        let upgrade = ("connection", "upgrade");
        assert_eq!(offer(&[upgrade, ("upgrade", "websocket")]), Ok(Some("websocket".into())));
        assert_eq!(offer(&[("upgrade", "websocket")]), Ok(None));
        assert_eq!(offer(&[upgrade]), Ok(None));
        assert_eq!(offer(&[upgrade, ("upgrade", "H2C")]), Ok(None));
        assert_eq!(offer(&[upgrade, ("upgrade", "h2c, foo/2")]), Ok(Some("foo/2".into())));
        assert_eq!(offer(&[upgrade, ("upgrade", "HTTP/2.0")]), Ok(None));
        assert_eq!(offer(&[upgrade, ("upgrade", "web socket")]), Err(Refusal::InvalidUpgrade));
        assert_eq!(offer(&[upgrade, ("upgrade", "a/")]), Err(Refusal::InvalidUpgrade));
        assert_eq!(
            offer(&[upgrade, ("upgrade", "a,b,c,d,e,f,g,h,i")]),
            Err(Refusal::InvalidUpgrade)
        );
    }

    #[test]
    fn only_100_continue_can_be_expected() {
        let expect = |lines: &[_]| expects_continue(&map(lines), Version::HTTP_11);
        assert_eq!(expect(&[]), Ok(false));
        assert_eq!(expect(&[("expect", "100-Continue")]), Ok(true));
        assert_eq!(expect(&[("expect", "200-ok")]), Err(Refusal::UnsupportedExpectation));
        assert_eq!(expect(&[("expect", "")]), Err(Refusal::UnsupportedExpectation));
        let twice = [("expect", "100-continue"), ("expect", "100-continue")];
        assert_eq!(expect(&twice), Err(Refusal::UnsupportedExpectation));
        let old = map(&[("expect", "100-continue")]);
        assert_eq!(expects_continue(&old, Version::HTTP_10), Ok(false));
    }
}
