//! What is known of the networks around a security group: which addresses its tags stand for, and which
//! groups a network interface is in.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::Value;

use super::address::{Cover, HOST, Prefix, read_prefixes};
use super::route::RouteTable;
use super::tag::ServiceTag;
use super::vnet::VirtualNetwork;
use crate::gateway::json;
use crate::id::ResourceId;

/// The surroundings of a security group. An empty one knows nothing, and decides less.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NetworkContext {
    /// The address space of the virtual network and of those it is peered with.
    pub spaces: Vec<Prefix>,
    /// Further prefixes that the tag `VirtualNetwork` holds: of on-premises networks, and of routes.
    pub connected: Vec<Prefix>,
    /// Whether `spaces` and `connected` are all there is. If not, any other address may be in
    /// `VirtualNetwork`.
    pub complete: bool,
    /// The prefixes of service tags, where they were read.
    pub tags: BTreeMap<ServiceTag, Vec<Prefix>>,
    /// The application security groups of network interfaces, by their private address.
    pub members: BTreeMap<IpAddr, Vec<ResourceId>>,
    /// Subnets of gateways. Nothing else is in them, and a gateway's instance is in no application security
    /// group.
    pub gateways: Vec<Prefix>,
}

impl NetworkContext {
    /// What a virtual network's document says, together with the route table of the subnet in question.
    ///
    /// `VirtualNetwork` holds the network's own addresses, those of open peerings, those of on-premises
    /// networks, and the prefixes of user-defined routes. Source: Microsoft, "Azure service tags overview".
    #[must_use]
    pub fn of(network: &VirtualNetwork, routes: Option<&RouteTable>) -> Self {
        let (peered, parts): (Vec<_>, Vec<_>) =
            network.peerings.iter().filter(|peering| peering.is_open()).partition(|peering| peering.complete);
        let routed = routes.into_iter().flat_map(RouteTable::prefixes);
        let plain = routes.is_none_or(RouteTable::is_plain);
        Self {
            spaces: network
                .space
                .iter()
                .chain(peered.iter().flat_map(|peering| &peering.remote_space))
                .copied()
                .collect(),
            connected: routed.collect(),
            complete: parts.is_empty() && plain && network.odd.is_empty() && !network.may_reach_on_premises(),
            ..Self::default()
        }
    }

    /// Adds a network interface, from the body of its GET: which groups its addresses are in.
    #[must_use]
    pub fn with_interface(mut self, interface: &Value) -> Self {
        for item in json::list(json::properties(interface), "ipConfigurations") {
            let own = json::properties(item);
            let address = json::text(own, "privateIPAddress").and_then(|text| text.parse().ok());
            let groups = json::list(own, "applicationSecurityGroups")
                .filter_map(|group| ResourceId::parse(json::text(group, "id")?).ok());
            if let Some(address) = address {
                self.members.entry(address).or_default().extend(groups);
            }
        }
        self
    }

    /// Adds the addresses of a service tag.
    #[must_use]
    pub fn with_tag(mut self, tag: ServiceTag, prefixes: impl IntoIterator<Item = Prefix>) -> Self {
        self.tags.entry(tag).or_default().extend(prefixes);
        self
    }

    /// Adds the subnet of a gateway.
    #[must_use]
    pub fn with_gateway(mut self, subnet: Prefix) -> Self {
        self.gateways.push(subnet);
        self
    }

    /// Adds the tags of an answer's `tagMap`, which ARM documents as a text and sends as an object.
    pub(super) fn with_tag_map(mut self, map: &Value) -> Self {
        for (tag, prefixes) in map.as_object().into_iter().flatten() {
            let texts = prefixes.as_array().into_iter().flatten().filter_map(Value::as_str);
            let (prefixes, odd) = read_prefixes(texts.map(str::to_owned).collect());
            if let (Some(tag), true) = (ServiceTag::parse(tag), odd.is_empty()) {
                self = self.with_tag(tag, prefixes);
            }
        }
        self
    }

    /// Whether a prefix is in `VirtualNetwork`: each answer that is possible.
    pub(super) fn in_virtual_network(&self, prefix: &Prefix) -> &'static [bool] {
        let held = self.spaces.iter().chain(self.connected.iter().filter(|own| !own.is_default()));
        let cover = held.map(|own| own.cover(prefix)).max().unwrap_or(Cover::None);
        match cover {
            _ if prefix.address() == Some(HOST) => &[true],
            Cover::Full => &[true],
            Cover::Part => &[true, false],
            Cover::None if self.complete && !self.has_default_route() => &[false],
            Cover::None => &[false, true],
        }
    }

    /// Whether a service's addresses are in `VirtualNetwork`. They are not, unless it holds everything: the
    /// tag "might also contain default routes", as Microsoft puts it.
    pub(super) fn service_in_virtual_network(&self) -> &'static [bool] {
        if self.has_default_route() { &[false, true] } else { &[false] }
    }

    fn has_default_route(&self) -> bool {
        self.connected.iter().any(Prefix::is_default)
    }
}
