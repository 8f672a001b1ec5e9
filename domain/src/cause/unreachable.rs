//! The gateway cannot open a connection to the server.
//!
//! The same words have stood for a closed port, a network security group, a missing peering and a private
//! DNS zone that was not linked. What lies between gateway and server is looked at by causes of its own; what
//! is left is never more than "consistent", and the message says what would settle it.
//! Source: Microsoft, "Troubleshoot backend health issues in Application Gateway", TCP connect error.

use std::net::IpAddr;

use super::peering::is_cut_off;
use super::route::detour;
use super::security_group::{Passage, passage};
use super::server_detached::is_lost;
use super::server_stopped::power;
use super::wrong_port::is_port_told;
use super::{Cause, Link, by_hand, looked_at, of_servers};
use crate::card::Text;
use crate::compute::PowerState;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::{Asked, Scope, Unknown};
use crate::health::Symptom;

pub(super) struct Unreachable;

/// What the rest of the catalogue knows of the way to a server.
#[derive(Default)]
struct Way {
    /// Something on it is proven to be broken.
    is_broken: bool,
    /// Something on it may be.
    is_doubtful: bool,
    /// What was not looked at, in words.
    unchecked: Vec<&'static str>,
}

impl Cause for Unreachable {
    fn id(&self) -> &'static str {
        "server-unreachable"
    }

    fn about(&self) -> &'static str {
        "The gateway cannot open a connection to the server."
    }

    fn breaks(&self) -> Link {
        Link::Network
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        let refused = scope.sick.iter().filter(|(_, server)| server.symptom == Symptom::CannotConnect);
        let ways: Vec<(&str, Way)> = refused
            .map(|(_, server)| Some((server.address.as_str(), way(scope, &server.address)?)))
            .collect::<Option<_>>()?;
        // A server whose way is broken has its cause already, and so has one that is asked at a wrong port.
        let is_open = |(server, way): &(&str, Way)| !way.is_broken && !is_port_told(scope, server);
        let ways: Vec<(&str, Way)> = ways.into_iter().filter(is_open).collect();
        if ways.is_empty() {
            return None;
        }
        let port = scope.probe.port;
        let refused = Text::of("The gateway cannot connect to port ")
            .code(port)
            .say(" of ")
            .codes(ways.iter().map(|(server, _)| server))
            .say(". ");
        let is_open = ways.iter().all(|(_, way)| way.unchecked.is_empty() && !way.is_doubtful);
        let sentence = refused.say(if is_open {
            "The network lets it pass, so most likely nothing listens there, or the server's own firewall refuses it."
        } else {
            "Why is not settled: several reasons look the same from here."
        });
        let servers = of_servers(ways.len(), scope.servers);
        let mut evidence = vec![Text::of(format!("Backend health: no connection to {servers}"))];
        if is_open {
            evidence.push(Text::of("The machines run; groups, routes and peerings let the probe pass"));
        }
        evidence.push(not_checked(&ways));
        evidence.extend(looked_at(scope.suspects().len(), scope.silent().len()));
        Some(by_hand(self, scope, Verdict::Consistent, sentence, evidence, steps(port, is_open)))
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles = "A connection to the probe's port from a machine in the gateway's virtual network.";
        matches!(symptom, Symptom::CannotConnect | Symptom::NoHealthyServer).then_some(settles)
    }
}

/// Whether something on the way to a server is proven to be broken: for the rest of the catalogue.
pub(super) fn is_broken(scope: &Scope<'_>, address: &str) -> bool {
    way(scope, address).is_some_and(|way| way.is_broken)
}

/// What is known of the way to a server; nothing, while something of it is being looked up.
fn way(scope: &Scope<'_>, address: &str) -> Option<Way> {
    let Ok(server) = address.parse::<IpAddr>() else {
        // Where the name leads is looked into by causes of its own.
        let unchecked = vec!["security groups", "routes", "peerings", "whether the server runs"];
        return Some(Way { unchecked, ..Way::default() });
    };
    // The machines of the first servers are looked at: the others are told to be like them.
    let is_looked_at = scope.suspects().contains(&server);
    let mut way = Way::default();
    way.note(passage(scope, server), "security groups", |way, passage| match &*passage {
        Passage::Blocked(_) => way.is_broken = true,
        Passage::OpenSoFar(_) if is_looked_at => {
            way.unchecked.push("the groups at the servers' network interfaces")
        }
        Passage::Open | Passage::OpenSoFar(_) => {}
    })?;
    way.note(detour(scope, server), "routes", |way, detour| {
        if let Some(detour) = detour {
            way.is_broken |= detour.verdict() == Verdict::Confirmed;
            way.is_doubtful = true;
        }
    })?;
    way.note(is_cut_off(scope, server), "peerings", |way, is_cut_off| way.is_broken |= is_cut_off)?;
    if !is_looked_at {
        return Some(way);
    }
    let runs = "whether the server runs";
    way.note(power(scope, server), runs, |way, power| match power {
        Some((_, PowerState::Running)) => {}
        Some((_, power)) if power.is_off() => way.is_broken = true,
        Some(_) => way.is_doubtful = true,
        None => way.unchecked.push(runs),
    })?;
    way.is_broken |= is_lost(scope, server);
    Some(way)
}

impl Way {
    /// Takes in what came of a look at something; nothing, while it is being looked up.
    fn note<T>(
        &mut self,
        answer: Asked<T>,
        what: &'static str,
        take: impl FnOnce(&mut Self, T),
    ) -> Option<()> {
        match answer {
            Err(Unknown::Pending) => return None,
            Err(_) => self.unchecked.push(what),
            Ok(answer) => take(self, answer),
        }
        Some(())
    }
}

fn not_checked(ways: &[(&str, Way)]) -> Text {
    let mut all = vec!["whether the application listens on this port", "the server's own firewall"];
    for what in ways.iter().flat_map(|(_, way)| &way.unchecked) {
        if !all.contains(what) {
            all.push(what);
        }
    }
    Text::of(format!("Not checked: {}", all.join(", ")))
}

fn steps(port: u16, is_open: bool) -> Vec<Text> {
    if is_open {
        return vec![
            Text::of("On the server, look whether something listens on port ")
                .code(port)
                .say(", and whether its own firewall lets the gateway's subnet in."),
            Text::of("Start the application, or correct the port of the HTTP setting."),
        ];
    }
    vec![
        Text::of("From a machine in the gateway's virtual network, connect to port ")
            .code(port)
            .say(" of the server. If it answers there, something between gateway and server blocks it."),
        Text::of("If it does not: start the application, or correct the port of the HTTP setting."),
        Text::of("Look at the server's own firewall, and at the security group of its network interface."),
    ]
}
