//! Picks the route that an address takes.

use std::net::IpAddr;

use super::hop::{NextHop, RouteSource};
use super::table::Route;
use crate::id::{Name, ResourceId};
use crate::network::address::{HOST, METADATA, Prefix, Sphere};
use crate::network::tag::ServiceTag;

/// The route that an address takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Where it leads.
    pub hop: NextHop,
    /// Its name, if it has one.
    pub name: Option<Name>,
    /// The table that it is in, if it is known to be in one.
    pub table: Option<ResourceId>,
    /// Who made it.
    pub source: RouteSource,
    /// The prefix that the address is in.
    pub prefix: Prefix,
}

/// Where an address is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// By this route.
    Via(Chosen),
    /// That depends on something that is not known.
    Unclear {
        /// What is not known.
        why: RouteDoubt,
        /// The route that it would be otherwise, or that cannot be told.
        route: Option<Name>,
    },
}

/// Why nothing certain can be said of where an address is sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouteDoubt {
    /// No route is about it, which means that they were not all read.
    #[error("no route is about this address")]
    NoRoute,
    /// Routes that a gateway learns may be more specific.
    #[error("a virtual network gateway may know a more specific route")]
    LearnedRoutes,
    /// The address may be one of a service that the subnet has a service endpoint for.
    #[error("a service endpoint of the subnet may lead there")]
    ServiceEndpoint,
    /// A private endpoint's own route and a user-defined one compete: which one wins depends on the network
    /// policies of the endpoint's subnet.
    #[error("the network policies of the private endpoint's subnet were not read")]
    PrivateEndpoint,
    /// A route is for a service tag whose addresses are not known.
    #[error("the addresses of the service tag {tag} are not known")]
    TagUnknown {
        /// The tag.
        tag: ServiceTag,
    },
    /// A destination, or a next hop, was not understood.
    #[error("{what} was not understood")]
    NotUnderstood {
        /// What, as it was spelled.
        what: String,
    },
    /// Routes with the same prefix lead to different places.
    #[error("two routes of one prefix disagree")]
    SamePrefix,
}

/// What is known to be missing from a list of routes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Gaps {
    /// Routes that a virtual network gateway learned.
    pub(super) learned: bool,
    /// The addresses of service endpoints.
    pub(super) service_endpoints: bool,
    /// Parts of an address space.
    pub(super) unread: bool,
}

impl Way {
    /// The hop, if it is certain.
    #[must_use]
    pub fn hop(&self) -> Option<&NextHop> {
        match self {
            Self::Via(chosen) => Some(&chosen.hop),
            Self::Unclear { .. } => None,
        }
    }

    /// The route that certainly drops everything for the address. Azure's own does so for a private address
    /// that no network here has.
    #[must_use]
    pub fn black_hole(&self) -> Option<&Chosen> {
        match self {
            Self::Via(chosen) => Some(chosen).filter(|chosen| chosen.hop == NextHop::None),
            Self::Unclear { .. } => None,
        }
    }

    /// The same for the address of a private endpoint, which has a route of its own with the longest prefix.
    pub(super) fn of_private_endpoint(self, to: IpAddr) -> Self {
        match self {
            Self::Via(Chosen { source: RouteSource::User, name, .. }) => {
                Self::Unclear { why: RouteDoubt::PrivateEndpoint, route: name }
            }
            unclear @ Self::Unclear { .. } => unclear,
            Self::Via(_) => system(to, NextHop::PrivateEndpoint),
        }
    }
}

/// A route of Azure's own for one address.
fn system(to: IpAddr, hop: NextHop) -> Way {
    Way::Via(Chosen { hop, name: None, table: None, source: RouteSource::System, prefix: to.into() })
}

/// Picks the route that an address takes.
pub(super) fn choose(routes: &[Route], to: IpAddr, gaps: Gaps) -> Way {
    if [HOST, METADATA].contains(&to) {
        return system(to, NextHop::Host);
    }
    let candidates = candidates(routes, to);
    let Some(best) = candidates.first() else {
        let why = maybes(routes, to).next().map_or(RouteDoubt::NoRoute, |(_, why)| why);
        return Way::Unclear { why, route: None };
    };
    let doubt = equals(&candidates, best)
        .or_else(|| other_doubt(routes, to, best))
        .or_else(|| gap(&candidates, best, to, gaps));
    match doubt {
        Some(why) => Way::Unclear { why, route: best.route.name.clone() },
        None => Way::Via(best.chosen(&candidates)),
    }
}

/// A route with the prefix that holds the address.
#[derive(Debug, Clone, Copy)]
struct Candidate<'a> {
    prefix: Prefix,
    route: &'a Route,
}

