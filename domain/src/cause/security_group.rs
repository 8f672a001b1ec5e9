//! A network security group drops what the gateway sends to its servers.
//!
//! Confirmed by: the rules of the two subnets' groups, for TCP from the gateway's subnet to the probed port,
//! by the platform's order of priorities. A group that lets it pass rules itself out, not the one that a
//! server's own network interface may have.
//! Mended by: a rule before the one that drops it.
//! Source: Microsoft, "Troubleshoot backend health issues in Application Gateway", TCP connect error, and
//! "How network security groups filter network traffic".

use std::net::IpAddr;

use super::{Cause, Link, by_hand, each, if_out_of_reach, not_checked};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::{Asked, Place, Scope, Unknown, Whereabouts};
use crate::health::Symptom;
use crate::network::address::Prefix;
use crate::network::context::NetworkContext;
use crate::network::nsg::{Direction, Flow, RuleRef, Ruling};

pub(super) struct SecurityGroup;

/// A rule that drops what a server should get.
struct Blocked {
    server: IpAddr,
    rule: RuleRef,
    direction: Direction,
    from: Prefix,
}

impl Cause for SecurityGroup {
    fn id(&self) -> &'static str {
        "network-security-group"
    }

    fn about(&self) -> &'static str {
        "A network security group drops what the gateway sends to its servers."
    }

    fn breaks(&self) -> Link {
        Link::Network
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        let servers = scope.out_of_reach().into_iter();
        let (blocked, unknown) = each(servers.map(|server| ruling(scope, server)))?;
        Some(match (blocked.first(), unknown) {
            (Some(first), _) => confirmed(self, scope, first, &blocked),
            (None, Some(why)) => {
                not_checked(self, scope, "Whether a network security group is in the way", &why)
            }
            (None, None) => ruled_out(self, scope),
        })
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles = "The rules of the groups at the gateway's subnet, the servers' subnet and their network interfaces.";
        if_out_of_reach(symptom, settles)
    }
}

/// What the groups make of the probe of a server. Both questions are put before either answer is wanted.
fn ruling(scope: &Scope<'_>, server: IpAddr) -> Asked<Option<Blocked>> {
    let gateway = scope.gateway_place()?;
    let from = gateway.prefix()?;
    let (own, at) = (scope.security_group(gateway.subnet), scope.whereabouts(server));
    let flow = |direction| Flow::tcp(direction, from, server, scope.probe.port);
    let within = at.as_ref().is_ok_and(|at| matches!(at, Whereabouts::At(_)));
    if let Some(group) = own? {
        let ruling = group.decide(&flow(Direction::Outbound), &surroundings(scope, &gateway)?);
        // To a network that there is no way to, nothing is let out by default. That follows; no rule mends it.
        if let Some(rule) = dropped(ruling)?.filter(|rule| within || !rule.is_default) {
            return Ok(Some(Blocked { server, rule, direction: Direction::Outbound, from }));
        }
    }
    let Whereabouts::At(place) = at? else { return Err(Unknown::out_of_sight(server)) };
    if scope.is_endpoint(server) && !place.subnet.groups_for_endpoints {
        return Ok(None);
    }
    let Some(group) = scope.security_group(place.subnet)? else { return Ok(None) };
    let context = surroundings(scope, &place)?.with_gateway(from);
    let rule = dropped(group.decide(&flow(Direction::Inbound), &context))?;
    Ok(rule.map(|rule| Blocked { server, rule, direction: Direction::Inbound, from }))
}

/// What the rules' tags stand for at a place: `VirtualNetwork` holds the prefixes of its routes, too.
fn surroundings(scope: &Scope<'_>, place: &Place<'_>) -> Asked<NetworkContext> {
    match scope.route_table(place.subnet) {
        Ok(table) => Ok(NetworkContext::of(place.network, table)),
        Err(Unknown::Pending) => Err(Unknown::Pending),
        Err(_) => Ok(NetworkContext { complete: false, ..NetworkContext::of(place.network, None) }),
    }
}

