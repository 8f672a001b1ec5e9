//! A server's name stands in a private DNS zone, and the gateway's virtual network does not see it there.
//!
//! Confirmed by: a zone that has the name and is not linked to the gateway's network, which asks Azure's DNS
//! servers and hands nothing on, where the gateway itself says that it finds no address; or a zone that is linked
//! and does not have the name, so that the network gets no address whoever else has it. Without the gateway's
//! word, the internet may know the name, or a zone of the same domain that is linked and that the bot may not
//! read: such zones are common in several subscriptions. A timeout, a copy of the zone, and servers of the
//! network's own leave it consistent only, and so does a service whose private endpoint was not found: its public
//! name leads to the zone by an endpoint only. Where an endpoint was found and its zone is not linked,
//! `private-endpoint` speaks.
//! Mended by: the link, or the record.
//! Source: Microsoft, "What is an Azure Private DNS zone?", "What is a virtual network link?", "Fallback to
//! internet for Azure Private DNS zones", "Understanding DNS resolution in Application Gateway", and "What is Azure
//! DNS Private Resolver?" (zones that are linked come before rulesets).

use super::{Cause, Link, by_hand, each, not_checked};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::{Answer, Asked, Resolution, Scope, Sighting, Unknown, may_be_its_name};
use crate::health::Symptom;
use crate::id::ResourceId;
use crate::network::dns::{Servers, has_no_public_meaning, is_endpoint_zone, private_name};
use crate::network::endpoint::same_host;
use crate::network::vnet::VirtualNetwork;

pub(super) struct PrivateZone;

/// What was found out about a name.
enum Outcome<'a> {
    /// A zone that the network sees has it.
    Well(Seen<'a>),
    /// The network does not see it.
    Trouble(Trouble<'a>),
}

/// A name, and where it is.
struct Seen<'a> {
    host: String,
    resolution: Resolution<'a>,
}

/// A name that the network does not see.
struct Trouble<'a> {
    seen: Seen<'a>,
    /// What the gateway reports.
    symptom: Symptom,
    /// Why it is not settled that this is the reason.
    doubts: Vec<Text>,
}

impl Trouble<'_> {
    fn verdict(&self) -> Verdict {
        if self.doubts.is_empty() { Verdict::Confirmed } else { Verdict::Consistent }
    }

    fn is_like(&self, other: &Self) -> bool {
        let zone = |trouble: &Self| match &trouble.seen.resolution.answer {
            Answer::Unseen(seen) => Some((true, seen.zone.clone())),
            Answer::Absent { zone, .. } => Some((false, zone.clone())),
            _ => None,
        };
        self.verdict() == other.verdict() && zone(self) == zone(other)
    }
}

impl Cause for PrivateZone {
    fn id(&self) -> &'static str {
        "private-dns-zone"
    }

    fn about(&self) -> &'static str {
        "A server's name stands in a private DNS zone that the gateway's virtual network does not see."
    }

    fn breaks(&self) -> Link {
        Link::Network
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        let names = scope.names(may_be_its_name).into_iter();
        let (outcomes, unknown) = each(names.map(|(host, symptom)| outcome(scope, host, &symptom)))?;
        let (mut troubles, mut well) = (Vec::new(), Vec::new());
        for outcome in outcomes {
            match outcome {
                Outcome::Trouble(trouble) => troubles.push(trouble),
                Outcome::Well(seen) => well.push(seen),
            }
        }
        troubles.sort_by_key(Trouble::verdict);
        match (troubles.first(), unknown, well.as_slice()) {
            (Some(first), ..) => Some(found(self, scope, first, &troubles)),
            (None, Some(why), _) => Some(not_checked(
                self,
                scope,
                "Whether a private DNS zone is out of the gateway's sight",
                &why,
            )),
            (None, None, []) => None,
            (None, None, well) => {
                let sentence = Text::of(
                    "The private DNS zones of the servers' names are linked to the gateway's virtual network.",
                );
                let evidence = well.iter().filter_map(where_it_is).collect();
                Some(by_hand(self, scope, Verdict::RuledOut, sentence, evidence, Vec::new()))
            }
        }
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles = "The links and records of the private DNS zones that hold the server's name.";
        let shown = matches!(
            symptom,
            Symptom::Dns
                | Symptom::CannotConnect
                | Symptom::Timeout
                | Symptom::StatusUnavailable
                | Symptom::NoHealthyServer
        );
        shown.then_some(settles)
    }
}

