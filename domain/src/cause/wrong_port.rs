//! The HTTP setting or the probe names a port, or a protocol, that the server does not serve there.
//!
//! Confirmed by: the same port of the same server, Healthy under another HTTP setting that speaks the other
//! protocol, be the TLS that fails there told as such or as no connection; or the probe's own port, which
//! nothing opens although every group and route lets the probe pass, while the port of the setting answers the
//! same path as wanted. A port that works under another HTTP setting
//! proves nothing by itself: what should listen at this one may as well be down. So that is consistent only.
//! Mended by: the port or protocol in the HTTP setting or the probe.
//! Source: Microsoft, "Troubleshoot backend health issues in Application Gateway", TCP connect error, and
//! "Application Gateway health monitoring overview".

use std::net::IpAddr;

use super::route::detour;
use super::security_group::{Passage, passage};
use super::{Cause, Link, by_hand};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::{Scope, Unknown};
use crate::gateway::json::SETTINGS;
use crate::gateway::{EffectiveProbe, Protocol};
use crate::health::{Health, ServerHealth, Symptom};
use crate::id::Name;

pub(super) struct WrongPort;

impl Cause for WrongPort {
    fn id(&self) -> &'static str {
        "wrong-port"
    }

    fn about(&self) -> &'static str {
        "The HTTP setting or the probe names a port or a protocol that the server does not serve."
    }

    fn breaks(&self) -> Link {
        Link::Setting
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        if let Some(found) = probe_port(self, scope) {
            return Some(found);
        }
        let mut sick = scope.sick.iter().map(|(_, server)| server);
        let protocol = other_protocol(self, scope);
        let port = || other_port(self, scope);
        protocol.or_else(port).or_else(|| sick.find_map(|server| odd_pair(self, scope, server)))
    }

    fn settles(&self) -> &'static [&'static str] {
        &["probe-path-refused"]
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles = "The port and protocol that the application really serves, looked up on the server.";
        (is_refusal(symptom) || *symptom == Symptom::CannotConnect).then_some(settles)
    }
}

/// Whether it may come from a server that speaks another protocol: TLS that does not even begin, or a plain
/// request that is answered with 400.
fn is_refusal(symptom: &Symptom) -> bool {
    matches!(symptom, Symptom::TlsOther { code: None } | Symptom::StatusMismatch { received: Some(400), .. })
}

/// Whether the way to a server is open for the probe.
enum Open {
    Yes,
    /// Something is in the way, and told elsewhere.
    No,
    /// Not all of it is known.
    Perhaps,
}

/// None while it is being looked up.
fn way(scope: &Scope<'_>, server: &str) -> Option<Open> {
    let Ok(server) = server.parse::<IpAddr>() else { return Some(Open::Perhaps) };
    let (passage, detour) = (passage(scope, server), detour(scope, server));
    match (passage.as_deref(), detour) {
        (Err(Unknown::Pending), _) | (_, Err(Unknown::Pending)) => None,
        (Ok(Passage::Blocked(_)), _) => Some(Open::No),
        (Ok(Passage::Open), Ok(None)) => Some(Open::Yes),
        _ => Some(Open::Perhaps),
    }
}

/// The probe has a port of its own, and the setting's port works.
fn probe_port(cause: &dyn Cause, scope: &Scope<'_>) -> Option<Finding> {
    let (asked, served) = (scope.probe.port, scope.setting.port);
    let name = scope.probe.name.as_ref().filter(|_| asked != served)?;
    let mut sick = scope.sick.iter().map(|(_, server)| server).filter(|server| {
        matches!(server.symptom, Symptom::CannotConnect | Symptom::Timeout) || is_refusal(&server.symptom)
    });
    let (server, tried) = sick.find_map(|server| Some((server, well_at_setting(scope, server)?)))?;
    let way = way(scope, &server.address)?;
    let verdict = match (way, &server.symptom) {
        (Open::No, _) => return None,
        // What answers late, or otherwise, may be the right port all the same.
        (Open::Yes, Symptom::CannotConnect) => Verdict::Confirmed,
        _ => Verdict::Consistent,
    };
    let sentence = Text::of("The probe ")
        .code(name)
        .say(" asks at port ")
        .code(asked)
        .say(format!(", where {}", in_short(&server.symptom)))
        .say("; visitors are sent to port ")
        .code(served)
        .say(", which answers ")
        .code(&scope.probe.path)
        .say(" as wanted.");
    let evidence = vec![
        Text::of("Backend health, port ").code(asked).say(": ").text(saying(server)),
        Text::of("On demand, port ").code(served).say(": ").text(saying(tried)),
        network(verdict),
    ];
    let gateway = scope.evidence.gateway.id().resource();
    let probe = gateway.child("probes", name);
    let steps = vec![
        Text::of("Let the probe ")
            .link(name.as_str(), probe.portal_url())
            .say(" ask at the port of the HTTP setting, unless health has a port of its own: ")
            .code(update(scope, "probe", name, &format!("--port {served}"))),
        Text::of("If it has, start what should listen at port ").code(asked).say("."),
    ];
    Some(by_hand(cause, scope, verdict, sentence, evidence, steps))
}

