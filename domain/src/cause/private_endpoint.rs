//! The server is a service behind a private endpoint, and the gateway does not reach it through that.
//!
//! Confirmed by: a connection of the endpoint that is not approved, where the network's DNS leads to it; a record
//! with an address that none of the service's endpoints has; or an approved endpoint whose zone the network does
//! not see, where the service is closed to the internet, so that its public address refuses the gateway. All of
//! it only where the network asks Azure's DNS servers, and nothing that was not read could say otherwise.
//! Mended by: the approval, the record, or the zone's link.
//! Source: Microsoft, "What is a private endpoint?", "Azure Private Endpoint private DNS zone values", and
//! "Use private endpoints for App Service apps".

use std::net::IpAddr;

use super::private_zone::{
    azure_line, by_network, health_line, link_steps, linked, record_line, unseen_evidence,
};
use super::{Cause, Link, by_hand, each, not_checked};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::{Answer, Asked, EndpointView, Resolution, Scope, Sighting, Unknown};
use crate::health::Symptom;
use crate::network::dns::{Servers, endpoint_zone, private_name};
use crate::network::endpoint::ConnectionState;

pub(super) struct PrivateEndpoint;

/// What was found out about a service's endpoint.
struct Found<'a> {
    host: String,
    view: EndpointView<'a>,
    resolution: Resolution<'a>,
    /// What the gateway reports.
    symptom: Symptom,
    state: State,
    /// Why it is not settled that this is the reason.
    doubts: Vec<Text>,
}

/// How the gateway gets on with an endpoint.
enum State {
    /// Its address is found, and it is approved.
    Well,
    /// Its address is found, and it is not approved.
    NotApproved,
    /// The record has an address that it does not have.
    Stale,
    /// The network does not see the record.
    Unseen,
}

impl Found<'_> {
    fn verdict(&self) -> Verdict {
        match self.state {
            State::Well => Verdict::RuledOut,
            _ if self.doubts.is_empty() => Verdict::Confirmed,
            _ => Verdict::Consistent,
        }
    }
}

impl Cause for PrivateEndpoint {
    fn id(&self) -> &'static str {
        "private-endpoint"
    }

    fn about(&self) -> &'static str {
        "The server is a service behind a private endpoint, and the gateway does not reach it through that."
    }

    fn breaks(&self) -> Link {
        Link::Network
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        let names = scope.names(|server| private_name(&server.address).is_some());
        let refused = names.iter().all(|(_, symptom)| is_refusal(symptom));
        let (found, unknown) = each(names.into_iter().map(|(host, symptom)| look(scope, host, &symptom)))?;
        match (found.iter().min_by_key(|found| found.verdict()), unknown) {
            (Some(first), _) if first.verdict() != Verdict::RuledOut => Some(told(self, scope, first)),
            // Most services that refuse a probe have no endpoint; that it was not looked for stands among the gaps.
            (_, Some(_)) if refused => None,
            (_, Some(why)) => Some(not_checked(self, scope, "Whether a private endpoint is passed by", &why)),
            (Some(first), None) => Some(told(self, scope, first)),
            (None, None) => None,
        }
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles =
            "The private endpoints of the service, their approval, and the record that leads to them.";
        let shown = matches!(symptom, Symptom::CannotConnect | Symptom::Timeout | Symptom::NoHealthyServer);
        (shown || is_refusal(symptom)).then_some(settles)
    }

    fn covers(&self) -> &'static [&'static str] {
        // At its public address a service that is closed refuses every path.
        &["probe-path-refused"]
    }
}

fn is_refusal(symptom: &Symptom) -> bool {
    matches!(symptom, Symptom::StatusMismatch { received: Some(403), .. })
}

