//! A virtual network: its addresses, its subnets, and what it is peered with.
//!
//! Field names: `VirtualNetwork.json` of Azure/azure-rest-api-specs, api-version 2025-01-01. Behaviour:
//! Microsoft, "Virtual network peering" and "Create, change, or delete a virtual network peering".

mod peering;
#[cfg(test)]
pub(super) mod tests;

use std::net::IpAddr;

use serde_json::Value;

use super::address::{Prefix, longest, read_prefixes};
use super::{NetworkError, identify, one_or_many};
use crate::gateway::json;
use crate::id::{Name, ResourceId};

pub use peering::{Peering, PeeringFault, PeeringState};

/// A virtual network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualNetwork {
    /// Its id.
    pub id: ResourceId,
    /// Its address space.
    pub space: Vec<Prefix>,
    /// Its subnets.
    pub subnets: Vec<Subnet>,
    /// Its peerings with other virtual networks, seen from this side.
    pub peerings: Vec<Peering>,
    /// Its own DNS servers (`dhcpOptions.dnsServers`); none means the one that Azure provides.
    pub dns_servers: Vec<String>,
    /// Prefixes of its space and subnets that could not be understood, as they were spelled.
    pub odd: Vec<String>,
}

/// A part of a virtual network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    /// Its name.
    pub name: Name,
    /// Its id, when the document has it.
    pub id: Option<ResourceId>,
    /// Its addresses (`addressPrefix` or `addressPrefixes`).
    pub prefixes: Vec<Prefix>,
    /// The network security group in front of everything in it.
    pub security_group: Option<ResourceId>,
    /// The route table of what leaves it.
    pub route_table: Option<ResourceId>,
    /// The services that it is given over to, such as `Microsoft.Network/applicationGateways`.
    pub delegations: Vec<String>,
    /// The services that it reaches directly, such as `Microsoft.Web`.
    pub service_endpoints: Vec<String>,
    /// Whether its security group applies to private endpoints in it (`privateEndpointNetworkPolicies`,
    /// `Disabled` when absent). Source: Microsoft, "Manage network policies for private endpoints".
    pub groups_for_endpoints: bool,
    /// Whether route tables apply to what goes to private endpoints in it and comes from there.
    pub routes_for_endpoints: bool,
    /// Whether there are private endpoints in it that its security group does not filter (`privateEndpoints`).
    pub has_unfiltered_endpoints: bool,
}

/// How a virtual network reaches an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// It is its own address.
    SameNetwork {
        /// The subnet that has it, if one does.
        subnet: Option<Name>,
    },
    /// Through a peering that works.
    Peered {
        /// The peering's name.
        peering: Name,
    },
    /// There is a peering with the network that has the address, but it does not pass traffic there.
    PeeringBroken {
        /// The peering's name.
        peering: Name,
        /// What is wrong with it.
        fault: PeeringFault,
    },
    /// Through a peering that works, if the address is in one of the subnets that it is for: some only are
    /// peered, and which ones was not read.
    PeeredInPart {
        /// The peering's name.
        peering: Name,
    },
    /// Neither its own address nor one of a peered network: a private address elsewhere, or a public one.
    NotKnown,
}

impl VirtualNetwork {
    /// Reads a virtual network from the body of a GET.
    ///
    /// # Errors
    /// When the document is no virtual network.
    pub fn parse(raw: &Value) -> Result<Self, NetworkError> {
        let id = identify(raw, "Microsoft.Network/virtualNetworks")?;
        let own = json::properties(raw);
        let (space, mut odd) = space_of(own, "addressSpace");
        let mut subnets = Vec::new();
        for (name, child) in json::named(own, "subnets") {
            let (subnet, strange) = Subnet::read(name, child);
            subnets.push(subnet);
            odd.extend(strange);
        }
        let peerings = json::named(own, "virtualNetworkPeerings")
            .map(|(name, child)| Peering::read(name, json::properties(child)))
            .collect();
        let dns_servers = own.get("dhcpOptions").map(|options| json::texts(options, "dnsServers"));
        Ok(Self { id, space, subnets, peerings, dns_servers: dns_servers.unwrap_or_default(), odd })
    }

