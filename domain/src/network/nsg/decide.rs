//! Walks the rules of one security group.

use super::fit::{Fit, Slice};
use super::flow::{Direction, End, Flow, Protocol};
use super::rule::Rule;
use super::ruling::{Ruling, Why, agree};
use crate::network::address::{HOST, METADATA};
use crate::network::context::NetworkContext;
use crate::network::ports::{PortRange, Ports};
use crate::network::tag::ServiceTag;

/// What the rules, in the order of their priority, make of a flow.
pub(super) fn decide(rules: &[Rule], flow: &Flow, context: &NetworkContext) -> Ruling {
    if let Some(ruling) = platform(rules, flow) {
        return ruling;
    }
    let rules: Vec<&Rule> = rules.iter().filter(|rule| rule.is_about(flow.direction)).collect();
    let slices = slices(rules.iter().copied(), flow, context);
    // Slices come in runs: the same ports, with each guess about `VirtualNetwork`.
    let runs = slices.chunk_by(Slice::same_ports).map(|run| {
        let rulings = run.iter().map(|slice| walk(&rules, slice, context));
        agree(rulings, &Why::VirtualNetworkUnknown).unwrap_or(NO_RULE)
    });
    agree(runs, &Why::PartOfFlow).unwrap_or(NO_RULE)
}

const NO_RULE: Ruling = Ruling::Unclear { why: Why::NoRule, rule: None };

/// What becomes of a slice: the first rule that certainly matches decides, unless an earlier one that may
/// match says otherwise.
fn walk(rules: &[&Rule], slice: &Slice<'_>, context: &NetworkContext) -> Ruling {
    let mut doubts: Vec<(&Rule, Why)> = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        match (slice.fit(rule, context), rule.allows) {
            (Fit::No, _) => {}
            (Fit::Maybe(why), _) => doubts.push((rule, why)),
            (Fit::Yes, None) => {
                let what = rule.odd.clone().unwrap_or_default();
                doubts.push((rule, Why::NotUnderstood { what }));
            }
            (Fit::Yes, Some(allows)) => {
                let rest = rules.get(index + 1..).unwrap_or_default();
                return rival(rest, rule, slice, context)
                    .or_else(|| doubt(doubts, Some(allows)))
                    .unwrap_or_else(|| certain(rule, allows));
            }
        }
    }
    doubt(doubts, None).unwrap_or(NO_RULE)
}

fn certain(rule: &Rule, allows: bool) -> Ruling {
    let at = rule.at.clone();
    if allows { Ruling::Allowed { rule: Some(at) } } else { Ruling::Denied { rule: at } }
}

/// The first doubt whose rule would decide otherwise.
fn doubt(doubts: Vec<(&Rule, Why)>, allows: Option<bool>) -> Option<Ruling> {
    let other = |(rule, _): &(&Rule, Why)| rule.allows.is_none() || rule.allows != allows;
    let (rule, why) = doubts.into_iter().find(other)?;
    Some(Ruling::Unclear { why, rule: Some(rule.at.clone()) })
}

/// A later rule of the same priority that would decide otherwise. Azure refuses such a pair; if there is one
/// all the same, the order of the document proves nothing.
fn rival(rest: &[&Rule], rule: &Rule, slice: &Slice<'_>, context: &NetworkContext) -> Option<Ruling> {
    let level = rest.iter().take_while(|other| other.at.priority == rule.at.priority);
    let other = level
        .filter(|other| other.allows != rule.allows)
        .find(|other| !matches!(slice.fit(other, context), Fit::No))?;
    Some(Ruling::Unclear { why: Why::SamePriority, rule: Some(other.at.clone()) })
}

/// What leaves for the services that every machine has from its host passes, unless a rule names them by
/// their own tags.
///
/// Source: Microsoft, "Azure network security groups overview", platform considerations.
fn platform(rules: &[Rule], flow: &Flow) -> Option<Ruling> {
    let End::Addresses(to) = &flow.destination else { return None };
    let to = to.address().filter(|to| flow.direction == Direction::Outbound && [HOST, METADATA].contains(to));
    to?;
    let denying = rules.iter().filter(|rule| rule.is_about(flow.direction) && rule.allows != Some(true));
    let by_tag = denying.flat_map(|rule| rule.destination.tags.iter().map(move |tag| (rule, tag)));
    let named = by_tag.into_iter().find(|(_, tag)| tag.is_platform());
    Some(match named {
        None => Ruling::Allowed { rule: None },
        Some((rule, tag)) => {
            Ruling::Unclear { why: Why::TagUnknown { tag: tag.clone() }, rule: Some(rule.at.clone()) }
        }
    })
}

/// Cuts a flow so that each part of it is wholly inside or wholly outside of each rule's ports and protocol,
/// and doubles it where an end may or may not be in `VirtualNetwork`.
pub(super) fn slices<'a>(
    rules: impl IntoIterator<Item = &'a Rule>,
    flow: &'a Flow,
    context: &NetworkContext,
) -> Vec<Slice<'a>> {
    let (sources, destinations): (Vec<_>, Vec<_>) =
        rules.into_iter().map(|rule| (rule.source_ports.as_ref(), rule.destination_ports.as_ref())).unzip();
    let mut slices = Vec::new();
    for protocol in protocols(flow.protocol) {
        let whole = !protocol.has_ports();
        for source_ports in cut(flow.source_ports, &sources, whole) {
            for destination_ports in cut(flow.destination_ports, &destinations, whole) {
                for (source_inside, destination_inside) in guesses(flow, context) {
                    slices.push(Slice {
                        flow,
                        protocol,
                        source_ports,
                        destination_ports,
                        source_inside,
                        destination_inside,
                    });
                }
            }
        }
    }
    slices
}

/// `*` "encompasses TCP, UDP, and ICMP", as Microsoft puts it.
fn protocols(protocol: Protocol) -> Vec<Protocol> {
    match protocol {
        Protocol::Any => vec![Protocol::Tcp, Protocol::Udp, Protocol::Icmp],
        one => vec![one],
    }
}

fn guesses(flow: &Flow, context: &NetworkContext) -> Vec<(bool, bool)> {
    let (sources, destinations) = (inside(&flow.source, context), inside(&flow.destination, context));
    sources.iter().flat_map(|source| destinations.iter().map(|destination| (*source, *destination))).collect()
}

/// Whether an end of a flow is in `VirtualNetwork`: each answer that is possible.
fn inside(end: &End, context: &NetworkContext) -> &'static [bool] {
    match end {
        End::Addresses(prefix) => context.in_virtual_network(prefix),
        End::Tag(tag) if *tag == ServiceTag::virtual_network() => &[true],
        End::Tag(tag) if *tag == ServiceTag::azure_load_balancer() => &[true],
        End::Tag(_) => context.service_in_virtual_network(),
    }
}

/// Cuts a range wherever a rule's ports begin or end.
fn cut(range: PortRange, rules: &[Option<&Ports>], whole: bool) -> Vec<PortRange> {
    if whole {
        return vec![range];
    }
    let edges = rules.iter().flatten().flat_map(|ports| ports.ranges());
    let mut starts: Vec<u16> = edges
        .flat_map(|edge| [Some(edge.from()), edge.to().checked_add(1)])
        .flatten()
        .filter(|start| range.from() < *start && *start <= range.to())
        .collect();
    starts.push(range.from());
    starts.sort_unstable();
    starts.dedup();
    let ends = starts.iter().skip(1).map(|next| next - 1).chain([range.to()]);
    starts.iter().zip(ends).map(|(from, to)| PortRange::new(*from, to)).collect()
}