fn look<'a>(scope: &Scope<'a>, host: String, symptom: &Symptom) -> Asked<Option<Found<'a>>> {
    let (endpoints, resolution) = (scope.endpoints(&host), scope.resolve(&host));
    if matches!(resolution, Err(Unknown::Pending)) {
        return Err(Unknown::Pending);
    }
    let endpoints = endpoints?;
    if endpoints.found.is_empty() {
        return Ok(None);
    }
    let resolution = resolution?;
    match &resolution.answer {
        Answer::Private(seen) => {
            let met =
                |view: &&EndpointView<'_>| view.addresses().iter().any(|own| seen.addresses.contains(own));
            let approved = |view: &&EndpointView<'_>| view.endpoint.state == ConnectionState::Approved;
            let mut all = endpoints.found.iter().filter(met);
            match all.clone().find(approved).or_else(|| all.next()) {
                Some(view) => approval(scope, host, symptom, *view, resolution),
                None => stale(scope, host, symptom, &endpoints.found, endpoints.all, resolution),
            }
        }
        Answer::Unseen(_) | Answer::Unlisted => {
            let approved = |view: &&EndpointView<'_>| view.endpoint.state == ConnectionState::Approved;
            let view = endpoints.found.iter().find(approved).or_else(|| endpoints.found.first());
            view.map_or(Ok(None), |view| unseen(scope, host, symptom, *view, resolution))
        }
        // The zone that is asked does not have the name: another cause speaks of that.
        Answer::Absent { .. } => Ok(None),
    }
}

/// The network's DNS leads to the endpoint. Is it approved?
fn approval<'a>(
    scope: &Scope<'a>,
    host: String,
    symptom: &Symptom,
    view: EndpointView<'a>,
    resolution: Resolution<'a>,
) -> Asked<Option<Found<'a>>> {
    let by_azure = resolution.servers == Servers::Azure;
    let mut doubts = Vec::new();
    let state = match view.endpoint.state {
        ConnectionState::Approved if by_azure => State::Well,
        ConnectionState::Approved => return Ok(None),
        // Nothing answers through an endpoint that is not approved.
        _ if !matches!(symptom, Symptom::CannotConnect | Symptom::Timeout) => return Ok(None),
        _ => {
            doubts.extend(by_network(scope, &host, &resolution)?);
            State::NotApproved
        }
    };
    Ok(Some(Found { host, view, resolution, symptom: symptom.clone(), state, doubts }))
}

/// The record has an address that no endpoint has which was found. Has the service another one?
fn stale<'a>(
    scope: &Scope<'a>,
    host: String,
    symptom: &Symptom,
    views: &[EndpointView<'a>],
    all: bool,
    resolution: Resolution<'a>,
) -> Asked<Option<Found<'a>>> {
    let known = views.iter().all(|view| !view.addresses().is_empty());
    let Some(view) = views.first().filter(|_| known) else { return Ok(None) };
    if !matches!(symptom, Symptom::CannotConnect | Symptom::Timeout) {
        return Ok(None);
    }
    let (target, network) = (scope.target(view.endpoint), by_network(scope, &host, &resolution));
    let mut doubts: Vec<Text> = network?.into_iter().collect();
    let others = match target {
        Err(Unknown::Pending) => return Err(Unknown::Pending),
        Ok(Some(target)) => target
            .endpoints
            .as_ref()
            .map(|own| own.iter().any(|id| !views.iter().any(|view| view.endpoint.id == *id))),
        _ => None,
    };
    if others != Some(false) || !all {
        doubts.push(Text::of(
            "The service may have another private endpoint with this address, which the bot did not find",
        ));
    }
    let symptom = symptom.clone();
    Ok(Some(Found { host, view: *view, resolution, symptom, state: State::Stale, doubts }))
}