impl Candidate<'_> {
    /// What decides: the prefix, then who made it.
    fn rank(&self) -> (std::cmp::Reverse<u8>, RouteSource) {
        (std::cmp::Reverse(self.prefix.length()), self.route.source)
    }

    fn is_from(&self, source: RouteSource) -> bool {
        self.route.source == source
    }

    /// Whether Azure made it for its own networks.
    fn is_shortcut(&self) -> bool {
        self.is_from(RouteSource::System) && self.route.hop.is_shortcut()
    }

    /// The route, with the addresses of all appliances that share its traffic.
    fn chosen(&self, candidates: &[Self]) -> Chosen {
        let mut hop = self.route.hop.clone();
        if let NextHop::VirtualAppliance { addresses } = &mut hop {
            for other in candidates.iter().filter(|other| other.rank() == self.rank()) {
                if let NextHop::VirtualAppliance { addresses: more } = &other.route.hop {
                    addresses.extend(more);
                }
            }
            addresses.sort_unstable();
            addresses.dedup();
        }
        let Route { name, table, source, .. } = self.route;
        Chosen { hop, name: name.clone(), table: table.clone(), source: *source, prefix: self.prefix }
    }
}

/// The routes that hold the address, the one that it takes first.
fn candidates(routes: &[Route], to: IpAddr) -> Vec<Candidate<'_>> {
    let all = routes.iter().flat_map(|route| {
        let holding = route.prefixes.iter().filter(move |prefix| prefix.contains(to));
        holding.map(move |prefix| Candidate { prefix: *prefix, route })
    });
    let mut all: Vec<Candidate<'_>> = all.collect();
    all.sort_by_key(Candidate::rank);
    // A user-defined route takes the place of Azure's own with the same prefix.
    let users: Vec<Prefix> =
        all.iter().filter(|one| one.is_from(RouteSource::User)).map(|one| one.prefix).collect();
    all.retain(|one| one.is_from(RouteSource::User) || !users.contains(&one.prefix));
    // "System routes for traffic related to virtual network, virtual network peerings, or virtual network
    // service endpoints are preferred routes. They're preferred, even if BGP routes are more specific."
    if all.iter().any(Candidate::is_shortcut) {
        all.retain(|one| !one.is_from(RouteSource::Gateway));
    }
    all
}

/// Whether routes of the same rank lead to different places.
fn equals(candidates: &[Candidate<'_>], best: &Candidate<'_>) -> Option<RouteDoubt> {
    let kind = |candidate: &Candidate<'_>| std::mem::discriminant(&candidate.route.hop);
    let differs =
        candidates.iter().filter(|other| other.rank() == best.rank()).any(|other| kind(other) != kind(best));
    differs.then_some(RouteDoubt::SamePrefix)
}

/// Whether the route itself, or another one that may be about the address, was not understood.
fn other_doubt(routes: &[Route], to: IpAddr, best: &Candidate<'_>) -> Option<RouteDoubt> {
    if let NextHop::Other(what) = &best.route.hop {
        return Some(RouteDoubt::NotUnderstood { what: format!("nextHopType {what}") });
    }
    // Of equal prefixes the explicit one comes before a tag's, and none is longer than one address.
    let final_word = best.prefix.is_single() && best.route.source == RouteSource::User;
    let other = maybes(routes, to).find(|(route, _)| route.hop != best.route.hop);
    other.filter(|_| !final_word).map(|(_, why)| why)
}

/// Routes that may be about an address.
fn maybes(routes: &[Route], to: IpAddr) -> impl Iterator<Item = (&Route, RouteDoubt)> {
    // The addresses of services are public.
    let public = Prefix::from(to).sphere() != Sphere::Private;
    routes.iter().filter_map(move |route| {
        let tag = route.tags.first().filter(|_| public);
        let by_tag = tag.map(|tag| RouteDoubt::TagUnknown { tag: tag.clone() });
        let odd = route.odd.first().map(|what| RouteDoubt::NotUnderstood { what: what.clone() });
        Some((route, by_tag.or(odd)?))
    })
}

/// Whether something that is missing may lead elsewhere.
fn gap(candidates: &[Candidate<'_>], best: &Candidate<'_>, to: IpAddr, gaps: Gaps) -> Option<RouteDoubt> {
    let user = best.route.source == RouteSource::User;
    if user && best.prefix.is_single() {
        return None;
    }
    let shortcut = candidates.iter().any(Candidate::is_shortcut);
    let public = Prefix::from(to).sphere() != Sphere::Private;
    if gaps.unread && !shortcut {
        Some(RouteDoubt::NotUnderstood { what: "the address space".to_owned() })
    } else if gaps.learned && !shortcut {
        Some(RouteDoubt::LearnedRoutes)
    } else if gaps.service_endpoints && public && user {
        Some(RouteDoubt::ServiceEndpoint)
    } else {
        None
    }
}