fn outcome<'a>(scope: &Scope<'a>, host: String, symptom: &Symptom) -> Asked<Option<Outcome<'a>>> {
    let resolution = scope.resolve(&host)?;
    let sees_azure = resolution.servers == Servers::Azure;
    let found = match &resolution.answer {
        Answer::Private(_) if sees_azure => {
            return Ok(Some(Outcome::Well(Seen { host, resolution })));
        }
        Answer::Private(_) | Answer::Unlisted | Answer::Absent { falls_back: true, .. } => return Ok(None),
        Answer::Unseen(seen) => &seen.zone,
        Answer::Absent { zone, .. } => zone,
    };
    let mut doubts = Vec::new();
    let by_endpoint = is_endpoint_zone(found.name().as_str()) && private_name(&host).is_some();
    if by_endpoint {
        let unseen = matches!(resolution.answer, Answer::Unseen(_));
        // Out of sight of the zone, the name of a service leads to its public address: it is found.
        if unseen && !matches!(symptom, Symptom::CannotConnect | Symptom::Timeout) {
            return Ok(None);
        }
        match scope.endpoints(&host) {
            Err(Unknown::Pending) => return Err(Unknown::Pending),
            Ok(endpoints) if !endpoints.found.is_empty() && unseen => return Ok(None),
            Ok(endpoints) if !endpoints.found.is_empty() => {}
            Ok(_) => doubts.push(Text::of(
                "Not found: a private endpoint of the service. Only with one does its name lead to this zone",
            )),
            Err(why) => {
                doubts.push(Text::of(format!("Not checked: private endpoints of the service, as {why}")))
            }
        }
    }
    doubts.extend(by_network(scope, &host, &resolution)?);
    doubts.extend(by_name(&host, symptom, &resolution, by_endpoint));
    if *symptom == Symptom::Timeout {
        doubts.push(Text::of("A name without an address is not known to end in a timeout"));
    }
    let unseen = matches!(resolution.answer, Answer::Unseen(_));
    if doubts.is_empty() && unseen && *symptom != Symptom::Dns {
        doubts.push(Text::of(
            "The gateway does not say that it finds no address. Another zone of this domain, which the bot may not read, could be linked",
        ));
    }
    let (seen, symptom) = (Seen { host, resolution }, symptom.clone());
    Ok(Some(Outcome::Trouble(Trouble { seen, symptom, doubts })))
}

/// What the network's own servers, and rulesets, leave open about a name.
pub(super) fn by_network(scope: &Scope<'_>, host: &str, resolution: &Resolution<'_>) -> Asked<Option<Text>> {
    if let Servers::Custom(servers) = &resolution.servers {
        let own = Text::of("The network asks its own DNS servers ").codes(servers);
        return Ok(Some(own.say("; whether they forward this name to Azure is not visible from here")));
    }
    if comes_first(host, &resolution.answer) {
        return Ok(None);
    }
    match scope.forwards(resolution.network) {
        Err(Unknown::Pending) => Err(Unknown::Pending),
        Ok(false) => Ok(None),
        Ok(true) => Ok(Some(Text::of(
            "A DNS forwarding ruleset is linked to the network; whether it hands this name on is not checked",
        ))),
        Err(why) => {
            Ok(Some(Text::of(format!("Not checked: DNS forwarding rulesets of the network, as {why}"))))
        }
    }
}

/// Whether a zone that the network sees answers for the very name: rulesets are asked about the others only.
fn comes_first(host: &str, answer: &Answer) -> bool {
    match answer {
        Answer::Private(Sighting { name, .. }) | Answer::Absent { name, .. } => same_host(name, host),
        Answer::Unseen(_) | Answer::Unlisted => false,
    }
}

/// What the name and the zones of its domain leave open.
fn by_name(host: &str, symptom: &Symptom, resolution: &Resolution<'_>, by_endpoint: bool) -> Vec<Text> {
    let mut doubts = Vec::new();
    let Answer::Unseen(seen) = &resolution.answer else { return doubts };
    if !seen.alone {
        doubts.push(Text::of(
            "There are several zones of this domain, or more than were read; another one may be linked",
        ));
    }
    // Where the gateway finds no address, the internet has none either.
    if !by_endpoint && !has_no_public_meaning(host) && *symptom != Symptom::Dns {
        doubts.push(Text::of(
            "The name may be known on the internet too; without a link the gateway looks it up there",
        ));
    }
    doubts
}

