//! The web application firewall (WAF) of a gateway: which policy watches over a listener, and what it does.
//!
//! A listener's own policy stands in for the gateway's, and that of a path rule for the listener's.
//! Source: Microsoft, "Web Application Firewall policy overview"; `GET {policy}`,
//! `ApplicationGatewayWebApplicationFirewallPolicies`, api-version 2025-07-01.

use serde_json::Value;

use super::MonitorError;
use crate::gateway::{Gateway, json};
use crate::id::{Name, ResourceId};

/// What a firewall does with a request that a rule matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It blocks it.
    Prevention,
    /// It notes it and lets it pass.
    Detection,
    /// Nothing: it is switched off.
    Off,
}

/// Where it is written what the firewall does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Firewall {
    /// In a policy, which is a resource of its own.
    Policy(ResourceId),
    /// In the gateway itself (`webApplicationFirewallConfiguration`).
    Classic(Mode),
}

impl Firewall {
    /// Those that watch over what comes in at a listener: the one for its paths in general, if there is one, and
    /// those of path rules behind it.
    #[must_use]
    pub fn of(gateway: &Gateway, listener: &Name) -> Vec<Self> {
        let own = json::properties(gateway.raw());
        let general = json::child(gateway.raw(), "httpListeners", listener)
            .and_then(|listener| json::reference_id(json::properties(listener), "firewallPolicy"))
            .or_else(|| json::reference_id(own, "firewallPolicy"))
            .map(Self::Policy);
        let classic =
            || own.get("webApplicationFirewallConfiguration").map(|own| Self::Classic(classic(own)));
        let mut found: Vec<Self> = general.or_else(classic).into_iter().collect();
        for map in maps_of(gateway, listener) {
            let Some(map) = json::child(gateway.raw(), "urlPathMaps", &map) else { continue };
            for rule in json::list(json::properties(map), "pathRules") {
                let policy = json::reference_id(json::properties(rule), "firewallPolicy").map(Self::Policy);
                found.extend(policy.filter(|policy| !found.contains(policy)));
            }
        }
        found
    }

    /// What a policy says it does, from the body of its GET.
    ///
    /// # Errors
    /// When the document has no properties.
    pub fn read_policy(raw: &Value) -> Result<Mode, MonitorError> {
        let own = raw.get("properties").ok_or(MonitorError::Missing("properties"))?;
        let settings = own.get("policySettings").unwrap_or(&Value::Null);
        // A policy without settings has the service's defaults: Disabled, Detection.
        let state = json::text(settings, "state").or_else(|| json::text(settings, "enabledState"));
        let on = state.is_some_and(|state| state.eq_ignore_ascii_case("Enabled"));
        Ok(mode(on, json::text(settings, "mode")))
    }
}

fn classic(own: &Value) -> Mode {
    mode(json::flag(own, "enabled"), json::text(own, "firewallMode"))
}

fn mode(on: bool, mode: Option<&str>) -> Mode {
    match mode {
        _ if !on => Mode::Off,
        Some(mode) if mode.eq_ignore_ascii_case("Prevention") => Mode::Prevention,
        _ => Mode::Detection,
    }
}

fn maps_of(gateway: &Gateway, listener: &Name) -> Vec<Name> {
    let rules = json::children(gateway.raw(), "requestRoutingRules").map(|(_, rule)| json::properties(rule));
    rules
        .filter(|rule| json::reference_name(rule, "httpListener").as_ref() == Some(listener))
        .filter_map(|rule| json::reference_name(rule, "urlPathMap"))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::gateway::fixture::{list, shop_with};

    const POLICIES: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies";

    fn policy(name: &str) -> Value {
        json!({ "id": format!("{POLICIES}/{name}") })
    }

    fn names(gateway: &Gateway) -> Vec<String> {
        let name = |firewall: &Firewall| match firewall {
            Firewall::Policy(id) => id.name().to_string(),
            Firewall::Classic(mode) => format!("{mode:?}"),
        };
        Firewall::of(gateway, &Name::new("shop")).iter().map(name).collect()
    }

    #[test]
    fn the_listeners_policy_stands_in_for_the_gateways_and_path_rules_have_theirs() {
        assert!(names(&shop_with(|_| {})).is_empty());
        let all = shop_with(|raw| raw["properties"]["firewallPolicy"] = policy("all"));
        assert_eq!(names(&all), ["all"]);
        let own = shop_with(|raw| {
            raw["properties"]["firewallPolicy"] = policy("all");
            list(raw, "httpListeners")[0]["properties"]["firewallPolicy"] = policy("shop");
            list(raw, "urlPathMaps")[0]["properties"]["pathRules"][0]["properties"]["firewallPolicy"] =
                policy("web");
        });
        assert_eq!(names(&own), ["shop", "web"]);
        let classic = shop_with(|raw| {
            raw["properties"]["webApplicationFirewallConfiguration"] =
                json!({ "enabled": true, "firewallMode": "Prevention" });
        });
        assert_eq!(names(&classic), ["Prevention"]);
    }

    #[test]
    fn a_policy_blocks_only_when_it_is_on_and_prevents() {
        let read = |state: &str, mode: &str| {
            let raw = json!({ "properties": { "policySettings": { "state": state, "mode": mode } } });
            Firewall::read_policy(&raw).unwrap()
        };
        assert_eq!(read("Enabled", "Prevention"), Mode::Prevention);
        assert_eq!(read("Enabled", "Detection"), Mode::Detection);
        assert_eq!(read("Disabled", "Prevention"), Mode::Off);
        assert_eq!(Firewall::read_policy(&json!({ "properties": {} })), Ok(Mode::Off));
        assert!(Firewall::read_policy(&json!({})).is_err());
    }
}
