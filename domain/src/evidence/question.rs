//! What causes ask about beside the gateway itself, and what came of it.
//!
//! A cause asks while it examines a [`Scope`](super::Scope), and gets an answer if there is one. What was asked
//! and is not known yet is looked up, all of it at once, and the causes are asked again. So a question is put
//! only by a cause that wants the answer, and a cause reads like the runbook that it stands for.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Reading, WhyNot};
use crate::id::ResourceId;

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
    /// A network interface.
    NetworkInterface(ResourceId),
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
            Self::NetworkInterface(id) => {
                (id, "the network interface", "Microsoft.Network/networkInterfaces/read")
            }
        };
        Lookup {
            path: id.as_str().to_owned(),
            version: NETWORK,
            action,
            what: format!("{noun} {}", id.name()),
        }
    }
}

/// What was looked up so far.
#[derive(Debug, Clone, Default)]
pub struct Facts(BTreeMap<Question, Reading<Value>>);

impl Facts {
    /// Notes what came of a question.
    pub fn note(&mut self, question: Question, reading: Reading<Value>) {
        self.0.insert(question, reading);
    }

    /// What came of a question, if it was put.
    #[must_use]
    pub fn get(&self, question: &Question) -> Answer<'_> {
        match self.0.get(question) {
            Some(Reading::Read(value)) => Answer::Known(value),
            Some(Reading::NotRead(why)) => Answer::Unknown(why),
            None => Answer::Pending,
        }
    }

    /// The questions that were put in vain, and why, in the order of their kinds.
    pub fn in_vain(&self) -> impl Iterator<Item = (&Question, &WhyNot)> {
        self.0.iter().filter_map(|(question, reading)| match reading {
            Reading::Read(_) => None,
            Reading::NotRead(why) => Some((question, why)),
        })
    }

    /// How many questions were put.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none was put.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What is known about a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer<'a> {
    /// What ARM said.
    Known(&'a Value),
    /// It was asked in vain.
    Unknown(&'a WhyNot),
    /// It was not asked before now.
    Pending,
}

impl<'a> Answer<'a> {
    /// What ARM said, if it did.
    #[must_use]
    pub fn known(self) -> Option<&'a Value> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) | Self::Pending => None,
        }
    }
}
