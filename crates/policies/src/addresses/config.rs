//! What a person writes.

use ipnet::IpNet;
use portcullis_core::{source::At, tree::check::FormatCheck};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de::Error as _};
use std::{borrow::Cow, net::IpAddr};

/// Which addresses may call. What is denied is refused, even if it is also allowed; with an `allow`
/// list everything else is refused. The lists of gateway, API and route must all pass.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    rename = "Addresses",
    extend("x-thing" = "addresses"),
    example = serde_json::json!({ "allow": ["10.0.0.0/8", "2001:db8::/32"], "deny": ["10.0.66.6"] })
)]
pub struct AddressesConfig {
    /// Addresses and networks that may call; all others are refused. Without this list, all that are
    /// not denied may call. An empty list is an error: it would refuse everyone.
    pub allow: Option<At<Vec<At<AddressBlock>>>>,
    /// Addresses and networks that may not call.
    pub deny: Option<At<Vec<At<AddressBlock>>>>,
}

/// An address such as `192.0.2.7` or `2001:db8::1`, or a network such as `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(inline, with = "String", extend("format" = "address"))]
pub struct AddressBlock(pub IpNet);

/// The formats of this config.
pub(super) const FORMATS: &[(&str, FormatCheck)] =
    &[("address", |text| AddressBlock::parse(text).map(drop))];

impl AddressBlock {
    /// Reads an address or network. A network with bits set beyond its prefix is refused, since
    /// somebody meant something else; so is an IPv4 address in IPv6 clothes, since addresses are
    /// compared in their plain form.
    pub fn parse(text: &str) -> Result<Self, String> {
        let network = match text.parse::<IpNet>() {
            Ok(network) => network,
            Err(_) => text.parse::<IpAddr>().map(IpNet::from).map_err(|_| {
                String::from("an address is `192.0.2.7` or `2001:db8::1`, a network `10.0.0.0/8`")
            })?,
        };
        if network.trunc() != network {
            return Err(format!("the network that holds this address is `{}`", network.trunc()));
        }
        if network.addr().to_canonical() != network.addr() {
            return Err(String::from("write an IPv4 address in its plain form"));
        }
        Ok(Self(network))
    }
}

impl<'de> Deserialize<'de> for AddressBlock {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::parse(&Cow::<str>::deserialize(d)?).map_err(D::Error::custom)
    }
}