/// A name and its zone, as a line of evidence.
fn where_it_is(seen: &Seen<'_>) -> Option<Text> {
    match &seen.resolution.answer {
        Answer::Private(found) => Some(record_line(found)),
        _ => None,
    }
}

/// A record of a zone, as a line of evidence.
pub(super) fn record_line(found: &Sighting) -> Text {
    let line =
        Text::of("Record ").code(&found.name).say(" in the private DNS zone ").text(linked(&found.zone));
    if found.addresses.is_empty() { line.say(": no address") } else { line.say(": ").codes(&found.addresses) }
}

pub(super) fn linked(id: &ResourceId) -> Text {
    Text::new().link(id.name().as_str(), id.portal_url())
}

fn found(cause: &dyn Cause, scope: &Scope<'_>, first: &Trouble<'_>, all: &[Trouble<'_>]) -> Finding {
    let hosts: Vec<&str> =
        all.iter().filter(|other| other.is_like(first)).map(|other| other.seen.host.as_str()).collect();
    let (network, verdict) = (first.seen.resolution.network, first.verdict());
    let sure = verdict == Verdict::Confirmed;
    let (sentence, lines, mut steps) = match &first.seen.resolution.answer {
        Answer::Absent { zone, name, elsewhere, .. } => (
            absent(&hosts, zone, elsewhere.as_ref(), sure),
            absent_evidence(zone, name, network, elsewhere.as_ref()),
            absent_steps(zone, name, network, elsewhere.as_ref()),
        ),
        Answer::Unseen(seen) => (
            unseen(&hosts, seen, network, sure),
            unseen_evidence(seen, network),
            link_steps(seen, &first.seen.resolution),
        ),
        Answer::Private(_) | Answer::Unlisted => (Text::new(), Vec::new(), Vec::new()),
    };
    let mut evidence = vec![health_line(&first.seen.host, &first.symptom)];
    evidence.extend(lines);
    evidence.extend(sure.then(|| azure_line(&first.seen.host, &first.seen.resolution)));
    evidence.extend(first.doubts.iter().cloned());
    if !sure {
        steps.insert(0, settle(&first.seen));
    }
    by_hand(cause, scope, verdict, sentence, evidence, steps)
}

/// What would tell whether it is the reason.
fn settle(seen: &Seen<'_>) -> Text {
    let step = Text::of("To settle it, run ")
        .code(format!("nslookup {}", seen.host))
        .say(" on a machine in the gateway's virtual network: ");
    match &seen.resolution.answer {
        Answer::Unseen(found) if !found.addresses.is_empty() => {
            step.say("this is the reason unless that answers ").codes(&found.addresses).say(".")
        }
        _ => step.say("this is the reason if that finds no address."),
    }
}

/// What the gateway reports of a server, as a line of evidence.
pub(super) fn health_line(host: &str, symptom: &Symptom) -> Text {
    Text::of("Backend health: ").code(host).say(format!(" {}", symptom.in_words()))
}

/// Whom the network asks about a name, where that is Azure alone, as a line of evidence.
pub(super) fn azure_line(host: &str, resolution: &Resolution<'_>) -> Text {
    let rulesets = match comes_first(host, &resolution.answer) {
        true => "",
        false => ", and has no DNS forwarding ruleset",
    };
    let network = Text::of("Virtual network ").code(resolution.network.id.name());
    network.say(format!(" asks Azure's DNS servers{rulesets}"))
}

const UNSETTLED: &str = ". Whether that is the reason is not settled.";

fn unseen(hosts: &[&str], seen: &Sighting, network: &VirtualNetwork, sure: bool) -> Text {
    let (stand, them) = if hosts.len() == 1 { (" stands", "it") } else { (" stand", "them") };
    let text = Text::new().codes(hosts).say(stand).say(" in the private DNS zone ").text(linked(&seen.zone));
    let text = match &seen.link {
        Some(link) => text
            .say(", whose link ")
            .code(link)
            .say(" to the gateway's virtual network ")
            .text(linked(&network.id))
            .say(" is not completed"),
        None => text.say(", which is not linked to the gateway's virtual network ").text(linked(&network.id)),
    };
    if sure {
        text.say(format!(", so the gateway finds no address for {them}."))
    } else {
        text.say(UNSETTLED)
    }
}

pub(super) fn unseen_evidence(seen: &Sighting, network: &VirtualNetwork) -> Vec<Text> {
    let links = Text::of("Links of the zone: ");
    let links = match &seen.link {
        Some(link) => links.code(link).say(", not completed, to ").code(network.id.name()),
        None => links.say("none to ").code(network.id.name()),
    };
    vec![record_line(seen), links]
}

/// What to do about a zone that a network does not see.
pub(super) fn link_steps(seen: &Sighting, resolution: &Resolution<'_>) -> Vec<Text> {
    let (zone, network) = (&seen.zone, resolution.network);
    let first = match (&resolution.servers, &seen.link) {
        // A link to the gateway's own network is of use to those who ask Azure there.
        (Servers::Custom(_), _) => Text::of("Have the DNS servers forward the zone to Azure, at ")
            .code("168.63.129.16")
            .say(", and link it to the network that they are in: ")
            .code(format!(
                "az network private-dns link vnet create {} -n LINK -v NETWORK -e false",
                place(zone)
            )),
        (Servers::Azure, Some(link)) => Text::of("Wait for the link, or create it again: ")
            .code(format!("az network private-dns link vnet show {} -n {link}", place(zone)))
            .say(" tells how far it is."),
        (Servers::Azure, None) => link(zone, network),
    };
    vec![first, keeps()]
}

/// How a zone is linked to a network.
fn link(zone: &ResourceId, network: &VirtualNetwork) -> Text {
    Text::of("Link the zone to the gateway's network: ").code(format!(
        "az network private-dns link vnet create {} -n link-{} -v {} -e false",
        place(zone),
        network.id.name(),
        network.id
    ))
}

/// Where a zone is, for the command line.
fn place(zone: &ResourceId) -> String {
    format!("--subscription {} -g {} -z {}", zone.subscription(), zone.resource_group(), zone.name())
}

/// A gateway remembers that a name had no address.
fn keeps() -> Text {
    Text::of(
        "Press Re-check some minutes later. A gateway can keep an old answer; stopping and starting it clears that, and cuts visitors off meanwhile.",
    )
}

fn absent(hosts: &[&str], zone: &ResourceId, elsewhere: Option<&Sighting>, sure: bool) -> Text {
    let them = if hosts.len() == 1 { "it" } else { "them" };
    let text = match sure {
        true => Text::of("The gateway's virtual network looks ")
            .codes(hosts)
            .say(" up in the private DNS zone ")
            .text(linked(zone))
            .say(format!(", which does not have {them}, so the gateway gets no address.")),
        false => Text::of("The private DNS zone ")
            .text(linked(zone))
            .say(" is linked to the gateway's virtual network and does not have ")
            .codes(hosts)
            .say(UNSETTLED),
    };
    match elsewhere {
        Some(seen) => text
            .say(" The zone ")
            .text(linked(&seen.zone))
            .say(format!(" has {them} and is not linked to that network.")),
        None => text,
    }
}

fn absent_evidence(
    zone: &ResourceId,
    name: &str,
    network: &VirtualNetwork,
    elsewhere: Option<&Sighting>,
) -> Vec<Text> {
    let mut lines = vec![
        Text::of("Links of ").text(linked(zone)).say(": completed to ").code(network.id.name()),
        Text::of("Records of that zone: none for ").code(name).say(", and no wildcard that covers it"),
    ];
    lines.extend(elsewhere.map(record_line));
    lines
}

fn absent_steps(
    zone: &ResourceId,
    name: &str,
    network: &VirtualNetwork,
    elsewhere: Option<&Sighting>,
) -> Vec<Text> {
    let known = crate::network::dns::PrivateZone::of(zone.clone()).relative(name);
    let own = known.unwrap_or_else(|| name.to_owned());
    let address = elsewhere.and_then(|seen| seen.addresses.first()).map(ToString::to_string);
    let add = Text::of("Add the record to the zone: ").code(format!(
        "az network private-dns record-set a add-record {} -n {own} -a {}",
        place(zone),
        address.as_deref().unwrap_or("ADDRESS"),
    ));
    let mut steps = vec![add];
    // A network can be linked to one zone of a domain only.
    if let Some(seen) = elsewhere.filter(|seen| seen.zone.name() != zone.name()) {
        steps.push(Text::of("Or, where that zone is the right one: ").text(link(&seen.zone, network)));
    }
    if is_endpoint_zone(zone.name().as_str()) {
        steps.push(Text::of(
            "Or, if the service is meant to be reached over the internet from here, let the zone's link fall back to the internet.",
        ));
    }
    steps.push(keeps());
    steps
}
