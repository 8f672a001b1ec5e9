//! The gateway cannot find the address of a server's name.
//!
//! Confirmed by: a name that is none, such as one with `https://` in front. The rest is consistent at most, as
//! nobody but the gateway can ask DNS from where it is: what is said is whom it asks, and what is known of the
//! name. A name without a dot may well be one of a machine in the same network, which Azure's DNS finds.
//! Mended by: a correct name, a record where the network looks, and a restart after a change of DNS servers.
//! Source: Microsoft, "Troubleshoot backend health issues in Application Gateway", DNS resolution error and
//! Unknown; "Understanding DNS resolution in Application Gateway"; "Name resolution for resources in Azure
//! virtual networks".

use super::private_zone::record_line;
use super::{Cause, Link, by_hand, each, not_checked};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::{Answer, Asked, Scope, Sighting, may_be_its_name};
use crate::health::{Health, ServerHealth, Symptom};
use crate::id::Name;
use crate::network::dns::{self, HostKind, NameFault, Servers, fault_of, has_no_public_meaning, host_kind};

pub(super) struct NameResolution;

/// What is known of a name that the gateway does not find.
enum Known {
    /// It has no dot.
    Short(Servers),
    /// The network's own DNS servers decide. A zone that Azure's would see may have it.
    Own(Vec<String>, Option<Sighting>),
    /// A zone that the network sees has it.
    Found(Sighting),
    /// It is looked up on the internet.
    Public,
    /// It can only be known by a private zone, and none was found.
    Nowhere,
}

impl Cause for NameResolution {
    fn id(&self) -> &'static str {
        "name-resolution"
    }

    fn about(&self) -> &'static str {
        "The gateway cannot find the address of a server's name."
    }

    fn breaks(&self) -> Link {
        Link::Network
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        if let Some((host, fault)) = malformed(scope) {
            return Some(no_name(self, scope, host, fault));
        }
        let mut hosts = scope.names(is_unresolved);
        hosts.extend(short_names(scope));
        let asked = hosts
            .into_iter()
            .map(|(host, symptom)| Ok(known(scope, &host, &symptom)?.map(|known| (host, symptom, known))));
        let (all, unknown) = each(asked)?;
        let is_fine =
            |symptom: &Symptom, known: &Known| matches!(known, Known::Found(_)) && *symptom != Symptom::Dns;
        match (all.iter().find(|(_, symptom, known)| !is_fine(symptom, known)), unknown) {
            (Some((host, _, known)), _) => Some(told(self, scope, host, known)),
            (None, Some(why)) => {
                Some(not_checked(self, scope, "Where the servers' names are looked up", &why))
            }
            (None, None) if all.is_empty() => None,
            (None, None) => Some(fine(self, scope, &all)),
        }
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles = "The name as it stands in the pool, and a lookup of it from a machine in the gateway's virtual network.";
        matches!(symptom, Symptom::Dns | Symptom::StatusUnavailable).then_some(settles)
    }
}

/// Whether the gateway says of a server that its name is not found, or what it says of one whose name is not found.
fn is_unresolved(server: &ServerHealth) -> bool {
    server.health == Health::Unknown || matches!(server.symptom, Symptom::Dns | Symptom::StatusUnavailable)
}

fn malformed<'s>(scope: &'s Scope<'_>) -> Option<(&'s str, NameFault)> {
    let servers = scope.sick.iter().filter(|(_, server)| may_be_its_name(server));
    // Backend health could write an address in a way of its own: what counts is what the pool says.
    let mut names = servers.filter(|(pool, server)| {
        let own = &server.address;
        host_kind(own) != HostKind::Address && members(scope, pool).iter().any(|member| member == own)
    });
    names.find_map(|(_, server)| Some((server.address.as_str(), fault_of(&server.address)?)))
}

/// The addresses that a pool's configuration names.
fn members(scope: &Scope<'_>, pool: &Name) -> Vec<String> {
    let pool = scope.evidence.gateway.pool(pool);
    pool.iter().flat_map(|pool| pool.addresses()).map(str::to_owned).collect()
}

fn short_names(scope: &Scope<'_>) -> Vec<(String, Symptom)> {
    let servers = scope.sick.iter().filter(|(_, server)| is_unresolved(server));
    let short = servers.filter(|(_, server)| host_kind(&server.address) == HostKind::Short);
    short.take(1).map(|(_, server)| (server.address.clone(), server.symptom.clone())).collect()
}

/// What is known of a name; nothing, where a private zone is at fault, of which its own cause speaks.
fn known(scope: &Scope<'_>, host: &str, symptom: &Symptom) -> Asked<Option<Known>> {
    if host_kind(host) == HostKind::Short {
        return Ok(Some(Known::Short(dns::servers(scope.gateway_place()?.network))));
    }
    let resolution = scope.resolve(host)?;
    if let Servers::Custom(servers) = resolution.servers {
        let seen = match resolution.answer {
            Answer::Private(seen) => Some(seen),
            _ => None,
        };
        return Ok(Some(Known::Own(servers, seen)));
    }
    Ok(match resolution.answer {
        Answer::Private(seen) => Some(Known::Found(seen)),
        // Out of sight of the zone with its endpoint, the name of a service leads to its public address.
        Answer::Unseen(seen) if seen.is_of_endpoints() && *symptom == Symptom::Dns => Some(Known::Public),
        Answer::Absent { falls_back: true, .. } => Some(Known::Public),
        Answer::Unseen(_) | Answer::Absent { .. } => None,
        Answer::Unlisted if has_no_public_meaning(host) => Some(Known::Nowhere),
        Answer::Unlisted => Some(Known::Public),
    })
}

