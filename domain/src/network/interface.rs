//! Network interfaces, and what holds the addresses of a subnet.
//!
//! Field names: `NetworkInterface.json` and `VirtualNetwork.json` of Azure/azure-rest-api-specs, api-version
//! 2025-01-01, and `vmssNetworkInterface.json`, 2018-10-01.

use std::net::IpAddr;

use serde_json::Value;

use super::NetworkError;
use super::context::NetworkContext;
use crate::gateway::json;
use crate::id::ResourceId;

/// A network interface, of a virtual machine, of an instance of a scale set, or of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its id.
    pub id: ResourceId,
    /// The machine that it is attached to; none means that there is none behind it.
    pub machine: Option<ResourceId>,
    /// Its private addresses.
    pub addresses: Vec<IpAddr>,
    /// The network security group of its own.
    pub security_group: Option<ResourceId>,
    /// Whether it is that of a private endpoint.
    pub is_private_endpoint: bool,
    /// Whether a service uses it without a machine of the customer's: a private endpoint or link, or a workload
    /// that Azure hosts.
    pub is_of_a_service: bool,
    /// Whether the machine passes on what is meant for others (`enableIPForwarding`).
    pub forwards: bool,
    raw: Value,
}

impl Interface {
    /// Reads an interface from the body of a GET.
    ///
    /// # Errors
    /// When the document is no network interface.
    pub fn parse(raw: &Value) -> Result<Self, NetworkError> {
        let id = ResourceId::parse(json::text(raw, "id").ok_or(NetworkError::NoId)?)?;
        if !is_in(&id, "networkInterfaces") {
            return Err(NetworkError::WrongKind { wanted: "networkInterfaces", found: id.kind() });
        }
        if !raw.get("properties").is_some_and(Value::is_object) {
            return Err(NetworkError::NoProperties);
        }
        let own = json::properties(raw);
        let address = |item: &Value| address_of(json::properties(item));
        let is_private_endpoint = json::reference(own, "privateEndpoint").is_some();
        let is_of_a_service = is_private_endpoint
            || own.get("privateLinkService").is_some_and(|service| !service.is_null())
            || !json::texts(own, "hostedWorkloads").is_empty();
        Ok(Self {
            machine: json::reference_id(own, "virtualMachine"),
            addresses: json::list(own, "ipConfigurations").filter_map(address).collect(),
            security_group: json::reference_id(own, "networkSecurityGroup"),
            is_private_endpoint,
            is_of_a_service,
            forwards: json::flag(own, "enableIPForwarding"),
            raw: raw.clone(),
            id,
        })
    }

    /// What is known of the networks around, with the application security groups of this interface.
    #[must_use]
    pub fn joined(&self, context: NetworkContext) -> NetworkContext {
        context.with_interface(&self.raw)
    }
}

/// The network interface that an IP configuration is a part of; none for that of a load balancer, a gateway …
#[must_use]
pub fn interface_of(configuration: &ResourceId) -> Option<ResourceId> {
    configuration.parent().filter(|parent| is_in(parent, "networkInterfaces"))
}

/// The instance of a scale set that a network interface is a part of; none for one that stands by itself.
#[must_use]
pub fn instance_of(interface: &ResourceId) -> Option<ResourceId> {
    let scale_set = "Microsoft.Compute/virtualMachineScaleSets";
    interface.parent().filter(|parent| parent.kind().eq_ignore_ascii_case(scale_set))
}

/// Whether an id is that of a member of a collection, such as `…/networkInterfaces/{name}`.
fn is_in(id: &ResourceId, collection: &str) -> bool {
    id.as_str().rsplit('/').nth(1).is_some_and(|own| own.eq_ignore_ascii_case(collection))
}

fn address_of(own: &Value) -> Option<IpAddr> {
    json::text(own, "privateIPAddress")?.parse().ok()
}

/// What holds the addresses of a subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occupants {
    /// The IP configurations in it, with their private address.
    configurations: Vec<(ResourceId, Option<IpAddr>)>,
    /// Whether there may be more: of a service that manages addresses of its own here, or not understood.
    has_more: bool,
}

impl Occupants {
    /// Reads a subnet from the body of a GET with `$expand=ipConfigurations`.
    ///
    /// # Errors
    /// When the document is no subnet.
    pub fn parse(raw: &Value) -> Result<Self, NetworkError> {
        let id = ResourceId::parse(json::text(raw, "id").ok_or(NetworkError::NoId)?)?;
        if !is_in(&id, "subnets") {
            return Err(NetworkError::WrongKind { wanted: "subnets", found: id.kind() });
        }
        let own = json::properties(raw);
        let configuration = |item: &Value| {
            let id = ResourceId::parse(json::text(item, "id")?).ok()?;
            Some((id, address_of(json::properties(item))))
        };
        let configurations: Vec<_> = json::list(own, "ipConfigurations").map(configuration).collect();
        let managing =
            ["delegations", "serviceAssociationLinks", "resourceNavigationLinks", "ipConfigurationProfiles"];
        Ok(Self {
            has_more: configurations.contains(&None)
                || managing.iter().any(|key| json::list(own, key).next().is_some()),
            configurations: configurations.into_iter().flatten().collect(),
        })
    }

    /// The IP configuration that holds an address.
    #[must_use]
    pub fn holder(&self, address: IpAddr) -> Option<&ResourceId> {
        let mut holding = self.configurations.iter().filter(|(_, own)| *own == Some(address));
        holding.next().map(|(id, _)| id)
    }

    /// Whether every address that is in use is listed: no service manages the subnet, and each entry says which
    /// address it has.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.has_more && self.configurations.iter().all(|(_, address)| address.is_some())
    }
}

/// Whether an address of a virtual network is free, as Azure says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Availability {
    /// Nothing has it.
    pub is_free: bool,
}

impl Availability {
    /// Reads the answer of `CheckIPAddressAvailability`.
    ///
    /// # Errors
    /// When it does not say.
    pub fn parse(raw: &Value) -> Result<Self, NetworkError> {
        let available = raw.get("available").and_then(Value::as_bool).ok_or(NetworkError::NoProperties)?;
        Ok(Self { is_free: available })
    }
}

#[cfg(test)]
mod tests;
