//! How a gateway finds the address of a server's name: private DNS zones, their links to virtual networks,
//! and the network's own DNS servers.
//!
//! Field names: `privatedns.json` of Azure/azure-rest-api-specs, api-version 2024-06-01. Behaviour:
//! Microsoft, "What is an Azure Private DNS zone?" and "What is a virtual network link?".

mod endpoints;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use serde_json::Value;

use super::address::HOST;
use super::vnet::VirtualNetwork;
use super::{NetworkError, identify, whole_list};
use crate::gateway::json;
use crate::id::{Name, ResourceId};

pub use endpoints::{EndpointZone, endpoint_zone};

/// A private DNS zone, with the virtual networks that it is linked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrivateZone {
    /// Its id. The zone's domain is its name.
    pub id: ResourceId,
    /// Its links; none when they were not read.
    pub links: Option<Vec<ZoneLink>>,
}

/// A link of a private DNS zone to a virtual network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneLink {
    /// Its name.
    pub name: Name,
    /// The virtual network.
    pub network: Option<ResourceId>,
    /// Whether it works (`virtualNetworkLinkState` is `Completed`).
    pub completed: bool,
    /// Whether a name that the zone does not have is asked for on the internet (`resolutionPolicy` is
    /// `NxDomainRedirect`).
    pub falls_back: bool,
}

/// What a host name looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HostKind {
    /// An IP address: nothing is asked of DNS.
    Address,
    /// A name without a dot, which only a DNS server of one's own, or Azure's within one virtual network,
    /// can know.
    Short,
    /// A name with a dot.
    Full,
}

/// Which DNS servers a virtual network asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Servers {
    /// Azure's, which know the private zones that are linked to the network.
    Azure,
    /// Its own. Whether they know private zones depends on where they forward to.
    Custom(Vec<String>),
}

/// Where a name is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// Nowhere: it is an address.
    NoLookup,
    /// In a private zone that is linked to the network.
    Private {
        /// The zone.
        zone: ResourceId,
    },
    /// On the internet, although there is a private zone for it: the zone is not linked to the network.
    NotLinked {
        /// The zone.
        zone: ResourceId,
    },
    /// On the internet: there is no private zone for it among those that were read.
    Public,
    /// That depends on something that is not known.
    Unclear {
        /// What is not known.
        why: DnsDoubt,
    },
}

/// Why it is not certain where a name is looked up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DnsDoubt {
    /// The network has DNS servers of its own.
    #[error("the virtual network's own DNS servers decide: {}", servers.join(", "))]
    CustomServers {
        /// The servers.
        servers: Vec<String>,
    },
    /// The links of the zone were not read.
    #[error("the links of the private DNS zone {} were not read", zone.name())]
    LinksNotRead {
        /// The zone.
        zone: ResourceId,
    },
    /// The zone's link is not set up yet.
    #[error("the link of the private DNS zone {} is not completed", zone.name())]
    LinkNotCompleted {
        /// The zone.
        zone: ResourceId,
    },
    /// The name has no dot.
    #[error("a name without a dot is not looked up on the internet")]
    ShortName,
}

impl PrivateZone {
    /// Reads a zone from the body of a GET; its links come by another.
    ///
    /// # Errors
    /// When the document is no private DNS zone.
    pub fn parse(raw: &Value) -> Result<Self, NetworkError> {
        Ok(Self { id: identify(raw, "Microsoft.Network/privateDnsZones")?, links: None })
    }

    /// Adds the answer of `virtualNetworkLinks`.
    ///
    /// # Errors
    /// When there is no list, or only a part of it.
    pub fn with_links(mut self, raw: &Value) -> Result<Self, NetworkError> {
        let links = whole_list(raw)?.iter().filter_map(|link| Some((json::name_of(link)?, link)));
        self.links = Some(links.map(|(name, link)| ZoneLink::read(name, json::properties(link))).collect());
        Ok(self)
    }

    /// The domain that the zone is for.
    #[must_use]
    pub fn domain(&self) -> Name {
        self.id.name()
    }

    /// Whether the zone is the one to ask for a host, if there is none for a longer part of its name.
    #[must_use]
    pub fn holds(&self, host: &str) -> bool {
        is_within(host, self.domain().as_str())
    }
}

impl ZoneLink {
    fn read(name: Name, own: &Value) -> Self {
        let is =
            |key: &str, word: &str| json::text(own, key).is_some_and(|text| text.eq_ignore_ascii_case(word));
        Self {
            name,
            network: json::reference_id(own, "virtualNetwork"),
            // A link that says nothing of its state is one that works.
            completed: json::text(own, "virtualNetworkLinkState").is_none()
                || is("virtualNetworkLinkState", "Completed"),
            falls_back: is("resolutionPolicy", "NxDomainRedirect"),
        }
    }
}

