//! The gateway's virtual network is not connected with that of its servers.
//!
//! Confirmed by: a peering that is not connected, or out of step with the other network's addresses;
//! or a private address that no network has which the gateway's own reaches, where no gateway to on-premises
//! networks could know better.
//! Mended by: the peering, on both sides.
//! Source: Microsoft, "Virtual network peering" and "Virtual network traffic routing" (private addresses that
//! no network has are dropped).

use std::net::IpAddr;

use super::{Cause, Link, by_hand, each, if_out_of_reach, not_checked};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::{Asked, Place, Scope, Whereabouts};
use crate::health::Symptom;
use crate::id::Name;
use crate::network::route::{NextHop, RouteSource};
use crate::network::vnet::{PeeringFault, PeeringState};

pub(super) struct Peering;

/// What is wrong with the way to a server's network.
enum Gap {
    /// There is a peering, and it passes nothing.
    Broken { peering: Name, fault: PeeringFault },
    /// No network has the address.
    Nobody,
}

impl Cause for Peering {
    fn id(&self) -> &'static str {
        "virtual-network-peering"
    }

    fn about(&self) -> &'static str {
        "The gateway's virtual network is not connected with that of its servers."
    }

    fn breaks(&self) -> Link {
        Link::Network
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        let servers = scope.out_of_reach().into_iter();
        let gap = |server| Ok(gap(scope, server)?.map(|gap| (server, gap)));
        let (gaps, unknown) = each(servers.map(gap))?;
        let cut_off: Vec<IpAddr> = gaps.iter().map(|(server, _)| *server).collect();
        Some(match (gaps.first(), unknown) {
            (Some((_, gap)), _) => confirmed(self, scope, gap, &cut_off)?,
            (None, Some(why)) => not_checked(self, scope, "Whether a peering is missing", &why),
            (None, None) => {
                let sentence = Text::of("The virtual networks of the gateway and its servers are connected.");
                by_hand(self, scope, Verdict::RuledOut, sentence, Vec::new(), Vec::new())
            }
        })
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles =
            "The peerings of the gateway's virtual network, and which network has the server's address.";
        if_out_of_reach(symptom, settles)
    }
}

fn gap(scope: &Scope<'_>, server: IpAddr) -> Asked<Option<Gap>> {
    let gateway = scope.gateway_place()?;
    let (table, at) = (scope.route_table(gateway.subnet), scope.whereabouts(server));
    match at? {
        Whereabouts::At(_) => Ok(None),
        Whereabouts::BehindBrokenPeering { peering, fault } => Ok(Some(Gap::Broken { peering, fault })),
        Whereabouts::Elsewhere => {
            let route = gateway.route(table?, server)?;
            let dropped = route.hop == NextHop::None && route.source == RouteSource::System;
            Ok(dropped.then_some(Gap::Nobody))
        }
    }
}

/// Whether nothing reaches a server: for the rest of the catalogue.
pub(super) fn is_cut_off(scope: &Scope<'_>, server: IpAddr) -> Asked<bool> {
    Ok(gap(scope, server)?.is_some())
}

fn confirmed(cause: &dyn Cause, scope: &Scope<'_>, gap: &Gap, servers: &[IpAddr]) -> Option<Finding> {
    let gateway = scope.gateway_place().ok()?;
    let network = Text::new().link(gateway.network.id.name().as_str(), gateway.network.id.portal_url());
    let (sentence, evidence) = match gap {
        Gap::Broken { peering, fault } => (
            Text::of("The peering ")
                .code(peering)
                .say(" between the gateway's virtual network and that of ")
                .codes(servers)
                .say(in_words(fault)),
            Text::of("Peering ")
                .code(peering)
                .say(" of ")
                .text(network)
                .say(": ")
                .text(shown(fault, servers)),
        ),
        Gap::Nobody => (
            Text::of("The gateway's virtual network has no way to ").codes(servers).say(
                ": no network that it is peered with has this address, so Azure drops what is sent there.",
            ),
            Text::of("Address space and peerings of ").text(network).say(": none has ").codes(servers),
        ),
    };
    Some(by_hand(cause, scope, Verdict::Confirmed, sentence, vec![evidence], steps(&gateway, gap)))
}

fn in_words(fault: &PeeringFault) -> String {
    match fault {
        PeeringFault::State(PeeringState::Disconnected) => {
            " passes nothing: it is Disconnected, as its other side was deleted.".to_owned()
        }
        PeeringFault::State(PeeringState::Initiated) => {
            " passes nothing: it is Initiated, as its other side is missing.".to_owned()
        }
        PeeringFault::State(state) => format!(" passes nothing: its state is {state}."),
        PeeringFault::NotSynchronized => {
            " is out of step: the address was added to the other network, and the peering was not synchronized since."
                .to_owned()
        }
    }
}

/// What the peering's document says of it.
fn shown(fault: &PeeringFault, servers: &[IpAddr]) -> Text {
    match fault {
        PeeringFault::State(state) => Text::of("peeringState ").code(state),
        PeeringFault::NotSynchronized => Text::of("remoteVirtualNetworkAddressSpace has ")
            .codes(servers)
            .say(", remoteAddressSpace has not"),
    }
}

fn steps(gateway: &Place<'_>, gap: &Gap) -> Vec<Text> {
    let (id, list) = (&gateway.network.id, "az network vnet peering");
    let place = format!("-g {} --vnet-name {}", id.resource_group(), id.name());
    let first = match gap {
        Gap::Broken { peering, fault: PeeringFault::NotSynchronized } => {
            Text::of("Synchronize it: ").code(format!("{list} sync {place} -n {peering}"))
        }
        Gap::Broken { peering, .. } => Text::of("Delete the peering and create it again, on both sides: ")
            .code(format!("{list} delete {place} -n {peering}"))
            .say(", then ")
            .code(format!("{list} create {place} -n {peering} --remote-vnet ID --allow-vnet-access")),
        Gap::Nobody => Text::of("If the address is right, peer the two networks, on both sides: ")
            .code(format!("{list} create {place} -n to-servers --remote-vnet ID --allow-vnet-access")),
    };
    let then = match gap {
        Gap::Broken { fault: PeeringFault::NotSynchronized, .. } => {
            "Press Re-check once it says FullyInSync."
        }
        _ => "Press Re-check once both sides say Connected.",
    };
    vec![first, Text::of(then)]
}
