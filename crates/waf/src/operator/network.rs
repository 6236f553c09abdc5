//! Address ranges: `@ipMatch`.

use std::net::IpAddr;

#[derive(Debug)]
pub(crate) struct Networks(Vec<(u128, u128)>);

/// IPv4 addresses live where IPv6 maps them, so that both are compared alike.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

impl Networks {
    pub(crate) fn parse(list: &str) -> Result<Self, String> {
        let parts = list.split(|c: char| c == ',' || c.is_whitespace());
        let ranges: Result<Vec<_>, String> =
            parts.filter(|part| !part.is_empty()).map(network).collect();
        let ranges = ranges?;
        if ranges.is_empty() { Err("no addresses".into()) } else { Ok(Self(ranges)) }
    }

    pub(crate) fn contains(&self, address: &[u8]) -> bool {
        let address = std::str::from_utf8(address).ok().and_then(|text| text.trim().parse().ok());
        address.is_some_and(|address: IpAddr| {
            let bits = bits(address);
            self.0.iter().any(|(network, mask)| bits & mask == *network)
        })
    }
}

fn network(text: &str) -> Result<(u128, u128), String> {
    let bad = || format!("`{text}` is not an address or a network");
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length.parse::<u32>().map_err(|_| bad())?)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().map_err(|_| bad())?;
    let width = if address.is_ipv4() { 32 } else { 128 };
    let length = length.unwrap_or(width);
    if length > width {
        return Err(bad());
    }
    let mask = u128::MAX.checked_shl(width - length).unwrap_or(0);
    Ok((bits(address) & mask, mask))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_their_addresses() {
        let networks = Networks::parse("10.0.0.0/8, ::1,192.0.2.7").unwrap();
        assert!(networks.contains(b"10.9.8.7"));
        assert!(networks.contains(b"::1"));
        assert!(networks.contains(b"192.0.2.7"));
        assert!(!networks.contains(b"192.0.2.8"));
        assert!(!networks.contains(b"x"));
        assert!(Networks::parse("10.0.0.0/33").is_err());
    }
}
