//! Where the gateway's virtual network finds the names of servers.
//!
//! Private DNS zones are searched for in everything that the identity may read. A zone that it may not read is
//! not found, so what is not found proves nothing.

mod endpoints;

use std::net::IpAddr;
use std::rc::Rc;

use serde_json::{Value, json};

use super::search::{any_of, rows, search};
use super::{Asked, Inquiry, Question, Scope, Unknown, WhyNot, is_out_of_reach, is_sick};
use crate::gateway::json as read;
use crate::health::{BackendHealth, Health, ServerHealth, Symptom};
use crate::id::{Name, ResourceId};
use crate::network::address::PRIVATE;
use crate::network::dns::{
    self, DnsDoubt, HostKind, LinkPage, PrivateZone, Records, Servers, ZoneLink, ZoneView, candidates,
    fault_of, host_kind, is_endpoint_zone, private_name, wildcards,
};
use crate::network::endpoint::same_host;
use crate::network::vnet::VirtualNetwork;

pub(crate) use endpoints::EndpointView;

/// The most names of one diagnosis that are looked into: the others are told to be like them.
const NAMES_AT_MOST: usize = 8;
/// The most private DNS zones of one diagnosis whose links and records are read.
const ZONES_AT_MOST: usize = 6;
/// The most wildcards of a name in a zone that are asked for. A name with more is left alone.
const WILDCARDS_AT_MOST: usize = 4;
/// The most zones whose records of a name are read beside that of the zone that the network sees.
const RECORDS_AT_MOST: usize = 2;
/// The version of Microsoft.Network/privateDnsZones that is read.
const ZONES: &str = "2024-06-01";

/// Where a name is looked up from the gateway's virtual network, and what stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution<'a> {
    /// The gateway's virtual network.
    pub network: &'a VirtualNetwork,
    /// The DNS servers that it asks. With its own, the answer is what Azure's would say.
    pub servers: Servers,
    /// What is found.
    pub answer: Answer,
}

/// What private DNS zones say of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The network sees a zone that has the name.
    Private(Sighting),
    /// The network sees a zone for the name that does not have it.
    Absent {
        /// The zone.
        zone: ResourceId,
        /// The name, as it is looked up there.
        name: String,
        /// Whether the internet is asked then.
        falls_back: bool,
        /// A zone that has the name and that the network does not see.
        elsewhere: Option<Sighting>,
    },
    /// A zone has the name, and the network sees no zone for it.
    Unseen(Sighting),
    /// No zone that was found has the name, and the network sees none for it.
    Unlisted,
}

/// A zone that has a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// The zone.
    pub zone: ResourceId,
    /// The name, as it stands there.
    pub name: String,
    /// The addresses that it leads to.
    pub addresses: Vec<IpAddr>,
    /// The link to the gateway's network that is not completed, if there is one.
    pub link: Option<Name>,
    /// Whether it is the only zone of its domain that was found, and all that were found were read.
    pub alone: bool,
}

impl Sighting {
    /// Whether the zone stands for services with private endpoints.
    #[must_use]
    pub fn is_of_endpoints(&self) -> bool {
        is_endpoint_zone(self.zone.name().as_str())
    }
}

/// A zone for a name, as it was read.
struct Look {
    zone: PrivateZone,
    name: String,
    links: Asked<()>,
    record: Asked<Option<Vec<IpAddr>>>,
}

impl Scope<'_> {
    /// The sick servers of this setting that are known by a name which can be looked up, each once, with what the
    /// gateway reports.
    pub(crate) fn names(&self, wanted: impl Fn(&ServerHealth) -> bool) -> Vec<(String, Symptom)> {
        let known = self.names_in_doubt();
        let mut found: Vec<(String, Symptom)> = Vec::new();
        for (_, server) in &self.sick {
            let host = &server.address;
            let is = |other: &str| same_host(other, host);
            let is_new = || !found.iter().any(|(known, _)| is(known));
            if known.iter().any(|known| is(known)) && is_new() && wanted(server) {
                found.push((host.clone(), server.symptom.clone()));
            }
        }
        found
    }

    /// The private addresses of servers that are known by a name and out of reach, as far as a zone that the
    /// network sees tells them; and whether they are those of private endpoints.
    pub(super) fn addresses_of_names(&self) -> Rc<Vec<(IpAddr, bool)>> {
        self.once(None, || self.find_addresses_of_names())
    }

    fn find_addresses_of_names(&self) -> Vec<(IpAddr, bool)> {
        let mut found = Vec::new();
        for (host, _) in self.names(|server| is_out_of_reach(&server.symptom)) {
            let Ok(Resolution { servers: Servers::Azure, answer: Answer::Private(seen), .. }) =
                self.resolve(&host)
            else {
                continue;
            };
            let private = |address: &&IpAddr| PRIVATE.iter().any(|range| range.contains(**address));
            found.extend(
                seen.addresses.iter().filter(private).map(|address| (*address, seen.is_of_endpoints())),
            );
        }
        found
    }
}

