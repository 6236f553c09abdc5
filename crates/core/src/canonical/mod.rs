//! The canonical request: the one form that every step reads and the upstream receives.
//!
//! [`Canonical::admit`] is a pure function for every protocol. It turns a head into its one normal
//! form or refuses it; nothing after it decodes anything again. What it refuses by default: bytes that
//! RFC 3986 does not allow, dot segments, `//`, `\`, `;`, encoded slashes, backslashes, NUL and
//! control characters, bad percent signs, bytes that are not UTF-8, more or less than one Host, user
//! information, and every target but a path (`*` and `host:port` reach nothing here).
//!
//! It deliberately does not follow headers that claim another method, path or host.

mod authority;
mod path;
mod query;

pub use authority::{Authority, Host};
pub use path::{CanonicalPath, decode_segment};
pub use query::Query;

use crate::{hygiene, limits, reason::Reason, reasons};
use http::{HeaderMap, Method, header};
use std::{fmt, sync::Arc};

/// A request in its one normal form.
#[derive(Debug, Clone)]
pub struct Canonical {
    /// What is asked for. Shared, since the record and the permit to forward hold it as well.
    target: Arc<Target>,
    /// The header fields as received. `Host` is gone, since it is the target's authority, and so is
    /// every field that only the gateway may set.
    headers: HeaderMap,
}

/// What is asked for: the part of a request that is authorised, and that is forwarded unchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The method, case-sensitive (RFC 9110, 9.1).
    pub method: Method,
    /// Whether the caller came by TLS.
    pub scheme: Scheme,
    /// Host and port.
    pub authority: Authority,
    /// The path.
    pub path: CanonicalPath,
    /// The query; `None` if there was no `?`.
    pub query: Option<Query>,
}

/// How the caller came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// By TLS.
    Https,
}

/// A head as a protocol's reader hands it over.
#[derive(Debug)]
pub struct RawHead<'a> {
    /// The method.
    pub method: Method,
    /// How the caller came.
    pub scheme: Scheme,
    /// The request target as received: a path with its query, or an absolute URL.
    pub target: &'a str,
    /// The `:authority` of HTTP/2.
    pub authority: Option<&'a str>,
    /// All header fields, `Host` included.
    pub headers: HeaderMap,
}

/// Why a head has no canonical form. One variant for each thing that can be wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inadmissible {
    /// The target is longer than is read.
    TargetTooLong,
    /// The target is neither a path nor an absolute `http` or `https` URL.
    TargetForm,
    /// The absolute target names another scheme than the connection has.
    OtherScheme,
    /// There is no host.
    HostMissing,
    /// `Host` stands more than once.
    HostRepeated,
    /// The host is not a name or address with an optional port.
    HostMalformed,
    /// The target or `:authority` and `Host` name different hosts.
    HostsDiffer,
    /// User information stands before the host.
    UserInformation,
    /// A byte that a path cannot hold.
    PathByte,
    /// A `%` without two hexadecimal digits.
    BadPercent,
    /// `%2F`, `%5C`, `%00` or another encoded character that servers take apart differently.
    EncodedDelimiter,
    /// `.` or `..`, encoded or not.
    DotSegment,
    /// `//`.
    EmptySegment,
    /// `;`, which starts parameters for some servers and is text for others.
    PathParameter,
    /// The decoded bytes are not UTF-8.
    NotUtf8,
    /// A byte that a query cannot hold.
    QueryByte,
}

impl Inadmissible {
    /// The reason that the refusal carries.
    pub fn reason(self) -> &'static Reason {
        match self {
            Self::TargetTooLong => &reasons::HEAD_TOO_LARGE,
            Self::TargetForm | Self::OtherScheme => &reasons::MALFORMED_HEAD,
            Self::HostMissing
            | Self::HostRepeated
            | Self::HostMalformed
            | Self::HostsDiffer
            | Self::UserInformation => &reasons::BAD_HOST,
            Self::PathByte
            | Self::BadPercent
            | Self::EncodedDelimiter
            | Self::DotSegment
            | Self::EmptySegment
            | Self::PathParameter
            | Self::NotUtf8 => &reasons::AMBIGUOUS_PATH,
            Self::QueryByte => &reasons::AMBIGUOUS_QUERY,
        }
    }
}

