//! What cases can't say: the set against a naive one.

use super::{AddressBlock, policy::AddressList, policy::AddressLists};
use portcullis_core::{
    facts::{ClientIp, PeerAddr},
    source::PlaceId,
    step::Verdict,
};
use proptest::prelude::*;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

#[test]
fn what_is_not_a_network_is_refused() {
    for good in ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "::1", "0.0.0.0/0"] {
        assert!(AddressBlock::parse(good).is_ok(), "{good}");
    }
    for bad in
        ["10.0.0.1/8", "10.0.0.0/33", "10.0.0", "localhost", "", "::ffff:10.0.0.1", "1.2.3.4/"]
    {
        assert!(AddressBlock::parse(bad).is_err(), "{bad}");
    }
}

fn passes(lists: &AddressLists, address: Ipv4Addr) -> bool {
    let peer = PeerAddr::new(SocketAddr::new(IpAddr::V4(address), 1));
    matches!(lists.decide(ClientIp::of_peer(peer)), Verdict::Passed(_))
}

proptest! {
    /// A set by prefix length holds what a walk through the networks finds.
    #[test]
    fn lm7_lists_agree_with_a_naive_walk(
        networks in prop::collection::vec((0u32..64, 26u8..=32), 1..8),
        address in 0u32..64,
    ) {
        let networks: Vec<ipnet::IpNet> = networks.into_iter().map(|(bits, length)| {
            ipnet::IpNet::new(IpAddr::V4(Ipv4Addr::from_bits(bits)), length).unwrap().trunc()
        }).collect();
        let list = || {
            let mut list = AddressList::default();
            networks.iter().for_each(|network| list.add(*network, PlaceId::NOWHERE));
            list
        };
        let address = Ipv4Addr::from_bits(address);
        let held = networks.iter().any(|network| network.contains(&IpAddr::V4(address)));
        let (mut allowing, mut denying) = (AddressLists::default(), AddressLists::default());
        allowing.add(Some((list(), PlaceId::NOWHERE)), None);
        denying.add(None, Some(list()));
        prop_assert_eq!(passes(&allowing, address), held);
        prop_assert_eq!(passes(&denying, address), !held);
    }
}
