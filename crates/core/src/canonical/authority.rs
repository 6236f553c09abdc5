//! Host and port, in one normal form.

use super::{Inadmissible, Scheme};
use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
    sync::Arc,
};

/// The longest host name, in bytes (RFC 1035, 2.3.4).
const HOST_BYTES_MAX: usize = 253;
/// The longest label of a host name, in bytes (RFC 1035, 2.3.4).
const LABEL_BYTES_MAX: usize = 63;

/// A host and the port that was named with it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Authority {
    /// The host.
    pub host: Host,
    /// The port; `None` if it is the scheme's own.
    pub port: Option<u16>,
}

/// A host: a name in lower case without its trailing dot, or an address.
///
/// Routing, certificates and rules compare hosts only in this form.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Host(Arc<str>);

impl Authority {
    /// Reads `host`, `host:port`, `address:port` or `[address]:port` (RFC 3986, 3.2).
    pub fn admit(text: &str, scheme: Scheme) -> Result<Self, Inadmissible> {
        if text.contains('@') {
            return Err(Inadmissible::UserInformation);
        }
        let after_literal = text.rfind(']').map_or(0, |at| at + 1);
        let colon = text.get(after_literal..).and_then(|rest| rest.find(':'));
        let (host, port) = match colon {
            Some(at) => {
                let (host, port) = text.split_at(after_literal + at);
                (host, Some(port.trim_start_matches(':')).filter(|p| port.len() == p.len() + 1))
            }
            None => (text, Some("")),
        };
        let port = match port.ok_or(Inadmissible::HostMalformed)? {
            "" if colon.is_none() => None,
            digits => Some(read_port(digits)?),
        };
        let port = port.filter(|port| *port != scheme.default_port());
        Ok(Self { host: Host::parse(host).ok_or(Inadmissible::HostMalformed)?, port })
    }
}

/// One to five digits, nothing else: `u16` would take a sign.
fn read_port(digits: &str) -> Result<u16, Inadmissible> {
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let port = if plain { digits.parse::<u16>().ok() } else { None };
    port.filter(|port| *port != 0).ok_or(Inadmissible::HostMalformed)
}

impl Host {
    /// Reads a host name, an IPv4 address or an IPv6 address in brackets.
    ///
    /// A name that ends in a number must be an IPv4 address in its usual form, so that `0x7f.1` and
    /// `127.1`, which some resolvers take for addresses, are neither.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(literal) = text.strip_prefix('[') {
            let address: Ipv6Addr = literal.strip_suffix(']')?.parse().ok()?;
            return Some(Self(format!("[{address}]").into()));
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let last = name.rsplit('.').next().unwrap_or_default();
        let numeric = last.bytes().all(|b| b.is_ascii_digit()) || last.starts_with("0x");
        if numeric {
            let address: Ipv4Addr = name.parse().ok()?;
            return Some(Self(address.to_string().into()));
        }
        let sound = name.len() <= HOST_BYTES_MAX && name.split('.').all(is_label);
        sound.then(|| Self(name.into()))
    }

    /// The host in its normal form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Letters, digits, `-` and `_` inside. The underscore is no host name by RFC 1123, yet people have
/// names with it in containers and DNS, and no reader takes it apart.
fn is_label(label: &str) -> bool {
    let inside = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=LABEL_BYTES_MAX).contains(&label.len())
        && label.bytes().all(inside)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.host),
            None => self.host.fmt(f),
        }
    }
}
