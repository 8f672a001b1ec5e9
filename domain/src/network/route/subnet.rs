//! The routes of a subnet, worked out from its virtual network and its route table.

use std::net::IpAddr;

use super::choose::{Gaps, Way, choose};
use super::hop::NextHop;
use super::table::{Route, RouteTable};
use crate::network::address::{PRIVATE, Prefix};
use crate::network::vnet::{Subnet, VirtualNetwork};

/// The routes of a subnet, as far as documents show them: without those that gateways learn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubnetRoutes {
    routes: Vec<Route>,
    gaps: Gaps,
    private_endpoints: Vec<IpAddr>,
}

impl SubnetRoutes {
    /// Azure's own routes for the network, together with those of the subnet's table.
    ///
    /// Source: Microsoft, "Virtual network traffic routing", default and optional default routes.
    #[must_use]
    pub fn of(network: &VirtualNetwork, subnet: Option<&Subnet>, table: Option<&RouteTable>) -> Self {
        let own = network.space.iter().map(|prefix| Route::system(*prefix, NextHop::VnetLocal));
        let (peered, parts): (Vec<_>, Vec<_>) = network
            .peerings
            .iter()
            .filter(|peering| peering.is_connected())
            .partition(|peering| peering.complete);
        let peered = peered
            .iter()
            .flat_map(|peering| &peering.remote_space)
            .map(|prefix| Route::system(*prefix, NextHop::VnetPeering));
        let routes = own.chain(peered).chain(everywhere(&network.space));
        let bgp_off = table.is_some_and(|table| table.disable_bgp_route_propagation);
        let gaps = Gaps {
            learned: network.may_reach_on_premises() && !bgp_off,
            service_endpoints: subnet.is_some_and(|subnet| !subnet.service_endpoints.is_empty()),
            unread: !network.odd.is_empty() || !parts.is_empty(),
        };
        let user = table.into_iter().flat_map(|table| table.routes.iter().cloned());
        Self { routes: routes.chain(user).collect(), gaps, private_endpoints: Vec::new() }
    }

    /// Says that an address is that of a private endpoint, in the network or in a peered one. Azure has a
    /// route of its own for each, which documents of networks do not show.
    #[must_use]
    pub fn with_private_endpoint(mut self, address: IpAddr) -> Self {
        self.private_endpoints.push(address);
        self
    }

    /// Where an address is sent.
    #[must_use]
    pub fn next_hop(&self, to: IpAddr) -> Way {
        let way = choose(&self.routes, to, self.gaps);
        if self.private_endpoints.contains(&to) { way.of_private_endpoint(to) } else { way }
    }
}

/// What Azure has for every network: the internet, and nothing for private addresses that nobody has.
fn everywhere(space: &[Prefix]) -> impl Iterator<Item = Route> {
    let defaults = ["0.0.0.0/0", "::/0"].into_iter().filter_map(|text| Prefix::parse(text).ok());
    let internet = defaults.map(|prefix| Route::system(prefix, NextHop::Internet));
    // An address space that includes one of these takes its route away.
    let unused = PRIVATE
        .into_iter()
        .filter(|prefix| prefix.has_ipv4() && !space.iter().any(|own| own.has_ipv4() && own.covers(prefix)));
    internet.chain(unused.map(|prefix| Route::system(prefix, NextHop::None)))
}