/// What a host name looks like.
#[must_use]
pub fn host_kind(host: &str) -> HostKind {
    if host.parse::<IpAddr>().is_ok() {
        HostKind::Address
    } else if labels(host).count() > 1 {
        HostKind::Full
    } else {
        HostKind::Short
    }
}

/// The zone with the longest domain that a host is in.
#[must_use]
pub fn zone_of<'a>(host: &str, zones: &'a [PrivateZone]) -> Option<&'a PrivateZone> {
    let holding = zones.iter().filter(|zone| zone.holds(host));
    holding.max_by_key(|zone| labels(zone.domain().as_str()).count())
}

/// Which DNS servers a virtual network asks.
#[must_use]
pub fn servers(network: &VirtualNetwork) -> Servers {
    let is_azure = |server: &String| server.parse() == Ok(HOST);
    if network.dns_servers.iter().all(is_azure) {
        Servers::Azure
    } else {
        Servers::Custom(network.dns_servers.clone())
    }
}

/// Where a host's name is looked up from a virtual network, given the private zones that were read.
///
/// The public name of a service that has a private endpoint leads to a name in the service's own zone
/// ([`endpoint_zone`]), so that zone counts as well. A service without a private endpoint has no such name,
/// and is found on the internet whatever this says.
#[must_use]
pub fn lookup(host: &str, network: &VirtualNetwork, zones: &[PrivateZone]) -> Lookup {
    let kind = host_kind(host);
    if kind == HostKind::Address {
        return Lookup::NoLookup;
    }
    if let Servers::Custom(servers) = servers(network) {
        return Lookup::Unclear { why: DnsDoubt::CustomServers { servers } };
    }
    if kind == HostKind::Short {
        return Lookup::Unclear { why: DnsDoubt::ShortName };
    }
    match lookup_name(host, network, zones) {
        own @ (Lookup::Public | Lookup::NotLinked { .. }) => match private_name(host) {
            Some(name) => match lookup_name(&name, network, zones) {
                Lookup::Public => own,
                other => other,
            },
            None => own,
        },
        own => own,
    }
}

/// Which zone answers for one name: the most specific one that the network sees.
fn lookup_name(name: &str, network: &VirtualNetwork, zones: &[PrivateZone]) -> Lookup {
    let mut holding: Vec<&PrivateZone> = zones.iter().filter(|zone| zone.holds(name)).collect();
    holding.sort_by_key(|zone| std::cmp::Reverse(labels(zone.domain().as_str()).count()));
    let mut unseen = Lookup::Public;
    for zone in holding {
        match link_state(zone, network) {
            state @ Lookup::NotLinked { .. } if unseen == Lookup::Public => unseen = state,
            Lookup::NotLinked { .. } => {}
            state => return state,
        }
    }
    unseen
}

/// Whether a network sees a zone.
fn link_state(zone: &PrivateZone, network: &VirtualNetwork) -> Lookup {
    let id = zone.id.clone();
    let Some(links) = &zone.links else {
        return Lookup::Unclear { why: DnsDoubt::LinksNotRead { zone: id } };
    };
    let mine: Vec<&ZoneLink> =
        links.iter().filter(|link| link.network.as_ref() == Some(&network.id)).collect();
    if mine.iter().any(|link| link.completed) {
        Lookup::Private { zone: id }
    } else if mine.is_empty() {
        Lookup::NotLinked { zone: id }
    } else {
        Lookup::Unclear { why: DnsDoubt::LinkNotCompleted { zone: id } }
    }
}

/// The name that a service with a private endpoint is known by in its zone; none for what is no such service.
fn private_name(host: &str) -> Option<String> {
    let host = host.trim_end_matches('.');
    let found = endpoint_zone(host)?;
    let own = host.get(..host.len().checked_sub(found.public.len())?)?;
    Some(format!("{own}{}", found.zone))
}

/// Whether a host is a domain, or below it.
fn is_within(host: &str, domain: &str) -> bool {
    let (host, domain): (Vec<&str>, Vec<&str>) = (labels(host).collect(), labels(domain).collect());
    let tail = host.len().checked_sub(domain.len()).and_then(|start| host.get(start..));
    !domain.is_empty()
        && tail
            .is_some_and(|tail| tail.iter().zip(&domain).all(|(own, other)| own.eq_ignore_ascii_case(other)))
}

/// The parts of a name, a dot at its end left out.
fn labels(name: &str) -> impl Iterator<Item = &str> {
    name.trim_end_matches('.').split('.').filter(|label| !label.is_empty())
}