fn dropped(ruling: Ruling) -> Asked<Option<RuleRef>> {
    match ruling {
        Ruling::Denied { rule } => Ok(Some(rule)),
        Ruling::Allowed { .. } => Ok(None),
        Ruling::Unclear { why, rule } => Err(Unknown::Odd(match rule {
            Some(rule) => format!("rule {} of {}: {why}", rule.name, rule.nsg.name()),
            None => why.to_string(),
        })),
    }
}

fn confirmed(cause: &dyn Cause, scope: &Scope<'_>, first: &Blocked, all: &[Blocked]) -> Finding {
    let group = &first.rule.nsg;
    let servers: Vec<IpAddr> = all.iter().map(|blocked| blocked.server).collect();
    let sentence = Text::of("The network security group ")
        .link(group.name().as_str(), group.portal_url())
        .say(" drops what the gateway sends to port ")
        .code(scope.probe.port)
        .say(" of ")
        .codes(&servers)
        .say(": rule ")
        .code(&first.rule.name)
        .say(format!(", priority {}.", first.rule.priority));
    let evidence = all.iter().map(|blocked| line(scope, blocked)).collect();
    by_hand(cause, scope, Verdict::Confirmed, sentence, evidence, steps(scope, first))
}

fn line(scope: &Scope<'_>, blocked: &Blocked) -> Text {
    let (way, whose) = match blocked.direction {
        Direction::Inbound => ("Inbound", "the server's subnet"),
        Direction::Outbound => ("Outbound", "the gateway's subnet"),
    };
    Text::of(format!("{way} rules of {whose}: TCP from "))
        .code(blocked.from)
        .say(" to ")
        .code(format!("{}:{}", blocked.server, scope.probe.port))
        .say(" is denied by ")
        .code(&blocked.rule.name)
        .say(format!(" ({})", blocked.rule.priority))
}

fn steps(scope: &Scope<'_>, blocked: &Blocked) -> Vec<Text> {
    let (rule, port) = (&blocked.rule, scope.probe.port);
    let group = format!("-g {} --nsg-name {}", rule.nsg.resource_group(), rule.nsg.name());
    let after = Text::of("The probe succeeds within its interval; press Re-check then.");
    let Some(priority) = priority_before(rule) else {
        return vec![first_of_all(rule, &group), after];
    };
    let command = format!(
        "az network nsg rule create {group} -n allow-application-gateway --direction {:?} --access Allow \
         --protocol Tcp --source-address-prefixes {} --destination-port-ranges {port} --priority {priority}",
        blocked.direction, blocked.from,
    );
    let what = format!("Allow TCP from the gateway's subnet to port {port}, with a priority number below ");
    let allow = Text::of(what).code(rule.priority).say(", if that is what the group's owner wants: ");
    vec![allow.code(command), after]
}

/// A number that comes before a rule's; none where the rule has the first of all. It may be taken. The default
/// rules come after every rule of somebody's own.
pub(super) fn priority_before(rule: &RuleRef) -> Option<u32> {
    match (rule.is_default, rule.priority) {
        (true, _) => Some(4000),
        (false, priority) => priority.checked_sub(1).filter(|before| *before >= FIRST),
    }
}

/// The first priority that there is. Source: Microsoft, "Azure network security groups overview".
const FIRST: u32 = 100;

/// What to do about a rule that nothing can come before.
pub(super) fn first_of_all(rule: &RuleRef, group: &str) -> Text {
    Text::of("No rule can come before ")
        .code(&rule.name)
        .say(", so it has to be narrowed, or moved back to make room: ")
        .code(format!("az network nsg rule update {group} -n {} --priority 200", rule.name))
}

fn ruled_out(cause: &dyn Cause, scope: &Scope<'_>) -> Finding {
    let sentence =
        Text::of("The network security groups of the gateway's and the servers' subnets let the probe pass.");
    let beside = Text::of("Not read: groups at the servers' own network interfaces");
    by_hand(cause, scope, Verdict::RuledOut, sentence, vec![beside], Vec::new())
}
