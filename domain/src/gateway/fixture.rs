//! Gateways for tests: one by hand, and a generator of arbitrary ones.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::Gateway;

pub(crate) const ID: &str = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop";

pub(crate) fn id(collection: &str, name: &str) -> Value {
    json!({ "id": format!("{ID}/{collection}/{name}") })
}

/// A child as GET returns it: with its id, its etag, its type and its provisioning state.
pub(crate) fn child(collection: &str, name: &str, mut properties: Value) -> Value {
    properties["provisioningState"] = json!("Succeeded");
    json!({
        "name": name,
        "id": format!("{ID}/{collection}/{name}"),
        "etag": "W/\"1\"",
        "type": format!("Microsoft.Network/applicationGateways/{collection}"),
        "properties": properties,
    })
}

pub(crate) fn setting(name: &str, properties: Value) -> Value {
    let mut all = json!({
        "port": 443, "protocol": "Https", "cookieBasedAffinity": "Disabled", "requestTimeout": 20,
        "pickHostNameFromBackendAddress": false,
    });
    for (key, value) in properties.as_object().unwrap() {
        all[key] = value.clone();
    }
    child("backendHttpSettingsCollection", name, all)
}

pub(crate) fn pool(name: &str, addresses: &[&str]) -> Value {
    let addresses: Vec<Value> = addresses.iter().map(|fqdn| json!({ "fqdn": fqdn })).collect();
    child("backendAddressPools", name, json!({ "backendAddresses": addresses }))
}

pub(crate) fn rule(name: &str, priority: u32, pool: &str, setting: &str) -> Value {
    let own = json!({
        "ruleType": "Basic", "priority": priority, "httpListener": id("httpListeners", "shop"),
        "backendAddressPool": id("backendAddressPools", pool),
        "backendHttpSettings": id("backendHttpSettingsCollection", setting),
    });
    child("requestRoutingRules", name, own)
}

pub(crate) fn probe(name: &str, properties: Value) -> Value {
    let mut all = json!({
        "protocol": "Https", "path": "/healthz", "interval": 30, "timeout": 30, "unhealthyThreshold": 3,
        "pickHostNameFromBackendHttpSettings": true, "minServers": 0,
        "match": { "statusCodes": ["200-399"] },
    });
    for (key, value) in properties.as_object().unwrap() {
        all[key] = value.clone();
    }
    child("probes", name, all)
}

/// A shop: `shop` (443) → rule `web` → pool `web` by setting `https`; and `api` on the same listener's
/// paths by the setting `http`, whose host is the incoming one.
pub(crate) fn shop() -> Value {
    let own = json!({
        "provisioningState": "Succeeded", "operationalState": "Running",
        "resourceGuid": "99999999-0000-0000-0000-000000000000",
        "sku": { "name": "Standard_v2", "tier": "Standard_v2", "family": "Generation_1" },
        "frontendIPConfigurations": [child("frontendIPConfigurations", "public", json!({
            "publicIPAddress": { "id": "/subscriptions/s/resourceGroups/rg-shop/providers/Microsoft.Network/publicIPAddresses/pip" },
            "httpListeners": [id("httpListeners", "shop")],
        }))],
        "frontendPorts": [child("frontendPorts", "p443", json!({ "port": 443 }))],
        "httpListeners": [child("httpListeners", "shop", json!({
            "protocol": "Https", "hostName": "shop.example", "hostNames": ["Shop.example", "*.shop.example"],
            "frontendPort": id("frontendPorts", "p443"),
            "frontendIPConfiguration": id("frontendIPConfigurations", "public"),
            "sslCertificate": id("sslCertificates", "tls"), "enableHttp3": false,
        }))],
        "sslCertificates": [child("sslCertificates", "tls", json!({ "publicCertData": "MIIB" }))],
        "backendAddressPools": [pool("web", &["shop.azurewebsites.net"]), pool("api", &["10.0.0.4", "10.0.0.5"])],
        "backendHttpSettingsCollection": [
            setting("https", json!({
                "hostName": "shop.azurewebsites.net",
                "requestRoutingRules": [id("requestRoutingRules", "web")],
            })),
            setting("http", json!({ "port": 8080, "protocol": "Http" })),
        ],
        "probes": [],
        "urlPathMaps": [child("urlPathMaps", "paths", json!({
            "defaultBackendAddressPool": id("backendAddressPools", "api"),
            "defaultBackendHttpSettings": id("backendHttpSettingsCollection", "http"),
            "pathRules": [
                child("urlPathMaps/paths/pathRules", "web", json!({
                    "paths": ["/web/*"],
                    "backendAddressPool": id("backendAddressPools", "web"),
                    "backendHttpSettings": id("backendHttpSettingsCollection", "HTTPS"),
                })),
                child("urlPathMaps/paths/pathRules", "old", json!({
                    "paths": ["/old/*"], "redirectConfiguration": id("redirectConfigurations", "new"),
                })),
            ],
        }))],
        "requestRoutingRules": [
            child("requestRoutingRules", "paths", json!({
                "ruleType": "PathBasedRouting", "priority": 20, "httpListener": id("httpListeners", "shop"),
                "urlPathMap": id("urlPathMaps", "paths"),
            })),
            rule("web", 10, "web", "https"),
        ],
    });
    json!({
        "name": "agw-shop", "id": ID, "type": "Microsoft.Network/applicationGateways", "etag": "W/\"1\"",
        "location": "westeurope", "tags": { "team": "shop" },
        "identity": {
            "type": "UserAssigned", "principalId": "p", "tenantId": "t",
            "userAssignedIdentities": { "/subscriptions/s/id": { "principalId": "p", "clientId": "c" } },
        },
        "properties": own,
    })
}