impl fmt::Display for Inadmissible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TargetTooLong => "the target is longer than is read",
            Self::TargetForm => "the target is neither a path nor an absolute URL",
            Self::OtherScheme => "the target names another scheme than the connection has",
            Self::HostMissing => "there is no host",
            Self::HostRepeated => "Host stands more than once",
            Self::HostMalformed => "the host is not a name or address with an optional port",
            Self::HostsDiffer => "the target and Host name different hosts",
            Self::UserInformation => "user information stands before the host",
            Self::PathByte => "the path holds a byte that must be percent-encoded",
            Self::BadPercent => "a percent sign without two hexadecimal digits",
            Self::EncodedDelimiter => "an encoded slash, backslash or control character",
            Self::DotSegment => "a dot segment",
            Self::EmptySegment => "an empty segment",
            Self::PathParameter => "a `;` in the path",
            Self::NotUtf8 => "the decoded text is not UTF-8",
            Self::QueryByte => "the query holds a byte that must be percent-encoded",
        })
    }
}

impl Canonical {
    /// The one reading of a head, or why there is not exactly one.
    pub fn admit(head: RawHead<'_>) -> Result<Self, Inadmissible> {
        if head.target.len() > limits::TARGET_BYTES_MAX {
            return Err(Inadmissible::TargetTooLong);
        }
        let (named, path_and_query) = split_target(head.target, head.scheme)?;
        let mut headers = head.headers;
        let authority = one_authority(&headers, [named, head.authority], head.scheme)?;
        headers.remove(header::HOST);
        hygiene::remove_claims(&mut headers);
        let (path, query) = match path_and_query.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path_and_query, None),
        };
        let target = Target {
            method: head.method,
            scheme: head.scheme,
            authority,
            path: CanonicalPath::admit(path)?,
            query: query.map(Query::admit).transpose()?,
        };
        // Encoding what browsers send bare makes a target longer.
        let query = target.query.as_ref().map_or(0, |query| query.as_str().len());
        if target.path.as_str().len() + query > limits::TARGET_BYTES_MAX {
            return Err(Inadmissible::TargetTooLong);
        }
        Ok(Self { target: Arc::new(target), headers })
    }

    /// What is asked for.
    pub fn target(&self) -> &Arc<Target> {
        &self.target
    }

    /// The header fields, without `Host` and without those that only the gateway may set.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }
}

impl Target {
    /// Path and query as they go into a request line.
    pub fn path_and_query(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{}", self.path.as_str(), query.as_str()),
            None => self.path.as_str().to_owned(),
        }
    }
}

impl Scheme {
    /// The scheme as a URL has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port that a URL of this scheme need not name.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// The authority of an absolute target, if it is one, and the rest.
fn split_target(target: &str, scheme: Scheme) -> Result<(Option<&str>, &str), Inadmissible> {
    if target.starts_with('/') {
        return Ok((None, target));
    }
    let (named, rest) = target.split_once("://").ok_or(Inadmissible::TargetForm)?;
    let named = match () {
        () if named.eq_ignore_ascii_case("http") => Scheme::Http,
        () if named.eq_ignore_ascii_case("https") => Scheme::Https,
        () => return Err(Inadmissible::TargetForm),
    };
    if named != scheme {
        return Err(Inadmissible::OtherScheme);
    }
    match rest.find(['/', '?', '#']) {
        Some(at) if rest.as_bytes().get(at) == Some(&b'/') => {
            let (authority, path) = rest.split_at(at);
            Ok((Some(authority), path))
        }
        Some(_) => Err(Inadmissible::TargetForm),
        None => Ok((Some(rest), "/")),
    }
}

/// Every place that names the host must name the same one.
fn one_authority(
    headers: &HeaderMap,
    named: [Option<&str>; 2],
    scheme: Scheme,
) -> Result<Authority, Inadmissible> {
    let mut fields = headers.get_all(header::HOST).iter();
    let field = fields.next();
    if fields.next().is_some() {
        return Err(Inadmissible::HostRepeated);
    }
    let field = field.map(|value| value.to_str().map_err(|_| Inadmissible::HostMalformed));
    let mut all = named.into_iter().flatten().map(Ok).chain(field);
    let first = all.next().ok_or(Inadmissible::HostMissing)??;
    let authority = Authority::admit(first, scheme)?;
    for other in all {
        if Authority::admit(other?, scheme)? != authority {
            return Err(Inadmissible::HostsDiffer);
        }
    }
    Ok(authority)
}

#[cfg(test)]
mod tests;