/// The network does not see a record for the endpoint, so the public address is used. Is that refused?
fn unseen<'a>(
    scope: &Scope<'a>,
    host: String,
    symptom: &Symptom,
    view: EndpointView<'a>,
    resolution: Resolution<'a>,
) -> Asked<Option<Found<'a>>> {
    // The public address is found and has health data.
    if !is_refusal(symptom) && !matches!(symptom, Symptom::CannotConnect | Symptom::Timeout) {
        return Ok(None);
    }
    let (target, network) = (scope.target(view.endpoint), by_network(scope, &host, &resolution));
    let mut doubts: Vec<Text> = network?.into_iter().collect();
    match target {
        Err(Unknown::Pending) => return Err(Unknown::Pending),
        Ok(Some(target)) if target.is_closed == Some(true) => {}
        Ok(Some(target)) if target.is_closed == Some(false) => {
            if is_refusal(symptom) {
                return Ok(None);
            }
            doubts.push(Text::of(
                "The service is open to the internet, so its public address may answer as well",
            ));
        }
        Ok(_) => doubts.push(Text::of("Not known: whether the service is closed to the internet")),
        Err(why) => doubts
            .push(Text::of(format!("Not known: whether the service is closed to the internet, as {why}"))),
    }
    doubts.extend(which_zone(&resolution.answer, view));
    if view.endpoint.state != ConnectionState::Approved {
        doubts.push(Text::of("The endpoint is not approved, so the service does not use it"));
    }
    let symptom = symptom.clone();
    Ok(Some(Found { host, view, resolution, symptom, state: State::Unseen, doubts }))
}

/// What the zones leave open: whether the one that was found is the one that the endpoint goes by.
fn which_zone(answer: &Answer, view: EndpointView<'_>) -> Option<Text> {
    let Answer::Unseen(seen) = answer else {
        return Some(Text::of(
            "Not found: a private DNS zone with the endpoint's record. One that the bot may not read could be linked",
        ));
    };
    match view.zones {
        None => Some(Text::of("Not read: the zone that the endpoint keeps its record in")),
        Some(kept) if kept.iter().any(|kept| kept.zone == seen.zone) => None,
        Some([]) if seen.alone => None,
        Some([]) => Some(Text::of("There are several zones of this domain, and another one may be linked")),
        Some([kept, ..]) => Some(
            Text::of("The endpoint keeps its record in another zone, ")
                .text(linked(&kept.zone))
                .say(", and that one may be linked"),
        ),
    }
}

fn told(cause: &dyn Cause, scope: &Scope<'_>, found: &Found<'_>) -> Finding {
    let (endpoint, network) = (found.view.endpoint, found.resolution.network);
    let named = Text::of("The private endpoint ").text(linked(&endpoint.id)).say(" of ").code(&found.host);
    let seen = match &found.resolution.answer {
        Answer::Private(seen) | Answer::Unseen(seen) => Some(seen),
        _ => None,
    };
    let mut evidence = vec![health_line(&found.host, &found.symptom), state_line(found)];
    let (sentence, steps) = match found.state {
        State::Well => {
            evidence.extend(seen.map(record_line));
            (named.say(" is approved, and the gateway's virtual network finds its address."), Vec::new())
        }
        State::NotApproved => {
            evidence.extend(seen.map(record_line));
            let sentence = named.say(" is ").bold(endpoint.state.to_string()).say(match found.verdict() {
                Verdict::Confirmed => {
                    ", and the gateway's virtual network finds the server there: nothing passes until it is approved."
                }
                _ => ": nothing passes through it until it is approved. Whether the gateway goes there is not settled.",
            });
            (sentence, approve(found))
        }
        State::Stale => {
            evidence.extend(seen.map(record_line));
            (stale_sentence(found, seen), rewrite(found, seen))
        }
        State::Unseen => {
            evidence.extend(seen.map(|seen| unseen_evidence(seen, network)).unwrap_or_default());
            (unseen_sentence(found, named), see(found, seen))
        }
    };
    if found.verdict() == Verdict::Confirmed {
        evidence.extend(service_line(found));
        evidence.push(azure_line(&found.host, &found.resolution));
    }
    evidence.extend(found.doubts.iter().cloned());
    by_hand(cause, scope, found.verdict(), sentence, evidence, steps)
}

