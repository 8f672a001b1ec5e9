//! A user-defined route takes the gateway's traffic somewhere else.
//!
//! Confirmed by: a route of the gateway's or the servers' subnet that drops what it is about. A route to an
//! appliance, or to anywhere else but straight there, is consistent only: it may well be passed on, and only
//! the log of whoever is there tells.
//! Where the way back is not clear from documents, the routes that take effect at the server's network interface
//! tell it.
//! Mended by: a more specific route, or none.
//! Source: Microsoft, "Virtual network traffic routing", and "Application Gateway infrastructure
//! configuration", supported user-defined routes.

use std::net::IpAddr;
use std::rc::Rc;

use super::{Cause, Link, by_hand, each, if_out_of_reach, not_checked};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::{Asked, Holder, Place, Scope, Unknown, Whereabouts};
use crate::health::Symptom;
use crate::id::ResourceId;
use crate::network::address::PRIVATE;
use crate::network::route::{Chosen, NextHop, RouteSource, Way};

pub(super) struct Route;

/// Which of the two ways between gateway and server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leg {
    There,
    Back,
}

impl Leg {
    fn in_words(self) -> &'static str {
        match self {
            Self::There => "to the servers",
            Self::Back => "back to the gateway",
        }
    }
}

/// A route that leads astray.
pub(super) struct Detour {
    leg: Leg,
    chosen: Chosen,
    /// The network interface at which Azure worked it out; none if it stands in a route table.
    at: Option<ResourceId>,
    /// Whether it is about all of the other side's addresses.
    is_whole: bool,
}

impl Detour {
    pub(super) fn verdict(&self) -> Verdict {
        let drops = self.chosen.hop == NextHop::None && self.is_whole;
        if drops { Verdict::Confirmed } else { Verdict::Consistent }
    }

