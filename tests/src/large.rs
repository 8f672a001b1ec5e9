//! A gateway as large as they come, with everything behind it out of reach: the most that a diagnosis has to do.

use serde_json::{Value, json};
use simulator::Scenario;

/// What it has.
const LISTENERS: usize = 40;
/// Request routing rules and path rules together.
const RULES: usize = 60;
/// Backend pools, each with an HTTP setting of its own.
const POOLS: usize = 30;
/// Servers in all pools together.
const SERVERS: usize = 200;

/// The scenario: all servers in one subnet, none of which anybody listens at.
#[must_use]
pub fn large_gateway() -> Scenario {
    Scenario::named("connection-refused").unwrap().with_gateway(|gateway| {
        let id = gateway["id"].as_str().unwrap().to_owned();
        let named = |kind: &str, name: String| json!({ "id": format!("{id}/{kind}/{name}") });
        let own = gateway["properties"].as_object_mut().unwrap();
        let frontend = own["frontendIPConfigurations"][0]["name"].as_str().unwrap().to_owned();
        let target = |index: usize| {
            let number = index % POOLS;
            json!({
                "backendAddressPool": named("backendAddressPools", format!("pool-{number}")),
                "backendHttpSettings": named("backendHttpSettingsCollection", format!("settings-{number}")),
            })
        };
        let with = |mut value: Value, more: Value| {
            value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            value
        };
        own["frontendPorts"] =
            list(LISTENERS, |n| json!({ "name": format!("port-{n}"), "properties": { "port": 8000 + n } }));
        own["httpListeners"] = list(LISTENERS, |n| {
            json!({ "name": format!("listener-{n}"), "properties": {
                "frontendIPConfiguration": named("frontendIPConfigurations", frontend.clone()),
                "frontendPort": named("frontendPorts", format!("port-{n}")), "protocol": "Http" } })
        });
        own["backendAddressPools"] = list(POOLS, |n| {
            let servers = (0..SERVERS).filter(|server| server % POOLS == n);
            let addresses: Vec<Value> =
                servers.map(|server| json!({ "ipAddress": format!("10.0.1.{}", server + 4) })).collect();
            json!({ "name": format!("pool-{n}"), "properties": { "backendAddresses": addresses } })
        });
        own["backendHttpSettingsCollection"] = list(
            POOLS,
            |n| json!({ "name": format!("settings-{n}"), "properties": { "port": 80, "protocol": "Http" } }),
        );
        own["requestRoutingRules"] = list(LISTENERS, |n| {
            let listener = named("httpListeners", format!("listener-{n}"));
            let rule = json!({ "httpListener": listener, "priority": n + 1 });
            let properties = match n < RULES - LISTENERS {
                true => with(
                    rule,
                    json!({ "ruleType": "PathBasedRouting",
                    "urlPathMap": named("urlPathMaps", format!("map-{n}")) }),
                ),
                false => with(with(rule, json!({ "ruleType": "Basic" })), target(n)),
            };
            json!({ "name": format!("rule-{n}"), "properties": properties })
        });
        own["urlPathMaps"] = list(RULES - LISTENERS, |n| {
            let path = with(json!({ "paths": ["/api/*"] }), target(n + 7));
            json!({ "name": format!("map-{n}"), "properties": {
                "defaultBackendAddressPool": target(n)["backendAddressPool"],
                "defaultBackendHttpSettings": target(n)["backendHttpSettings"],
                "pathRules": [{ "name": "api", "properties": path }] } })
        });
        own["rewriteRuleSets"] = json!([]);
    })
}

fn list(length: usize, item: impl Fn(usize) -> Value) -> Value {
    (0..length).map(item).collect()
}
