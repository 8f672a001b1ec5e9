//! A network security group drops what the gateway sends to its servers.
//!
//! Confirmed by: the rules of the groups at the two subnets and at the servers' network interfaces, for TCP from
//! the gateway's subnet to the probed port, by the platform's order of priorities. Where a rule cannot be told
//! from its document, by the rules that Azure works out for the interface. Groups do not filter private
//! endpoints, unless their subnet says so.
//! Mended by: a rule before the one that drops it.
//! Source: Microsoft, "Troubleshoot backend health issues in Application Gateway", TCP connect error, and
//! "How network security groups filter network traffic".

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use super::{Cause, Link, by_hand, each, if_out_of_reach, not_checked};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::{Asked, Holder, Place, Scope, Unknown, Whereabouts};
use crate::health::Symptom;
use crate::network::address::Prefix;
use crate::network::context::NetworkContext;
use crate::network::interface::Interface;
use crate::network::nsg::{Direction, Flow, Nsg, RuleRef, Ruling};

pub(super) struct SecurityGroup;

/// A rule that drops what a server should get.
pub(super) struct Blocked {
    server: IpAddr,
    rule: RuleRef,
    direction: Direction,
    from: Prefix,
    of: Of,
}

/// What the group of a rule is in front of.
#[derive(Clone, Copy)]
enum Of {
    GatewaySubnet,
    Subnet,
    Interface,
    /// The server's subnet or interface, as Azure worked its rules out.
    Effective,
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
        let servers = scope.out_of_reach();
        let (passages, unknown) = each(servers.iter().map(|server| passage(scope, *server).map(Some)))?;
        let blocked: Vec<&Blocked> = passages.iter().filter_map(|passage| passage.blocked()).collect();
        Some(match (blocked.first(), unknown) {
            (Some(first), _) => confirmed(self, scope, first, &blocked),
            (None, Some(why)) => {
                not_checked(self, scope, "Whether a network security group is in the way", &why)
            }
            (None, None) => ruled_out(self, scope, &passages),
        })
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles = "The rules of the groups at the gateway's subnet, the servers' subnet and their network interfaces.";
        if_out_of_reach(symptom, settles)
    }
}

/// What becomes of the probe of a server.
pub(super) enum Passage {
    /// A rule drops it.
    Blocked(Blocked),
    /// Every group lets it pass.
    Open,
    /// The groups of the subnets let it pass. That of the server's network interface is not known.
    OpenSoFar(Unknown),
}

impl Passage {
    fn blocked(&self) -> Option<&Blocked> {
        match self {
            Self::Blocked(blocked) => Some(blocked),
            _ => None,
        }
    }
}

/// What the groups make of the probe of a server. Every question is put before its answer is wanted.
pub(super) fn passage(scope: &Scope<'_>, server: IpAddr) -> Asked<Rc<Passage>> {
    Asked::clone(&scope.once(Some(server), || find_passage(scope, server).map(Rc::new)))
}

fn find_passage(scope: &Scope<'_>, server: IpAddr) -> Asked<Passage> {
    let gateway = scope.gateway_place()?;
    let from = gateway.prefix_towards(server)?;
    let (own, at) = (scope.security_group(gateway.subnet), scope.whereabouts(server));
    let here = surroundings(scope, &gateway);
    let side = at.as_ref().ok().and_then(|at| Side::of(scope, at, server, from));
    let flow = |direction| Flow::tcp(direction, from, server, scope.probe.port);
    if let Some(group) = own? {
        let ruling = group.decide(&flow(Direction::Outbound), &here?);
        // To a network that there is no way to, nothing is let out by default. That follows; no rule mends it.
        if let Some(rule) = dropped(ruling)?.filter(|rule| side.is_some() || !rule.is_default) {
            let (direction, of) = (Direction::Outbound, Of::GatewaySubnet);
            return Ok(Passage::Blocked(Blocked { server, rule, direction, from, of }));
        }
    }
    at?;
    let side = side.ok_or_else(|| Unknown::out_of_sight(server))?;
    side.passage(&flow(Direction::Inbound))
}

/// What has the address of a server, if it is one of those that are looked at closely.
fn holder<'a>(scope: &Scope<'a>, server: IpAddr) -> Asked<Holder<'a>> {
    let skipped = || Unknown::Odd("only the first servers are looked at so closely".to_owned());
    if scope.is_looked_at(server) { scope.holder(server) } else { Err(skipped()) }
}

/// The server's side of the way.
struct Side<'s, 'a> {
    scope: &'s Scope<'a>,
    /// Whether private endpoints in its subnet are not filtered by the group there.
    is_unfiltered: bool,
    /// Whether the server is known to be a private endpoint that the group does not filter.
    is_endpoint: bool,
    group: Asked<Option<&'a Nsg>>,
    around: Asked<NetworkContext>,
    holder: Asked<Holder<'a>>,
    server: IpAddr,
    from: Prefix,
}

impl<'s, 'a> Side<'s, 'a> {
    /// Puts every question about it; none where it is out of sight.
    fn of(scope: &'s Scope<'a>, at: &Whereabouts<'a>, server: IpAddr, from: Prefix) -> Option<Self> {
        let Whereabouts::At(place) = at else { return None };
        Some(Self {
            is_unfiltered: place.subnet.has_unfiltered_endpoints,
            is_endpoint: scope.is_endpoint(server) && !place.subnet.groups_for_endpoints,
            group: scope.security_group(place.subnet),
            around: surroundings(scope, place),
            holder: holder(scope, server),
            scope,
            server,
            from,
        })
    }

