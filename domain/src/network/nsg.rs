//! Network security groups: whether their rules let a flow pass.
//!
//! Rules are processed in the order of their priority, lowest number first, inbound and outbound apart, and
//! the first one that matches decides. Source: Microsoft, "Azure network security groups overview". Field
//! names: `NetworkSecurityGroup.json` of Azure/azure-rest-api-specs, api-version 2025-01-01.

mod decide;
mod effective;
mod ends;
mod fit;
mod flow;
mod needs;
mod rule;
mod ruling;
#[cfg(test)]
mod tests;

use serde_json::Value;

use super::context::NetworkContext;
use super::{NetworkError, identify};
use crate::gateway::json;
use crate::id::ResourceId;

pub use effective::EffectiveRules;
pub use flow::{Direction, End, Flow, Protocol};
pub use needs::{GatewayGeneration, GatewaySubnetNeeds, Missing, Need};
pub use rule::Rule;
pub use ruling::{RuleRef, Ruling, Why};

/// A network security group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nsg {
    /// Its id.
    pub id: ResourceId,
    /// Its rules, Azure's default ones among them, in the order of their priority.
    pub rules: Vec<Rule>,
}

impl Nsg {
    /// Reads a security group from the body of a GET.
    ///
    /// The default rules are there whether the document lists them or not.
    ///
    /// # Errors
    /// When the document is no security group.
    pub fn parse(raw: &Value) -> Result<Self, NetworkError> {
        let id = identify(raw, "Microsoft.Network/networkSecurityGroups")?;
        let own = json::properties(raw);
        let mut rules: Vec<Rule> =
            json::list(own, "securityRules").map(|rule| Rule::read(rule, &id, false)).collect();
        let before = rules.len();
        rules.extend(json::list(own, "defaultSecurityRules").map(|rule| Rule::read(rule, &id, true)));
        if rules.len() == before {
            rules.extend(rule::defaults(&id));
        }
        Ok(Self::sorted(id, rules))
    }

    /// Whether the group lets a flow pass.
    #[must_use]
    pub fn decide(&self, flow: &Flow, context: &NetworkContext) -> Ruling {
        decide::decide(&self.rules, flow, context)
    }

    fn sorted(id: ResourceId, mut rules: Vec<Rule>) -> Self {
        rules.sort_by_key(|rule| rule.at.priority);
        Self { id, rules }
    }
}

/// Whether the security groups of a subnet and of a network interface in it, where there are any, both let a
/// flow pass. Where there is neither, everything passes.
///
/// Inbound the subnet's comes first, outbound the interface's. Source: Microsoft, "How network security
/// groups filter network traffic".
#[must_use]
pub fn decide_all(
    subnet: Option<&Nsg>,
    interface: Option<&Nsg>,
    flow: &Flow,
    context: &NetworkContext,
) -> Ruling {
    let groups = match flow.direction {
        Direction::Inbound => [subnet, interface],
        Direction::Outbound => [interface, subnet],
    };
    ruling::all(groups.into_iter().flatten().map(|group| group.decide(flow, context)))
}
