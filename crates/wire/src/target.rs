//! The request target: origin-form, absolute-form or an asterisk, and nothing else.

use bytes::Bytes;
use http::{Method, uri};
use memchr::memchr;

use crate::{authority, grammar, refusal::Refusal};

/// What a request asks for, as it stood in the request line (RFC 9112 §3.2). Nothing is decoded or repaired here.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    /// Path and query; `*` for the asterisk-form, `/` where an absolute URL had no path.
    pub path_and_query: uri::PathAndQuery,
    /// Scheme and authority, where the target was a whole URL.
    pub absolute: Option<Absolute>,
}

/// What an absolute-form target says beyond path and query (RFC 9112 §3.2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absolute {
    /// `http` or `https`. Whether that is how the request came is for the listener to compare.
    pub scheme: uri::Scheme,
    /// The same host and port as `Host`, or the request was refused.
    pub authority: uri::Authority,
}

impl Target {
    /// Whether this is the asterisk-form, which asks for the server as a whole.
    pub fn is_asterisk(&self) -> bool {
        self.path_and_query.as_str() == "*"
    }
}

/// Paths and queries hold tokens and names, so `Debug` shows how long they are and no more (EV1).
impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target")
            .field("bytes", &self.path_and_query.as_str().len())
            .field("absolute", &self.absolute.is_some())
            .finish()
    }
}

/// Reads `text`, a slice of the head without spaces.
pub(crate) fn read(text: Bytes, method: &Method) -> Result<Target, Refusal> {
    match text.first() {
        Some(b'/') => Ok(Target { path_and_query: path_and_query(text)?, absolute: None }),
        Some(b'*') if text.len() == 1 && *method == Method::OPTIONS => {
            Ok(Target { path_and_query: uri::PathAndQuery::from_static("*"), absolute: None })
        }
        Some(b'*') if text.len() == 1 => Err(Refusal::AsteriskWithoutOptions),
        _ => read_absolute(text, method),
    }
}

/// Whether `text` may be written as a target: the serialiser's question, answered by the reader's rules.
pub(crate) fn check(text: &[u8]) -> Result<(), Refusal> {
    let question = memchr(b'?', text).unwrap_or(text.len());
    let (path, query) = text.split_at_checked(question).unwrap_or((text, &[]));
    if grammar::is_path(path) && grammar::is_query(query) {
        return Ok(());
    }
    Err(fault_of(text))
}

fn path_and_query(text: Bytes) -> Result<uri::PathAndQuery, Refusal> {
    check(&text)?;
    // Whatever passes the check can be held, up to the 64 KiB that the `http` crate counts in.
    uri::PathAndQuery::from_maybe_shared(text).map_err(|_| Refusal::RequestLineTooLong)
}

fn read_absolute(text: Bytes, method: &Method) -> Result<Target, Refusal> {
    let unrecognised = || match check(&text) {
        Err(fault) => fault,
        Ok(()) => Refusal::UnrecognisedTargetForm,
    };
    let colon = memchr(b':', &text).ok_or_else(unrecognised)?;
    let (scheme, rest) = text.split_at_checked(colon).ok_or_else(unrecognised)?;
    let rest = rest.strip_prefix(b"://").ok_or_else(unrecognised)?;
    let scheme = match scheme {
        scheme if scheme.eq_ignore_ascii_case(b"http") => uri::Scheme::HTTP,
        scheme if scheme.eq_ignore_ascii_case(b"https") => uri::Scheme::HTTPS,
        _ => return Err(Refusal::UnsupportedScheme),
    };
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#'));
    let (host, path) = rest.split_at_checked(end.unwrap_or(rest.len())).ok_or_else(unrecognised)?;
    let authority = authority::of_target(text.slice_ref(host))?;
    let path_and_query = match path {
        [] if *method == Method::OPTIONS => uri::PathAndQuery::from_static("*"),
        [] => uri::PathAndQuery::from_static("/"),
        [b'/', ..] => path_and_query(text.slice_ref(path))?,
        // `http://host?query` has an empty path; some readers take it for `/?query`, some for `?query`.
        _ => return Err(check(path).err().unwrap_or(Refusal::UnrecognisedTargetForm)),
    };
    Ok(Target { path_and_query, absolute: Some(Absolute { scheme, authority }) })
}

fn fault_of(text: &[u8]) -> Refusal {
    for byte in text {
        match byte {
            b'#' => return Refusal::FragmentInTarget,
            b' ' => return Refusal::SpaceInTarget,
            0..b' ' | 0x7f => return Refusal::ControlInTarget,
            0x80.. => return Refusal::NonAsciiInTarget,
            _ => {}
        }
    }
    Refusal::ForbiddenInTarget
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &'static str) -> Result<String, Refusal> {
        read(Bytes::from_static(text.as_bytes()), &Method::GET).map(|target| {
            let host = target.absolute.map(|absolute| absolute.authority.to_string());
            host.unwrap_or_default() + target.path_and_query.as_str()
        })
    }

    #[test]
    fn targets_with_one_reading() {
        for text in ["/", "/a/b?c=d", "/a?", "//a", "/%2f..;x", "/a?b[c]={d}|^`\\", "/a|b[c]"] {
            assert_eq!(target(text).as_deref(), Ok(text));
        }
        assert_eq!(target("http://a:80/b?c").as_deref(), Ok("a:80/b?c"));
        assert_eq!(target("HTTPS://a").as_deref(), Ok("a/"));
    }

    #[test]
    fn fr2_targets_with_more_than_one_reading() {
        for (text, refusal) in [
            ("/a#b", Refusal::FragmentInTarget),
            ("/a?b#c", Refusal::FragmentInTarget),
            ("http://a#b", Refusal::FragmentInTarget),
            ("/a\tb", Refusal::ControlInTarget),
            ("/a\u{7f}", Refusal::ControlInTarget),
            ("/\0", Refusal::ControlInTarget),
            ("/\r", Refusal::ControlInTarget),
            ("/\u{e4}", Refusal::NonAsciiInTarget),
            ("/\\a", Refusal::ForbiddenInTarget),
            ("/<a>", Refusal::ForbiddenInTarget),
            ("/a?b=\"c\"", Refusal::ForbiddenInTarget),
            ("a", Refusal::UnrecognisedTargetForm),
            ("?a", Refusal::UnrecognisedTargetForm),
            ("a:443", Refusal::UnrecognisedTargetForm),
            ("http:/a", Refusal::UnrecognisedTargetForm),
            ("http://a?b", Refusal::UnrecognisedTargetForm),
            ("ftp://a/", Refusal::UnsupportedScheme),
            ("http://b@a/", Refusal::UserinfoInAuthority),
            ("http:///a", Refusal::InvalidHost),
            ("http://a\\b/", Refusal::InvalidHost),
            ("*", Refusal::AsteriskWithoutOptions),
            ("**", Refusal::UnrecognisedTargetForm),
        ] {
            assert_eq!(target(text), Err(refusal), "{text:?}");
        }
    }

    #[test]
    fn options_may_ask_for_the_whole_server() {
        let asterisk = read(Bytes::from_static(b"*"), &Method::OPTIONS).unwrap();
        assert!(asterisk.is_asterisk());
        assert!(read(Bytes::from_static(b"http://a"), &Method::OPTIONS).unwrap().is_asterisk());
    }

    #[test]
    fn ev1_debug_shows_no_path() {
        let target = read(Bytes::from_static(b"/hush?hush"), &Method::GET).unwrap();
        assert!(!format!("{target:?}").contains("hush"));
    }
}
