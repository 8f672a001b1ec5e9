//! Private endpoints: the private addresses of services such as App Service.
//!
//! Field names: `PrivateEndpoint.json` of Azure/azure-rest-api-specs, api-version 2025-07-01. Behaviour:
//! Microsoft, "What is a private endpoint?" and "Manage Azure private endpoints".

mod target;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::IpAddr;

use serde_json::Value;

use super::{NetworkError, identify, whole_list};
use crate::gateway::json;
use crate::id::ResourceId;

pub use target::{Target, TargetKind};

/// A private endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrivateEndpoint {
    /// Its id.
    pub id: ResourceId,
    /// The subnet that its addresses are in.
    pub subnet: Option<ResourceId>,
    /// The service that it leads to (`privateLinkServiceId`).
    pub target: Option<ResourceId>,
    /// Which parts of the service (`groupIds`), such as `sites`, or `sites-staging` for a slot.
    pub groups: Vec<String>,
    /// Whether the service's owner lets it in.
    pub state: ConnectionState,
    /// The host names that it stands for, as far as the document tells: those of `customDnsConfigs`, which is
    /// empty where a zone group looks after them, and of network interfaces that were expanded.
    pub hosts: Vec<String>,
    /// Its addresses, as far as the document tells.
    pub addresses: Vec<IpAddr>,
}

/// Whether the owner of a service lets a private endpoint in (`privateLinkServiceConnectionState.status`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionState {
    /// It works.
    Approved,
    /// Nobody has decided yet.
    Pending,
    /// The owner does not let it in.
    Rejected,
    /// The owner removed the connection, or the service is gone.
    Disconnected,
    /// What ARM may call it in future, or nothing.
    Other(String),
}

/// A private DNS zone that an endpoint's zone group keeps records in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptZone {
    /// The zone.
    pub zone: ResourceId,
    /// The records there, by host name (`recordSets[].fqdn`), with their addresses.
    pub records: Vec<(String, Vec<IpAddr>)>,
}

impl PrivateEndpoint {
    /// Reads a private endpoint from the body of a GET.
    ///
    /// # Errors
    /// When the document is no private endpoint.
    pub fn parse(raw: &Value) -> Result<Self, NetworkError> {
        let id = identify(raw, "Microsoft.Network/privateEndpoints")?;
        let own = json::properties(raw);
        let connection = ["privateLinkServiceConnections", "manualPrivateLinkServiceConnections"]
            .into_iter()
            .find_map(|key| json::list(own, key).next())
            .map_or(&Value::Null, json::properties);
        let state = connection.get("privateLinkServiceConnectionState");
        let target = json::text(connection, "privateLinkServiceId").and_then(|id| ResourceId::parse(id).ok());
        let mut endpoint = Self {
            id,
            subnet: json::reference_id(own, "subnet"),
            target,
            groups: json::texts(connection, "groupIds"),
            state: ConnectionState::read(
                state.and_then(|state| json::text(state, "status")).unwrap_or_default(),
            ),
            hosts: Vec::new(),
            addresses: Vec::new(),
        };
        for config in json::list(own, "customDnsConfigs") {
            endpoint.hosts.extend(json::text(config, "fqdn").map(str::to_owned));
            endpoint.addresses.extend(addresses(json::texts(config, "ipAddresses")));
        }
        for fixed in json::list(own, "ipConfigurations").map(json::properties) {
            endpoint.addresses.extend(addresses(json::text(fixed, "privateIPAddress")));
        }
        for interface in json::list(own, "networkInterfaces").map(json::properties) {
            for ip in json::list(interface, "ipConfigurations").map(json::properties) {
                endpoint.addresses.extend(addresses(json::text(ip, "privateIPAddress")));
                let names = ip.get("privateLinkConnectionProperties");
                endpoint.hosts.extend(names.map(|own| json::texts(own, "fqdns")).unwrap_or_default());
            }
        }
        endpoint.addresses.sort_unstable();
        endpoint.addresses.dedup();
        Ok(endpoint)
    }

    /// Whether it is for a host: by the names that the document tells, or else by the service's own name, which
    /// is that of the host where names are the service's.
    #[must_use]
    pub fn stands_for(&self, host: &str) -> bool {
        if self.hosts.is_empty() {
            return self.target.as_ref().is_some_and(|target| target::is_named(host, target, &self.groups));
        }
        self.hosts.iter().any(|own| same_host(own, host))
    }
}

impl KeptZone {
    /// Reads the zones from the answer of `privateDnsZoneGroups`.
    ///
    /// # Errors
    /// When there is no list, or only a part of it.
    pub fn parse(raw: &Value) -> Result<Vec<Self>, NetworkError> {
        let configs = |group| json::list(json::properties(group), "privateDnsZoneConfigs");
        let zone = |config: &Value| {
            let own = json::properties(config);
            let record = |set: &Value| {
                let host = json::text(set, "fqdn")?.to_owned();
                Some((host, addresses(json::texts(set, "ipAddresses")).collect()))
            };
            Some(Self {
                zone: ResourceId::parse(json::text(own, "privateDnsZoneId")?).ok()?,
                records: json::list(own, "recordSets").filter_map(record).collect(),
            })
        };
        Ok(whole_list(raw)?.iter().flat_map(configs).filter_map(zone).collect())
    }
}

/// The addresses among some texts.
fn addresses(texts: impl IntoIterator<Item = impl AsRef<str>>) -> impl Iterator<Item = IpAddr> {
    texts.into_iter().filter_map(|text| text.as_ref().parse().ok())
}

/// Whether two host names are the same, a dot at the end left out.
#[must_use]
pub fn same_host(one: &str, other: &str) -> bool {
    one.trim_end_matches('.').eq_ignore_ascii_case(other.trim_end_matches('.'))
}

impl ConnectionState {
    fn read(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "approved" => Self::Approved,
            "pending" => Self::Pending,
            "rejected" => Self::Rejected,
            "disconnected" => Self::Disconnected,
            _ => Self::Other(text.to_owned()),
        }
    }
}

impl fmt::Display for ConnectionState {
    /// Writes it as ARM spells it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Approved => "Approved",
            Self::Pending => "Pending",
            Self::Rejected => "Rejected",
            Self::Disconnected => "Disconnected",
            Self::Other(text) if text.is_empty() => "not reported",
            Self::Other(text) => text,
        })
    }
}
