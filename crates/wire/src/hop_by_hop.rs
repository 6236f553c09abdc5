//! The fields that belong to one connection and end there (RFC 9110 §7.6.1).

use http::{HeaderMap, HeaderName, header};

use crate::options;

/// Whether `name` speaks of a connection, so that it is never passed on.
pub fn is_hop_by_hop(name: &HeaderName) -> bool {
    const KNOWN: [HeaderName; 7] = [
        header::CONNECTION,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
        header::TE,
        header::TRAILER,
        header::PROXY_AUTHENTICATE,
        header::PROXY_AUTHORIZATION,
    ];
    // Not in the `http` crate's list of standard names, so they cost a comparison of text.
    const OTHERS: [&str; 3] = ["keep-alive", "proxy-connection", "http2-settings"];
    KNOWN.contains(name) || OTHERS.contains(&name.as_str())
}

/// Removes what `Connection` names and what is hop-by-hop by itself.
///
/// `keep` answers for the fields that a policy reads or the gateway writes: a client that names one of them in
/// `Connection` doesn't get it removed (CVE-2022-31813). Fields of the gateway's own are added after this.
pub fn remove(fields: &mut HeaderMap, keep: impl Fn(&HeaderName) -> bool) {
    let named: Vec<HeaderName> = fields
        .get_all(header::CONNECTION)
        .iter()
        .flat_map(options::members)
        .filter_map(|name| HeaderName::from_bytes(name).ok())
        .filter(|name| !keep(name) && fields.contains_key(name))
        .collect();
    for name in named {
        fields.remove(name);
    }
    let known: Vec<HeaderName> =
        fields.keys().filter(|name| is_hop_by_hop(name)).cloned().collect();
    for name in known {
        fields.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn cve_2022_31813_connection_names_a_field_that_is_kept() {
        let lines = [
            ("connection", "X-Forwarded-For, x-private, Keep-Alive"),
            ("x-forwarded-for", "192.0.2.1"),
            ("x-private", "1"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers"),
            ("http2-settings", "AAMAAABkAAQAAP__"),
            ("accept", "*/*"),
        ];
        let mut fields: HeaderMap = lines
            .into_iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        remove(&mut fields, |name| name.as_str().starts_with("x-forwarded"));
        let mut left: Vec<_> = fields.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["accept", "x-forwarded-for"]);
    }
}
