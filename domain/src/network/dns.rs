//! How a gateway finds the address of a server's name: private DNS zones, their links to virtual networks,
//! and the network's own DNS servers.
//!
//! Field names: `privatedns.json` of Azure/azure-rest-api-specs, api-version 2024-06-01. Behaviour:
//! Microsoft, "What is an Azure Private DNS zone?" and "What is a virtual network link?".

mod endpoints;
mod names;
mod records;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use serde_json::Value;

use super::address::HOST;
use super::vnet::VirtualNetwork;
use super::{NetworkError, identify};
use crate::gateway::json;
use crate::id::{Name, ResourceId};

pub use endpoints::{EndpointZone, endpoint_zone};
pub use names::{NameFault, candidates, fault_of, has_no_public_meaning, is_endpoint_zone, wildcards};
pub use records::Records;

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

/// How a virtual network sees a private DNS zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZoneView<'a> {
    /// By a link that works: the zone answers for every name in its domain.
    Linked(&'a ZoneLink),
    /// Not yet: there is a link, and it is not completed.
    InProgress(&'a ZoneLink),
    /// Not at all.
    NotLinked,
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

    /// A zone of which only the id is known.
    #[must_use]
    pub fn of(id: ResourceId) -> Self {
        Self { id, links: None }
    }

    /// Adds the answer of `virtualNetworkLinks`.
    ///
    /// # Errors
    /// When there is no list, or only a part of it.
    pub fn with_links(mut self, raw: &Value) -> Result<Self, NetworkError> {
        let page = LinkPage::parse(raw)?;
        if !page.whole {
            return Err(NetworkError::MorePages);
        }
        self.links = Some(page.links);
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

    /// How long its domain is, in labels: the longest one that a network sees answers for a host.
    #[must_use]
    pub fn depth(&self) -> usize {
        labels(self.domain().as_str()).count()
    }

    /// What a host is called in this zone, `@` for the domain itself; none when it is not in the zone.
    #[must_use]
    pub fn relative(&self, host: &str) -> Option<String> {
        let own: Vec<&str> = labels(host).collect();
        let length = own.len().checked_sub(self.depth()).filter(|_| self.holds(host))?;
        let own = own.get(..length)?.join(".").to_ascii_lowercase();
        Some(if own.is_empty() { "@".to_owned() } else { own })
    }

    /// How a virtual network sees the zone, by the links that were read.
    #[must_use]
    pub fn seen_from(&self, network: &ResourceId) -> Option<ZoneView<'_>> {
        let mine = || self.links.iter().flatten().filter(|link| link.network.as_ref() == Some(network));
        self.links.as_ref()?;
        Some(match (mine().find(|link| link.completed), mine().next()) {
            (Some(link), _) => ZoneView::Linked(link),
            (None, Some(link)) => ZoneView::InProgress(link),
            (None, None) => ZoneView::NotLinked,
        })
    }
}

/// The answer of `virtualNetworkLinks`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkPage {
    /// The links.
    pub links: Vec<ZoneLink>,
    /// Whether these are all of them. A link on the first page is there whatever stands on the others.
    pub whole: bool,
}

impl LinkPage {
    /// Reads the answer.
    ///
    /// # Errors
    /// When there is no list.
    pub fn parse(raw: &Value) -> Result<Self, NetworkError> {
        let items = raw.get("value").and_then(Value::as_array).ok_or(NetworkError::NoList)?;
        let named = items.iter().filter_map(|link| Some((json::name_of(link)?, link)));
        let links = named.map(|(name, link)| ZoneLink::read(name, json::properties(link))).collect();
        Ok(Self { links, whole: json::text(raw, "nextLink").is_none() })
    }
}

impl ZoneLink {
    fn read(name: Name, own: &Value) -> Self {
        let is =
            |key: &str, word: &str| json::text(own, key).is_some_and(|text| text.eq_ignore_ascii_case(word));
        Self {
            name,
            network: json::reference_id(own, "virtualNetwork"),
            // A link that says nothing of its state is one that works. The specification lists `Completed`, and
            // its words say `Done`.
            completed: json::text(own, "virtualNetworkLinkState").is_none()
                || is("virtualNetworkLinkState", "Completed")
                || is("virtualNetworkLinkState", "Done"),
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

/// Which zone answers for one name: the most specific one that the network sees, however many others there are.
///
/// This is what Azure's DNS servers do, whichever ones the network asks.
#[must_use]
pub fn lookup_name(name: &str, network: &VirtualNetwork, zones: &[PrivateZone]) -> Lookup {
    let holding = zones.iter().filter(|zone| zone.holds(name));
    let mut holding: Vec<_> = holding.map(|zone| (zone, zone.seen_from(&network.id))).collect();
    holding.sort_by_key(|(zone, _)| std::cmp::Reverse(zone.depth()));
    let linked = holding.iter().find(|(_, view)| matches!(view, Some(ZoneView::Linked(_))));
    // One whose links are not known, and that would come first, leaves it open. Of one domain a network sees
    // one zone only.
    let depth = linked.map_or(0, |(zone, _)| zone.depth());
    if let Some((zone, _)) = holding.iter().find(|(zone, view)| zone.depth() > depth && view.is_none()) {
        return Lookup::Unclear { why: DnsDoubt::LinksNotRead { zone: zone.id.clone() } };
    }
    let in_progress = holding.iter().find(|(_, view)| matches!(view, Some(ZoneView::InProgress(_))));
    match (linked, in_progress, holding.first()) {
        (Some((zone, _)), ..) => Lookup::Private { zone: zone.id.clone() },
        (None, Some((zone, _)), _) => {
            Lookup::Unclear { why: DnsDoubt::LinkNotCompleted { zone: zone.id.clone() } }
        }
        (None, None, Some((zone, _))) => Lookup::NotLinked { zone: zone.id.clone() },
        (None, None, None) => Lookup::Public,
    }
}

/// The name that a service with a private endpoint is known by in its zone; none for what is no such service.
#[must_use]
pub fn private_name(host: &str) -> Option<String> {
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
