//! A user-defined route takes the gateway's traffic somewhere else.
//!
//! Confirmed by: a route of the gateway's or the servers' subnet that drops what it is about. A route to an
//! appliance, or to anywhere else but straight there, is consistent only: it may well be passed on, and only
//! the log of whoever is there tells.
//! Mended by: a more specific route, or none.
//! Source: Microsoft, "Virtual network traffic routing", and "Application Gateway infrastructure
//! configuration", supported user-defined routes.

use std::net::IpAddr;

use super::{Cause, Link, by_hand, each, if_out_of_reach, not_checked};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::{Asked, Place, Scope, Unknown, Whereabouts};
use crate::health::Symptom;
use crate::network::address::PRIVATE;
use crate::network::route::{Chosen, NextHop, RouteSource};

pub(super) struct Route;

/// A route that leads astray.
struct Detour {
    /// Of what: the way to the server, or the way back.
    way: &'static str,
    chosen: Chosen,
}

impl Detour {
    fn verdict(&self) -> Verdict {
        if self.chosen.hop == NextHop::None { Verdict::Confirmed } else { Verdict::Consistent }
    }
}

impl Cause for Route {
    fn id(&self) -> &'static str {
        "user-defined-route"
    }

    fn about(&self) -> &'static str {
        "A user-defined route takes the traffic between gateway and servers somewhere else."
    }

    fn breaks(&self) -> Link {
        Link::Network
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        let servers = scope.out_of_reach().into_iter();
        let (detours, unknown) = each(servers.map(|server| detour(scope, server)))?;
        Some(match (detours.into_iter().min_by_key(Detour::verdict), unknown) {
            (Some(detour), _) => astray(self, scope, &detour),
            (None, Some(why)) => not_checked(self, scope, "Whether a route leads elsewhere", &why),
            (None, None) => {
                let sentence =
                    Text::of("The routes between gateway and servers lead straight there and back.");
                by_hand(self, scope, Verdict::RuledOut, sentence, Vec::new(), Vec::new())
            }
        })
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles = "The route tables of the gateway's and the servers' subnets, and the log of an appliance that they lead to.";
        if_out_of_reach(symptom, settles)
    }
}

fn detour(scope: &Scope<'_>, server: IpAddr) -> Asked<Option<Detour>> {
    let gateway = scope.gateway_place()?;
    let (there, at) = (next_hop(scope, &gateway, server), scope.whereabouts(server));
    if scope.is_endpoint(server) {
        // Azure makes a route for its very address, which comes before all but one for that address alone.
        let Whereabouts::At(place) = at? else { return Err(Unknown::out_of_sight(server)) };
        let own = |chosen: &Chosen| chosen.prefix.is_single() || place.subnet.routes_for_endpoints;
        return Ok(there?.filter(own).map(|chosen| Detour { way: "to the servers", chosen }));
    }
    if let Some(chosen) = there? {
        return Ok(Some(Detour { way: "to the servers", chosen }));
    }
    let Whereabouts::At(place) = at? else { return Err(Unknown::out_of_sight(server)) };
    // One address for all of them: a route table that tells them apart is beyond what is told here.
    let gateway = gateway.prefix()?.first().ok_or_else(|| Unknown::out_of_sight(server))?;
    Ok(next_hop(scope, &place, gateway)?.map(|chosen| Detour { way: "back to the gateway", chosen }))
}

/// The user-defined route that an address takes from a subnet, if it leads anywhere but straight there.
fn next_hop(scope: &Scope<'_>, from: &Place<'_>, to: IpAddr) -> Asked<Option<Chosen>> {
    let Some(table) = scope.route_table(from.subnet)? else { return Ok(None) };
    let chosen = from.route(Some(table), to)?;
    let straight = match &chosen.hop {
        NextHop::Internet => !PRIVATE.iter().any(|range| range.contains(to)),
        hop => hop.is_shortcut() || *hop == NextHop::Host,
    };
    Ok(Some(chosen).filter(|chosen| !straight && chosen.source == RouteSource::User))
}

fn astray(cause: &dyn Cause, scope: &Scope<'_>, detour: &Detour) -> Finding {
    let chosen = &detour.chosen;
    let route = Text::of("The route ").code(name(chosen)).say(" of ").text(table(chosen));
    let sentence = match &chosen.hop {
        NextHop::VirtualAppliance { addresses } => route
            .say(format!(" sends what goes {} to the appliance ", detour.way))
            .codes(addresses)
            .say(". Whether that passes it on is not known here."),
        NextHop::None => route.say(format!(" drops what goes {}.", detour.way)),
        other => route
            .say(format!(" sends what goes {} to ", detour.way))
            .code(other)
            .say(". Whether it arrives that way is not known here."),
    };
    let evidence = Text::of("The most specific route ")
        .say(detour.way)
        .say(": ")
        .code(chosen.prefix)
        .say(", next hop ")
        .code(&chosen.hop);
    by_hand(cause, scope, detour.verdict(), sentence, vec![evidence], steps(detour))
}

fn name(chosen: &Chosen) -> String {
    chosen.name.as_ref().map_or_else(|| chosen.prefix.to_string(), ToString::to_string)
}

fn table(chosen: &Chosen) -> Text {
    match &chosen.table {
        Some(id) => Text::of("route table ").link(id.name().as_str(), id.portal_url()),
        None => Text::of("a route table"),
    }
}

fn steps(detour: &Detour) -> Vec<Text> {
    let first = match &detour.chosen.hop {
        NextHop::VirtualAppliance { .. } => Text::of(
            "Look into the appliance's log for traffic between the gateway's subnet and the server; allow it there, both ways.",
        ),
        _ => Text::of("Ask whoever owns the route table whether this is on purpose."),
    };
    let prefix = detour.chosen.prefix;
    vec![
        first,
        Text::of("Or add a route that is more specific than ")
            .code(prefix)
            .say(", next hop VirtualNetwork, for what goes ")
            .say(detour.way)
            .say("."),
    ]
}
