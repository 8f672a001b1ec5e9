//! Route tables as they are configured, and the routes of a network interface as they take effect.

use std::net::IpAddr;

use serde_json::Value;

use super::choose::{Gaps, Way, choose};
use super::hop::{NextHop, RouteSource};
use crate::gateway::json;
use crate::id::{Name, ResourceId};
use crate::network::address::{Prefix, read_prefixes};
use crate::network::tag::ServiceTag;
use crate::network::{NetworkError, identify, one_or_many, whole_list};

/// One route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Its name, if it has one: Azure's own have none.
    pub name: Option<Name>,
    /// The table that it is in, if it is known to be in one.
    pub table: Option<ResourceId>,
    /// The destinations it is for.
    pub prefixes: Vec<Prefix>,
    /// Services that it is for, whose addresses the route does not name.
    pub tags: Vec<ServiceTag>,
    /// Destinations that could not be understood, as they were spelled.
    pub odd: Vec<String>,
    /// Where it leads.
    pub hop: NextHop,
    /// Who made it.
    pub source: RouteSource,
}

impl Route {
    fn read(name: Option<Name>, own: &Value, source: RouteSource) -> Self {
        let (prefixes, others) = read_prefixes(one_or_many(own, ["addressPrefix", "addressPrefixes"]));
        let (mut tags, mut odd) = (Vec::new(), Vec::new());
        for text in others {
            match ServiceTag::parse(&text) {
                Some(tag) => tags.push(tag),
                None => odd.push(text),
            }
        }
        if prefixes.is_empty() && tags.is_empty() && odd.is_empty() {
            odd.push("addressPrefix (absent)".to_owned());
        }
        Self { name, table: None, prefixes, tags, odd, hop: NextHop::read(own), source }
    }

    /// A route that Azure makes by itself.
    pub(super) fn system(prefix: Prefix, hop: NextHop) -> Self {
        Self {
            name: None,
            table: None,
            prefixes: vec![prefix],
            tags: Vec::new(),
            odd: Vec::new(),
            hop,
            source: RouteSource::System,
        }
    }
}

/// A route table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteTable {
    /// Its id.
    pub id: ResourceId,
    /// Its routes, in the document's order.
    pub routes: Vec<Route>,
    /// Whether routes that gateways learn are kept out of its subnets (`disableBgpRoutePropagation`).
    pub disable_bgp_route_propagation: bool,
}

impl RouteTable {
    /// Reads a route table from the body of a GET.
    ///
    /// # Errors
    /// When the document is no route table.
    pub fn parse(raw: &Value) -> Result<Self, NetworkError> {
        let id = identify(raw, "Microsoft.Network/routeTables")?;
        let own = json::properties(raw);
        let route = |child: &Value| {
            let own = json::properties(child);
            Route { table: Some(id.clone()), ..Route::read(json::name_of(child), own, RouteSource::User) }
        };
        let routes = json::list(own, "routes").map(route).collect();
        let disable_bgp_route_propagation = json::flag(own, "disableBgpRoutePropagation");
        Ok(Self { id, routes, disable_bgp_route_propagation })
    }

    /// All prefixes of its routes.
    pub fn prefixes(&self) -> impl Iterator<Item = Prefix> {
        self.routes.iter().flat_map(|route| route.prefixes.iter().copied())
    }

    /// Whether the prefixes of its routes are all known.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.routes.iter().all(|route| route.tags.is_empty() && route.odd.is_empty())
    }

    /// The route that keeps a gateway in this table's subnets from the internet: `0.0.0.0/0`, or one half of
    /// it, to anywhere but the internet.
    ///
    /// A v2 gateway does not support that unless it has network isolation. Source: Microsoft, "Application
    /// Gateway infrastructure configuration", v2 unsupported scenarios.
    #[must_use]
    pub fn internet_detour(&self) -> Option<&Route> {
        self.routes.iter().find(|route| is_detour(route))
    }

    /// The route that sends `0.0.0.0/0`, or one half of it, to an appliance.
    #[must_use]
    pub fn default_to_appliance(&self) -> Option<&Route> {
        let appliance = |route: &&Route| matches!(route.hop, NextHop::VirtualAppliance { .. });
        self.routes.iter().filter(|route| is_detour(route)).find(appliance)
    }
}

/// Whether a route leads at least half of the IPv4 internet somewhere else.
fn is_detour(route: &Route) -> bool {
    let wide = |prefix: &Prefix| prefix.has_ipv4() && prefix.length() <= 1;
    !matches!(route.hop, NextHop::Internet | NextHop::Other(_)) && route.prefixes.iter().any(wide)
}

/// The routes of one network interface, as Azure worked them out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveRoutes {
    /// The routes that are active.
    pub routes: Vec<Route>,
}

impl EffectiveRoutes {
    /// Reads the answer of `effectiveRouteTable`. Routes that are not `Active` are left out, and so are those
    /// of gateways where they do not propagate.
    ///
    /// # Errors
    /// When there is no list, or only a part of it.
    pub fn parse(raw: &Value) -> Result<Self, NetworkError> {
        let active = |own: &&Value| {
            let state = json::text(own, "state").unwrap_or("Active");
            let kept_out = json::flag(own, "disableBgpRoutePropagation");
            state.eq_ignore_ascii_case("Active")
                && !(kept_out && RouteSource::read(own) == RouteSource::Gateway)
        };
        let route = |own: &Value| Route::read(json::name_of(own), own, RouteSource::read(own));
        Ok(Self { routes: whole_list(raw)?.iter().filter(active).map(route).collect() })
    }

    /// Where an address is sent.
    #[must_use]
    pub fn next_hop(&self, to: IpAddr) -> Way {
        choose(&self.routes, to, Gaps::default())
    }
}