/// Whether a server shows what a name that leads nowhere, or to the wrong place, would show.
pub(crate) fn may_be_its_name(server: &ServerHealth) -> bool {
    server.health == Health::Unknown
        || matches!(
            server.symptom,
            Symptom::Dns | Symptom::CannotConnect | Symptom::Timeout | Symptom::StatusUnavailable
        )
}

/// Whether a server is a service that could be behind a private endpoint, and refuses what comes from elsewhere.
fn refuses_the_public(server: &ServerHealth) -> bool {
    matches!(server.symptom, Symptom::StatusMismatch { received: Some(403), .. })
        && dns::endpoint_zone(&server.address).is_some()
}

impl<'a> Inquiry<'a> {
    /// The names of sick servers that are looked into.
    fn names_in_doubt(&self) -> &[String] {
        self.names.get_or_init(|| self.find_names_in_doubt())
    }

    fn find_names_in_doubt(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let servers = self.evidence.health.value().into_iter().flat_map(BackendHealth::servers);
        for (_, _, server) in servers {
            let host = &server.address;
            let doubtful = || is_sick(server) && (may_be_its_name(server) || refuses_the_public(server));
            let full = host_kind(host) == HostKind::Full && fault_of(host).is_none();
            if full && doubtful() && !names.iter().any(|known| same_host(known, host)) {
                names.push(host.clone());
            }
        }
        names.truncate(NAMES_AT_MOST);
        names
    }