    /// Whether it is the same route that leads another server astray.
    fn is_like(&self, other: &Self) -> bool {
        self.leg == other.leg && self.chosen == other.chosen && self.verdict() == other.verdict()
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
        let detour = |server| Ok(detour(scope, server)?.map(|detour| (server, detour)));
        let (detours, unknown) = each(servers.map(detour))?;
        Some(match (detours.iter().min_by_key(|(_, detour)| detour.verdict()), unknown) {
            (Some((_, first)), _) => {
                let alike = detours.iter().filter(|(_, other)| other.is_like(first));
                let servers: Vec<IpAddr> = alike.map(|(server, _)| *server).collect();
                astray(self, scope, first, &servers)
            }
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

/// The route that leads the probe of a server astray, or its answer. The way back is looked up at the server's
/// network interface where documents do not tell it.
pub(super) fn detour(scope: &Scope<'_>, server: IpAddr) -> Asked<Option<Rc<Detour>>> {
    let found = scope.once(Some(server), || Ok(find_detour(scope, server)?.map(Rc::new)));
    Asked::clone(&found)
}

fn find_detour(scope: &Scope<'_>, server: IpAddr) -> Asked<Option<Detour>> {
    let gateway = scope.gateway_place()?;
    let (there, at) = (next_hop(scope, &gateway, server), scope.whereabouts(server));
    if scope.is_endpoint(server) {
        // Azure makes a route for its very address, which comes before all but one for that address alone.
        let Whereabouts::At(place) = at? else { return Err(Unknown::out_of_sight(server)) };
        let own = |chosen: &Chosen| chosen.prefix.is_single() || place.subnet.routes_for_endpoints;
        let detour = |chosen| Detour { leg: Leg::There, chosen, at: None, is_whole: true };
        return Ok(there?.filter(own).map(detour));
    }
    if let Some(chosen) = there? {
        return Ok(Some(Detour { leg: Leg::There, chosen, at: None, is_whole: true }));
    }
    let Whereabouts::At(place) = at? else { return Err(Unknown::out_of_sight(server)) };
    let back = gateway.prefix_towards(server)?;
    // One address for all of them: a route table that tells them apart is beyond what is told here.
    let to = back.first().ok_or_else(|| Unknown::out_of_sight(server))?;
    let hop = next_hop(scope, &place, to);
    if let Some(why) = behind_something(scope, server) {
        return Err(why);
    }
    let (at, chosen) = match hop {
        Ok(chosen) => (None, chosen),
        Err(Unknown::Pending) => return Err(Unknown::Pending),
        Err(why) => effective_hop(scope, server, to, why)?,
    };
    let detour =
        |chosen: Chosen| Detour { leg: Leg::Back, is_whole: chosen.prefix.covers(&back), chosen, at };
    Ok(chosen.map(detour))
}

/// Why the routes of an address's subnet are not those of its answers: it is that of a load balancer, say.
fn behind_something(scope: &Scope<'_>, server: IpAddr) -> Option<Unknown> {
    if !scope.is_looked_at(server) {
        return None;
    }
    match scope.holder(server) {
        Ok(holder @ Holder::Other(_)) => scope.interface_of(server, &holder).err(),
        Err(Unknown::Pending) => Some(Unknown::Pending),
        _ => None,
    }
}

/// The route that takes effect at a server's network interface, if it leads anywhere but straight there; where
/// that is not known either, the reason why the way was not known before.
fn effective_hop(
    scope: &Scope<'_>,
    server: IpAddr,
    to: IpAddr,
    why: Unknown,
) -> Asked<(Option<ResourceId>, Option<Chosen>)> {
    let routes = || {
        if !scope.is_looked_at(server) {
            return Ok(None);
        }
        let holder = scope.holder(server)?;
        let interface = scope.interface_of(server, &holder)?;
        let routes = |interface| Ok((interface, scope.effective_routes(interface)?));
        interface.map(routes).transpose()
    };
    match routes() {
        Ok(Some((interface, routes))) => match routes.next_hop(to) {
            Way::Via(chosen) => {
                let astray = !is_straight(&chosen, to);
                Ok((Some(interface.id.clone()), Some(chosen).filter(|_| astray)))
            }
            Way::Unclear { .. } => Err(why),
        },
        Err(Unknown::Pending) => Err(Unknown::Pending),
        Ok(None) | Err(_) => Err(why),
    }
}

/// The user-defined route that an address takes from a subnet, if it leads anywhere but straight there.
fn next_hop(scope: &Scope<'_>, from: &Place<'_>, to: IpAddr) -> Asked<Option<Chosen>> {
    let Some(table) = scope.route_table(from.subnet)? else { return Ok(None) };
    let chosen = from.route(Some(table), to)?;
    Ok(Some(chosen).filter(|chosen| !is_straight(chosen, to) && chosen.source == RouteSource::User))
}

fn is_straight(chosen: &Chosen, to: IpAddr) -> bool {
    match &chosen.hop {
        NextHop::Internet => !PRIVATE.iter().any(|range| range.contains(to)),
        hop => hop.is_shortcut() || *hop == NextHop::Host,
    }
}

fn astray(cause: &dyn Cause, scope: &Scope<'_>, detour: &Detour, servers: &[IpAddr]) -> Finding {
    let chosen = &detour.chosen;
    let route = Text::of("The route ").code(name(chosen)).text(whose(detour));
    let route =
        route.say(if chosen.hop == NextHop::None { " drops what goes " } else { " sends what goes " });
    let route = match detour.leg {
        Leg::There => route.say("to ").codes(servers),
        Leg::Back => route.say("from ").codes(servers).say(" back to the gateway"),
    };
    let sentence = match &chosen.hop {
        NextHop::VirtualAppliance { addresses } => route
            .say(" by way of the appliance ")
            .codes(addresses)
            .say(". Whether that passes it on is not known here."),
        NextHop::None => route.say("."),
        other => route.say(" by way of ").code(other).say(". Whether it arrives that way is not known here."),
    };
    let effective = if detour.at.is_some() { "The effective route " } else { "The most specific route " };
    let evidence = Text::of(effective)
        .say(detour.leg.in_words())
        .say(": ")
        .code(chosen.prefix)
        .say(", next hop ")
        .code(&chosen.hop);
    by_hand(cause, scope, detour.verdict(), sentence, vec![evidence], steps(detour))
}

fn name(chosen: &Chosen) -> String {
    chosen.name.as_ref().map_or_else(|| chosen.prefix.to_string(), ToString::to_string)
}

fn whose(detour: &Detour) -> Text {
    match (&detour.at, &detour.chosen.table) {
        (Some(id), _) => Text::of(" at the network interface ").link(id.name().as_str(), id.portal_url()),
        (None, Some(id)) => Text::of(" of route table ").link(id.name().as_str(), id.portal_url()),
        (None, None) => Text::of(" of a route table"),
    }
}

fn steps(detour: &Detour) -> Vec<Text> {
    let first = match &detour.chosen.hop {
        NextHop::VirtualAppliance { .. } => Text::of(
            "Look into the appliance's log for traffic between the gateway's subnet and the server; allow it there, both ways.",
        ),
        _ => Text::of("Ask whoever owns the route table whether this is on purpose."),
    };
    let chosen = &detour.chosen;
    let delete = match (&chosen.hop, &chosen.table, &chosen.name) {
        (NextHop::None, Some(table), Some(name)) => {
            Some(Text::of("If it is not, delete the route: ").code(format!(
                "az network route-table route delete -g {} --route-table-name {} -n {name}",
                table.resource_group(),
                table.name()
            )))
        }
        _ => None,
    };
    let narrower = || {
        Text::of("Or add a route that is more specific than ")
            .code(chosen.prefix)
            .say(", next hop VnetLocal, for what goes ")
            .say(detour.leg.in_words())
            .say(".")
    };
    let narrower = (!chosen.prefix.is_single()).then(narrower);
    [Some(first), delete, narrower].into_iter().flatten().collect()
}