/// Whether it is told why this server cannot be reached at the probe's port: for the rest of the catalogue.
pub(super) fn is_port_told(scope: &Scope<'_>, address: &str) -> bool {
    let own_port = scope.probe.name.is_some() && scope.probe.port != scope.setting.port;
    let mut sick = scope.sick.iter().map(|(_, server)| server).filter(|server| server.address == address);
    sick.any(|server| {
        own_port && well_at_setting(scope, server).is_some()
            || under_other_protocol(scope, server).is_some()
            || under_other_port(scope, server).is_some()
    })
}

/// What a server answered on demand at the setting's port, if that is well.
fn well_at_setting<'a>(scope: &Scope<'a>, server: &ServerHealth) -> Option<&'a ServerHealth> {
    answer(scope, &server.address).filter(|tried| tried.health == Health::Healthy)
}

/// What a server answered when it was asked on demand for the probe's path, at the setting's port.
fn answer<'a>(scope: &Scope<'a>, server: &str) -> Option<&'a ServerHealth> {
    let path = &scope.probe.path;
    let tried = scope.trials(path).filter_map(|trial| trial.servers.value()).flatten();
    tried.into_iter().find(|tried| tried.address.eq_ignore_ascii_case(server))
}

/// The HTTP settings under which a server is Healthy, with the probe of each.
fn well_under(scope: &Scope<'_>, server: &str) -> Vec<(Name, EffectiveProbe)> {
    let gateway = &scope.evidence.gateway;
    let well = scope
        .well()
        .iter()
        .filter(|(used, other)| other.address.eq_ignore_ascii_case(server) && **used != scope.setting.name);
    let settings = well.filter_map(|(used, _)| gateway.setting(used));
    settings.map(|setting| (setting.name.clone(), gateway.probe_of(&setting))).collect()
}

/// The HTTP setting under which the same port of a server is Healthy with the other protocol, and that protocol.
/// TLS that a plain server does not understand may be told as a connection that fails.
fn under_other_protocol(scope: &Scope<'_>, server: &ServerHealth) -> Option<(Name, Protocol)> {
    let own = scope.probe.protocol.clone();
    let other = match (&own, &server.symptom) {
        (Protocol::Http, Symptom::StatusMismatch { .. }) => Protocol::Https,
        (Protocol::Https, Symptom::TlsOther { .. } | Symptom::CannotConnect) => Protocol::Http,
        _ => return None,
    };
    if !is_refusal(&server.symptom) && server.symptom != Symptom::CannotConnect {
        return None;
    }
    let mut well = well_under(scope, &server.address).into_iter();
    let (setting, _) = well.find(|(_, probe)| probe.port == scope.probe.port && probe.protocol == other)?;
    Some((setting, other))
}

/// The same port speaks the other protocol.
fn other_protocol(cause: &dyn Cause, scope: &Scope<'_>) -> Option<Finding> {
    let sick = scope.sick.iter().map(|(_, server)| server);
    let found = sick.filter_map(|server| Some((server, under_other_protocol(scope, server)?)));
    let found: Vec<(&ServerHealth, (Name, Protocol))> = found.collect();
    let (server, (setting, other)) = found.first()?;
    let (port, own) = (scope.probe.port, &scope.probe.protocol);
    let sentence = Text::of("Port ")
        .code(port)
        .say(" of ")
        .codes(addresses(found.iter().map(|(server, _)| *server)))
        .say(" speaks ")
        .code(other)
        .say(", and the HTTP setting ")
        .code(&scope.setting.name)
        .say(" speaks ")
        .code(own)
        .say(" to it.");
    let evidence = vec![
        Text::of("Backend health, ").code(own).say(": ").text(saying(server)),
        Text::of("Backend health, ")
            .code(other)
            .say(" at the same port (HTTP setting ")
            .code(setting)
            .say("): Healthy"),
    ];
    let steps = vec![
        change(scope, "Change", &format!("--protocol {other}")),
        Text::of("A custom probe has to speak the same protocol as its HTTP setting."),
    ];
    Some(by_hand(cause, scope, Verdict::Confirmed, sentence, evidence, steps))
}

fn addresses<'s>(servers: impl Iterator<Item = &'s ServerHealth>) -> Vec<&'s str> {
    let mut found: Vec<&str> = Vec::new();
    for server in servers {
        if !found.contains(&server.address.as_str()) {
            found.push(&server.address);
        }
    }
    found
}

