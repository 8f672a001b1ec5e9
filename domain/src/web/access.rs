//! Whether an app's access restrictions let a gateway in, by the rules of the platform.
//!
//! The rule with the lowest priority number comes first, and the first one that matches decides. Where no rule
//! matches, the default action does; where there is none, everybody is let in as long as there is no rule at
//! all, and nobody as soon as there is one. A rule for a subnet matches only what comes over the service
//! endpoint `Microsoft.Web` of that subnet; what comes over it has no public address any more.
//! Source: Microsoft, "Azure App Service access restrictions", and "Virtual Network service endpoints".

use std::net::IpAddr;

use super::config::{AccessRule, Action, SiteConfig, Source};
use crate::id::ResourceId;
use crate::network::address::Prefix;

/// The service endpoint that a subnet needs for rules that name it.
pub const ENDPOINT: &str = "Microsoft.Web";

/// Service tags that access restrictions often name, of services that a gateway's own address is never part of:
/// a tag holds the addresses of one service. Source: Microsoft, "Virtual network service tags".
const OTHER_SERVICES: [&str; 3] = ["AzureDevOps", "AzureFrontDoor", "AzureTrafficManager"];

/// Whoever asks an app for something: a gateway, seen by the app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The subnet that it is in.
    pub subnet: ResourceId,
    /// Whether that subnet has the service endpoint.
    pub over_endpoint: bool,
    /// The addresses that it may come from; none where they are not known.
    pub from: Vec<Prefix>,
}

/// What an app's rules make of a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling<'a> {
    /// It is let in: by this rule, or because no rule is in the way.
    Allowed(Option<&'a AccessRule>),
    /// It is kept out: by this rule, or because none lets it in.
    Denied(Option<&'a AccessRule>),
    /// It depends on this rule, of which nothing can be said.
    Unclear(&'a AccessRule),
}

/// Whether a rule matches a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    Yes,
    No,
    Maybe,
}

impl Caller {
    /// A gateway without the service endpoint comes from its public addresses.
    #[must_use]
    pub fn public(subnet: ResourceId, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        let from = addresses.into_iter().map(Prefix::from).collect();
        Self { subnet, over_endpoint: false, from }
    }
}

impl SiteConfig {
    /// What the access restrictions make of a caller.
    #[must_use]
    pub fn decide(&self, caller: &Caller) -> Ruling<'_> {
        let mut rules: Vec<&AccessRule> = self.rules.iter().collect();
        rules.sort_by_key(|rule| rule.priority);
        // From the end, so that a rule of which nothing can be said matters only where it would change things.
        rules.into_iter().rev().fold(self.otherwise(), |rest, rule| match rule.fit(caller) {
            Fit::No => rest,
            Fit::Yes => rule.ruling(),
            Fit::Maybe if rest.action() == Some(rule.action) => rest,
            Fit::Maybe => Ruling::Unclear(rule),
        })
    }

    /// What happens where no rule matches.
    fn otherwise(&self) -> Ruling<'_> {
        match self.default_action {
            Some(Action::Allow) => Ruling::Allowed(None),
            Some(Action::Deny) => Ruling::Denied(None),
            None if self.rules.is_empty() => Ruling::Allowed(None),
            None => Ruling::Denied(None),
        }
    }

    /// The rules that would let a caller's subnet in, if it had the service endpoint.
    pub fn waiting_for_endpoint<'a>(&'a self, caller: &'a Caller) -> impl Iterator<Item = &'a AccessRule> {
        self.rules.iter().filter(|rule| {
            !caller.over_endpoint
                && rule.action == Action::Allow
                && matches!(&rule.source, Source::Subnet(subnet) if *subnet == caller.subnet)
        })
    }
}

impl Ruling<'_> {
    fn action(&self) -> Option<Action> {
        match self {
            Self::Allowed(_) => Some(Action::Allow),
            Self::Denied(_) => Some(Action::Deny),
            Self::Unclear(_) => None,
        }
    }
}

impl AccessRule {
    fn ruling(&self) -> Ruling<'_> {
        match self.action {
            Action::Allow => Ruling::Allowed(Some(self)),
            Action::Deny => Ruling::Denied(Some(self)),
        }
    }

    fn fit(&self, caller: &Caller) -> Fit {
        let fit = match &self.source {
            Source::Any => Fit::Yes,
            Source::Subnet(subnet) if *subnet == caller.subnet && caller.over_endpoint => Fit::Yes,
            Source::Subnet(_) => Fit::No,
            Source::Addresses(ranges) => fit_of(ranges, caller),
            Source::Other(tag) if is_of_another_service(tag) => Fit::No,
            Source::Other(_) => Fit::Maybe,
        };
        // Which headers the gateway adds, and what they hold, is not known.
        if fit == Fit::Yes && self.wants_headers { Fit::Maybe } else { fit }
    }
}

/// Whether a service tag stands for the addresses of a service that no gateway is part of.
fn is_of_another_service(tag: &str) -> bool {
    let service = tag.split('.').next().unwrap_or_default();
    OTHER_SERVICES.iter().any(|other| other.eq_ignore_ascii_case(service))
}

fn fit_of(ranges: &[Prefix], caller: &Caller) -> Fit {
    let every = |own: &Prefix| ranges.iter().any(|range| range.covers(own));
    let some = |own: &Prefix| ranges.iter().any(|range| range.overlaps(own));
    let everybody = ranges.iter().any(|range| range.is_default() && range.has_ipv4());
    if everybody {
        return Fit::Yes;
    }
    match caller.from.as_slice() {
        [] => Fit::Maybe,
        // How an address behind a service endpoint compares with a range is not documented.
        from if caller.over_endpoint && from.iter().any(some) => Fit::Maybe,
        from if from.iter().all(every) => Fit::Yes,
        from if from.iter().any(some) => Fit::Maybe,
        _ => Fit::No,
    }
}