    /// The subnet of this name.
    #[must_use]
    pub fn subnet(&self, name: &Name) -> Option<&Subnet> {
        self.subnets.iter().find(|subnet| subnet.name == *name)
    }

    /// The subnet that has the address.
    #[must_use]
    pub fn subnet_of(&self, address: IpAddr) -> Option<&Subnet> {
        let of = self.subnets.iter().flat_map(|subnet| subnet.prefixes.iter().map(move |own| (*own, subnet)));
        longest(address, of).map(|(_, subnet)| subnet)
    }

    /// How the network reaches an address. A peering that works counts before one that is broken.
    #[must_use]
    pub fn reach(&self, address: IpAddr) -> Reach {
        if self.space.iter().any(|own| own.contains(address)) {
            return Reach::SameNetwork { subnet: self.subnet_of(address).map(|subnet| subnet.name.clone()) };
        }
        let naming = self.peerings.iter().filter(|peering| peering.names(address));
        let ways = naming.map(|peering| {
            let name = peering.name.clone();
            match peering.fault_for(address) {
                None if peering.complete => (0, Reach::Peered { peering: name }),
                None => (1, Reach::PeeredInPart { peering: name }),
                Some(fault) => (2, Reach::PeeringBroken { peering: name, fault }),
            }
        });
        ways.min_by_key(|(rank, _)| *rank).map_or(Reach::NotKnown, |(_, reach)| reach)
    }

    /// Whether networks outside of Azure may be connected, so that there may be routes and addresses that
    /// this document does not name: there is a subnet for a virtual network gateway or a route server, or a
    /// peering lends the gateway of another network.
    #[must_use]
    pub fn may_reach_on_premises(&self) -> bool {
        let hosts = |name: &str| self.subnet(&Name::new(name)).is_some();
        hosts("GatewaySubnet")
            || hosts("RouteServerSubnet")
            || self.peerings.iter().any(|peering| peering.use_remote_gateways)
    }
}

impl Subnet {
    fn read(name: Name, raw: &Value) -> (Self, Vec<String>) {
        let own = json::properties(raw);
        let (mut prefixes, odd) = read_prefixes(one_or_many(own, ["addressPrefix", "addressPrefixes"]));
        prefixes.sort_unstable();
        prefixes.dedup();
        let service = |item: &Value, key: &str| json::text(item, key).map(str::to_owned);
        let delegated = |item: &Value| service(json::properties(item), "serviceName");
        let endpoint = |item: &Value| service(item, "service");
        let policies = json::text(own, "privateEndpointNetworkPolicies").unwrap_or("Disabled");
        let applies = |word: &str| ["Enabled", word].iter().any(|set| policies.eq_ignore_ascii_case(set));
        let subnet = Self {
            id: json::text(raw, "id").and_then(|id| ResourceId::parse(id).ok()),
            security_group: json::reference_id(own, "networkSecurityGroup"),
            route_table: json::reference_id(own, "routeTable"),
            delegations: json::list(own, "delegations").filter_map(delegated).collect(),
            service_endpoints: json::list(own, "serviceEndpoints").filter_map(endpoint).collect(),
            groups_for_endpoints: applies("NetworkSecurityGroupEnabled"),
            routes_for_endpoints: applies("RouteTableEnabled"),
            has_unfiltered_endpoints: json::list(own, "privateEndpoints").next().is_some()
                && !applies("NetworkSecurityGroupEnabled"),
            name,
            prefixes,
        };
        (subnet, odd)
    }
}

/// The prefixes of an address space such as `{"addressSpace": {"addressPrefixes": […]}}`.
fn space_of(object: &Value, key: &str) -> (Vec<Prefix>, Vec<String>) {
    read_prefixes(object.get(key).map(|space| json::texts(space, "addressPrefixes")).unwrap_or_default())
}
