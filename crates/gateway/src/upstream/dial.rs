//! Connecting, to addresses that may be called only.

use portcullis_core::{canonical::Host, ports::upstream::Fault};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::net::{TcpStream, lookup_host};

/// The metadata service of several clouds over IPv6.
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// Connects to a host. An address that the config writes out may be called, whatever it is; a name may
/// lead anywhere but to link-local and metadata addresses. What was checked is what is dialled.
pub(super) async fn dial(host: &Host, port: u16) -> Result<TcpStream, Fault> {
    let literal = host.as_str().trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = literal.parse::<IpAddr>() {
        return connect(&[SocketAddr::new(address, port)]).await;
    }
    let found = lookup_host((host.as_str(), port)).await.map_err(|_| Fault::Unreachable)?;
    let found: Vec<SocketAddr> = found.collect();
    let allowed: Vec<SocketAddr> =
        found.iter().copied().filter(|address| may_be_dialled(address.ip())).collect();
    if allowed.is_empty() && !found.is_empty() {
        return Err(Fault::Forbidden);
    }
    connect(&allowed).await
}

async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, Fault> {
    let stream = TcpStream::connect(addresses).await.map_err(|_| Fault::Unreachable)?;
    // Small requests should not wait for a full packet. If it fails, they do.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

/// What a name may lead to.
fn may_be_dialled(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => !v4.is_link_local() && !v4.is_multicast() && v4 != Ipv4Addr::BROADCAST,
        IpAddr::V6(v6) => {
            v6.segments()[0] & 0xffc0 != 0xfe80 && !v6.is_multicast() && v6 != METADATA_V6
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ob1_a_name_never_leads_to_link_local_or_metadata_addresses() {
        for bad in
            ["169.254.169.254", "fe80::1", "febf::1", "::ffff:169.254.169.254", "fd00:ec2::254"]
        {
            assert!(!may_be_dialled(bad.parse().unwrap()), "{bad}");
        }
        for good in ["10.0.0.1", "127.0.0.1", "192.0.2.1", "fd00::1", "2001:db8::1"] {
            assert!(may_be_dialled(good.parse().unwrap()), "{good}");
        }
    }
}
