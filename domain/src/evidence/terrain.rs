//! The ground between a gateway and its servers, as causes ask for it: which subnets both are in, and what
//! stands in front of those.

use std::net::IpAddr;

use super::{Inquiry, Question, Scope, WhyNot};
use crate::health::Symptom;
use crate::id::{Name, ResourceId};
use crate::network::NetworkError;
use crate::network::address::Prefix;
use crate::network::nsg::Nsg;
use crate::network::route::{Chosen, RouteTable, SubnetRoutes, Way};
use crate::network::vnet::{PeeringFault, Reach, Subnet, VirtualNetwork};

/// The most servers of one HTTP setting whose way is looked at: the others are told to be like them.
const SERVERS_AT_MOST: usize = 16;

/// Whether a server that shows this may be out of the gateway's reach.
#[must_use]
pub fn is_out_of_reach(symptom: &Symptom) -> bool {
    matches!(symptom, Symptom::CannotConnect | Symptom::Timeout)
}

/// Why something around the gateway is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// It was asked for now, and will be known the next time.
    #[error("it is being looked up")]
    Pending,
    /// It could not be read.
    #[error("{0}")]
    NotRead(WhyNot),
    /// It was read and not understood, or is not there.
    #[error("{0}")]
    Odd(String),
}

impl Unknown {
    /// The subnet of a server is none that the gateway's network reaches, so nothing can be said of it.
    #[must_use]
    pub fn out_of_sight(server: IpAddr) -> Self {
        Self::Odd(format!("the subnet of {server} is in no network that the gateway's own reaches"))
    }
}

impl From<NetworkError> for Unknown {
    fn from(error: NetworkError) -> Self {
        Self::Odd(error.to_string())
    }
}

/// Something around the gateway, or why it is not known.
pub type Asked<T> = Result<T, Unknown>;

/// A subnet, and the virtual network that it is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The network.
    pub network: &'a VirtualNetwork,
    /// The subnet.
    pub subnet: &'a Subnet,
}

impl Place<'_> {
    /// The subnet's addresses.
    ///
    /// # Errors
    /// When it has several ranges of them, which is rare: nothing is said of those.
    pub fn prefix(&self) -> Asked<Prefix> {
        match self.subnet.prefixes.as_slice() {
            [prefix] => Ok(*prefix),
            _ => Err(Unknown::Odd(format!("subnet {} has several address ranges", self.subnet.name))),
        }
    }

    /// The subnet's addresses that talk to an address: those of its family.
    ///
    /// # Errors
    /// When it has none of those, or several ranges of them.
    pub fn prefix_towards(&self, to: IpAddr) -> Asked<Prefix> {
        let is_alike = |prefix: &&Prefix| prefix.first().is_some_and(|own| own.is_ipv4() == to.is_ipv4());
        let mut alike = self.subnet.prefixes.iter().filter(is_alike);
        match (alike.next(), alike.next()) {
            (Some(prefix), None) => Ok(*prefix),
            (None, _) => {
                let name = &self.subnet.name;
                Err(Unknown::Odd(format!("subnet {name} has no address of the family of {to}")))
            }
            (Some(_), Some(_)) => {
                Err(Unknown::Odd(format!("subnet {} has several address ranges", self.subnet.name)))
            }
        }
    }

    /// The route that an address takes from here.
    ///
    /// # Errors
    /// When that cannot be told.
    pub fn route(&self, table: Option<&RouteTable>, to: IpAddr) -> Asked<Chosen> {
        match SubnetRoutes::of(self.network, Some(self.subnet), table).next_hop(to) {
            Way::Via(chosen) => Ok(chosen),
            Way::Unclear { why, .. } => Err(Unknown::Odd(why.to_string())),
        }
    }
}

/// Where a server is, seen from the gateway's network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whereabouts<'a> {
    /// In a subnet that the gateway's network reaches: its own, or one of a peer's.
    At(Place<'a>),
    /// Behind a peering that passes no traffic there.
    BehindBrokenPeering {
        /// The peering.
        peering: Name,
        /// What is wrong with it.
        fault: PeeringFault,
    },
    /// In none of the networks that are known.
    Elsewhere,
}

/// The servers that the gateway cannot reach, once they are found.
struct OutOfReach(Vec<IpAddr>);