    /// Where a name is looked up from the gateway's network, and what stands there.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub fn resolve(&self, host: &str) -> Asked<Resolution<'a>> {
        let (place, zones) = (self.gateway_place(), self.zones());
        if matches!(place, Err(Unknown::Pending)) || matches!(zones, Err(Unknown::Pending)) {
            return Err(Unknown::Pending);
        }
        let (network, (zones, all)) = (place?.network, zones?);
        let forms = std::iter::once(host.trim_end_matches('.').to_owned()).chain(private_name(host));
        let looks: Vec<Vec<Look>> = forms.map(|form| self.looks(&form, &zones, network)).collect();
        let pending =
            |look: &Look| look.links == Err(Unknown::Pending) || look.record == Err(Unknown::Pending);
        if looks.iter().flatten().any(pending) {
            return Err(Unknown::Pending);
        }
        // Its own name first; what the network does not see there leads on to the name of its private endpoint.
        let sees = |answer: &Answer| matches!(answer, Answer::Private(_) | Answer::Absent { .. });
        let mut answers = Vec::new();
        for looks in &looks {
            answers.push(answer(looks, network, all)?);
            if answers.last().is_some_and(sees) {
                break;
            }
        }
        let unseen = |answer: &&Answer| matches!(answer, Answer::Unseen(_));
        let chosen = answers.iter().find(|answer| sees(answer)).or_else(|| answers.iter().find(unseen));
        let answer = chosen.cloned().unwrap_or(Answer::Unlisted);
        Ok(Resolution { network, servers: dns::servers(network), answer })
    }

    /// Whether the gateway's network hands names on to servers of somebody's own by a DNS forwarding ruleset.
    /// With one, a name that no private zone answers for may be known elsewhere.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub(crate) fn forwards(&self, network: &VirtualNetwork) -> Asked<bool> {
        let question = Question::get(
            format!("{}/listDnsForwardingRulesets", network.id),
            "2022-07-01",
            "Microsoft.Network/virtualNetworks/listDnsForwardingRulesets/action",
            format!("the DNS forwarding rulesets of the virtual network {}", network.id.name()),
            |raw| {
                let rulesets = raw.get("value").and_then(Value::as_array);
                rulesets.map(|all| !all.is_empty()).ok_or_else(|| Unknown::Odd("it has no list".to_owned()))
            },
        );
        self.ask(&question.posting(&json!({}))).copied()
    }

    /// The private DNS zones that could hold one of the names, and whether these are all that were found: those of
    /// the gateway's own subscription come first.
    fn zones(&self) -> Asked<(Vec<ResourceId>, bool)> {
        let mut domains: Vec<String> =
            self.names_in_doubt().iter().flat_map(|name| candidates(name)).collect();
        domains.sort_unstable();
        domains.dedup();
        if domains.is_empty() {
            return Ok((Vec::new(), true));
        }
        let filter = format!(
            "where type =~ 'microsoft.network/privatednszones' | where name in~ {} | project id",
            any_of(domains.iter().map(String::as_str))
        );
        let found = self.ask(&search(&filter, "the private DNS zones of the servers' names", ids))?;
        Ok(self.nearest(found, ZONES_AT_MOST))
    }

    /// The first few of some resources, those of the gateway's own subscription before the others; and whether
    /// these are all.
    fn nearest(&self, found: &[ResourceId], at_most: usize) -> (Vec<ResourceId>, bool) {
        let own = self.evidence.gateway.id().resource().subscription();
        let mut ids = found.to_vec();
        ids.sort_by_key(|id| (!id.subscription().eq_ignore_ascii_case(own), id.clone()));
        ids.dedup();
        let all = ids.len() <= at_most;
        ids.truncate(at_most);
        (ids, all)
    }

    /// Asks for links and records of every zone that could hold a name: all of it at once, unless there are so many
    /// zones that their links have to tell first which records matter.
    fn looks(&self, name: &str, zones: &[ResourceId], network: &VirtualNetwork) -> Vec<Look> {
        let zones = zones.iter().cloned().map(PrivateZone::of);
        let mut holding: Vec<_> = zones.filter_map(|zone| Some((zone.relative(name)?, zone))).collect();
        holding.sort_by_key(|(_, zone)| std::cmp::Reverse(zone.depth()));
        let few = holding.len() <= RECORDS_AT_MOST;
        let (mut looks, mut unlinked) = (Vec::new(), 0);
        for (relative, mut zone) in holding {
            let early = few.then(|| self.record(&zone, &relative));
            let links = match self.links(&zone) {
                // The search lags behind: this zone is gone.
                Err(Unknown::NotRead(WhyNot::Missing { .. })) => continue,
                Err(why) => Err(why),
                Ok(page) => {
                    let own = |link: &ZoneLink| link.network.as_ref() == Some(&network.id);
                    let enough = page.whole || page.links.iter().any(own);
                    zone.links = enough.then(|| page.links.clone());
                    if enough { Ok(()) } else { Err(crate::network::NetworkError::MorePages.into()) }
                }
            };
            let is_linked = matches!(zone.seen_from(&network.id), Some(ZoneView::Linked(_)));
            unlinked += usize::from(links.is_ok() && !is_linked);
            let late = || match &links {
                Ok(()) if is_linked || unlinked <= RECORDS_AT_MOST => self.record(&zone, &relative),
                Ok(()) => Err(Unknown::Odd(format!("there are too many zones for {name}"))),
                Err(why) => Err(why.clone()),
            };
            let record = early.unwrap_or_else(late);
            looks.push(Look { zone, name: name.to_owned(), links, record });
        }
        looks
    }

    /// The links of a zone.
    fn links(&self, zone: &PrivateZone) -> Asked<&'a LinkPage> {
        self.ask(&Question::get(
            format!("{}/virtualNetworkLinks", zone.id),
            ZONES,
            "Microsoft.Network/privateDnsZones/virtualNetworkLinks/read",
            format!("the links of the private DNS zone {}", zone.domain()),
            |raw| Ok(LinkPage::parse(raw)?),
        ))
    }

    /// The addresses that a zone has for a name, by a wildcard too; none when it does not have the name.
    fn record(&self, zone: &PrivateZone, relative: &str) -> Asked<Option<Vec<IpAddr>>> {
        match self.records(zone, "A", relative)? {
            Some(records) => Ok(Some(records.addresses.clone())),
            None => self.record_beside(zone, relative),
        }
    }

    /// What a zone has for a name without an A record of its own.
    fn record_beside(&self, zone: &PrivateZone, relative: &str) -> Asked<Option<Vec<IpAddr>>> {
        let wildcards = wildcards(relative);
        if wildcards.len() > WILDCARDS_AT_MOST {
            return Err(Unknown::Odd(format!("{relative} of {} has too many parts", zone.domain())));
        }
        let own = [self.records(zone, "AAAA", relative), self.records(zone, "CNAME", relative)];
        let wild: Vec<_> = wildcards
            .into_iter()
            .map(|name| (self.records(zone, "A", &name), self.records(zone, "CNAME", &name)))
            .collect();
        let other =
            || Unknown::Odd(format!("{relative} of {} is no A record, and not followed", zone.domain()));
        for kind in own {
            if kind?.is_some() {
                return Err(other());
            }
        }
        for (address, alias) in wild {
            if let Some(records) = address? {
                return Ok(Some(records.addresses.clone()));
            }
            if alias?.is_some() {
                return Err(other());
            }
        }
        Ok(None)
    }

    /// The records of one type that a zone has for a name; none when there are none.
    fn records(&self, zone: &PrivateZone, kind: &'static str, relative: &str) -> Asked<Option<&'a Records>> {
        let action = match kind {
            "AAAA" => "Microsoft.Network/privateDnsZones/AAAA/read",
            "CNAME" => "Microsoft.Network/privateDnsZones/CNAME/read",
            _ => "Microsoft.Network/privateDnsZones/A/read",
        };
        let question = Question::get(
            format!("{}/{kind}/{relative}", zone.id),
            ZONES,
            action,
            format!("the {kind} record {relative} of the private DNS zone {}", zone.domain()),
            |raw| Ok(Records::parse(raw)),
        );
        match self.ask(&question) {
            Ok(records) => Ok(Some(records)),
            Err(Unknown::NotRead(WhyNot::Missing { .. })) => Ok(None),
            Err(why) => Err(why),
        }
    }
}

