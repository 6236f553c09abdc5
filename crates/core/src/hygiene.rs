//! Which header fields pass, and which never do.
//!
//! Three kinds do not pass. *Claims* are fields that tell an upstream who is calling, from where, or
//! that it should read another method, path or host than the request line has; a caller's own are
//! deleted before any step sees them, in every spelling that some server folds into the same name.
//! *Hop-by-hop* fields (RFC 9110, 7.6.1) end at each connection. What `Connection` lists goes too,
//! unless somebody needs it: a caller must not be able to remove what an upstream relies on.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Fields that only the gateway may set, in their folded spelling.
const CLAIMS: &[&str] = &[
    "cf-connecting-ip",
    "client-cert",
    "client-cert-chain",
    "client-ip",
    "fastly-client-ip",
    "forwarded",
    "forwarded-for",
    "proxy",
    "remote-addr",
    "remote-user",
    "true-client-ip",
    "x-azure-clientip",
    "x-azure-socketip",
    "x-client-cert",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-forwarded",
    "x-host",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-middleware-subrequest",
    "x-original-forwarded-for",
    "x-original-host",
    "x-original-method",
    "x-original-uri",
    "x-original-url",
    "x-originating-ip",
    "x-proxyuser-ip",
    "x-real-ip",
    "x-remote-addr",
    "x-remote-ip",
    "x-remote-user",
    "x-request-id",
    "x-rewrite-url",
];

/// Every field whose folded spelling begins so is a claim.
const CLAIM_PREFIXES: &[&str] =
    &["ssl-client-", "x-envoy-", "x-forwarded-", "x-portcullis-", "x-ssl-client-"];

/// Fields that say how a message is framed, or who sends it. Under another spelling that folds into one of
/// these they are not what they seem, and some server would take them for it.
const DISGUISED: &[&str] = &[
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "host",
    "origin",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Fields that end at each connection.
const HOP_BY_HOP: &[HeaderName] = &[
    header::CONNECTION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
];

/// Fields that `Connection` cannot remove: without them a message means something else.
const END_TO_END: &[HeaderName] = &[
    header::AUTHORIZATION,
    header::CACHE_CONTROL,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::COOKIE,
    header::HOST,
    header::IF_MATCH,
    header::IF_NONE_MATCH,
    header::ORIGIN,
    header::RANGE,
    header::SET_COOKIE,
    header::VIA,
];

/// Removes every claim (see above), whatever its spelling: `X_Forwarded_For`, `x.forwarded.for`.
pub fn remove_claims(headers: &mut HeaderMap) {
    let claims: Vec<HeaderName> = headers.keys().filter(|name| is_claim(name)).cloned().collect();
    for name in claims {
        headers.remove(name);
    }
}

/// Whether a field is one that only the gateway may set, or passes for another, by its folded spelling:
/// servers that hand fields on as variables (CGI, RFC 3875, 4.1.18) fold case and whatever is neither
/// letter nor digit.
pub fn is_claim(name: &HeaderName) -> bool {
    let folded: String =
        name.as_str().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let plain = folded.strip_prefix("http-").unwrap_or(&folded);
    let is_one = |list: &[&str]| list.binary_search(&plain).is_ok();
    is_one(CLAIMS)
        || CLAIM_PREFIXES.iter().any(|prefix| plain.starts_with(prefix))
        || (plain != name.as_str() && is_one(DISGUISED))
}

/// The fields that go on to the next hop.
pub fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let listed = listed_by_connection(headers);
    let mut passed = headers.clone();
    for name in HOP_BY_HOP.iter().chain(&listed) {
        passed.remove(name);
    }
    passed.remove("keep-alive");
    passed.remove("proxy-connection");
    passed
}

fn listed_by_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    let values = headers.get_all(header::CONNECTION).iter().filter_map(|v| v.to_str().ok());
    let names = values.flat_map(|value| value.split(','));
    names
        .filter_map(|name| HeaderName::from_bytes(name.trim().as_bytes()).ok())
        .filter(|name| !END_TO_END.contains(name))
        .collect()
}

/// Adds our name to `Via` (RFC 9110, 7.6.3).
pub fn append_via(headers: &mut HeaderMap) {
    headers.append(header::VIA, HeaderValue::from_static("1.1 portcullis"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&str, &str)| {
            (
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                HeaderValue::from_str(value).unwrap(),
            )
        };
        list.iter().map(pair).collect()
    }

    #[test]
    fn the_list_is_sorted_so_that_it_can_be_searched() {
        assert!(CLAIMS.is_sorted() && DISGUISED.is_sorted());
    }

    #[test]
    fn hd1_claims_go_in_every_spelling() {
        for name in [
            "X-Forwarded-For",
            "x_forwarded_for",
            "X.Forwarded.For",
            "X-Forwarded_Proto",
            "Forwarded",
            "X_Real_IP",
            "X-Request-Id",
            "X-Portcullis-Identity",
            "X-HTTP-Method-Override",
            "X-Original-URL",
            "x-middleware-subrequest",
            "X-Envoy-Original-Path",
            "X~Forwarded~For",
            "X+Real+IP",
            "X'Forwarded'For",
            "HTTP_X_FORWARDED_FOR",
            "Proxy",
            "X-Original-Forwarded-For",
            "X-SSL-Client-Cert",
            "Remote_User",
            "Content_Length",
            "Transfer.Encoding",
            "HTTP_HOST",
        ] {
            let mut map = headers(&[(name, "a"), (name, "b"), ("accept", "*/*")]);
            remove_claims(&mut map);
            assert_eq!(map, headers(&[("accept", "*/*")]), "{name}");
        }
    }

    #[test]
    fn hd2_connection_removes_hop_by_hop_fields_only() {
        let map = headers(&[
            ("connection", "close, X-Hop, Authorization, cookie, content-length"),
            ("x-hop", "1"),
            ("authorization", "Bearer t"),
            ("cookie", "a=b"),
            ("content-length", "3"),
            ("keep-alive", "5"),
            ("te", "trailers"),
            ("upgrade", "h2c"),
            ("proxy-authorization", "Basic x"),
        ]);
        let left =
            headers(&[("authorization", "Bearer t"), ("cookie", "a=b"), ("content-length", "3")]);
        assert_eq!(end_to_end(&map), left);
    }
}