/// The HTTP setting under which another port of a server is Healthy that nobody can connect to here, with its
/// probe; and whether the way there is open.
fn under_other_port(scope: &Scope<'_>, server: &ServerHealth) -> Option<(Name, EffectiveProbe, Open)> {
    if server.symptom != Symptom::CannotConnect {
        return None;
    }
    let mut well = well_under(scope, &server.address).into_iter();
    let (setting, probe) = well.find(|(_, probe)| probe.port != scope.probe.port)?;
    let way = way(scope, &server.address).filter(|way| !matches!(way, Open::No))?;
    Some((setting, probe, way))
}

/// Another port of the server works.
fn other_port(cause: &dyn Cause, scope: &Scope<'_>) -> Option<Finding> {
    let sick = scope.sick.iter().map(|(_, server)| server);
    let found = sick.filter_map(|server| Some((server, under_other_port(scope, server)?)));
    let found: Vec<(&ServerHealth, (Name, EffectiveProbe, Open))> = found.collect();
    let (_, (setting, probe, _)) = found.first()?;
    let sentence = Text::of("Nothing opens port ")
        .code(scope.probe.port)
        .say(" of ")
        .codes(addresses(found.iter().map(|(server, _)| *server)))
        .say(", while port ")
        .code(probe.port)
        .say(" answers. Either the port is wrong, or what should listen there is down.");
    let mut evidence = vec![
        Text::of("Backend health: port ")
            .code(probe.port)
            .say(" is Healthy under the HTTP setting ")
            .code(setting),
    ];
    if found.iter().all(|(_, (_, _, way))| matches!(way, Open::Yes)) {
        evidence.push(Text::of("Groups and routes let the probe pass"));
    }
    let steps = vec![
        Text::of("On the server, look which port the application listens on."),
        change(scope, "If it is the other one, change", &format!("--port {}", probe.port)),
    ];
    Some(by_hand(cause, scope, Verdict::Consistent, sentence, evidence, steps))
}

/// A protocol at the usual port of the other one.
fn odd_pair(cause: &dyn Cause, scope: &Scope<'_>, server: &ServerHealth) -> Option<Finding> {
    let (port, own) = (scope.probe.port, &scope.probe.protocol);
    let other = match (own, &server.symptom, port) {
        (Protocol::Http, Symptom::StatusMismatch { .. }, 443 | 8443) => Protocol::Https,
        (Protocol::Https, Symptom::TlsOther { .. }, 80 | 8080) => Protocol::Http,
        _ => return None,
    };
    // An answer of another kind to any path shows that the protocol is right.
    let paths = [scope.probe.path.as_str(), scope.candidate];
    let tried = paths.iter().flat_map(|path| scope.trials(path)).filter_map(|trial| trial.servers.value());
    let mut tried = tried.flatten().filter(|tried| tried.address.eq_ignore_ascii_case(&server.address));
    if !is_refusal(&server.symptom) || tried.any(|tried| !is_refusal(&tried.symptom)) {
        return None;
    }
    let sentence = Text::of("The HTTP setting speaks ")
        .code(own)
        .say(" at port ")
        .code(port)
        .say(", where servers usually speak ")
        .code(&other)
        .say(", and ")
        .code(&server.address)
        .say(format!(" {}.", server.symptom.in_words()));
    let evidence = vec![Text::of("Backend health: ").text(saying(server))];
    let steps = vec![
        Text::of("On the server, look which protocol port ").code(port).say(" speaks."),
        change(scope, &format!("If it is {other}, change"), &format!("--protocol {other}")),
    ];
    Some(by_hand(cause, scope, Verdict::Consistent, sentence, evidence, steps))
}

fn in_short(symptom: &Symptom) -> &'static str {
    match symptom {
        Symptom::CannotConnect => "nothing opens a connection",
        Symptom::Timeout => "nothing answers in time",
        _ => "something else answers",
    }
}

fn saying(server: &ServerHealth) -> Text {
    Text::new().code(&server.address).say(format!(" {}", server.symptom.in_words()))
}

fn network(verdict: Verdict) -> Text {
    Text::of(match verdict {
        Verdict::Confirmed => "Groups and routes let the probe pass",
        _ => "Not settled: whether the network, or a firewall, is closed for the probe's port alone",
    })
}

/// What makes the HTTP setting right, if something of it is wrong.
fn change(scope: &Scope<'_>, change: &str, arguments: &str) -> Text {
    let setting = &scope.setting.name;
    let id = scope.evidence.gateway.id().resource().child(SETTINGS, setting);
    Text::of(format!("{change} the HTTP setting "))
        .link(setting.as_str(), id.portal_url())
        .say(": ")
        .code(update(scope, "http-settings", setting, arguments))
}

fn update(scope: &Scope<'_>, kind: &str, name: &Name, arguments: &str) -> String {
    let id = scope.evidence.gateway.id().resource();
    let gateway = format!("-g {} --gateway-name {}", id.resource_group(), id.name());
    format!("az network application-gateway {kind} update {gateway} -n {name} {arguments}")
}