/// What zones say of one name: the most specific one that the network sees answers, and no other is asked.
fn answer(looks: &[Look], network: &VirtualNetwork, all: bool) -> Asked<Answer> {
    let Some(name) = looks.first().map(|look| &look.name) else { return Ok(Answer::Unlisted) };
    let zones: Vec<PrivateZone> = looks.iter().map(|look| look.zone.clone()).collect();
    let of = |zone: &ResourceId| looks.iter().find(|look| look.zone.id == *zone);
    let linked = match dns::lookup_name(name, network, &zones) {
        dns::Lookup::Private { zone } => of(&zone),
        dns::Lookup::Unclear { why: DnsDoubt::LinksNotRead { zone } } => {
            of(&zone).map_or(Ok(()), |look| look.links.clone())?;
            None
        }
        _ => None,
    };
    let is_linked = |look: &Look| matches!(look.zone.seen_from(&network.id), Some(ZoneView::Linked(_)));
    let sighting = |look: &Look, addresses: Vec<IpAddr>| {
        let copies = looks.iter().filter(|other| other.zone.domain() == look.zone.domain()).count();
        let link = match look.zone.seen_from(&network.id) {
            Some(ZoneView::InProgress(link)) => Some(link.name.clone()),
            _ => None,
        };
        let (zone, name) = (look.zone.id.clone(), look.name.clone());
        Sighting { zone, name, addresses, link, alone: all && copies == 1 }
    };
    let elsewhere = || -> Asked<Option<Sighting>> {
        let mut unknown = None;
        for look in looks.iter().filter(|look| look.links.is_ok() && !is_linked(look)) {
            match look.record.clone() {
                Ok(Some(addresses)) => return Ok(Some(sighting(look, addresses))),
                Ok(None) => {}
                Err(why) => unknown = unknown.or(Some(why)),
            }
        }
        unknown.map_or(Ok(None), Err)
    };
    let Some(seen) = linked else {
        return Ok(elsewhere()?.map_or(Answer::Unlisted, Answer::Unseen));
    };
    Ok(match seen.record.clone()? {
        Some(addresses) => Answer::Private(sighting(seen, addresses)),
        None => {
            let falls_back = match seen.zone.seen_from(&network.id) {
                Some(ZoneView::Linked(link)) => link.falls_back,
                _ => false,
            };
            let (zone, name) = (seen.zone.id.clone(), seen.name.clone());
            // Where else the name stands is of use, and nothing hangs on it.
            Answer::Absent { zone, name, falls_back, elsewhere: elsewhere().unwrap_or_default() }
        }
    })
}

/// The ids of a search's rows.
fn ids(answer: &Value) -> Asked<Vec<ResourceId>> {
    let id = |row: &Value| ResourceId::parse(read::text(row, "id")?).ok();
    Ok(rows(answer)?.iter().filter_map(id).collect())
}
