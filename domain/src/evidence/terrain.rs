//! The ground between a gateway and its servers, as causes ask for it: which subnets both are in, and what
//! stands in front of those.

use std::net::IpAddr;

use serde_json::Value;

use super::{Answer, Question, Scope, WhyNot};
use crate::health::Symptom;
use crate::id::{Name, ResourceId};
use crate::network::NetworkError;
use crate::network::address::Prefix;
use crate::network::nsg::Nsg;
use crate::network::route::RouteTable;
use crate::network::vnet::{PeeringFault, Reach, Subnet, VirtualNetwork};

/// The most servers of one HTTP setting whose way is looked at: the others are told to be like them.
const SERVERS_AT_MOST: usize = 16;

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The network.
    pub network: VirtualNetwork,
    /// The subnet.
    pub subnet: Subnet,
}

impl Place {
    /// The subnet's addresses, if it has one range of them; others are rare, and nothing is said of them.
    #[must_use]
    pub fn prefix(&self) -> Option<Prefix> {
        match self.subnet.prefixes.as_slice() {
            [prefix] => Some(*prefix),
            _ => None,
        }
    }
}

/// Where a server is, seen from the gateway's network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whereabouts {
    /// In a subnet that the gateway's network reaches: its own, or one of a peer's.
    At(Box<Place>),
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

impl<'a> Scope<'a> {
    /// The sick servers with an address that the gateway cannot reach, by what it reports: no connection, or
    /// no answer in time.
    #[must_use]
    pub fn out_of_reach(&self) -> Vec<IpAddr> {
        let silent = |symptom: &Symptom| matches!(symptom, Symptom::CannotConnect | Symptom::Timeout);
        let mut found: Vec<IpAddr> = Vec::new();
        for (_, server) in self.sick.iter().filter(|(_, server)| silent(&server.symptom)) {
            match server.address.parse() {
                Ok(address) if !found.contains(&address) => found.push(address),
                _ => {}
            }
        }
        found.truncate(SERVERS_AT_MOST);
        found
    }

    /// The subnet that the gateway is in.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub fn gateway_place(&self) -> Asked<Place> {
        let subnets = self.evidence.gateway.subnets();
        let id = subnets.first().ok_or_else(|| Unknown::Odd("the gateway names no subnet".to_owned()))?;
        let network = self.network(&network_of(id)?)?;
        let subnet = network.subnet(&id.name()).cloned();
        let subnet =
            subnet.ok_or_else(|| Unknown::Odd(format!("{} has no subnet {}", network.id, id.name())))?;
        Ok(Place { network, subnet })
    }

    /// Where an address is, seen from the gateway's network.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub fn whereabouts(&self, address: IpAddr) -> Asked<Whereabouts> {
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
    pub fn network(&self, id: &ResourceId) -> Asked<VirtualNetwork> {
        Ok(VirtualNetwork::parse(self.read(Question::VirtualNetwork(id.clone()))?)?)
    }

    /// A subnet's security group; none if it has none.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub fn security_group(&self, subnet: &Subnet) -> Asked<Option<Nsg>> {
        let Some(id) = &subnet.security_group else { return Ok(None) };
        Ok(Some(Nsg::parse(self.read(Question::NetworkSecurityGroup(id.clone()))?)?))
    }

    /// A subnet's route table; none if it has none.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub fn route_table(&self, subnet: &Subnet) -> Asked<Option<RouteTable>> {
        let Some(id) = &subnet.route_table else { return Ok(None) };
        Ok(Some(RouteTable::parse(self.read(Question::RouteTable(id.clone()))?)?))
    }

    fn read(&self, question: Question) -> Asked<&'a Value> {
        match self.ask(question) {
            Answer::Known(value) => Ok(value),
            Answer::Unknown(why) => Err(Unknown::NotRead(why.clone())),
            Answer::Pending => Err(Unknown::Pending),
        }
    }
}

fn at(network: VirtualNetwork, address: IpAddr) -> Whereabouts {
    match network.subnet_of(address).cloned() {
        Some(subnet) => Whereabouts::At(Box::new(Place { network, subnet })),
        None => Whereabouts::Elsewhere,
    }
}

/// The network that a subnet is part of.
fn network_of(subnet: &ResourceId) -> Asked<ResourceId> {
    subnet.parent().ok_or_else(|| Unknown::Odd(format!("{subnet} is no subnet")))
}