    /// What the subnet's group says, then the interface's; and where a rule cannot be told, what Azure works out.
    fn passage(&self, flow: &Flow) -> Asked<Passage> {
        let (interface, is_unfiltered) = (self.interface(), self.is_unfiltered);
        let group = self.group.clone()?;
        let context = self.around.clone()?.with_gateway(self.from);
        if self.is_endpoint || is_unfiltered && matches!(interface, Ok(Some(own)) if own.is_private_endpoint)
        {
            return Ok(Passage::Open);
        }
        let context = match interface {
            Ok(Some(interface)) => interface.joined(context),
            _ => context,
        };
        let subnet = group.map_or(Ok(None), |group| dropped(group.decide(flow, &context)));
        match (subnet, interface) {
            // What is behind a load balancer is filtered where it is, and a private endpoint may not be at all.
            (Ok(Some(_)), Err(why)) if is_unfiltered || self.is_something_else() => Err(why),
            (Ok(Some(rule)), _) => Ok(self.blocked(rule, Of::Subnet)),
            (_, Err(Unknown::Pending)) => Err(Unknown::Pending),
            (subnet, Ok(Some(interface))) => self.at_interface(subnet.map(drop), interface, flow, &context),
            (subnet, Ok(None)) => subnet.map(|_| Passage::Open),
            (subnet, Err(why)) => subnet.map(|_| Passage::OpenSoFar(why)),
        }
    }

    fn at_interface(
        &self,
        subnet: Asked<()>,
        interface: &Interface,
        flow: &Flow,
        context: &NetworkContext,
    ) -> Asked<Passage> {
        let own = match self.scope.interface_group(interface) {
            Err(Unknown::Pending) => return Err(Unknown::Pending),
            Err(why) => return subnet.map(|()| Passage::OpenSoFar(why)),
            Ok(own) => own.map_or(Ok(None), |group| dropped(group.decide(flow, context))),
        };
        match (subnet, own) {
            (_, Ok(Some(rule))) => Ok(self.blocked(rule, Of::Interface)),
            (Ok(()), Ok(None)) => Ok(Passage::Open),
            (Err(why), _) | (_, Err(why)) => match self.scope.effective_rules(interface) {
                Err(Unknown::Pending) => Err(Unknown::Pending),
                Err(_) => Err(why),
                Ok(rules) => {
                    let rule = dropped(rules.decide_all(flow, context))?;
                    Ok(rule.map_or(Passage::Open, |rule| self.blocked(rule, Of::Effective)))
                }
            },
        }
    }

    /// The network interface that has the address; none if nothing has it.
    fn interface(&self) -> Asked<Option<&'a Interface>> {
        match &self.holder {
            Ok(holder) => self.scope.interface_of(self.server, holder),
            Err(why) => Err(why.clone()),
        }
    }

    fn is_something_else(&self) -> bool {
        matches!(self.holder, Ok(Holder::Other(_)))
    }

    fn blocked(&self, rule: RuleRef, of: Of) -> Passage {
        let direction = Direction::Inbound;
        Passage::Blocked(Blocked { server: self.server, rule, direction, from: self.from, of })
    }
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

fn confirmed(cause: &dyn Cause, scope: &Scope<'_>, first: &Blocked, all: &[&Blocked]) -> Finding {
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
    let rules = match blocked.of {
        Of::GatewaySubnet => "Outbound rules of the gateway's subnet",
        Of::Subnet => "Inbound rules of the server's subnet",
        Of::Interface => "Inbound rules of the server's network interface",
        Of::Effective => "Effective inbound rules of the server's network interface",
    };
    Text::of(format!("{rules}: TCP from "))
        .code(blocked.from)
        .say(" to ")
        .code(SocketAddr::new(blocked.server, scope.probe.port))
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

fn ruled_out(cause: &dyn Cause, scope: &Scope<'_>, passages: &[Rc<Passage>]) -> Finding {
    let unread = passages.iter().find_map(|passage| match &**passage {
        Passage::OpenSoFar(why) => Some(why),
        _ => None,
    });
    let looked = passages.iter().filter(|passage| matches!(***passage, Passage::Open)).count();
    let (whose, beside) = match unread {
        None => ("subnets and of the servers' network interfaces", None),
        Some(_) if looked > 0 => (
            "subnets and of the network interfaces that were read",
            Some(Text::of(format!(
                "Read the groups at the network interfaces of {looked} of {} servers",
                passages.len()
            ))),
        ),
        Some(why) => {
            let line = format!("Not read: groups at the servers' own network interfaces; {why}");
            ("subnets", Some(Text::of(line)))
        }
    };
    let sentence = match unread {
        Some(_) if looked == 0 => {
            "The network security groups of the gateway's and the servers' subnets let the probe pass."
                .to_owned()
        }
        _ => format!("The network security groups of the {whose} let the probe pass."),
    };
    by_hand(cause, scope, Verdict::RuledOut, Text::of(sentence), beside.into_iter().collect(), Vec::new())
}