fn unseen_sentence(found: &Found<'_>, named: Text) -> Text {
    let network = linked(&found.resolution.network.id);
    match found.verdict() {
        Verdict::Confirmed => named
            .say(" is passed by: the private DNS zone with its record is not linked to the gateway's virtual network ")
            .text(network)
            .say(", so the gateway goes to the public address, and the service is closed to the internet."),
        _ => named
            .say(" may be passed by: no private DNS zone with its record was found that is linked to the gateway's virtual network ")
            .text(network)
            .say(". Whether that is the reason is not settled."),
    }
}

fn state_line(found: &Found<'_>) -> Text {
    let endpoint = found.view.endpoint;
    let line = Text::of("Private endpoint ").code(endpoint.id.name()).say(format!(": {}", endpoint.state));
    let addresses = found.view.addresses();
    if addresses.is_empty() { line } else { line.say(", address ").codes(addresses) }
}

/// What the service says of the ways to it, where that settles it.
fn service_line(found: &Found<'_>) -> Option<Text> {
    let target = found.view.endpoint.target.as_ref()?;
    let says = match found.state {
        State::Unseen => ": its public network access is Disabled",
        State::Stale => ": it has no other private endpoint",
        State::Well | State::NotApproved => return None,
    };
    Some(Text::of("Service ").text(linked(target)).say(says))
}

fn stale_sentence(found: &Found<'_>, seen: Option<&Sighting>) -> Text {
    let addresses: &[IpAddr] = seen.map(|seen| seen.addresses.as_slice()).unwrap_or_default();
    let text = Text::of("The record of ")
        .code(&found.host)
        .say(" leads to ")
        .codes(addresses)
        .say(", which is not the address of its private endpoint ")
        .text(linked(&found.view.endpoint.id))
        .say(".");
    match found.verdict() {
        Verdict::Confirmed => text.say(" The service has no other endpoint."),
        _ => text.say(" Whether it is out of date is not settled."),
    }
}

fn approve(found: &Found<'_>) -> Vec<Text> {
    let endpoint = found.view.endpoint;
    let first = match endpoint.state {
        ConnectionState::Pending => Text::of("Have the service's owner approve the connection: "),
        _ => Text::of("Have the service's owner approve the connection, or create the endpoint again: "),
    };
    let target = endpoint.target.as_ref().map_or_else(|| "ID".to_owned(), ToString::to_string);
    vec![
        first
            .code(format!("az network private-endpoint-connection list --id {target}"))
            .say(", then ")
            .code("az network private-endpoint-connection approve --id CONNECTION"),
        Text::of("Press Re-check once it says Approved."),
    ]
}

fn rewrite(found: &Found<'_>, seen: Option<&Sighting>) -> Vec<Text> {
    let Some(seen) = seen else { return Vec::new() };
    let endpoint = &found.view.endpoint.id;
    let group = Text::of("Let the endpoint keep its own record: ").code(format!(
        "az network private-endpoint dns-zone-group create -g {} --endpoint-name {} -n default --private-dns-zone {} --zone-name {}",
        endpoint.resource_group(),
        endpoint.name(),
        seen.zone,
        seen.zone.name(),
    ));
    vec![
        group,
        Text::of("Or correct the address in ")
            .text(linked(&seen.zone))
            .say(". Press Re-check some minutes later."),
    ]
}

fn see(found: &Found<'_>, seen: Option<&Sighting>) -> Vec<Text> {
    let network = found.resolution.network;
    match seen {
        Some(seen) => link_steps(seen, &found.resolution),
        None => {
            let zone = endpoint_zone(&found.host).map_or_else(|| "its zone".to_owned(), |own| own.zone);
            vec![
                Text::of("Find out where the private DNS zone ")
                    .code(zone)
                    .say(" is kept, let it have the record of the endpoint, and link it to ")
                    .text(linked(&network.id))
                    .say("."),
            ]
        }
    }
}