fn no_name(cause: &dyn Cause, scope: &Scope<'_>, host: &str, fault: NameFault) -> Finding {
    let sentence =
        Text::of("The pool names the server ").code(host).say(format!(", which is no host name: {fault}."));
    let evidence = vec![Text::of("Configuration: the address of the server is ").code(host)];
    let steps = vec![
        put_right(scope, host),
        Text::of("Scheme and port belong into the HTTP setting, a path into the probe."),
    ];
    by_hand(cause, scope, Verdict::Confirmed, sentence, evidence, steps)
}

/// How the pool is corrected. The command takes all of its servers, and drops those that it is not given.
fn put_right(scope: &Scope<'_>, host: &str) -> Text {
    let step = Text::of("Put the bare host name into the pool");
    let all = scope.pools.iter().map(|pool| (pool, members(scope, pool)));
    let Some((pool, servers)) = all.into_iter().find(|(_, servers)| servers.iter().any(|own| own == host))
    else {
        return step.say(".");
    };
    let corrected = |own: &String| if own == host { "HOST".to_owned() } else { own.clone() };
    let servers: Vec<String> = servers.iter().map(corrected).collect();
    step.say(", with all the other servers in the list, which is replaced: ").code(format!(
        "az network application-gateway address-pool update {} -n {pool} --servers {}",
        gateway(scope),
        servers.join(" "),
    ))
}

fn told(cause: &dyn Cause, scope: &Scope<'_>, host: &str, known: &Known) -> Finding {
    let unknown = Text::of("The gateway has no address for ").code(host);
    // Of an unknown server the gateway says only that its name may be the reason.
    let blind = |(_, server): &(Name, ServerHealth)| server.address == host && server.symptom != Symptom::Dns;
    let start = if scope.sick.iter().any(blind) {
        Text::of("A name that is not found is one reason for missing health data, and ").code(host)
    } else {
        unknown.say(", by what it reports. This name")
    };
    let (sentence, evidence) = match known {
        Known::Short(servers) => short(start, servers),
        Known::Own(servers, seen) => (
            start
                .say(" is looked up at the DNS servers of the virtual network's own, ")
                .codes(servers)
                .say(". They have to know it, and public names as well."),
            own(seen.as_ref()),
        ),
        Known::Found(seen) => (
            start.say(" is found now, in a private DNS zone that the network sees. A gateway can keep an old answer."),
            vec![record_line(seen)],
        ),
        Known::Public => (
            start.say(" is looked up on the internet, as far as can be seen: no private DNS zone that the bot may read has it."),
            vec![Text::of("Not visible from here: what DNS answers inside the gateway's virtual network")],
        ),
        Known::Nowhere => (
            start.say(" can only be known by a private DNS zone. None that the bot may read has it."),
            vec![Text::of("Not found, which proves nothing about zones that the bot may not read: a zone with this name")],
        ),
    };
    let mut evidence = evidence;
    if host.contains('_') {
        evidence
            .push(Text::of("There is an underscore in the name, which some DNS servers and clients refuse"));
    }
    let mut steps = steps(scope, host);
    if matches!(known, Known::Own(_, Some(_))) {
        steps.push(
            Text::of("If the DNS servers do not know the zone: have them forward it to Azure, at ")
                .code("168.63.129.16")
                .say(", and link it to the network that they are in."),
        );
    }
    by_hand(cause, scope, Verdict::Consistent, sentence, evidence, steps)
}

/// What is known of a name that the network's own DNS servers are asked for.
fn own(seen: Option<&Sighting>) -> Vec<Text> {
    let zone = seen
        .map(|seen| record_line(seen).say(". Its link to this network is of use to who asks Azure there"));
    let blind =
        Text::of("Not visible from here: what these servers answer, and whether the gateway reaches them");
    zone.into_iter().chain([blind]).collect()
}

fn short(start: Text, servers: &Servers) -> (Text, Vec<Text>) {
    match servers {
        Servers::Azure => (
            start.say(" has no dot: Azure's DNS knows such a name only if it is that of a machine in the same virtual network."),
            vec![Text::of("DNS servers of the gateway's virtual network: Azure's")],
        ),
        Servers::Custom(servers) => (
            start.say(" has no dot: the network's own DNS servers have to know it as it is, without a search domain."),
            vec![Text::of("DNS servers of the gateway's virtual network: ").codes(servers)],
        ),
    }
}

fn fine(cause: &dyn Cause, scope: &Scope<'_>, all: &[(String, Symptom, Known)]) -> Finding {
    let found = all.iter().filter_map(|(_, _, known)| match known {
        Known::Found(seen) => Some(record_line(seen)),
        _ => None,
    });
    let sentence = Text::of("The gateway's virtual network finds the servers' names in private DNS zones.");
    by_hand(cause, scope, Verdict::RuledOut, sentence, found.collect(), Vec::new())
}

fn gateway(scope: &Scope<'_>) -> String {
    let id = scope.evidence.gateway.id();
    format!("-g {} --gateway-name {}", id.resource().resource_group(), id.name())
}

fn steps(scope: &Scope<'_>, host: &str) -> Vec<Text> {
    let id = scope.evidence.gateway.id();
    let place = format!("-g {} -n {}", id.resource().resource_group(), id.name());
    vec![
        Text::of("On a machine in the gateway's virtual network, run ")
            .code(format!("nslookup {host}"))
            .say(". If that finds nothing either, correct the name in the pool, or add its record."),
        Text::of("If it does, or the network's DNS servers were changed: restart the gateway, which cuts visitors off meanwhile: ")
            .code(format!("az network application-gateway stop {place}"))
            .say(", then ")
            .code(format!("az network application-gateway start {place}"))
            .say("."),
    ]
}