impl Scope<'_> {
    /// The servers that the gateway cannot reach, by what it reports: no connection, or no answer in time. One
    /// that still counts as Healthy is among them when the latest probe of it failed so: the way to it may just
    /// have been cut. A server that is known by a name is here by its private addresses, where a private DNS
    /// zone that the network sees has the name; the others are left out.
    #[must_use]
    pub fn out_of_reach(&self) -> Vec<IpAddr> {
        self.once(None, || OutOfReach(self.find_out_of_reach())).0.clone()
    }

    fn find_out_of_reach(&self) -> Vec<IpAddr> {
        let mut found: Vec<IpAddr> = Vec::new();
        let all =
            self.sick.iter().chain(&self.suspect).filter(|(_, server)| is_out_of_reach(&server.symptom));
        let own = all.filter_map(|(_, server)| server.address.parse().ok());
        for address in own.chain(self.addresses_of_names().iter().map(|(address, _)| *address)) {
            if !found.contains(&address) {
                found.push(address);
            }
        }
        found.truncate(SERVERS_AT_MOST);
        found
    }

    /// Whether an address is that of a private endpoint, by the zone that led to it. Security groups and route
    /// tables leave those alone unless their subnet says otherwise.
    #[must_use]
    pub fn is_endpoint(&self, address: IpAddr) -> bool {
        self.addresses_of_names().contains(&(address, true))
    }
}

impl<'a> Inquiry<'a> {
    /// The subnet that the gateway is in.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub fn gateway_place(&self) -> Asked<Place<'a>> {
        let home = self.home.get_or_init(|| self.find_home()).as_ref();
        let (id, network) = home.map_err(Clone::clone)?;
        let network = self.network(network)?;
        let subnet = network.subnet(&id.name());
        let subnet =
            subnet.ok_or_else(|| Unknown::Odd(format!("{} has no subnet {}", network.id, id.name())))?;
        Ok(Place { network, subnet })
    }

    fn find_home(&self) -> Asked<(ResourceId, ResourceId)> {
        let subnet = self.evidence.gateway.subnets().into_iter().next();
        let subnet = subnet.ok_or_else(|| Unknown::Odd("the gateway names no subnet".to_owned()))?;
        let network = network_of(&subnet)?;
        Ok((subnet, network))
    }

    /// Where an address is, seen from the gateway's network.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub fn whereabouts(&self, address: IpAddr) -> Asked<Whereabouts<'a>> {
        let here = self.gateway_place()?.network;
        match here.reach(address) {
            Reach::SameNetwork { .. } => Ok(at(here, address)),
            Reach::Peered { peering } => {
                let remote = here.peerings.iter().find(|known| known.name == peering);
                let remote = remote.and_then(|peering| peering.remote.clone());
                let id =
                    remote.ok_or_else(|| Unknown::Odd(format!("the peering {peering} names no network")))?;
                Ok(at(self.network(&id)?, address))
            }
            Reach::PeeringBroken { peering, fault } => {
                Ok(Whereabouts::BehindBrokenPeering { peering, fault })
            }
            Reach::PeeredInPart { peering } => {
                Err(Unknown::Odd(format!("the peering {peering} is for some subnets only")))
            }
            Reach::NotKnown => Ok(Whereabouts::Elsewhere),
        }
    }

    /// A virtual network.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub fn network(&self, id: &ResourceId) -> Asked<&'a VirtualNetwork> {
        self.ask(&Question::network(id, "Microsoft.Network/virtualNetworks/read", "virtual network", |raw| {
            Ok(VirtualNetwork::parse(raw)?)
        }))
    }

    /// A subnet's security group; none if it has none.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub fn security_group(&self, subnet: &Subnet) -> Asked<Option<&'a Nsg>> {
        subnet.security_group.as_ref().map(|id| self.group(id)).transpose()
    }

    /// A security group.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub fn group(&self, id: &ResourceId) -> Asked<&'a Nsg> {
        let action = "Microsoft.Network/networkSecurityGroups/read";
        self.ask(&Question::network(id, action, "network security group", |raw| Ok(Nsg::parse(raw)?)))
    }

    /// A subnet's route table; none if it has none.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub fn route_table(&self, subnet: &Subnet) -> Asked<Option<&'a RouteTable>> {
        let action = "Microsoft.Network/routeTables/read";
        let table =
            |id| self.ask(&Question::network(id, action, "route table", |raw| Ok(RouteTable::parse(raw)?)));
        subnet.route_table.as_ref().map(table).transpose()
    }
}

fn at(network: &VirtualNetwork, address: IpAddr) -> Whereabouts<'_> {
    match network.subnet_of(address) {
        Some(subnet) => Whereabouts::At(Place { network, subnet }),
        None => Whereabouts::Elsewhere,
    }
}

/// The network that a subnet is part of.
fn network_of(subnet: &ResourceId) -> Asked<ResourceId> {
    subnet.parent().ok_or_else(|| Unknown::Odd(format!("{subnet} is no subnet")))
}
