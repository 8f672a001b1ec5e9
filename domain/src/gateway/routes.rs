//! The ways through a gateway: listener, rule, path rule, target.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Gateway, json};
use crate::id::Name;

/// One way from a listener to where its requests go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Where the request comes in.
    pub listener: Name,
    /// The request routing rule.
    pub rule: Name,
    /// The rule's priority, smaller first. Gateways of the first generation have none.
    pub priority: Option<u32>,
    /// The path rule; none for a basic rule and for what a path map does with all other paths.
    pub path: Option<PathRule>,
    /// Where the request goes.
    pub target: Target,
}

/// A rule of a path map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathRule {
    /// The URL path map.
    pub map: Name,
    /// The path rule within it.
    pub name: Name,
    /// The paths it takes, such as `/api/*`.
    pub paths: Vec<String>,
}

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// To the servers of a pool.
    Backend {
        /// The pool.
        pool: Name,
        /// How its servers are talked to.
        setting: Name,
    },
    /// Back to the client, with another address.
    Redirect,
    /// Nowhere that this program understands.
    Unknown,
}

/// What depends on one HTTP setting, and so is touched when its probe changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlastRadius {
    /// The listeners whose requests it carries.
    pub listeners: Vec<Name>,
    /// The request routing rules that lead to it.
    pub rules: Vec<Name>,
    /// The path rules that lead to it.
    pub path_rules: Vec<PathRuleRef>,
    /// The pools it talks to.
    pub pools: Vec<Name>,
}

/// The address of a path rule within a gateway.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PathRuleRef {
    /// The URL path map.
    pub map: Name,
    /// The path rule within it.
    pub rule: Name,
}

impl BlastRadius {
    /// Whether nothing depends on the setting; the gateway then does not probe it either.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Takes in what another setting serves.
    pub fn merge(&mut self, other: Self) {
        other.listeners.into_iter().for_each(|item| add(&mut self.listeners, item));
        other.rules.into_iter().for_each(|item| add(&mut self.rules, item));
        other.path_rules.into_iter().for_each(|item| add(&mut self.path_rules, item));
        other.pools.into_iter().for_each(|item| add(&mut self.pools, item));
    }

    fn take(&mut self, route: &Route, pool: &Name) {
        add(&mut self.listeners, route.listener.clone());
        add(&mut self.rules, route.rule.clone());
        add(&mut self.pools, pool.clone());
        if let Some(path) = &route.path {
            add(&mut self.path_rules, PathRuleRef { map: path.map.clone(), rule: path.name.clone() });
        }
    }
}

fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

impl Gateway {
    /// Every way through the gateway, by the priority of its rules; rules without one come last, in the
    /// document's order. A load distribution policy gives one way for each of its pools.
    #[must_use]
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    pub(super) fn walk(&self) -> Vec<Route> {
        let mut routes: Vec<Route> = json::children(&self.raw, "requestRoutingRules")
            .flat_map(|(rule, raw)| self.routes_of(rule, json::properties(raw)))
            .collect();
        routes.sort_by_key(|route| route.priority.unwrap_or(u32::MAX));
        routes
    }

    /// What depends on an HTTP setting: found through the request routing rules, the path maps' defaults and
    /// path rules, and load distribution policies.
    #[must_use]
    pub fn serves(&self, setting: &Name) -> BlastRadius {
        let mut radius = BlastRadius::default();
        for route in self.routes() {
            if let Target::Backend { pool, setting: used } = &route.target
                && used == setting
            {
                radius.take(route, pool);
            }
        }
        radius
    }

    fn routes_of(&self, rule: Name, own: &Value) -> Vec<Route> {
        let Some(listener) = json::reference_name(own, "httpListener") else { return Vec::new() };
        let priority = json::number(own, "priority");
        let route = |path: Option<PathRule>, target| Route {
            listener: listener.clone(),
            rule: rule.clone(),
            priority,
            path,
            target,
        };
        let map = json::reference_name(own, "urlPathMap");
        let Some((map, raw)) = map.and_then(|name| self.child("urlPathMaps", &name)) else {
            return self.targets(own, &BASIC).into_iter().map(|target| route(None, target)).collect();
        };
        let mut routes = Vec::new();
        for (name, raw) in json::named(json::properties(raw), "pathRules") {
            let own = json::properties(raw);
            let path = PathRule { map: map.clone(), name, paths: json::texts(own, "paths") };
            routes.extend(
                self.targets(own, &BASIC).into_iter().map(|target| route(Some(path.clone()), target)),
            );
        }
        let rest = self.targets(json::properties(raw), &MAP_DEFAULT);
        routes.extend(rest.into_iter().map(|target| route(None, target)));
        routes
    }

    /// Where a rule, a path rule or a map's default leads.
    fn targets(&self, own: &Value, keys: &TargetKeys) -> Vec<Target> {
        if json::reference(own, keys.redirect).is_some() {
            return vec![Target::Redirect];
        }
        let Some(setting) = json::reference_name(own, keys.setting) else { return vec![Target::Unknown] };
        let mut pools: Vec<Name> = json::reference_name(own, keys.pool).into_iter().collect();
        if let Some(policy) = json::reference_name(own, keys.policy) {
            self.pools_of(&policy).into_iter().for_each(|pool| add(&mut pools, pool));
        }
        if pools.is_empty() {
            return vec![Target::Unknown];
        }
        pools.into_iter().map(|pool| Target::Backend { pool, setting: setting.clone() }).collect()
    }

    fn pools_of(&self, policy: &Name) -> Vec<Name> {
        let Some((_, raw)) = self.child("loadDistributionPolicies", policy) else { return Vec::new() };
        json::list(json::properties(raw), "loadDistributionTargets")
            .filter_map(|target| json::reference_name(json::properties(target), "backendAddressPool"))
            .collect()
    }
}

/// What the references to a target are called; a path map's default has names of its own.
struct TargetKeys {
    pool: &'static str,
    setting: &'static str,
    redirect: &'static str,
    policy: &'static str,
}

const BASIC: TargetKeys = TargetKeys {
    pool: "backendAddressPool",
    setting: "backendHttpSettings",
    redirect: "redirectConfiguration",
    policy: "loadDistributionPolicy",
};

const MAP_DEFAULT: TargetKeys = TargetKeys {
    pool: "defaultBackendAddressPool",
    setting: "defaultBackendHttpSettings",
    redirect: "defaultRedirectConfiguration",
    policy: "defaultLoadDistributionPolicy",
};
