//! Other people, who change the gateway by reading it, editing what they read, and writing it back.

use fastrand::Rng;
use serde_json::{Value, json};

/// Gives the gateway a second way through, so that there is something else to change.
pub(crate) fn with_neighbours(gateway: &mut Value) {
    let id = gateway["id"].as_str().unwrap().to_owned();
    let reference = |collection: &str, name: &str| json!({ "id": format!("{id}/{collection}/{name}") });
    let own = &mut gateway["properties"];
    add(own, "frontendPorts", json!({ "name": "port-8080", "properties": { "port": 8080 } }));
    add(
        own,
        "probes",
        json!({ "name": "probe-api", "properties": {
            "protocol": "Http", "path": "/healthz", "interval": 30, "timeout": 30, "unhealthyThreshold": 3,
            "pickHostNameFromBackendHttpSettings": true,
        } }),
    );
    add(
        own,
        "backendAddressPools",
        json!({ "name": "pool-api", "properties": { "backendAddresses": [{ "ipAddress": "10.0.2.4" }] } }),
    );
    add(
        own,
        "backendHttpSettingsCollection",
        json!({ "name": "settings-api", "properties": {
            "port": 80, "protocol": "Http", "cookieBasedAffinity": "Disabled", "requestTimeout": 20,
            "pickHostNameFromBackendAddress": false, "hostName": "api.example.com",
            "probe": reference("probes", "probe-api"),
        } }),
    );
    add(
        own,
        "httpListeners",
        json!({ "name": "listener-api", "properties": {
            "frontendIPConfiguration": reference("frontendIPConfigurations", "frontend-public"),
            "frontendPort": reference("frontendPorts", "port-8080"), "protocol": "Http",
        } }),
    );
    add(
        own,
        "requestRoutingRules",
        json!({ "name": "rule-api", "properties": {
            "ruleType": "Basic", "priority": 200, "httpListener": reference("httpListeners", "listener-api"),
            "backendAddressPool": reference("backendAddressPools", "pool-api"),
            "backendHttpSettings": reference("backendHttpSettingsCollection", "settings-api"),
        } }),
    );
}

fn add(own: &mut Value, list: &str, part: Value) {
    own[list].as_array_mut().unwrap().push(part);
}

fn part<'a>(own: &'a mut Value, list: &str, name: &str) -> Option<&'a mut Value> {
    let parts = own[list].as_array_mut()?.iter_mut();
    parts.into_iter().find(|part| part["name"] == name).map(|part| &mut part["properties"])
}

/// One person's change. `number` makes it unlike all others.
pub(crate) fn change(gateway: &mut Value, number: u64, rng: &mut Rng) {
    let id = gateway["id"].as_str().unwrap().to_owned();
    let own = &mut gateway["properties"];
    match rng.u32(0..12) {
        0..=2 => gateway["tags"][format!("changed-{number}")] = json!(number.to_string()),
        3 => set(part(own, "probes", "probe-api"), "interval", json!(31 + number)),
        4 => add(own, "probes", probe(&format!("probe-{number}"), "/")),
        5 => set(
            part(own, "backendHttpSettingsCollection", "settings-api"),
            "requestTimeout",
            json!(30 + number),
        ),
        6 => set(part(own, "requestRoutingRules", "rule-api"), "priority", json!(300 + number)),
        7 => add(own, "backendAddressPools", json!({ "name": format!("pool-{number}"), "properties": {} })),
        8 => set(
            part(own, "httpListeners", "listener-api"),
            "hostName",
            json!(format!("api-{number}.example.com")),
        ),
        // From here on it is what the plan touches.
        9 => set(
            part(own, "backendHttpSettingsCollection", "settings-web"),
            "requestTimeout",
            json!(30 + number),
        ),
        10 => by_hand(own, &id),
        _ => take_back(gateway),
    }
}

fn set(own: Option<&mut Value>, field: &str, value: Value) {
    if let Some(own) = own {
        own[field] = value;
    }
}

fn probe(name: &str, path: &str) -> Value {
    json!({ "name": name, "properties": {
        "protocol": "Http", "path": path, "interval": 30, "timeout": 30, "unhealthyThreshold": 3,
        "pickHostNameFromBackendHttpSettings": true, "minServers": 0, "match": { "statusCodes": ["200-399"] },
    } })
}

/// Somebody does what the bot offers, with a name of their own.
fn by_hand(own: &mut Value, id: &str) {
    if part(own, "probes", "by-hand").is_none() {
        add(own, "probes", probe("by-hand", "/healthz"));
    }
    let attached = json!({ "id": format!("{id}/probes/by-hand") });
    set(part(own, "backendHttpSettingsCollection", "settings-web"), "probe", attached);
}

/// Somebody takes the probe of the shop away again, whoever attached it.
pub(crate) fn take_back(gateway: &mut Value) {
    let own = &mut gateway["properties"];
    if let Some(setting) = part(own, "backendHttpSettingsCollection", "settings-web") {
        setting.as_object_mut().unwrap().remove("probe");
    }
    own["probes"].as_array_mut().unwrap().retain(|probe| probe["name"] != "custom-healthz");
}
