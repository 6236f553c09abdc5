//! The decision.

use ipnet::IpNet;
use portcullis_core::{
    facts::ClientIp,
    source::PlaceId,
    step::{Detail, Ground, Verdict},
    stop::Stop,
};
use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
};

portcullis_core::reasons! {
    /// The caller's address is on a `deny` list of the gateway, the API or the route.
    refusal(403) ADDRESS_DENIED "PC1101" "calls from this address are refused"
        => "call from another address, or remove the network that is shown from `deny`";
    /// There is an `allow` list, and the caller's address is not on it.
    refusal(403) ADDRESS_NOT_ALLOWED "PC1102" "calls from this address are not allowed"
        => "call from an allowed network, or add the caller's to the `allow` list that is shown";
    /// The caller's address passes every list.
    pass ADDRESS_PASSED "PC1103" "the address passes every list" => "";
    /// An `allow` list holds the whole of IPv4 or IPv6, so it refuses nobody.
    finding ANY_ADDRESS_ALLOWED "PC1104" "any address allowed"
        => "list the networks that are meant, or remove `allow`";
}

/// The lists of all levels that apply; each must pass.
#[derive(Debug, Default)]
pub struct AddressLists(Vec<Level>);

#[derive(Debug)]
struct Level {
    allow: Option<(AddressList, PlaceId)>,
    deny: Option<AddressList>,
}

/// A set of networks. A lookup costs one probe for each prefix length in use, however many networks
/// there are.
#[derive(Debug, Default)]
pub(super) struct AddressList {
    by_prefix: BTreeMap<(bool, u8), HashMap<IpAddr, PlaceId>>,
}

impl AddressLists {
    pub(super) fn add(&mut self, allow: Option<(AddressList, PlaceId)>, deny: Option<AddressList>) {
        self.0.push(Level { allow, deny });
    }

    /// Asks every level: first what is denied, then what is allowed.
    pub fn decide(&self, client: ClientIp) -> Verdict {
        let detail = Detail::Address(client.ip());
        for level in &self.0 {
            if let Some(place) = level.deny.as_ref().and_then(|list| list.find(client.ip())) {
                return Stop::new(Ground::at(&ADDRESS_DENIED, place).with(detail)).into();
            }
            if let Some((list, place)) = &level.allow
                && list.find(client.ip()).is_none()
            {
                return Stop::new(Ground::at(&ADDRESS_NOT_ALLOWED, *place).with(detail)).into();
            }
        }
        Ground::bare(&ADDRESS_PASSED).with(detail).pass()
    }
}

impl AddressList {
    pub(super) fn add(&mut self, network: IpNet, place: PlaceId) {
        let key = (network.addr().is_ipv4(), network.prefix_len());
        self.by_prefix.entry(key).or_default().entry(network.network()).or_insert(place);
    }

    /// The place of a network that holds `address`, if there is one.
    fn find(&self, address: IpAddr) -> Option<PlaceId> {
        self.by_prefix.iter().find_map(|((is_ipv4, length), networks)| {
            if *is_ipv4 != address.is_ipv4() {
                return None;
            }
            let network = IpNet::new(address, *length).ok()?.network();
            networks.get(&network).copied()
        })
    }
}
