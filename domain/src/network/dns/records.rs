//! The A records of a name in a private DNS zone.

use std::net::{IpAddr, Ipv4Addr};

use serde_json::Value;

use crate::gateway::json;

/// The A records of a name. Field names: `RecordSet` of Microsoft.Network/privateDnsZones, api-version
/// 2024-06-01.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Records {
    /// The addresses (`aRecords[].ipv4Address`). A record set without any is one that does not answer.
    pub addresses: Vec<IpAddr>,
}

impl Records {
    /// Reads a record set from the body of a GET.
    #[must_use]
    pub fn parse(raw: &Value) -> Self {
        let own = json::properties(raw);
        // The casing of this field differs between versions of the API: `aRecords` and `ARecords`.
        let items = json::list(own, "aRecords").chain(json::list(own, "ARecords"));
        let addresses = items.filter_map(|item| json::text(item, "ipv4Address")?.parse::<Ipv4Addr>().ok());
        Self { addresses: addresses.map(IpAddr::V4).collect() }
    }
}
