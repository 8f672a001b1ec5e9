//! What causes ask about beside the gateway itself, and what came of it.
//!
//! A cause asks while it examines a [`Scope`](super::Scope), and gets an answer if there is one. What was asked
//! and is not known yet is looked up, all of it at once, and the causes are asked again. So a question is put
//! only by a cause that wants the answer, and a cause reads like the runbook that it stands for.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Asked, Reading, Unknown, WhyNot};
use crate::id::ResourceId;
use crate::network::NetworkError;
use crate::network::nsg::Nsg;
use crate::network::route::RouteTable;
use crate::network::vnet::VirtualNetwork;

/// The version of Microsoft.Network that resources are read with.
const NETWORK: &str = "2025-07-01";

/// A question to Azure.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Question {
    /// A virtual network, with its subnets and peerings.
    VirtualNetwork(ResourceId),
    /// A network security group.
    NetworkSecurityGroup(ResourceId),
    /// A route table.
    RouteTable(ResourceId),
}

/// How a question is put to Azure Resource Manager: a GET.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// The path, from the first slash on.
    pub path: String,
    /// The `api-version`.
    pub version: &'static str,
    /// The permission that it needs.
    pub action: &'static str,
    /// What is looked up, in words: `the network security group nsg-web`.
    pub what: String,
}

impl Question {
    /// How to put it.
    ///
    /// Actions: Microsoft Learn, "Azure permissions for Networking".
    #[must_use]
    pub fn lookup(&self) -> Lookup {
        let (id, noun, action) = match self {
            Self::VirtualNetwork(id) => (id, "the virtual network", "Microsoft.Network/virtualNetworks/read"),
            Self::NetworkSecurityGroup(id) => {
                (id, "the network security group", "Microsoft.Network/networkSecurityGroups/read")
            }
            Self::RouteTable(id) => (id, "the route table", "Microsoft.Network/routeTables/read"),
        };
        Lookup {
            path: id.as_str().to_owned(),
            version: NETWORK,
            action,
            what: format!("{noun} {}", id.name()),
        }
    }
}

/// What was looked up so far, read once when it came: causes ask for the same documents again and again.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    pub(super) networks: Known<VirtualNetwork>,
    pub(super) groups: Known<Nsg>,
    pub(super) tables: Known<RouteTable>,
}

/// What came of the questions of one kind.
pub(super) type Known<T> = BTreeMap<ResourceId, Asked<T>>;

impl Facts {
    /// Notes what came of a question.
    pub fn note(&mut self, question: Question, reading: &Reading<Value>) {
        match question {
            Question::VirtualNetwork(id) => keep(&mut self.networks, id, reading, VirtualNetwork::parse),
            Question::NetworkSecurityGroup(id) => keep(&mut self.groups, id, reading, Nsg::parse),
            Question::RouteTable(id) => keep(&mut self.tables, id, reading, RouteTable::parse),
        }
    }

    /// The questions that were put in vain, and why, in the order of their kinds.
    pub fn in_vain(&self) -> impl Iterator<Item = (Question, &WhyNot)> {
        let networks = unread(&self.networks, Question::VirtualNetwork);
        let groups = unread(&self.groups, Question::NetworkSecurityGroup);
        networks.chain(groups).chain(unread(&self.tables, Question::RouteTable))
    }

    /// How many questions were put.
    #[must_use]
    pub fn len(&self) -> usize {
        self.networks.len() + self.groups.len() + self.tables.len()
    }

    /// Whether none was put.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn keep<T>(
    known: &mut Known<T>,
    id: ResourceId,
    reading: &Reading<Value>,
    parse: impl Fn(&Value) -> Result<T, NetworkError>,
) {
    let document = match reading {
        Reading::Read(value) => parse(value).map_err(Unknown::from),
        Reading::NotRead(why) => Err(Unknown::NotRead(why.clone())),
    };
    known.insert(id, document);
}

fn unread<T>(
    known: &Known<T>,
    question: fn(ResourceId) -> Question,
) -> impl Iterator<Item = (Question, &WhyNot)> {
    known.iter().filter_map(move |(id, document)| match document {
        Err(Unknown::NotRead(why)) => Some((question(id.clone()), why)),
        _ => None,
    })
}
