//! The gateway's own subnet keeps Azure from managing it, so that nothing is known of its servers.
//!
//! Confirmed by: no health data at all, and a group at the gateway's subnet that drops what Azure manages
//! gateways by, or a route for everything to an appliance, which a v2 gateway does not support. A gateway
//! without a public address may run without either, so for one of those it is consistent only.
//! Mended by: the rules that every gateway's subnet needs.
//! Source: Microsoft, "Application Gateway infrastructure configuration", and "Troubleshoot backend health
//! issues in Application Gateway", Unknown.

use super::security_group::{first_of_all, priority_before};
use super::{Cause, Link, by_hand, not_checked};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::{Asked, Inquiry, Scope, Unknown};
use crate::health::{Health, Symptom};
use crate::network::context::NetworkContext;
use crate::network::nsg::{GatewayGeneration, GatewaySubnetNeeds, Need, RuleRef, Ruling};

pub(super) struct GatewaySubnet;

/// What is wrong with the subnet.
pub(super) enum Trouble {
    /// A rule drops what Azure needs.
    Dropped { need: Need, rule: RuleRef },
    /// Everything goes to an appliance.
    Appliance { route: String, table: crate::id::ResourceId },
}

impl Cause for GatewaySubnet {
    fn id(&self) -> &'static str {
        "gateway-subnet"
    }

    fn about(&self) -> &'static str {
        "A security group or route at the gateway's own subnet keeps Azure from managing the gateway."
    }

    fn breaks(&self) -> Link {
        Link::Gateway
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        let dark = |symptom: &Symptom| matches!(symptom, Symptom::StatusUnavailable | Symptom::NotReported);
        let blind =
            scope.sick.iter().any(|(_, server)| server.health == Health::Unknown || dark(&server.symptom));
        if !blind {
            return None;
        }
        match troubles(scope) {
            Err(Unknown::Pending) => None,
            Err(why) => Some(not_checked(self, scope, "Whether the gateway's subnet keeps Azure out", &why)),
            Ok(troubles) => Some(match troubles.first() {
                Some(trouble) => found(self, scope, trouble),
                None => {
                    let sentence = Text::of("The gateway's subnet lets Azure manage the gateway.");
                    by_hand(self, scope, Verdict::RuledOut, sentence, Vec::new(), Vec::new())
                }
            }),
        }
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles = "The security group and the route table of the gateway's own subnet.";
        matches!(symptom, Symptom::StatusUnavailable | Symptom::NotReported).then_some(settles)
    }
}

fn generation(inquiry: &Inquiry<'_>) -> GatewayGeneration {
    if inquiry.evidence.gateway.is_v1() { GatewayGeneration::V1 } else { GatewayGeneration::V2 }
}

/// What is wrong with the gateway's own subnet.
///
/// # Errors
/// When that is not known, or not yet.
pub(super) fn troubles(inquiry: &Inquiry<'_>) -> Asked<Vec<Trouble>> {
    let place = inquiry.gateway_place()?;
    let (group, table) = (inquiry.security_group(place.subnet), inquiry.route_table(place.subnet));
    let mut troubles = Vec::new();
    let table = table?;
    if let Some(group) = group? {
        let context = NetworkContext::of(place.network, table);
        for missing in GatewaySubnetNeeds::check_in(group, generation(inquiry), place.prefix().ok(), &context)
        {
            let Ruling::Denied { rule } = missing.ruling else { continue };
            troubles.push(Trouble::Dropped { need: missing.need, rule });
        }
    }
    if let Some(table) = table
        && let Some(route) = table.default_to_appliance()
    {
        let route = route.name.as_ref().map_or_else(|| "0.0.0.0/0".to_owned(), ToString::to_string);
        troubles.push(Trouble::Appliance { route, table: table.id.clone() });
    }
    Ok(troubles)
}

fn in_words(need: Need) -> String {
    match need {
        Need::GatewayManager { ports } => format!("inbound TCP {ports} from the service tag GatewayManager"),
        Need::AzureLoadBalancer => "inbound traffic from the service tag AzureLoadBalancer".to_owned(),
        Need::Internet => "outbound traffic to the internet".to_owned(),
    }
}

fn found(cause: &dyn Cause, scope: &Scope<'_>, trouble: &Trouble) -> Finding {
    // Without a public address the gateway may be one that is isolated, and needs none of this.
    let public = scope.evidence.gateway.listeners().iter().any(|listener| listener.public_ip.is_some());
    let verdict = if public { Verdict::Confirmed } else { Verdict::Consistent };
    let (sentence, evidence, steps) = match trouble {
        Trouble::Dropped { need, rule } => (
            Text::of("Azure cannot manage the gateway, so nothing is known of its servers: ")
                .link(rule.nsg.name().as_str(), rule.nsg.portal_url())
                .say(format!(" at its own subnet drops {}.", in_words(*need))),
            Text::of("Denied by rule ").code(&rule.name).say(format!(", priority {}", rule.priority)),
            allow(*need, rule),
        ),
        Trouble::Appliance { route, table } => (
            Text::of("The route ")
                .code(route)
                .say(" of route table ")
                .link(table.name().as_str(), table.portal_url())
                .say(" sends all that leaves the gateway's subnet to an appliance, which is not supported there."),
            Text::of("0.0.0.0/0 of the gateway's subnet leads to a VirtualAppliance"),
            vec![
                Text::of("Let 0.0.0.0/0 of this subnet lead to the Internet, and keep the more specific routes."),
            ],
        ),
    };
    by_hand(cause, scope, verdict, sentence, vec![evidence], steps)
}

fn allow(need: Need, rule: &RuleRef) -> Vec<Text> {
    let (direction, protocol, from, to, ports) = match need {
        Need::GatewayManager { ports } => ("Inbound", "Tcp", "GatewayManager", "'*'", ports.to_string()),
        Need::AzureLoadBalancer => ("Inbound", "'*'", "AzureLoadBalancer", "'*'", "'*'".to_owned()),
        Need::Internet => ("Outbound", "'*'", "'*'", "Internet", "'*'".to_owned()),
    };
    let group = format!("-g {} --nsg-name {}", rule.nsg.resource_group(), rule.nsg.name());
    let after = Text::of("Backend health is back some minutes later; press Re-check then.");
    let Some(priority) = priority_before(rule) else {
        return vec![first_of_all(rule, &group), after];
    };
    let command = format!(
        "az network nsg rule create {group} -n allow-what-the-gateway-needs --direction {direction} \
         --access Allow --protocol {protocol} --source-address-prefixes {from} --destination-address-prefixes {to} \
         --destination-port-ranges {ports} --priority {priority}"
    );
    vec![Text::of("Allow it by a rule before the one that drops it: ").code(command), after]
}
