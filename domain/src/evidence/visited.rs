//! What visitors see of an HTTP setting.

use super::{Scope, Seen, Visit};
use crate::gateway::Target;
use crate::id::Name;

/// The path that every visit asks for.
pub(crate) const VISITED: &str = "/";

/// A visit that a setting's servers had to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Visited<'a> {
    /// The visit.
    pub visit: &'a Visit,
    /// The pool that it led to.
    pub pool: Name,
    /// The host name that it asked for.
    pub host: &'a str,
}

impl Visited<'_> {
    /// The status of an answer from behind the gateway.
    pub(crate) fn answer(&self) -> Option<u16> {
        match self.visit.seen {
            Seen::Answer { status } => Some(status),
            Seen::GatewayError { .. } | Seen::Nothing { .. } => None,
        }
    }
}

impl<'a> Scope<'a> {
    /// The visits that this setting's servers had to answer.
    pub(crate) fn visited(&self) -> Vec<Visited<'a>> {
        let visits = self.evidence.visits.iter();
        let through = visits.filter_map(|visit| {
            let (pool, setting) = self.target_of(&visit.listener)?;
            let host = host_of(&visit.url)?;
            (setting == self.setting.name).then_some(Visited { visit, pool, host })
        });
        through.collect()
    }

    /// Where a listener sends a request for `/`. A listener has one rule; of several the first one counts. A
    /// rule that leads to several pools is left out: which one answered is not known.
    fn target_of(&self, listener: &Name) -> Option<(Name, Name)> {
        let routes = self.evidence.gateway.routes();
        let rule = &routes.iter().find(|route| route.listener == *listener)?.rule;
        let mine = || routes.iter().filter(|route| route.listener == *listener && route.rule == *rule);
        let by_path = |path: &str| {
            mine().find(|route| {
                route.path.as_ref().is_some_and(|own| own.paths.iter().any(|known| known == path))
            })
        };
        let default = || {
            let mut rest = mine().filter(|route| route.path.is_none());
            rest.next().filter(|_| rest.next().is_none())
        };
        let route = by_path(VISITED).or_else(|| by_path("/*")).or_else(default)?;
        match &route.target {
            Target::Backend { pool, setting } => Some((pool.clone(), setting.clone())),
            Target::Redirect | Target::Unknown => None,
        }
    }
}

/// The host name in a URL, without its port.
fn host_of(url: &str) -> Option<&str> {
    let rest = url.split_once("://")?.1;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.chars().all(|digit| digit.is_ascii_digit()) => host,
        _ => authority,
    };
    Some(host).filter(|host| !host.is_empty())
}