/// The shop after somebody has changed it.
pub(crate) fn shop_with(change: impl FnOnce(&mut Value)) -> Gateway {
    let mut raw = shop();
    change(&mut raw);
    Gateway::parse(raw).unwrap()
}

/// A collection of a gateway's document.
pub(crate) fn list<'a>(raw: &'a mut Value, collection: &str) -> &'a mut Vec<Value> {
    raw["properties"][collection].as_array_mut().unwrap()
}

/// Any JSON, small.
pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-zA-Z/ .é\"-]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let key = prop_oneof![
            "[a-z]{1,4}",
            Just("name".to_owned()),
            Just("id".to_owned()),
            Just("etag".to_owned())
        ];
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((key, inner), 0..4).prop_map(|pairs| pairs.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

/// Any gateway that a plan for `http0` can be made for: some settings, pools, rules and probes, and unknown
/// fields at every level.
pub(crate) fn any_gateway() -> impl Strategy<Value = Value> {
    let settings = vec((any::<bool>(), 0..3u8, any::<bool>()), 1..4);
    let probes = vec(("/[a-z]{0,8}", 1..60u32), 0..3);
    let unknown = vec(any_json(), 12);
    (settings, probes, any::<bool>(), unknown).prop_map(|(settings, probes, listed, unknown)| {
        let mut raw = generated(&settings, &probes);
        if probes.is_empty() && !listed {
            raw["properties"].as_object_mut().unwrap().remove("probes");
        }
        sow(&mut raw, &mut unknown.iter().cycle());
        raw
    })
}

fn generated(settings: &[(bool, u8, bool)], probes: &[(String, u32)]) -> Value {
    let mut raw = shop();
    let own = raw["properties"].as_object_mut().unwrap();
    own["probes"] = probes
        .iter()
        .enumerate()
        .map(|(i, (path, interval))| {
            // The first one takes the name that a plan would like to have.
            let name = if i == 0 { "Custom-Healthz".to_owned() } else { format!("probe{i}") };
            probe(&name, json!({ "path": path, "interval": interval, "timeout": 1 }))
        })
        .collect();
    let made = settings.iter().enumerate().map(|(i, (tls, host, probed))| {
        let mut one =
            setting(&format!("http{i}"), json!({ "protocol": if *tls { "Https" } else { "Http" } }));
        match host {
            0 => one["properties"]["hostName"] = json!("a.example"),
            1 => one["properties"]["pickHostNameFromBackendAddress"] = json!(true),
            _ => {}
        }
        if *probed && let Some(last) = probes.len().checked_sub(1) {
            let name = if last == 0 { "Custom-Healthz".to_owned() } else { format!("probe{last}") };
            one["properties"]["probe"] = id("probes", &name);
        }
        one
    });
    own["backendHttpSettingsCollection"] = made.collect();
    own["requestRoutingRules"] =
        (0..settings.len()).map(|i| rule(&format!("r{i}"), 10, "web", &format!("http{i}"))).collect();
    raw
}

/// Puts a field of unknown meaning into every object.
fn sow<'a>(value: &mut Value, unknown: &mut impl Iterator<Item = &'a Value>) {
    match value {
        Value::Object(object) => {
            let reference = object.len() == 1 && object.contains_key("id");
            object.values_mut().for_each(|child| sow(child, unknown));
            if !reference {
                object.insert("xUnknown".to_owned(), unknown.next().cloned().unwrap_or_default());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| sow(item, unknown)),
        _ => {}
    }
}
