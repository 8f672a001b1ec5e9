//! The rules that take effect at one network interface, as Azure worked them out.
//!
//! Field names: `NetworkInterfaces_ListEffectiveNetworkSecurityGroups` of Azure/azure-rest-api-specs,
//! api-version 2025-01-01.

use serde_json::Value;

use super::fit::{Fit, Slice};
use super::flow::{Direction, Flow};
use super::rule::Rule;
use super::ruling::{self, Ruling, Why};
use super::{Nsg, decide};
use crate::gateway::json;
use crate::id::ResourceId;
use crate::network::context::NetworkContext;
use crate::network::{NetworkError, whole_list};

/// The security groups in front of one network interface, with their tags resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveRules {
    /// The security groups: of the subnet, of the interface, or neither.
    groups: Vec<Group>,
}

/// One security group that takes effect.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    nsg: Nsg,
    place: Place,
    tag_map: Value,
}

/// What a security group is attached to, in the order in which inbound traffic passes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// Azure Virtual Network Manager: security admin rules.
    Manager,
    Subnet,
    Interface,
}

impl EffectiveRules {
    /// Reads the answer of `effectiveNetworkSecurityGroups`. An empty list means that no security group is in
    /// front of the interface.
    ///
    /// # Errors
    /// When there is no list, only a part of it, or an entry does not say which group it is.
    pub fn parse(raw: &Value) -> Result<Self, NetworkError> {
        let mut groups = whole_list(raw)?.iter().map(Group::read).collect::<Result<Vec<_>, _>>()?;
        groups.sort_by_key(|group| group.place);
        Ok(Self { groups })
    }

    /// The security groups, in the order in which inbound traffic passes them.
    pub fn groups(&self) -> impl Iterator<Item = &Nsg> {
        self.groups.iter().map(|group| &group.nsg)
    }

    /// Whether every security group lets a flow pass.
    #[must_use]
    pub fn decide_all(&self, flow: &Flow, context: &NetworkContext) -> Ruling {
        let (admin, mut groups): (Vec<&Group>, Vec<&Group>) =
            self.groups.iter().partition(|group| group.place == Place::Manager);
        if let Some(rule) = admin.iter().find_map(|group| group.touches(flow, context)) {
            return Ruling::Unclear { why: Why::AdminRules, rule: Some(rule.at.clone()) };
        }
        if flow.direction == Direction::Outbound {
            groups.reverse();
        }
        ruling::all(groups.into_iter().map(|group| group.nsg.decide(flow, &group.context(context))))
    }
}

impl Group {
    fn read(raw: &Value) -> Result<Self, NetworkError> {
        let id = json::reference(raw, "networkSecurityGroup").ok_or(NetworkError::NoId)?;
        let id = ResourceId::parse(id)?;
        let rules: Vec<Rule> =
            json::list(raw, "effectiveSecurityRules").map(|rule| Rule::read(rule, &id, false)).collect();
        let association = raw.get("association").unwrap_or(&Value::Null);
        let attached = |key: &str| json::reference(association, key).is_some();
        let place = match (attached("subnet"), attached("networkInterface"), attached("networkManager")) {
            (false, false, true) => Place::Manager,
            (false, true, _) => Place::Interface,
            _ => Place::Subnet,
        };
        let tag_map = raw.get("tagMap").cloned().unwrap_or_default();
        Ok(Self { nsg: Nsg::sorted(id, rules), place, tag_map })
    }

    /// The caller's context, with what the answer itself says of tags.
    fn context(&self, context: &NetworkContext) -> NetworkContext {
        context.clone().with_tag_map(&self.tag_map)
    }

    /// The first rule that is, or may be, about some of the flow.
    fn touches(&self, flow: &Flow, context: &NetworkContext) -> Option<&Rule> {
        let context = self.context(context);
        let slices: Vec<Slice<'_>> = decide::slices(&self.nsg.rules, flow, &context);
        let touched = |rule: &&Rule| slices.iter().any(|slice| !matches!(slice.fit(rule, &context), Fit::No));
        self.nsg.rules.iter().filter(|rule| rule.is_about(flow.direction)).find(touched)
    }
}
