//! The private endpoints of services that servers are.

use std::net::IpAddr;

use super::ids;
use crate::evidence::search::{quoted, search};
use crate::evidence::{Asked, Inquiry, Question, Unknown, WhyNot};
use crate::network::dns::private_name;
use crate::network::endpoint::{KeptZone, PrivateEndpoint, Target, TargetKind, same_host};

/// The most private endpoints of one diagnosis that are read.
const ENDPOINTS_AT_MOST: usize = 4;

/// The private endpoints of a host that were found.
#[derive(Debug)]
pub(crate) struct Endpoints<'a> {
    /// Those that are for the host.
    pub(crate) found: Vec<EndpointView<'a>>,
    /// Whether every endpoint that was found was read.
    pub(crate) all: bool,
}

/// A private endpoint, with the zones that it keeps records in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EndpointView<'a> {
    /// The endpoint.
    pub(crate) endpoint: &'a PrivateEndpoint,
    /// The zones; none when they could not be read.
    pub(crate) zones: Option<&'a [KeptZone]>,
}

impl EndpointView<'_> {
    /// Whether it is for a host.
    fn stands_for(&self, host: &str) -> bool {
        let private = private_name(host);
        let is = |other: &str| {
            same_host(other, host) || private.as_deref().is_some_and(|own| same_host(own, other))
        };
        let mut records = self.zones.into_iter().flatten().flat_map(|zone| &zone.records);
        self.endpoint.stands_for(host)
            || private.as_deref().is_some_and(|own| self.endpoint.stands_for(own))
            || records.any(|(own, _)| is(own))
    }

    /// Its addresses, by all that was read.
    pub(crate) fn addresses(&self) -> Vec<IpAddr> {
        let records = self.zones.into_iter().flatten().flat_map(|zone| &zone.records);
        let kept = records.flat_map(|(_, addresses)| addresses);
        let mut all: Vec<IpAddr> = self.endpoint.addresses.iter().chain(kept).copied().collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

impl<'a> Inquiry<'a> {
    /// The private endpoints of a host.
    ///
    /// # Errors
    /// When they are not known, or not yet.
    pub(crate) fn endpoints(&self, host: &str) -> Asked<Endpoints<'a>> {
        if private_name(host).is_none() {
            return Ok(Endpoints { found: Vec::new(), all: true });
        }
        let doubtful = self.names_in_doubt();
        // An endpoint whose names a zone group looks after tells the service's id only, which ends in its name.
        let tests = doubtful.iter().filter(|name| private_name(name).is_some()).map(|name| {
            let own = name.trim_end_matches('.').to_ascii_lowercase();
            let id = format!("/{}\"", own.split('.').next().unwrap_or_default());
            let properties = "tostring(properties)";
            format!("{properties} has {} or {properties} contains {}", quoted(&own), quoted(&id))
        });
        let filter = format!(
            "where type =~ 'microsoft.network/privateendpoints' | where {} | project id",
            tests.collect::<Vec<_>>().join(" or ")
        );
        let ids = self.ask(&search(&filter, "the private endpoints of the servers", ids))?;
        let (ids, all) = self.nearest(ids, ENDPOINTS_AT_MOST);
        let asked: Vec<_> = ids.iter().map(|id| (self.endpoint(id), self.kept_zones(id))).collect();
        let mut found = Vec::new();
        let mut unknown = None;
        for (endpoint, zones) in asked {
            match (endpoint, zones) {
                (Err(Unknown::Pending), _) | (_, Err(Unknown::Pending)) => unknown = Some(Unknown::Pending),
                // The search lags behind: this endpoint is gone.
                (Err(Unknown::NotRead(WhyNot::Missing { .. })), _) => {}
                (Err(why), _) => unknown = unknown.or(Some(why)),
                (Ok(endpoint), zones) => {
                    let zones = zones.ok().map(Vec::as_slice);
                    found.push(EndpointView { endpoint, zones });
                }
            }
        }
        found.retain(|view| view.stands_for(host));
        match unknown {
            Some(why) if why == Unknown::Pending || found.is_empty() => Err(why),
            unknown => Ok(Endpoints { found, all: all && unknown.is_none() }),
        }
    }

    fn endpoint(&self, id: &crate::id::ResourceId) -> Asked<&'a PrivateEndpoint> {
        let action = "Microsoft.Network/privateEndpoints/read";
        let question =
            Question::network(id, action, "private endpoint", |raw| Ok(PrivateEndpoint::parse(raw)?));
        self.ask(&question.with_query("$expand=networkInterfaces"))
    }

    fn kept_zones(&self, id: &crate::id::ResourceId) -> Asked<&'a Vec<KeptZone>> {
        self.ask(&Question::get(
            format!("{id}/privateDnsZoneGroups"),
            crate::evidence::question::NETWORK,
            "Microsoft.Network/privateEndpoints/privateDnsZoneGroups/read",
            format!("the DNS zone groups of the private endpoint {}", id.name()),
            |raw| Ok(KeptZone::parse(raw)?),
        ))
    }

    /// What the service behind a private endpoint says of the ways to it; none when it is of a type that is not
    /// known here.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub(crate) fn target(&self, endpoint: &PrivateEndpoint) -> Asked<Option<&'a Target>> {
        let Some(id) = &endpoint.target else { return Ok(None) };
        let Some(kind) = TargetKind::of(id) else { return Ok(None) };
        // The words tell this reading from another one of the same document.
        let what = format!("the ways to the {} {}", kind.noun, id.name());
        self.ask(&Question::get(id.as_str(), kind.version, kind.action, what, |raw| Ok(Target::parse(raw))))
            .map(Some)
    }
}
